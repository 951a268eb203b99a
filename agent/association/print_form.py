"""Prints the form: every cell of its file's tables from the book, what must be withheld, then the texts. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from agent.association.book import Book, Rule
from agent.association.form import NOT_TICKED, TICKED, WITHHELD, Cell, Column, Form, FormTable, FormText, Row, Slip
from agent.association.form_file import (
    REFERENCE,
    ColumnTable,
    FormFile,
    FormTableTable,
    RowTable,
    SeriesTable,
    Special,
)
from agent.association.kinds import compute_figure
from agent.association.printing import in_unit, printed
from agent.association.settings_tables import AnswerTable, TextTable, Words
from agent.association.slips import differs, find_slips, slip_name, slip_place
from agent.association.special_tables import factors_table, is_true, practices_table, slips_table

Language = Literal["ja", "en"]
ENDS = {"receiving": ("受電端", "receiving end"), "generating": ("発電端", "generating end")}
"""At which end of the grid a kilowatt-hour is counted, in Japanese and English."""
Withhold = Callable[[frozenset[str]], Mapping[str, str]]
"""Decides which of the totals that a form publishes must be withheld, with the reason of each."""


@dataclass(frozen=True, slots=True)
class OwnWords:
    """What the association itself says in a year's form: the options it ticks, and its texts."""

    answers: tuple[AnswerTable, ...] = ()
    texts: tuple[TextTable, ...] = ()

    def of_year(self, fiscal_year: int) -> "OwnWords":
        """What holds for every year, and for this one."""
        years = {None, fiscal_year}
        answers = tuple(answer for answer in self.answers if answer.fiscal_year in years)
        return OwnWords(answers, tuple(text for text in self.texts if text.fiscal_year in years))


def print_form(form: FormFile, book: Book, own: OwnWords, withhold: Withhold) -> Form:
    """The printed form of a year; the association's own texts come after the form's."""
    own = own.of_year(book.fiscal_year)
    printer = _Printer(form, book, frozenset((a.table, a.option) for a in own.answers if a.is_ticked))
    slips = tuple(find_slips(book))
    tables = [printer.table(table, slips) for table in form.table]
    cells = [cell for table in tables for row in table.rows for cell in row.cells]
    withheld = withhold(frozenset(total for cell in cells for total in cell.totals))
    masked = {table.id: _mask(table, frozenset(withheld)) for table in tables}
    tables_by_id = {name: _with_note(table, masked, printer) for name, table in masked.items()}
    texts = tuple(
        FormText(text.id, text.section, printer.words(text.text, masked)) for text in (*form.text, *own.texts)
    )
    shown = tuple(slip for slip in slips if not frozenset(withheld) & set(slip.totals))
    return Form(printer.words(form.title, {}), book.fiscal_year, tables_by_id, texts, shown, withheld)


def _mask(table: FormTable, withheld: frozenset[str]) -> FormTable:
    """The table without the cells that rest on a withheld total."""
    rows = tuple(
        replace(row, cells=tuple(Cell(WITHHELD) if withheld & set(cell.totals) else cell for cell in row.cells))
        for row in table.rows
    )
    return replace(table, rows=rows)


def _with_note(table: FormTable, tables: Mapping[str, FormTable], printer: "_Printer") -> FormTable:
    return table if table.note is None else replace(table, note=printer.words(table.note, tables))


