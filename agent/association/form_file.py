"""What a file of `configs/forms` may say: the tables of a form, what each cell shows, and the texts passed through.

A table is one entry: adding one needs no other edit. Reads no file, computes nothing.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StrictInt, StringConstraints, model_validator

from agent.association.settings_tables import TextTable, Words
from agent.settings.model import Identifier, Table

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.+-]+$")]
"""A column's key as figures know it: `base`, `year-1`, `1990`, `share`, `done.investment`."""
Decimals = Annotated[StrictInt, Field(ge=0, le=6)]

REFERENCE = re.compile(r"\{([a-z0-9_]+)\.([a-z0-9_]+)\.([a-z0-9_]+)(▲)?\}")
"""In a text: the printed cell of a table, row and column; with ▲ in place of a minus sign."""


class When(StrEnum):
    """Options that the documents themselves tick."""

    COMPANIES_USE_CREDITS = "companies_use_credits"
    COMPANIES_USE_NO_CREDITS = "companies_use_no_credits"
    COMPANIES_CREATE_CREDITS = "companies_create_credits"
    COMPANIES_CREATE_NO_CREDITS = "companies_create_no_credits"
    COMPANIES_USE_NON_FOSSIL = "companies_use_non_fossil"


class ColumnTable(Table):
    """`columns`: a column. Its key goes to the figures; a suffix is added to the row's figure name.

    Unit and decimals take the place of the row's. `unknown` is printed where there is no figure.
    """

    id: Identifier
    title: Words
    key: Key = ""
    suffix: str = ""
    unit: str | None = None
    decimals: Decimals | None = None
    unknown: str | None = None

    @property
    def figure_key(self) -> str:
        """The key for the figures: the column's id unless another is named."""
        return self.key or self.id


class SeriesTable(Table):
    """`series`: a column for each fiscal year from the first to the year of the results."""

    first: Literal["base_year"] | StrictInt


class RowTable(Table):
    """`row`: a figure for every column, or texts. `rounding = "operands"` subtracts what was printed."""

    id: Identifier
    title: Words
    figure: str | None = None
    key: Key | None = None
    unit: str = ""
    decimals: Decimals = 0
    rounding: Literal["result", "operands"] = "result"
    texts_ja: tuple[str, ...] = ()
    texts_en: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _shows_one_thing(self) -> "RowTable":
        if (self.figure is None) == (not self.texts_ja):
            raise ValueError("a row shows either a figure or texts_ja")
        if self.texts_en and len(self.texts_en) != len(self.texts_ja):
            raise ValueError("texts_en must have as many texts as texts_ja")
        return self


class ChoiceTable(Table):
    """`choice`: an option with a tick box: ticked by the documents (`when`), or by an `[[answer]]` of the settings."""

    id: Identifier
    title: Words
    group: Words | None = None
    when: When | None = None


class Special(StrEnum):
    """Tables whose rows come from the documents or the factors, not from the form's file."""

    PRACTICES = "practices"
    FACTORS = "factors"
    SLIPS = "slips"


class FormTableTable(Table):
    """`[[table]]`: one table of the form. A special one needs columns alone."""

    id: Identifier
    section: str
    title: Words
    columns: tuple[ColumnTable, ...] = ()
    series: SeriesTable | None = None
    row: tuple[RowTable, ...] = ()
    choice: tuple[ChoiceTable, ...] = ()
    special: Special | None = None
    unknown: str = "–"
    note: Words | None = None

    @model_validator(mode="after")
    def _has_one_shape(self) -> "FormTableTable":
        shapes = [bool(self.row), bool(self.choice), self.special is not None]
        if sum(shapes) != 1:
            raise ValueError("a table has either rows, choices or special")
        if bool(self.row) != (bool(self.columns) or self.series is not None):
            raise ValueError("a table with rows has columns or a series, and only such a table")
        for row in self.row:
            if row.texts_ja and len(row.texts_ja) != len(self.columns):
                raise ValueError(f"row {row.id} must have a text for each of the {len(self.columns)} columns")
        return self


class FormFile(Table):
    """A form: its name, and its tables and texts in order."""

    form: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    title: Words
    source: Words
    table: Annotated[tuple[FormTableTable, ...], Field(min_length=1)]
    text: tuple[TextTable, ...] = ()

    def cells(self) -> frozenset[tuple[str, str, str]]:
        """The cells that a text may refer to: table, row and column."""
        return frozenset((t.id, row.id, column.id) for t in self.table for row in t.row for column in t.columns)

    def options(self) -> frozenset[tuple[str, str]]:
        """The options that an answer may tick: table and option."""
        return frozenset((table.id, choice.id) for table in self.table for choice in table.choice)

    def texts(self) -> Iterator[tuple[tuple[str | int, ...], Words]]:
        """Every text that may refer to cells, with its place in the file."""
        for index, table in enumerate(self.table):
            if table.note is not None:
                yield ("table", index, "note"), table.note
        for index, text in enumerate(self.text):
            yield ("text", index, "text"), text.text
