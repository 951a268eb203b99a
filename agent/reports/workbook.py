"""Writes a report as an Excel workbook: figures as numbers, unrounded, with formulas that a reader can check.

The one importer of xlsxwriter. The same report and date give the same bytes; nothing links outside.
"""

import io
from datetime import UTC, datetime
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.chart import Chart as LibraryChart
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from agent.reports.formula import Place
from agent.reports.paper import CHART_PIXELS, CHART_ROWS, MARGINS_INCHES, chart_pixels, columns_of, end_row, plan_paper
from agent.reports.report import Chart, Report, Series
from agent.reports.sheet_plan import (
    SheetPlan,
    TablePlan,
    WorkbookPlan,
    has_groups,
    is_list,
    plan_workbook,
)
from agent.reports.table import Cell, Column, superscript
from agent.reports.workbook_chart import (
    axis_options,
    body_range,
    category_options,
    column_of,
    has_unknown,
    look_options,
    plain_label,
    range_options,
)

_A4 = 9
_HEADER_LIMIT = 80
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
_FONTS = {"en": "Calibri", "ja": "Yu Gothic"}


def write_workbook(path: Path, report: Report, created: datetime) -> None:
    """Write the report to a file. `created` (aware) is the date that the file states. Raises OSError."""
    path.write_bytes(workbook_bytes(report, created))


def workbook_bytes(report: Report, created: datetime) -> bytes:
    """The report as the content of an .xlsx file."""
    buffer = io.BytesIO()
    with Workbook(buffer, _OPTIONS) as book:
        book.set_properties({"title": report.title, "created": created.astimezone(UTC).replace(tzinfo=None)})
        plan = plan_workbook(report)
        styles = _Styles(book, _FONTS[report.language])
        for sheet in plan.sheets:
            drawn = book.add_worksheet(sheet.name)
            _Sheet(drawn, sheet, plan, styles).write()
            _set_up_print(drawn, sheet, report)
            _Charts(book, drawn, sheet).add()
    return buffer.getvalue()


class _Styles:
    """The cell formats of a workbook, each made once."""

    def __init__(self, book: Workbook, font: str) -> None:
        self._book = book
        self._font = {"font_name": font, "font_size": 10, "valign": "vcenter"}
        self._made: dict[str, Format] = {}
        self._cells: dict[tuple[int | None, int | None, bool, bool], Format] = {}

    def line(self, *, is_title: bool = False) -> Format:
        """Text across the sheet."""
        return self._make("title" if is_title else "line", {"bold": is_title, "text_wrap": True, "align": "left"})

    def heading(self) -> Format:
        """A column's heading."""
        look: dict[str, object] = {
            "bold": True,
            "text_wrap": True,
            "align": "center",
            "border": 1,
            "border_color": "#7F7F7F",
        }
        look["bg_color"] = "#E7E7E7"
        return self._make("heading", look)

    def cell(self, cell: Cell, mark: int | None, *, is_total: bool) -> Format:
        """A figure, shown with its decimals and the sign of its mark, or words."""
        key = (cell.decimals, mark, is_total, cell.is_text)
        if key not in self._cells:
            look: dict[str, object] = {"border": 1, "border_color": "#BFBFBF", "bold": is_total}
            if is_total:
                look |= {"top": 1, "top_color": "#000000"}
            if cell.is_text:
                look |= {"text_wrap": True, "align": "left", "indent": 1}
            else:  # without an indent, which LibreOffice keeps for some figures of a column and not for others
                look |= {"num_format": _number_format(cell.decimals, mark), "align": "right"}
            self._cells[key] = self._book.add_format({**self._font, **look})
        return self._cells[key]

    def _make(self, name: str, look: dict[str, object]) -> Format:
        if name not in self._made:
            self._made[name] = self._book.add_format({**self._font, **look})
        return self._made[name]


def _number_format(decimals: int | None, mark: int | None) -> str:
    """Thousands apart, as many decimals as are printed, and the sign of the mark behind the number."""
    sign = f'"{superscript(mark)}"' if mark is not None else ""
    if decimals is None:
        return "General" + sign
    return "#,##0" + ("." + "0" * decimals if decimals else "") + sign


