"""A year's statement is the sum of its months, days and half hours, and says what it does not know."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.accounting.calendar import month_starts_utc_s, next_local_day_utc_s
from agent.accounting.draw import Year, draw_spans, draw_statement
from agent.accounting.factors import ElectricityKind, FactorSet
from agent.accounting.gas_volume import MeterKind
from agent.accounting.interval import INTERVAL_MS, INTERVAL_S, Interval, Method
from agent.accounting.spans import Span
from agent.accounting.statement import Statement, StatementLine
from agent.accounting.streams import LineState, PointRef, Stream, Term
from agent.factor_files import load_factor_set
from agent.settings.resources import configs_folder
from agent.storage.history import SiteHistory
from agent.storage.journal import Batch, Journal
from agent.storage.ledger import Ledger

TOKYO = ZoneInfo("Asia/Tokyo")
APRIL = month_starts_utc_s(2023, TOKYO)[0]
DAY_S = 86_400
FACTORS = load_factor_set([configs_folder() / "factors"], "association", 2023)
"""Electricity 9.76 GJ/MWh and 0.420 kg-CO2/kWh; city gas 40.0 GJ/1000 m3 at 25 °C and 100 kPa, 0.0140 tC/GJ."""

ENERGY, VOLUME, PRESSURE = PointRef("meter", "energy"), PointRef("gas", "volume"), PointRef("gas", "pressure")
GRID = Stream("grid", "electricity", "site", "kWh", (Term(ENERGY, Decimal(10)),), kind=ElectricityKind.GRID)
GAS = Stream(
    "gas",
    "city_gas",
    "melting",
    "m3",
    (Term(VOLUME, Decimal(1)),),
    gas_meter=MeterKind.UNCORRECTED,
    line=LineState(PRESSURE, Decimal(25)),
)
COILS = Stream("sheet", "product", "product", "kg", (Term(PointRef("line", "coils"), Decimal(1)),))


def interval(
    ref: PointRef, start_utc_s: int, advance: float, method: Method = Method.MEASURED, spanned_ms: int = INTERVAL_MS
) -> Interval:
    ends = (0.0, float(advance))
    return Interval(ref.device, ref.point, start_utc_s, *ends, advance, method, spanned_ms, spanned_ms, 1, 2)


@contextmanager
def history_of(intervals: Sequence[Interval], zone: ZoneInfo = TOKYO) -> Iterator[SiteHistory]:
    """A journal on disk that holds these half hours."""
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal.sqlite3", zone)
        journal.commit(Batch(intervals=list(enumerate(intervals, 1))))
        journal.close()
        ledger = Ledger(Path(folder) / "journal.sqlite3")
        yield SiteHistory(ledger, zone)
        ledger.close()


def draw(
    history: SiteHistory,
    streams: Sequence[Stream],
    *,
    until: int = APRIL + DAY_S,
    products: Sequence[Stream] = (),
    factors: FactorSet = FACTORS,
) -> Statement:
    year = Year(2023, TOKYO, until)
    return draw_statement("mill", year, streams, products, expected_gj_per_t={}, history=history, factors=factors)


def only_line(history: SiteHistory, stream: Stream, until: int = APRIL + DAY_S) -> StatementLine:
    (line,) = draw(history, [stream], until=until).lines
    return line


def test_a_month_that_runs_ends_where_the_statement_is_drawn_up_to() -> None:
    """One hour of the second day is not expected yet; one half hour of 100 counts × 10 is there."""
    with history_of([interval(ENERGY, APRIL, 100)]) as history:
        line = only_line(history, GRID, APRIL + DAY_S + 3600)
    (month,) = line.spans
    assert (month.name, line.amount) == ("2023-04", Decimal(1000))
    assert (line.energy_gj, line.co2_kg) == (Decimal("9.76"), Decimal(420))
    assert (line.shares.expected_ms, line.shares.measured_ms) == (25 * 3_600_000, INTERVAL_MS)


def test_a_year_that_has_not_begun_has_no_months() -> None:
    with history_of([]) as history:
        line = only_line(history, GRID, APRIL)
    assert (line.spans, line.shares.expected_ms) == ((), 0)


def test_a_whole_year_has_twelve_months_and_its_own_half_hours_only() -> None:
    ends = month_starts_utc_s(2023, TOKYO)
    edges = [interval(ENERGY, at, 1) for at in (ends[0] - INTERVAL_S, ends[0], ends[-1] - INTERVAL_S, ends[-1])]
    with history_of(edges) as history:
        line = only_line(history, GRID, ends[-1] + DAY_S)
    assert [month.name for month in line.spans][::11] == ["2023-04", "2024-03"]
    assert [month.amount for month in line.spans] == [10, *[0] * 10, 10]
    assert [month.is_known for month in line.spans] == [True, *[False] * 10, True]
    assert line.shares.expected_ms == 17_568 * INTERVAL_MS


def test_a_term_that_ends_within_a_month_is_expected_until_then() -> None:
    """The ratio changes from 10 to 20 at the second midnight; both halves are counted with their own."""
    change = APRIL + DAY_S
    terms = (Term(ENERGY, Decimal(10), to_utc_s=change), Term(ENERGY, Decimal(20), from_utc_s=change))
    with history_of([interval(ENERGY, change - INTERVAL_S, 1), interval(ENERGY, change, 1)]) as history:
        line = only_line(history, replace(GRID, terms=terms), APRIL + 2 * DAY_S)
    assert line.amount == 10 + 20
    assert line.shares.expected_ms == 2 * DAY_S * 1000


def test_gas_without_its_pressure_is_counted_and_has_no_energy_there() -> None:
    """98.675 kPa at 25 °C doubles the volume: 100 m3 are 200 m3 at 100 kPa, 8 GJ and 8 × 0.014 × 44/12 tCO2."""
    found = [interval(VOLUME, APRIL, 100), interval(VOLUME, APRIL + INTERVAL_S, 300), interval(PRESSURE, APRIL, 98.675)]
    with history_of(found) as history:
        line = only_line(history, GAS)
    assert line.amount == 400
    assert float(line.energy_gj or 0) == pytest.approx(8, rel=1e-12)
    assert float(line.co2_kg or 0) == pytest.approx(8 * 0.014 * 44 / 12 * 1000, rel=1e-12)
    assert (line.shares.measured_ms, line.shares.missing_ms) == (INTERVAL_MS, 47 * INTERVAL_MS)


def test_one_stream_without_a_factor_leaves_the_site_without_a_total() -> None:
    hydrogen = replace(GRID, id="hydrogen", carrier="hydrogen", kind=None)
    with history_of([interval(ENERGY, APRIL, 100)]) as history:
        statement = draw(history, [GRID, hydrogen])
    known, missing = statement.lines
    assert known.energy_gj == Decimal("9.76")
    assert (missing.amount, missing.energy_gj, missing.co2_kg) == (Decimal(1000), None, None)
    assert "hydrogen" in missing.problem
    assert "2023" in missing.problem
    assert (statement.energy_gj, statement.co2_kg, statement.crude_oil_equivalent_kl) == (None, None, None)


def test_intensity_needs_production() -> None:
    """9.76 GJ over 20 t are 0.488 GJ/t; without a coil there is no figure."""
    made = interval(PointRef("line", "coils"), APRIL, 20_000)
    with history_of([interval(ENERGY, APRIL, 100), made]) as history:
        statement = draw(history, [GRID], products=[COILS])
        idle = draw(history, [GRID])
    assert (statement.production_t, statement.per_tonne(statement.energy_gj)) == (Decimal(20), Decimal("0.488"))
    assert (idle.production_t, idle.per_tonne(idle.energy_gj)) == (Decimal(0), None)


def test_a_detail_is_a_line_but_no_part_of_the_site() -> None:
    with history_of([interval(ENERGY, APRIL, 100)]) as history:
        statement = draw(history, [GRID, replace(GRID, id="mill", is_total=False)])
    assert [line.energy_gj for line in statement.lines] == [Decimal("9.76")] * 2
    assert (statement.energy_gj, statement.electricity_kwh) == (Decimal("9.76"), Decimal(1000))


methods = st.sampled_from([Method.MEASURED, Method.RECOVERED, Method.WRAPPED])
half_hours = st.tuples(
    st.integers(0, 95), st.sampled_from([ENERGY, VOLUME, PRESSURE]), st.integers(0, 1000), methods, st.integers(1, 30)
)


@given(drawn=st.lists(half_hours, max_size=60))
@settings(max_examples=25, deadline=None)
def test_a_month_is_the_sum_of_its_days_and_of_its_half_hours(
    drawn: list[tuple[int, PointRef, int, Method, int]],
) -> None:
    """Amounts, GJ, CO2 and shares: drawn at once, by days (kept sums) and by half hours (rows)."""
    latest = {(ref, place): (advance, method, minutes) for place, ref, advance, method, minutes in drawn}
    found = [
        interval(ref, APRIL + place * INTERVAL_S, advance, method, minutes * 60_000)
        for (ref, place), (advance, method, minutes) in latest.items()
    ]
    next_day = next_local_day_utc_s(APRIL, TOKYO)
    cuts = [
        [APRIL, APRIL + 2 * DAY_S],
        [APRIL, next_day, APRIL + 2 * DAY_S],
        list(range(APRIL, APRIL + 2 * DAY_S + 1, INTERVAL_S)),
    ]
    with history_of(found) as history:
        drawn_lines = [
            draw_spans([GRID, GAS], [Span("", *ends) for ends in pairwise(cut)], history, FACTORS) for cut in cuts
        ]
    whole, *finer = drawn_lines
    for lines in finer:
        for line, expected in zip(lines, whole, strict=True):
            assert (line.amount, line.shares, line.problem) == (expected.amount, expected.shares, expected.problem)
            assert float(line.energy_gj or 0) == pytest.approx(float(expected.energy_gj or 0), rel=1e-12)
            assert float(line.co2_kg or 0) == pytest.approx(float(expected.co2_kg or 0), rel=1e-12)
    counts = [(ref, advance) for (ref, _), (advance, _, _) in latest.items()]
    assert whole[0].amount == 10 * sum(advance for ref, advance in counts if ref == ENERGY)
    assert whole[1].amount == sum(advance for ref, advance in counts if ref == VOLUME)
