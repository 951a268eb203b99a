"""A table of figures, defined once for every way of showing it: terminal, CSV, JSON, workbook, page.

Rows hold unrounded values; `rounded` is the only place where a figure is rounded. Knows no file and no site.
"""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.table import Table as RichTable
from rich.text import Text

from agent.reports.formula import Formula

Value = Decimal | float | int | str | None
"""None is unknown or undefined, and is printed as a dash, never as zero."""

UNDEFINED = "–"
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_EXACT = Context(prec=80)
_WIDE = 110
_FIGURES = re.compile(rf"(?:{UNDEFINED}|-?[0-9][0-9,.]*) \(-?[0-9][0-9,.]*\)")
_STARTS_A_FORMULA = tuple("=+-@\t\n＝＋－＠")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key in CSV and JSON (the unit is a suffix), its title and unit for people, decimals for numbers.

    Columns side by side that name the same group stand under one heading. A detail is left out on a terminal that
    is too narrow for everything. Values of a column in % are per cent, not shares.
    """

    key: str
    title: str
    decimals: int | None = None
    is_detail: bool = False
    unit: str = ""
    group: str = ""

    @property
    def heading(self) -> str:
        """Title and unit."""
        return f"{self.title} {self.unit}".strip()


@dataclass(frozen=True, slots=True)
class Cell:
    """A value with what belongs to this one cell: decimals other than the column's, a mark, a formula.

    `shown` is what people read where the value is an id, which CSV and JSON keep.
    The mark is a sentence that a reader of the figure must know ("corrected, entry 12"); it stands below the table.
    """

    value: Value
    decimals: int | None = None
    mark: str = ""
    formula: Formula | None = None
    shown: str = ""

    @property
    def printed(self) -> str:
        """The value as printed, without its mark."""
        return self.shown or rounded(self.value, self.decimals)

    @property
    def is_text(self) -> bool:
        """Whether it is words, to be read from the left; two figures, `87.4 (88.7)`, are none."""
        return isinstance(self.value, str) and not _FIGURES.fullmatch(self.value)


Row = tuple[Value | Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table. `totals` follow the rows, and are no rows in CSV: who adds up a column adds nothing twice.

    Notes stand above it and sources below. Other tables' formulas name it by its key.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    key: str = ""
    totals: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError when a row has not one value for each column."""
        for row in (*self.rows, *self.totals):
            if len(row) != len(self.columns):
                raise ValueError(f"table {self.title!r}: a row has {len(row)} values for {len(self.columns)} columns")

    def body(self) -> list[tuple[Cell, ...]]:
        """The rows as cells."""
        return [self._cells(row) for row in self.rows]

    def foot(self) -> list[tuple[Cell, ...]]:
        """The totals as cells."""
        return [self._cells(row) for row in self.totals]

    def marks(self) -> dict[str, int]:
        """The marks in the order in which they appear, numbered from 1."""
        found = dict.fromkeys(cell.mark for row in (*self.body(), *self.foot()) for cell in row if cell.mark)
        return {mark: number for number, mark in enumerate(found, 1)}

    def groups(self) -> list[tuple[str, int]]:
        """The upper headings with the number of columns that each spans; a column without one stands alone."""
        found: list[tuple[str, int]] = []
        for column in self.columns:
            if column.group and found and found[-1][0] == column.group:
                found[-1] = (column.group, found[-1][1] + 1)
            else:
                found.append((column.group, 1))
        return found

    def is_numeric(self, index: int) -> bool:
        """Whether a column holds numbers, to be compared digit below digit."""
        if self.columns[index].decimals is not None:
            return True
        values = [row[index] for row in (*self.body(), *self.foot())]
        return any(not cell.is_text and cell.value is not None for cell in values)

    def _cells(self, row: Row) -> tuple[Cell, ...]:
        return tuple(_cell(value, column) for value, column in zip(row, self.columns, strict=True))


def _cell(value: Value | Cell, column: Column) -> Cell:
    if not isinstance(value, Cell):
        return Cell(value, column.decimals)
    return value if value.decimals is not None else replace(value, decimals=column.decimals)


