"""Figures drawn from a site's ledger on demand: the statement of a year, energy by time. Only reads the journal."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from agent.accounting.areas import AreaFigures, draw_areas
from agent.accounting.assertions import AssertionResult, hold_against
from agent.accounting.balances import Residual, draw_residuals
from agent.accounting.booked import BookedDifference, BookedHistory, with_book
from agent.accounting.booked_spans import BookProblem
from agent.accounting.declared import NOTHING, Declared, declare
from agent.accounting.draw import Year, draw_spans, draw_statement
from agent.accounting.entries import Assertion, Entry
from agent.accounting.factors import FactorSet
from agent.accounting.interval import INTERVAL_S
from agent.accounting.spans import Span, cut_spans, split_by_fiscal_year
from agent.accounting.statement import Statement, StatementLine
from agent.accounting.streams import Stream
from agent.factor_files import load_factor_set
from agent.settings.site import Site
from agent.storage.book import Book, book_path
from agent.storage.history import DayVolumes, SiteHistory
from agent.storage.ledger import Ledger

FindFactors = Callable[[int, str | None], FactorSet]
"""Gives the factor set of a fiscal year under a scheme, or the site's where that is None. Raises as `FactorSets.of`."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a program that asks again and again keeps between its queries."""

    find_factors: FindFactors
    volumes: DayVolumes


@dataclass(frozen=True, slots=True)
class BookFindings:
    """What the book has that somebody must look at.

    Invoices that the figures are held against, booked quantities that do not fit what was measured, and entries that
    give no number. Of those that have a time, they are those of the fiscal year.
    """

    assertions: list[AssertionResult]
    differences: list[BookedDifference]
    problems: list[BookProblem]


@dataclass(frozen=True, slots=True)
class YearFigures:
    """The statement of a fiscal year, its areas, the residual of each balance, and findings of the book."""

    statement: Statement
    areas: list[AreaFigures]
    residuals: Sequence[Residual]
    book: BookFindings


@dataclass(frozen=True, slots=True)
class TimeFigures:
    """Spans, and streams and products over each of them."""

    spans: list[Span]
    lines: list[StatementLine]
    products: list[StatementLine]


def entries_of(site: Site) -> list[Entry]:
    """The entries of the site's book, in order. Raises StorageError for a book that is damaged."""
    return Book(book_path(site.path(site.file.journal.path))).entries()


def query_year(
    site: Site,
    fiscal_year: int,
    now_utc_s: int,
    scheme: str | None = None,
    entries: Sequence[Entry] | None = None,
) -> YearFigures:
    """The statement of a year as far as it has passed, under the site's scheme or another.

    The entries are those of the site's book unless others are given. Areas are left out while a stream has no energy.
    Raises StorageError without a journal, SettingsError or ValueError without a factor table.
    """
    year = Year(fiscal_year, site.file.site.zone, now_utc_s - now_utc_s % INTERVAL_S)
    declared = _declared(site, entries)
    with _history(site) as stored:
        history = with_book(stored, declared.points)
        book = _findings(site, year, declared, history)
        statement = draw_statement(
            site.file.site.id,
            year,
            site.streams,
            site.products,
            expected_gj_per_t=site.expected_gj_per_t,
            history=history,
            factors=_factors(site, fiscal_year, scheme),
            declared=declared,
        )
    whole = all(line.energy_gj is not None for line in statement.lines)
    areas = draw_areas(statement.lines, site.allocations) if whole else []
    return YearFigures(statement, areas, draw_residuals(site.balances, statement.lines), book)


def _declared(site: Site, entries: Sequence[Entry] | None) -> Declared:
    known = entries_of(site) if entries is None else entries
    return declare(known, site.points, (*site.streams, *site.products), site.replacements) if known else NOTHING


def _findings(site: Site, year: Year, declared: Declared, history: BookedHistory) -> BookFindings:
    """The findings whose time has a part in the year, as far as the figures are drawn."""
    months = year.months()
    if declared is NOTHING or not months:
        return BookFindings([], [], [])
    start, end = months[0].start_utc_s, months[-1].end_utc_s

    def is_of_the_year(from_utc_s: int, to_utc_s: int) -> bool:
        return from_utc_s < end and max(to_utc_s, from_utc_s + 1) > start

    asked = [
        entry
        for entry in declared.assertions
        if isinstance(entry.content, Assertion) and is_of_the_year(entry.content.from_utc_s, entry.content.to_utc_s)
    ]
    held = hold_against(asked, (*site.streams, *site.products), history, declared)
    differences = history.differences()
    return BookFindings(
        held,
        [found for found in differences if is_of_the_year(found.from_utc_s, found.to_utc_s)],
        [found for found in declared.problems if is_of_the_year(found.from_utc_s, found.to_utc_s)],
    )


def query_time(
    site: Site,
    spans: list[Span],
    scheme: str | None = None,
    chosen: Sequence[str] = (),
    entries: Sequence[Entry] | None = None,
    *,
    kept: Kept | None = None,
) -> TimeFigures:
    """Streams (all, or the chosen ones) and products over spans, each under the factors of its fiscal year.

    The entries are those of the site's book unless others are given. What is kept gives the same figures sooner.
    """
    declared = _declared(site, entries)
    streams = [stream for stream in site.streams if not chosen or stream.id in chosen]
    figures = TimeFigures(spans, [], [])
    find_factors = kept.find_factors if kept else partial(_factors, site)
    with _history(site, kept.volumes if kept else None) as stored:
        history = with_book(stored, declared.points)
        for fiscal_year, part in split_by_fiscal_year(spans, site.file.site.zone):
            factors = find_factors(fiscal_year, scheme)
            _append(figures.lines, draw_spans(streams, part, history, factors, declared))
            _append(figures.products, draw_spans(site.products, part, history, factors, declared))
    return figures


def _append(lines: list[StatementLine], more: Sequence[StatementLine]) -> None:
    """Add further spans to the same streams."""
    if not lines:
        lines.extend(more)
        return
    for index, (line, addition) in enumerate(zip(lines, more, strict=True)):
        problem = line.problem or addition.problem
        lines[index] = StatementLine(line.stream, line.spans + addition.spans, problem)


def spans_of(site: Site, size: str, from_utc_s: int, to_utc_s: int) -> list[Span]:
    """A time cut into spans of a size, at the site's place."""
    return cut_spans(size, from_utc_s, to_utc_s, site.file.site.zone)


def find_streams(site: Site, names: Sequence[str]) -> list[Stream]:
    """The streams of these names. Raises KeyError, naming the choices, for one that is not there."""
    known = {stream.id: stream for stream in site.streams}
    for name in names:
        if name not in known:
            raise KeyError(f"no stream {name!r}; there are {', '.join(known)}")
    return [known[name] for name in names]


def _factors(site: Site, fiscal_year: int, scheme: str | None) -> FactorSet:
    table = site.file.site
    return load_factor_set(site.factor_folders, scheme or table.scheme, fiscal_year, table.revision)


@contextmanager
def _history(site: Site, volumes: DayVolumes | None = None) -> Iterator[SiteHistory]:
    ledger = Ledger(site.path(site.file.journal.path))
    try:
        yield SiteHistory(ledger, site.file.site.zone, volumes)
    finally:
        ledger.close()
