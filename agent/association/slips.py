"""Published figures held against computed ones: where they differ, both are shown. Nothing is known beforehand."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from agent.association.book import Book
from agent.association.form import Slip
from agent.association.form_file import ColumnTable, FormFile, FormTableTable, RowTable
from agent.association.history_tables import PublishedFigure
from agent.association.kinds import compute_figure
from agent.association.printing import in_unit, printed, round_to
from agent.association.settings_tables import Words

SAYS: Mapping[str, Words] = {
    "fell": Words(ja="減少", en="fell"),
    "rose": Words(ja="増加", en="rose"),
}
"""A published text that tells only the direction of a change."""
_CHANGE = "_change"
_TITLE_ENDS = re.compile(r"[【＝:]")


def find_slips(book: Book) -> Iterator[Slip]:
    """Every published figure that differs from the computed one at the decimals it was printed with."""
    for published in book.published:
        figure = compute_figure(book, published.figure, published.column)
        if figure.value is None:
            continue
        value = in_unit(figure.value, published.unit)
        if differs(published, value):
            claim = published.printed or published.says or ""
            shown = printed(value, published.decimals if published.printed else 1)
            place = (published.where, published.figure, published.column, published.unit)
            yield Slip(*place, claim, shown, value, figure.totals, published.table)


def differs(published: PublishedFigure, value: Decimal) -> bool:
    """Whether a value in the published unit is not what was published."""
    if published.printed is None:
        return value >= 0 if published.says == "fell" else value <= 0
    return round_to(value, published.decimals) != Decimal(published.printed.replace(",", ""))


def slip_name(slip: Slip, form: FormFile, book: Book) -> Words:
    """What a slip is about, in the form's words: `進捗率(2023年度)`; a figure that it does not show keeps its name."""
    of_year = slip.figure.removesuffix(_CHANGE)
    row = next((row for row in _rows(form, of_year)), None) or next((row for row in _rows(form, slip.figure)), None)
    title = Words(ja=of_year, en=of_year) if row is None else row.title
    column = _column_words(slip, form, book)
    ja, en = (_TITLE_ENDS.split(text)[0].strip() for text in (title.ja, title.en))
    return Words(ja=f"{ja}({column.ja})", en=f"{en} ({column.en})")


def slip_place(slip: Slip, form: FormFile) -> FormTableTable | None:
    """The table where a slip stands, else the first that shows such a figure, or the one whose change it is."""
    stated = (table for table in form.table if table.id == slip.table)
    shown = (table for table, row, column in _cells(form) if f"{row.figure}{column.suffix}" == slip.figure)
    changed = (table for table in form.table for row in table.row if row.figure == slip.figure.removesuffix(_CHANGE))
    return next((table for tables in (stated, shown, changed) for table in tables), None)


def _column_words(slip: Slip, form: FormFile, book: Book) -> Words:
    """Of which year, on which year, or the heading of the column."""
    try:
        year = book.fiscal_year_of(slip.column)
    except KeyError:
        titles = (column.title for _, _, column in _cells(form) if column.figure_key == slip.column)
        return next(titles, Words(ja=slip.column, en=slip.column))
    if slip.figure.endswith(_CHANGE):
        return Words(ja=f"{year}年度比", en=f"on FY{year}")
    return Words(ja=f"{year}年度", en=f"FY{year}")


def _rows(form: FormFile, figure: str) -> Iterator[RowTable]:
    return (row for table in form.table for row in table.row if row.figure == figure)


def _cells(form: FormFile) -> Iterator[tuple[FormTableTable, RowTable, ColumnTable]]:
    return ((table, row, column) for table in form.table for row in table.row for column in table.columns)
