"""Reads the simulated mill over a span of time into a new journal, faults included. Judges nothing, plants nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.accounting.device_account import DeviceAccount
from agent.accounting.interval import Event, Interval
from agent.settings.site import Site
from agent.simulate.faults import Faults
from agent.storage.journal import AccountState, Batch, Journal
from collectors.frame import Frame, Kind, Layout, Point, Quality
from collectors.simulated.mill import Mill
from collectors.simulated.registers import CLOCK

CADENCE_MS = 600_000
CLOSE_CADENCE_MS = 60_000
GAP_MS = 900_000
_ROWS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Span:
    """What was read, from the first moment to the last, both included (UTC milliseconds).

    From `close_from_ms` on there is a reading a minute, and all of them are kept; before, one every ten minutes.
    """

    mill: Mill
    from_ms: int
    to_ms: int
    faults: Faults
    close_from_ms: int | None = None


def write_span(
    site: Site, path: Path, span: Span, progress: Callable[[float], None], *, goes_on_to: str | None = None
) -> int:
    """Write a span's half hours and what is kept of its readings into a new journal; gives how many readings it had.

    With `goes_on_to`, a destination, an agent goes on from the counters and sends there only what comes later.
    `progress` is told the share done. Raises KeyError for a point that the mill does not have, StorageError.
    """
    writer = _Writer(Journal(path, site.file.site.zone), list(site.layouts.values()))
    readings = 0
    for index, layout in enumerate(site.layouts.values()):
        account = DeviceAccount(layout, GAP_MS, span.faults.replacements)
        for time_ms, values in _readings(span, layout):
            readings += 1
            quality, seq = [Quality.GOOD] * len(values), writer.next_seq()
            if span.close_from_ms is not None and time_ms >= span.close_from_ms:
                writer.add_frame(seq, Frame.pack(layout, time_ms, values, quality, [time_ms] * len(values)))
            outcome = account.take(time_ms, values, quality, seq)
            writer.add(outcome.intervals, outcome.events)
        if goes_on_to is not None:
            writer.keep(account)
        progress((index + 1) / len(site.layouts))
    writer.close(goes_on_to)
    return readings


def _readings(span: Span, layout: Layout) -> Iterator[tuple[int, list[float]]]:
    """What a poll of the device reads, in raw counts, up to the span's last moment and at it."""
    hidden = span.faults.hides(layout.device)
    readers = [_reader(span, layout.device, point) for point in layout.points]
    close_ms = span.to_ms if span.close_from_ms is None else span.close_from_ms
    far, close = range(span.from_ms, close_ms, CADENCE_MS), range(close_ms, span.to_ms, CLOSE_CADENCE_MS)
    for time_ms in (*far, *close, span.to_ms):
        if not any(begin < time_ms < end for begin, end in hidden):
            yield time_ms, [read(time_ms) for read in readers]


def _reader(span: Span, device: str, point: Point) -> Callable[[int], float]:
    """How one point is read: a counter's register with what was planted in it, a gauge or state in raw counts."""
    name, scale, mill = point.id, float(point.scale), span.mill
    if name == CLOCK:
        return float
    if point.kind is not Kind.COUNTER:
        return lambda time_ms: mill.gauge(device, name, time_ms) / scale
    zeros = {glitch.at_ms for glitch in span.faults.glitches if (glitch.device, glitch.point) == (device, name)}
    swap = next((r for r in span.faults.replacements if (r.device, r.point) == (device, name)), None)

    def read(time_ms: int) -> float:
        if time_ms in zeros:
            return 0.0
        if swap is not None and time_ms >= swap.at_ms:
            return swap.new_start_raw + mill.truth_counts(device, name, swap.at_ms, time_ms)
        return float(mill.register(device, name, time_ms))

    return read


class _Writer:
    """Puts half hours and events into a journal, many at a time. Readings and half hours are numbered in one row."""

    def __init__(self, journal: Journal, layouts: list[Layout]) -> None:
        self._journal = journal
        self._batch = Batch(layouts=layouts)
        self._seq = 0

    def next_seq(self) -> int:
        """The number of a reading that is made now."""
        self._seq += 1
        return self._seq

    def add_frame(self, seq: int, frame: Frame) -> None:
        """Keep a reading."""
        self._batch.frames.append((seq, frame))

    def add(self, intervals: list[Interval], events: list[Event]) -> None:
        """Take what one reading gave."""
        for interval in intervals:
            self._batch.intervals.append((self.next_seq(), interval))
        self._batch.events.extend(events)
        if len(self._batch.intervals) >= _ROWS_AT_ONCE:
            self._commit()

    def keep(self, account: DeviceAccount) -> None:
        """Keep a device's counters as they stand, for an agent to go on from."""
        self._batch.accounts[account.layout.device] = AccountState(
            account.layout.digest, self._seq, account.pack_state()
        )

    def close(self, delivered_to: str | None) -> None:
        """Write the rest, and that a destination needs none of it."""
        if delivered_to is not None:
            self._batch.cursors[delivered_to] = self._seq
        self._commit()
        self._journal.close()

    def _commit(self) -> None:
        self._journal.commit(self._batch)
        self._batch = Batch()
