"""What the book says, as far as it decides the figures of some time: live figures need not place years of entries."""

from collections.abc import Sequence
from dataclasses import replace

from agent.accounting.booked_spans import BookedPoint, BookedSpan
from agent.accounting.declared import Declared
from agent.accounting.entries import Entry, Exclusion, Invoice, Substitution


def narrow(declared: Declared, from_utc_s: int, to_utc_s: int) -> Declared:
    """The same figures over [from, to) and any part of it, from fewer entries; without assertions and problems."""
    points = {key: _narrow_point(point, from_utc_s, to_utc_s) for key, point in declared.points.items()}
    corrections = {
        stream: tuple(entry for entry in entries if _has_a_part(entry, from_utc_s, to_utc_s))
        for stream, entries in declared.corrections.items()
    }
    return Declared(
        {key: point for key, point in points.items() if point.spans},
        {stream: entries for stream, entries in corrections.items() if entries},
    )


def _narrow_point(point: BookedPoint, from_utc_s: int, to_utc_s: int) -> BookedPoint:
    """The spans that overlap the time, and those that overlap them: what one of them says is shared out around them."""
    left: Sequence[BookedSpan] = point.spans
    chosen: list[BookedSpan] = []
    start, end = from_utc_s, to_utc_s
    while found := [span for span in left if span.from_utc_s < end and span.to_utc_s > start]:
        chosen += found
        left = [span for span in left if not (span.from_utc_s < end and span.to_utc_s > start)]
        start = min(start, *(span.from_utc_s for span in found))
        end = max(end, *(span.to_utc_s for span in found))
    return replace(point, spans=tuple(chosen))


def _has_a_part(entry: Entry, from_utc_s: int, to_utc_s: int) -> bool:
    """Whether an entry decides what holds in the time. Excluded time never stands in for other time, however far."""
    content = entry.content
    if isinstance(content, Invoice | Substitution):
        return content.from_utc_s < to_utc_s and content.to_utc_s > from_utc_s
    return isinstance(content, Exclusion)