@dataclass(frozen=True, slots=True)
class _Printer:
    """Fills the tables of one form."""

    form: FormFile
    book: Book
    ticked: frozenset[tuple[str, str]]

    def table(self, table: FormTableTable, slips: tuple[Slip, ...]) -> FormTable:
        """One table, nothing withheld yet."""
        title = self.words(table.title, {})
        if table.choice:
            columns: tuple[Column, ...] = (Column("tick", Words(ja="選択", en="ticked")),)
            return FormTable(table.id, table.section, title, columns, self._choices(table), table.note)
        if table.special is not None:
            columns, rows = self._special(table.special, slips)
            return FormTable(table.id, table.section, title, columns, rows, table.note)
        defined = [*table.columns, *(_series_columns(table.series, self.book) if table.series else ())]
        columns = tuple(Column(column.id, self.words(column.title, {}), column.unit or "") for column in defined)
        rows = tuple(
            Row(
                row.id,
                self.words(row.title, {}),
                row.unit,
                tuple(self._cell(table, row, number, column) for number, column in enumerate(defined)),
            )
            for row in table.row
        )
        return FormTable(table.id, table.section, title, columns, rows, table.note)

    def words(self, words: Words, tables: Mapping[str, FormTable]) -> Words:
        """A text with its years and its references to printed cells filled in."""
        return Words(ja=self._filled(words.ja, tables, "ja"), en=self._filled(words.en, tables, "en"))

    def _filled(self, text: str, tables: Mapping[str, FormTable], language: Language) -> str:
        year = self.book.fiscal_year
        names: dict[str, object] = {
            "year": year,
            "before_previous_year": year - 2,
            "previous_year": year - 1,
            "next_year": year + 1,
            "after_next_year": year + 2,
            "base_year": self.book.plan.base_year,
            "target_year": self.book.plan.target_year,
            "companies": self.book.industry.companies,
            "minimum_contributors": self.book.minimum_contributors,
            "electricity_end": ENDS[self.book.electricity_end][0 if language == "ja" else 1],
        }
        for name, value in names.items():
            text = text.replace(f"{{{name}}}", str(value))
        if not tables:
            return text

        def look_up(match: re.Match[str]) -> str:
            table, row, column, triangle = match.groups()
            shown = tables[table].cell(row, column).text
            return shown.replace("-", "▲", 1) if triangle and shown.startswith("-") else shown

        return REFERENCE.sub(look_up, text)

    def _cell(self, table: FormTableTable, row: RowTable, number: int, column: ColumnTable) -> Cell:
        if row.figure is None:
            english = row.texts_en[number] if row.texts_en else ""
            return Cell(self._filled(row.texts_ja[number], {}, "ja"), self._filled(english, {}, "en"))
        name, key = row.figure + column.suffix, row.key or column.figure_key
        decimals = row.decimals if column.decimals is None else column.decimals
        unit = column.unit or row.unit
        figure = compute_figure(self.book, name, key, decimals if row.rounding == "operands" else None)
        if figure.value is None:
            unknown = table.unknown if column.unknown is None else column.unknown
            return Cell(unknown, rule=Rule.UNKNOWN, published=self._published(table.id, name, key, (unit, None)))
        value = in_unit(figure.value, unit)
        if figure.rule is Rule.DECLARED:
            decimals = _decimals_of(value)
        differing = self._published(table.id, name, key, (unit, value))
        return Cell(printed(value, decimals), "", value, figure.rule, differing, figure.totals)

    def _published(self, table: str, figure: str, key: str, shown: tuple[str, Decimal | None]) -> str:
        """What was published for the figure, where it is not what was computed; `shown` are unit and value."""
        unit, value = shown
        for published in self.book.published:
            is_here = published.table in {None, table} and (published.figure, published.unit) == (figure, unit)
            is_meant = is_here and published.printed is not None and self._is_same(published.column, key)
            if is_meant and (value is None or differs(published, value)):
                return published.printed or ""
        return ""

    def _is_same(self, column: str, key: str) -> bool:
        """Whether two column keys mean the same; the declared base is not the base year's unrounded total."""
        if column == key:
            return True
        try:
            years = {self.book.fiscal_year_of(column), self.book.fiscal_year_of(key)}
        except KeyError:
            return False
        return len(years) == 1 and not {column, key} & {"base", "target"}

    def _choices(self, table: FormTableTable) -> tuple[Row, ...]:
        rows = []
        for choice in table.choice:
            by_documents = choice.when is not None and is_true(choice.when, self.book.industry)
            is_ticked = by_documents or (table.id, choice.id) in self.ticked
            cell = Cell(TICKED if is_ticked else NOT_TICKED)
            rows.append(Row(choice.id, self.words(choice.title, {}), "", (cell,)))
        return tuple(rows)

    def _special(self, special: Special, slips: tuple[Slip, ...]) -> tuple[tuple[Column, ...], tuple[Row, ...]]:
        if special is Special.PRACTICES:
            return practices_table(self.book)
        if special is Special.FACTORS:
            return factors_table(self.book)
        return slips_table(tuple((slip, slip_name(slip, self.form, self.book), self._place(slip)) for slip in slips))

    def _place(self, slip: Slip) -> str:
        """Where a slip stands, in English; as the published form calls it where this one does not show the figure."""
        table = slip_place(slip, self.form)
        return slip.where if table is None else f"{table.section} {self.words(table.title, {}).en}"


def _series_columns(series: SeriesTable, book: Book) -> Iterator[ColumnTable]:
    first = book.plan.base_year if series.first == "base_year" else series.first
    for year in range(first, book.fiscal_year + 1):
        yield ColumnTable(id=f"fy{year}", key=str(year), title=Words(ja=f"{year}年度", en=f"FY{year}"))


def _decimals_of(value: Decimal) -> int:
    """The decimals that a declared value has."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
