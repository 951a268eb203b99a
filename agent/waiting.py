"""What waits for the next commit, in bounded memory: beyond a limit the oldest frames go. Knows no disk and no task.

A frame that goes is counted, and listed with all others of its device by one event of the next commit that succeeds.
Its energy stays: the accounts have taken it. Half hours, events, accounts and cursors never go. A half hour takes some
450 bytes while it waits (measured), which is 1.3 MB a day for 60 points.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from agent.accounting.interval import Event
from agent.storage.journal import Batch
from collectors.frame import Frame

WAITING_BYTES = 16_000_000
"""Some 12,000 frames of 60 points: three hours of ten devices that are polled every ten seconds."""

_FRAME_BYTES = 300
"""What Python needs for a frame beside its values, quality and source times (measured: 220 to 280)."""


@dataclass(slots=True)
class Span:
    """Some frames of one device: how many, and the times of the first and the last (UTC, ms)."""

    frames: int
    first_ms: int
    last_ms: int

    def add(self, other: "Span") -> None:
        """Take in other frames of the same device."""
        self.frames += other.frames
        self.first_ms = min(self.first_ms, other.first_ms)
        self.last_ms = max(self.last_ms, other.last_ms)

    def __str__(self) -> str:
        first, last = (datetime.fromtimestamp(ms / 1000, UTC).isoformat() for ms in (self.first_ms, self.last_ms))
        return f"{self.frames} frames from {first} to {last}"


class Waiting:
    """One batch that grows, and at most one that is in hand: taken, but neither written nor put back."""

    def __init__(self, max_bytes: int = WAITING_BYTES) -> None:
        """Hold frames of at most `max_bytes`, and as much again while a batch is in hand."""
        self.batch = Batch()
        self.frames_dropped = 0
        self._max_bytes = max_bytes
        self._bytes = 0
        self._dropped: dict[str, Span] = {}
        self._in_hand = Batch()
        self._dropped_in_hand: dict[str, Span] = {}
        self._reason = "the disk took too long"

    def __bool__(self) -> bool:
        return bool(self.batch or self._dropped)

    def add_frame(self, seq: int, frame: Frame) -> None:
        """Let a frame wait. Frames are added here alone; all else of the batch is its own."""
        self.batch.frames.append((seq, frame))
        self._bytes += _size_of(frame)
        self._drop_surplus()

    def take(self) -> Batch:
        """Take all that waits into the hand; gives it with an event for each device whose frames had to go."""
        self._in_hand, self.batch, self._bytes = self.batch, Batch(), 0
        self._dropped_in_hand, self._dropped = self._dropped, {}
        listed = [self._list(device, span) for device, span in self._dropped_in_hand.items()]
        return replace(self._in_hand, events=[*self._in_hand.events, *listed])

    def let_go(self) -> None:
        """What was in hand is written."""
        self._in_hand, self._dropped_in_hand = Batch(), {}

    def put_back(self, reason: str) -> None:
        """What was in hand was not taken, for this reason: it waits again, ahead of what has come since."""
        older, newer = self._in_hand, self.batch
        self.batch = Batch(
            layouts=older.layouts + newer.layouts,
            frames=older.frames + newer.frames,
            intervals=older.intervals + newer.intervals,
            accounts=older.accounts | newer.accounts,
            events=older.events + newer.events,
            cursors=older.cursors | newer.cursors,
        )
        self._bytes += sum(_size_of(frame) for _, frame in older.frames)
        _add_spans(self._dropped, self._dropped_in_hand)
        self._reason = reason
        self.let_go()
        self._drop_surplus()

    def unwritten(self) -> dict[str, Span]:
        """All frames that no journal has: those that wait and those that had to go, by device."""
        spans: dict[str, Span] = {}
        _add_spans(spans, self._dropped)
        for _, frame in self.batch.frames:
            _add_frame(spans, frame)
        return spans

    def _drop_surplus(self) -> None:
        going = 0
        for _, frame in self.batch.frames:
            if self._bytes <= self._max_bytes:
                break
            self._bytes -= _size_of(frame)
            _add_frame(self._dropped, frame)
            going += 1
        del self.batch.frames[:going]
        self.frames_dropped += going

    def _list(self, device: str, span: Span) -> Event:
        detail = f"{span.frames} frames from {span.first_ms} to {span.last_ms} (UTC ms): {self._reason}"
        limit = f"{self._max_bytes / 1e6:g} MB may wait in memory"
        return Event(span.last_ms, device, "", "frames_dropped", f"{detail}, and {limit}")


def _size_of(frame: Frame) -> int:
    return len(frame.values) + len(frame.quality) + len(frame.source_times) + _FRAME_BYTES


def _add_frame(spans: dict[str, Span], frame: Frame) -> None:
    _add_spans(spans, {frame.device: Span(1, frame.time_ms, frame.time_ms)})


def _add_spans(spans: dict[str, Span], more: Mapping[str, Span]) -> None:
    for device, span in more.items():
        if device in spans:
            spans[device].add(span)
        else:
            spans[device] = replace(span)
