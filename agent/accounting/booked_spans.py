"""What the book says that points advanced, and in what time. Pure: knows neither half hours nor streams."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from agent.accounting.counters import Replacement
from agent.accounting.entries import BookedQuantity, Entry, MeterReplacement, Reading
from agent.accounting.interval import INTERVAL_S
from collectors.frame import Kind, Point


class BookProblemKind(StrEnum):
    """Why something in the book has no number."""

    NO_SUCH_POINT = "no_such_point"
    NO_SUCH_STREAM = "no_such_stream"
    NO_COUNTER = "no_counter"
    """The point is a gauge or a state: nothing advances there."""
    OFF_THE_HALF_HOUR = "off_the_half_hour"
    """Its times do not fall on :00 and :30, or do not follow each other."""
    NO_GAS = "no_gas"
    """A reference state for what is no gas volume."""
    NO_QUANTITY = "no_quantity"
    """A substitution by a stated quantity that states none."""
    FALL = "fall"
    """The register fell, and neither a replacement nor a modulus explains it."""
    TOO_FAST = "too_fast"
    """More than the declared maximum of the plant: a slip of the pen, or a meter that was replaced."""


@dataclass(frozen=True, slots=True)
class BookProblem:
    """Something that the book says of a point or stream and that gives no number, with the entries it comes from."""

    name: str
    from_utc_s: int
    to_utc_s: int
    kind: BookProblemKind
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BookedSpan:
    """What a point advanced in [from, to), in its unit, as exact as `rounding`, and the entries that say so."""

    from_utc_s: int
    to_utc_s: int
    quantity: Decimal
    rounding: Decimal
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BookedPoint:
    """A point (written device.point) with all that the book knows of it. A raw count is `scale` units."""

    name: str
    scale: Decimal
    spans: tuple[BookedSpan, ...]


@dataclass(frozen=True, slots=True)
class _Swap:
    """A replaced meter, in the point's unit."""

    time_ms: int
    old_end: Decimal
    new_start: Decimal

    def lies_between(self, first: Reading, second: Reading) -> bool:
        """Whether the meter changed from one reading to the other; at the very instant, the register tells which."""
        if self.time_ms == first.time_utc_s * 1000:
            return first.register == self.old_end
        if self.time_ms == second.time_utc_s * 1000:
            return second.register != self.old_end
        return first.time_utc_s * 1000 < self.time_ms < second.time_utc_s * 1000


@dataclass(slots=True)
class _Notes:
    """What the entries say of one point: readings by instant and quantities by time, the later entry's where two do."""

    readings: dict[int, tuple[int, Reading]] = field(default_factory=dict)
    quantities: dict[tuple[int, int], tuple[int, BookedQuantity]] = field(default_factory=dict)
    swaps: list[_Swap] = field(default_factory=list)

    def note(self, entry: Entry) -> None:
        """Take an entry; entries come in the order of their numbers."""
        content = entry.content
        if isinstance(content, Reading):
            self.readings[content.time_utc_s] = (entry.number, content)
        elif isinstance(content, BookedQuantity):
            self.quantities[content.from_utc_s, content.to_utc_s] = (entry.number, content)
        elif isinstance(content, MeterReplacement):
            self.swaps.append(_Swap(content.time_ms, content.old_end, content.new_start))


def read_points(
    standing: Iterable[Entry], points: Mapping[str, Point], replacements: Sequence[Replacement] = ()
) -> tuple[dict[tuple[str, str], BookedPoint], list[BookProblem]]:
    """What entries that stand say of points (by device.point), and what of it gives no number.

    `replacements` are those that the site declares elsewhere, in raw counts.
    """
    notes: dict[str, _Notes] = {}
    for entry in standing:
        if isinstance(entry.content, Reading | BookedQuantity | MeterReplacement):
            notes.setdefault(entry.content.point, _Notes()).note(entry)
    booked, problems = {}, list[BookProblem]()
    for name, said in notes.items():
        point = points.get(name)
        if point is None or point.kind is not Kind.COUNTER:
            kind = BookProblemKind.NO_SUCH_POINT if point is None else BookProblemKind.NO_COUNTER
            problems.extend(BookProblem(name, start, end, kind, (number,)) for start, end, number in _times(said))
            continue
        swaps = {swap.time_ms: swap for swap in (*_declared(name, point, replacements), *said.swaps)}
        spans = [
            *_spans_of_quantities(said, name, problems),
            *_spans_of_readings(said, name, point, list(swaps.values()), problems),
        ]
        if spans:
            device, _, point_id = name.partition(".")
            booked[device, point_id] = BookedPoint(name, point.scale, tuple(spans))
    return booked, problems


