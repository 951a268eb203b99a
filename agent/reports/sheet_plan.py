"""Where everything of a report stands in a workbook: sheet names, rows, column widths. Knows no workbook library."""

import math
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from agent.reports.formula import Formula, Place, Ref, spreadsheet_text
from agent.reports.report import Chart, Report, Section
from agent.reports.table import Cell, Table, superscript

LONGEST_NAME = 31
"""Of a sheet, in Excel; these characters may not be in it: []:*?/\\ and an apostrophe at either end."""
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_NARROWEST, _WIDEST, _HEADING = 6, 44, 16
_SHORT = 12
"""Tables of at most so many rows share a sheet: a longer one needs its headings again on the next printed page."""


@dataclass(frozen=True, slots=True)
class TablePlan:
    """A table in its sheet, from the row of its title on: notes, headings, body, totals, marks, sources.

    `cells` are those of body and totals, drawn once; so are the numbers of the marks.
    """

    table: Table
    title_row: int
    cells: tuple[tuple[Cell, ...], ...]
    marks: Mapping[str, int]

    @property
    def body(self) -> tuple[tuple[Cell, ...], ...]:
        """The cells without the totals."""
        return self.cells[: len(self.table.rows)]

    @property
    def header_row(self) -> int:
        """The first row of headings; notes stand before it."""
        return self.title_row + 1 + len(self.table.notes)

    @property
    def body_row(self) -> int:
        """The first row of figures; headings take one row, or two with groups."""
        return self.header_row + (2 if has_groups(self.table) else 1)

    @property
    def end_row(self) -> int:
        """The first row below the table, its marks and its sources."""
        return self.body_row + len(self.table.rows) + len(self.table.totals) + len(self.lines_below())

    def lines_below(self) -> list[str]:
        """What stands below the figures: the marks with their signs, then the sources."""
        signs = (f"{superscript(number)} {mark}" for mark, number in self.marks.items())
        return [*signs, *self.table.sources]

    def find_column(self, key: str) -> int:
        """The number of a column. Raises KeyError for one that the table has not."""
        keys = [column.key for column in self.table.columns]
        if key not in keys:
            raise KeyError(key)
        return keys.index(key)

    def heading_row(self, index: int) -> int:
        """The row in which the heading of a column stands; one without a group begins in the first."""
        return self.header_row + (1 if self.table.columns[index].group else 0)


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """A sheet: its name, the lines at its head, its tables, the charts of these, and the widths of its columns."""

    name: str
    head: tuple[str, ...]
    tables: tuple[TablePlan, ...]
    charts: tuple[Chart, ...]
    widths: tuple[int, ...]

    @property
    def end_row(self) -> int:
        """The first row below the tables."""
        return self.tables[-1].end_row if self.tables else len(self.head)

    def heading_lines(self, table: Table) -> int:
        """How many lines the longest heading of a table takes in its column."""
        pairs = zip(table.columns, self.widths, strict=False)
        return max((math.ceil(width_of(column.heading) / (width - 1)) for column, width in pairs), default=1)

    def lines_for(self, text: str) -> int:
        """How many lines a text takes across the whole sheet."""
        return max(1, math.ceil(width_of(text) / max(sum(self.widths), 1)))


