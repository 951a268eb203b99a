"""The windows up to now, beside last week's; and the site by half hour, with nothing where nothing was read."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from agent.accounting.factors import ElectricityKind
from agent.accounting.half_hours import SiteBooks, SiteHalfHour, site_half_hours
from agent.accounting.interval import INTERVAL_MS, INTERVAL_S, Interval, Method
from agent.accounting.now import (
    day_so_far,
    shift_so_far,
    week_before,
)
from agent.accounting.spans import Span
from agent.accounting.streams import FindInterval, PointRef, Stream, Term
from agent.factor_files import load_factor_set
from agent.settings.resources import configs_folder

TOKYO = ZoneInfo("Asia/Tokyo")
BERLIN = ZoneInfo("Europe/Berlin")
NINE = 1_696_204_800
"""2023-10-02 09:00 in Japan, UTC seconds."""
WEEK_S = 7 * 86_400
SHIFTS = (time(6), time(14), time(22))


@pytest.mark.parametrize(
    ("clock", "begins"),
    [("06:00", "06:00"), ("13:59", "06:00"), ("14:29", "14:00"), ("23:10", "22:00"), ("03:45", "22:00")],
)
def test_the_shift_that_runs(clock: str, begins: str) -> None:
    now = datetime.fromisoformat(f"2023-10-02T{clock}:00+09:00")
    found = shift_so_far(int(now.timestamp()), TOKYO, SHIFTS)
    assert datetime.fromtimestamp(found.start_utc_s, TOKYO).strftime("%H:%M") == begins
    assert found.end_utc_s == int(now.timestamp()) // INTERVAL_S * INTERVAL_S


def test_the_day_begins_at_local_midnight() -> None:
    assert day_so_far(NINE + 100, TOKYO) == Span("day", NINE - 9 * 3600, NINE)


def test_last_week_is_the_same_time_of_day_when_clocks_change() -> None:
    """Sunday 2023-10-29 was 25 hours long in Berlin; a week before its Monday, nine o'clock was at 07:00 UTC."""
    nine = int(datetime(2023, 10, 30, 8, tzinfo=UTC).timestamp())
    assert week_before(Span("x", nine, nine + 1800), BERLIN).start_utc_s == nine - WEEK_S - 3600
    assert week_before(Span("x", nine, nine + 1800), TOKYO).start_utc_s == nine - WEEK_S


GRID_POINT, COIL_POINT = PointRef("incoming", "energy"), PointRef("line", "coils")
GRID = Stream("grid", "electricity", "site", "kWh", (Term(GRID_POINT, Decimal(100)),), kind=ElectricityKind.GRID)
SHEET = Stream("sheet", "product", "product", "kg", (Term(COIL_POINT, Decimal(1)),))
FACTORS = load_factor_set([configs_folder() / "factors"], "association", 2023)
"""Electricity 9.76 GJ/MWh and 0.420 kg-CO2/kWh."""
BOOKS = SiteBooks([GRID, replace(GRID, id="mill", is_total=False)], [SHEET], {"sheet": Decimal("9.5")}, FACTORS)


def finder(known: Iterable[tuple[PointRef, float, int]]) -> FindInterval:
    found = {
        (ref.device, ref.point): Interval(
            ref.device, ref.point, NINE, 0.0, advance, advance, Method.MEASURED, spanned_ms, spanned_ms, 1, 2
        )
        for ref, advance, spanned_ms in known
    }
    return lambda device, point, start_utc_s: found.get((device, point)) if start_utc_s == NINE else None


def test_half_hours_come_from_the_registers() -> None:
    """10 MWh are 97.6 GJ and 4,200 kg; 12 t of sheet at 9.5 GJ/t should take 114 GJ."""
    find = finder([(GRID_POINT, 100, INTERVAL_MS), (COIL_POINT, 12_000, INTERVAL_MS)])
    assert site_half_hours(BOOKS, [NINE, NINE + INTERVAL_S], find) == [
        SiteHalfHour(NINE, 97.6, 4_200, 12, 114),
        SiteHalfHour(NINE + INTERVAL_S, None, None, None, None),
    ]


def test_a_silent_meter_is_not_zero() -> None:
    find = finder([(GRID_POINT, 100, INTERVAL_MS)])
    assert site_half_hours(BOOKS, [NINE], find) == [SiteHalfHour(NINE, 97.6, 4_200, None, None)]
    partly = finder([(GRID_POINT, 100, INTERVAL_MS // 2), (COIL_POINT, 0, INTERVAL_MS)])
    assert site_half_hours(BOOKS, [NINE], partly) == [SiteHalfHour(NINE, None, None, 0, 0)]
    running = site_half_hours(BOOKS, [NINE], partly, INTERVAL_MS // 2)
    assert running[0].energy_gj == 97.6


def test_a_product_made_without_benchmark_has_no_expectation() -> None:
    find = finder([(GRID_POINT, 100, INTERVAL_MS), (COIL_POINT, 12_000, INTERVAL_MS)])
    assert site_half_hours(replace(BOOKS, expected_gj_per_t={}), [NINE], find)[0].expected_gj is None


def test_a_site_without_streams_or_products_knows_nothing() -> None:
    assert site_half_hours(SiteBooks([], [], {}, FACTORS), [NINE], finder([]))[0] == SiteHalfHour(
        NINE, None, None, None, None
    )
