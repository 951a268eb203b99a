"""Draws the statement of a fiscal year from stored half hours and their sums. Knows no storage: a history is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from agent.accounting.booked import with_book
from agent.accounting.calendar import months_of
from agent.accounting.declared import NOTHING, Declared, Measure
from agent.accounting.energy import convert_amount_of, reference_state_of
from agent.accounting.factors import FactorSet
from agent.accounting.gas_volume import ReferenceState
from agent.accounting.history import History
from agent.accounting.metered import Measured
from agent.accounting.spans import Span
from agent.accounting.statement import ProductLine, SpanFigures, Statement, StatementLine
from agent.accounting.streams import Stream

NOTHING_KNOWN = "nothing is known of it in this time"
"""The problem of a line whose stream has factors and no reading."""


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
    streams: Sequence[Stream],
    spans: Sequence[Span],
    history: History,
    factors: FactorSet,
    declared: Declared = NOTHING,
) -> list[StatementLine]:
    """Streams over any spans of one fiscal year, as lines of a statement, with what the book says of them."""
    drawer = _Drawer(spans, history, factors, declared)
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
    declared: Declared = NOTHING,
) -> Statement:
    """The statement of a year so far, with what the book says of its points, streams and products.

    A stream without a factor has its amount and says what is missing.
    """
    drawer = _Drawer(year.months(), history, factors, declared)
    lines = tuple(drawer.line(stream) for stream in streams)
    made = tuple(
        ProductLine(product, drawer.figures(product), expected_gj_per_t.get(product.id)) for product in products
    )
    return Statement(site_id, year.fiscal_year, factors, lines, made)


class _Drawer:
    """Draws one stream after another from the same history, spans and factors."""

    def __init__(self, spans: Sequence[Span], history: History, factors: FactorSet, declared: Declared) -> None:
        self._spans = spans
        self._history = with_book(history, declared.points)
        self._factors = factors
        self._declared = declared

    def line(self, stream: Stream) -> StatementLine:
        """A stream over all spans."""
        measure = self._declared.measure(stream, self._history)
        figures = _figures(measure, self._spans)
        try:
            state = reference_state_of(stream, self._factors)
            converted = [self._convert(measure, state, *pair) for pair in zip(figures, self._spans, strict=True)]
        except ValueError as error:
            return StatementLine(stream, figures, str(error))
        known = any(span.is_known for span in converted)
        return StatementLine(stream, tuple(converted), "" if known else NOTHING_KNOWN)

    def figures(self, stream: Stream) -> tuple[SpanFigures, ...]:
        """The amounts of a stream or product by span, not converted."""
        return _figures(self._declared.measure(stream, self._history), self._spans)

    def _convert(self, measure: Measure, state: ReferenceState | None, figures: SpanFigures, span: Span) -> SpanFigures:
        """A span's figures with GJ and CO2. A gas is brought to the factor's state; what cannot be is missing."""
        measured = Measured(figures.amount, figures.shares)
        if state is not None and measure.stream.line is not None:
            measured = measure.volume(state, span.start_utc_s, span.end_utc_s)
        shares = measured.shares
        converted = convert_amount_of(measure.stream, measured.amount, state, self._factors)
        name, amount, numbers = figures.name, figures.amount, figures.corrections
        if shares.missing_ms >= shares.expected_ms:
            return SpanFigures(name, amount, None, shares, numbers)
        return SpanFigures(name, amount, converted, shares, numbers, measured.amount)


def _figures(measure: Measure, spans: Sequence[Span]) -> tuple[SpanFigures, ...]:
    """Amounts, shares and entries by span, not converted."""
    found = []
    for span in spans:
        measured = measure.amount(span.start_utc_s, span.end_utc_s)
        numbers = tuple(sorted(measure.numbers(span.start_utc_s, span.end_utc_s)))
        found.append(SpanFigures(span.name, measured.amount, None, measured.shares, numbers))
    return tuple(found)
