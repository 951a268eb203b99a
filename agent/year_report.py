"""The statement of a site's fiscal year as a whole report: figures, months, completeness, factors, book and events."""

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from agent.accounting.calendar import month_starts_utc_s, months_of
from agent.accounting.interval import INTERVAL_S, Event
from agent.query import YearFigures, entries_of
from agent.reports.page import render_page
from agent.reports.report import Report
from agent.reports.statement import StatementFigures, StatementRecord, statement_report
from agent.reports.workbook import write_workbook
from agent.settings.site import Site
from agent.storage.ledger import Ledger
from agent.texts import Texts


def end_of(site: Site, fiscal_year: int, now_utc_s: int, through: str | None = None) -> int:
    """Up to when a year is drawn, in UTC seconds: its end, the end of the month `through` (2023-09), or now.

    Raises ValueError for a month that is not of the year.
    """
    zone = site.file.site.zone
    ends = {name: end for name, _, end in months_of(fiscal_year, zone)}
    if through is not None and through not in ends:
        raise ValueError(f"{through} is not in fiscal year {fiscal_year}: {', '.join(ends)}")
    last = ends[through] if through is not None else month_starts_utc_s(fiscal_year, zone)[-1]
    return min(last, now_utc_s - now_utc_s % INTERVAL_S)


def year_report(site: Site, texts: Texts, figures: YearFigures, until_utc_s: int) -> Report:
    """The report of figures that were drawn up to an instant."""
    statement, book = figures.statement, figures.book
    table = site.file.site
    name = {"ja": table.name_ja, "en": table.name_en}[texts.language] or table.id
    start = month_starts_utc_s(statement.fiscal_year, table.zone)[0]
    return statement_report(
        texts,
        name,
        table.zone,
        StatementFigures(statement, figures.areas, figures.residuals, until_utc_s),
        StatementRecord(
            entries_of(site), book.assertions, book.differences, book.problems, _events(site, start, until_utc_s)
        ),
    )


def write_report(report: Report, until_utc_s: int, workbook: Path | None, page: Path | None) -> list[Path]:
    """Write a report as a workbook, as a page for print, or both. The workbook's date is the figures', not today's."""
    written = []
    if workbook is not None:
        write_workbook(workbook, report, datetime.fromtimestamp(until_utc_s, UTC))
        written.append(workbook)
    if page is not None:
        page.write_text(render_page(report), encoding="utf-8")
        written.append(page)
    return written


def _events(site: Site, from_utc_s: int, to_utc_s: int) -> Sequence[Event]:
    with closing(Ledger(site.path(site.file.journal.path))) as ledger:
        return [event for event in ledger.events() if from_utc_s * 1000 <= event.time_ms < to_utc_s * 1000]
