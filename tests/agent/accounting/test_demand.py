"""Demand: by hand, in bands, in what to switch off, and against the simulated mill, whose end is known."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.accounting.demand import (
    BAND_SHARE,
    HISTORY_MINUTES,
    Contract,
    DemandLevel,
    DemandNow,
    DemandProblem,
    Load,
    demand_of,
    minute_powers,
    peak_demand,
    shed_steps,
    watch_demand,
)
from agent.accounting.interval import INTERVAL_S, Method
from agent.accounting.streams import HalfHour, PointRef, Stream, Term
from collectors.simulated.mill import Mill

NINE = 1_696_204_800
"""2023-10-02 09:00 in Japan, UTC seconds."""
MINUTE_MS = 60_000
GRID = Stream("grid", "electricity", "site", "kWh", (Term(PointRef("incoming", "energy"), Decimal(1)),))
CONTRACT = Contract(20_000, 95)
"""The alarm is raised at 19,000 kW."""
STEADY = [18_000.0] * 120


def half_hour(kwh: float, minutes: float = 30, method: Method = Method.MEASURED, start: int = NINE) -> HalfHour:
    spanned_ms = round(minutes * MINUTE_MS)
    return HalfHour(GRID, start, Decimal(str(kwh)), method, spanned_ms, spanned_ms)


def watch(kwh: float, minutes: float, powers: Sequence[float | None], read: float | None = None) -> DemandNow:
    now_ms = NINE * 1000 + round(minutes * MINUTE_MS)
    read_ms = now_ms if read is None else NINE * 1000 + round(read * MINUTE_MS)
    return watch_demand(half_hour(kwh, minutes if read is None else read), read_ms, now_ms, powers, CONTRACT)


def test_the_demand_of_a_half_hour_is_twice_its_energy() -> None:
    assert demand_of(half_hour(9_250)) == 18_500
    assert demand_of(replace(half_hour(9.25), stream=replace(GRID, unit="MWh"))) == 18_500


@pytest.mark.parametrize("method", [Method.RECOVERED, Method.SUBSTITUTED, Method.MISSING])
def test_recovered_energy_is_no_demand(method: Method) -> None:
    assert demand_of(half_hour(9_250, method=method)) is None
    assert watch_demand(half_hour(3_000, 10, method), 0, 0, STEADY, CONTRACT).problem is DemandProblem.NOT_READ


def test_a_half_hour_that_was_read_in_part_has_no_demand() -> None:
    assert demand_of(half_hour(9_000, 29)) is None


def test_the_peak_is_the_first_of_the_highest_known() -> None:
    hours = [half_hour(kwh, start=NINE + i * INTERVAL_S) for i, kwh in enumerate((8_000, 9_000, 9_000))]
    recovered = half_hour(12_000, method=Method.RECOVERED, start=NINE - INTERVAL_S)
    assert peak_demand([recovered, *hours]) == (NINE + INTERVAL_S, 18_000)
    assert peak_demand([recovered]) is None


def test_a_steady_power_is_forecast_exactly() -> None:
    """3,000 kWh in 10 min are 18,000 kW; 20 min more at 18,000 kW bring 6,000 kWh: 9,000 kWh, 18,000 kW."""
    now = watch(3_000, 10, STEADY)
    assert (now.minutes_left, now.reached_kw, now.mean_kw) == (20, 6_000, 18_000)
    assert now.band is not None
    assert (now.band.forecast_kw, now.band.low_kw, now.band.high_kw) == pytest.approx((18_000, 18_000, 18_000))
    assert (now.margin_kw, now.reduction_kw) == pytest.approx((2_000, 0))
    assert (now.level, now.is_alarm) == (DemandLevel.CALM, False)


def test_a_restless_power_has_a_band_by_hand() -> None:
    """Ten minutes at 18,000 kW follow ten at 12,000 kW, again and again, and 20 minutes are left.

    Whenever one looked back, the mean of the 20 minutes that followed was 15,000 kW. The mean of the 10 minutes before
    was a ramp between the two, in steps of 600 kW: from 12,000 to 18,000 and back. Its errors are ±3,000, ±2,400, …, 0;
    of 120 minutes, 91 moments have all their minutes: 4 whole periods of 20 errors, and 11 more from one edge to the
    other. Over a period the squares sum up to 600² × (25 × 2 + 4 × (16 + 9 + 4 + 1)) = 170 × 600², over the 11 to
    600² × (2 × 25 + 2 × 30) = 110 × 600²; the mean is 600² × (4 × 170 + 110) / 91, its root 1,767.8 kW. 90 % of a
    normal spread lie within 1.64485 of it: 2,907.8 kW for 20 minutes, 1,938.6 kW of the half hour.
    The last level is 18,000 kW: forecast 3,000 × 2 + 18,000 × 20 / 30 = 18,000 kW.
    """
    now = watch(3_000, 10, ([12_000.0] * 10 + [18_000.0] * 10) * 6)
    assert now.band is not None
    assert now.band.forecast_kw == pytest.approx(18_000)
    assert now.band.high_kw - now.band.forecast_kw == pytest.approx(1_938.6, abs=0.1)
    assert now.band.low_kw == pytest.approx(18_000 - 1_938.6, abs=0.1)
    assert (now.level, now.is_alarm) == (DemandLevel.POSSIBLE, True), "19,939 kW are above 19,000"
    assert now.reduction_kw == 0, "the forecast itself is not"


def test_what_must_go_is_counted_over_the_minutes_that_are_left() -> None:
    """8,000 kWh in 20 min, then 24,000 kW: 8,000 + 4,000 = 12,000 kWh, 24,000 kW. The alarm lies at 19,000.

    5,000 kW too much over the half hour are 15,000 kW over the last ten minutes: 24,000 − 15,000 = 9,000 kW bring
    1,500 kWh, 9,500 in all, 19,000 kW.
    """
    now = watch(8_000, 20, [24_000.0] * 120)
    assert (now.margin_kw, now.reduction_kw) == pytest.approx((-4_000, 15_000))
    assert (now.level, now.is_alarm) == (DemandLevel.EXPECTED, True)


def test_the_contract_is_passed_when_the_energy_is_there_already() -> None:
    now = watch(10_100, 28, [1_000.0] * 120)
    assert (now.reached_kw, now.level, now.is_alarm) == (20_200, DemandLevel.EXCEEDED, True)
    assert now.band is not None
    assert now.band.low_kw >= 20_200, "what is used is used"


def test_the_end_of_a_half_hour_is_no_forecast_any_more() -> None:
    now = watch(9_000, 30, STEADY)
    assert now.band is not None
    assert (now.band.low_kw, now.band.forecast_kw, now.band.high_kw) == (18_000, 18_000, 18_000)
    assert (now.minutes_left, now.reduction_kw) == (0, None)


@pytest.mark.parametrize(
    ("powers", "problem"),
    [
        (STEADY[:38], DemandProblem.TOO_SHORT),
        ([*STEADY[:-5], None, *STEADY[:4]], DemandProblem.TOO_SHORT),
        ([], DemandProblem.TOO_SHORT),
        (STEADY[:40], None),
    ],
)
def test_without_enough_minutes_there_is_no_forecast(
    powers: Sequence[float | None], problem: DemandProblem | None
) -> None:
    """20 minutes ahead and 10 back are 30; ten such looks need 39 minutes."""
    now = watch(3_000, 10, powers)
    assert now.problem is problem
    assert (now.band is None) == (problem is not None)
    assert now.reached_kw == 6_000


def test_a_silent_meter_and_a_half_hour_begun_late_give_none() -> None:
    assert watch(3_000, 13, STEADY, read=10).problem is DemandProblem.STALE
    now_ms = NINE * 1000 + 10 * MINUTE_MS
    late = watch_demand(half_hour(1_500, 5), now_ms, now_ms, STEADY, CONTRACT)
    assert (late.problem, late.reached_kw, late.band) == (DemandProblem.NOT_READ, None, None)
    assert (late.level, late.is_alarm) == (DemandLevel.UNKNOWN, False)


def test_minutes_are_interpolated_and_gaps_are_not() -> None:
    """Registers at 0:30, 1:30 and 2:30 rise by 100 and 200 kWh; 40 kWh in the 150 s after 3:00 are 960 kW."""
    readings = [(30_000, 0.0), (90_000, 100.0), (150_000, 300.0), (180_000, 360.0), (330_000, 400.0)]
    assert minute_powers(readings, 5 * MINUTE_MS + 10_000, 5) == [None, 9_000, 9_600, 960, 960]


@pytest.mark.parametrize(("gap_s", "known"), [(300, True), (301, False)])
def test_a_gap_of_more_than_five_minutes_has_no_power(gap_s: int, known: bool) -> None:
    readings = [(0, 0.0), (60_000, 100.0), (60_000 + gap_s * 1000, 200.0)]
    first, *gap = minute_powers(readings, 5 * MINUTE_MS, 5)
    assert first == 6_000
    assert all((power is not None) is known for power in gap)


@given(st.lists(st.floats(0, 1000), min_size=3, max_size=40), st.integers(0, 59_999))
def test_the_minutes_add_up_to_the_register(steps: list[float], offset_ms: int) -> None:
    registers = [sum(steps[:count]) for count in range(len(steps) + 1)]
    readings = [(offset_ms + i * MINUTE_MS, kwh) for i, kwh in enumerate(registers)]
    powers = minute_powers(readings, readings[-1][0], len(steps) - 1)
    assert all(power is not None and power >= -1e-6 for power in powers)
    total = sum(power or 0 for power in powers) / 60
    assert total <= registers[-1] + 1e-6
    assert total >= registers[-1] - steps[0] - steps[-1] - 1e-6


def test_loads_go_in_the_sites_order_until_it_is_enough() -> None:
    loads = [Load("chiller", 800, 100), Load("offices", None), Load("idle", 0), Load("furnace", 2_000), Load("mill", 9)]
    steps = shed_steps(loads, 1_500)
    assert [(s.id, s.frees_kw, s.total_kw, s.is_needed) for s in steps] == [
        ("chiller", 700, 700, True),
        ("offices", None, 700, True),
        ("idle", 0, 700, False),
        ("furnace", 2_000, 2_700, True),
        ("mill", 9, 2_709, False),
    ]
    assert not any(step.is_needed for step in shed_steps(loads, 0))


START_MS = 1_696_172_400_000
"""2023-10-02 (a Monday) 00:00 in Japan."""


def mill_minutes(seed: int, days: int) -> list[float]:
    """The grid's energy (kWh) in each minute, as the mill truly took it."""
    mill = Mill(seed, START_MS)
    totals = [
        float(mill.true_quantity("incoming_kwh", START_MS, START_MS + minute * MINUTE_MS))
        for minute in range(days * 1440 + 1)
    ]
    return [after - before for before, after in pairwise(totals)]


