"""Everything that is recorded is durable with what it gave, once, and a late frame changes what it touches."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.accounting.interval import Interval, Method
from agent.recorder import Recorder
from agent.storage.bounds import Bounds
from agent.storage.journal import Journal, Stored
from agent.storage.ledger import Ledger, count_frames
from collectors.frame import Frame, Kind, Layout, Point

TOKYO = ZoneInfo("Asia/Tokyo")
NINE_MS = 1_696_204_800_000
LAYOUT = Layout("meter", (Point("energy", Kind.COUNTER, "kWh", Decimal(1), 10**6, Decimal(100_000)),))


def frame(at_s: float, raw: float) -> Frame:
    return Frame.pack(LAYOUT, NINE_MS + int(at_s * 1000), [raw], [0])


@asynccontextmanager
async def recording(path: Path) -> AsyncIterator[Recorder]:
    recorder = Recorder(path, TOKYO, gap_ms=120_000, commit_s=0.01)
    await recorder.open({"meter": LAYOUT})
    task = asyncio.create_task(recorder.run())
    await asyncio.sleep(0)
    try:
        yield recorder
    finally:
        task.cancel()
        await asyncio.wait([task])
        await recorder.close()


def closed_intervals(path: Path) -> list[Interval]:
    ledger = Ledger(path)
    found = list(ledger.intervals([("meter", "energy")], 0, 2**40))
    ledger.close()
    return found


async def test_frames_and_half_hours_share_one_sequence(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    async with recording(path) as recorder:
        for at_s in range(0, 3700, 100):
            recorder.record(frame(at_s, at_s))
        assert await recorder.wait_for_more(0) > 0
    ledger = Ledger(path)
    rows = ledger.outgoing(0, 1000)
    assert [row.seq for row in rows] == list(range(1, 37 + 2 + 1))
    assert sum(isinstance(row.item, Interval) for row in rows) == 2
    assert recorder.frames_durable == recorder.frames_recorded == count_frames(path) == 37
    ledger.close()
    assert [i.advance_raw for i in closed_intervals(path)] == [1800, 1800]


async def test_a_restart_goes_on_in_the_middle_of_a_half_hour(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    async with recording(path) as recorder:
        for at_s in range(0, 1000, 100):
            recorder.record(frame(at_s, at_s))
    async with recording(path) as recorder:
        for at_s in range(1000, 1900, 100):
            recorder.record(frame(at_s, at_s))
    (interval,) = closed_intervals(path)
    assert (interval.advance_raw, interval.method, interval.observed_ms) == (1800, Method.MEASURED, 1_800_000)


async def test_a_state_of_another_version_is_replayed_from_the_frames(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    async with recording(path) as recorder:
        for at_s in range(0, 1000, 100):
            recorder.record(frame(at_s, at_s))
    connection = sqlite3.connect(path)
    connection.execute("UPDATE account SET state = x'00'")
    connection.commit()
    connection.close()
    async with recording(path) as recorder:
        for at_s in range(1000, 1900, 100):
            recorder.record(frame(at_s, at_s))
    (interval,) = closed_intervals(path)
    assert (interval.advance_raw, interval.method, interval.observed_ms) == (1800, Method.MEASURED, 1_800_000)


async def test_a_late_frame_draws_up_again_what_it_touches(tmp_path: Path) -> None:
    """An outage from 1,700 s to 5,500 s was shared out evenly; history then says that all of it ran after 3,600 s."""
    path = tmp_path / "journal.sqlite3"
    async with recording(path) as recorder:
        for at_s in (1600, 1700):
            recorder.record(frame(at_s, 0))
        for at_s in (5500, 5600):
            recorder.record(frame(at_s, 3800))
        await recorder.commit()
        before = closed_intervals(path)
        assert [(i.advance_raw, i.method) for i in before] == [
            (100, Method.RECOVERED), (1800, Method.RECOVERED), (1800, Method.RECOVERED)
        ]  # fmt: skip
        recorder.record(frame(3600, 0))
        await recorder.commit()
        await recorder.commit()
        after = closed_intervals(path)
        assert [(i.advance_raw, i.revision) for i in after] == [(0, 1), (0, 1), (3600, 1)]
        (running,) = recorder.accounts.running()
        assert running.advance_raw == 200
        recorder.record(frame(5700, 3850))
        (running,) = recorder.accounts.running()
        assert running.advance_raw == 250
    assert sum(i.advance_raw for i in after) + running.advance_raw == 3850


async def test_what_late_history_contradicts_is_withdrawn_and_its_events_are_listed(tmp_path: Path) -> None:
    """An outage seemed one rise; history says that the register was reset in it: the half hour between is unknown."""
    path = tmp_path / "journal.sqlite3"
    async with recording(path) as recorder:
        for at_s, raw in ((0, 100), (60, 160), (7200, 1000), (7260, 1060)):
            recorder.record(frame(at_s, raw))
        await recorder.commit()
        assert [i.start_utc_s - NINE_MS // 1000 for i in closed_intervals(path)] == [0, 1800, 3600, 5400]
        for at_s, raw in ((3660, 20), (3720, 80)):
            recorder.record(frame(at_s, raw))
        await recorder.commit()
        await recorder.commit()
    after = [(i.start_utc_s - NINE_MS // 1000, i.advance_raw, i.spanned_ms // 1000) for i in closed_intervals(path)]
    # 60 counts in the 60 s after 3,660 s; then 920 in 3,480 s: 444 of them in the 1,680 s before 5,400 s
    assert after == [(0, 60, 60), (3600, 60 + 444, 1740), (5400, 476, 1800)]
    ledger = Ledger(path)
    assert "reset" in {event.kind for event in ledger.events()}
    assert ledger.verify().problems == ()
    ledger.close()


async def test_a_late_frame_is_known_as_late_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    async with recording(path) as recorder:
        for at_s in range(0, 1200, 60):
            recorder.record(frame(at_s, at_s))
    async with recording(path) as recorder:
        recorder.record(frame(30, 30))
        for at_s in range(1200, 1861, 60):
            recorder.record(frame(at_s, at_s))
        await recorder.commit()
        await recorder.commit()
    (interval,) = closed_intervals(path)
    assert (interval.advance_raw, interval.observed_ms) == (1800, 1_800_000)
    ledger = Ledger(path)
    assert {event.kind for event in ledger.events()} == {"late"}
    ledger.close()


async def test_a_frame_that_is_later_than_what_is_kept_changes_nothing_and_is_listed(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    async with recording(path) as recorder:
        for at_s in range(0, 9001, 60):
            recorder.record(frame(at_s, at_s))
        await recorder.commit()
        before = closed_intervals(path)
        await recorder.keep_within(Bounds(0, 10**12, 0), 76, NINE_MS + 4_500_000)
        recorder.record(frame(30, 30))
        await recorder.commit()
        await recorder.commit()
    assert closed_intervals(path) == before
    assert all(interval.method is Method.MEASURED for interval in before)
    ledger = Ledger(path)
    assert [event.kind for event in ledger.events()] == ["too_late"]
    ledger.close()


@dataclass
class Gate:
    """Holds the journal's thread where it looks up what is stored of a device, until a test opens it."""

    reached: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)

    def put_before(self, patch: pytest.MonkeyPatch) -> None:
        look_up = Journal.stored_of

        def held_up(journal: Journal, device: str, from_ms: int) -> Stored:
            self.reached.set()
            assert self.opened.wait(20)
            return look_up(journal, device, from_ms)

        patch.setattr(Journal, "stored_of", held_up)


