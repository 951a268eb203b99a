"""Exact totals of rates that are constant over segments, generated day by day. Knows nothing of the mill.

All arithmetic is on whole numbers: rate times milliseconds gives the fine unit in which a series counts
(W·ms = mJ, cm³/s·ms = mm³, mg/s·ms = µg), so the total between two instants is an exact difference.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

DAY_MS = 86_400_000
_JST_SIX_O_CLOCK_MS = -3 * 3_600_000
"""06:00 JST (UTC+9) of 1 January 1970, UTC milliseconds: where production day 0 begins."""


@dataclass(frozen=True, slots=True)
class Phase:
    """Something that lasts a while at a constant rate; `code` says what it is, for instruments that show a state."""

    duration_ms: int
    rate: int
    code: int = 0


@dataclass(frozen=True, slots=True)
class Trace:
    """One production day: where each segment starts, its rate, the day's total up to it, and the whole day's total.

    A total may also step up between segments: a coil is weighed in a moment.
    """

    starts_ms: Sequence[int]
    rates: Sequence[int]
    totals: Sequence[int]
    total: int


def day_start_ms(day: int) -> int:
    """The moment at which a production day begins: 06:00 JST, UTC milliseconds."""
    return day * DAY_MS + _JST_SIX_O_CLOCK_MS


def day_of(time_ms: int) -> int:
    """The production day that a moment falls into."""
    return (time_ms - _JST_SIX_O_CLOCK_MS) // DAY_MS


def cut(phases: Iterable[Phase], length_ms: int) -> Iterator[Phase]:
    """The phases that fit into a length of time, the last one shortened. The phases must be long enough to fill it."""
    for phase in phases:
        if phase.duration_ms >= length_ms:
            yield Phase(length_ms, phase.rate, phase.code)
            return
        yield phase
        length_ms -= phase.duration_ms
    raise ValueError(f"the phases end {length_ms} ms too early")


def trace_of_rates(starts_ms: Sequence[int], rates: Sequence[int], end_ms: int) -> Trace:
    """The trace of a rate that is constant from each start to the next, and from the last one to the end."""
    totals, total = array("q"), 0
    for index, rate in enumerate(rates):
        totals.append(total)
        until_ms = starts_ms[index + 1] if index + 1 < len(starts_ms) else end_ms
        total += rate * (until_ms - starts_ms[index])
    return Trace(array("q", starts_ms), array("q", rates), totals, total)


def trace_of_phases(day: int, phases: Sequence[Phase]) -> Trace:
    """The trace of phases that fill a production day."""
    starts_ms, time_ms = [], day_start_ms(day)
    for phase in phases:
        starts_ms.append(time_ms)
        time_ms += phase.duration_ms
    return trace_of_rates(starts_ms, [phase.rate for phase in phases], time_ms)


def trace_of_codes(day: int, phases: Sequence[Phase]) -> Trace:
    """The trace whose rate is the code of the phase that runs."""
    return trace_of_phases(day, [Phase(phase.duration_ms, phase.code) for phase in phases])


def trace_of_steps(day: int, steps: Iterable[tuple[int, int]]) -> Trace:
    """The trace of amounts that arrive at single moments: (moment, amount), in order of time."""
    starts_ms, totals, total = array("q", [day_start_ms(day)]), array("q", [0]), 0
    for time_ms, amount in steps:
        total += amount
        starts_ms.append(time_ms)
        totals.append(total)
    return Trace(starts_ms, array("q", bytes(8 * len(totals))), totals, total)


class Series:
    """A rate over all time from a first production day on, and its exact total since that day began.

    Days are generated when they are first asked for; what a day holds must depend on its number alone.
    """

    def __init__(self, first_day: int, trace_of_day: Callable[[int], Trace]) -> None:
        self._first_day = first_day
        self._trace_of_day = trace_of_day
        self._traces: list[Trace] = []
        self._totals = [0]

    def total(self, time_ms: int) -> int:
        """The total from the start of the first day up to a moment. Raises ValueError for a moment before it."""
        index, segment = self._find(time_ms)
        trace = self._traces[index]
        since_ms = time_ms - trace.starts_ms[segment]
        return self._totals[index] + trace.totals[segment] + trace.rates[segment] * since_ms

    def rate(self, time_ms: int) -> int:
        """The rate at a moment. Raises ValueError for a moment before the first day."""
        index, segment = self._find(time_ms)
        return self._traces[index].rates[segment]

    def _find(self, time_ms: int) -> tuple[int, int]:
        index = day_of(time_ms) - self._first_day
        if index < 0:
            raise ValueError(f"{time_ms} ms is before the day on which the model starts")
        while index >= len(self._traces):
            trace = self._trace_of_day(self._first_day + len(self._traces))
            self._traces.append(trace)
            self._totals.append(self._totals[-1] + trace.total)
        return index, bisect_right(self._traces[index].starts_ms, time_ms) - 1
