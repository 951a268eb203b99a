"""XLSX workbooks as grids; the one importer of openpyxl. Takes what a formula gave when the file was last saved."""

import warnings
import zipfile
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import openpyxl
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.cell.cell import MergedCell
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from agent.settings.mistakes import Mistake, SettingsError
from agent.sheets.cell import Cell, Content, Grid, grid_of
from agent.texts.sentences import say

MOST_BYTES = 200_000_000
"""Unpacked. A workbook is a ZIP file, and a small one can unpack to any size."""
_EXCEL_DIGITS = 15
"""Excel keeps so many digits; what a binary fraction has beyond them was never typed."""


def read_xlsx(path: Path) -> list[Grid]:
    """The grids of all sheets that hold anything. Raises SettingsError with every merged range and stray cell."""
    _check_size(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what openpyxl does not keep when it saves is of no concern here
            values = openpyxl.load_workbook(path, data_only=True)
            formulas = openpyxl.load_workbook(path)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, SyntaxError) as error:
        raise _no_workbook(path, error) from None
    mistakes: list[Mistake] = []
    grids = []
    for sheet in values.worksheets:
        place = f"{path}:{sheet.title}"
        merged = (Path(f"{place}!{cells.coord}") for cells in sheet.merged_cells.ranges)
        mistakes.extend(Mistake(where, 0, 0, say("merged_cells"), say("unmerge")) for where in merged)
        grid = grid_of(sheet.title, _rows(place, sheet, formulas[sheet.title]), mistakes)
        if grid is not None:
            grids.append(grid)
    if not grids and not mistakes:
        mistakes.append(Mistake(path, 0, 0, say("sheet_empty"), say("headings_and_rows")))
    if mistakes:
        raise SettingsError(mistakes)
    return grids


def _check_size(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(info.file_size for info in archive.infolist())
    except OSError as error:
        raise SettingsError([Mistake(path, 0, 0, say("unreadable", said=error.strerror))]) from None
    except zipfile.BadZipFile as error:
        raise _no_workbook(path, error) from None
    if size > MOST_BYTES:
        too_large = say("unpacks_to_more", limit_mb=MOST_BYTES // 1_000_000)
        raise SettingsError([Mistake(path, 0, 0, too_large, say("divide_it"))])


def _no_workbook(path: Path, error: Exception) -> SettingsError:
    return SettingsError([Mistake(path, 0, 0, say("no_workbook", said=error), say("save_as_xlsx"))])


def _rows(place: str, values: Worksheet, formulas: Worksheet) -> list[list[Cell]]:
    return [
        [_cell(place, value, formula) for value, formula in zip(row, formula_row, strict=True)]
        for row, formula_row in zip(values.iter_rows(), formulas.iter_rows(), strict=True)
    ]


def _cell(place: str, cell: SheetCell | MergedCell, formula: SheetCell | MergedCell) -> Cell:
    where = f"{place}!{cell.coordinate}"
    value = cell.value
    if isinstance(cell, SheetCell) and cell.data_type == "e":
        return Cell(None, where, say("formula_error", text=value))
    if isinstance(formula, SheetCell) and formula.data_type == "f" and value is None:
        return Cell(None, where, say("formula_unsaved"))
    if isinstance(value, bool) or not isinstance(value, str | int | float | datetime | date | time | None):
        return Cell(None, where, say("cell_of_no_kind", text=value))
    return Cell(_content(value), where)


def _content(value: str | float | datetime | date | time | None) -> Content:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, float | int):
        return Decimal(f"{value:.{_EXCEL_DIGITS}g}") if isinstance(value, float) else Decimal(value)
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - local time of the site
    return None if value is None else str(value)
