"""A site of two power meters and a gas meter on disk, and what a book says of it."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.accounting.calendar import month_starts_utc_s
from agent.accounting.declared import Declared, declare
from agent.accounting.draw import draw_spans
from agent.accounting.entries import Content, Entry, SubstitutionMethod
from agent.accounting.factors import ElectricityKind
from agent.accounting.gas_volume import MeterKind
from agent.accounting.interval import INTERVAL_MS, INTERVAL_S, Interval, Method
from agent.accounting.spans import Span
from agent.accounting.statement import StatementLine
from agent.accounting.streams import LineState, PointRef, Stream, Term
from agent.factor_files import load_factor_set
from agent.settings.resources import configs_folder
from agent.storage.history import SiteHistory
from agent.storage.journal import Batch, Journal
from agent.storage.ledger import Ledger
from collectors.frame import Kind, Point

TOKYO = ZoneInfo("Asia/Tokyo")
APRIL, MAY = month_starts_utc_s(2023, TOKYO)[:2]
HOUR_S, DAY_S, WEEK_S = 3600, 86_400, 7 * 86_400
SECOND_WEEK, THIRD_WEEK = APRIL + WEEK_S, APRIL + 2 * WEEK_S
FACTORS = load_factor_set([configs_folder() / "factors"], "association", 2023)
"""Electricity 9.76 GJ/MWh and 0.420 kg-CO2/kWh; city gas 40.0 GJ/1000 m3 at 25 °C and 100 kPa, 0.0140 tC/GJ."""

ENERGY, TENANT = PointRef("meter", "energy"), PointRef("tenant", "energy")
VOLUME, PRESSURE = PointRef("gas", "volume"), PointRef("gas", "pressure")
GRID = Stream("grid", "electricity", "site", "kWh", (Term(ENERGY, Decimal(10)),), kind=ElectricityKind.GRID)
BOTH = replace(GRID, id="both", terms=(Term(ENERGY, Decimal(10)), Term(TENANT, Decimal(-1))))
GAS = Stream(
    "gas",
    "city_gas",
    "melting",
    "m3",
    (Term(VOLUME, Decimal(1)),),
    gas_meter=MeterKind.UNCORRECTED,
    line=LineState(PRESSURE, Decimal(25)),
)
"""At 98.675 kPa and 25 °C a cubic metre is two at 100 kPa."""
STREAMS = [GRID, BOTH, GAS]
LAST_WEEK, MEAN, VALUE = SubstitutionMethod


def interval(ref: PointRef, start: int, advance: float, spanned_ms: int = INTERVAL_MS) -> Interval:
    method = Method.INTEGRATED if ref is PRESSURE else Method.MEASURED
    return Interval(ref.device, ref.point, start, 0.0, advance, advance, method, spanned_ms, spanned_ms, 1, 2)


def steady(ref: PointRef, start: int, end: int, advance: float) -> list[Interval]:
    return [interval(ref, at, advance) for at in range(start, end, INTERVAL_S)]


@contextmanager
def history_of(intervals: Sequence[Interval]) -> Iterator[SiteHistory]:
    """A journal on disk that holds these half hours."""
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal.sqlite3", TOKYO)
        journal.commit(Batch(intervals=list(enumerate(intervals, 1))))
        journal.close()
        ledger = Ledger(Path(folder) / "journal.sqlite3")
        yield SiteHistory(ledger, TOKYO)
        ledger.close()


def declared(*contents: Content, streams: Sequence[Stream] = STREAMS) -> Declared:
    entries = [
        Entry(number, 0, "energy-manager", "because", "bill 4", content) for number, content in enumerate(contents, 1)
    ]
    points = {"meter.energy": Point("energy", Kind.COUNTER, "kWh"), "line.coils": Point("coils", Kind.COUNTER, "kg")}
    return declare(entries, points, streams)


def line_of(
    stream: Stream, intervals: Sequence[Interval], *contents: Content, start: int = APRIL, end: int = APRIL + DAY_S
) -> StatementLine:
    with history_of(intervals) as history:
        span = Span("", start, end)
        (line,) = draw_spans([stream], [span], history, FACTORS, declared(*contents, streams=[stream]))
    return line


def minutes(line: StatementLine) -> tuple[int, int, int, int]:
    """Minutes measured, recovered, substituted and missing."""
    shares = line.shares
    parts = (shares.measured_ms, shares.recovered_ms, shares.substituted_ms, shares.missing_ms)
    return tuple(part // 60_000 for part in parts)  # type: ignore[return-value] # four of them
