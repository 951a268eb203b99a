"""The annual statement: its tables for a terminal, and the whole report with months, completeness and the book."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from agent.accounting.areas import AreaFigures
from agent.accounting.assertions import AssertionResult
from agent.accounting.balances import Residual
from agent.accounting.booked import BookedDifference
from agent.accounting.booked_spans import BookProblem
from agent.accounting.calendar import month_starts_utc_s
from agent.accounting.entries import Entry
from agent.accounting.interval import Event
from agent.accounting.statement import Statement
from agent.reports.completeness import completeness_table
from agent.reports.factors import calculation_table, factors_table
from agent.reports.findings import assertions_table, differences_table, problems_table
from agent.reports.months import (
    amounts_by_month,
    co2_by_month,
    heat_by_month,
    month_charts,
    months_table,
    production_by_month,
)
from agent.reports.records import entries_table, events_table, local_time
from agent.reports.report import Fact, Report, Section
from agent.reports.report_texts import ReportTexts, report_texts
from agent.reports.summary import areas_table, balances_table, production_table, streams_table, summary_table
from agent.reports.table import Table
from agent.reports.words import scheme_name
from agent.texts import Texts


@dataclass(frozen=True, slots=True)
class StatementFigures:
    """What was drawn: the statement up to an instant, its areas, and the residual of each balance."""

    statement: Statement
    areas: Sequence[AreaFigures]
    residuals: Sequence[Residual]
    until_utc_s: int


@dataclass(frozen=True, slots=True)
class StatementRecord:
    """What stands beside the figures: the book, what was found in it, and the events of the year.

    Found are bills held against the figures, booked quantities that do not fit, and entries that give no number.
    """

    entries: Sequence[Entry] = ()
    assertions: Sequence[AssertionResult] = ()
    differences: Sequence[BookedDifference] = ()
    problems: Sequence[BookProblem] = ()
    events: Sequence[Event] = ()


def statement_tables(
    texts: Texts, statement: Statement, areas: Sequence[AreaFigures], residuals: Sequence[Residual]
) -> list[Table]:
    """The statement's own tables. `residuals` are what balances have left over."""
    return [
        summary_table(texts, statement),
        streams_table(texts, statement),
        production_table(texts, statement),
        areas_table(texts, areas),
        balances_table(texts, residuals),
        factors_table(texts, statement),
    ]


def statement_report(
    texts: Texts, site_name: str, zone: ZoneInfo, figures: StatementFigures, record: StatementRecord
) -> Report:
    """The whole statement of a year, for a workbook or for print."""
    say = report_texts(texts)
    statement = figures.statement
    return Report(
        language=texts.language,
        title=say("statement_title"),
        site=site_name,
        year=say("fiscal_year_name", year=statement.fiscal_year),
        facts=_facts(say, site_name, zone, figures),
        sections=(
            _summary(say, figures),
            Section(
                say("chapter_streams"),
                (streams_table(texts, statement), calculation_table(texts, statement)),
            ),
            Section(say("chapter_months"), (months_table(say, statement),), month_charts(say)),
            _stream_months(say, statement),
            Section(say("chapter_completeness"), (completeness_table(say, statement),)),
            Section(say("chapter_factors"), (factors_table(texts, statement),)),
            _book(say, statement, record, zone),
        ),
    )


def _facts(say: ReportTexts, site_name: str, zone: ZoneInfo, figures: StatementFigures) -> tuple[Fact, ...]:
    statement, factors = figures.statement, figures.statement.factors
    scheme = scheme_name(say, factors.scheme)
    is_over = figures.until_utc_s >= month_starts_utc_s(statement.fiscal_year, zone)[-1]
    facts = [
        Fact(say("site"), f"{site_name} ({statement.site_id})"),
        Fact(say("fiscal_year"), say("fiscal_year_name", year=statement.fiscal_year)),
        Fact(say("drawn_until"), local_time(figures.until_utc_s, zone)),
        Fact(say("scheme"), scheme if scheme == factors.scheme else f"{scheme} ({factors.scheme})"),
        Fact(say("factor_revision"), factors.revision),
        Fact(say("factor_digest"), factors.digest),
    ]
    return tuple(facts if is_over else [*facts, Fact(say("status"), say("provisional"))])


def _summary(say: ReportTexts, figures: StatementFigures) -> Section:
    tables = (
        summary_table(say, figures.statement),
        production_table(say, figures.statement),
        areas_table(say, figures.areas),
        balances_table(say, figures.residuals),
    )
    return Section(say("chapter_summary"), tables)


def _stream_months(say: ReportTexts, statement: Statement) -> Section:
    tables = (
        amounts_by_month(say, statement),
        heat_by_month(say, statement),
        co2_by_month(say, statement),
        production_by_month(say, statement),
    )
    return Section(say("chapter_stream_months"), tables)


def _book(say: ReportTexts, statement: Statement, record: StatementRecord, zone: ZoneInfo) -> Section:
    """The book, bills and events always; what does not fit in the book only where there is something."""
    found = (
        differences_table(say, record.differences, zone),
        problems_table(say, record.problems, zone),
    )
    tables = (
        entries_table(say, record.entries, zone),
        assertions_table(say, statement, record.assertions, zone),
        *(table for table in found if table.rows),
        events_table(say, record.events, zone),
    )
    return Section(say("chapter_book"), tables)
