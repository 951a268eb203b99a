"""The annual statement's own tables: summary, streams, production, areas, balances."""

from collections.abc import Sequence
from decimal import Decimal

from agent.accounting.areas import AreaFigures
from agent.accounting.balances import Residual
from agent.accounting.convert import CRUDE_OIL_KL_PER_GJ
from agent.accounting.statement import Statement, StatementLine
from agent.reports.columns import is_known, listed_name, mark_of, share_columns, share_values, tonnes
from agent.reports.formula import Formula, Ref, across, product, quotient, same_as, sum_of
from agent.reports.report_texts import report_texts
from agent.reports.table import Cell, Column, Row, Table, Value
from agent.reports.words import area_cell, name_of, scheme_name
from agent.texts import Texts

_ENERGY, _CO2, _ELECTRICITY, _PRODUCTION = (Ref("value", row) for row in (0, 2, 3, 4))
"""Figures of the summary that others are made of, by their rows."""


def summary_table(texts: Texts, statement: Statement) -> Table:
    """The figures of the year, each in its unit."""
    total = len(statement.lines)
    co2_t = tonnes(statement.co2_kg)
    mwh = statement.electricity_kwh / 1000
    per_tonne = statement.per_tonne
    figures: list[tuple[str, Value, int, str, Formula | None]] = [
        ("energy", statement.energy_gj, 0, "GJ", same_as(Ref("energy_gj", total, "streams"))),
        ("crude_oil_equivalent", statement.crude_oil_equivalent_kl, 0, "kL", product(_ENERGY, CRUDE_OIL_KL_PER_GJ)),
        ("co2", co2_t, 0, "t-CO2", same_as(Ref("co2_t", total, "streams"))),
        ("electricity_used", mwh, 0, "MWh", None),
        ("production", statement.production_t, 0, "t", _production_total(statement)),
        ("energy_intensity", per_tonne(statement.energy_gj), 2, "GJ/t", quotient(_ENERGY, _PRODUCTION)),
        ("expected_intensity", statement.expected_gj_per_t, 2, "GJ/t", None),
        ("electricity_intensity", per_tonne(statement.electricity_kwh), 0, "kWh/t", _kwh_per_tonne()),
        ("co2_intensity", per_tonne(co2_t), 3, "t-CO2/t", quotient(_CO2, _PRODUCTION)),
    ]
    scheme = scheme_name(texts, statement.factors.scheme)
    title = texts("statement", site=statement.site_id, year=statement.fiscal_year, scheme=scheme)
    columns = (Column("figure", texts("figure")), Column("value", texts("value")), Column("unit", texts("unit")))
    rows = [(texts(key), Cell(value, places, "", formula), unit) for key, value, places, unit, formula in figures]
    return Table(title, columns, tuple(rows), "summary")


def _production_total(statement: Statement) -> Formula | None:
    return same_as(Ref("production_t", len(statement.products), "production")) if statement.products else None


def _kwh_per_tonne() -> Formula:
    return quotient(product(_ELECTRICITY, Decimal(1000)), _PRODUCTION)


def streams_table(texts: Texts, statement: Statement) -> Table:
    """Every stream with its amount as metered, energy, CO2 and shares; those that add up to the site are totalled."""
    columns = (
        Column("stream", texts("stream")),
        Column("amount", texts("amount"), 0),
        Column("unit", texts("unit")),
        Column("energy_gj", "GJ", 0),
        Column("co2_t", "t-CO2", 1),
        *share_columns(texts),
    )
    added = [row for row, line in enumerate(statement.lines) if line.stream.is_total]
    say = report_texts(texts)
    total: Row = (
        say("total"),
        "",
        "",
        Cell(statement.energy_gj, formula=sum_of("energy_gj", added)),
        Cell(tonnes(statement.co2_kg), formula=sum_of("co2_t", added)),
        *share_values(statement.shares),
    )
    rows = tuple(_stream_row(texts, line) for line in statement.lines)
    notes = (say("inner_streams"),) if len(added) < len(rows) else ()
    return Table(texts("streams"), columns, rows, "streams", (total,), notes)


def _stream_row(texts: Texts, line: StatementLine) -> Row:
    known = is_known(line.shares)
    return (
        listed_name(texts, line.stream),
        Cell(line.amount if known else None, mark=mark_of(texts, line.corrections)),
        line.stream.unit,
        line.energy_gj if known else None,
        tonnes(line.co2_kg) if known else None,
        *share_values(line.shares),
    )


def production_table(texts: Texts, statement: Statement) -> Table:
    """Every product class in tonnes, with its benchmark."""
    columns = (
        Column("product", texts("product")),
        Column("production_t", "t", 1),
        Column("expected_gj_per_t", texts("expected_intensity"), 1, unit="GJ/t"),
    )
    rows = tuple(
        (
            name_of(texts, line.product),
            Cell(line.tonnes, mark=mark_of(texts, line.corrections)),
            line.expected_gj_per_t,
        )
        for line in statement.products
    )
    formula = sum_of("production_t", range(len(rows)))
    total = (report_texts(texts)("total"), Cell(statement.production_t, formula=formula), statement.expected_gj_per_t)
    return Table(texts("production"), columns, rows, "production", (total,) if rows else ())


def areas_table(texts: Texts, areas: Sequence[AreaFigures]) -> Table:
    """Energy and CO2 by area; what is allocated adds up to nothing."""
    columns = (
        Column("area", texts("area")),
        Column("own_gj", texts("own_energy"), 0, unit="GJ"),
        Column("allocated_gj", texts("allocated"), 0, unit="GJ"),
        Column("energy_gj", "GJ", 0),
        Column("co2_t", "t-CO2", 1),
    )
    both = across(("own_gj", "allocated_gj"))
    rows = tuple(
        (area_cell(texts, a.area), a.own_gj, a.allocated_gj, Cell(a.energy_gj, formula=both), tonnes(a.co2_kg))
        for a in areas
    )
    co2 = [a.co2_kg for a in areas]
    zero = Decimal(0)
    totals: list[tuple[str, Decimal | None]] = [
        ("own_gj", sum((a.own_gj for a in areas), zero)),
        ("allocated_gj", sum((a.allocated_gj for a in areas), zero)),
        ("energy_gj", sum((a.energy_gj for a in areas), zero)),
        ("co2_t", None if None in co2 else tonnes(sum((kg for kg in co2 if kg is not None), zero))),
    ]
    cells = [Cell(value, formula=sum_of(key, range(len(rows)))) for key, value in totals]
    return Table(texts("areas"), columns, rows, "areas", ((report_texts(texts)("total"), *cells),) if rows else ())


def balances_table(texts: Texts, residuals: Sequence[Residual]) -> Table:
    """What each balance has left over."""
    columns = (
        Column("balance", texts("balance")),
        Column("residual", texts("residual"), 0),
        Column("unit", texts("unit")),
    )
    rows = [(Cell(r.balance.id, shown=name_of(texts, r.balance)), r.amount, r.unit) for r in residuals]
    return Table(texts("balances"), columns, tuple(rows), "balances")
