"""All figures by name: what a form's tables may ask for."""

from collections.abc import Mapping
from functools import cache

from agent.association.book import Book, Figure, FigureKind
from agent.association.industry_kinds import industry_kinds
from agent.association.year_kinds import year_kinds


@cache
def figure_kinds() -> Mapping[str, FigureKind]:
    """Every name with its unit and formula."""
    return dict(year_kinds()) | dict(industry_kinds())


def compute_figure(book: Book, name: str, key: str, round_first: int | None = None) -> Figure:
    """The figure of a name and column key, in its base unit. Raises KeyError for what does not exist."""
    return figure_kinds()[name].compute(book, key, round_first)
