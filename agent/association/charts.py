"""The form's charts by fiscal year: the tables that they draw, with the path to the target. Knows no way of drawing.

A form table whose identifier begins with `chart_` is a chart: its first row as bars, its further rows as lines.
"""

from collections.abc import Sequence
from decimal import Decimal

from agent.accounting.convert_units import EXACT
from agent.association import form_words as words
from agent.association.form import Cell, FormTable
from agent.association.form import Row as FormRow
from agent.association.form_file import FormFile
from agent.association.form_words import Language, say
from agent.association.render_cells import difference, report_cell, source_lines
from agent.association.settings_tables import PlanTable
from agent.reports.formula import Ref
from agent.reports.report import Chart, Section, Series
from agent.reports.table import Cell as ReportCell
from agent.reports.table import Column, Row, Table

_PREFIX = "chart_"
_TREND, _YEAR, _PATH, _CO2, _AHEAD = "trends", "fiscal_year", "target_path", "co2", "difference"


def is_chart(table: str) -> bool:
    """Whether a form table is a chart."""
    return table.startswith(_PREFIX)


def draw_trends(tables: Sequence[FormTable], language: Language) -> Section:
    """All charts over one table with a row for each fiscal year."""
    title = say(words.TREND, language)
    columns = [_year_column(language)]
    columns += [_column(table, row, language) for table in tables for row in table.rows]
    years = sorted({year for table in tables for year in _years(table)})
    rows: list[Row] = [(f"{y}", *(_figure(t, row, y, language) for t in tables for row in t.rows)) for y in years]
    shown = Table(title, tuple(columns), tuple(rows), _TREND, sources=source_lines(tables, language))
    return Section(title, (shown,), tuple(Chart(_heading(t, language), _TREND, _YEAR, _series(t)) for t in tables))


def draw_path(tables: Sequence[FormTable], form: FormFile, plan: PlanTable, language: Language) -> Section | None:
    """CO2 beside the path to the target, up to the target year; None without a chart of CO2, or without a target."""
    path = target_path(plan)
    table = next((table for table in tables if _shows_co2(table.id, form)), None)
    if table is None or not path:
        return None
    co2, title = table.rows[0], say(words.PATH_TITLE, language)
    unit = say(table.units(co2)[0], language)
    columns = (
        _year_column(language),
        Column(_CO2, say(co2.title, language), unit=unit),
        Column(_PATH, say(words.TARGET_PATH, language), 1, unit=unit),
        Column(_AHEAD, say(words.FROM_PATH, language), 1, unit=unit),
    )
    rows = tuple(_on_the_path(table, co2, year, path, language) for year in sorted({*_years(table), *path}))
    sources = source_lines([table], language)
    shown = Table(title, columns, rows, _PATH, (), (say(words.PATH_NOTE, language),), sources)
    return Section(title, (shown,), (Chart(title, _PATH, _YEAR, (Series(_CO2), Series(_PATH, "line"))),))


def target_path(plan: PlanTable) -> dict[int, Decimal]:
    """万t-CO2 by fiscal year along the straight line from the declared base to the declared target."""
    base, target = plan.base.co2_10kt, plan.target.co2_10kt
    if base is None or target is None:
        return {}
    span = Decimal(plan.target_year - plan.base_year)
    cut = EXACT.subtract(target, base)
    return {
        plan.base_year + number: EXACT.add(base, EXACT.divide(EXACT.multiply(cut, Decimal(number)), span))
        for number in range(int(span) + 1)
    }


def _on_the_path(table: FormTable, co2: FormRow, year: int, path: dict[int, Decimal], language: Language) -> Row:
    figure = _figure(table, co2, year, language)
    along = path.get(year)
    if not isinstance(figure.value, Decimal) or along is None:
        return (f"{year}", figure, "" if along is None else along, "")
    ahead = ReportCell(EXACT.subtract(figure.value, along), formula=difference(Ref(_CO2), Ref(_PATH)))
    return (f"{year}", figure, along, ahead)


def _figure(table: FormTable, row: FormRow, year: int, language: Language) -> ReportCell:
    """A year's figure; a year that is still to come has none, which is another thing than unknown."""
    return report_cell(table.cell(row.id, f"fy{year}") if year in _years(table) else Cell(""), language)


def _series(table: FormTable) -> tuple[Series, ...]:
    keys = (f"{table.id}.{row.id}" for row in table.rows)
    return tuple(Series(key, "line" if number else "bar", is_right=bool(number)) for number, key in enumerate(keys))


def _year_column(language: Language) -> Column:
    return Column(_YEAR, say(words.FISCAL_YEAR, language))


def _column(table: FormTable, row: FormRow, language: Language) -> Column:
    unit = say(table.units(row)[0], language)
    group = _heading(table, language) if len(table.rows) > 1 else ""
    return Column(f"{table.id}.{row.id}", say(row.title, language), unit=unit, group=group)


def _heading(table: FormTable, language: Language) -> str:
    title = say(table.title, language)
    return title.partition(": ")[2] or title


def _years(table: FormTable) -> list[int]:
    return [int(column.id.removeprefix("fy")) for column in table.columns]


def _shows_co2(table: str, form: FormFile) -> bool:
    """Whether the bars of a chart are the CO2 that the plan's target is about, in its unit."""
    rows = next((defined.row for defined in form.table if defined.id == table), ())
    return any((row.figure, row.unit) == ("co2", "万t-CO2") for row in rows[:1])
