"""The running half hour of one point and how it closes. What lies between two readings is for the kinds to know."""

import math
import struct
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from operator import attrgetter

from agent.accounting.interval import INTERVAL_MS, Event, Interval, Method, interval_start_ms
from collectors.frame import Point


@dataclass(slots=True)
class Outcome:
    """What accounting for a frame gave: the intervals that it closed and the events that it found."""

    intervals: list[Interval] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@dataclass(slots=True)
class Running:
    """The running interval of one point. All fields are numbers, so that the state packs into float64.

    `held_raw` is a reading that contradicted the one before it; `held_seq` is 0 when there is none.
    """

    last_raw: float = math.nan
    last_ms: int = 0
    start_ms: int = 0
    opening_raw: float = math.nan
    content: float = 0.0
    spanned_ms: int = 0
    observed_ms: int = 0
    first_seq: int = 0
    last_seq: int = 0
    wrapped: int = 0
    replaced: int = 0
    recovered: int = 0
    held_raw: float = math.nan
    held_ms: int = 0
    held_seq: int = 0


_KINDS = [item.type for item in fields(Running)]
_STATE = struct.Struct(f"<{len(_KINDS)}d")
STATE_BYTES = _STATE.size
_read_numbers = attrgetter(*(item.name for item in fields(Running)))


class PointAccount(ABC):
    """The running interval of one point and how it closes. A subclass knows what lies between two readings."""

    def __init__(self, device: str, point: Point, gap_ms: int) -> None:
        self.device = device
        self.point = point
        self.gap_ms = gap_ms
        self.running = Running()

    @abstractmethod
    def take(self, raw: float, time_ms: int, seq: int, outcome: Outcome) -> None:
        """Account for one good reading; readings come in order of time."""

    def pack_state(self) -> bytes:
        """The state as float64 numbers; counts and times up to 2^53 are exact."""
        return _STATE.pack(*_read_numbers(self.running))

    def load_state(self, packed: bytes) -> None:
        """Go on from a state that `pack_state` gave."""
        numbers = _STATE.unpack(packed)
        typed = [number if kind is float else int(number) for number, kind in zip(numbers, _KINDS, strict=True)]
        self.running = Running(*typed)

    def begin(self, raw: float, time_ms: int, seq: int) -> None:
        """Start an interval at a reading, without knowing what came before."""
        self.running = Running(raw, time_ms, interval_start_ms(time_ms), raw, first_seq=seq, last_seq=seq)

    def close(self, closing_raw: float, before_seq: int, outcome: Outcome) -> None:
        """Close the running interval at its end and open the next one there.

        `before_seq` is the last frame before the boundary: the next interval rests on it too.
        """
        current = self.running
        if current.spanned_ms > 0:
            outcome.intervals.append(self.interval_of(current, closing_raw))
        current.start_ms += INTERVAL_MS
        current.opening_raw = closing_raw
        current.content = 0.0
        current.spanned_ms = current.observed_ms = 0
        current.wrapped = current.replaced = current.recovered = 0
        current.first_seq = before_seq

    def interval_of(self, current: Running, closing_raw: float) -> Interval:
        """The running interval as a record."""
        return Interval(
            self.device,
            self.point.id,
            current.start_ms // 1000,
            current.opening_raw,
            closing_raw,
            self.content_of(current),
            self.method_of(current),
            current.spanned_ms,
            current.observed_ms,
            current.first_seq,
            current.last_seq,
        )

    def content_of(self, current: Running) -> float:
        """What the interval holds, as `Interval.advance_raw`."""
        return current.content

    def method_of(self, current: Running) -> Method:
        """How the content is known."""
        if current.recovered:
            return Method.RECOVERED
        if current.replaced:
            return Method.REPLACED
        return Method.WRAPPED if current.wrapped else Method.MEASURED
