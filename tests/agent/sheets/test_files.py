"""CSV and XLSX files as grids: every mistake names its cell."""

import re
import zipfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from agent.settings.mistakes import SettingsError
from agent.sheets.files import read_sheets
from tests.agent.conftest import Convert


def contents(path: Path) -> list[list[object]]:
    (grid,) = read_sheets(path)
    return [[cell.content for cell in row] for row in (grid.header, *grid.rows)]


def book(path: Path, rows: list[list[object]]) -> openpyxl.Workbook:
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.worksheets[0].append(row)
    workbook.save(path)
    return workbook


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_in_the_encodings_and_delimiters_of_spreadsheets(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f"計測点{delimiter}値\r\n\r\n缶材{delimiter}1.50\r\n".encode(encoding))
    assert contents(path) == [["計測点", "値"], ["缶材", "1.50"]]


def test_csv_names_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("point,value\na,1\nb,2,stray\n")
    with pytest.raises(SettingsError, match=re.escape(f"{path}:3:3: stands outside the table")):
        read_sheets(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"\xff\xfe\x00a", "neither UTF-8 nor CP932"),
        (b'a,b\n"x', "is not CSV"),
    ],
)
def test_bad_csv(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(SettingsError, match=message):
        read_sheets(path)


def test_xlsx_numbers_dates_and_texts(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book(
        path, [["month", "value", "name"], [datetime(2023, 4, 1), 0.1 + 0.2, "缶材"], [None, None, None], ["x", 7, " "]]
    )
    assert contents(path) == [
        ["month", "value", "name"],
        [datetime(2023, 4, 1), Decimal("0.3"), "缶材"],
        ["x", Decimal(7), None],
    ]


def test_merged_cells_are_refused_by_range(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    workbook = book(path, [["a", "b"], [1, 2], [3, 4]])
    workbook.worksheets[0].merge_cells("A2:A3")
    workbook.save(path)
    with pytest.raises(SettingsError, match=re.escape("a.xlsx:Sheet!A2:A3: merged cells (unmerge")):
        read_sheets(path)


def test_a_formula_without_a_stored_result_and_an_error_are_no_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book(path, [["a", "b", "c"], ["=1+1", "#REF!", True]])
    (grid,) = read_sheets(path)
    problems = [str(cell.problem) for cell in grid.rows[0]]
    assert problems == [
        "its formula has no stored result: open and save the file in Excel",
        "its formula gives #REF!",
        "True is neither a number nor a date nor text",
    ]


def test_a_formula_that_a_spreadsheet_has_computed_is_its_result(tmp_path: Path, convert_with_calc: Convert) -> None:
    book(tmp_path / "a.xlsx", [["a", "b"], [1.5, "=A2*4"]])
    out = convert_with_calc(tmp_path / "a.xlsx", "xlsx")
    assert contents(out / "a.xlsx") == [["a", "b"], [Decimal("1.5"), Decimal(6)]]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"no workbook", bytes(10_000)])
def test_what_is_no_workbook(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(data)
    with pytest.raises(SettingsError, match="is no XLSX workbook"):
        read_sheets(path)


def test_a_workbook_that_unpacks_to_any_size_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/workbook.xml", "w") as inner:
        for _ in range(210):
            inner.write(bytes(1_000_000))
    with pytest.raises(SettingsError, match="unpacks to more than 200 MB"):
        read_sheets(path)


@pytest.mark.parametrize("name", ["a.xls", "a.ods", "a.pdf", "a"])
def test_other_endings(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(SettingsError, match="is not read"):
        read_sheets(tmp_path / name)


def test_no_such_file(tmp_path: Path) -> None:
    for name in ("a.csv", "a.xlsx"):
        with pytest.raises(SettingsError, match=f"{name}: cannot be read: No such file") as refused:
            read_sheets(tmp_path / name)
        assert refused.value.text("ja") == f"{tmp_path / name}: 読めません: No such file or directory"


def test_a_japanese_reader_is_told_the_cell_in_japanese(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    workbook = book(path, [["a", "b"], [1, 2], [3, 4]])
    workbook.worksheets[0].merge_cells("A2:A3")
    workbook.save(path)
    with pytest.raises(SettingsError) as refused:
        read_sheets(path)
    said = "結合されたセルです (結合を解除してください。値がどの行・列のものか分かりません)"
    assert refused.value.text("ja") == f"{path}:Sheet!A2:A3: {said}"
