"""A report: tables in sections, with charts, and the facts that belong to all of them. Knows no way of showing it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from agent.reports.table import Column, Table, as_document


@dataclass(frozen=True, slots=True)
class Series:
    """One row of values of a chart: the column of its table, drawn as bars or as a line, on the left or right axis."""

    column: str
    kind: Literal["bar", "line"] = "bar"
    is_right: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of the body rows of a table. The column `categories` goes along the lower axis."""

    title: str
    table: str
    categories: str
    series: tuple[Series, ...]


def axis_title(columns: Sequence[Column]) -> str:
    """What is measured along an axis, a unit that several share once: `CO2, path (t)`."""
    units = list(dict.fromkeys(column.unit for column in columns if column.unit))
    if len(units) > 1:
        return ", ".join(dict.fromkeys(column.heading for column in columns))
    titles = ", ".join(dict.fromkeys(column.title for column in columns))
    return f"{titles} ({units[0]})" if units else titles


@dataclass(frozen=True, slots=True)
class Section:
    """Tables that belong together: a sheet of the workbook, a chapter of the page. Charts are of its own tables."""

    name: str
    tables: tuple[Table, ...]
    charts: tuple[Chart, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that holds for the whole report: the site, the fiscal year, the factor set."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report in one language. `site` and `year` stand at the head of every printed page."""

    language: str
    title: str
    site: str
    year: str
    facts: tuple[Fact, ...]
    sections: tuple[Section, ...]

    def tables(self) -> list[Table]:
        """All tables in order."""
        return [table for section in self.sections for table in section.tables]


def report_document(report: Report) -> Mapping[str, object]:
    """The whole report for JSON; each table as `as_document` gives it."""
    return {
        "title": report.title,
        "site": report.site,
        "year": report.year,
        "language": report.language,
        "facts": {fact.name: fact.value for fact in report.facts},
        "tables": [as_document(table) for table in report.tables()],
    }
