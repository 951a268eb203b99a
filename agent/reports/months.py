"""The year month by month: the site, and every stream's amount, energy and CO2, with the charts of the site."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from agent.accounting.statement import SpanFigures, Statement, StatementLine
from agent.reports.columns import is_known, listed_name, mark_of, ratio, share_columns, share_values, tonnes
from agent.reports.energy import SiteSpan, site_span
from agent.reports.formula import Ref, across, quotient, sum_of
from agent.reports.report import Chart, Series
from agent.reports.report_texts import ReportTexts
from agent.reports.table import Cell, Column, Row, Table

MONTHS = "months"


def month_names(statement: Statement) -> list[str]:
    """The months that the statement covers so far."""
    drawn = [line.spans for line in statement.lines] or [line.spans for line in statement.products]
    return [span.name for span in drawn[0]] if drawn else []


def products_of(statement: Statement) -> list[StatementLine]:
    """The products as lines without energy."""
    return [StatementLine(line.product, line.spans) for line in statement.products]


def months_table(say: ReportTexts, statement: Statement) -> Table:
    """The site by month: energy, CO2, production, intensities, shares; the last line is the year."""
    columns = (
        Column("month", say("month")),
        Column("energy_gj", say("energy"), 0, unit="GJ"),
        Column("co2_t", "CO2", 1, unit="t-CO2"),
        Column("production_t", say("production"), 1, unit="t"),
        Column("energy_intensity_gj_per_t", say("energy_intensity"), 2, unit="GJ/t"),
        Column("co2_intensity_t_per_t", say("co2_intensity"), 3, unit="t-CO2/t"),
        *share_columns(say),
    )
    products = products_of(statement)
    spans = [site_span(statement.lines, products, index) for index in range(len(month_names(statement)))]
    rows = [_site_row(name, span) for name, span in zip(month_names(statement), spans, strict=True)]
    return Table(say("months"), columns, tuple(rows), MONTHS, (_year_row(say, statement, spans),))


def _site_row(name: str, span: SiteSpan) -> Row:
    return (
        name,
        span.energy_gj,
        span.co2_t,
        span.production_t,
        Cell(ratio(span.energy_gj, span.production_t), formula=quotient(Ref("energy_gj"), Ref("production_t"))),
        Cell(ratio(span.co2_t, span.production_t), formula=quotient(Ref("co2_t"), Ref("production_t"))),
        *share_values(span.shares),
    )


def _year_row(say: ReportTexts, statement: Statement, spans: Sequence[SiteSpan]) -> Row:
    """The statement's own figures; a sum of the months only where every month is known."""
    year = SiteSpan(statement.energy_gj, tonnes(statement.co2_kg), statement.production_t, statement.shares)
    name, energy, co2, made, *others = _site_row(say("year"), year)
    months = range(len(spans))
    known = (
        all(span.energy_gj is not None for span in spans),
        all(span.co2_t is not None for span in spans),
        True,  # production is added up from what is known
    )
    sums = zip((energy, co2, made), ("energy_gj", "co2_t", "production_t"), known, strict=True)
    cells = [Cell(_value(cell), formula=sum_of(key, months) if whole else None) for cell, key, whole in sums]
    return (name, *cells, *others)


def _value(cell: object) -> Decimal | None:
    return cell if isinstance(cell, Decimal) else None


def month_charts(say: ReportTexts) -> tuple[Chart, ...]:
    """Production; energy and its intensity; CO2 and its intensity."""
    pairs = (
        ("chart_production", (Series("production_t"),)),
        ("chart_energy", (Series("energy_gj"), Series("energy_intensity_gj_per_t", "line", is_right=True))),
        ("chart_co2", (Series("co2_t"), Series("co2_intensity_t_per_t", "line", is_right=True))),
    )
    return tuple(Chart(say(key), MONTHS, "month", series) for key, series in pairs)


