"""From a line of the statement down to what it rests on: registers, half hours, corrections, events and factors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.entries import Entry
from agent.accounting.factors import Factor
from agent.accounting.interval import INTERVAL_S, Event
from agent.accounting.spans import Span, cut_spans
from agent.accounting.statement import StatementLine
from agent.accounting.streams import PointRef, Stream, Term
from agent.query import entries_of, query_time
from agent.settings.site import Site
from agent.storage.ledger import Ledger
from agent.storage.registers import RegisterRow, read_registers
from agent.texts.refusal import RefusalError
from agent.texts.sentences import say


@dataclass(frozen=True, slots=True)
class RegisterSpan:
    """What one register did in a span: its first opening and last closing in the display's unit, its advance in counts.

    `half_hours` counts the stored half hours by method. `first_seq` and `last_seq` are the journal's sequence numbers
    of the frames that they rest on; None where nothing is stored.
    """

    span: str
    ref: PointRef
    unit_per_count: Decimal
    opening: Decimal | None
    closing: Decimal | None
    advance_raw: float
    half_hours: tuple[tuple[str, int], ...]
    first_seq: int | None
    last_seq: int | None


@dataclass(frozen=True, slots=True)
class Trace:
    """A line with all that it rests on, over the spans of a fiscal year, or the half hours of a part of it."""

    line: StatementLine
    is_product: bool
    registers: tuple[RegisterSpan, ...]
    corrections: tuple[Entry, ...]
    events: tuple[Event, ...]
    factors: tuple[Factor, ...]


class NoSuchLine(RefusalError):  # noqa: N818 - names the state of the data
    """The statement has no line of that name. The message says which there are."""


def trace_line(
    site: Site,
    line_id: str,
    from_utc_s: int,
    to_utc_s: int,
    size: str = "month",
    *,
    scheme: str | None = None,
    entries: Sequence[Entry] | None = None,
) -> Trace:
    """What a stream or product rests on in [from, to), in spans of a size.

    Raises NoSuchLine, and what `query_time` raises.
    """
    known = {stream.id: stream for stream in (*site.streams, *site.products)}
    if line_id not in known:
        raise NoSuchLine(say("no_such_line", value=line_id, known=", ".join(known)))
    stream, booked = known[line_id], entries_of(site) if entries is None else entries
    is_product = stream in site.products
    spans = cut_spans(size, from_utc_s, to_utc_s, site.file.site.zone)
    figures = query_time(site, spans, scheme, () if is_product else (line_id,), booked)
    found = figures.products if is_product else figures.lines
    line = next(line for line in found if line.stream.id == line_id)
    registers = tuple(part for term in stream.terms for part in _register(site, term, spans))
    ledger = Ledger(site.path(site.file.journal.path))
    try:
        events = tuple(_events(ledger.events(), stream, from_utc_s * 1000, to_utc_s * 1000))
    finally:
        ledger.close()
    touching = tuple(entry for entry in booked if entry.number in line.corrections)
    return Trace(line, is_product, registers, touching, events, _factors(line))


def _register(site: Site, term: Term, spans: Sequence[Span]) -> Iterable[RegisterSpan]:
    """What a term's register did in each span that the term has a part in."""
    device, point = term.source.device, term.source.point
    scale = site.points[f"{device}.{point}"].scale
    start = max(spans[0].start_utc_s, term.from_utc_s or spans[0].start_utc_s)
    end = min(spans[-1].end_utc_s, term.to_utc_s or spans[-1].end_utc_s)
    stored = read_registers(site.path(site.file.journal.path), device, point, start, end)
    position = 0
    for span in spans:
        if span.end_utc_s <= start or span.start_utc_s >= end:
            continue
        first = position
        while position < len(stored) and stored[position].start_utc_s < span.end_utc_s:
            position += 1
        yield _register_span(span, term, scale, stored[first:position])


def _register_span(span: Span, term: Term, scale: Decimal, stored: Sequence[RegisterRow]) -> RegisterSpan:
    counts: dict[str, int] = {}
    for row in stored:
        counts[row.method] = counts.get(row.method, 0) + 1
    missing = (span.end_utc_s - span.start_utc_s) // INTERVAL_S - len(stored)
    if missing:
        counts["missing"] = missing
    return RegisterSpan(
        span.name,
        term.source,
        term.unit_per_count,
        Decimal(stored[0].opening_raw) * scale if stored else None,
        Decimal(stored[-1].closing_raw) * scale if stored else None,
        sum(row.advance_raw for row in stored),
        tuple(counts.items()),
        min((row.first_seq for row in stored), default=None),
        max((row.last_seq for row in stored), default=None),
    )


def _events(events: Iterable[Event], stream: Stream, from_ms: int, to_ms: int) -> Iterable[Event]:
    points = {(ref.device, ref.point) for ref in stream.points()}
    devices = {device for device, _ in points}
    for event in events:
        concerns = (event.device, event.point) in points or (event.device in devices and not event.point)
        if concerns and from_ms <= event.time_ms < to_ms:
            yield event


def _factors(line: StatementLine) -> tuple[Factor, ...]:
    used: dict[str, Factor] = {}
    for span in line.spans:
        if span.converted is not None:
            for factor in (span.converted.heat_factor, span.converted.co2_factor):
                if factor is not None:
                    used.setdefault(f"{factor.key} {factor.where}", factor)
    return tuple(used.values())
