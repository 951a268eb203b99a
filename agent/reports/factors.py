"""The factors of a statement with their sources, and the calculation that leads from quantities to energy and CO2."""

from collections.abc import Iterable
from decimal import Decimal

from agent.accounting.convert import Converted
from agent.accounting.convert_units import (
    CARBON_UNIT,
    CO2_NUMERATORS_KG,
    convert_amount,
    split_factor_unit,
)
from agent.accounting.factors import Factor, FactorKey
from agent.accounting.statement import Statement, StatementLine
from agent.reports.columns import is_known, listed_name, tonnes
from agent.reports.formula import Formula, Ref, product, quotient
from agent.reports.report_texts import report_texts
from agent.reports.table import Cell, Column, Row, Table
from agent.reports.words import basis_cell, carrier_cell, quantity_cell, state_name, uses_cell
from agent.texts import Texts

_QUANTITY_DECIMALS = 3


def factors_table(texts: Texts, statement: Statement) -> Table:
    """Every factor that a line used, with its source: a figure without its source is a bug."""
    used: dict[FactorKey, Factor] = {}
    for line in statement.lines:
        converted = _converted(line)
        for factor in (converted.heat_factor, converted.co2_factor) if converted else ():
            if factor is not None:
                used[factor.key] = factor
    return list_factors(texts, used.values())


def list_factors(texts: Texts, factors: Iterable[Factor]) -> Table:
    """Some factors with their sources."""
    columns = (
        Column("carrier", texts("carrier")),
        Column("applies_to", report_texts(texts)("applies_to")),
        Column("quantity", texts("quantity")),
        Column("value", texts("value")),
        Column("unit", texts("unit")),
        Column("basis", texts("basis")),
        Column("source", texts("source")),
    )
    return Table(texts("factors"), columns, tuple(_factor(texts, factor) for factor in factors), "factors")


def _factor(texts: Texts, factor: Factor) -> Row:
    return (
        carrier_cell(texts, factor),
        uses_cell(texts, factor),
        quantity_cell(texts, factor),
        _as_published(factor),
        factor.unit,
        basis_cell(texts, factor),
        factor.source,
    )


def calculation_table(texts: Texts, statement: Statement) -> Table:
    """For every stream: quantity × heat factor = GJ, and from these and the CO2 factor the tonnes of CO2."""
    say = report_texts(texts)
    heat, co2 = say("heat_factor"), say("co2_factor")
    columns = (
        Column("stream", say("stream")),
        Column("quantity", say("amount"), _QUANTITY_DECIMALS),
        Column("quantity_unit", say("unit")),
        Column("heat_factor", heat),
        Column("heat_unit", say("unit")),
        Column("energy_gj", "GJ", 1),
        Column("co2_factor", co2),
        Column("co2_unit", say("unit")),
        Column("co2_t", "t-CO2", 2),
    )
    rows = [
        _calculation(texts, line, converted)
        for line in statement.lines
        if is_known(line.shares) and (converted := _converted(line)) is not None
    ]
    return Table(say("calculation"), columns, tuple(rows), "calculation", notes=(say("calculation_note"),))


def _calculation(texts: Texts, line: StatementLine, converted: Converted) -> Row:
    heat, co2 = converted.heat_factor, converted.co2_factor
    _, unit = split_factor_unit(heat.unit)
    return (
        listed_name(texts, line.stream),
        convert_amount(line.counted, line.stream.unit, unit),
        unit + state_name(texts, heat.reference_state),
        _as_published(heat),
        heat.unit,
        Cell(line.energy_gj, formula=product(Ref("quantity"), Ref("heat_factor"))),
        _as_published(co2) if co2 else None,
        co2.unit if co2 else "",
        Cell(tonnes(line.co2_kg), formula=_co2_formula(heat, co2) if co2 else None),
    )


def _co2_formula(heat: Factor, co2: Factor) -> Formula | None:
    """Tonnes of CO2 from the cells of a row; None where the two factors count a gas in different states."""
    if co2.unit == CARBON_UNIT:
        return quotient(product(Ref("energy_gj"), Ref("co2_factor"), Decimal(44)), Decimal(12))
    if heat.reference_state != co2.reference_state:
        return None
    numerator, per = split_factor_unit(co2.unit)
    _, unit = split_factor_unit(heat.unit)
    weight = convert_amount(Decimal(1), unit, per) * CO2_NUMERATORS_KG[numerator] / 1000
    return product(Ref("quantity"), Ref("co2_factor"), *([weight] if weight != 1 else []))


def _as_published(factor: Factor) -> Cell:
    """The value with all the decimals that its source prints."""
    exponent = factor.value.as_tuple().exponent
    return Cell(factor.value, max(0, -exponent) if isinstance(exponent, int) else None)


def _converted(line: StatementLine) -> Converted | None:
    """The factors of a line; they are the same throughout the year."""
    return next((span.converted for span in line.spans if span.converted is not None), None)
