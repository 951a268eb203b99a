"""What a half hour of a stream comes to, from its registers with their dated ratios and signs."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.accounting.device_account import DeviceAccount
from agent.accounting.gas_volume import MeterKind
from agent.accounting.interval import INTERVAL_MS, Interval, Method
from agent.accounting.streams import FindInterval, HalfHour, LineState, PointRef, Stream, Term, half_hour_of
from collectors.frame import Kind, Layout, Point

NINE = 1_696_204_800
"""2023-10-02 09:00 in Japan, UTC seconds."""

INCOMING, TENANT = PointRef("incoming", "energy"), PointRef("tenant", "energy")
NET = Stream("grid", "electricity", "site", "kWh", (Term(INCOMING, Decimal(120)), Term(TENANT, Decimal("-0.1"))))


def interval(
    ref: PointRef, advance: float, method: Method = Method.MEASURED, spanned_ms: int = INTERVAL_MS
) -> Interval:
    return Interval(ref.device, ref.point, NINE, 0.0, advance, advance, method, spanned_ms, spanned_ms, 1, 2)


def finder(*intervals: Interval) -> FindInterval:
    known = {(each.device, each.point, each.start_utc_s): each for each in intervals}
    return lambda device, point, start_utc_s: known.get((device, point, start_utc_s))


def found(half_hour: HalfHour | None) -> HalfHour:
    assert half_hour is not None
    return half_hour


def test_registers_are_added_and_subtracted_with_their_ratios() -> None:
    """60 counts of 120 kWh, less 500 counts of 0.1 kWh."""
    half_hour = found(half_hour_of(NET, NINE, finder(interval(INCOMING, 60), interval(TENANT, 500))))
    assert half_hour.amount == 7150
    assert (half_hour.method, half_hour.spanned_ms) == (Method.MEASURED, INTERVAL_MS)


def test_a_sum_is_as_good_as_its_weakest_part() -> None:
    weak = interval(TENANT, 500, Method.RECOVERED, 600_000)
    half_hour = found(half_hour_of(NET, NINE, finder(interval(INCOMING, 60, Method.WRAPPED), weak)))
    assert (half_hour.method, half_hour.spanned_ms) == (Method.RECOVERED, 600_000)


def test_a_sum_of_which_one_register_is_unknown_is_unknown() -> None:
    assert half_hour_of(NET, NINE, finder(interval(INCOMING, 60))) is None


def test_a_ratio_changes_at_its_date_and_not_a_half_hour_before() -> None:
    old, new = Term(INCOMING, Decimal(120), to_utc_s=NINE), Term(INCOMING, Decimal(160), from_utc_s=NINE)
    stream = replace(NET, terms=(old, new))
    before = replace(interval(INCOMING, 10), start_utc_s=NINE - 1800)
    find = finder(before, interval(INCOMING, 10))
    assert found(half_hour_of(stream, NINE - 1800, find)).amount == 1200
    assert found(half_hour_of(stream, NINE, find)).amount == 1600


def test_where_no_term_holds_the_amount_is_unknown() -> None:
    stream = replace(NET, terms=(Term(INCOMING, Decimal(1), from_utc_s=NINE + 1800),))
    assert half_hour_of(stream, NINE, finder(interval(INCOMING, 60))) is None


def test_a_rate_counts_for_the_time_that_is_known() -> None:
    """300 kW in the mean over 20 minutes are 100 kWh."""
    power = PointRef("meter", "power")
    stream = Stream("grid", "electricity", "site", "kWh", (Term(power, Decimal(1), is_rate=True),))
    half_hour = found(half_hour_of(stream, NINE, finder(interval(power, 300, Method.INTEGRATED, 1_200_000))))
    assert half_hour.amount == 100
    assert half_hour.spanned_ms == 1_200_000


VOLUME, PRESSURE = PointRef("gas", "volume"), PointRef("gas", "pressure")
GAS = Stream(
    "gas",
    "city_gas",
    "melting",
    "m3",
    (Term(VOLUME, Decimal(1)),),
    gas_meter=MeterKind.UNCORRECTED,
    line=LineState(PRESSURE, Decimal(15), pressure_scale=Decimal("0.1")),
)


def test_a_gas_meter_brings_its_pressure_and_temperature_along() -> None:
    half_hour = found(half_hour_of(GAS, NINE, finder(interval(VOLUME, 40), interval(PRESSURE, 981))))
    assert half_hour.amount == 40
    assert (half_hour.gauge_pressure_kpa, half_hour.temperature_c) == (Decimal("98.1"), Decimal(15))


def test_a_gas_meter_without_its_pressure_has_no_half_hour() -> None:
    assert half_hour_of(GAS, NINE, finder(interval(VOLUME, 40))) is None
    assert set(GAS.points()) == {VOLUME, PRESSURE}


POWER = Layout("meter", (Point("power", Kind.GAUGE, "kW"),))
readings = st.lists(st.tuples(st.integers(1, 110), st.integers(0, 5000)), min_size=2, max_size=60)


def energy_kwh(times_s: Sequence[int], powers: Sequence[int]) -> float:
    """What the half hours of a power gauge come to, the running one included."""
    account, closed = DeviceAccount(POWER, 120_000), list[Interval]()
    for seq, (at_s, power) in enumerate(zip(times_s, powers, strict=True), 1):
        closed += account.take((NINE + at_s) * 1000, [power], [0], seq).intervals
    stream = Stream("grid", "electricity", "site", "kWh", (Term(PointRef("meter", "power"), Decimal(1), is_rate=True),))
    every = [*closed, *account.running()]
    return float(sum(found(half_hour_of(stream, each.start_utc_s, finder(each))).amount for each in every))


@given(drawn=readings, moved_s=st.integers(0, 3600))
def test_the_energy_of_a_power_does_not_depend_on_where_half_hours_begin(
    drawn: list[tuple[int, int]], moved_s: int
) -> None:
    """Straight lines between readings have one area, however boundaries cut it."""
    times = [sum(seconds for seconds, _ in drawn[:number]) for number in range(1, len(drawn) + 1)]
    powers = [power for _, power in drawn]
    pairs = pairwise(zip(times, powers, strict=True))
    area_kws = sum((later[1] + earlier[1]) / 2 * (later[0] - earlier[0]) for earlier, later in pairs)
    assert energy_kwh([moved_s + at_s for at_s in times], powers) == pytest.approx(area_kws / 3600, rel=1e-9, abs=1e-9)
