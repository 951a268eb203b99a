"""The last hours of single points, read by read: how far a register went, and what a state showed. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Container

from agent.accounting.counter_account import LONGEST_SLACK_MS
from agent.accounting.counters import CounterRules, classify
from collectors.frame import Kind, Point

LONGEST_STEP_MS = 120_000
"""Between two readings further apart nothing is interpolated."""
_MS_PER_HOUR = 3_600_000


class Track:
    """The readings of one point, oldest first: a state as it was, a counter without its turns, a gauge summed up.

    A step of a counter that has no number, or a gauge that was not read for two minutes, begins a new track.
    """

    def __init__(self, point: Point) -> None:
        self._kind = point.kind
        self._rules = CounterRules.of(point, LONGEST_SLACK_MS)
        self._last_raw = 0.0
        self._times: list[int] = []
        self._values: list[float] = []

    @property
    def newest_ms(self) -> int:
        """The time of the newest reading, 0 for none."""
        return self._times[-1] if self._times else 0

    def take(self, time_ms: int, raw: float) -> None:
        """Take in a good reading; one that is not newer than the newest is passed over."""
        if time_ms <= self.newest_ms:
            return
        value = raw if self._kind is Kind.STATE else 0.0
        if self._times and self._kind is not Kind.STATE:
            advance = self._advance(raw, time_ms - self._times[-1])
            if advance is None:
                self._times.clear()
                self._values.clear()
            else:
                value = self._values[-1] + advance
        self._times.append(time_ms)
        self._values.append(value)
        self._last_raw = raw

    def forget_before(self, time_ms: int) -> None:
        """Drop the readings before a time, but for the last of them."""
        count = bisect_left(self._times, time_ms) - 1
        if count > 0:
            del self._times[:count], self._values[:count]

    def readings(self, per_count: float) -> list[tuple[int, float]]:
        """Times and values, each count so much."""
        return [(time_ms, value * per_count) for time_ms, value in zip(self._times, self._values, strict=True)]

    def advance(self, from_ms: int, to_ms: int) -> float | None:
        """How many counts (gauge: unit hours) it went in a time; None unless it was read at both ends."""
        first, last = self._at(from_ms), self._at(to_ms)
        return None if first is None or last is None else last - first

    def stayed_within(self, codes: Container[int], from_ms: int, to_ms: int) -> bool | None:
        """Whether a state had one of some codes all the time; None unless it was read all the time."""
        begin = bisect_right(self._times, from_ms) - 1
        end = bisect_left(self._times, to_ms)
        times = self._times[max(begin, 0) : end]
        if begin < 0 or any(b - a > LONGEST_STEP_MS for a, b in zip(times, [*times[1:], to_ms], strict=True)):
            return None
        return all(round(value) in codes for value in self._values[begin:end])

    def _advance(self, raw: float, elapsed_ms: int) -> float | None:
        if self._kind is Kind.COUNTER:
            return classify(self._last_raw, raw, elapsed_ms, self._rules).advance
        return None if elapsed_ms > LONGEST_STEP_MS else self._last_raw * elapsed_ms / _MS_PER_HOUR

    def _at(self, time_ms: int) -> float | None:
        """The register at a time, from the readings on either side."""
        after = bisect_left(self._times, time_ms)
        if after < len(self._times) and self._times[after] == time_ms:
            return self._values[after]
        if after == 0 or after == len(self._times):
            return None
        (before_ms, after_ms), (first, last) = self._times[after - 1 : after + 1], self._values[after - 1 : after + 1]
        if after_ms - before_ms > LONGEST_STEP_MS:
            return None
        return first + (last - first) * (time_ms - before_ms) / (after_ms - before_ms)
