"""A made-up agent's life as numbered steps, and what a journal holds after each. Run as a program, it writes one.

The expected rows come from the steps alone: nothing here asks the journal what it did.
"""

import os
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from agent.accounting.interval import Event, Interval, Method
from agent.storage.bounds import Bounds
from agent.storage.journal import AccountState, Batch, Journal
from agent.storage.ledger import Ledger
from collectors.frame import Frame, Kind, Layout, Point

TOKYO = ZoneInfo("Asia/Tokyo")
SESSIONS = 3
STEPS_A_SESSION = 30
LAST_STEP = SESSIONS * STEPS_A_SESSION
START_MS = 1_696_204_800_000
STEP_MS = 600_000
KEEP_MS = 20 * STEP_MS
LAYOUTS = tuple(
    Layout(device, tuple(Point(f"p{number}", Kind.COUNTER, "kWh") for number in range(60)))
    for device in ("furnace", "mill", "pump")
)
_FRAMES_A_STEP = 8
_CONFIRMED_BEHIND = 60

Row = tuple[object, ...]

COMPARED = {
    "frame": "seq, device, layout, time_ms, raw_values, quality, source_times",
    "interval": "point_id, start_utc_s, advance_raw, seq, revision",
    "superseded": "point_id, start_utc_s, advance_raw, seq, revision",
    "event": "id, time_ms, kind, detail",
    "account": "device, seq, substr(state, 1, length(state) - 4)",
    "cursor": "destination, seq",
}
"""What of each table is held against the steps."""
_THAT_COUNT = {"interval": "WHERE method <> 'missing'"}


@dataclass
class Expected:
    """What the journal holds after some steps, as rows of the columns in `COMPARED`."""

    last_seq: int = 0
    frames: dict[int, Row] = field(default_factory=dict)
    points: dict[tuple[str, str], int] = field(default_factory=dict)
    intervals: dict[tuple[int, int], Row] = field(default_factory=dict)
    superseded: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    accounts: dict[str, Row] = field(default_factory=dict)
    cursors: dict[str, int] = field(default_factory=dict)

    def rows(self) -> dict[str, frozenset[Row]]:
        return {
            "frame": frozenset(self.frames.values()),
            "interval": frozenset(self.intervals.values()),
            "superseded": frozenset(self.superseded),
            "event": frozenset(self.events),
            "account": frozenset(self.accounts.values()),
            "cursor": frozenset(self.cursors.items()),
        }

    def take(self, batch: Batch) -> None:
        for seq, frame in batch.frames:
            blobs = (frame.values, frame.quality, frame.source_times)
            self.frames[seq] = (seq, frame.device, frame.layout, frame.time_ms, *blobs)
        for seq, interval in batch.intervals:
            point = self.points.setdefault((interval.device, interval.point), len(self.points) + 1)
            key = (point, interval.start_utc_s)
            revision = 0
            if key in self.intervals:
                self.superseded.append(self.intervals[key])
                revision = len([row for row in self.superseded if row[:2] == key])
            self.intervals[key] = (*key, interval.advance_raw, seq, revision)
        for event in batch.events:
            self.events.append((len(self.events) + 1, event.time_ms, event.kind, event.detail))
        for device, account in batch.accounts.items():
            self.accounts[device] = (device, account.seq, account.state)
        self.cursors |= batch.cursors

    def forget(self, confirmed_seq: int, before_ms: int) -> None:
        """What the bounds take away with age: confirmed frames."""
        old = [seq for seq, row in self.frames.items() if seq <= confirmed_seq and int(str(row[3])) < before_ms]
        for seq in old:
            del self.frames[seq]


