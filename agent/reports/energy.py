"""Energy by time as a table: one row a span, with quantities, GJ, CO2, production, intensities and shares."""

from collections.abc import Sequence
from decimal import Decimal

from agent.accounting.shares import Shares
from agent.accounting.spans import Span
from agent.accounting.statement import StatementLine, sum_or_none
from agent.reports.statement import name_of, share_columns, share_values, tonnes
from agent.reports.table import Column, Table, Value
from agent.texts import Texts


def energy_table(
    texts: Texts, spans: Sequence[Span], lines: Sequence[StatementLine], products: Sequence[StatementLine]
) -> Table:
    """The site by time, from lines and products that were drawn over the same spans.

    A span in which a stream has no energy has no total: what is unknown is not added as zero.
    """
    columns = (
        Column("from", texts("time")),
        Column("energy_gj", "GJ", 2),
        Column("co2_t", "t-CO2", 3),
        Column("production_t", texts("production") + " t", 1),
        Column("energy_intensity_gj_per_t", "GJ/t", 2),
        Column("co2_intensity_t_per_t", "t-CO2/t", 3),
        *(Column(f"{line.stream.id}_{line.stream.unit}", _heading(texts, line), 1) for line in lines),
        *share_columns(texts),
    )
    rows = (_row(index, span, lines, products) for index, span in enumerate(spans))
    return Table(texts("energy_by_time"), columns, tuple(rows))


def _heading(texts: Texts, line: StatementLine) -> str:
    return f"{name_of(texts, line.stream)} {line.stream.unit}"


def _row(
    index: int, span: Span, lines: Sequence[StatementLine], products: Sequence[StatementLine]
) -> tuple[Value, ...]:
    totals = [line for line in lines if line.stream.is_total]
    parts = [line.spans[index] for line in totals]
    shares = Shares.total(part.shares for part in parts)
    is_known = any(part.is_known for part in parts)
    energy_gj = sum_or_none(p.converted.energy_gj if p.converted else None for p in parts) if is_known else None
    co2_kg = sum_or_none(p.converted.co2_kg if p.converted else None for p in parts) if is_known else None
    produced_t = _production_t(index, products)
    return (
        span.name,
        energy_gj,
        tonnes(co2_kg),
        produced_t,
        energy_gj / produced_t if energy_gj is not None and produced_t else None,
        co2_kg / 1000 / produced_t if co2_kg is not None and produced_t else None,
        *(line.spans[index].amount if line.spans[index].is_known else None for line in lines),
        *share_values(shares),
    )


def _production_t(index: int, products: Sequence[StatementLine]) -> Decimal | None:
    known = [line for line in products if line.spans[index].is_known]
    if not known:
        return None
    weights = {"kg": Decimal(1000), "t": Decimal(1)}
    return sum((line.spans[index].amount / weights[line.stream.unit] for line in known), Decimal(0))
