"""Endpoints keep their pace; what cannot be read becomes a bad frame, and costs little."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.clock import FastClock
from agent.poll import Poller
from agent.recorder import Recorder
from agent.settings.site import load_site
from agent.storage.ledger import Ledger
from agent.timekeeper import Timekeeper
from collectors.frame import Frame, Quality
from collectors.simulated.mill import Mill
from collectors.simulated.serve import serve_mill
from tests.conftest import find_free_ports_in_a_row, until

TOKYO = ZoneInfo("Asia/Tokyo")
DEVICES = Path(__file__).parents[2] / "configs" / "demo" / "devices"
START_MS = 1_696_287_000_000
SITE = """\
[site]
id = "test"
scheme = "association"
[[endpoint]]
id = "feeders"
protocol = "modbus"
host = "127.0.0.1"
port = {port}
poll_s = 5.0
timeout_s = 1
device = [
  {{ id = "missing", unit = 99, profile = "int64-meter" }},
  {{ id = "hot_mill", unit = 1, profile = "int64-meter" }},
  {{ id = "cold_mill_1", unit = 2, profile = "double-meter" }},
]
"""


@asynccontextmanager
async def polling(folder: Path, port: int, speed: float = 100) -> AsyncIterator[Poller]:
    (folder / "site.toml").write_text(SITE.format(port=port), encoding="utf-8")
    (folder / "devices").symlink_to(DEVICES)
    site = load_site(folder)
    recorder = Recorder(folder / "journal.sqlite3", TOKYO, 120_000, commit_s=0.02)
    await recorder.open(site.layouts)
    clock = FastClock(START_MS, speed)
    clock.begin()
    poller = Poller(site.endpoints[0], clock, Timekeeper(clock, 0, recorder.note), recorder)
    tasks = [asyncio.create_task(recorder.run()), asyncio.create_task(poller.run())]
    try:
        yield poller
    finally:
        for task in reversed(tasks):
            task.cancel()
        await asyncio.wait(tasks)
        await recorder.close()


def frames_of(folder: Path, device: str) -> list[Frame]:
    ledger = Ledger(folder / "journal.sqlite3")
    try:
        return list(ledger.frames(device))
    finally:
        ledger.close()


async def test_a_dead_unit_is_asked_ever_less_and_its_neighbours_keep_their_pace(tmp_path: Path) -> None:
    mill = Mill(1, START_MS)
    async with serve_mill(mill, lambda: START_MS) as servers, polling(tmp_path, servers.ports["feeders"]) as poller:
        await until(lambda: poller.health.devices["hot_mill"].frames >= 60, 30)
    dead, alive = poller.health.devices["missing"], poller.health.devices["hot_mill"]
    assert alive.frames + poller.health.missed_polls >= 60
    assert poller.health.devices["cold_mill_1"].frames == alive.frames
    assert 1 <= dead.failures <= 7  # after 5, 10, 20, 40, 80, 160 s of some 300 s
    assert dead.pause_s >= 80
    bad = frames_of(tmp_path, "missing")
    assert len(bad) == dead.failures
    assert {code for frame in bad for code in frame.read_quality()} == {Quality.BAD_TIMEOUT}
    times = [frame.time_ms for frame in frames_of(tmp_path, "hot_mill")]
    assert times == sorted(set(times))


async def test_an_endpoint_that_is_away_comes_back_by_itself(tmp_path: Path) -> None:
    mill, first_port = Mill(1, START_MS), find_free_ports_in_a_row(4)
    async with polling(tmp_path, first_port + 1) as poller:
        await until(lambda: poller.health.devices["hot_mill"].failures >= 1, 30)
        assert "127.0.0.1" in poller.health.devices["hot_mill"].error
        async with serve_mill(mill, lambda: START_MS, first_port):
            await until(lambda: poller.health.devices["hot_mill"].frames >= 3, 30)
            assert poller.health.devices["hot_mill"].error == ""
        await until(lambda: bool(poller.health.devices["hot_mill"].error), 30)
    codes = [frame.read_quality()[0] for frame in frames_of(tmp_path, "hot_mill")]
    assert codes[0] == Quality.BAD_NOT_CONNECTED
    assert codes.count(Quality.GOOD) >= 3


async def test_missed_ticks_are_counted_and_not_made_up(tmp_path: Path) -> None:
    mill = Mill(1, START_MS)
    async with serve_mill(mill, lambda: START_MS) as servers, polling(tmp_path, servers.ports["feeders"]) as poller:
        await until(lambda: poller.health.devices["hot_mill"].frames >= 2, 30)
        before = poller.health.missed_polls
        time.sleep(0.2)  # noqa: ASYNC251 - the loop stands still for 20 simulated seconds, four polls
        await until(lambda: poller.health.missed_polls >= before + 2, 30)
        assert poller.health.devices["hot_mill"].frames < 60
