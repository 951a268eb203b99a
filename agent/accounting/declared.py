"""All that the book says of a site's figures, sorted by what it speaks of. Pure: entries come from elsewhere."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from agent.accounting.booked import BookedHistory
from agent.accounting.booked_spans import BookedPoint, BookProblem, BookProblemKind, read_points
from agent.accounting.corrected import CorrectedStream
from agent.accounting.counters import Replacement
from agent.accounting.entries import Assertion, Entry, Exclusion, Invoice, Substitution, SubstitutionMethod, standing
from agent.accounting.interval import INTERVAL_S
from agent.accounting.metered import MeteredStream
from agent.accounting.streams import Stream
from collectors.frame import Point

OfStream = Invoice | Exclusion | Substitution | Assertion
"""What an entry says of a stream; a product counts as one."""

Measure = MeteredStream | CorrectedStream
"""A stream over any time."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What stands in the book: of points, of streams, what the figures are held against, and what gives no number."""

    points: Mapping[tuple[str, str], BookedPoint] = field(default_factory=dict)
    corrections: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    assertions: tuple[Entry, ...] = ()
    problems: tuple[BookProblem, ...] = ()

    def measure(self, stream: Stream, history: BookedHistory) -> Measure:
        """The stream over any time, corrected where the book corrects it."""
        metered = MeteredStream(stream, history)
        entries = self.corrections.get(stream.id)
        return metered if entries is None else CorrectedStream(metered, entries)


NOTHING = Declared()


def declare(
    entries: Iterable[Entry],
    points: Mapping[str, Point],
    streams: Iterable[Stream],
    replacements: Sequence[Replacement] = (),
) -> Declared:
    """What entries say of points (by device.point), and of streams and products. `replacements` are the site file's."""
    stand = sorted(standing(entries), key=lambda entry: entry.number)
    if not stand:
        return NOTHING
    booked, problems = read_points(stand, points, replacements)
    known = {stream.id: stream for stream in streams}
    corrections: dict[str, list[Entry]] = {}
    assertions = []
    for entry in stand:
        if not isinstance(entry.content, OfStream):
            continue
        kind = _what_is_wrong(entry.content, known.get(entry.content.stream))
        if kind is not None:
            times = (entry.content.from_utc_s, entry.content.to_utc_s)
            problems.append(BookProblem(entry.content.stream, *times, kind, (entry.number,)))
        elif isinstance(entry.content, Assertion):
            assertions.append(entry)
        else:
            corrections.setdefault(entry.content.stream, []).append(entry)
    frozen = {name: tuple(found) for name, found in corrections.items()}
    return Declared(booked, frozen, tuple(assertions), tuple(problems))


def _what_is_wrong(content: OfStream, stream: Stream | None) -> BookProblemKind | None:
    if stream is None:
        return BookProblemKind.NO_SUCH_STREAM
    start, end = content.from_utc_s, content.to_utc_s
    if start % INTERVAL_S or end % INTERVAL_S or start >= end:
        return BookProblemKind.OFF_THE_HALF_HOUR
    if not isinstance(content, Exclusion) and content.state is not None and stream.gas_meter is None:
        return BookProblemKind.NO_GAS
    is_value = isinstance(content, Substitution) and content.method is SubstitutionMethod.VALUE
    if isinstance(content, Substitution) and is_value and content.quantity is None:
        return BookProblemKind.NO_QUANTITY
    return None
