"""How a cell of the form becomes a cell of a report: figures as numbers, what is withheld with its reason.

Knows no table's layout.
"""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import cast

from agent.association.form import WITHHELD, Cell, FormTable
from agent.association.form_words import (
    BOTH_FIGURES,
    GIVEN,
    SEPARATOR,
    SOURCE,
    SOURCES,
    WITHHELD_FOR,
    Language,
    say,
)
from agent.association.printing import printed
from agent.association.publish import Reason
from agent.reports.formula import Formula, Operand, Operator
from agent.reports.table import UNDEFINED
from agent.reports.table import Cell as ReportCell

_MINUS = cast("Operator", "-")
"""Operands of a formula are joined by their operator, whatever it is; the type of operators leaves this one out."""


def difference(first: Operand, second: Operand) -> Formula:
    """One cell less another."""
    return Formula(_MINUS, (first, second))


def report_cell(
    cell: Cell, language: Language, reason: Reason | None = None, formula: Formula | None = None
) -> ReportCell:
    """The cell in one language. Two figures are a text; a number keeps its unrounded value and its printed decimals."""
    if cell.text == WITHHELD:
        return ReportCell(WITHHELD, mark="" if reason is None else say(WITHHELD_FOR[reason], language))
    if cell.published:
        return ReportCell(cell.both)
    if cell.value is not None:
        return ReportCell(cell.value, decimals_of(cell.text), formula=formula)
    if cell.text == UNDEFINED:
        return ReportCell(None)
    number = number_of(cell.text)
    if number is not None:
        return ReportCell(number, decimals_of(cell.text))
    return ReportCell(cell.text_en or cell.text if language == "en" else cell.text)


def number_of(text: str) -> Decimal | None:
    """The number of a text that is written exactly as a figure is printed; a bare year is none."""
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() and printed(number, decimals_of(text)) == text else None


def decimals_of(text: str) -> int:
    """The decimals of a printed number."""
    return len(text.partition(".")[2])


def source_lines(
    tables: Sequence[FormTable], language: Language, stated: str = "", *, is_given: bool = True
) -> tuple[str, ...]:
    """What stands below tables: where figures come from, what brackets mean.

    `stated` names the statistics. A number without a rule is given by the form, unless the table says otherwise.
    """
    cells = [cell for table in tables for row in table.rows for cell in row.cells]
    rules = {cell.rule for cell in cells if cell.value is not None}
    named = [
        _named(say(words, language), stated if rule == "industry" else "")
        for rule, words in SOURCES.items()
        if rule in rules
    ]
    if is_given and any(cell.rule is None and number_of(cell.text) is not None for cell in cells):
        named.append(say(GIVEN, language))
    lines = [say(SOURCE, language) + say(SEPARATOR, language).join(named)] if named else []
    if any(cell.published for cell in cells):
        lines.append(say(BOTH_FIGURES, language))
    return tuple(lines)


def _named(words: str, stated: str) -> str:
    return f"{words} ({stated})" if stated else words
