"""The journal against a model of lists, over random lives: batches, reads, bounds, crashes, restarts.

The lives are the same in each run. `JOURNAL_LIVES=2000 pytest --timeout 0 tests/agent/storage/test_journal_model.py`
tries that many new ones.
"""

import itertools
import math
import operator
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agent.accounting.interval import Event, Interval, Method
from agent.storage.bounds import Bounds
from agent.storage.journal import AccountState, Batch, Journal
from agent.storage.ledger import Ledger
from collectors.frame import Frame, Kind, Layout, Point
from tests.agent.storage.journal_model import HALF_HOUR_MS, Model

LIVES = os.environ.get("JOURNAL_LIVES")
TOKYO = ZoneInfo("Asia/Tokyo")
LAYOUTS = [
    Layout(device, tuple(Point(f"p{number}", Kind.COUNTER, "kWh") for number in range(points)))
    for device, points in (("furnace", 3), ("圧延機", 1), ("pump", 2))
]
BY_DEVICE = {layout.device: layout for layout in LAYOUTS}
START_MS = 1_696_204_800_000
STEP_MS = 600_000
ROOMY, TIGHT = 10**12, 1
GOOD, BAD = 0, 0x80050000

devices = st.sampled_from(sorted(BY_DEVICE))
counts = st.floats(-(2.0**53), 2.0**53) | st.sampled_from([0.0, -0.0, math.nan, 999_999.0])
finite = st.floats(-1e15, 1e15) | st.sampled_from([0.0, -0.0, 0.1, 5.0])
steps = st.integers(0, 12).map(lambda number: START_MS + number * STEP_MS)
moments = st.builds(operator.add, steps, st.sampled_from([0, 0, 0, 1, 59_999]))
shares = st.sampled_from([0.0, 0.5, 1.0, 1.0]) | st.floats(0, 1)
"""Of the numbers that were given."""
readings = st.tuples(counts, st.sampled_from([GOOD, BAD]), st.integers(-(2**63), 2**63 - 1))


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    layout = BY_DEVICE[draw(devices)]
    values, quality, times = zip(*(draw(readings) for _ in layout.points), strict=True)
    return Frame.pack(layout, draw(moments), values, quality, times if draw(st.booleans()) else None)


