"""Lays a printed form out as a report: its tables in their order, in one language, as sheets or as pages.

One function makes both; whoever writes workbooks and pages knows no form.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal

from agent.association import form_words as words
from agent.association.charts import draw_up, is_chart
from agent.association.form import FormTable, Row
from agent.association.form_file import FormTableTable, Special
from agent.association.form_formulas import find_formulas
from agent.association.form_words import Language, say
from agent.association.publish import FormResult, Place
from agent.association.render_cells import report_cell, source_lines
from agent.reports.formula import Formula
from agent.reports.report import Chart, Fact, Report, Section
from agent.reports.table import Cell as ReportCell
from agent.reports.table import Column, Table
from agent.reports.table import Row as ReportRow

Layout = Literal["sheets", "pages"]
"""A sheet for each section of the form, or chapters that follow one another on paper."""
_SPECIAL = "9"
"""The section of what no official form has: factors, differences."""
_NUMBERED = re.compile(r"^(\(\d+\)|【[^】]*】)\s*")
_TOTAL = "total"


def form_report(result: FormResult, language: Language, layout: Layout) -> Report:
    """The whole form in one language."""
    form = result.form
    return Report(
        language,
        say(form.title, language),
        result.association.name_ja if language == "ja" else result.association.name_en,
        say(words.RESULTS_OF, language).format(year=form.fiscal_year),
        _facts(result, language),
        tuple(_Layout(result, language).sections(layout)),
    )


def _facts(result: FormResult, language: Language) -> tuple[Fact, ...]:
    name = result.association.name_ja if language == "ja" else result.association.name_en
    counted = say(words.COUNTED, language).format(companies=result.companies, documents=len(result.documents))
    status = words.OPEN if result.findings else words.COMPLETE
    told = (
        (words.ASSOCIATION, name),
        (words.DOCUMENTS, counted),
        (words.STATUS, say(status, language).format(findings=len(result.findings))),
        (words.FORM, result.file.source),
    )
    return tuple(Fact(say(what, language), text) for what, text in told)


class _Layout:
    """The sections of a form in one language."""

    def __init__(self, result: FormResult, language: Language) -> None:
        self._result = result
        self._language: Language = language
        self._formulas = find_formulas(result)
        self._defined = {table.id: table for table in result.file.table}

    def sections(self, layout: Layout) -> Iterator[Section]:
        """All of them in the form's order; charts follow the section in which they stand, differences come last."""
        for number, group in groupby(self._ordered(), key=lambda table: self._number(table, layout)):
            tables = list(group)
            plain = [table for table in tables if not is_chart(table.id)]
            shown = [self._table(table) for table in plain]
            name = self._name(number, tables[0], layout)
            if shown:
                yield Section(name, self._with_texts(shown, number, layout))
            yield from self._charts([table for table in tables if is_chart(table.id)], layout)

    def _ordered(self) -> list[FormTable]:
        """The tables by section, in the order of the file within each."""
        tables = list(self._result.form.tables.values())
        return [t for t in tables if not self._is_annex(t)] + [t for t in tables if self._is_annex(t)]

    def _is_annex(self, table: FormTable) -> bool:
        defined = self._defined.get(table.id)
        return table.section == _SPECIAL or (defined is not None and defined.special is Special.FACTORS)

    def _number(self, table: FormTable, layout: Layout) -> str:
        section = _SPECIAL if self._is_annex(table) else table.section
        return section if layout == "sheets" else section.partition(".")[0]

    def _name(self, number: str, first: FormTable, layout: Layout) -> str:
        if layout == "pages" or number == _SPECIAL:
            chapter = words.CHAPTERS.get(number)
            return number if chapter is None else say(chapter, self._language)
        title = re.split(r"[(（:：,、]", _NUMBERED.sub("", say(first.title, self._language)))[0].strip()
        return f"{number} {title}" if "." in number else title

    def _with_texts(self, tables: list[Table], number: str, layout: Layout) -> tuple[Table, ...]:
        """The tables, with the section's texts below the last one that is of the same section."""
        return tuple(tables)

    def _charts(self, tables: Sequence[FormTable], layout: Layout) -> Iterator[Section]:
        drawn = [draw_up(table, self._result.file, self._result.plan, self._language) for table in tables]
        if layout == "sheets":
            for table, chart in drawn:
                yield Section(table.title, (table,), (chart,))
        elif drawn:
            charts: tuple[Chart, ...] = tuple(chart for _, chart in drawn)
            yield Section(say(words.TREND, self._language), tuple(table for table, _ in drawn), charts)
