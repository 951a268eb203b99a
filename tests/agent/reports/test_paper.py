"""A sheet on paper: upright or across, on one page or several, and never through a table."""

from decimal import Decimal

from agent.reports.paper import columns_of, end_row, plan_paper
from agent.reports.report import Chart, Report, Section, Series
from agent.reports.sheet_plan import SheetPlan, plan_workbook
from agent.reports.table import Column, Table


def sheet_of(*tables: Table, charts: tuple[Chart, ...] = ()) -> SheetPlan:
    (sheet,) = plan_workbook(Report("en", "report", "site", "year", (), (Section("s", tables, charts),))).sheets
    return sheet


def table_of(rows: int, columns: int, key: str = "t") -> Table:
    named = tuple(Column(f"c{number}", f"column {number}", 0) for number in range(columns))
    return Table(key, named, tuple((Decimal(1),) * columns for _ in range(rows)), key)


def test_a_small_or_wide_sheet_goes_across_and_a_tall_one_upright() -> None:
    assert not plan_paper(sheet_of(table_of(5, 4))).is_upright
    assert not plan_paper(sheet_of(table_of(5, 20))).is_upright
    assert plan_paper(sheet_of(table_of(45, 4))).is_upright


def test_tables_that_fit_are_one_page() -> None:
    paper = plan_paper(sheet_of(*(table_of(8, 5, f"t{number}") for number in range(4))))
    assert (paper.is_one_page, paper.breaks) == (True, ())


def test_many_tables_break_between_tables() -> None:
    sheet = sheet_of(*(table_of(12, 6, f"t{number}") for number in range(12)))
    paper = plan_paper(sheet)
    assert not paper.is_one_page
    assert set(paper.breaks) <= {table.title_row for table in sheet.tables}
    assert len(paper.breaks) >= 2


def test_a_long_table_alone_breaks_where_the_page_ends() -> None:
    """Its headings are repeated there."""
    paper = plan_paper(sheet_of(table_of(400, 5)))
    assert (paper.is_one_page, paper.breaks) == (False, ())


def test_charts_are_within_what_is_printed() -> None:
    charts = tuple(Chart("c", "t", "c0", (Series("c1"),)) for _ in range(3))
    sheet = sheet_of(table_of(3, 2), charts=charts)
    assert end_row(sheet) == sheet.end_row + 36
    assert columns_of(sheet) > 2