POWER = Layout("meter", (Point("power", Kind.GAUGE, "kW"),))


def power(at_s: int, kw: float) -> Frame:
    return Frame.pack(POWER, NINE_MS + at_s * 1000, [kw], [0])


async def test_what_is_read_while_late_readings_are_drawn_up_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gauge at 10 kW, for a minute 100 kW, then 10 kW: the minute is read while a late reading is drawn up.

    By trapezoids over [0, 240 s]: 120 s at 10, 60 s at 55 and 60 s at 55: (1,200 + 3,300 + 3,300) / 240 = 32.5 kW.
    """
    gate = Gate()
    gate.put_before(monkeypatch)
    recorder = Recorder(tmp_path / "journal.sqlite3", TOKYO, 300_000)
    await recorder.open({"meter": POWER})
    for at_s in (0, 60, 120):
        recorder.record(power(at_s, 10))
    recorder.record(power(30, 10))  # late
    committing = asyncio.create_task(recorder.commit())
    assert await asyncio.to_thread(gate.reached.wait, 20)
    recorder.record(power(180, 100))
    recorder.record(power(90, 10))  # late as well
    gate.opened.set()
    await committing
    recorder.record(power(240, 10))
    (running,) = recorder.accounts.running()
    assert running.advance_raw == pytest.approx(32.5)
    assert running.observed_ms == 240_000
    await recorder.commit()
    (again,) = recorder.accounts.running()
    assert again.advance_raw == pytest.approx(32.5)
    await recorder.close()


async def test_a_half_hour_that_closes_while_late_readings_are_drawn_up_is_stored_once_and_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half an hour at 10 kW but for a peak of 100 kW in its last minutes: a minute at 55, a minute at 55."""
    gate = Gate()
    gate.put_before(monkeypatch)
    path = tmp_path / "journal.sqlite3"
    recorder = Recorder(path, TOKYO, 300_000)
    await recorder.open({"meter": POWER})
    for at_s in range(0, 1681, 60):
        recorder.record(power(at_s, 10))
    recorder.record(power(30, 10))  # late
    committing = asyncio.create_task(recorder.commit())
    assert await asyncio.to_thread(gate.reached.wait, 20)
    recorder.record(power(1740, 100))
    recorder.record(power(1800, 10))
    gate.opened.set()
    await committing
    await recorder.commit()
    await recorder.close()
    ledger = Ledger(path)
    (half_hour,) = ledger.intervals([("meter", "power")], 0, 2**40)
    assert half_hour.advance_raw == pytest.approx((1680 * 10 + 120 * 55) / 1800)
    assert half_hour.spanned_ms == 1_800_000
    assert ledger.verify(TOKYO).problems == ()
    ledger.close()