def _times(said: _Notes) -> Iterable[tuple[int, int, int]]:
    for time_utc_s, (number, _) in said.readings.items():
        yield time_utc_s, time_utc_s, number
    for (start, end), (number, _) in said.quantities.items():
        yield start, end, number


def _declared(name: str, point: Point, replacements: Sequence[Replacement]) -> Iterable[_Swap]:
    for swap in replacements:
        if f"{swap.device}.{swap.point}" == name:
            ends = (Decimal(swap.old_end_raw) * point.scale, Decimal(swap.new_start_raw) * point.scale)
            yield _Swap(swap.at_ms, *ends)


def _spans_of_quantities(said: _Notes, name: str, problems: list[BookProblem]) -> Iterable[BookedSpan]:
    for (start, end), (number, content) in said.quantities.items():
        if start % INTERVAL_S or end % INTERVAL_S or start >= end:
            problems.append(BookProblem(name, start, end, BookProblemKind.OFF_THE_HALF_HOUR, (number,)))
            continue
        yield BookedSpan(start, end, content.quantity, last_digit(content.quantity), (number,))


def _spans_of_readings(
    said: _Notes, name: str, point: Point, swaps: Sequence[_Swap], problems: list[BookProblem]
) -> Iterable[BookedSpan]:
    usable = []
    for time_utc_s in sorted(said.readings):
        if time_utc_s % INTERVAL_S:
            numbers = (said.readings[time_utc_s][0],)
            problems.append(BookProblem(name, time_utc_s, time_utc_s, BookProblemKind.OFF_THE_HALF_HOUR, numbers))
        else:
            usable.append(said.readings[time_utc_s])
    for (number, first), (following, second) in pairwise(usable):
        found = _advance(point, first, second, swaps)
        if isinstance(found, BookProblemKind):
            problem = BookProblem(name, first.time_utc_s, second.time_utc_s, found, (number, following))
            problems.append(problem)
            continue
        rounding = last_digit(first.register) + last_digit(second.register)
        yield BookedSpan(first.time_utc_s, second.time_utc_s, found, rounding, (number, following))


def _advance(point: Point, first: Reading, second: Reading, swaps: Sequence[_Swap]) -> Decimal | BookProblemKind:
    """The advance from one reading to the next, meter by meter; a register that fell turned over once at most."""
    between = sorted((swap for swap in swaps if swap.lies_between(first, second)), key=lambda swap: swap.time_ms)
    starts = [first.register, *(swap.new_start for swap in between)]
    ends = [*(swap.old_end for swap in between), second.register]
    turn = Decimal(0) if point.modulus is None else point.modulus * point.scale
    total = Decimal(0)
    for start, end in zip(starts, ends, strict=True):
        rise = end - start if end >= start else end - start + turn
        if rise < 0:
            return BookProblemKind.FALL
        total += rise
    return BookProblemKind.TOO_FAST if _is_too_fast(point, total, first, second) else total


def _is_too_fast(point: Point, advance: Decimal, first: Reading, second: Reading) -> bool:
    if point.maximum_per_hour is None:
        return False
    hours = Decimal(second.time_utc_s - first.time_utc_s) / 3600
    slack = last_digit(first.register) + last_digit(second.register) + (point.largest_step or 0)
    return advance > point.maximum_per_hour * hours + slack


def last_digit(number: Decimal) -> Decimal:
    """What the last digit of a number stands for, as it is written: a register of 831.2 is read to 0.1."""
    exponent = number.as_tuple().exponent
    return Decimal(1).scaleb(exponent) if isinstance(exponent, int) else Decimal(0)
