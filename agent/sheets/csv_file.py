"""CSV files as grids: UTF-8, or what Japanese Excel saves (CP932); commas, semicolons or tabs."""

import csv
import io
from pathlib import Path

from agent.settings.mistakes import Mistake, SettingsError
from agent.sheets.cell import Cell, Grid, grid_of
from agent.texts.sentences import say

MOST_BYTES = 50_000_000


def read_csv(path: Path) -> list[Grid]:
    """The one grid of a CSV file. Raises SettingsError when it cannot be read or cells stand outside the table."""
    text = _decode(path)
    first_line = text.partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows = []
    try:
        for row in reader:
            line = reader.line_num
            rows.append([Cell(part.strip() or None, f"{path}:{line}:{i}") for i, part in enumerate(row, 1)])
    except csv.Error as error:
        raise SettingsError([Mistake(path, reader.line_num, 1, say("not_csv", said=error))]) from None
    mistakes: list[Mistake] = []
    width = max(map(len, rows), default=0)
    padded = [[*row, *(Cell(None, f"{path}") for _ in range(width - len(row)))] for row in rows]
    grid = grid_of(path.name, padded, mistakes)
    if grid is None:
        mistakes.append(Mistake(path, 0, 0, say("sheet_empty"), say("headings_and_rows")))
    if mistakes or grid is None:
        raise SettingsError(mistakes)
    return [grid]


def _decode(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            too_large = say("larger_than", limit_mb=MOST_BYTES // 1_000_000)
            raise SettingsError([Mistake(path, 0, 0, too_large, say("divide_it"))])
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError([Mistake(path, 0, 0, say("unreadable", said=error.strerror))]) from None
    for encoding in ("utf-8-sig", "cp932"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise SettingsError([Mistake(path, 0, 0, say("no_encoding"), say("save_as_csv"))])
