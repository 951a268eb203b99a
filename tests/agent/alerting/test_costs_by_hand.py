"""What alerts cost, and what a silent meter leaves unknown, over readings that a test makes by hand."""

from collections.abc import Callable

import pytest

from agent.alerts.machine import AlertEvent
from agent.alerts.rules import COST_UNKNOWN
from collectors.frame import Layout
from tests.agent.alerting.conftest import HandClock, MakeSite, Rig, Values, at, open_rig

BASE = """
[site]
id = "mini"
scheme = "association"
[journal]
path = "journal.sqlite3"
[[endpoint]]
id = "meters"
protocol = "modbus"
host = "127.0.0.1"
poll_s = 60.0
device = [
  { id = "power", unit = 2, profile = "double-meter" },
  { id = "mill", unit = 3, profile = "double-meter" },
]
[[stream]]
id = "grid"
carrier = "electricity"
kind = "grid"
area = "site"
unit = "kWh"
term = [{ point = "power.energy" }]
[[stream]]
id = "mill_power"
carrier = "electricity"
kind = "grid"
area = "rolling"
unit = "kWh"
counts = "detail"
term = [{ point = "mill.energy" }]
[[price]]
stream = "grid"
yen_per_unit = "20"
"""
DEMAND = """
[demand]
stream = "grid"
contract_kw = 1000
alarm_percent = 95
[[alert]]
id = "demand"
kind = "demand"
for_min = 2
"""
RESIDUAL = """
[[balance]]
id = "power"
supply = ["grid"]
uses = ["mill_power"]
[[alert]]
id = "losses"
kind = "residual"
balance = "power"
over_percent = 4
"""
SILENT = """
[[alert]]
id = "silent"
kind = "silent"
device = "power"
for_min = 5
"""
STUCK = """
[[alert]]
id = "stuck"
kind = "stuck"
point = "mill.energy"
for_min = 20
"""
GJ_PER_KWH, KG_PER_KWH = 0.00976, 0.42
"""configs/factors/association.toml, fiscal year 2023."""

Register = Callable[[int], float]
"""What a register shows (kWh) at a time (UTC s)."""


