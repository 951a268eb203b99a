"""A changed site file takes effect at SIGHUP: only what changed starts anew, and a wrong file changes nothing."""

import shutil
import signal
import sqlite3
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from agent.storage.ledger import Ledger
from collectors.frame import is_good
from collectors.simulated.mill import Mill
from collectors.simulated.serve import serve_mill
from tests.agent.conftest import run_atsuen
from tests.agent.test_service import Service, now_ms, running, stop_in_order
from tests.conftest import find_free_ports_in_a_row, until

DEVICES = Path(__file__).parents[2] / "configs" / "demo" / "devices"
SITE = """\
[site]
id = "test"
scheme = "association"
[journal]
path = "journal.sqlite3"
[mqtt]
port = 1
[[endpoint]]
id = "substation"
protocol = "modbus"
host = "127.0.0.1"
port = {substation}
poll_s = 0.2
device = [{{ id = "incoming", unit = 1, profile = "incoming-meter" }}]
"""
FEEDERS = """\
[[endpoint]]
id = "feeders"
protocol = "modbus"
host = "127.0.0.1"
port = {feeders}
poll_s = {pace}
device = [{{ id = "offices", unit = 5, profile = "office-meter" }}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "devices").symlink_to(DEVICES)
    yield tmp_path
    shutil.rmtree(tmp_path, ignore_errors=True)


def good_frames(folder: Path, device: str) -> list[int]:
    """The times of the good frames of a device."""
    if not (folder / "journal.sqlite3").exists():
        return []
    ledger = Ledger(folder / "journal.sqlite3")
    try:
        return [frame.time_ms for frame in ledger.frames(device) if is_good(frame.read_quality()[0])]
    except sqlite3.OperationalError:
        return []
    finally:
        ledger.close()


def write_site(folder: Path, text: str) -> None:
    (folder / "site.toml").write_text(text, encoding="utf-8")


async def hang_up(agent: Service, event: str) -> None:
    before = len(agent.logged(event))
    agent.process.send_signal(signal.SIGHUP)
    await until(lambda: len(agent.logged(event)) > before, 20)


async def test_only_what_changed_starts_anew(folder: Path) -> None:
    ports = find_free_ports_in_a_row(4)
    first = SITE.format(substation=ports)
    write_site(folder, first)
    async with serve_mill(Mill(3, now_ms() - 1000), now_ms, ports):
        with running("run", folder) as agent:
            await until(lambda: len(good_frames(folder, "incoming")) > 5, 20)
            write_site(folder, first + FEEDERS.format(feeders=ports + 1, pace=0.2))
            await hang_up(agent, "reloaded")
            await until(lambda: len(good_frames(folder, "offices")) > 5, 20)
            write_site(folder, first.replace("poll_s", "pol_s"))
            await hang_up(agent, "not_reloaded")
            assert any("did you mean 'poll_s'?" in record["mistake"] for record in agent.logged("not_reloaded"))
            write_site(folder, first.replace("port = 1", "port = 2"))
            await hang_up(agent, "not_reloaded")
            assert "mqtt changed: restart the agent" in agent.logged("not_reloaded")[-1]["mistake"]
            write_site(folder, first)
            assert run_atsuen(["reload", "-c", folder]).returncode == 0
            await until(lambda: len(agent.logged("reloaded")) == 2, 20)
            offices = len(good_frames(folder, "offices"))
            incoming = len(good_frames(folder, "incoming"))
            await until(lambda: len(good_frames(folder, "incoming")) > incoming + 5, 20)
            assert len(good_frames(folder, "offices")) - offices <= 1
            touched = [str(record["touched"]) for record in agent.logged("reloaded")]
            assert touched == ["['feeders']", "['feeders']"]
            stop_in_order(agent)
    done = run_atsuen(["reload", "-c", folder])
    assert (done.returncode, "no agent of this site is running" in done.stderr) == (1, True)
    times = good_frames(folder, "incoming")
    steps = [later - earlier for earlier, later in pairwise(times)]
    assert max(steps) < 1500  # never started anew: no pause of five seconds, no reconnect


async def test_a_replacement_that_is_declared_late_draws_its_half_hours_up_again(folder: Path) -> None:
    ports = find_free_ports_in_a_row(4)
    first = SITE.format(substation=ports)
    write_site(folder, first)
    mill, started_ms = Mill(3, now_ms() - 1000), now_ms()
    async with serve_mill(mill, now_ms, ports):
        with running("run", folder) as agent:
            await until(lambda: len(good_frames(folder, "incoming")) > 10, 20)
            moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(started_ms // 1000 + 2)) + "Z"
            swap = f'[[replacement]]\npoint = "incoming.energy_import"\nat = {moment}\nold_end = "1"\nnew_start = "1"\n'
            write_site(folder, first + swap + 'document = "work order 9"\n')
            await hang_up(agent, "reloaded")

            def listed() -> set[str]:
                ledger = Ledger(folder / "journal.sqlite3")
                try:
                    return {event.kind for event in ledger.events()}
                finally:
                    ledger.close()

            await until(lambda: "late" in listed(), 20)
            stop_in_order(agent)
