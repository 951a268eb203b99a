"""The annual statement as tables: summary, streams, production, areas, balances, factors."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from agent.accounting.areas import AreaFigures
from agent.accounting.shares import Shares
from agent.accounting.statement import Statement, StatementLine
from agent.accounting.streams import Stream
from agent.reports.table import Column, Table, Value, rounded
from agent.texts import Texts


def name_of(texts: Texts, stream: Stream) -> str:
    """What a stream is called in the reader's language; its id where it has no name."""
    names = {"ja": stream.name_ja, "en": stream.name_en}
    return names[texts.language] or stream.id


def statement_tables(
    texts: Texts, statement: Statement, areas: Sequence[AreaFigures], residuals: Mapping[str, tuple[Decimal, str]]
) -> list[Table]:
    """The whole statement. `residuals` gives, for each balance, what is left over and its unit."""
    return [
        _summary(texts, statement),
        _streams(texts, statement),
        _production(texts, statement),
        _areas(texts, areas),
        _balances(texts, residuals),
        _factors(texts, statement),
    ]


def _summary(texts: Texts, statement: Statement) -> Table:
    co2_t = tonnes(statement.co2_kg)
    figures: list[tuple[str, Value, int, str]] = [
        ("energy", statement.energy_gj, 0, "GJ"),
        ("crude_oil_equivalent", statement.crude_oil_equivalent_kl, 0, "kL"),
        ("co2", co2_t, 0, "t-CO2"),
        ("electricity_used", statement.electricity_kwh / 1000, 0, "MWh"),
        ("production", statement.production_t, 0, "t"),
        ("energy_intensity", statement.per_tonne(statement.energy_gj), 2, "GJ/t"),
        ("expected_intensity", statement.expected_gj_per_t, 2, "GJ/t"),
        ("electricity_intensity", statement.per_tonne(statement.electricity_kwh), 0, "kWh/t"),
        ("co2_intensity", statement.per_tonne(co2_t), 3, "t-CO2/t"),
    ]
    factors = statement.factors
    title = texts("statement", site=statement.site_id, year=statement.fiscal_year, scheme=factors.scheme)
    columns = (Column("figure", texts("figure")), Column("value", texts("value")), Column("unit", texts("unit")))
    rows = [(texts(key), rounded(value, decimals), unit) for key, value, decimals, unit in figures]
    return Table(title, columns, tuple(rows))


def _streams(texts: Texts, statement: Statement) -> Table:
    columns = (
        Column("stream", texts("stream")),
        Column("amount", texts("amount"), 0),
        Column("unit", texts("unit")),
        Column("energy_gj", "GJ", 0),
        Column("co2_t", "t-CO2", 1),
        *share_columns(texts),
    )
    return Table(texts("streams"), columns, tuple(_stream_row(texts, line) for line in statement.lines))


def _stream_row(texts: Texts, line: StatementLine) -> tuple[Value, ...]:
    name = name_of(texts, line.stream)
    is_known = line.shares.missing_ms < line.shares.expected_ms
    return (
        name if line.stream.is_total else f"({name})",
        line.amount if is_known else None,
        line.stream.unit,
        line.energy_gj if is_known else None,
        tonnes(line.co2_kg) if is_known else None,
        *share_values(line.shares),
    )


def _production(texts: Texts, statement: Statement) -> Table:
    columns = (
        Column("product", texts("product")),
        Column("production_t", "t", 1),
        Column("expected_gj_per_t", texts("expected_intensity"), 1),
    )
    rows = [(name_of(texts, line.product), line.tonnes, line.expected_gj_per_t) for line in statement.products]
    return Table(texts("production"), columns, tuple(rows))


def _areas(texts: Texts, areas: Sequence[AreaFigures]) -> Table:
    columns = (
        Column("area", texts("area")),
        Column("own_gj", texts("own_energy"), 0),
        Column("allocated_gj", texts("allocated"), 0),
        Column("energy_gj", "GJ", 0),
        Column("co2_t", "t-CO2", 1),
    )
    rows = [(a.area, a.own_gj, a.allocated_gj, a.energy_gj, tonnes(a.co2_kg)) for a in areas]
    return Table(texts("areas"), columns, tuple(rows))


def _balances(texts: Texts, residuals: Mapping[str, tuple[Decimal, str]]) -> Table:
    columns = (
        Column("balance", texts("balance")),
        Column("residual", texts("residual"), 0),
        Column("unit", texts("unit")),
    )
    rows = [(name, left, unit) for name, (left, unit) in residuals.items()]
    return Table(texts("balances"), columns, tuple(rows))


def _factors(texts: Texts, statement: Statement) -> Table:
    """Every factor that a line used, with its source: a figure without its source is a bug."""
    columns = (
        Column("carrier", texts("carrier")),
        Column("quantity", texts("quantity")),
        Column("value", texts("value")),
        Column("unit", texts("unit")),
        Column("basis", texts("basis")),
        Column("source", texts("source")),
    )
    used = {}
    for line in statement.lines:
        for span in line.spans:
            if span.converted is not None:
                used[span.converted.heat_factor.key] = span.converted.heat_factor
                if span.converted.co2_factor is not None:
                    used[span.converted.co2_factor.key] = span.converted.co2_factor
    rows = [(f.carrier, f.quantity.value, str(f.value), f.unit, f.basis.value, f.source) for f in used.values()]
    return Table(texts("factors"), columns, tuple(rows))


def share_columns(texts: Texts) -> tuple[Column, ...]:
    """The columns that say how well a figure is known, in per cent of the time."""
    return (
        Column("measured_percent", texts("measured_share"), 1),
        Column("recovered_percent", texts("recovered_share"), 1, is_detail=True),
        Column("substituted_percent", texts("substituted_share"), 1, is_detail=True),
        Column("missing_percent", texts("missing_share"), 1),
    )


def share_values(shares: Shares) -> tuple[Value, ...]:
    """The values of `share_columns`."""
    parts = (shares.measured_ms, shares.recovered_ms, shares.substituted_ms, shares.missing_ms)
    return tuple(100 * shares.share(part) for part in parts)


def tonnes(kg: Decimal | None) -> Decimal | None:
    """Kilograms in tonnes; unknown stays unknown."""
    return None if kg is None else kg / 1000
