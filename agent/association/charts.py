"""The form's charts by fiscal year: the tables that they draw, with the path to the target. Knows no way of drawing.

A form table whose identifier begins with `chart_` is a chart: its first row as bars, its further rows as lines.
"""

from decimal import Decimal

from agent.accounting.convert_units import EXACT
from agent.association.form import Cell, FormTable
from agent.association.form_file import FormFile
from agent.association.form_words import FISCAL_YEAR, PATH_NOTE, TARGET_PATH, Language, say
from agent.association.render_cells import report_cell, source_lines
from agent.association.settings_tables import PlanTable
from agent.reports.report import Chart, Series
from agent.reports.table import Cell as ReportCell
from agent.reports.table import Column, Row, Table

_PREFIX = "chart_"
_YEAR, _PATH = "fiscal_year", "target_path"


def is_chart(table: str) -> bool:
    """Whether a form table is a chart."""
    return table.startswith(_PREFIX)


def draw_up(table: FormTable, form: FormFile, plan: PlanTable, language: Language) -> tuple[Table, Chart]:
    """The table with a row for each fiscal year, up to the target year where there is a path to it; and its chart."""
    path = target_path(plan) if _shows_co2(table.id, form) else {}
    units = {row.id: table.units(row)[0] for row in table.rows}
    columns = [Column(_YEAR, say(FISCAL_YEAR, language))]
    columns += [Column(row.id, say(row.title, language), unit=say(units[row.id], language)) for row in table.rows]
    series = [
        Series(row.id, "line" if number else "bar", is_right=bool(number)) for number, row in enumerate(table.rows)
    ]
    if path:
        columns.append(Column(_PATH, say(TARGET_PATH, language), unit=columns[1].unit))
        series.append(Series(_PATH, "line"))
    years = [int(column.id.removeprefix("fy")) for column in table.columns]
    years += range(years[-1] + 1, max(path, default=0) + 1)
    rows = tuple(_row(table, year, path, language) for year in years)
    title = say(table.title, language)
    notes = (say(PATH_NOTE, language),) if path else ()
    shown = Table(title, tuple(columns), rows, table.id, (), notes, source_lines([table], language))
    return shown, Chart(title.partition(": ")[2] or title, table.id, _YEAR, tuple(series))


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


def _row(table: FormTable, year: int, path: dict[int, Decimal], language: Language) -> Row:
    """A year's figures; a year that is still to come has none, which is another thing than unknown."""
    is_past = any(column.id == f"fy{year}" for column in table.columns)
    cells = [table.cell(row.id, f"fy{year}") if is_past else Cell("") for row in table.rows]
    shown = [report_cell(cell, language) for cell in cells]
    along = [ReportCell(path.get(year, ""), 1)] if path else []
    return (f"{year}", *shown, *along)


def _shows_co2(table: str, form: FormFile) -> bool:
    """Whether the bars of a chart are the CO2 that the plan's target is about, in its unit."""
    rows = next((defined.row for defined in form.table if defined.id == table), ())
    return any((row.figure, row.unit) == ("co2", "万t-CO2") for row in rows[:1])
