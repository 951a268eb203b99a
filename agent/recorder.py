"""Takes every frame, accounts for it and commits frames and results together, a few times a second.

The recorder owns the one writing thread. It knows frames and intervals, but neither meters nor brokers.
"""

import asyncio
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
from agent.accounting.interval import INTERVAL_MS, Event, Method, withdrawn
from agent.accounting.recompute import Redrawn, recompute
from agent.accounting.site_accounts import SiteAccounts
from agent.storage.bounds import Bounds
from agent.storage.journal import AccountState, Journal, Stored
from agent.storage.refusal import DiskRefuses, StorageError, refusals
from agent.storage.reserve import Reserve
from agent.waiting import WAITING_BYTES, Waiting
from collectors.frame import Frame, Layout

log = structlog.get_logger(__name__)

_RETRY_S = 1.0
_PATIENCE_AT_THE_END_S = 5.0
"""So long a disk is asked again when the agent ends. With the 10 s that SQLite itself waits for a lock this is well
within the 30 s after which systemd kills the agent (TimeoutStopSec)."""
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

    `beats` counts commits that came to an end, empty ones and refused ones too: it stands still when the disk hangs.
    `disk_error` says why the disk refuses and what to do, and is empty while it does not.
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
        waiting_bytes: int = WAITING_BYTES,
        reserve_bytes: int = 0,
    ) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._path = path
        self._zone = zone
        self._commit_s = commit_s
        self.accounts = SiteAccounts(gap_ms, replacements, coils)
        self._last_ms: dict[str, int] = {}
        self._late: dict[str, int] = {}
        self._stored_layouts: set[str] = set()
        self.waiting = Waiting(waiting_bytes)
        self._reserve = Reserve(path, reserve_bytes)
        self._committed = asyncio.Condition()
        self._one_commit = asyncio.Lock()
        self._journal: Journal
        self._next_seq = 1
        self.durable_seq = 0
        self.frames_recorded = 0
        self.frames_durable = 0
        self.half_hours_durable = 0
        self.beats = 0
        self.disk_error = ""

    async def open(self, layouts: Mapping[str, Layout]) -> Resumed:
        """Open the journal and go on from its accounts. Raises StorageError."""
        self._journal = await self._in_thread(partial(self._open_journal, tuple(layouts.values())))
        with refusals(self._path):
            return await self._resume(layouts)

    async def _resume(self, layouts: Mapping[str, Layout]) -> Resumed:
        if self._journal.salvaged is not None:
            log.error("journal_damaged", file=str(self._path), detail=str(self._journal.salvaged))
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

    def _open_journal(self, layouts: Sequence[Layout]) -> Journal:
        """Open it, on a full disk with what the reserve holds; the reserve is made whole again where there is room."""
        while True:
            try:
                journal = Journal(self._path, self._zone, layouts)
            except DiskRefuses as refusal:
                if not (refusal.is_full and self._reserve.give()):
                    raise
            else:
                self._reserve.fill()
                return journal

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
        self.waiting.add_frame(seq, frame)
        batch = self.waiting.batch
        self.frames_recorded += 1
        account = self.accounts[frame.device]
        if frame.layout not in self._stored_layouts:
            self._stored_layouts.add(frame.layout)
            batch.layouts.append(account.layout)
        if frame.time_ms <= self._last_ms.get(frame.device, 0):
            self.draw_again(frame.device, frame.time_ms)
            return
        self._last_ms[frame.device] = frame.time_ms
        outcome = account.take(frame.time_ms, frame.read_values(), frame.read_quality(), seq)
        batch.intervals.extend((self._take_seq(), interval) for interval in outcome.intervals)
        batch.events.extend(outcome.events)
        batch.accounts[frame.device] = AccountState(frame.layout, seq, b"")

    def draw_again(self, device: str, time_ms: int) -> None:
        """Have the half hours around a time drawn up again from the frames: something came to be known late."""
        self._late[device] = min(time_ms, self._late.get(device, time_ms))

    def note(self, event: Event) -> None:
        """Put an event into the next commit."""
        self.waiting.batch.events.append(event)

    def confirm(self, destination: str, seq: int) -> None:
        """Note that a destination has everything up to `seq`; committed with the next batch."""
        self.waiting.batch.cursors[destination] = seq

    async def wait_for_more(self, seq: int) -> int:
        """Return the highest durable sequence number once it is above `seq`."""
        async with self._committed:
            await self._committed.wait_for(lambda: self.durable_seq > seq)
            return self.durable_seq

    async def run(self) -> None:
        """Commit every `commit_s` seconds until cancelled; what is recorded then is committed before it returns.

        Raises StorageError when the journal is damaged, or when the disk still refuses after a few seconds at the end.
        """
        try:
            while True:
                await asyncio.sleep(self._commit_s)
                await self.commit()
                await self._in_thread(self._reserve.fill)
        except asyncio.CancelledError:
            await self._finish()
            raise

    async def commit(self) -> None:
        """Write what is waiting, in one transaction that being cancelled does not interrupt.

        A disk that refuses is asked again every second, with all that has come by then. Raises StorageError for damage.
        """
        while (problem := await self._attempt()) is not None:
            if not isinstance(problem, DiskRefuses):
                raise self._ended(problem)
            await asyncio.sleep(_RETRY_S)

    async def _finish(self) -> None:
        """The last commit: on a full disk with what the reserve holds, and on any other for a few seconds."""
        clock = asyncio.get_running_loop()
        until_s = clock.time() + _PATIENCE_AT_THE_END_S
        while (problem := await self._attempt()) is not None:
            refusal = problem if isinstance(problem, DiskRefuses) else None
            if refusal is not None and refusal.is_full and await self._in_thread(self._reserve.give):
                continue
            if refusal is None or clock.time() >= until_s:
                raise self._ended(problem)
            await asyncio.sleep(_RETRY_S)

    def _ended(self, problem: StorageError) -> StorageError:
        """What there is to say when the journal takes nothing more before the agent ends: what is lost, by device."""
        lost = self.waiting.unwritten()
        frames = {device: str(span) for device, span in lost.items()}
        log.error("ended_unwritten", file=str(self._path), reason=str(problem), frames=frames)
        if not lost:
            return problem
        told = "; ".join(f"{device}: {span}" for device, span in sorted(frames.items()))
        return StorageError(f"{problem}. Readings that are lost: {told}. Counters recover the energy at the next start")

    async def _attempt(self) -> StorageError | None:
        """Try once to write what waits; gives what stood in the way. Being cancelled waits for the end of it."""
        attempt = asyncio.ensure_future(self._write_waiting())
        try:
            return await asyncio.shield(attempt)
        finally:
            await asyncio.wait([attempt])
            self.beats += 1

    async def _write_waiting(self) -> StorageError | None:
        async with self._one_commit:
            try:
                with refusals(self._path):
                    await self._commit_batch()
                    await self._draw_up_again()
            except StorageError as problem:
                if isinstance(problem, DiskRefuses):
                    self._tell_refusal(problem)
                return problem
            if self.disk_error:
                log.info("journal_takes_data_again", file=str(self._path), frames_dropped=self.waiting.frames_dropped)
            self.disk_error = ""
            return None

    async def _commit_batch(self) -> None:
        """Commit the batch that waits, if there is one; it waits again when that fails. Raises StorageError."""
        if not self.waiting:
            return
        batch, last_seq = self.waiting.take(), self._next_seq - 1
        for device, stored in batch.accounts.items():
            account = self.accounts[device]
            if account.layout.digest != stored.layout:
                batch.layouts.append(account.layout)  # another one since then: the settings were read again
            batch.accounts[device] = AccountState(account.layout.digest, stored.seq, account.pack_state())
        try:
            await self._in_thread(partial(self._journal.commit, batch))
        except StorageError as problem:
            self.waiting.put_back(problem.reason if isinstance(problem, DiskRefuses) else str(problem))
            raise
        self.waiting.let_go()
        async with self._committed:
            self.durable_seq = last_seq
            self.frames_durable += len(batch.frames)
            self.half_hours_durable += len(batch.intervals)
            self._committed.notify_all()

    def _tell_refusal(self, refusal: DiskRefuses) -> None:
        told, self.disk_error = self.disk_error, f"{refusal.reason}; {refusal.hint}"
        if self.disk_error != told:
            log.error("journal_refuses", file=str(self._path), reason=refusal.reason, hint=refusal.hint)

    async def _draw_up_again(self) -> None:
        """Recompute the half hours that late frames touch; what changed goes into the next commit."""
        for device in list(self._late):
            time_ms = self._late.pop(device)
            try:
                await self._draw_device_up_again(device, time_ms)
            except BaseException:
                self.draw_again(device, time_ms)
                raise

    async def _draw_device_up_again(self, device: str, time_ms: int) -> None:
        if await self._in_thread(partial(self._journal.is_before_the_frames, device, time_ms)):
            self.note(Event(time_ms, device, "", "too_late", "the frames around it are gone; not accounted for"))
            return
        frames = await self._in_thread(partial(self._journal.frames_from, device, time_ms, _FRAMES_BEFORE))
        before = self.accounts[device]
        account = self.accounts.make(before.layout)
        waiting = [(seq, frame) for seq, frame in self.waiting.batch.frames if frame.device == device]
        in_time = sorted((*frames, *waiting), key=lambda numbered: (numbered[1].time_ms, numbered[0]))
        known = [(seq, frame) for seq, frame in in_time if frame.layout == account.layout.digest]
        redrawn, taken_seq = recompute(account, known, time_ms), self._next_seq - 1
        stored = await self._in_thread(partial(self._journal.stored_of, device, min(redrawn.starts_ms.values())))
        if self.accounts[device] is not before:  # the settings were read again meanwhile
            self.draw_again(device, time_ms)
            return
        self._catch_up(account, known[-1][1].time_ms if known else 0, taken_seq, redrawn)
        self._replace_half_hours(device, redrawn, self._with_waiting(device, stored))
        self.accounts[device] = account
        self.waiting.batch.accounts[device] = AccountState(account.layout.digest, self._next_seq - 1, b"")
        self.note(Event(time_ms, device, "", "late", "half hours around it drawn up again"))

    def _catch_up(self, account: DeviceAccount, newest_ms: int, taken_seq: int, redrawn: Redrawn) -> None:
        """Account for what came in meanwhile, behind `taken_seq`. What of it is late waits to be drawn up itself."""
        own = (account.layout.device, account.layout.digest)
        for seq, frame in self.waiting.batch.frames:
            if seq <= taken_seq or (frame.device, frame.layout) != own or frame.time_ms <= newest_ms:
                continue
            newest_ms = frame.time_ms
            outcome = account.take(frame.time_ms, frame.read_values(), frame.read_quality(), seq)
            redrawn.intervals.extend(outcome.intervals)
            redrawn.events.extend(outcome.events)

    def _with_waiting(self, device: str, stored: Stored) -> Stored:
        """What is stored of a device, with what the next commit is to store of it."""
        batch = self.waiting.batch
        own = [each for _, each in batch.intervals if each.device == device and each.method is not Method.MISSING]
        half_hours = {(each.point, each.start_utc_s) for each in own}
        events = {(each.point, each.kind, each.time_ms) for each in batch.events if each.device == device}
        return Stored(stored.half_hours | half_hours, stored.events | events)

    def _replace_half_hours(self, device: str, redrawn: Redrawn, stored: Stored) -> None:
        """Put what was redrawn into the next commit, withdraw what it no longer has, and list what it newly found."""
        drawn = {(interval.point, interval.start_utc_s) for interval in redrawn.intervals}
        gone = [(point, start) for point, start in stored.half_hours - drawn if redrawn.covers(point, start)]
        intervals = self.waiting.batch.intervals
        for interval in redrawn.intervals:
            intervals.append((self._take_seq(), interval))
        for point, start in sorted(gone):
            seq = self._take_seq()
            intervals.append((seq, withdrawn(device, point, start, seq)))
        for event in redrawn.events:
            if (event.point, event.kind, event.time_ms) not in stored.events:
                self.note(event)

    async def keep_within(self, bounds: Bounds, confirmed_seq: int, now_ms: int) -> None:
        """Take away frames that the journal's bounds do not allow, until they hold or nothing is left to take.

        Raises DiskRefuses when the disk refuses even that.
        """
        gone = 1
        while gone:
            gone = await self._in_thread(partial(self._journal.keep_within, bounds, confirmed_seq, now_ms))

    async def close(self, *, in_order: bool = True) -> None:
        """Close the journal and end its thread. After an error, not in order: the next start looks for damage."""
        await self._in_thread(partial(self._journal.close, in_order=in_order))
        self._executor.shutdown()

    def _take_seq(self) -> int:
        self._next_seq += 1
        return self._next_seq - 1

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)
