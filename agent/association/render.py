"""Lays a printed form out as a report: its tables in their order, in one language, as sheets or as pages.

One function makes both; whoever writes workbooks and pages knows no form.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal

from agent.association import form_words as words
from agent.association.charts import draw_path, draw_trends, is_chart
from agent.association.form import FormTable, Row
from agent.association.form_file import Special
from agent.association.form_formulas import find_formulas
from agent.association.form_words import Language, say
from agent.association.printing import unit_in_english
from agent.association.publish import FormResult, Place
from agent.association.render_cells import report_cell, source_lines
from agent.reports.report import Fact, Report, Section
from agent.reports.table import Column, Table
from agent.reports.table import Row as ReportRow

Layout = Literal["sheets", "pages"]
"""A sheet for each section of the form, or chapters that follow one another on paper."""
_ANNEX = "9"
"""The section of what no official form has: factors, differences."""
_UNIT, _TOTAL = "unit", "total"
_NUMBERED = re.compile(r"^(\(\d+\)|【[^】]*】)\s*")
_HEADED = re.compile(r"(.+?)(?:: | (?=[^ -~]))(.+)")
"""An upper and a lower heading in one title: `FY2023: reduction`, and in Japanese `2023年度 削減量`."""


def form_report(result: FormResult, language: Language, layout: Layout) -> Report:
    """The whole form in one language."""
    form = result.form
    return Report(
        language,
        say(form.title, language),
        _name_of(result, language),
        say(words.RESULTS_OF, language).format(year=form.fiscal_year),
        _facts(result, language),
        tuple(_Layout(result, language).sections(layout)),
    )


def _facts(result: FormResult, language: Language) -> tuple[Fact, ...]:
    industry = result.industry
    counted = say(words.COUNTED, language).format(companies=industry.companies, documents=industry.sites)
    status = words.OPEN if result.findings else words.COMPLETE
    told = (
        (words.ASSOCIATION, _name_of(result, language)),
        (words.DOCUMENTS, counted),
        (words.STATUS, say(status, language).format(findings=len(result.findings))),
        (words.FORM, result.file.source),
    )
    return tuple(Fact(say(what, language), text) for what, text in told)


def _name_of(result: FormResult, language: Language) -> str:
    association = result.settings.file.association
    return association.name_ja if language == "ja" else association.name_en


class _Layout:
    """The sections of a form in one language."""

    def __init__(self, result: FormResult, language: Language) -> None:
        self._result = result
        self._language: Language = language
        self._formulas = find_formulas(result)
        self._defined = {table.id: table for table in result.file.table}
        own = [table for table in self._ordered() if not is_chart(table.id) and not self._is_annex(table)]
        self._last = {table.section: table.id for table in own}

    def sections(self, layout: Layout) -> Iterator[Section]:
        """All of them in the form's order; the annex comes last."""
        names: set[str] = set()
        runs = groupby(self._ordered(), key=lambda table: (self._number(table, layout), is_chart(table.id)))
        for (number, is_drawn), group in runs:
            tables = list(group)
            if is_drawn:
                yield from self._charts(tables, layout)
                continue
            name = self._name(number, tables[0], layout)
            yield Section(
                say(words.CONTINUED, self._language).format(name=name) if name in names else name,
                tuple(self._table(table) for table in tables),
            )
            names.add(name)
        yield from self._texts_without_table()

    def _ordered(self) -> list[FormTable]:
        tables = list(self._result.form.tables.values())
        return [t for t in tables if not self._is_annex(t)] + [t for t in tables if self._is_annex(t)]

    def _is_annex(self, table: FormTable) -> bool:
        defined = self._defined.get(table.id)
        return table.section == _ANNEX or (defined is not None and defined.special is Special.FACTORS)

    def _number(self, table: FormTable, layout: Layout) -> str:
        section = _ANNEX if self._is_annex(table) else table.section
        return section if layout == "sheets" else section.partition(".")[0]

    def _name(self, number: str, first: FormTable, layout: Layout) -> str:
        chapter = words.CHAPTERS.get(number)
        if chapter is not None and (layout == "pages" or number == _ANNEX):
            return say(chapter, self._language)
        title = re.split(r"[(（:：,、]", _NUMBERED.sub("", say(first.title, self._language)))[0].strip()
        return f"{number} {title}" if "." in number else title

    def _charts(self, tables: Sequence[FormTable], layout: Layout) -> Iterator[Section]:
        """A sheet for the trends and one for the path to the target, or all on one page."""
        drawn = [draw_trends(tables, self._language)]
        path = draw_path(tables, self._result.file, self._result.plan, self._language)
        drawn += [] if path is None else [path]
        if layout == "sheets":
            yield from drawn
            return
        shown = tuple(table for section in drawn for table in section.tables)
        yield Section(drawn[0].name, shown, tuple(chart for section in drawn for chart in section.charts))

    def _texts_without_table(self) -> Iterator[Section]:
        lone = [text for text in self._result.form.texts if text.section not in self._last]
        if lone:
            name = say(words.TEXTS, self._language)
            columns = (Column("section", say(words.SECTION, self._language)), Column("text", name))
            rows = tuple((text.section, say(text.text, self._language)) for text in lone)
            yield Section(name, (Table(name, columns, rows, "texts"),))

    def _table(self, table: FormTable) -> Table:
        """A table with its note above and, below, its sources and the texts of its section."""
        language = self._language
        defined = self._defined.get(table.id)
        columns = self._columns(table)
        rows = [self._row(table, row, has_unit=len(columns) > 1 and columns[1].key == _UNIT) for row in table.rows]
        if defined is not None and defined.choice:
            columns = (Column("option", say(table.columns[0].title, language)),)
            rows = [(f"{row.cells[0].text} {say(row.title, language)}",) for row in table.rows]
        has_total = len(table.rows) > 1 and table.rows[-1].id == _TOTAL
        notes = () if table.note is None else (say(table.note, language),)
        texts = [say(text.text, language) for text in self._result.form.texts if text.section == table.section]
        sources = source_lines([table], language, self._stated_source(table))
        return Table(
            say(table.title, language),
            columns,
            tuple(rows[:-1] if has_total else rows),
            table.id,
            tuple(rows[-1:] if has_total else ()),
            notes,
            (*sources, *(texts if self._last.get(table.section) == table.id else ())),
        )

    def _stated_source(self, table: FormTable) -> str:
        """The source of what the settings state for the whole industry."""
        stated = self._result.settings.industry_table(self._result.form.fiscal_year)
        defined = self._defined.get(table.id)
        if stated is None or defined is None:
            return ""
        is_recycling = any(row.figure == "recycling" for row in defined.row)
        return stated.recycling.source if is_recycling and stated.recycling is not None else stated.source

    def _columns(self, table: FormTable) -> tuple[Column, ...]:
        """The rows' titles, their units where they have any, and the form's columns, some under a common heading."""
        language = self._language
        first = [Column("item", say(words.ITEM, language))]
        if any(row.unit for row in table.rows):
            first.append(Column(_UNIT, say(words.UNIT, language)))
        titles = [say(column.title, language) for column in table.columns]
        shown = []
        for column, (group, title) in zip(table.columns, under_headings(titles), strict=True):
            unit = column.unit if language == "ja" else unit_in_english(column.unit)
            shown.append(Column(column.id, title, unit="" if unit in title else unit, group=group))
        return (*first, *shown)

    def _row(self, table: FormTable, row: Row, *, has_unit: bool) -> ReportRow:
        unit = row.unit if self._language == "ja" else unit_in_english(row.unit)
        first = (say(row.title, self._language), *((unit,) if has_unit else ()))
        places: list[Place] = [(table.id, row.id, column.id) for column in table.columns]
        reasons, formulas = self._result.withheld_cells, self._formulas
        cells = [
            report_cell(cell, self._language, reasons.get(place), formulas.get(place))
            for place, cell in zip(places, row.cells, strict=True)
        ]
        return (*first, *cells)


def under_headings(titles: Sequence[str]) -> list[tuple[str, str]]:
    """Each title as upper and lower heading; neighbours that begin alike (`FY2023: a`, `2023年度 a`) share it."""
    parts = [_HEADED.fullmatch(title) for title in titles]
    heads = [part[1] if part else "" for part in parts]
    found = []
    for number, (title, part) in enumerate(zip(titles, parts, strict=True)):
        beside = heads[max(number - 1, 0) : number] + heads[number + 1 : number + 2]
        found.append((part[1], part[2]) if part and part[1] in beside else ("", title))
    return found
