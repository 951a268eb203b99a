"""A stream with what the book says of it: invoices in its place, time excluded, what stands in for missing time.

An invoice goes before what stands in, that before the registers; of two invoices, or two that stand in, the later
entry holds. Excluded time is missing unless one of them fills it. All is settled half hour by half hour, so that any
cut of the time gives the same sums. Knows no factor.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from agent.accounting.entries import Entry, Exclusion, Invoice, Substitution
from agent.accounting.filling import Filling, GasLine, SharedQuantity
from agent.accounting.gas_volume import ReferenceState
from agent.accounting.interval import INTERVAL_S, Method
from agent.accounting.metered import Measured, MeteredStream
from agent.accounting.shares import Shares
from agent.accounting.standing_in import Times, stand_in, without
from agent.accounting.streams import Stream


@dataclass(frozen=True, slots=True)
class _Segment:
    """Time that the book settles: with a filling, or, where that is None, as missing."""

    start_utc_s: int
    end_utc_s: int
    number: int
    filling: Filling | None
    method: Method

    def clipped(self, from_utc_s: int, to_utc_s: int) -> "_Segment":
        """The part within [from, to)."""
        start, end = max(self.start_utc_s, from_utc_s), min(self.end_utc_s, to_utc_s)
        return _Segment(start, end, self.number, self.filling, self.method)


class CorrectedStream:
    """A stream over any time that half hours cut, as `MeteredStream`, with its corrections."""

    def __init__(self, metered: MeteredStream, entries: Sequence[Entry]) -> None:
        """Take the invoices, exclusions and substitutions of the stream that stand, in the order of their numbers."""
        self.stream = metered.stream
        self._metered = metered
        self._exclusions = [(e.number, e.content) for e in entries if isinstance(e.content, Exclusion)]
        self._segments = _settle(metered, entries)

    def amount(self, from_utc_s: int, to_utc_s: int) -> Measured:
        """The amount as metered."""
        parts = [self._metered.amount(*time) for time in self._untouched(from_utc_s, to_utc_s)]
        for segment in self._touched(from_utc_s, to_utc_s):
            filling, time = segment.filling, (segment.start_utc_s, segment.end_utc_s)
            amount = None if filling is None else filling.amount(*time)
            parts.append(_measured(self.stream, segment, amount, by_register=True))
        return _total(parts)

    def volume(self, state: ReferenceState, from_utc_s: int, to_utc_s: int) -> Measured:
        """A gas volume in a reference state; what cannot be brought to it is missing."""
        parts = [self._metered.volume(state, *time) for time in self._untouched(from_utc_s, to_utc_s)]
        by_register = state is ReferenceState.AS_METERED
        for segment in self._touched(from_utc_s, to_utc_s):
            filling, time = segment.filling, (segment.start_utc_s, segment.end_utc_s)
            volume = None if filling is None else filling.volume(state, *time)
            parts.append(_measured(self.stream, segment, volume, by_register=by_register))
        return _total(parts)

    def numbers(self, from_utc_s: int, to_utc_s: int) -> set[int]:
        """The entries that touch the time: those that settle it, exclude it, or tell of its points."""
        found = {segment.number for segment in self._touched(from_utc_s, to_utc_s)}
        for number, exclusion in self._exclusions:
            if exclusion.from_utc_s < to_utc_s and exclusion.to_utc_s > from_utc_s:
                found.add(number)
        for time in self._untouched(from_utc_s, to_utc_s):
            found |= self._metered.numbers(*time)
        return found

    def _touched(self, from_utc_s: int, to_utc_s: int) -> list[_Segment]:
        overlapping = (s for s in self._segments if s.start_utc_s < to_utc_s and s.end_utc_s > from_utc_s)
        return [segment.clipped(from_utc_s, to_utc_s) for segment in overlapping]

    def _untouched(self, from_utc_s: int, to_utc_s: int) -> Times:
        touched = [(s.start_utc_s, s.end_utc_s) for s in self._touched(from_utc_s, to_utc_s)]
        return without([(from_utc_s, to_utc_s)], touched)


def _settle(metered: MeteredStream, entries: Sequence[Entry]) -> list[_Segment]:
    """What holds when: exclusions first, then what stands in, then invoices, each over those before it."""
    exclusions = [(e.number, e.content) for e in entries if isinstance(e.content, Exclusion)]
    excluded = [(content.from_utc_s, content.to_utc_s) for _, content in exclusions]
    segments: list[_Segment] = []
    for number, content in exclusions:
        segments = _paint(segments, [_Segment(content.from_utc_s, content.to_utc_s, number, None, Method.MISSING)])
    for entry in entries:
        if isinstance(entry.content, Substitution):
            filled = stand_in(metered, entry.content, excluded)
            found = [_Segment(start, end, entry.number, filling, Method.SUBSTITUTED) for start, end, filling in filled]
            segments = _paint(segments, found)
    for entry in entries:
        if isinstance(entry.content, Invoice):
            time = (entry.content.from_utc_s, entry.content.to_utc_s)
            quantity = _shared(metered, entry.content, without([time], excluded))
            segments = _paint(segments, [_Segment(*time, entry.number, quantity, Method.RECOVERED)])
    return sorted(segments, key=lambda segment: segment.start_utc_s)


def _paint(segments: Sequence[_Segment], new: Sequence[_Segment]) -> list[_Segment]:
    """The segments with new ones, which do not overlap, over them."""
    times = [(segment.start_utc_s, segment.end_utc_s) for segment in new]
    left = [s.clipped(*part) for s in segments for part in without([(s.start_utc_s, s.end_utc_s)], times)]
    return [*left, *new]


def _shared(metered: MeteredStream, invoice: Invoice, counted: Times) -> SharedQuantity:
    """The invoice's quantity; as metered it is at the mean pressure and temperature that were read in its time."""
    half_hours = (invoice.to_utc_s - invoice.from_utc_s) // INTERVAL_S
    meter = metered.stream.gas_meter
    line = GasLine() if meter is None else metered.mean_line(counted)
    return SharedQuantity(invoice.quantity, half_hours, invoice.state, meter, line)


def _measured(stream: Stream, segment: _Segment, amount: Decimal | None, *, by_register: bool) -> Measured:
    """An amount with its shares; None is missing. Invoiced time counts even where no register of the stream does."""
    fewest = 1 if segment.method is Method.RECOVERED else 0
    expected_ms = 0
    for start, end in _parts(stream, segment):
        holding = sum(term.holds_at(start) for term in stream.terms)
        expected_ms += max(fewest, holding if by_register else min(holding, 1)) * (end - start) * 1000
    if amount is None:
        return Measured(Decimal(0), Shares(expected_ms))
    return Measured(amount, Shares.of(expected_ms, [(segment.method, expected_ms)]))


def _parts(stream: Stream, segment: _Segment) -> Iterable[tuple[int, int]]:
    """A segment, cut where a term of the stream begins or ends."""
    dates = {date for term in stream.terms for date in (term.from_utc_s, term.to_utc_s) if date is not None}
    inside = {date for date in dates if segment.start_utc_s < date < segment.end_utc_s}
    return pairwise(sorted({segment.start_utc_s, segment.end_utc_s} | inside))


def _total(parts: Sequence[Measured]) -> Measured:
    amount = sum((part.amount for part in parts), Decimal(0))
    return Measured(amount, Shares.total(part.shares for part in parts))
