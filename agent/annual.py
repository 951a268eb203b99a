"""The year's file of a site, TOML or XLSX: measures, offices, logistics, credits and texts, which no meter has."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agent.annual_titles import CHOICES, HEADINGS, TABLES
from agent.settings.mistakes import Mistake, SettingsError
from agent.settings.toml_source import KeyPath, read_toml
from agent.settings.translate import Locate, mistakes_of
from agent.sheets.cell import Cell, Grid
from agent.sheets.files import read_sheets
from agent.sheets.values import WrongCell, number_in, text_in
from agent.submission.annual_parts import AnnualData
from agent.texts.sentences import Words, say

_LISTS = ("measures", "best_practices", "credits")
_KEY_OF_TITLE = {title: key for titles in (TABLES, HEADINGS) for key, title in titles.items()}
_CHOICE_OF_NAME = {name: key for key, name in CHOICES.items()}
_YES_NO = {"true": True, "false": False}
_TEXTS = {"title", "obstacles", "note", "text", "category", "kind", "use", "unit", "topic"}

Places = dict[KeyPath, Cell]


class AnnualFile(AnnualData):
    """What the year's file says; it names its fiscal year, so that last year's is not taken for this one's."""

    fiscal_year: int


def annual_path(site_folder: Path, fiscal_year: int) -> Path | None:
    """The year's file in the site's folder `years`, None where there is none. Raises SettingsError for two of them."""
    written = [site_folder / "years" / f"{fiscal_year}{ending}" for ending in (".toml", ".xlsx")]
    there = [path for path in written if path.exists()]
    if len(there) > 1:
        raise SettingsError([Mistake(there[1], 0, 0, say("two_year_files", other=there[0].name), say("keep_one"))])
    return there[0] if there else None


def read_annual(path: Path, fiscal_year: int) -> AnnualData:
    """The annual data of a file. Raises SettingsError with every mistake, each with its line or cell."""
    data, locate = _from_xlsx(path) if path.suffix == ".xlsx" else _from_toml(path)
    try:
        file = AnnualFile(**data)
    except ValidationError as error:
        raise SettingsError(mistakes_of(error, AnnualFile, locate)) from None
    if file.fiscal_year != fiscal_year:
        message = say("other_year", found=file.fiscal_year, wanted=fiscal_year)
        hint = say("name_it", name=f"{file.fiscal_year}{path.suffix}")
        raise SettingsError([locate(("fiscal_year",), message, hint)])
    return AnnualData(**{name: getattr(file, name) for name in AnnualData.model_fields})


def _from_toml(path: Path) -> tuple[dict[str, Any], Locate]:
    source = read_toml(path, exact=True)
    return {key: value if key == "fiscal_year" else _exact(value) for key, value in source.data.items()}, source.mistake


def _exact(value: object, name: str = "") -> Any:
    """Whole numbers as exact ones, except where a count is meant."""
    if isinstance(value, dict):
        return {key: _exact(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [_exact(part, name) for part in value]
    is_count = isinstance(value, bool) or name in {"years_in_use", "practice_cases"}
    return Decimal(value) if isinstance(value, int) and not is_count else value


def _from_xlsx(path: Path) -> tuple[dict[str, Any], Locate]:
    """The workbook's sheets as the TOML file's tables."""
    data: dict[str, Any] = {}
    places: Places = {}
    mistakes: list[Mistake] = []
    for grid in read_sheets(path):
        table = _KEY_OF_TITLE.get(grid.name, grid.name)
        if table not in TABLES:
            known = ", ".join(f"{key} ({title})" for key, title in TABLES.items())
            mistakes.append(Mistake(path, 0, 0, say("no_table", name=grid.name), say("known_tables", known=known)))
            continue
        _read_grid(table, grid, data, places, mistakes)
    if mistakes:
        raise SettingsError(mistakes)

    def locate(key_path: KeyPath, message: Words, hint: Words | None) -> Mistake:
        for length in range(len(key_path), 0, -1):
            if key_path[:length] in places:
                return places[key_path[:length]].mistake(message, hint)
        return Mistake(path, 0, 0, message, hint)

    return data, locate


def _read_grid(table: str, grid: Grid, data: dict[str, Any], places: Places, mistakes: list[Mistake]) -> None:
    keys = [_KEY_OF_TITLE.get(str(cell.content), str(cell.content)) for cell in grid.header]
    if table in _LISTS:
        records = []
        for index, row in enumerate(grid.rows):
            filled = [(key, cell) for key, cell in zip(keys, row, strict=True) if not cell.is_empty]
            places[table, index] = row[0]
            places |= {(table, index, key): cell for key, cell in filled}
            records.append(dict(_values(filled, mistakes)))
        data[table] = records
        return
    pairs = [(_named(row[0], mistakes), row[1]) for row in grid.rows if len(row) == 2 and not row[1].is_empty]
    if any(len(row) != 2 for row in grid.rows):
        mistakes.append(grid.header[0].mistake(say("two_columns"), say("what_and_value")))
    prefix: KeyPath = () if table == "general" else (table,)
    places |= {(*prefix, key): cell for key, cell in pairs}
    take: Callable[[str, Cell], object] = (lambda _, cell: text_in(cell)) if table == "texts" else _value
    values = dict(_values(pairs, mistakes, take))
    data.update(values if table == "general" else {table: values} if values else {})


def _named(cell: Cell, mistakes: list[Mistake]) -> str:
    """The key that the first cell of a row means."""
    try:
        text = text_in(cell)
    except WrongCell as problem:
        mistakes.append(cell.mistake(problem.message, problem.hint))
        return ""
    return _KEY_OF_TITLE.get(text) or _CHOICE_OF_NAME.get(text, text)


def _values(
    cells: list[tuple[str, Cell]], mistakes: list[Mistake], take: Callable[[str, Cell], object] | None = None
) -> Iterator[tuple[str, object]]:
    for key, cell in cells:
        try:
            yield key, (take or _value)(key, cell)
        except WrongCell as problem:
            mistakes.append(cell.mistake(problem.message, problem.hint))


def _value(key: str, cell: Cell) -> object:
    """What a cell says for a key: a text, yes or no, a count, or an exact number. Raises WrongCell."""
    if key in _TEXTS:
        return _CHOICE_OF_NAME.get(text_in(cell), text_in(cell))
    if key in {"is_planned", "invested_in_solar", "uses_hydro"}:
        text = _CHOICE_OF_NAME.get(text_in(cell), text_in(cell).lower())
        if text not in _YES_NO:
            raise WrongCell(say("cell_no_yes_or_no", text=text), say("write_yes_or_no"))
        return _YES_NO[text]
    number = number_in(cell)
    if key in {"fiscal_year", "years_in_use", "practice_cases"}:
        if number != number.to_integral_value():
            raise WrongCell(say("cell_not_whole", number=number))
        return int(number)
    return number