def make_batch(step: int, first_seq: int) -> Batch:
    """The batch of a step: frames of three devices, then half hours, every seventh step one drawn up again."""
    dice = Random(step)
    time_ms, seq = START_MS + step * STEP_MS, first_seq
    batch = Batch(list(LAYOUTS) if step == 1 else [])
    for number in range(_FRAMES_A_STEP):
        layout = dice.choice(LAYOUTS)
        values = [float(dice.randrange(2**53)) for _ in layout.points]
        batch.frames.append((seq, Frame.pack(layout, time_ms + number * 1000, values, [0] * len(values))))
        batch.accounts[layout.device] = AccountState(layout.digest, seq, dice.randbytes(dice.randrange(3000)))
        seq += 1
    back = 1 if step % 7 == 0 else 0
    for layout in LAYOUTS if step % 3 == 0 or back else ():
        start_utc_s = (START_MS + (step - back) // 3 * 3 * STEP_MS) // 1000 // 1800 * 1800
        advance = float(dice.randrange(10**6))
        half = Interval(
            layout.device, "p1", start_utc_s, 1.0, 2.0, advance, Method.MEASURED, 1_800_000, 9, seq - 3, seq
        )
        batch.intervals.append((seq, half))
        seq += 1
    if step % 5 == 0:
        batch.events.append(Event(time_ms, "mill", "", "late", f"step {step} 圧延"))
    batch.cursors["mqtt"] = max(0, first_seq - _CONFIRMED_BEHIND)
    return batch


def is_bounding(step: int) -> bool:
    """Whether the step holds the journal within its bounds instead of committing a batch."""
    return step % 10 == 9


def expected_after() -> list[Expected]:
    """What is stored after each step; the first entry is the empty journal."""
    return list(_live())


def _live() -> Iterator[Expected]:
    now = Expected()
    yield _copy(now)
    for step in range(1, LAST_STEP + 1):
        if is_bounding(step):
            now.forget(now.cursors["mqtt"], START_MS + step * STEP_MS - KEEP_MS)
        else:
            batch = make_batch(step, now.last_seq + 1)
            now.take(batch)
            now.last_seq += len(batch.frames) + len(batch.intervals)
        yield _copy(now)


def _copy(now: Expected) -> Expected:
    return Expected(
        now.last_seq,
        dict(now.frames),
        dict(now.points),
        dict(now.intervals),
        list(now.superseded),
        list(now.events),
        dict(now.accounts),
        dict(now.cursors),
    )


def stored_rows(path: Path) -> dict[str, frozenset[Row]]:
    """What a journal file holds, of the columns in `COMPARED`; half hours that were withdrawn are none."""
    connection = sqlite3.connect(path)
    try:
        return {
            table: frozenset(connection.execute(f"SELECT {columns} FROM {table} {_THAT_COUNT.get(table, '')}"))
            for table, columns in COMPARED.items()
        }
    finally:
        connection.close()


def take_steps(journal: Journal, first: int, last: int) -> Iterator[int]:
    """Take steps one after the other; gives the number of each once it is durable."""
    for step in range(first, last + 1):
        if is_bounding(step):
            bounds = Bounds(KEEP_MS, 10**12, 0)
            journal.keep_within(bounds, journal.read_cursors()["mqtt"], START_MS + step * STEP_MS)
        else:
            journal.commit(make_batch(step, journal.last_seq() + 1))
        yield step


def live(path: Path, session: int) -> None:
    """The steps of one session in a real journal. Each is told on standard output once it is durable."""
    journal = Journal(path, TOKYO)
    journal._db.execute("PRAGMA wal_autocheckpoint = 60")  # a checkpoint every few steps instead of every few hundred
    reader = Ledger(path)
    for step in take_steps(journal, session * STEPS_A_SESSION + 1, (session + 1) * STEPS_A_SESSION):
        os.write(1, b"%d\n" % step)
        reader.outgoing(0, 5)
    if session == 0:
        os._exit(0)  # as kill -9 ends it: nothing is closed
    reader.close()
    journal.close()


if __name__ == "__main__":
    for number in range(SESSIONS):
        child = os.fork()
        if child == 0:
            live(Path(sys.argv[1]), number)
            os._exit(0)
        if os.waitpid(child, 0)[1] != 0:
            sys.exit(1)
