"""A table of figures: columns with units and decimals, unrounded rows; rendered for people, as CSV, as JSON."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.table import Table as RichTable

Value = Decimal | float | int | str | None
"""None is unknown or undefined, and is printed as a dash, never as zero."""

UNDEFINED = "–"
_WIDE = 110


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key in CSV and JSON (the unit is a suffix), its title for people, decimals for numbers.

    A detail is left out on a terminal that is too narrow for everything.
    """

    key: str
    title: str
    decimals: int | None = None
    is_detail: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]


def rounded(value: Value, decimals: int | None) -> str:
    """A value as printed: half up, as the annual form rounds, with thousands apart."""
    if value is None:
        return UNDEFINED
    if isinstance(value, str) or decimals is None:
        return str(value)
    step = Decimal(1).scaleb(-decimals)
    number = Decimal(value) if not isinstance(value, float) else Decimal(repr(value))
    return f"{number.quantize(step, ROUND_HALF_UP):,}"


def for_people(table: Table, width: int) -> RichTable:
    """The table on a terminal of a width in characters."""
    shown = [(i, c) for i, c in enumerate(table.columns) if not c.is_detail or width >= _WIDE]
    drawn = RichTable(title=table.title, box=SIMPLE_HEAD)
    for _, column in shown:
        justify: Literal["left", "right"] = "left" if column.decimals is None else "right"
        drawn.add_column(column.title, justify=justify, no_wrap=column.key != "source")
    for row in table.rows:
        drawn.add_row(*(rounded(row[index], column.decimals) for index, column in shown))
    return drawn


def as_csv(table: Table) -> str:
    """The table as CSV, unrounded, with keys as the header; unknown is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.key for column in table.columns])
    for row in table.rows:
        writer.writerow(["" if value is None else value for value in row])
    return text.getvalue()


def as_records(table: Table) -> list[Mapping[str, float | int | str | None]]:
    """The rows for JSON, unrounded; unknown is null."""
    keys = [column.key for column in table.columns]
    return [dict(zip(keys, map(_plain, row), strict=True)) for row in table.rows]


def _plain(value: Value) -> float | int | str | None:
    return float(value) if isinstance(value, Decimal) else value
