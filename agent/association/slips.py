"""Published figures held against computed ones: where they differ, both are shown. Nothing is known beforehand."""

from collections.abc import Iterator
from decimal import Decimal

from agent.association.book import Book
from agent.association.form import Slip
from agent.association.history_tables import PublishedFigure
from agent.association.kinds import compute_figure
from agent.association.printing import in_unit, printed, round_to


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
            yield Slip(*place, claim, shown, value, figure.totals)


def differs(published: PublishedFigure, value: Decimal) -> bool:
    """Whether a value in the published unit is not what was published."""
    if published.printed is None:
        return value >= 0 if published.says == "fell" else value <= 0
    return round_to(value, published.decimals) != Decimal(published.printed.replace(",", ""))
