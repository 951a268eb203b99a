"""The agent on a disk that refuses: memory stays bounded, nothing is lost unlisted, it ends and starts in order."""

import asyncio
import json
import resource
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.accounting.interval import Event, Interval, Method
from agent.recorder import Recorder
from agent.storage.ledger import Ledger
from agent.storage.refusal import StorageError
from agent.waiting import Waiting
from collectors.frame import Frame, Kind, Layout, Point
from collectors.simulated.mill import Mill
from collectors.simulated.serve import serve_mill
from tests.agent.test_publish import SMALL, at_work, range_of
from tests.agent.test_service import Service, agent_read, now_ms, running, wait_for
from tests.conftest import StartMosquitto, find_free_ports_in_a_row, until
from tests.faults.disk import NEEDS_ROOT, can_mount, fill_disk, free_disk, make_read_only, small_disk
from tests.faults.judge import wrong_sums
from tests.faults.records import read_records

TOKYO = ZoneInfo("Asia/Tokyo")
NINE_MS = 1_696_204_800_000
LAYOUTS = {
    name: Layout(name, (Point("energy", Kind.COUNTER, "kWh", Decimal(1), 10**6, Decimal(100_000)),))
    for name in ("one", "two")
}
needs_root = pytest.mark.skipif(not can_mount(), reason=NEEDS_ROOT)


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """A disk that takes nothing more behind the end of the journal's log."""
    size = path.with_name(path.name + "-wal").stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@asynccontextmanager
async def recording(path: Path, waiting_bytes: int) -> AsyncIterator[Recorder]:
    recorder = Recorder(path, TOKYO, 120_000, commit_s=0.01, waiting_bytes=waiting_bytes)
    await recorder.open(LAYOUTS)
    task = asyncio.create_task(recorder.run())
    await asyncio.sleep(0)
    try:
        yield recorder
    finally:
        task.cancel()
        await asyncio.wait([task])
        await recorder.close()


def record(recorder: Recorder, seconds: range) -> None:
    """Both meters run at one count a second."""
    for at_s in seconds:
        for layout in LAYOUTS.values():
            recorder.record(Frame.pack(layout, NINE_MS + at_s * 1000, [at_s], [0]))


def read(path: Path) -> tuple[list[Frame], list[Interval], list[Event]]:
    with closing(Ledger(path)) as ledger:
        assert ledger.verify().problems == ()
        intervals = ledger.intervals([(name, "energy") for name in LAYOUTS], 0, 2**40)
        return list(ledger.frames("one")), list(intervals), ledger.events()


async def test_memory_is_bounded_the_energy_kept_and_each_device_listed_once(tmp_path: Path) -> None:
    """Ten half hours close while the disk refuses, the first that the two points ever had among them."""
    path, room = tmp_path / "journal.sqlite3", 100
    async with recording(path, waiting_bytes=room * 312) as recorder:
        record(recorder, range(0, 100, 10))
        await until(lambda: recorder.frames_durable == 20, 10)
        with refusing(path):
            beats = recorder.beats
            for start_s in range(100, 9100, 1000):
                record(recorder, range(start_s, start_s + 1000, 10))
                await asyncio.sleep(0)
                assert len(recorder.waiting.batch.frames) <= room
            await until(lambda: "the disk fails" in recorder.disk_error and recorder.beats > beats + 1, 10)
            record(recorder, range(9100, 9110, 10))
            assert (recorder.frames_durable, recorder.frames_recorded) == (20, 20 + 1802)
        await until(lambda: recorder.durable_seq == 20 + 1802 + 10, 10)
        assert recorder.disk_error == ""
    frames, intervals, events = read(path)
    assert [(i.advance_raw, i.method, i.observed_ms) for i in intervals] == [(1800, Method.MEASURED, 1_800_000)] * 10
    (one, two) = events
    assert [(event.device, event.kind) for event in events] == [("one", "frames_dropped"), ("two", "frames_dropped")]
    for event in (one, two):
        first_kept_ms = frames[10].time_ms
        count = (first_kept_ms - NINE_MS - 100_000) // 10_000
        assert event.detail.startswith(
            f"{count} frames from {NINE_MS + 100_000} to {first_kept_ms - 10_000} (UTC ms): "
        )
        assert "disk" in event.detail
    assert (recorder.waiting.frames_dropped, len(frames)) == (2 * count, 911 - count)


async def test_a_disk_that_still_refuses_at_the_end_is_told_with_what_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    recorder = Recorder(path, TOKYO, 120_000, commit_s=0.01)
    await recorder.open(LAYOUTS)
    committing = asyncio.create_task(recorder.run())
    record(recorder, range(0, 100, 10))
    await until(lambda: recorder.frames_durable == 20, 10)
    with refusing(path):
        record(recorder, range(100, 400, 10))
        await until(lambda: bool(recorder.disk_error), 10)
        committing.cancel()
        with pytest.raises(StorageError) as caught:
            await asyncio.wait_for(committing, 15)
    lost = "30 frames from 2023-10-02T00:01:40+00:00 to 2023-10-02T00:06:30+00:00"
    assert f"Readings that are lost: one: {lost}; two: {lost}." in str(caught.value)
    assert str(caught.value).startswith(f"{path}: the disk fails: disk I/O error (SQLITE_IOERR_WRITE); look for disk")
    await recorder.close()
    async with recording(path, waiting_bytes=10**6) as recorder:
        record(recorder, range(400, 1900, 10))
    _, intervals, _ = read(path)
    assert [i.advance_raw for i in intervals] == [1800, 1800]


