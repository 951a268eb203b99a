"""A workbook cell by cell, as openpyxl and LibreOffice Calc read it."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell as SheetCell

from agent.reports.formula import Ref, product, quotient, same_as, sum_of
from agent.reports.report import Chart, Fact, Report, Section, Series
from agent.reports.sheet_plan import sheet_name, width_of
from agent.reports.table import Cell, Column, Table
from agent.reports.workbook import workbook_bytes, write_workbook
from tests.agent.conftest import Convert

CREATED = datetime(2024, 4, 1, 9, tzinfo=UTC)
HOSTILE = '=HYPERLINK("http://127.0.0.1/")'

FUELS = Table(
    "Fuels",
    (
        Column("fuel", "燃料"),
        Column("amount", "amount", 1, unit="t", group="quantity"),
        Column("factor", "factor", group="quantity"),
        Column("energy_gj", "energy", 0, unit="GJ"),
    ),
    (
        (
            "LPG",
            Decimal("2.25"),
            Cell(Decimal("50.1"), 1),
            Cell(Decimal("112.725"), formula=product(Ref("amount"), Ref("factor"))),
        ),
        (
            HOSTILE,
            Cell(Decimal("0.25"), mark="corrected, entry 12"),
            Cell(Decimal(40), 1),
            Cell(10, formula=product(Ref("amount"), Ref("factor"))),
        ),
        ("unread", None, Cell(Decimal(40), 1), Cell(None, formula=product(Ref("amount"), Ref("factor")))),
    ),
    "fuels",
    (("total", "", "", Cell(Decimal("122.725"), formula=sum_of("energy_gj", range(2)))),),
    ("Two of three are known.",),
    ("Source: the meters",),
)
SUMMARY = Table(
    "Summary",
    (Column("figure", "figure"), Column("value", "value")),
    (
        ("energy", Cell(Decimal("122.725"), 2, formula=same_as(Ref("energy_gj", 3, "fuels")))),
        ("per tonne", Cell(Decimal("12.2725"), 2, formula=quotient(Ref("value", 0), Decimal(10)))),
        ("of a table that is not there", Cell(Decimal(5), 0, formula=same_as(Ref("x", 0, "nowhere")))),
        (
            "of a figure that is not known",
            Cell(Decimal(5), 0, formula=quotient(Ref("energy_gj", 2, "fuels"), Decimal(2))),
        ),
    ),
    "summary",
)
CHARTS = (Chart("Energy!A1", "fuels", "fuel", (Series("energy_gj"), Series("amount", "line", is_right=True))),)
REPORT = Report(
    "ja",
    "報告書",
    "A & B 工場",
    "2023年度",
    (Fact("事業所", HOSTILE),),
    (Section("総括", (SUMMARY,)), Section("It's [fuel]: a/b?", (FUELS,), CHARTS)),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "report.xlsx"
    write_workbook(path, REPORT, CREATED)
    return path


def rows(book: Workbook, name: str) -> list[list[object]]:
    return [list(row) for row in book[name].iter_rows(values_only=True)]


def test_numbers_are_numbers_with_formulas_and_the_values_that_we_computed(path: Path) -> None:
    written, shown = load_workbook(path), load_workbook(path, data_only=True)
    assert written.sheetnames == ["総括", "It's  fuel   a b"]
    fuels = rows(shown, written.sheetnames[1])[2:]
    assert [row[:4] for row in fuels[:10]] == [
        ["Fuels", None, None, None],
        ["Two of three are known.", None, None, None],
        ["燃料", "quantity", None, "energy\nGJ"],
        [None, "amount\nt", "factor", None],
        ["LPG", 2.25, 50.1, 112.725],
        [HOSTILE, 0.25, 40, 10],
        ["unread", "–", 40, "–"],
        ["total", None, None, 122.725],
        ["¹⁾ corrected, entry 12", None, None, None],
        ["Source: the meters", None, None, None],
    ]
    formulas = rows(written, written.sheetnames[1])[2:]
    assert [row[3] for row in formulas[4:8]] == ["=B7*C7", "=B8*C8", "–", "=SUM(D7:D8)"]
    summary = [row[1] for row in rows(written, "総括")[5:]]
    assert summary == ["='It''s  fuel   a b'!D10", "=B6/10", 5, 5]
    assert [row[1] for row in rows(shown, "総括")[5:]] == [122.725, 12.2725, 5, 5]


def test_hostile_text_is_text(path: Path) -> None:
    book = load_workbook(path)
    found = [cell for sheet in book for row in sheet.iter_rows() for cell in row if HOSTILE in str(cell.value)]
    assert {cell.data_type for cell in found} == {"s"}
    assert len(found) == 2
    archive = zipfile.ZipFile(path)
    assert not any("externalLink" in name for name in archive.namelist())
    assert not any(
        b"TargetMode" in archive.read(name) or b"hyperlink " in archive.read(name) for name in archive.namelist()
    )


def test_sheets_are_set_up_for_paper(path: Path) -> None:
    sheet = load_workbook(path)["It's  fuel   a b"]
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
    assert (sheet.freeze_panes, sheet.print_title_rows) == ("B7", "$5:$6")
    drawn = zipfile.ZipFile(path).read("xl/worksheets/sheet2.xml").decode().replace("&amp;", "&")
    assert '<pageSetUpPr fitToPage="1"/>' in drawn
    assert "<oddHeader>&LA && B 工場&R2023年度</oddHeader>" in drawn
    assert "<oddFooter>&L報告書&R&P / &N</oddFooter>" in drawn
    assert {str(merged) for merged in sheet.merged_cells.ranges} >= {"A5:A6", "B5:C5", "D5:D6"}


def test_lines_on_both_sides_and_bars_are_one_chart_whose_axes_are_all_there(tmp_path: Path) -> None:
    """Excel calls a workbook damaged in which a row of values names an axis that the chart does not have."""
    series = (Series("amount"), Series("factor", "line", is_right=True), Series("energy_gj", "line"))
    write_workbook(
        tmp_path / "r.xlsx",
        Report("en", "t", "s", "y", (), (Section("s", (FUELS,), (Chart("c", "fuels", "fuel", series),)),)),
        CREATED,
    )
    chart = zipfile.ZipFile(tmp_path / "r.xlsx").read("xl/charts/chart1.xml").decode()
    rows, *axes = re.split("<c:(?:cat|val)Ax>", chart)
    declared = {axis.split('"')[1] for axis in axes}
    assert set(re.findall(r'<c:axId val="(\d+)"', rows)) == declared
    assert len(declared) == 4
    assert [len(part.split("<c:ser>")) - 1 for part in re.split("</c:(?:bar|line)Chart>", chart)[:3]] == [1, 1, 1]


def test_a_chart_wider_than_its_table_is_printed_whole(tmp_path: Path) -> None:
    """Two charts of 360 pixels beside each other over one narrow table."""
    table = Table("t", (Column("a", "a"), Column("b", "b", 0)), (("x", 1),), "t")
    chart = Chart("c", "t", "a", (Series("b"),))
    path = tmp_path / "r.xlsx"
    write_workbook(path, Report("en", "t", "s", "y", (), (Section("s", (table,), (chart, chart)),)), CREATED)
    assert load_workbook(path)["s"].print_area == "'s'!$A$1:$L$24"


def test_words_that_wrap_have_the_height_they_need(tmp_path: Path) -> None:
    """LibreOffice does not find it by itself in a workbook that states no heights."""
    table = Table("t", (Column("a", "a"), Column("b", "b")), (("圧" * 50, "x"), ("y", "z")), "t")
    path = tmp_path / "r.xlsx"
    write_workbook(path, Report("ja", "t", "s", "y", (), (Section("s", (table,)),)), CREATED)
    sheet = load_workbook(path)["s"]
    assert sheet.row_dimensions[5].height == pytest.approx(3 * 14 + 2, abs=0.5)  # 100 half widths in 44 of a column
    assert sheet.row_dimensions[6].height in {None, 15}


def test_two_figures_stand_as_figures_do(path: Path, tmp_path: Path) -> None:
    table = Table(
        "t", (Column("a", "a"), Column("b", "b")), (("x", "87.4 (88.7)"), ("y", "– (52)"), ("z", "(9) x")), "t"
    )
    write_workbook(tmp_path / "r.xlsx", Report("en", "t", "s", "y", (), (Section("s", (table,)),)), CREATED)
    sheet = load_workbook(tmp_path / "r.xlsx")["s"]
    assert [sheet[f"B{row}"].alignment.horizontal for row in (5, 6, 7)] == ["right", "right", "left"]


def test_marks_stand_beside_numbers_that_stay_numbers(path: Path) -> None:
    cell = load_workbook(path, data_only=True)["It's  fuel   a b"]["B8"]
    assert (cell.value, cell.number_format) == (0.25, '#,##0.0"¹⁾"')


def test_the_same_report_gives_the_same_bytes() -> None:
    first = workbook_bytes(REPORT, CREATED)
    assert first == workbook_bytes(REPORT, CREATED)
    assert first != workbook_bytes(REPORT, datetime(2024, 4, 2, tzinfo=UTC))


def test_an_unknown_figure_is_blank_in_what_a_chart_draws(path: Path) -> None:
    """A chart would draw the dash of the table as zero."""
    chart = zipfile.ZipFile(path).read("xl/charts/chart1.xml").decode()
    drawn = re.findall(r"<c:val><c:numRef><c:f>(.*?)</c:f>", chart)
    assert drawn == ["'It''s  fuel   a b'!$F$7:$F$9", "'It''s  fuel   a b'!$G$7:$G$9"]
    sheet = load_workbook(path, data_only=True)["It's  fuel   a b"]
    assert [sheet[f"F{row}"].value for row in (7, 8, 9)] == [112.725, 10, None]
    assert sheet.print_area == "'It''s  fuel   a b'!$A$1:$D$31"
    assert chart.count("<c:valAx>") == 2
    assert "dispBlanksAs" not in chart  # left out, it means a gap
    assert "<a:t>Energy！A1</a:t>" in chart


def test_calc_computes_what_we_computed(
    path: Path, convert_with_calc: Convert, strip_values: Callable[[Path], Path]
) -> None:
    """The values that we gave are taken out, so that Calc has none to show but its own."""
    written = load_workbook(path)
    known = {
        (c.parent.title, c.coordinate): c.value for c in formula_cells(load_workbook(path, data_only=True), written)
    }
    (recalculated,) = convert_with_calc(strip_values(path), "xlsx").glob("*.xlsx")
    found = load_workbook(recalculated, data_only=True)
    assert len(known) >= 7
    for (sheet, address), value in known.items():
        assert found[sheet][address].value == pytest.approx(value, rel=1e-12), (sheet, address)


def formula_cells(book: Workbook, written: Workbook) -> Iterator[SheetCell]:
    for sheet in written:
        for row in sheet.iter_rows():
            yield from (book[sheet.title][cell.coordinate] for cell in row if cell.data_type == "f")


TIES = [
    (Decimal("0.5"), 0), (Decimal("1.5"), 0), (Decimal("2.5"), 0), (Decimal("-0.5"), 0), (Decimal("-2.5"), 0),
    (Decimal("1.005"), 2), (Decimal("2.675"), 2), (Decimal("0.285"), 2), (Decimal("1234567.45"), 1),
    (Decimal("0.0005"), 3), (Decimal("105.85"), 1), (Decimal("87.35"), 1), (Decimal("2.4999999"), 0),
    (Decimal("99999999.995"), 2), (Decimal("0.04"), 1), (Decimal("1E+6"), 0),
]  # fmt: skip


def test_calc_shows_the_digits_that_we_print(tmp_path: Path, convert_with_calc: Convert) -> None:
    """Half up, away from zero, also where a binary number lies a little below the tie."""
    cells = tuple((Cell(value, decimals),) for value, decimals in TIES)
    marked = ((Cell(Decimal("2.5"), 0, mark="provisional"),), (Cell(None, 1),))
    table = Table("ties", (Column("x", "x"),), (*cells, *marked), "ties")
    path = tmp_path / "ties.xlsx"
    write_workbook(path, Report("en", "t", "s", "y", (), (Section("ties", (table,)),)), CREATED)
    folder = convert_with_calc(path, "csv:Text - txt - csv (StarCalc):44,34,76,1,,1033,false,true")
    (file,) = folder.glob("*.csv")
    shown = [row[0] for row in csv.reader(io.StringIO(file.read_text(encoding="utf-8"))) if row and row[0]]
    assert shown[3:-1] == [*(cell.printed for row in table.body()[:-2] for cell in row), "3¹⁾", "–"]


@pytest.mark.parametrize(
    ("text", "taken", "name"),
    [
        ("a/b:c*d?[e]\\", set(), "a b c d  e"),
        ("x" * 40, set(), "x" * 31),
        ("x" * 40, {"x" * 31}, "x" * 29 + " 2"),
        ("'quoted'", set(), "quoted"),
        ("", set(), "-"),
        ("History", set(), "History 2"),
        ("Month", {"month"}, "Month 2"),
    ],
)
def test_sheet_names_are_ones_that_excel_takes(text: str, taken: set[str], name: str) -> None:
    assert sheet_name(text, taken) == name


def test_japanese_is_twice_as_wide() -> None:
    assert (width_of("圧延 GJ"), width_of("ｱﾙﾐ"), width_of("Ａ")) == (7, 3, 2)
