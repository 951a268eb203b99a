"""Half hours and days of points read ahead: figures by time ask for one after the other, and one query serves many.

Knows no unit and no stream. What it gives is what the ledger gives for the same time, to the last digit.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Generic, TypeVar

from agent.accounting.interval import INTERVAL_S, Interval, Sum
from agent.storage.ledger import Ledger

T = TypeVar("T")
PointKey = tuple[str, str]
LONGEST_S = 2 * INTERVAL_S
"""So much time at most is put together from half hours: the sum of two numbers is the same however it is formed."""
_HALF_HOURS_AHEAD_S = 2 * 86_400
_DAYS_AHEAD_S = 40 * 86_400
_MOST_STRETCHES = 256


@dataclass(frozen=True, slots=True)
class _Stretch(Generic[T]):
    """What is stored of a point within [from, to), by its beginnings."""

    from_utc_s: int
    to_utc_s: int
    rows: Mapping[int, T]


class _Ahead(Generic[T]):
    """Reads a stretch of a point from wherever something is asked for that is not there yet."""

    def __init__(self, ahead_s: int, read: Callable[[PointKey, int, int], Mapping[int, T]]) -> None:
        self._ahead_s = ahead_s
        self._read = read
        self._stretches: dict[PointKey, _Stretch[T]] = {}

    def get(self, point: PointKey, start_utc_s: int) -> T | None:
        """What begins at a time."""
        found = self._stretches.get(point)
        if found is None or not found.from_utc_s <= start_utc_s < found.to_utc_s:
            end = start_utc_s + self._ahead_s
            found = _Stretch(start_utc_s, end, self._read(point, start_utc_s, end))
            self._stretches.pop(point, None)
            self._stretches[point] = found
            if len(self._stretches) > _MOST_STRETCHES:
                del self._stretches[next(iter(self._stretches))]
        return found.rows.get(start_utc_s)


class ReadAhead:
    """Half hours and days of a ledger; for as long as it does not matter that newer ones come."""

    def __init__(self, ledger: Ledger) -> None:
        self._half_hours = _Ahead(
            _HALF_HOURS_AHEAD_S,
            lambda point, start, end: {each.start_utc_s: each for each in ledger.intervals([point], start, end)},
        )
        self._days = _Ahead(_DAYS_AHEAD_S, lambda point, start, end: ledger.day_sums(*point, start, end))

    def sums(self, point: PointKey, from_utc_s: int, to_utc_s: int) -> list[Sum]:
        """At most two half hours, summed up by method."""
        found = sorted(self.intervals([point], from_utc_s, to_utc_s), key=lambda one: one.method.value)
        if len(found) == 1:
            return [_sum(found)]
        return [_sum(list(parts)) for _, parts in groupby(found, key=lambda one: one.method)]

    def day(self, point: PointKey, day_utc_s: int) -> list[Sum]:
        """A local day, summed up by method."""
        return list(self._days.get(point, day_utc_s) or ())

    def intervals(self, points: Sequence[PointKey], from_utc_s: int, to_utc_s: int) -> Iterator[Interval]:
        """The half hours of some points, by point and time."""
        for point in points:
            for start in range(from_utc_s, to_utc_s, INTERVAL_S):
                found = self._half_hours.get(point, start)
                if found is not None:
                    yield found


def _sum(parts: Sequence[Interval]) -> Sum:
    return Sum(
        parts[0].method,
        len(parts),
        sum(part.advance_raw for part in parts),
        sum(part.advance_raw * part.spanned_ms for part in parts),
        sum(part.spanned_ms for part in parts),
        sum(part.observed_ms for part in parts),
    )
