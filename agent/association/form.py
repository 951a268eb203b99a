"""The printed form: tables of cells and texts. Records alone; who prints them on paper or screen comes later."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from agent.association.book import Rule
from agent.association.printing import unit_in_english
from agent.association.settings_tables import Words

WITHHELD = "×"
"""Printed where a figure would say too much of one company (秘匿)."""
TICKED, NOT_TICKED = "■", "□"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as printed; for a figure also its unrounded value in the shown unit and how it came about.

    `published` is what an earlier form printed, where it differs. `totals` are the sums that the figure rests on.
    """

    text: str
    text_en: str = ""
    value: Decimal | None = None
    rule: Rule | None = None
    published: str = ""
    totals: tuple[str, ...] = ()

    @property
    def both(self) -> str:
        """What is printed, with the earlier figure where it differs."""
        return f"{self.text} ({self.published})" if self.published else self.text


@dataclass(frozen=True, slots=True)
class Column:
    """A column's identifier and title; a unit here takes the place of the rows'."""

    id: str
    title: Words
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its title, the unit of its figures, and a cell for each column."""

    id: str
    title: Words
    unit: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class FormTable:
    """One table of the form."""

    id: str
    section: str
    title: Words
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: Words | None = None

    def units(self, row: Row) -> tuple[Words, ...]:
        """The unit of each cell of a row, in both languages."""
        shown = [column.unit or row.unit for column in self.columns]
        return tuple(Words(ja=unit, en=unit_in_english(unit)) for unit in shown)

    def cell(self, row_id: str, column_id: str) -> Cell:
        """The cell of a row and column. Raises KeyError when there is none."""
        for row in self.rows:
            if row.id == row_id:
                for column, cell in zip(self.columns, row.cells, strict=True):
                    if column.id == column_id:
                        return cell
        raise KeyError((self.id, row_id, column_id))


@dataclass(frozen=True, slots=True)
class FormText:
    """One text of the form."""

    id: str
    section: str
    text: Words


@dataclass(frozen=True, slots=True)
class Slip:
    """A published figure that differs from the computed one: both as printed, and the computed one unrounded.

    `table` is where it stands, if it stands in one table alone.
    """

    where: str
    figure: str
    column: str
    unit: str
    published: str
    computed: str
    value: Decimal | None
    totals: tuple[str, ...] = ()
    table: str | None = None


@dataclass(frozen=True)
class Form:
    """The whole form. `withheld` names the totals that are not published, with the reason."""

    title: Words
    fiscal_year: int
    tables: Mapping[str, FormTable]
    texts: tuple[FormText, ...]
    slips: tuple[Slip, ...]
    withheld: Mapping[str, str] = field(default_factory=dict)
