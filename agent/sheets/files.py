"""Opens a sheet file by its kind."""

from pathlib import Path

from agent.settings.mistakes import Mistake, SettingsError
from agent.sheets.cell import Grid
from agent.sheets.csv_file import read_csv
from agent.sheets.xlsx_file import read_xlsx

_READERS = {".csv": read_csv, ".tsv": read_csv, ".txt": read_csv, ".xlsx": read_xlsx, ".xlsm": read_xlsx}


def read_sheets(path: Path) -> list[Grid]:
    """The grids of a CSV or XLSX file. Raises SettingsError, each mistake with its cell."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        hint = "save it as .xlsx or as CSV" if path.suffix.lower() in {".xls", ".ods"} else "it ends in .xlsx or .csv"
        raise SettingsError([Mistake(path, 0, 0, f"{path.suffix or 'a file without ending'} is not read", hint)])
    return reader(path)
