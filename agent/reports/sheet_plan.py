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
_LINE_POINTS, _ROW_POINTS = 14, 15
_INDENT = 2
"""What the edges of a cell and its indent take of its width, in characters."""
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

    def heights(self) -> dict[int, int]:
        """The height in points of every row that is taller than one line: not every program finds it by itself."""
        found = {row: self._across(text) for row, text in enumerate(self.head)}
        for plan in self.tables:
            found |= {
                plan.title_row + n: self._across(text) for n, text in enumerate((plan.table.title, *plan.table.notes))
            }
            found[plan.header_row] = _LINE_POINTS * self._group_lines(plan.table) + 4
            found[plan.body_row - 1] = _LINE_POINTS * self._heading_lines(plan.table) + 4
            found |= {plan.body_row + n: self._row_points(plan, cells) for n, cells in enumerate(plan.cells)}
            below = plan.lines_below()
            found |= {plan.end_row - len(below) + n: self._across(text) for n, text in enumerate(below)}
        return {row: points for row, points in found.items() if points > _LINE_POINTS + 2}

    def points(self, first_row: int, end_row: int) -> int:
        """The height of some rows in points."""
        heights = self.heights()
        return sum(heights.get(row, _ROW_POINTS) for row in range(first_row, end_row))

    def _group_lines(self, table: Table) -> int:
        """How many lines the tallest heading over several columns takes."""
        lines, first = 1, 0
        for group, count in table.groups():
            lines = max(lines, _lines(group, sum(self.widths[first : first + count])))
            first += count
        return lines

    def _heading_lines(self, table: Table) -> int:
        """How many lines the tallest heading of a table takes in its column, its unit on a line of its own."""
        pairs = zip(table.columns, self.widths, strict=False)
        return max((_lines(column.title, width) + bool(column.unit) for column, width in pairs), default=1)

    def _lines(self, cells: Sequence[Cell]) -> int:
        """How many lines the longest words of a row take in their column."""
        pairs = zip(cells, self.widths, strict=False)
        return max((_lines(cell.printed, width) for cell, width in pairs if cell.is_text), default=1)

    def _row_points(self, plan: TablePlan, cells: Sequence[Cell]) -> int:
        """The height of a row of figures or words."""
        if is_list(plan.table):
            return self._across(cells[0].printed)
        return self._lines(cells) * _LINE_POINTS + 2

    def _across(self, text: str) -> int:
        """The height of a text across the whole sheet, in points."""
        return _LINE_POINTS * _lines(text, max(sum(self.widths), _INDENT + 1)) + 2


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


def _lines(text: str, width: int) -> int:
    """How many lines a text takes in a column of a width in characters."""
    return max(1, math.ceil(width_of(text) / max(width - _INDENT, 1)))


def is_list(table: Table) -> bool:
    """Whether a table is one column of words, such as options to tick."""
    return len(table.columns) == 1 and all(cell.is_text and not cell.mark for row in table.body() for cell in row)


def has_groups(table: Table) -> bool:
    """Whether headings stand in two rows."""
    return any(column.group for column in table.columns)


def width_of(text: str) -> int:
    """The width of a text in half-width characters; Japanese ones are twice as wide."""
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in text)


def _widths(plans: Sequence[TablePlan]) -> tuple[int, ...]:
    """The widths of the columns; lists go across them, and ask for room of their own where there is nothing else."""
    tables = [plan for plan in plans if not is_list(plan.table)]
    if not tables:
        texts = [cell.printed for plan in plans for row in plan.cells for cell in row]
        return (min(max((width_of(text) for text in texts), default=_NARROWEST) + _INDENT + 2, 2 * _WIDEST),)
    count = max(len(plan.table.columns) for plan in tables)
    return tuple(
        max(_width(plan, index) for plan in tables if index < len(plan.table.columns)) for index in range(count)
    )


def _width(plan: TablePlan, index: int) -> int:
    """Wide enough for every figure; words and headings are wrapped."""
    cells = [row[index] for row in plan.cells]
    column = plan.table.columns[index]
    words = max((width_of(word) for word in (*column.title.split(), column.unit)), default=0)
    widest = max((width_of(cell.printed) + (2 if cell.mark else 0) for cell in cells), default=0)
    return max(_NARROWEST, min(words, _HEADING), min(widest, _WIDEST)) + 2
