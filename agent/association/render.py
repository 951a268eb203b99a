"""Lays a printed form out as a report: its tables in their order, in one language, as sheets or as pages.

One function makes both; whoever writes workbooks and pages knows no form.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal

from agent.association import form_words as words
from agent.association.charts import draw_trends, is_chart
from agent.association.form import WITHHELD, FormTable, Row
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
_WITHHELD = re.compile(rf"{WITHHELD}(?! ?[0-9])")
"""The sign in a text, where it does not multiply: `105.8 × 10,000 t`."""
_NUMBERED = re.compile(r"^(\(\d+\)|【[^】]*】)\s*")
_HEADED = re.compile(r"(?P<head>.+?): (?P<own>.+)|(?P<before>.+?) (?=[^ -~])(?P<after>.+)")
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
        (words.FORM, say(result.file.source, language)),
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
                result, reasons = self._result, self._result.withheld_cells
                yield draw_trends(tables, result.file, result.plan, self._language, reasons)
                continue
            name = self._name(number, tables[0], layout)
            yield Section(
                say(words.CONTINUED, self._language).format(name=name) if name in names else name,
                tuple(self._tables(tables)),
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
        if layout == "sheets":
            return f"{_ANNEX}.{table.id}" if self._is_annex(table) else table.section
        return _ANNEX if self._is_annex(table) else table.section.partition(".")[0]

    def _name(self, number: str, first: FormTable, layout: Layout) -> str:
        chapter = words.CHAPTERS.get(number)
        if chapter is not None and layout == "pages":
            return say(chapter, self._language)
        title = re.split(r"[(（:：,、]", _NUMBERED.sub("", say(first.title, self._language)))[0].strip()
        if self._is_annex(first):
            return f"{say(words.CHAPTERS[_ANNEX], self._language)} {title}"
        return f"{number} {title}" if "." in number else title

    def _texts_without_table(self) -> Iterator[Section]:
        lone = [text for text in self._result.form.texts if text.section not in self._last]
        if lone:
            name = say(words.TEXTS, self._language)
            columns = (Column("section", say(words.SECTION, self._language)), Column("text", name))
            rows = tuple((text.section, say(text.text, self._language)) for text in lone)
            yield Section(name, (Table(name, columns, rows, "texts"),))

    def _tables(self, tables: Sequence[FormTable]) -> Iterator[Table]:
        """One after another; neighbours with the same options to tick are one table with a line for each."""
        for options, group in groupby(tables, key=self._options):
            alike = list(group)
            if options and len(alike) > 1:
                yield self._options_table(options, alike)
            else:
                yield from (self._table(table) for table in alike)

    def _options(self, table: FormTable) -> tuple[str, ...]:
        """The options of a table to tick; none of any other."""
        defined = self._defined.get(table.id)
        is_choice = defined is not None and bool(defined.choice)
        return tuple(say(row.title, self._language) for row in table.rows) if is_choice else ()

    def _options_table(self, options: Sequence[str], tables: Sequence[FormTable]) -> Table:
        """Tables to tick as the lines of one: their titles, `what: of which`, are its title and its first column."""
        titles = [say(table.title, self._language) for table in tables]
        columns = [Column("item", say(words.ITEM, self._language))]
        columns += [Column(row.id, option) for row, option in zip(tables[0].rows, options, strict=True)]
        rows = [
            (title.partition(": ")[2] or title, *(row.cells[0].text for row in table.rows))
            for title, table in zip(titles, tables, strict=True)
        ]
        return Table(titles[0].partition(": ")[0], tuple(columns), tuple(rows), tables[0].id)

    def _table(self, table: FormTable) -> Table:
        """A table with its note above and, below, its sources and the texts of its section."""
        language = self._language
        defined = self._defined.get(table.id)
        columns = self._columns(table)
        rows = [self._row(table, row, has_unit=len(columns) > 1 and columns[1].key == _UNIT) for row in table.rows]
        if defined is not None and defined.choice:
            columns = (Column("option", say(table.columns[0].title, language)),)
            rows = [(f"{row.cells[0].text} {say(row.title, language)}",) for row in table.rows]
        if not rows:
            rows = [(say(words.NOTHING, language), *[""] * (len(columns) - 1))]
        has_total = len(table.rows) > 1 and table.rows[-1].id == _TOTAL
        notes = () if table.note is None else (say(table.note, language),)
        texts = [say(text.text, language) for text in self._result.form.texts if text.section == table.section]
        texts += [say(words.WITHHELD_IN_TEXT, language)] if any(_WITHHELD.search(text) for text in texts) else []
        is_given = defined is None or defined.special is None
        sources = source_lines([table], language, self._stated_source(table), is_given=is_given)
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
    parts = [_headings(title) for title in titles]
    heads = [head for head, _ in parts]
    found = []
    for number, (head, own) in enumerate(parts):
        beside = heads[max(number - 1, 0) : number] + heads[number + 1 : number + 2]
        found.append((head, own) if head and head in beside else ("", titles[number]))
    return found


def _headings(title: str) -> tuple[str, str]:
    """The upper and the lower heading of a title; one that has no parts is all lower."""
    part = _HEADED.fullmatch(title)
    if part is None:
        return "", title
    return (part["head"], part["own"]) if part["head"] else (part["before"], part["after"])
