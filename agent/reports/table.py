"""A table of figures: columns with units and decimals, unrounded rows; rendered for people, as CSV, as JSON."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from rich.box import SIMPLE_HEAD
from rich.table import Table as RichTable

Value = Decimal | float | int | str | None
"""None is unknown or undefined, and is printed as a dash, never as zero."""

UNDEFINED = "–"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key in CSV and JSON (the unit is a suffix), its title for people, decimals for numbers."""

    key: str
    title: str
    decimals: int | None = None


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


def for_people(table: Table) -> RichTable:
    """The table on a terminal."""
    drawn = RichTable(title=table.title, box=SIMPLE_HEAD)
    for column in table.columns:
        drawn.add_column(column.title, justify="left" if column.decimals is None else "right")
    for row in table.rows:
        drawn.add_row(*(rounded(value, column.decimals) for value, column in zip(row, table.columns, strict=True)))
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


def columns(*described: tuple[str, str, int | None]) -> tuple[Column, ...]:
    """Columns from (key, title, decimals)."""
    return tuple(Column(*parts) for parts in described)


def rows(values: Sequence[Sequence[Value]]) -> tuple[tuple[Value, ...], ...]:
    """Rows as a table keeps them."""
    return tuple(tuple(row) for row in values)
