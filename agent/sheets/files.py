"""Opens a sheet file by its kind."""

from pathlib import Path

from agent.settings.mistakes import Mistake, SettingsError
from agent.sheets.cell import Grid
from agent.sheets.csv_file import read_csv
from agent.texts.sentences import say

_TEXT, _WORKBOOK = {".csv", ".tsv", ".txt"}, {".xlsx", ".xlsm"}


def read_sheets(path: Path) -> list[Grid]:
    """The grids of a CSV or XLSX file. Raises SettingsError, each mistake with its cell."""
    ending = path.suffix.lower()
    if ending in _TEXT:
        return read_csv(path)
    if ending in _WORKBOOK:
        from agent.sheets.xlsx_file import read_xlsx  # noqa: PLC0415 - 100 ms for whoever has a workbook alone

        return read_xlsx(path)
    message = say("ending_not_read", ending=path.suffix) if path.suffix else say("file_without_ending")
    hint = say("save_as_either") if ending in {".xls", ".ods"} else say("known_endings")
    raise SettingsError([Mistake(path, 0, 0, message, hint)])