class _Sheet:
    """Writes one sheet."""

    def __init__(self, drawn: Worksheet, plan: SheetPlan, book: WorkbookPlan, styles: _Styles) -> None:
        self._drawn = drawn
        self._plan = plan
        self._book = book
        self._styles = styles

    def write(self) -> None:
        """Everything but charts and print set-up."""
        for index, width in enumerate(self._plan.widths):
            self._drawn.set_column(index, index, width)
        for row, text in enumerate(self._plan.head):
            self._line(row, text, is_title=row == 0)
        for table in self._plan.tables:
            self._line(table.title_row, table.table.title, is_title=True)
            for offset, note in enumerate(table.table.notes):
                self._line(table.title_row + 1 + offset, note)
            if is_list(table.table):
                self._list(table)
            else:
                self._headings(table)
                self._figures(table)
            below = table.lines_below()
            for offset, text in enumerate(below):
                self._line(table.end_row - len(below) + offset, text)
        for row, points in self._plan.heights().items():
            self._drawn.set_row(row, points)

    def _line(self, row: int, text: str, *, is_title: bool = False) -> None:
        """A text across all columns."""
        self._across(row, text, self._styles.line(is_title=is_title))

    def _across(self, row: int, text: str, style: Format) -> None:
        if len(self._plan.widths) > 1:
            self._drawn.merge_range(row, 0, row, len(self._plan.widths) - 1, "", style)
        self._drawn.write_string(row, 0, text, style)

    def _list(self, plan: TablePlan) -> None:
        """A table of one column takes the whole sheet: a sentence is not squeezed into the first column of others."""
        self._across(plan.header_row, plan.table.columns[0].heading, self._styles.heading())
        for row, (cell,) in enumerate(plan.cells):
            self._across(plan.body_row + row, cell.printed, self._styles.cell(cell, None, is_total=False))

    def _headings(self, plan: TablePlan) -> None:
        row, style = plan.header_row, self._styles.heading()
        if not has_groups(plan.table):
            for index, column in enumerate(plan.table.columns):
                self._drawn.write_string(row, index, _stacked(column), style)
            return
        first = 0
        for group, count in plan.table.groups():
            self._group(row, first, group, plan.table.columns[first : first + count])
            first += count

    def _group(self, row: int, first: int, group: str, columns: tuple[Column, ...]) -> None:
        """A heading over some columns; a column without a group has both rows to itself."""
        style = self._styles.heading()
        if not group:
            self._drawn.merge_range(row, first, row + 1, first, "", style)
            self._drawn.write_string(row, first, _stacked(columns[0]), style)
            return
        if len(columns) > 1:
            self._drawn.merge_range(row, first, row, first + len(columns) - 1, "", style)
        self._drawn.write_string(row, first, group, style)
        for index, column in enumerate(columns):
            self._drawn.write_string(row + 1, first + index, _stacked(column), style)

    def _figures(self, plan: TablePlan) -> None:
        body_row = plan.body_row
        for row, cells in enumerate(plan.cells):
            for column, cell in enumerate(cells):
                self._cell(plan, row, (body_row + row, column), cell)

    def _cell(self, plan: TablePlan, row: int, place: tuple[int, int], cell: Cell) -> None:
        """A figure as a number or formula, words and the dash of the unknown as text."""
        mark = plan.marks.get(cell.mark)
        style = self._styles.cell(cell, mark, is_total=row >= len(plan.table.rows))
        if cell.printed == "":
            self._drawn.write_blank(*place, None, style)
            return
        if cell.value is None or isinstance(cell.value, str):
            sign = superscript(mark) if mark is not None else ""
            self._drawn.write_string(*place, cell.printed + sign, style)
            return
        formula = self._book.formula_text(self._plan, plan, row, cell)
        if formula is not None:
            self._drawn.write_formula(*place, formula, style, float(cell.value))
        else:
            self._drawn.write_number(*place, float(cell.value), style)


def _stacked(column: Column) -> str:
    """The heading of a column, its unit below the title: a unit is not broken over two lines."""
    return f"{column.title}\n{column.unit}" if column.unit else column.title


