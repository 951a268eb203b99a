"""What carriers cost: yen for an amount of a stream, at dated prices. An unknown price gives no yen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.spans import Span
from agent.accounting.statement import StatementLine


@dataclass(frozen=True, slots=True)
class Price:
    """Yen for one unit of a stream, as metered, over some time (UTC seconds, half-open, open-ended where None)."""

    stream: str
    yen_per_unit: Decimal
    from_utc_s: int | None = None
    to_utc_s: int | None = None

    def holds_over(self, span: Span) -> bool:
        """Whether the price holds for all of a span."""
        return (self.from_utc_s is None or self.from_utc_s <= span.start_utc_s) and (
            self.to_utc_s is None or span.end_utc_s <= self.to_utc_s
        )


def cut_at_prices(spans: Iterable[Span], prices: Iterable[Price]) -> list[Span]:
    """The spans, cut wherever a price changes, so that one price holds for all of each."""
    edges = {edge for price in prices for edge in (price.from_utc_s, price.to_utc_s) if edge is not None}
    pieces = []
    for span in spans:
        inner = [edge for edge in sorted(edges) if span.start_utc_s < edge < span.end_utc_s]
        starts, ends = [span.start_utc_s, *inner], [*inner, span.end_utc_s]
        pieces += [Span(span.name, start, end) for start, end in zip(starts, ends, strict=True)]
    return pieces


def cost_yen(line: StatementLine, spans: Sequence[Span], prices: Iterable[Price]) -> Decimal | None:
    """What a stream cost over the spans that its line was drawn for; None as soon as a price is not known.

    An amount that is partly unknown costs what is known of it; one of which nothing is known has no cost.
    """
    own = [price for price in prices if price.stream == line.stream.id]
    total = Decimal(0)
    for span, figures in zip(spans, line.spans, strict=True):
        price = next((price for price in own if price.holds_over(span)), None)
        if price is None or not figures.is_known:
            return None
        total += figures.amount * price.yen_per_unit
    return total