@dataclass(frozen=True, slots=True)
class WorkbookPlan:
    """All sheets, and where each table is."""

    sheets: tuple[SheetPlan, ...]

    def formula_text(self, sheet: SheetPlan, own: TablePlan, row: int, cell: Cell) -> str | None:
        """The formula of a cell in body-and-totals row `row`; None when its figure has to stand on its own.

        That is so without a formula, for an unknown figure, and where a cell that the formula needs is not in the
        workbook or is unknown.
        """
        formula = cell.formula
        if formula is None or cell.value is None or not self._is_complete(formula, own, row):
            return None
        return spreadsheet_text(formula, sheet.name, lambda ref: self._place(ref, own, row))

    def _is_complete(self, formula: Formula, own: TablePlan, row: int) -> bool:
        try:
            found = [self._value(ref, own, row) for ref in formula.refs()]
        except KeyError:
            return False
        return bool(found) and (formula.operator == "+" or None not in found)

    def _value(self, ref: Ref, own: TablePlan, row: int) -> object:
        _, plan = self._find(ref, own)
        return plan.cells[row if ref.row is None else ref.row][plan.find_column(ref.column)].value

    def _place(self, ref: Ref, own: TablePlan, row: int) -> Place:
        sheet, plan = self._find(ref, own)
        offset = row if ref.row is None else ref.row
        return Place(sheet.name, plan.body_row + offset, plan.find_column(ref.column))

    def _find(self, ref: Ref, own: TablePlan) -> tuple[SheetPlan, TablePlan]:
        for sheet in self.sheets:
            for plan in sheet.tables:
                if plan is own if not ref.table else plan.table.key == ref.table:
                    return sheet, plan
        raise KeyError(ref.table)


def plan_workbook(report: Report) -> WorkbookPlan:
    """The sheets: short tables of a section together, longer ones alone. The facts stand at the head of the first."""
    sheets: list[SheetPlan] = []
    taken: set[str] = set()
    for section in report.sections:
        parts = list(_share_out(section))
        for part in parts:
            name = sheet_name(part[0].title if len(part) == 1 < len(parts) else section.name, taken)
            taken.add(name.casefold())
            facts = () if sheets else tuple(f"{fact.name}: {fact.value}" for fact in report.facts)
            head = (report.title, *facts)
            charts = tuple(chart for chart in section.charts if chart.table in {t.key for t in part if t.rows})
            plans = _stack(part, len(head) + 1)
            sheets.append(SheetPlan(name, head, plans, charts, _widths(plans)))
    return WorkbookPlan(tuple(sheets))


def _share_out(section: Section) -> Iterator[tuple[Table, ...]]:
    """The tables of a section by sheet, in order."""
    for is_short, tables in groupby(section.tables, key=lambda table: len(table.rows) <= _SHORT):
        if is_short:
            yield tuple(tables)
        else:
            yield from ((table,) for table in tables)


def _stack(tables: Sequence[Table], row: int) -> tuple[TablePlan, ...]:
    plans = []
    for table in tables:
        plan = TablePlan(table, row, (*table.body(), *table.foot()), table.marks())
        plans.append(plan)
        row = plan.end_row + 1
    return tuple(plans)


def sheet_name(text: str, taken: set[str]) -> str:
    """A name that Excel takes for a sheet, unlike those taken (in lower case)."""
    clean = text.translate(_FORBIDDEN).strip().strip("'")[:LONGEST_NAME].rstrip("'") or "-"
    name, number = clean, 2
    while name.casefold() in taken or name.casefold() == "history":  # Excel keeps that one to itself
        name = f"{clean[: LONGEST_NAME - len(str(number)) - 1]} {number}"
        number += 1
    return name


def has_groups(table: Table) -> bool:
    """Whether headings stand in two rows."""
    return any(column.group for column in table.columns)


def width_of(text: str) -> int:
    """The width of a text in half-width characters; Japanese ones are twice as wide."""
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in text)


def _widths(plans: Sequence[TablePlan]) -> tuple[int, ...]:
    count = max((len(plan.table.columns) for plan in plans), default=1)
    return tuple(
        max(_width(plan, index) for plan in plans if index < len(plan.table.columns)) for index in range(count)
    )


def _width(plan: TablePlan, index: int) -> int:
    """Wide enough for every figure; words and headings are wrapped."""
    cells = [row[index] for row in plan.cells]
    words = max((width_of(word) for word in plan.table.columns[index].heading.split()), default=0)
    widest = max((width_of(cell.printed) + (2 if cell.mark else 0) for cell in cells), default=0)
    return max(_NARROWEST, min(words, _HEADING), min(widest, _WIDEST)) + 2