def superscript(number: int) -> str:
    """The sign of a mark beside a figure."""
    return f"{number}".translate(_SUPERSCRIPTS) + "⁾"


def rounded(value: Value, decimals: int | None) -> str:
    """A value as printed: half up, as the annual form rounds, with thousands apart. What rounds to zero has no sign."""
    if value is None:
        return UNDEFINED
    if isinstance(value, str) or decimals is None:
        return str(value)
    number = Decimal(value) if not isinstance(value, float) else Decimal(repr(value))
    step = Decimal(1).scaleb(-decimals)
    result = number.quantize(step, ROUND_HALF_UP, context=_EXACT)
    return f"{result or abs(result):,}"


def for_people(table: Table, width: int) -> RichTable:
    """The table on a terminal of a width in characters, with its notes, marks and sources below."""
    shown = [(i, c) for i, c in enumerate(table.columns) if not c.is_detail or width >= _WIDE]
    below = (*table.notes, *(f"{superscript(n)} {mark}" for mark, n in table.marks().items()), *table.sources)
    drawn = RichTable(title=Text(table.title), box=SIMPLE_HEAD, caption=Text("\n".join(below)) if below else None)
    for index, column in shown:
        justify: Literal["left", "right"] = "right" if table.is_numeric(index) else "left"
        heading = Text(f"{column.group}\n{column.heading}".strip())
        drawn.add_column(heading, justify=justify, no_wrap=column.key != "source")
    for row in table.body():
        drawn.add_row(*(Text(_marked(row[index], table)) for index, _ in shown))
    if table.totals:
        drawn.add_section()
    for row in table.foot():
        drawn.add_row(*(Text(_marked(row[index], table), style="bold") for index, _ in shown))
    return drawn


def _marked(cell: Cell, table: Table) -> str:
    return cell.printed + (superscript(table.marks()[cell.mark]) if cell.mark else "")


def as_csv(table: Table) -> str:
    """The rows as CSV, unrounded, with keys as the header; unknown is an empty cell. Totals are left out.

    Text that a spreadsheet would take for a formula (it begins with = + - @, also full-width, a tab or a line break)
    gets an apostrophe before it, and every line break is one character; JSON has it unchanged. Marks, where there
    are any, stand in a last column, by key.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    has_marks = bool(table.marks())
    writer.writerow([column.key for column in table.columns] + (["marks"] if has_marks else []))
    for row in table.body():
        marks = [f"{c.key}: {cell.mark}" for c, cell in zip(table.columns, row, strict=True) if cell.mark]
        values = ["" if cell.value is None else _harmless(cell.value) for cell in row]
        writer.writerow(values + ([_harmless("; ".join(marks))] if has_marks else []))
    return text.getvalue()


def _harmless(value: Value) -> Value:
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text


def as_records(table: Table) -> list[Mapping[str, float | int | str | None]]:
    """The rows for JSON, unrounded; unknown is null. Totals are left out."""
    return [_record(table, row) for row in table.body()]


def as_document(table: Table) -> Mapping[str, object]:
    """The whole table for JSON: unrounded rows and totals by key, the same as printed, marks, notes and sources."""
    lines = [*table.body(), *table.foot()]
    keys = [column.key for column in table.columns]
    marks = [
        {"row": number, "column": key, "text": cell.mark}
        for number, row in enumerate(lines)
        for key, cell in zip(keys, row, strict=True)
        if cell.mark
    ]
    columns = [{"key": c.key, "title": c.title, "unit": c.unit, "group": c.group} for c in table.columns]
    return {
        "key": table.key,
        "title": table.title,
        "notes": list(table.notes),
        "columns": columns,
        "rows": as_records(table),
        "totals": [_record(table, row) for row in table.foot()],
        "printed": [dict(zip(keys, (cell.printed for cell in row), strict=True)) for row in lines],
        "marks": marks,
        "sources": list(table.sources),
    }


def _record(table: Table, row: tuple[Cell, ...]) -> Mapping[str, float | int | str | None]:
    return {column.key: _plain(cell.value) for column, cell in zip(table.columns, row, strict=True)}


def _plain(value: Value) -> float | int | str | None:
    return float(value) if isinstance(value, Decimal) else value