def amounts_by_month(say: ReportTexts, statement: Statement) -> Table:
    """Every stream's amount as metered, in its own unit."""
    rows = [_row(say, line, line.amount, [_amount(span) for span in line.spans]) for line in statement.lines]
    return _table(say, statement, ("amounts", "amounts_by_month"), rows, decimals=0)


def production_by_month(say: ReportTexts, statement: Statement) -> Table:
    """Every product class in tonnes."""
    rows = []
    for line, made in zip(products_of(statement), statement.products, strict=True):
        weight = Decimal(1000) if line.stream.unit == "kg" else Decimal(1)
        months = [None if (amount := _amount(span)) is None else amount / weight for span in line.spans]
        rows.append(_row(say, line, made.tonnes, months, unit="t"))
    return _table(say, statement, ("production_months", "production_by_month"), rows, decimals=1)


def heat_by_month(say: ReportTexts, statement: Statement) -> Table:
    """Every stream's energy in GJ."""
    return _converted(say, statement, ("heat", "heat_by_month"), "GJ", _energy_gj)


def co2_by_month(say: ReportTexts, statement: Statement) -> Table:
    """Every stream's CO2 in tonnes."""
    return _converted(say, statement, ("co2", "co2_by_month"), "t-CO2", _co2_t)


def _converted(
    say: ReportTexts,
    statement: Statement,
    names: tuple[str, str],
    unit: str,
    value_of: Callable[[SpanFigures], Decimal | None],
) -> Table:
    """A table of energy or CO2; its last line is the site, unknown in a month in which one of its streams is."""
    is_co2 = value_of is _co2_t
    rows = []
    for line in statement.lines:
        whole = tonnes(line.co2_kg) if is_co2 else line.energy_gj
        rows.append(_row(say, line, whole, [value_of(span) for span in line.spans], unit=unit))
    added = [row for row, line in enumerate(statement.lines) if line.stream.is_total]
    products: list[StatementLine] = []
    cells = []
    for index, month in enumerate(month_names(statement)):
        span = site_span(statement.lines, products, index)
        cells.append(Cell(span.co2_t if is_co2 else span.energy_gj, formula=sum_of(month, added)))
    year = tonnes(statement.co2_kg) if is_co2 else statement.energy_gj
    total: Row = (say("total"), unit, *cells, Cell(year, formula=sum_of("year", added)))
    return replace(_table(say, statement, names, rows, decimals=1 if is_co2 else 0), totals=(total,))


def _row(
    say: ReportTexts,
    line: StatementLine,
    whole: Decimal | None,
    months: Sequence[Decimal | None],
    *,
    unit: str = "",
) -> Row:
    names = [span.name for span in line.spans]
    pairs = zip(line.spans, months, strict=True)
    cells = [Cell(value, mark=mark_of(say, span.corrections)) for span, value in pairs]
    year = Cell(whole if is_known(line.shares) else None, formula=across(names))
    return (listed_name(say, line.stream), unit or line.stream.unit, *cells, year)


def _table(
    say: ReportTexts,
    statement: Statement,
    names: tuple[str, str],
    rows: Sequence[Row],
    *,
    decimals: int,
) -> Table:
    """A table of streams by months; `names` are its key and the key of its title."""
    months = (Column(name, name, decimals) for name in month_names(statement))
    columns = (
        Column("stream", say("stream")),
        Column("unit", say("unit")),
        *months,
        Column("year", say("year"), decimals),
    )
    return Table(say(names[1]), columns, tuple(rows), names[0])


def _amount(span: SpanFigures) -> Decimal | None:
    return span.amount if span.is_known else None


def _energy_gj(span: SpanFigures) -> Decimal | None:
    return span.converted.energy_gj if span.converted and is_known(span.shares) else None


def _co2_t(span: SpanFigures) -> Decimal | None:
    return tonnes(span.converted.co2_kg) if span.converted and is_known(span.shares) else None
