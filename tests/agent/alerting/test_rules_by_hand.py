"""Rules over readings that a test makes by hand: silence, stuck registers, intensity; restarts and clock steps."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from agent.alerting.store import alerts_path
from agent.alerts.machine import AlertsState
from agent.alerts.rules import Obstacle, Unwatched
from collectors.frame import Layout
from tests.agent.alerting.conftest import HandClock, MakeSite, Values, at, open_rig, without_alerts

START_S = at("2023-10-03T09:00")
SILENT = """
[[alert]]
id = "silent"
kind = "silent"
device = "boiler"
for_min = 5
"""
STUCK = """
[[alert]]
id = "stuck"
kind = "stuck"
point = "hot_mill.energy"
for_min = 20
while_producing = true
"""
MINI = """
[site]
id = "mini"
name_ja = "小工場"
scheme = "association"
[journal]
path = "journal.sqlite3"
[[endpoint]]
id = "meters"
protocol = "modbus"
host = "127.0.0.1"
poll_s = 60.0
device = [{ id = "power", unit = 2, profile = "double-meter" }]
[[endpoint]]
id = "line"
protocol = "opcua"
url = "opc.tcp://127.0.0.1:1"
poll_s = 60.0
device = [{ id = "line", profile = "line" }]
[[stream]]
id = "grid"
carrier = "electricity"
kind = "grid"
area = "site"
unit = "kWh"
term = [{ point = "power.energy" }]
[[product]]
id = "sheet"
unit = "kg"
term = [{ point = "line.can_body" }]
[[price]]
stream = "grid"
yen_per_unit = "20"
[baseline]
from_day = 2023-09-01
to_day = 2023-09-15
[[alert]]
id = "intensity"
kind = "intensity"
over_percent = 10
window_h = 1
for_min = 30
clear_min = 0
"""


def counting(kwh: Callable[[int], float], kg: Callable[[int], float]) -> Values:
    """A power meter and a weighing machine that follow given courses over time (s)."""

    def values(layout: Layout, time_ms: int) -> list[float]:
        at_s = time_ms // 1000
        moving = {"energy": kwh(at_s), "can_body": kg(at_s)}
        return [
            float(round(moving[point.id] / float(point.scale))) if point.id in moving else 0.0
            for point in layout.points
        ]

    return values


def going(layout: Layout, time_ms: int) -> list[float]:
    """Every register goes on."""
    return [float(time_ms // 1000 - START_S + 1000)] * len(layout.points)


async def test_a_silent_device(make_site: MakeSite) -> None:
    site, clock = make_site(SILENT), HandClock(START_S)
    async with open_rig(site, clock) as rig:
        await rig.go_on(going, ["boiler"], 600)
        silent_from = clock.now_ms() // 1000
        assert rig.told("silent") == []
        await rig.go_on(going, [], 600)
        assert rig.told("silent") == [("raised", silent_from + 300)]
        assert rig.raised() == {"silent": 600.0}
        await rig.go_on(going, ["boiler"], 30)
        assert [what for what, _ in rig.told("silent")] == ["raised", "cleared"]
        assert rig.view.events[0].event.cost.energy_gj is None


async def test_a_restart_neither_raises_again_nor_clears(make_site: MakeSite) -> None:
    site, clock = make_site(SILENT), HandClock(START_S)
    async with open_rig(site, clock) as rig:
        await rig.go_on(going, ["boiler"], 60)
        await rig.go_on(going, [], 600)
        before = rig.alerting.state
    clock.go_on(7200)
    async with open_rig(site, clock) as rig:
        assert rig.alerting.state == before
        await rig.go_on(going, [], 240)
        assert list(rig.raised()) == ["silent"]
        await rig.go_on(going, [], 240)
        assert list(rig.raised()) == ["silent"]
        assert [what for what, _ in rig.told("silent")] == ["raised"]
        await rig.go_on(going, ["boiler"], 30)
        assert [what for what, _ in rig.told("silent")] == ["raised", "cleared"]


async def test_a_start_after_a_stop_of_the_agent_blames_no_device(make_site: MakeSite) -> None:
    site, clock = make_site(SILENT), HandClock(START_S)
    async with open_rig(site, clock) as rig:
        await rig.go_on(going, ["boiler"], 60)
    clock.go_on(86_400)
    async with open_rig(site, clock) as rig:
        await rig.look()
        await rig.go_on(going, ["boiler"], 600)
        assert rig.told("silent") == []


@pytest.mark.parametrize("step_s", [7200, 86_400 * 20])
async def test_a_clock_step_raises_nothing(make_site: MakeSite, step_s: int) -> None:
    site, clock = make_site(SILENT + STUCK), HandClock(START_S)
    async with open_rig(site, clock) as rig:
        await rig.go_on(going, ["boiler", "hot_mill", "line"], 120)
        clock.wall_ms += step_s * 1000
        await rig.look()
        await rig.go_on(going, ["boiler", "hot_mill", "line"], 600)
        assert rig.view.events == ()


async def test_time_in_which_the_program_stood_still_does_not_count(make_site: MakeSite) -> None:
    site, clock = make_site(SILENT), HandClock(START_S)
    async with open_rig(site, clock) as rig:
        await rig.go_on(going, ["boiler"], 120)
        clock.go_on(3600)
        await rig.look()
        assert rig.view.events == ()
        await rig.go_on(going, ["boiler"], 120)
        assert rig.view.events == ()


async def test_a_register_that_is_stuck_while_the_mill_produces(make_site: MakeSite) -> None:
    site, clock = make_site(STUCK), HandClock(START_S)

    def stuck(layout: Layout, time_ms: int) -> list[float]:
        return [777.0] * len(layout.points) if layout.device == "hot_mill" else going(layout, time_ms)

    def idle(layout: Layout, time_ms: int) -> list[float]:
        return [777.0] * len(layout.points)

    async with open_rig(site, clock) as rig:
        await rig.go_on(going, ["hot_mill", "line"], 120)
        await rig.go_on(stuck, ["hot_mill", "line"], 1000)
        assert rig.told("stuck") == []
        await rig.go_on(stuck, ["hot_mill", "line"], 600)
        assert [what for what, _ in rig.told("stuck")] == ["raised"]
        await rig.go_on(going, ["hot_mill", "line"], 60)
        assert [what for what, _ in rig.told("stuck")] == ["raised", "cleared"]
        await rig.go_on(idle, ["hot_mill", "line"], 4500)
        assert len(rig.told("stuck")) == 3  # half an hour after the last coil the mill no longer counts as producing
        assert rig.raised()["stuck"] <= 1800 + 60


KWH_PER_DAY, KWH_PER_T = 4800.0, 100.0


async def test_intensity_over_a_baseline_that_is_a_line(make_site: MakeSite) -> None:
    first, day = at("2023-09-01T00:00"), 86_400
    site, clock = make_site("", MINI), HandClock(first - 1800)

    def tonnes(at_s: int) -> float:
        """48 t a day, 96 t on every second day: a line with two kinds of days."""
        days, rest = divmod(at_s - first + 2 * day, day)
        whole = (days // 2) * 144 + (days % 2) * 48
        return whole + (48 + 48 * (days % 2)) * rest / day

    def kwh(at_s: int, waste_from: float = float("inf"), waste_to: float = float("inf")) -> float:
        waste = max(0.0, min(at_s, waste_to) - waste_from) / 1800 * 90  # 90 kWh in half an hour
        return 1e5 + KWH_PER_DAY * (at_s - first) / day + KWH_PER_T * tonnes(at_s) + waste

    waste = at("2023-09-20T10:00"), at("2023-09-20T12:00")
    values = counting(lambda s: kwh(s, *waste), lambda s: 1000 * tonnes(s))
    async with open_rig(site, clock, gap_ms=1_900_000) as rig:
        while clock.now_ms() // 1000 < waste[0]:
            clock.go_on(1800)
            await rig.read(values, ["power", "line"])
        await rig.look()
        assert (rig.alerting.problems, rig.alerting.unwatched) == ([], "")
        while clock.now_ms() // 1000 < at("2023-09-20T15:00"):
            clock.go_on(1800)
            await rig.read(values, ["power", "line"])
            clock.go_on(90)
            await rig.look()
            clock.go_on(-90)
        # Expected in half an hour of that day: 100 kWh of base load and 100 kWh/t x 2 t. Of an hour 90 kWh are 15 %.
        raised, cleared = (each.event for each in reversed(rig.view.events))
        assert (raised.kind.value, cleared.kind.value) == ("raised", "cleared")
        assert (raised.since_utc_s, raised.time_utc_s) == (waste[0], waste[0] + 1800)
        assert raised.value == pytest.approx(15, abs=0.01)
        assert cleared.time_utc_s == waste[1] + 2 * 1800  # a whole hour without waste
        assert cleared.cost.energy_gj == pytest.approx(4 * 90 * 0.00976, rel=1e-3)
        assert cleared.cost.yen == pytest.approx(4 * 90 * 20, rel=1e-3)


async def test_a_rule_that_cannot_be_watched_says_why_and_goes_on_saying_it_after_a_restart(
    make_site: MakeSite,
) -> None:
    site, clock = make_site("", MINI), HandClock(at("2023-09-20T10:00"))
    values = counting(lambda s: s / 100, lambda s: s / 100)
    async with open_rig(site, clock) as rig:
        await rig.go_on(values, ["power", "line"], 60)
        assert rig.view.unwatched == Unwatched(Obstacle.TOO_FEW_POINTS, 0)
        assert rig.alerting.unwatched == "原単位は監視していません: ベースラインの計測済み期間は 0、12 必要です。"
    async with open_rig(site, clock) as rig:
        assert rig.view.unwatched == Unwatched(Obstacle.TOO_FEW_POINTS, 0)
    site = without_alerts(site)
    async with open_rig(site, clock) as rig:
        await rig.look()
        assert rig.view.unwatched is None


async def test_a_rule_that_is_taken_away_is_withdrawn(make_site: MakeSite) -> None:
    site, clock = make_site(SILENT), HandClock(START_S)
    async with open_rig(site, clock) as rig:
        await rig.go_on(going, ["boiler"], 60)
        await rig.go_on(going, [], 600)
        rig.alerting.adopt(without_alerts(site))
        await rig.look()
        assert [what for what, _ in rig.told("silent")] == ["raised", "withdrawn"]


async def test_a_damaged_file_is_moved_aside(make_site: MakeSite) -> None:
    site, clock = make_site(SILENT), HandClock(START_S)
    path = alerts_path(site.path(site.file.journal.path))
    path.write_bytes(b"this is no database at all, and long enough to look like one" * 100)
    async with open_rig(site, clock) as rig:
        assert rig.alerting.state == AlertsState()
        await rig.go_on(going, ["boiler"], 60)
        assert rig.alerting.problems == []
    assert [each.name for each in site.folder.glob("*.damaged")] == [f"{path.name}.damaged"]


async def test_a_folder_that_refuses_loses_no_event(make_site: MakeSite) -> None:
    site, clock = make_site(SILENT), HandClock(START_S)
    path = alerts_path(site.path(site.file.journal.path))
    async with open_rig(site, clock) as rig:
        await rig.go_on(going, ["boiler"], 60)
        rig.alerting._store.close()
        path.rename(path.with_suffix(".kept"))
        path.mkdir()
        await rig.go_on(going, [], 600)
        assert "alerts" in rig.alerting.problems[0]
        assert rig.raised() == {}
        path.rmdir()
        path.with_suffix(".kept").rename(path)
        await rig.go_on(going, [], 60)
        assert [what for what, _ in rig.told("silent")] == ["raised"]
        assert rig.alerting.problems == []


async def test_a_rule_that_now_names_another_device_is_cleared_by_that_one(make_site: MakeSite) -> None:
    site, clock = make_site(SILENT), HandClock(START_S)
    async with open_rig(site, clock) as rig:
        await rig.go_on(going, ["boiler"], 60)
        await rig.go_on(going, [], 600)
        silent = site.file.alert[0]
        other = silent.model_copy(update={"device": "holding"})
        changed = replace(site, file=site.file.model_copy(update={"alert": (other,)}))
        rig.alerting.adopt(changed)
        await rig.go_on(going, ["holding"], 60)
        assert [what for what, _ in rig.told("silent")] == ["raised", "cleared"]
