"""Takes every frame, accounts for it and commits frames and results together, a few times a second.

The recorder owns the one writing thread. It knows frames and intervals, but neither meters nor brokers.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import structlog

from agent.accounting.coil_account import CoilRule
from agent.accounting.counters import Replacement
from agent.accounting.device_account import DeviceAccount
from agent.accounting.interval import INTERVAL_MS, Event, withdrawn
from agent.accounting.recompute import Redrawn, recompute
from agent.accounting.site_accounts import SiteAccounts
from agent.storage.bounds import Bounds
from agent.storage.journal import AccountState, Batch, Journal, Stored
from collectors.frame import Frame, Layout

log = structlog.get_logger(__name__)

_RETRY_S = 1.0
_FRAMES_BEFORE = 200
"""So many frames ahead of a late one are read again, so that each point has a good reading among them."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Resumed:
    """Where the journal stood: the time of its newest frame (0: none), and what each destination has everything of."""

    last_time_ms: int
    cursors: Mapping[str, int]


class Recorder:
    """One writer for one journal. `record` never waits; `run` commits until it is cancelled.

    `beats` counts finished commits, also empty ones: it stands still when the journal does.
    """

    def __init__(
        self,
        path: Path,
        zone: ZoneInfo,
        gap_ms: int,
        *,
        commit_s: float = 0.1,
        replacements: Sequence[Replacement] = (),
        coils: Sequence[CoilRule] = (),
    ) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._path = path
        self._zone = zone
        self._commit_s = commit_s
        self.accounts = SiteAccounts(gap_ms, replacements, coils)
        self._last_ms: dict[str, int] = {}
        self._late: dict[str, int] = {}
        self._stored_layouts: set[str] = set()
        self._batch = Batch()
        self._committed = asyncio.Condition()
        self._one_commit = asyncio.Lock()
        self._closing = False
        self._journal: Journal
        self._next_seq = 1
        self.durable_seq = 0
        self.frames_recorded = 0
        self.frames_durable = 0
        self.beats = 0
        self.disk_error = ""

    async def open(self, layouts: Mapping[str, Layout]) -> Resumed:
        """Open the journal and go on from its accounts. Raises StorageError."""
        self._journal = await self._in_thread(lambda: Journal(self._path, self._zone))
        if self._journal.salvaged is not None:
            log.error("journal_damaged", file=str(self._path), detail=str(self._journal.salvaged))
            self.note(Event(self._journal.last_time_ms(), "", "", "journal_damaged", str(self._journal.salvaged)))
        self.durable_seq = await self._in_thread(self._journal.last_seq)
        self._next_seq = self.durable_seq + 1
        for layout in layouts.values():
            account = self.accounts.make(layout)
            stored = await self._in_thread(partial(self._journal.account, layout.device))
            if stored is not None and not account.load_state(stored[1].state, stored[0]):
                await self._replay(account)
            self.accounts[layout.device] = account
            self._last_ms[layout.device] = account.last_ms
        return Resumed(
            await self._in_thread(self._journal.last_time_ms), await self._in_thread(self._journal.read_cursors)
        )

    async def _replay(self, account: DeviceAccount) -> None:
        """Bring an account to where it was from the newest frames, when its state cannot be read."""
        device, last_ms = account.layout.device, await self._in_thread(self._journal.last_time_ms)
        from_ms = last_ms - 2 * INTERVAL_MS
        frames = await self._in_thread(partial(self._journal.frames_from, device, from_ms, _FRAMES_BEFORE))
        known = [(seq, frame) for seq, frame in frames if frame.layout == account.layout.digest]
        if known:
            recompute(account, known, last_ms)
        self.note(Event(last_ms, device, "", "account_replayed", f"from {len(known)} frames"))

    def record(self, frame: Frame) -> None:
        """Give the frame its sequence number, account for it and put both into the next commit.

        A frame that is earlier than the one before it from the same device is late: the half hours that it touches
        are drawn up again once it is in the journal.
        """
        seq = self._take_seq()
        self._batch.frames.append((seq, frame))
        self.frames_recorded += 1
        account = self.accounts[frame.device]
        if frame.layout not in self._stored_layouts:
            self._stored_layouts.add(frame.layout)
            self._batch.layouts.append(account.layout)
        if frame.time_ms <= self._last_ms.get(frame.device, 0):
            self.draw_again(frame.device, frame.time_ms)
            return
        self._last_ms[frame.device] = frame.time_ms
        outcome = account.take(frame.time_ms, frame.read_values(), frame.read_quality(), seq)
        self._batch.intervals.extend((self._take_seq(), interval) for interval in outcome.intervals)
        self._batch.events.extend(outcome.events)
        self._batch.accounts[frame.device] = AccountState(frame.layout, seq, b"")

    def draw_again(self, device: str, time_ms: int) -> None:
        """Have the half hours around a time drawn up again from the frames: something came to be known late."""
        self._late[device] = min(time_ms, self._late.get(device, time_ms))

    def note(self, event: Event) -> None:
        """Put an event into the next commit."""
        self._batch.events.append(event)

    def confirm(self, destination: str, seq: int) -> None:
        """Note that a destination has everything up to `seq`; committed with the next batch."""
        self._batch.cursors[destination] = seq

    async def wait_for_more(self, seq: int) -> int:
        """Return the highest durable sequence number once it is above `seq`."""
        async with self._committed:
            await self._committed.wait_for(lambda: self.durable_seq > seq)
            return self.durable_seq

    async def run(self) -> None:
        """Commit every `commit_s` seconds until cancelled; what is recorded then is committed before it returns."""
        try:
            while True:
                await asyncio.sleep(self._commit_s)
                await self.commit()
                self.beats += 1
        finally:
            self._closing = True
            await self.commit()

    async def commit(self) -> None:
        """Write what is waiting, in one transaction; being cancelled does not interrupt the transaction."""
        await asyncio.shield(asyncio.ensure_future(self._commit_waiting()))

    async def _commit_waiting(self) -> None:
        async with self._one_commit:
            batch, self._batch = self._batch, Batch()
            if not batch:
                return
            last_seq = self._next_seq - 1
            for device, account in batch.accounts.items():
                state = self.accounts[device].pack_state()
                batch.accounts[device] = AccountState(account.layout, account.seq, state)
            await self._write_until_taken(batch)
            await self._draw_up_again()
        async with self._committed:
            self.durable_seq = last_seq
            self.frames_durable += len(batch.frames)
            self._committed.notify_all()

    async def _draw_up_again(self) -> None:
        """Recompute the half hours that late frames touch; what changed goes into the next commit."""
        late, self._late = self._late, {}
        for device, time_ms in late.items():
            if await self._in_thread(partial(self._journal.is_before_the_frames, device, time_ms)):
                self.note(Event(time_ms, device, "", "too_late", "the frames around it are gone; not accounted for"))
                continue
            frames = await self._in_thread(partial(self._journal.frames_from, device, time_ms, _FRAMES_BEFORE))
            account = self.accounts.make(self.accounts[device].layout)
            waiting = [(seq, frame) for seq, frame in self._batch.frames if frame.device == device]
            in_time = sorted((*frames, *waiting), key=lambda numbered: (numbered[1].time_ms, numbered[0]))
            known = [(seq, frame) for seq, frame in in_time if frame.layout == account.layout.digest]
            redrawn = recompute(account, known, time_ms)
            stored = await self._in_thread(partial(self._journal.stored_of, device, min(redrawn.starts_ms.values())))
            self._replace_half_hours(device, redrawn, stored)
            self.accounts[device] = account
            self._batch.accounts[device] = AccountState(account.layout.digest, self._next_seq - 1, b"")
            self.note(Event(time_ms, device, "", "late", "half hours around it drawn up again"))

    def _replace_half_hours(self, device: str, redrawn: Redrawn, stored: Stored) -> None:
        """Put what was redrawn into the next commit, withdraw what it no longer has, and list what it newly found."""
        drawn = {(interval.point, interval.start_utc_s) for interval in redrawn.intervals}
        gone = [(point, start) for point, start in stored.half_hours - drawn if redrawn.covers(point, start)]
        for interval in redrawn.intervals:
            self._batch.intervals.append((self._take_seq(), interval))
        for point, start in sorted(gone):
            seq = self._take_seq()
            self._batch.intervals.append((seq, withdrawn(device, point, start, seq)))
        for event in redrawn.events:
            if (event.point, event.kind, event.time_ms) not in stored.events:
                self.note(event)

    async def _write_until_taken(self, batch: Batch) -> None:
        """Write the batch; a disk that refuses is asked again with the same batch, until the agent is closing."""
        while True:
            try:
                await self._in_thread(lambda: self._journal.commit(batch))
                break
            except sqlite3.OperationalError as error:
                if not self.disk_error or self._closing:
                    log.error("journal_refuses", file=str(self._path), reason=str(error), hint="free disk space")
                self.disk_error = str(error)
                if self._closing:
                    raise
                await asyncio.sleep(_RETRY_S)
        if self.disk_error:
            log.info("journal_takes_data_again", file=str(self._path))
        self.disk_error = ""

    async def keep_within(self, bounds: Bounds, confirmed_seq: int, now_ms: int) -> None:
        """Take away frames that the journal's bounds do not allow, until they hold or nothing is left to take."""
        gone = 1
        while gone:
            gone = await self._in_thread(partial(self._journal.keep_within, bounds, confirmed_seq, now_ms))

    async def close(self) -> None:
        """Close the journal and end its thread."""
        await self._in_thread(self._journal.close)
        self._executor.shutdown()

    def _take_seq(self) -> int:
        self._next_seq += 1
        return self._next_seq - 1

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)
