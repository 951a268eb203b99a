"""Energy by time: what the site comes to in each span of time, and the table with one row a span."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.shares import Shares
from agent.accounting.spans import Span
from agent.accounting.statement import StatementLine, sum_or_none
from agent.reports.columns import ratio, share_columns, share_values, tonnes
from agent.reports.table import Column, Table, Value
from agent.reports.words import name_of
from agent.texts import Texts


@dataclass(frozen=True, slots=True)
class SiteSpan:
    """The site in one span of time. None is unknown: a span in which a stream has no energy has no total."""

    energy_gj: Decimal | None
    co2_t: Decimal | None
    production_t: Decimal | None
    shares: Shares


def site_span(lines: Sequence[StatementLine], products: Sequence[StatementLine], index: int) -> SiteSpan:
    """The site in the span of this number, from lines and products that were drawn over the same spans."""
    parts = [line.spans[index] for line in lines if line.stream.is_total]
    shares = Shares.total(part.shares for part in parts)
    produced_t = _production_t(index, products)
    if not any(part.is_known for part in parts):
        return SiteSpan(None, None, produced_t, shares)
    energy_gj = sum_or_none(p.converted.energy_gj if p.converted else None for p in parts)
    co2_kg = sum_or_none(p.converted.co2_kg if p.converted else None for p in parts)
    return SiteSpan(energy_gj, tonnes(co2_kg), produced_t, shares)


def energy_table(
    texts: Texts, spans: Sequence[Span], lines: Sequence[StatementLine], products: Sequence[StatementLine]
) -> Table:
    """The site by time, with the amount of every stream."""
    columns = (
        Column("from", texts("time")),
        Column("energy_gj", "GJ", 2),
        Column("co2_t", "t-CO2", 3),
        Column("production_t", texts("production"), 1, unit="t"),
        Column("energy_intensity_gj_per_t", "GJ/t", 2),
        Column("co2_intensity_t_per_t", "t-CO2/t", 3),
        *(_stream_column(texts, line) for line in lines),
        *share_columns(texts),
    )
    rows = (_row(index, span, lines, products) for index, span in enumerate(spans))
    return Table(texts("energy_by_time"), columns, tuple(rows), "energy_by_time")


def _stream_column(texts: Texts, line: StatementLine) -> Column:
    stream = line.stream
    return Column(f"{stream.id}_{stream.unit}", name_of(texts, stream), 1, unit=stream.unit)


def _row(
    index: int, span: Span, lines: Sequence[StatementLine], products: Sequence[StatementLine]
) -> tuple[Value, ...]:
    site = site_span(lines, products, index)
    return (
        span.name,
        site.energy_gj,
        site.co2_t,
        site.production_t,
        ratio(site.energy_gj, site.production_t),
        ratio(site.co2_t, site.production_t),
        *(line.spans[index].amount if line.spans[index].is_known else None for line in lines),
        *share_values(site.shares),
    )


def _production_t(index: int, products: Sequence[StatementLine]) -> Decimal | None:
    known = [line for line in products if line.spans[index].is_known]
    if not known:
        return None
    weights = {"kg": Decimal(1000), "t": Decimal(1)}
    return sum((line.spans[index].amount / weights[line.stream.unit] for line in known), Decimal(0))
