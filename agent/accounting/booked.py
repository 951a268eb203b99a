"""Half hours as stored, with what the book knows of points added where nothing is stored. Knows no stream.

For a booked time, what is stored inside of it stays as measured. The rest of the booked quantity is shared out by time
over the half hours of which nothing is stored, in whole counts, as for a counter that ran on unobserved: *recovered*.
Where two booked times overlap the shorter one is placed first, and counts as known for the longer one.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from agent.accounting.booked_spans import BookedPoint, BookedSpan
from agent.accounting.gas_volume import ReferenceState
from agent.accounting.history import DrawVolume, History, Volume
from agent.accounting.interval import INTERVAL_MS, INTERVAL_S, Interval, Method, Sum
from agent.accounting.streams import Stream

Hole = tuple[int, int]
"""A stretch of time [start, end) of which nothing is known, in UTC seconds."""


@dataclass(frozen=True, slots=True)
class BookedDifference:
    """A booked quantity that does not fit what is known of its time: the figures stay as measured.

    `booked` and `measured` are in the point's unit; `numbers` are the entries.
    """

    point: str
    from_utc_s: int
    to_utc_s: int
    booked: Decimal
    measured: Decimal
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Share:
    """What is shared out over some half hours, in raw counts."""

    rest_raw: Decimal
    half_hours: int
    numbers: tuple[int, ...]

    def until(self, half_hours: int) -> Decimal | int:
        """The advance up to the end of so many half hours, in whole counts but for the last."""
        return self.rest_raw if half_hours == self.half_hours else int(self.rest_raw) * half_hours // self.half_hours


@dataclass(frozen=True, slots=True)
class _Run:
    """Half hours in a row that take part in a share; `before` of its half hours come earlier."""

    start_utc_s: int
    end_utc_s: int
    before: int
    share: _Share

    def advance(self, from_utc_s: int, to_utc_s: int) -> Decimal | int:
        """The advance in [from, to), which lies within the run, in raw counts."""
        begun = self.before + (from_utc_s - self.start_utc_s) // INTERVAL_S
        return self.share.until(begun + (to_utc_s - from_utc_s) // INTERVAL_S) - self.share.until(begun)


@dataclass(frozen=True, slots=True)
class _Account:
    """One booked point: its runs in order, their advances added up, and what does not fit or is yet to be checked."""

    runs: tuple[_Run, ...]
    starts: tuple[int, ...]
    totals: tuple[Decimal | int, ...]
    refused: tuple[tuple[BookedSpan, Decimal], ...]
    unplaced: tuple[BookedSpan, ...]

    def overlapping(self, from_utc_s: int, to_utc_s: int) -> range:
        """The runs that have a part in [from, to)."""
        first = bisect_right(self.starts, from_utc_s)
        if first and self.runs[first - 1].end_utc_s > from_utc_s:
            first -= 1
        return range(first, bisect_left(self.starts, to_utc_s))

    def sum(self, from_utc_s: int, to_utc_s: int) -> tuple[Decimal | int, int]:
        """Raw counts and seconds of the runs within [from, to)."""
        found = self.overlapping(from_utc_s, to_utc_s)
        if not found:
            return 0, 0
        first, last = self.runs[found[0]], self.runs[found[-1]]
        start, end = max(first.start_utc_s, from_utc_s), min(last.end_utc_s, to_utc_s)
        advance = self.totals[found.stop] - self.totals[found.start]
        advance -= first.advance(first.start_utc_s, start) if start > first.start_utc_s else 0
        advance -= last.advance(end, last.end_utc_s) if end < last.end_utc_s else 0
        seconds = sum(self.runs[i].end_utc_s - self.runs[i].start_utc_s for i in found)
        return advance, seconds - (start - first.start_utc_s) - (last.end_utc_s - end)


class BookedHistory:
    """A history with what the book knows of points. Implements `History`; used from one thread at a time."""

    def __init__(self, history: History, points: Mapping[tuple[str, str], BookedPoint]) -> None:
        self._history = history
        self._points = points
        self._accounts: dict[tuple[str, str], _Account] = {}

    def sums(self, device: str, point: str, from_utc_s: int, to_utc_s: int) -> Sequence[Sum]:
        """The half hours of a point that start within [from, to), summed up by method."""
        stored = self._history.sums(device, point, from_utc_s, to_utc_s)
        if (device, point) not in self._points:
            return stored
        advance, seconds = self._account(device, point).sum(from_utc_s, to_utc_s)
        if not seconds:
            return stored
        raw = float(advance)
        booked = Sum(Method.RECOVERED, seconds // INTERVAL_S, raw, raw * INTERVAL_MS, seconds * 1000, 0)
        return [*stored, booked]

    def intervals(self, points: Sequence[tuple[str, str]], from_utc_s: int, to_utc_s: int) -> Iterable[Interval]:
        """Half hours that start within [from, to). Those of the book have no registers and no sequence numbers."""
        yield from self._history.intervals(points, from_utc_s, to_utc_s)
        for device, point in points:
            if (device, point) in self._points:
                yield from self._booked_intervals(device, point, from_utc_s, to_utc_s)

    def _booked_intervals(self, device: str, point: str, from_utc_s: int, to_utc_s: int) -> Iterator[Interval]:
        account = self._account(device, point)
        for run in (account.runs[index] for index in account.overlapping(from_utc_s, to_utc_s)):
            for start in range(max(run.start_utc_s, from_utc_s), min(run.end_utc_s, to_utc_s), INTERVAL_S):
                advance = float(run.advance(start, start + INTERVAL_S))
                ends = (math.nan, math.nan)
                yield Interval(device, point, start, *ends, advance, Method.RECOVERED, INTERVAL_MS, 0, 0, 0)

    def volume(self, stream: Stream, state: ReferenceState, from_utc_s: int, to_utc_s: int, draw: DrawVolume) -> Volume:
        """The volume of a gas stream; one of whose points the book knows something is drawn anew each time."""
        if any((ref.device, ref.point) in self._points for ref in stream.points()):
            return draw(from_utc_s, to_utc_s)
        return self._history.volume(stream, state, from_utc_s, to_utc_s, draw)

    def numbers(self, device: str, point: str, from_utc_s: int, to_utc_s: int) -> set[int]:
        """The entries on which the half hours of a point within [from, to) rest."""
        if (device, point) not in self._points:
            return set()
        account = self._account(device, point)
        found = account.overlapping(from_utc_s, to_utc_s)
        return {number for index in found for number in account.runs[index].share.numbers}

    def differences(self) -> list[BookedDifference]:
        """Every booked quantity that does not fit what is known of its time, by point and time."""
        found = []
        for key, booked in self._points.items():
            account = self._account(*key)
            known = [(span, self._known_raw(key, span, account.runs)) for span in account.unplaced]
            does_not_fit = [(s, raw) for s, raw in known if abs(_rest_raw(s, raw, booked.scale)) > _rounding(s, booked)]
            for span, raw in sorted((*account.refused, *does_not_fit), key=lambda pair: pair[0].from_utc_s):
                ends, measured = (span.from_utc_s, span.to_utc_s), raw * booked.scale
                found.append(BookedDifference(booked.name, *ends, span.quantity, measured, span.numbers))
        return found

    def _account(self, device: str, point: str) -> _Account:
        key = (device, point)
        if key not in self._accounts:
            self._accounts[key] = self._place(key, self._points[key])
        return self._accounts[key]

    def _place(self, key: tuple[str, str], booked: BookedPoint) -> _Account:
        """Place every booked span in the time of which nothing is stored, the shortest first, then the newest."""
        cuts = sorted({end for span in booked.spans for end in (span.from_utc_s, span.to_utc_s)})
        holes = list(find_holes(self._history, key, cuts))
        runs: list[_Run] = []
        refused, unplaced = [], []
        for span in sorted(booked.spans, key=lambda s: (s.to_utc_s - s.from_utc_s, -s.numbers[-1])):
            place, inside, left = _cut_out(holes, span.from_utc_s, span.to_utc_s)
            half_hours = sum(end - start for start, end in inside) // INTERVAL_S
            if not half_hours:
                unplaced.append(span)
                continue
            is_empty = half_hours * INTERVAL_S == span.to_utc_s - span.from_utc_s
            known_raw = Decimal(0) if is_empty else self._known_raw(key, span, runs)
            rest_raw = _rest_raw(span, known_raw, booked.scale)
            if rest_raw < 0 and rest_raw < -_rounding(span, booked):
                refused.append((span, known_raw))
                continue
            holes[place] = left
            runs.extend(_runs(_Share(max(rest_raw, Decimal(0)), half_hours, span.numbers), inside))
        runs.sort(key=lambda run: run.start_utc_s)
        advances = (run.advance(run.start_utc_s, run.end_utc_s) for run in runs)
        totals: tuple[Decimal | int, ...] = tuple(accumulate(advances, initial=Decimal(0)))
        starts = tuple(run.start_utc_s for run in runs)
        return _Account(tuple(runs), starts, totals, tuple(refused), tuple(unplaced))

    def _known_raw(self, key: tuple[str, str], span: BookedSpan, runs: Iterable[_Run]) -> Decimal:
        """What is stored of a span's time, and what shorter spans of the book placed in it, in raw counts."""
        stored = self._history.sums(*key, span.from_utc_s, span.to_utc_s)
        total = sum((Decimal(part.advance_raw) for part in stored), Decimal(0))
        for run in runs:
            start, end = max(run.start_utc_s, span.from_utc_s), min(run.end_utc_s, span.to_utc_s)
            total += run.advance(start, end) if start < end else 0
        return total


