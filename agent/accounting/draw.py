"""Draws the statement of a fiscal year from stored half hours and their sums. Knows no storage: a history is given."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol
from zoneinfo import ZoneInfo

from agent.accounting.calendar import months_of
from agent.accounting.energy import amount_in, convert_amount_of, reference_state_of
from agent.accounting.factors import FactorSet
from agent.accounting.gas_volume import ReferenceState
from agent.accounting.interval import INTERVAL_MS, INTERVAL_S, Interval, Sum
from agent.accounting.shares import Shares
from agent.accounting.spans import Span
from agent.accounting.statement import ProductLine, SpanFigures, Statement, StatementLine
from agent.accounting.streams import Stream, Term, half_hour_of

MS_PER_HOUR = 3_600_000


class History(Protocol):
    """The stored half hours of a site."""

    def sums(self, device: str, point: str, from_utc_s: int, to_utc_s: int) -> Sequence[Sum]:
        """The half hours of a point that start within [from, to), summed up by method."""
        ...

    def intervals(self, points: Sequence[tuple[str, str]], from_utc_s: int, to_utc_s: int) -> Iterable[Interval]:
        """Half hours that start within [from, to)."""
        ...


@dataclass(frozen=True, slots=True)
class Year:
    """A fiscal year at a place, drawn up to an instant (UTC seconds): what lies after it is not expected yet."""

    fiscal_year: int
    zone: ZoneInfo
    until_utc_s: int

    def months(self) -> list[Span]:
        """The months that have begun; the running one ends where the statement is drawn up to."""
        every = (Span(*month) for month in months_of(self.fiscal_year, self.zone))
        begun = (month for month in every if month.start_utc_s < self.until_utc_s)
        return [Span(month.name, month.start_utc_s, min(month.end_utc_s, self.until_utc_s)) for month in begun]


def draw_spans(
    streams: Sequence[Stream], spans: Sequence[Span], history: History, factors: FactorSet
) -> list[StatementLine]:
    """Streams over any spans of one fiscal year, as lines of a statement."""
    drawer = _Drawer(spans, history, factors)
    return [drawer.line(stream) for stream in streams]


def draw_statement(
    site_id: str,
    year: Year,
    streams: Sequence[Stream],
    products: Sequence[Stream],
    *,
    expected_gj_per_t: Mapping[str, Decimal],
    history: History,
    factors: FactorSet,
) -> Statement:
    """The statement of a year so far. A stream without a factor has its amount and says what is missing."""
    drawer = _Drawer(year.months(), history, factors)
    lines = tuple(drawer.line(stream) for stream in streams)
    made = tuple(
        ProductLine(product, drawer.figures(product), expected_gj_per_t.get(product.id)) for product in products
    )
    return Statement(site_id, year.fiscal_year, factors, lines, made)


class _Drawer:
    """Draws one stream after another from the same history, spans and factors."""

    def __init__(self, spans: Sequence[Span], history: History, factors: FactorSet) -> None:
        self._spans = spans
        self._history = history
        self._factors = factors

    def line(self, stream: Stream) -> StatementLine:
        """A stream over all spans."""
        figures = self.figures(stream)
        try:
            state = reference_state_of(stream, self._factors)
            converted = [self._convert(stream, state, *pair) for pair in zip(figures, self._spans, strict=True)]
        except ValueError as error:
            return StatementLine(stream, figures, str(error))
        known = any(span.is_known for span in converted)
        return StatementLine(stream, tuple(converted), "" if known else "nothing is known of it in this time")

    def figures(self, stream: Stream) -> tuple[SpanFigures, ...]:
        """The amounts of a stream or product by span, not converted."""
        return tuple(self._figures(stream, span) for span in self._spans)

    def _figures(self, stream: Stream, span: Span) -> SpanFigures:
        """Amount and shares of a span: each register over the part of it for which its term holds."""
        amount, shares = Decimal(0), []
        for term in stream.terms:
            start = max(span.start_utc_s, term.from_utc_s or span.start_utc_s)
            end = min(span.end_utc_s, term.to_utc_s or span.end_utc_s)
            if start >= end:
                continue
            sums = self._history.sums(term.source.device, term.source.point, start, end)
            amount += sum((_amount_of(term, part) for part in sums), Decimal(0))
            shares.append(Shares.of((end - start) * 1000, ((part.method, part.spanned_ms) for part in sums)))
        return SpanFigures(span.name, amount, None, Shares.total(shares))

    def _convert(self, stream: Stream, state: ReferenceState | None, figures: SpanFigures, span: Span) -> SpanFigures:
        amount, shares = figures.amount, figures.shares
        if state not in {None, ReferenceState.AS_METERED} and stream.line is not None:
            amount, shares = self._volume(stream, state, span)
        converted = convert_amount_of(stream, amount, state, self._factors)
        is_known = shares.missing_ms < shares.expected_ms
        return SpanFigures(figures.name, figures.amount, converted if is_known else None, shares)

    def _volume(self, stream: Stream, state: ReferenceState | None, span: Span) -> tuple[Decimal, Shares]:
        """A gas volume in a reference state, each half hour with its own pressure and temperature.

        A half hour whose volume is known and whose pressure or temperature is not is missing.
        """
        points = [(ref.device, ref.point) for ref in dict.fromkeys(stream.points())]
        found = self._history.intervals(points, span.start_utc_s, span.end_utc_s)
        known = {(interval.device, interval.point, interval.start_utc_s): interval for interval in found}
        volume, spanned, expected_ms = Decimal(0), [], 0
        for start_utc_s in range(span.start_utc_s, span.end_utc_s, INTERVAL_S):
            expected_ms += INTERVAL_MS if any(term.holds_at(start_utc_s) for term in stream.terms) else 0
            half_hour = half_hour_of(stream, start_utc_s, lambda *key: known.get(key))
            if half_hour is not None:
                volume += amount_in(half_hour, state)
                spanned.append((half_hour.method, half_hour.spanned_ms))
        return volume, Shares.of(expected_ms, spanned)


def _amount_of(term: Term, part: Sum) -> Decimal:
    if term.is_rate:
        return Decimal(part.weighted_raw) * term.unit_per_count / MS_PER_HOUR
    return Decimal(part.advance_raw) * term.unit_per_count
