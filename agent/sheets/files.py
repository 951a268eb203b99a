"""Opens a sheet file by its kind."""

from pathlib import Path

from agent.settings.mistakes import Mistake, SettingsError
from agent.sheets.cell import Grid
from agent.sheets.csv_file import read_csv

_TEXT, _WORKBOOK = {".csv", ".tsv", ".txt"}, {".xlsx", ".xlsm"}


def read_sheets(path: Path) -> list[Grid]:
    """The grids of a CSV or XLSX file. Raises SettingsError, each mistake with its cell."""
    ending = path.suffix.lower()
    if ending in _TEXT:
        return read_csv(path)
    if ending in _WORKBOOK:
        from agent.sheets.xlsx_file import read_xlsx  # noqa: PLC0415 - 100 ms for whoever has a workbook alone

        return read_xlsx(path)
    hint = "save it as .xlsx or as CSV" if ending in {".xls", ".ods"} else "it ends in .xlsx or .csv"
    raise SettingsError([Mistake(path, 0, 0, f"{path.suffix or 'a file without ending'} is not read", hint)])
