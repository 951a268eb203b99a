"""Formulas that stand beside figures for whoever checks them in a spreadsheet. Knows no cell values and no workbook."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Literal

Operator = Literal["+", "*", "/"]


@dataclass(frozen=True, slots=True)
class Ref:
    """A cell: the key of its column, its row (body first, then totals, from 0), and the key of its table.

    No row means the row of the formula, no table the table of the formula.
    """

    column: str
    row: int | None = None
    table: str = ""


@dataclass(frozen=True, slots=True)
class Formula:
    """How a cell follows from others: their sum, or the product or quotient of cells, constants and such results."""

    operator: Operator
    operands: "tuple[Ref | Decimal | Formula, ...]"

    def refs(self) -> list[Ref]:
        """The cells that it rests on."""
        found = []
        for operand in self.operands:
            found += operand.refs() if isinstance(operand, Formula) else [operand] if isinstance(operand, Ref) else []
        return found


Operand = Ref | Decimal | Formula


@dataclass(frozen=True, slots=True)
class Place:
    """A cell of a workbook: sheet, row and column from 0."""

    sheet: str
    row: int
    column: int

    def address(self) -> str:
        """The address within its sheet: `B7`."""
        letters, left = "", self.column + 1
        while left:
            left, letter = divmod(left - 1, 26)
            letters = chr(ord("A") + letter) + letters
        return f"{letters}{self.row + 1}"


def sum_of(column: str, rows: Iterable[int]) -> Formula:
    """The sum of a column over some rows."""
    return Formula("+", tuple(Ref(column, row) for row in rows))


def across(columns: Iterable[str]) -> Formula:
    """The sum of some columns of the formula's own row."""
    return Formula("+", tuple(Ref(column) for column in columns))


def product(*operands: Operand) -> Formula:
    """The product of cells and constants."""
    return Formula("*", operands)


def quotient(numerator: Operand, denominator: Operand) -> Formula:
    """One cell divided by another, or by a constant."""
    return Formula("/", (numerator, denominator))


def same_as(ref: Ref) -> Formula:
    """The value of another cell."""
    return Formula("*", (ref,))


def spreadsheet_text(formula: Formula, sheet: str, locate: Callable[[Ref], Place]) -> str:
    """The formula as a spreadsheet on `sheet` writes it: `=SUM(C3:C5,C8)`, `=B4/'By month'!C9`."""
    return "=" + _text(formula, sheet, locate)


def _text(formula: Formula, sheet: str, locate: Callable[[Ref], Place]) -> str:
    if formula.operator == "+":
        return f"SUM({','.join(_ranges([locate(ref) for ref in formula.refs()], sheet))})"
    parts = []
    for operand in formula.operands:
        if isinstance(operand, Formula):
            parts.append(f"({_text(operand, sheet, locate)})")
        else:
            parts.append(_address(locate(operand), sheet) if isinstance(operand, Ref) else f"{operand:f}")
    return formula.operator.join(parts)


def _ranges(places: list[Place], sheet: str) -> list[str]:
    """Addresses, with cells that stand one after another in a column or a row drawn together."""
    is_row = len({place.row for place in places}) == 1
    keys = [place.column - index if is_row else place.row - index for index, place in enumerate(places)]
    found = []
    for _, group in groupby(zip(keys, places, strict=True), key=lambda pair: pair[0]):
        run = [place for _, place in group]
        first, last = _address(run[0], sheet), run[-1].address()
        found.append(first if len(run) == 1 else f"{first}:{last}")
    return found


def _address(place: Place, sheet: str) -> str:
    quoted = place.sheet.replace("'", "''")
    return place.address() if place.sheet == sheet else f"'{quoted}'!{place.address()}"