def with_book(history: History, points: Mapping[tuple[str, str], BookedPoint]) -> BookedHistory:
    """The history with what the book knows of points; one that has it already is given back as it is."""
    return history if isinstance(history, BookedHistory) else BookedHistory(history, points)


def find_holes(history: History, key: tuple[str, str], cuts: Sequence[int]) -> Iterator[Hole]:
    """The time between the first and the last of some instants of which nothing is stored of a point, in order.

    Halves the time until a part is empty, whole, or lies between two instants; only then half hours are looked at.
    """
    start, end = cuts[0], cuts[-1]
    stored = sum(part.half_hours for part in history.sums(*key, start, end) if part.method is not Method.MISSING)
    if not stored:
        yield start, end
    elif stored * INTERVAL_S == end - start:
        return
    elif len(cuts) > 2:
        middle = len(cuts) // 2
        yield from find_holes(history, key, cuts[: middle + 1])
        yield from find_holes(history, key, cuts[middle:])
    else:
        reached = start
        for interval in sorted(history.intervals([key], start, end), key=lambda one: one.start_utc_s):
            if interval.start_utc_s > reached:
                yield reached, interval.start_utc_s
            reached = interval.start_utc_s + INTERVAL_S
        if reached < end:
            yield reached, end


def _cut_out(holes: Sequence[Hole], from_utc_s: int, to_utc_s: int) -> tuple[slice, list[Hole], list[Hole]]:
    """Which holes have a part in [from, to), those parts, and what would be left of the holes without them."""
    first = bisect_right(holes, (from_utc_s,))
    if first and holes[first - 1][1] > from_utc_s:
        first -= 1
    place = slice(first, bisect_left(holes, (to_utc_s,), lo=first))
    inside, left = [], []
    for start, end in holes[place]:
        inside.append((max(start, from_utc_s), min(end, to_utc_s)))
        if start < from_utc_s:
            left.append((start, from_utc_s))
        if end > to_utc_s:
            left.append((to_utc_s, end))
    return place, inside, left


def _runs(share: _Share, holes: Iterable[Hole]) -> Iterator[_Run]:
    before = 0
    for start, end in holes:
        yield _Run(start, end, before, share)
        before += (end - start) // INTERVAL_S


def _rest_raw(span: BookedSpan, known_raw: Decimal, scale: Decimal) -> Decimal:
    return span.quantity / scale - known_raw


def _rounding(span: BookedSpan, booked: BookedPoint) -> Decimal:
    """How far a booked quantity may be from the counts without being wrong, in raw counts."""
    return max(span.rounding / booked.scale, Decimal(1))