async def test_settings_that_are_read_again_while_late_readings_are_drawn_up_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    gate.put_before(monkeypatch)
    recorder = Recorder(tmp_path / "journal.sqlite3", TOKYO, 300_000)
    await recorder.open({"meter": POWER})
    for at_s in (0, 60, 30):
        recorder.record(power(at_s, 10))
    committing = asyncio.create_task(recorder.commit())
    assert await asyncio.to_thread(gate.reached.wait, 20)
    wider = Layout("meter", (*POWER.points, *LAYOUT.points))
    recorder.accounts.adopt({"meter": wider}, (), ())
    gate.opened.set()
    await committing
    assert recorder.accounts["meter"].layout is wider
    recorder.record(Frame.pack(wider, NINE_MS + 120_000, [10, 5], [0, 0]))
    await recorder.commit()
    assert recorder.accounts["meter"].layout is wider
    await recorder.close()


async def test_two_frames_of_one_moment_count_once(tmp_path: Path) -> None:
    gauge = Layout("meter", (*LAYOUT.points, Point("power", Kind.GAUGE, "kW")))
    path = tmp_path / "journal.sqlite3"
    recorder = Recorder(path, TOKYO, 120_000)
    await recorder.open({"meter": gauge})
    for at_s in (1, 2, 2, 3):
        recorder.record(Frame.pack(gauge, NINE_MS + at_s * 1000, [at_s * 10.0, 5.0], [0, 0]))
    await recorder.commit()
    await recorder.commit()
    running = {interval.point: interval for interval in recorder.accounts.running()}
    await recorder.close()
    assert (running["energy"].advance_raw, running["power"].advance_raw) == (20, 5.0)


async def test_cancelling_commits_what_was_recorded(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    recorder = Recorder(path, TOKYO, gap_ms=120_000, commit_s=60)
    await recorder.open({"meter": LAYOUT})
    task = asyncio.create_task(recorder.run())
    await asyncio.sleep(0)
    recorder.record(frame(0, 1))
    task.cancel()
    await asyncio.wait([task])
    await recorder.close()
    assert count_frames(path) == 1