def showing(**registers: Register) -> Values:
    """Meters whose registers follow given courses."""

    def values(layout: Layout, time_ms: int) -> list[float]:
        shown = registers[layout.device](time_ms // 1000)
        return [float(round(shown / float(point.scale))) if point.id == "energy" else 0.0 for point in layout.points]

    return values


def newest(rig: Rig, rule: str, what: str) -> AlertEvent:
    return next(e.event for e in rig.view.events if (e.event.rule, e.event.kind.value) == (rule, what))


async def test_demand_costs_the_energy_above_the_alarms_power(make_site: MakeSite) -> None:
    """Two hours at 1,200 kW: each of four half hours has 600 kWh, of which 475 are the alarm's 950 kW. 4 × 125 kWh."""
    begin, end = at("2023-10-03T11:00"), at("2023-10-03T13:00")

    def register(at_s: int) -> float:
        return 1e6 + (at_s - begin) / 3600 * 600 + max(0, min(at_s, end) - begin) / 3600 * 600

    site, clock = make_site(DEMAND, BASE), HandClock(begin - 7200)
    async with open_rig(site, clock) as rig:
        await rig.go_on(showing(power=register), ["power"], 4.5 * 3600, poll_s=15)
        assert [what for what, _ in rig.told("demand")] == ["raised", "cleared"]
        raised, cleared = newest(rig, "demand", "raised"), newest(rig, "demand", "cleared")
        assert begin < raised.time_utc_s < begin + 23 * 60  # before 475 kWh are reached
        assert (raised.cost.energy_gj, raised.cost.co2_kg, raised.cost.yen) == (0, 0, 0)
        assert cleared.cost.energy_gj == pytest.approx(500 * GJ_PER_KWH)
        assert cleared.cost.co2_kg == pytest.approx(500 * KG_PER_KWH)
        assert cleared.cost.yen == pytest.approx(500 * 20)


async def test_a_restart_counts_nothing_twice_and_leaves_nothing_out(make_site: MakeSite) -> None:
    """As above; the agent stops for a minute at 11:26, when 45 kWh are above; at 11:30 there are 125."""
    begin = at("2023-10-03T11:00")

    def register(at_s: int) -> float:
        return 1e6 + (at_s - begin) / 3600 * (600 if at_s < begin else 1200)

    site, clock = make_site(DEMAND, BASE), HandClock(begin - 7200)
    async with open_rig(site, clock) as rig:
        await rig.go_on(showing(power=register), ["power"], 7200 + 26 * 60, poll_s=15)
        assert rig.alerting.state.raised()[0].cost.energy_gj == pytest.approx(45 * GJ_PER_KWH)
    clock.go_on(60)
    async with open_rig(site, clock) as rig:
        await rig.go_on(showing(power=register), ["power"], 3.5 * 60, poll_s=15)
        assert rig.alerting.state.raised()[0].cost.energy_gj == pytest.approx(125 * GJ_PER_KWH)


async def test_losses_cost_what_lies_beyond_the_allowed_share(make_site: MakeSite) -> None:
    """Half an hour: 500 kWh in, 460 used. 40 kWh are open, 20 may be; of two half hours 40 kWh are beyond."""
    begin = at("2023-10-03T09:00")
    values = showing(power=lambda s: 1e6 + (s - begin) / 1800 * 500, mill=lambda s: 1e6 + (s - begin) / 1800 * 460)
    site, clock = make_site(RESIDUAL, BASE), HandClock(begin - 60)
    async with open_rig(site, clock) as rig:
        await rig.go_on(values, ["power", "mill"], 3600 + 180, poll_s=60)
        (standing,) = rig.alerting.state.raised()
        assert standing.value == pytest.approx(8)
        assert standing.cost.energy_gj == pytest.approx(40 * GJ_PER_KWH)
        assert standing.cost.co2_kg == pytest.approx(40 * KG_PER_KWH)
        assert standing.cost.yen == pytest.approx(40 * 20)


DAY_S = 86_400
TUESDAY = at("2023-10-03T00:00")


def weekly(at_s: int) -> float:
    """Tuesdays from 10:00 to 12:00 take 90 kWh in half an hour, all other time 30."""
    weeks, rest = divmod(at_s - TUESDAY, 7 * DAY_S)
    extra = min(max(0, rest - 10 * 3600), 7200) / 1800 * 60
    return 1e6 + (at_s - TUESDAY) / 1800 * 30 + weeks * 4 * 60 + extra


async def by_half_hours(rig: Rig, values: Values, until_s: int) -> None:
    while rig.clock.now_ms() // 1000 < until_s:
        rig.clock.go_on(1800)
        await rig.read(values, ["power", "mill"])


async def test_a_silent_meter_leaves_unknown_what_it_usually_counts_at_such_a_time(make_site: MakeSite) -> None:
    """Silent on a Tuesday from 09:50 to 11:30: 10 min of 30 kWh and 90 min of 90 kWh in half an hour: 280 kWh."""
    silent_s = TUESDAY + 9 * 3600 + 50 * 60
    site, clock = make_site(SILENT, BASE), HandClock(TUESDAY - 15 * DAY_S)
    values = showing(power=weekly, mill=weekly)
    async with open_rig(site, clock, gap_ms=1_900_000) as rig:
        await by_half_hours(rig, values, silent_s - 20 * 60)
        await rig.go_on(values, ["power", "mill"], 20 * 60)
        await rig.go_on(values, ["mill"], 100 * 60)
        (standing,) = rig.alerting.state.raised()
        assert standing.cost == COST_UNKNOWN
        assert standing.unmeasured is not None
        assert (standing.unmeasured.from_utc_s, standing.unmeasured.to_utc_s) == (silent_s, silent_s + 6000)
        (grid,) = standing.unmeasured.usual
        assert (grid.stream, grid.unit) == ("grid", "kWh")
        assert grid.amount == pytest.approx(280)
        assert grid.energy_gj == pytest.approx(280 * GJ_PER_KWH)
        assert grid.co2_kg == pytest.approx(280 * KG_PER_KWH)
        await rig.go_on(values, ["power", "mill"], 60)
        cleared = newest(rig, "silent", "cleared")
        assert cleared.unmeasured == standing.unmeasured
        assert rig.alerting.state.rules[0].unmeasured is None


async def test_without_a_week_before_the_mean_of_what_is_known_is_usual(make_site: MakeSite) -> None:
    """A day at 30 and 90 kWh by turns: 60 kWh in half an hour, whatever the hour; without any half hour nothing."""
    site, clock = make_site(SILENT, BASE), HandClock(TUESDAY - DAY_S)

    def register(at_s: int) -> float:
        half_hours, rest = divmod(at_s - TUESDAY + DAY_S, 1800)
        return 1e6 + half_hours // 2 * 120 + half_hours % 2 * 30 + rest / 1800 * (90 if half_hours % 2 else 30)

    values = showing(power=register, mill=register)
    async with open_rig(site, clock, gap_ms=1_900_000) as rig:
        await rig.go_on(values, ["power"], 60)
        await rig.go_on(values, [], 600)
        nothing = rig.alerting.state.raised()[0].unmeasured
        assert nothing is not None
        assert [each.amount for each in nothing.usual] == [None]
    async with open_rig(site, clock, gap_ms=1_900_000) as rig:
        clock.go_on(1800 - 660)
        await rig.read(values, ["power"])
        await by_half_hours(rig, values, TUESDAY)
        await rig.go_on(values, ["power"], 60)
        await rig.go_on(values, [], 3600)
        usual = rig.alerting.state.raised()[0].unmeasured
        assert usual is not None
        assert usual.usual[0].amount == pytest.approx(120, rel=0.02)  # the first half hour was not read from its start


async def test_silence_over_a_restart_counts_from_the_last_answer(make_site: MakeSite) -> None:
    site, clock = make_site(SILENT, BASE), HandClock(TUESDAY)
    values = showing(power=weekly, mill=weekly)
    async with open_rig(site, clock) as rig:
        await rig.go_on(values, ["power"], 60)
        await rig.go_on(values, [], 600)
    clock.go_on(5 * 3600)  # longer than the frames that are looked at after a start
    async with open_rig(site, clock) as rig:
        await rig.go_on(values, [], 600)
        unmeasured = rig.alerting.state.raised()[0].unmeasured
        assert unmeasured is not None
        assert (unmeasured.from_utc_s, unmeasured.to_utc_s) == (TUESDAY + 60, clock.now_ms() // 1000)


async def test_a_stuck_register_leaves_its_streams_unknown_since_it_moved_last(make_site: MakeSite) -> None:
    stuck_s = TUESDAY + 8 * 3600
    site, clock = make_site(STUCK, BASE), HandClock(TUESDAY - 8 * DAY_S)
    values = showing(power=weekly, mill=lambda s: weekly(min(s, stuck_s)))
    async with open_rig(site, clock, gap_ms=1_900_000) as rig:
        await by_half_hours(rig, values, stuck_s - 1800)
        await rig.go_on(values, ["power", "mill"], 1800 + 3600)
        (standing,) = rig.alerting.state.raised()
        assert standing.cost == COST_UNKNOWN
        assert standing.unmeasured is not None
        assert standing.unmeasured.from_utc_s == stuck_s
        (mill,) = standing.unmeasured.usual
        assert mill.stream == "mill_power"
        assert mill.amount == pytest.approx(60)  # Tuesday from 08:00 to 09:00, a week before
