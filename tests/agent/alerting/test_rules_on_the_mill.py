"""Rules over the simulated mill: raised, held and cleared when the mill's own truth says so, at the cost it says."""

import pytest

from agent.alerts.machine import EventKind
from collectors.simulated.mill import Mill
from tests.agent.alerting.conftest import HandClock, MakeSite, at, of_mill, open_rig

START_S = at("2023-10-03T07:50")
NO_CHARGE = {0, 3}
DEMAND = """
[demand]
stream = "grid_power"
contract_kw = {contract}
alarm_percent = 95
alarm_on = "forecast"
[[alert]]
id = "demand"
kind = "demand"
for_min = 2
"""
IDLE = """
[[price]]
stream = "annealing_gas"
yen_per_unit = "230"
[[alert]]
id = "idle"
kind = "idle_burner"
stream = "annealing_gas"
limit = 50
charge = "annealing.phase"
idle = [0, 3]
for_min = 15
"""
AIR = """
[[price]]
stream = "compressors_power"
yen_per_unit = "19.80"
[[alert]]
id = "air"
kind = "base_load"
stream = "compressors_power"
limit = 500
"""
RESIDUAL = """
[[alert]]
id = "losses"
kind = "residual"
balance = "power"
over_percent = {percent}
hysteresis_percent = 0
"""


async def test_a_demand_alarm_comes_before_the_half_hour_ends(make_site: MakeSite) -> None:
    mill = Mill(1, START_S * 1000)
    demand = {s: 2 * float(mill.true_quantity("incoming_kwh", s * 1000, (s + 1800) * 1000)) for s in half_hours(9)}
    contract = max(demand.values()) * 0.99  # passed once, in the half hour that the truth names
    passed = [start for start, kw in demand.items() if kw > contract]
    site, clock = make_site(DEMAND.format(contract=round(contract))), HandClock(START_S)
    async with open_rig(site, clock) as rig:
        await rig.go_on(of_mill(mill), ["incoming"], 9 * 3600, poll_s=15)
        raised = [time for what, time in rig.told("demand") if what == "raised"]
        assert any(start < time < start + 1500 for time in raised for start in passed)
        assert rig.told("demand")[1][0] == "cleared"
        event = rig.view.events[-1].event
        assert event.value >= contract * 0.95
        assert event.cost.yen is None  # the site states no price
        costs_gj = [e.event.cost.energy_gj for e in rig.view.events if e.event.kind is EventKind.CLEARED]
        over_kwh = sum(max(0.0, kw - round(contract) * 0.95) / 2 for kw in demand.values())
        assert 0 < sum(cost for cost in costs_gj if cost is not None) <= over_kwh * GJ_PER_KWH * 1.001
        assert None not in costs_gj


async def test_an_idling_burner_costs_what_the_mill_burnt(make_site: MakeSite) -> None:
    mill = Mill(1, START_S * 1000)
    site, clock = make_site(IDLE), HandClock(START_S + 5 * 3600)
    async with open_rig(site, clock) as rig:
        await rig.go_on(of_mill(mill), ["annealing"], 3 * 3600, poll_s=10)
        windows = idle_windows(mill, clock.now_ms() // 1000)
        assert [what for what, _ in rig.told("idle")] == ["raised", "cleared"]
        assert rig.told("idle")[0][1] == windows[0] + 900  # the end of the window in which a quarter of an hour is full
        cleared = rig.view.events[0].event
        assert cleared.since_utc_s == windows[0]
        fuel_m3 = sum(mill.truth_counts("annealing", "gas_volume", w * 1000, (w + 300) * 1000) for w in windows) * 0.01
        normal_m3 = sum(float(mill.true_quantity("annealing_nm3", w * 1000, (w + 300) * 1000)) for w in windows)
        assert cleared.cost.yen == pytest.approx(fuel_m3 * 230, abs=230 * 0.01 * 2 * len(windows))
        assert cleared.cost.energy_gj == pytest.approx(normal_m3 * CITY_GAS_GJ_PER_NM3, rel=0.03)  # mean gas state
        assert cleared.cost.co2_kg is not None
        assert rig.raised() == {}


CITY_GAS_GJ_PER_NM3 = 0.040 * 298.15 / 273.15 * 101.325 / 100
"""configs/factors/association.toml, fiscal year 2023: 40.0 GJ per 1000 m³ at 25 °C and 100 kPa."""


def idle_windows(mill: Mill, until_s: int) -> list[int]:
    """Windows of five minutes in which the furnaces were without charge all the time, by the mill's own states."""
    starts = range(START_S + 5 * 3600 - START_S % 300 + 300, until_s - 300, 300)
    return [start for start in starts if all(has_no_charge(mill, start + s) for s in range(0, 300, 10))]


def has_no_charge(mill: Mill, at_s: int) -> bool:
    return round(mill.gauge("annealing", "phase", at_s * 1000)) in NO_CHARGE


def half_hours(hours: float) -> range:
    first = START_S - START_S % 1800 + 1800
    return range(first, START_S + int(hours * 3600) - 1800, 1800)


async def test_the_base_load_of_a_weekend(make_site: MakeSite) -> None:
    begin, monday = at("2023-09-30T00:00"), at("2023-10-02T00:00")
    mill = Mill(1, (begin - 3600) * 1000)
    site, clock = make_site(AIR), HandClock(begin - 1800)
    counts = [
        mill.truth_counts("compressors", "energy", s * 1000, (s + 1800) * 1000) for s in range(begin, monday, 1800)
    ]
    least_kw = min(counts) * 0.1 * 2
    async with open_rig(site, clock, gap_ms=900_000) as rig:
        while clock.now_ms() < (monday + 300) * 1000:
            clock.go_on(300)
            await rig.read(of_mill(mill), ["compressors"])
        await rig.look()
        event = rig.view.events[0].event
        assert event.value == pytest.approx(least_kw, abs=0.1)
        assert (event.since_utc_s, event.time_utc_s) == (begin, monday)
        assert event.cost.yen == pytest.approx((least_kw - 500) * 48 * 19.80, rel=1e-3)
        assert event.cost.energy_gj == pytest.approx((least_kw - 500) * 48 * GJ_PER_KWH, rel=1e-3)
        await rig.look()
        assert len(rig.view.events) == 1


GJ_PER_KWH = 0.00976
"""configs/factors/association.toml: 9.76 GJ/MWh."""


@pytest.mark.parametrize(("percent", "expected"), [(0.5, ["raised"]), (5.0, [])])
async def test_losses_of_one_to_two_per_cent(make_site: MakeSite, percent: float, expected: list[str]) -> None:
    mill = Mill(1, START_S * 1000)
    site, clock = make_site(RESIDUAL.format(percent=percent)), HandClock(START_S)
    meters = ["incoming", "solar", "hot_mill", "cold_mill_1", "cold_mill_2", "auxiliaries", "compressors", "offices"]
    async with open_rig(site, clock) as rig:
        await rig.go_on(of_mill(mill), meters, 5400, poll_s=30)
        assert [what for what, _ in rig.told("losses")] == expected
        start = half_hours(1.5)[0] * 1000
        ends = (start, start + 1_800_000)
        supply = float(mill.true_quantity("electricity_used_kwh", *ends))
        uses = sum(float(mill.true_quantity(f"{load}_kwh", *ends)) for load in meters[2:])
        for each in rig.view.events:
            assert each.event.value == pytest.approx((supply - uses) / supply * 100, abs=0.05)