def watched(minutes: Sequence[float], now: int, contract: Contract) -> DemandNow:
    """What would have been said in a minute of the mill's week."""
    begin = now - now % 30
    start_ms, now_ms = START_MS + begin * MINUTE_MS, START_MS + now * MINUTE_MS
    running = replace(half_hour(sum(minutes[begin:now]), now - begin), start_utc_s=start_ms // 1000)
    powers = [kwh * 60 for kwh in minutes[max(0, now - HISTORY_MINUTES) : now]]
    return watch_demand(running, now_ms, now_ms, powers, contract)


@pytest.mark.parametrize("elapsed", [5, 10, 15, 20, 25])
def test_the_band_holds_on_the_simulated_mill_as_often_as_it_says(elapsed: int) -> None:
    """Five worked days and the weekend, a hot mill between 3 and 40 MW within minutes. 90 % is promised."""
    minutes = mill_minutes(7, 7)
    held = []
    for begin in range(300, len(minutes), 30):
        band = watched(minutes, begin + elapsed, CONTRACT).band
        assert band is not None
        held.append(band.low_kw - 1e-6 <= 2 * sum(minutes[begin : begin + 30]) <= band.high_kw + 1e-6)
    assert BAND_SHARE - 0.06 <= fmean(held) <= BAND_SHARE + 0.06


def test_the_alarm_comes_before_the_demand_on_the_simulated_mill() -> None:
    """Every half hour that passed the contract was told of before it did, with minutes left."""
    minutes = mill_minutes(7, 5)
    demands = [2 * sum(minutes[begin : begin + 30]) for begin in range(0, len(minutes), 30)]
    contract = Contract(sorted(demands)[-12], 95)
    passed = [number * 30 for number, demand in enumerate(demands) if demand > contract.contract_kw and number >= 10]
    assert len(passed) >= 5
    for begin in passed:
        told = [watched(minutes, now, contract) for now in range(begin + 1, begin + 30)]
        first = next(now for now in told if now.is_alarm)
        assert first.minutes_left >= 10
        assert first.level is not DemandLevel.EXCEEDED