intervals = st.builds(
    Interval,
    device=devices,
    point=st.just("p0"),
    start_utc_s=st.integers(0, 2).map(lambda number: (START_MS + number * HALF_HOUR_MS) // 1000),
    opening_raw=finite,
    closing_raw=finite,
    advance_raw=st.sampled_from([5.0, 0.1, 0.0, -0.0]) | finite,
    method=st.sampled_from(Method),
    spanned_ms=st.integers(0, HALF_HOUR_MS),
    observed_ms=st.integers(0, HALF_HOUR_MS),
    first_seq=st.integers(1, 100),
    last_seq=st.integers(1, 100),
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
events = st.builds(Event, time_ms=moments, device=devices, point=texts, kind=texts, detail=texts)
rows = st.lists(st.one_of(frames(), frames(), intervals), max_size=6)


class JournalLife(RuleBasedStateMachine):
    """One journal, and what it has to hold."""

    def __init__(self) -> None:
        super().__init__()
        memory = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(prefix="atsuen-model-", dir=memory if memory.is_dir() else None))
        self.starts = 0
        self.model = Model()

    @initialize()
    def begin(self) -> None:
        self.open(self.folder / "0" / "journal.sqlite3")

    def teardown(self) -> None:
        self.journal.close()
        shutil.rmtree(self.folder)

    def open(self, path: Path) -> None:
        self.path = path
        self.journal = Journal(path, TOKYO)
        assert self.journal.salvaged is None
        self.next_seq = self.journal.last_seq() + 1
        assert self.next_seq > max(self.model.given, default=0), "a number would be given twice"

    def make_batch(self, items: list[Frame | Interval], noted: list[Event]) -> Batch:
        batch = Batch(list(LAYOUTS), events=noted)
        for seq, item in enumerate(items, start=self.next_seq):
            if isinstance(item, Frame):
                batch.frames.append((seq, item))
                batch.accounts[item.device] = AccountState(item.layout, seq, bytes([seq % 256, len(items)]))
            else:
                batch.intervals.append((seq, item))
        self.next_seq += len(items)
        return batch

    def write(self, batch: Batch) -> None:
        self.journal.commit(batch)
        self.model.commit(batch)

    @rule(items=rows, noted=st.lists(events, max_size=2))
    def commit(self, items: list[Frame | Interval], noted: list[Event]) -> None:
        self.write(self.make_batch(items, noted))

    @rule(items=st.lists(frames(), min_size=5, max_size=20))
    def commit_frames(self, items: list[Frame | Interval]) -> None:
        self.write(self.make_batch(items, []))

    @rule(items=rows, noted=st.lists(events, max_size=2))
    def fail_to_commit(self, items: list[Frame | Interval], noted: list[Event]) -> None:
        """A batch in which a number is there already: all of it is refused."""
        batch = self.make_batch(items, noted)
        if not self.model.frames:
            return
        batch.frames.append(next(iter(self.model.frames.items())))
        with pytest.raises(sqlite3.IntegrityError):
            self.journal.commit(batch)

    @rule(share=shares)
    def acknowledge(self, share: float) -> None:
        self.write(Batch(cursors={"mqtt": int(share * (self.next_seq - 1))}))

    @rule(after_share=shares, limit=st.integers(1, 8))
    def read_in_sequence(self, after_share: float, limit: int) -> None:
        after_seq = int(after_share * self.next_seq)
        with closing(Ledger(self.path)) as ledger:
            found = [(row.seq, row.item) for row in ledger.outgoing(after_seq, limit)]
        assert found == self.model.outgoing(after_seq, limit)

    @rule(from_ms=st.lists(steps, min_size=5, max_size=5), before=st.integers(0, 3))
    def read_in_time(self, from_ms: list[int], before: int) -> None:
        for device, time_ms in itertools.product(BY_DEVICE, from_ms):
            found = self.journal.frames_from(device, time_ms, before)
            assert found == self.model.frames_from(device, time_ms, before)
            stored = self.journal.stored_of(device, time_ms)
            assert stored.half_hours == self.model.stored_of(device, time_ms // 1000)
            told = [event for event in self.model.events if event.device == device and event.time_ms >= time_ms]
            assert stored.events == {(event.point, event.kind, event.time_ms) for event in told}

    @rule(share=shares, now_ms=steps, keep_ms=st.integers(0, 6).map(lambda number: number * STEP_MS))
    def keep_for_a_time(self, share: float, now_ms: int, keep_ms: int) -> None:
        confirmed_seq = int(share * (self.next_seq - 1))
        gone = self.journal.keep_within(Bounds(keep_ms, ROOMY, 0), confirmed_seq, now_ms)
        assert gone == self.model.forget(confirmed_seq, now_ms - keep_ms)
        self.model.confirm(confirmed_seq)

    @rule(share=shares, now_ms=moments)
    def keep_to_a_size(self, share: float, now_ms: int) -> None:
        """Too large whatever there is: confirmed frames go, then some of the others, then all."""
        confirmed_seq = int(share * (self.next_seq - 1))
        gone = self.journal.keep_within(Bounds(10**12, TIGHT, 0), confirmed_seq, now_ms)
        assert gone == (
            self.model.forget(confirmed_seq, None)
            or self.model.thin_out(confirmed_seq, now_ms)
            or self.model.discard(now_ms)
        )
        self.model.confirm(confirmed_seq)

    @rule()
    def restart_in_order(self) -> None:
        self.journal.close()
        self.open(self.path)

    @rule(items=rows, is_within_a_commit=st.booleans())
    def crash(self, items: list[Frame | Interval], is_within_a_commit: bool) -> None:
        """What is in the files at this moment is what a process that is killed leaves behind."""
        self.starts += 1
        path = self.folder / str(self.starts) / "journal.sqlite3"
        if is_within_a_commit:
            self.journal._db.execute("BEGIN IMMEDIATE")
            self.journal._write(self.make_batch(items, []))
        path.parent.mkdir()
        for file in self.path.parent.iterdir():
            if not file.name.endswith("-shm"):
                shutil.copy(file, path.parent)
        if is_within_a_commit:
            self.journal._db.execute("ROLLBACK")
        self.journal.close()
        self.open(path)

    @invariant()
    def holds_what_was_committed(self) -> None:
        model, db = self.model, self.journal._db
        columns = "seq, device, layout, time_ms, raw_values, quality, source_times"
        stored = db.execute(f"SELECT {columns} FROM frame").fetchall()
        assert {row[0]: Frame(*row[1:]) for row in stored} == model.frames
        assert len(stored) == len(model.frames)
        assert self.half_hours("interval") == sorted(model.half_hours.values(), key=lambda row: row[0])
        assert self.half_hours("superseded") == sorted(model.earlier.items())
        accounts = {device: self.journal.account(device) for device in BY_DEVICE}
        assert {device: found[1] for device, found in accounts.items() if found is not None} == model.accounts
        thinned = {"thinned": model.thinned_seq} if model.thinned_seq else {}
        assert self.journal.read_cursors() == model.cursors | thinned

    def half_hours(self, table: str) -> list[tuple[int, Interval]]:
        columns = (
            "seq, device, point, start_utc_s, opening_raw, closing_raw, advance_raw, method, spanned_ms, observed_ms, "
            "first_seq, last_seq, revision"
        )
        query = f"SELECT {columns} FROM {table} JOIN point ON point.id = point_id ORDER BY seq"
        return [_half_hour(row) for row in self.journal._db.execute(query)]

    @invariant()
    def holds_its_events_and_seals(self) -> None:
        with closing(Ledger(self.path)) as ledger:
            found = ledger.events()
            assert ledger.verify().problems == ()
            assert [row.seq for row in ledger.outgoing(0, 10**6)] == sorted(
                {*self.model.frames, *self.model.unconfirmed}
            )
        assert len(found) == len(self.model.events)
        for event, expected in zip(found, self.model.events, strict=True):
            if expected.kind in {"frames_thinned", "frames_discarded"}:
                assert event.detail.startswith(expected.detail)
                assert event.detail.endswith("the journal holds 0 MB, allowed are 0 MB")
                continue
            assert event == expected

    @invariant()
    def never_gives_a_number_twice(self) -> None:
        assert self.journal.last_seq() >= max(self.model.given, default=0)


def _half_hour(row: tuple[Any, ...]) -> tuple[int, Interval]:
    seq, device, point, start_utc_s, opening, closing, advance, method, *rest = row
    return seq, Interval(device, point, start_utc_s, opening, closing, advance, Method(method), *rest)


JournalLife.TestCase.settings = settings(
    max_examples=int(LIVES or 40),
    stateful_step_count=30,
    derandomize=LIVES is None,
    database=None,
    deadline=None,
)
test_journal_lives = pytest.mark.timeout(400)(JournalLife.TestCase)  # where a life fails, a shorter one is looked for


def a_frame(time_ms: int, raw: float) -> Frame:
    return Frame.pack(BY_DEVICE["圧延機"], time_ms, [raw], [GOOD])


def test_the_number_of_a_confirmed_half_hour_is_not_given_again(tmp_path: Path) -> None:
    """Confirmed in the 0.1 s before the cursor is committed, and the agent killed then: only the seal knows it."""
    half = Interval("圧延機", "p0", START_MS // 1000, 0.0, 5.0, 5.0, Method.MEASURED, HALF_HOUR_MS, HALF_HOUR_MS, 1, 1)
    with closing(Journal(tmp_path / "journal.sqlite3", TOKYO)) as journal:
        journal.commit(Batch(list(LAYOUTS), [(1, a_frame(START_MS, 5.0))], [(2, half)]))
        journal.keep_within(Bounds(HALF_HOUR_MS, ROOMY, 0), 2, START_MS)
        assert journal.last_seq() == 2


def test_of_frames_of_one_moment_the_last_are_the_nearest(tmp_path: Path) -> None:
    """Two readings back is 40 minutes, the half hour of it begins at 30, the reading ahead of that is at 10."""
    minutes = [0, 0, 0, 10, 40, 50]
    with closing(Journal(tmp_path / "journal.sqlite3", TOKYO)) as journal:
        numbered = [(seq, a_frame(START_MS + minute * 60_000, 1.0)) for seq, minute in enumerate(minutes, start=1)]
        journal.commit(Batch(list(LAYOUTS), numbered))
        found = journal.frames_from("圧延機", START_MS + 55 * 60_000, 1)
        assert [seq for seq, _ in found] == [3, 4, 5, 6]


def test_a_zero_with_a_sign_is_sealed_as_it_is_stored(tmp_path: Path) -> None:
    """SQLite stores −0.0 as 0.0. A power meter sends it when it turns around."""
    path = tmp_path / "journal.sqlite3"
    half = Interval("圧延機", "p0", START_MS // 1000, -0.0, -0.0, -0.0, Method.INTEGRATED, HALF_HOUR_MS, 1, 1, 1)
    with closing(Journal(path, TOKYO)) as journal, closing(Ledger(path)) as ledger:
        journal.commit(Batch(intervals=[(1, half)]))
        assert ledger.verify().problems == ()
