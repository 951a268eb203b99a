"""Figures before and after entries of the book, for a dry run."""

from collections.abc import Iterator, Sequence

from agent.accounting.entries import Entry
from agent.accounting.entry_rules import years_touched
from agent.accounting.statement import ProductLine, StatementLine
from agent.clock import SystemClock
from agent.query import query_year
from agent.reports.table import Column, Row, Table
from agent.reports.words import name_of
from agent.settings.site import Site
from agent.storage.database import StorageError
from agent.texts import Texts


def show_change(site: Site, before: Sequence[Entry], after: Sequence[Entry], texts: Texts) -> list[Table]:
    """For each fiscal year that the new entries touch, the lines whose amount they change.

    Nothing where no readings are there yet, or no factor table for the year.
    """
    zone, now_utc_s = site.file.site.zone, SystemClock().now_ms() // 1000
    new = after[len(before) :]
    years = sorted({year for entry in new for year in years_touched(entry.content, before, zone)})
    tables = []
    for year in years:
        try:
            old, now = (query_year(site, year, now_utc_s, entries=entries).statement for entries in (before, after))
        except (StorageError, ValueError):
            continue
        rows = tuple(_rows(texts, (*old.lines, *old.products), (*now.lines, *now.products)))
        if rows:
            tables.append(Table(texts("change_title", year=year), _columns(texts), rows, "change"))
    return tables


def _columns(texts: Texts) -> tuple[Column, ...]:
    return (
        Column("line", texts("stream")),
        Column("before", texts("close_before"), 1),
        Column("after", texts("close_after"), 1),
        Column("change", texts("close_change"), 1),
        Column("unit", texts("unit")),
    )


def _rows(
    texts: Texts, before: Sequence[StatementLine | ProductLine], after: Sequence[StatementLine | ProductLine]
) -> Iterator[Row]:
    for old, new in zip(before, after, strict=True):
        first, then = (sum(span.amount for span in line.spans) for line in (old, new))
        if old.spans != new.spans:
            stream = new.stream if isinstance(new, StatementLine) else new.product
            yield name_of(texts, stream), first, then, then - first, stream.unit