def _set_up_print(drawn: Worksheet, sheet: SheetPlan, report: Report) -> None:
    """A4 with headings repeated, and site, year and page number on every page."""
    _set_up_paper(drawn, sheet)
    drawn.hide_gridlines(2)
    drawn.set_header(f"&L{_in_header(report.site)}&R{_in_header(report.year)}")
    drawn.set_footer(f"&L{_in_header(report.title)}&R&P / &N")
    drawn.print_area(0, 0, end_row(sheet), columns_of(sheet) - 1)
    if len(sheet.tables) == 1:
        (table,) = sheet.tables
        drawn.freeze_panes(table.body_row, 1)
        drawn.repeat_rows(table.header_row, table.body_row - 1)
    else:
        drawn.freeze_panes(1, 0)
        drawn.repeat_rows(0)


def _set_up_paper(drawn: Worksheet, sheet: SheetPlan) -> None:
    """One page wide, whatever font a program has."""
    paper = plan_paper(sheet)
    drawn.set_paper(_A4)
    drawn.set_margins(**MARGINS_INCHES)
    if paper.is_upright:
        drawn.set_portrait()
    else:
        drawn.set_landscape()
    drawn.fit_to_pages(1, 1 if paper.is_one_page else 0)
    drawn.set_h_pagebreaks(list(paper.breaks))


def _in_header(text: str) -> str:
    """A text in a page header, where & begins a code."""
    return text[:_HEADER_LIMIT].replace("&", "&&")


class _Charts:
    """Puts the charts of a sheet below its tables, two side by side."""

    def __init__(self, book: Workbook, drawn: Worksheet, plan: SheetPlan) -> None:
        self._book = book
        self._drawn = drawn
        self._plan = plan
        self._free_column = columns_of(plan) + 1

    def add(self) -> None:
        """Draw all of them."""
        width = chart_pixels(self._plan)
        for number, chart in enumerate(self._plan.charts):
            drawn = self._draw(chart)
            drawn.set_size({"width": width - 10, "height": CHART_PIXELS})
            row = self._plan.end_row + 1 + CHART_ROWS * (number // 2)
            place = {"x_offset": width * (number % 2), "description": chart.title}
            self._drawn.insert_chart(row, 0, drawn, place)

    def _draw(self, chart: Chart) -> LibraryChart:
        """Bars and lines in one. A part that is combined has one pair of axes: lines on both sides come first."""
        plan = next(plan for plan in self._plan.tables if plan.table.key == chart.table)
        kinds = [kind for kind in ("bar", "line") if any(series.kind == kind for series in chart.series)]
        if len({series.is_right for series in chart.series if series.kind == "line"}) > 1:
            kinds.reverse()
        parts = [self._part(plan, chart, [s for s in chart.series if s.kind == kind]) for kind in kinds]
        for part in parts:
            part.set_y2_axis(axis_options(plan, chart.series, is_right=True))
        first, *others = parts
        for other in others:
            first.combine(other)
        first.set_title({"name": plain_label(chart.title), "name_font": {"size": 11}})
        first.set_y_axis(axis_options(plan, chart.series, is_right=False))
        first.set_x_axis(category_options(plan, chart))
        first.set_legend({"position": "bottom"})
        first.show_blanks_as("gap")
        return first

    def _part(self, plan: TablePlan, chart: Chart, series: list[Series]) -> LibraryChart:
        part = self._book.add_chart({"type": "column" if series[0].kind == "bar" else "line"})
        if part is None:
            raise ValueError(f"chart {chart.title!r}: the library has no such kind")
        for number, one in enumerate(series):
            ranges = range_options(self._plan.name, plan, chart, one)
            values = self._values(plan, one.column)
            part.add_series({**ranges, "values": values, **look_options(one, number)})
        return part

    def _values(self, plan: TablePlan, key: str) -> list[object]:
        """What to draw: the table's column, or a copy outside the print area in which what is unknown is blank."""
        index, column = column_of(plan, key)
        if not has_unknown(plan, key):
            return body_range(self._plan.name, plan, index)
        copy, self._free_column = self._free_column, self._free_column + 1
        self._drawn.write_string(plan.heading_row(index), copy, column.heading)
        for row, cells in enumerate(plan.body):
            value = cells[index].value
            if value is not None and not isinstance(value, str):
                address = Place(self._plan.name, plan.body_row + row, index).address()
                self._drawn.write_formula(plan.body_row + row, copy, f"={address}", None, float(value))
        return body_range(self._plan.name, plan, copy)
