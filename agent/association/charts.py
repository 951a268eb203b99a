"""The form's charts by fiscal year, with the plan's path in them: the table that they draw. Knows no way of drawing.

A form table whose identifier begins with `chart_` is a chart: its first row as bars, its further rows as lines. Where
the plan declares that first figure for its base and its target, the straight line between them is drawn beside it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.convert_units import EXACT
from agent.association import form_words as words
from agent.association.form import FormTable
from agent.association.form import Row as FormRow
from agent.association.form_file import FormFile
from agent.association.form_words import Language, say
from agent.association.printing import in_unit
from agent.association.publish import Place, Reason
from agent.association.render_cells import difference, report_cell, source_lines
from agent.association.settings_tables import PlanTable, Words
from agent.association.years import YearFigures, declared_figures
from agent.reports.formula import Ref
from agent.reports.report import Chart, Section, Series
from agent.reports.table import Cell as ReportCell
from agent.reports.table import Column, Row, Table

_PREFIX = "chart_"
_TREND, _YEAR, _PATH, _AHEAD = "trends", "fiscal_year", "path", "from_path"
_TARGET = "co2"
"""The figure that the plan's target is about; of others, the plan declares what it assumes."""
_DECLARED: Mapping[str, Callable[[YearFigures], Decimal | None]] = {
    "production": lambda year: year.production_t,
    "energy": lambda year: year.energy_gj,
    _TARGET: lambda year: year.co2_kg,
}


def is_chart(table: str) -> bool:
    """Whether a form table is a chart."""
    return table.startswith(_PREFIX)


def draw_trends(
    tables: Sequence[FormTable],
    form: FormFile,
    plan: PlanTable,
    language: Language,
    reasons: Mapping[Place, Reason],
) -> Section:
    """All charts over one table with a row for each fiscal year, up to the plan's target year where it has a path."""
    drawn = [_Drawn(table, _figure_of(table, form), plan, language, reasons) for table in tables]
    title = say(words.TREND, language)
    columns = (Column(_YEAR, say(words.FISCAL_YEAR, language)), *(column for one in drawn for column in one.columns()))
    years = sorted({year for one in drawn for year in (*one.years, *one.path)})
    rows: list[Row] = [(f"{year}", *(cell for one in drawn for cell in one.cells(year))) for year in years]
    notes = [say(words.PATH_NOTE, language)] if any(one.path for one in drawn) else []
    sources = source_lines(tables, language)
    shown = Table(title, columns, tuple(rows), _TREND, notes=tuple(notes), sources=sources)
    return Section(title, (shown,), tuple(Chart(one.heading, _TREND, _YEAR, one.series()) for one in drawn))


def straight_path(plan: PlanTable, figure: str, unit: str) -> dict[int, Decimal]:
    """A figure by fiscal year along the straight line from the declared base to the declared target, in a shown unit.

    Empty where the plan does not declare both.
    """
    get = _DECLARED.get(figure)
    if get is None:
        return {}
    base, target = (get(declared_figures(table)) for table in (plan.base, plan.target))
    if base is None or target is None:
        return {}
    span = Decimal(plan.target_year - plan.base_year)
    first, rise = in_unit(base, unit), in_unit(EXACT.subtract(target, base), unit)
    return {
        plan.base_year + number: EXACT.add(first, EXACT.divide(EXACT.multiply(rise, Decimal(number)), span))
        for number in range(int(span) + 1)
    }


def _figure_of(table: FormTable, form: FormFile) -> str:
    """The name of the figure that the bars of a chart show."""
    return next((defined.row[0].figure or "" for defined in form.table if defined.id == table.id and defined.row), "")


@dataclass(frozen=True)
class _Drawn:
    """One chart in one language: its columns of the common table, and its rows of values."""

    table: FormTable
    figure: str
    plan: PlanTable
    language: Language
    reasons: Mapping[Place, Reason]

    @property
    def years(self) -> list[int]:
        """The fiscal years that have figures, or might have."""
        return [int(column.id.removeprefix("fy")) for column in self.table.columns]

    @property
    def path(self) -> dict[int, Decimal]:
        """The plan's straight line, by fiscal year."""
        return straight_path(self.plan, self.figure, self.table.rows[0].unit)

    @property
    def heading(self) -> str:
        """The title of the chart, without the word for chart before it."""
        title = say(self.table.title, self.language)
        return title.partition(": ")[2] or title

    def columns(self) -> Iterator[Column]:
        """The first figure, the plan's path and the distance from it, then the others."""
        first, *others = self.table.rows
        yield self._column(first)
        if self.path:
            yield self._named(_PATH, words.TARGET_PATH if self.figure == _TARGET else words.PLANNED)
        if self.path and self.figure == _TARGET:
            yield self._named(_AHEAD, words.FROM_PATH)
        yield from (self._column(row) for row in others)

    def cells(self, year: int) -> Iterator[ReportCell]:
        """What stands in these columns for a year."""
        first, *others = self.table.rows
        figure, along = self._figure(first, year), self.path.get(year)
        yield figure
        if self.path:
            yield ReportCell("" if along is None else along)
        if self.path and self.figure == _TARGET:
            yield self._ahead(figure, along)
        yield from (self._figure(row, year) for row in others)

    def series(self) -> tuple[Series, ...]:
        """The first figure as bars, the others as lines measured on the right, and the path as a line over the bars."""
        first, *others = (self._key(row.id) for row in self.table.rows)
        lines = [Series(key, "line", is_right=True) for key in others]
        path = [Series(self._key(_PATH), "line")] if self.path else []
        return (Series(first), *lines, *path)

    def _key(self, name: str) -> str:
        return f"{self.table.id}.{name}"

    def _column(self, row: FormRow) -> Column:
        unit = say(self.table.units(row)[0], self.language)
        return Column(self._key(row.id), say(row.title, self.language), unit=unit, group=self._group())

    def _named(self, name: str, title: Words) -> Column:
        unit = say(self.table.units(self.table.rows[0])[0], self.language)
        return Column(self._key(name), say(title, self.language), 1, unit=unit, group=self._group())

    def _group(self) -> str:
        return self.heading if len(self.table.rows) > 1 or self.path else ""

    def _figure(self, row: FormRow, year: int) -> ReportCell:
        """A year's figure; a year that is still to come has none, which is another thing than unknown."""
        if year not in self.years:
            return ReportCell("")
        place = (self.table.id, row.id, f"fy{year}")
        return report_cell(self.table.cell(row.id, place[2]), self.language, self.reasons.get(place))

    def _ahead(self, figure: ReportCell, along: Decimal | None) -> ReportCell:
        if not isinstance(figure.value, Decimal) or along is None:
            return ReportCell("")
        formula = difference(Ref(self._key(self.table.rows[0].id)), Ref(self._key(_PATH)))
        return ReportCell(EXACT.subtract(figure.value, along), formula=formula)