@pytest.mark.mosquitto
async def test_publishing_goes_on_behind_frames_that_had_to_go(tmp_path: Path, start_mosquitto: StartMosquitto) -> None:
    async with at_work(tmp_path, start_mosquitto(), layout=SMALL) as bench:
        bench.recorder.waiting = Waiting(max_bytes=5 * (24 + 300))
        bench.record(5)
        first = await bench.take()
        await bench.answer(first)
        await asyncio.wait_for(bench.publisher.drained(), 10)
        with refusing(tmp_path / "journal.sqlite3"):
            bench.record(1)
            await until(lambda: bool(bench.recorder.disk_error), 10)
            bench.record(49)
        second = await bench.take()
        assert range_of(second) == (6, 55)
        assert second.message.payload.count(b"\n") + 1 == 5
        await bench.answer(second)
        await asyncio.wait_for(bench.publisher.drained(), 10)
        assert bench.publisher.stats.confirmed_seq == 55


SITE = """\
[site]
id = "test"
scheme = "association"
[journal]
path = "disk/journal.sqlite3"
free_mb = 0
[mqtt]
port = 1
[[endpoint]]
id = "substation"
protocol = "modbus"
host = "127.0.0.1"
port = {modbus}
poll_s = 0.1
timeout_s = 1
device = [{{ id = "incoming", unit = 1, profile = "incoming-meter" }}]
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    """A site whose journal is on a small disk."""
    (tmp_path / "devices").symlink_to(Path(__file__).parents[2] / "configs" / "demo" / "devices")
    (tmp_path / "site.toml").write_text(SITE.format(modbus=find_free_ports_in_a_row(4)), encoding="utf-8")
    with small_disk(tmp_path / "disk", megabytes=64):
        yield tmp_path


@asynccontextmanager
async def reading_meters(site: Path) -> AsyncIterator[tuple[Mill, Service]]:
    """The simulated mill and an agent that reads it."""
    port = next(line for line in (site / "site.toml").read_text(encoding="utf-8").splitlines() if "port = 2" in line)
    mill = Mill(3, now_ms() - 1000)
    async with serve_mill(mill, now_ms, int(port.partition("=")[2])):
        with running("run", site) as agent:
            await until(lambda: bool(agent.logged("started")), 30)
            yield mill, agent


async def read_some(site: Path) -> None:
    reached = agent_read(site / "disk")
    await until(lambda: agent_read(site / "disk") > reached + 5, 30)


async def end(agent: Service) -> int:
    agent.process.send_signal(signal.SIGTERM)
    return await asyncio.to_thread(agent.process.wait, 20)


def lines(agent: Service) -> list[str]:
    """The log, which never holds a traceback."""
    text = agent.log.read_text(encoding="utf-8")
    assert "Traceback" not in text
    assert "never retrieved" not in text
    return text.splitlines()


def assert_exact(site: Path, mill: Mill) -> None:
    journal = site / "disk" / "journal.sqlite3"
    assert wrong_sums(read_records(journal), journal, mill) == []


@needs_root
async def test_ended_on_a_full_disk_it_writes_with_its_reserve_and_starts_there_again(site: Path) -> None:
    async with reading_meters(site) as (_, agent):
        await read_some(site)
        fill_disk(site / "disk")
        await until(lambda: bool(agent.logged("journal_refuses")), 10)
        refused_ms = now_ms()
        await until(lambda: any("WATCHDOG=1" in line for line in agent.heard()), 30)
        await until(lambda: any("frames wait for the disk" in line for line in agent.heard()), 30)
        assert await end(agent) == 0
        assert lines(agent)
        assert [record["reason"] for record in agent.logged("journal_refuses")] == ["the disk is full"]
    with closing(Ledger(site / "disk" / "journal.sqlite3")) as ledger:
        assert sum(frame.time_ms > refused_ms for frame in ledger.frames("incoming")) > 20
        assert ledger.events() == []
    fill_disk(site / "disk")
    async with reading_meters(site) as (_, agent):
        assert "READY=1" in agent.heard()
        free_disk(site / "disk")
        await read_some(site)
        assert await end(agent) == 0
        assert lines(agent)


@needs_root
async def test_without_a_reserve_it_tells_in_one_line_what_is_lost_and_counters_recover_it(site: Path) -> None:
    async with reading_meters(site) as (mill, agent):
        await read_some(site)
        (site / "disk" / "journal.sqlite3.reserve").unlink()
        fill_disk(site / "disk")
        await until(lambda: bool(agent.logged("journal_refuses")), 10)
        await asyncio.to_thread(wait_for, lambda: bool(agent.logged("degraded")))
        assert await end(agent) == 1
        *_, told, sentence = lines(agent)
        assert json.loads(told)["event"] == "ended_unwritten"
        assert "incoming" in json.loads(told)["frames"]
        where = site / "disk" / "journal.sqlite3"
        assert sentence.startswith(f"{where}: the disk is full; free space on the disk of {where.parent}. ")
        assert "Readings that are lost: incoming: " in sentence
        free_disk(site / "disk")
        kept = agent_read(site / "disk")
        with running("run", site) as again:
            await until(lambda: agent_read(site / "disk") > kept + 5, 30)
            assert await end(again) == 0
            assert lines(again)
    assert_exact(site, mill)


@needs_root
@pytest.mark.parametrize("is_full", [True, False], ids=["full", "read-only"])
def test_a_start_that_is_not_possible_is_one_line(site: Path, is_full: bool) -> None:
    where = site / "disk" / "journal.sqlite3"
    if is_full:
        fill_disk(where.parent)
    else:
        make_read_only(where.parent)
    with running("run", site) as agent:
        assert agent.process.wait(30) == 1
        (line,) = lines(agent)
    assert line.startswith(f"{where}: the disk is {'full' if is_full else 'read-only'}; ")
