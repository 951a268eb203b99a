"""Formulas that stand behind figures of the form, for whoever checks them in a spreadsheet: shares, sums, changes.

They follow from the names of the figures, so that a new table gets them too. One is given only where it comes to the
printed figure's unrounded value. Knows no workbook.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.convert_units import EXACT
from agent.association.book import is_year_key
from agent.association.charts import is_chart
from agent.association.form import Cell, Form, FormTable
from agent.association.form_file import FormFile, FormTableTable
from agent.association.printing import from_unit
from agent.association.publish import FormResult, Place
from agent.association.render_cells import difference
from agent.association.settings_tables import PlanTable
from agent.reports.formula import Formula, Operand, Ref, product, quotient, sum_of
from agent.submission.annual_parts import MeasureCategory

_HUNDRED = Decimal(100)
_CLOSE = Decimal("1E-20")

_QUOTIENTS = {
    "energy_intensity": ("energy", "production"),
    "co2_intensity": ("co2", "production"),
    "office_co2_per_area": ("office_co2", "office_area"),
    "office_energy_per_area": ("office_energy", "office_area"),
    "logistics_co2_per_tkm": ("logistics_co2", "transport"),
    "logistics_energy_per_tkm": ("logistics_energy", "transport"),
}
_SUBTRACTED = frozenset({"energy_intensity", "co2_intensity", "electricity_factor"})
_SHARES = {"share": "whole", "share_of_association": "association"}


@dataclass(frozen=True, slots=True)
class _Shown:
    """A figure of the form: where, what, of which column key, in which unit."""

    place: Place
    row: int
    figure: str
    key: str
    unit: str
    is_of_printed: bool


def find_formulas(result: FormResult) -> dict[Place, Formula]:
    """By cell, the formulas that come to what is printed there."""
    shown = list(_figures(result.file, result.form, result.plan))
    cells = {one.place: result.form.tables[one.place[0]].cell(*one.place[1:]) for one in shown}
    numbers = {(one.place[0], one.row, one.place[2]): _number(cells[one.place]) for one in shown}
    recipes = _Recipes(
        shown, str(result.form.fiscal_year), {place for place, cell in cells.items() if _number(cell) is not None}
    )
    found: dict[Place, Formula] = {}
    for one in shown:
        value = _number(cells[one.place])
        formula = None if value is None else recipes.of(one)
        if formula is not None and value is not None and _comes_to(formula, value, one.place[0], numbers):
            found[one.place] = formula
    return found


def _number(cell: Cell) -> Decimal | None:
    """The value of a cell that stands in the workbook as a number."""
    return None if cell.published else cell.value


def _figures(file: FormFile, form: Form, plan: PlanTable) -> Iterator[_Shown]:
    for defined in file.table:
        if not is_chart(defined.id):
            yield from _of_table(defined, form.tables[defined.id], form.fiscal_year, plan)


def _of_table(defined: FormTableTable, table: FormTable, year: int, plan: PlanTable) -> Iterator[_Shown]:
    given = {column.id: (column.figure_key, column.suffix) for column in defined.columns}
    for number, row in enumerate(defined.row):
        for column in table.columns if row.figure is not None else ():
            key, suffix = given.get(column.id, (column.id.removeprefix("fy"), ""))
            place = (table.id, row.id, column.id)
            unit, of_printed = column.unit or row.unit, row.rounding == "operands" and bool(suffix)
            yield _Shown(
                place, number, f"{row.figure}{suffix}", _plain_key(row.key or key, year, plan), unit, of_printed
            )


def _plain_key(key: str, year: int, plan: PlanTable) -> str:
    """A year's key as the year itself; what the plan declares stays apart."""
    if not is_year_key(key) or key in {"base", "target"}:
        return key
    if key == "base_year":
        return str(plan.base_year)
    return str(year + int(key.removeprefix("year") or 0)) if key.startswith("year") else key


class _Recipes:
    """How a figure follows from others that the form shows as numbers: of its own table, else of the largest."""

    def __init__(self, shown: list[_Shown], year: str, known: set[Place]) -> None:
        self._year = year
        self._sizes = Counter(one.place[0] for one in shown)
        self._by_name: dict[tuple[str, str], list[_Shown]] = {}
        for one in shown:
            if one.place in known and not one.is_of_printed:
                self._by_name.setdefault((one.figure, one.key), []).append(one)

    def of(self, one: _Shown) -> Formula | None:
        """The formula of a figure; None where there is none, or where the form does not show what it needs."""
        if one.is_of_printed:
            return None
        makers: list[Callable[[_Shown], Formula | None]] = [
            self._quotient, self._change, self._progress, self._coverage, self._share, self._total, self._avoided,
        ]  # fmt: skip
        found = (make(one) for make in makers)
        return next((formula for formula in found if formula is not None), None)

    def _find(self, figure: str, key: str, near: _Shown) -> _Shown | None:
        found = self._by_name.get((figure, key), [])
        own = [one for one in found if one.place[0] == near.place[0]]
        return next(iter(own), None) or max(found, key=lambda one: self._sizes[one.place[0]], default=None)

    def _pair(self, near: _Shown, first: tuple[str, str], second: tuple[str, str]) -> tuple[_Shown, _Shown] | None:
        one, other = self._find(*first, near), self._find(*second, near)
        return None if one is None or other is None else (one, other)

    def _quotient(self, one: _Shown) -> Formula | None:
        if one.figure not in _QUOTIENTS:
            return None
        over, under = _QUOTIENTS[one.figure]
        return self._divided(self._pair(one, (over, one.key), (under, one.key)), one)

    def _divided(self, pair: tuple[_Shown, _Shown] | None, near: _Shown) -> Formula | None:
        """The first over the second, brought to the unit that is shown."""
        if pair is None:
            return None
        sizes = [from_unit(Decimal(1), each.unit) for each in (*pair, near)]
        size = EXACT.divide(EXACT.divide(sizes[0], sizes[1]), sizes[2]).normalize()
        divided = quotient(_ref(pair[0], near), _ref(pair[1], near))
        return divided if size == 1 else product(divided, size)

    def _change(self, one: _Shown) -> Formula | None:
        figure = one.figure.removesuffix("_change")
        pair = self._pair(one, (figure, self._year), (figure, one.key)) if figure != one.figure else None
        if pair is None:
            return None
        now, then = (_ref(each, one) for each in pair)
        if figure in _SUBTRACTED:
            return difference(now, then)
        return difference(product(quotient(now, then), _HUNDRED), _HUNDRED)

    def _progress(self, one: _Shown) -> Formula | None:
        ends = self._pair(one, ("co2", "base"), ("co2", "target"))
        if ends is None or one.figure not in {"progress", "target_cut"}:
            return None
        base, target = (_ref(each, one) for each in ends)
        if one.figure == "target_cut":
            return product(quotient(difference(base, target), base), _HUNDRED)
        now = self._find("co2", one.key, one)
        if now is None:
            return None
        return product(quotient(difference(base, _ref(now, one)), difference(base, target)), _HUNDRED)

    def _coverage(self, one: _Shown) -> Formula | None:
        if one.key in _SHARES:
            return self._percent(self._pair(one, (one.figure, "participants"), (one.figure, _SHARES[one.key])), one)
        if one.key in _SHARES.values():
            pair = self._pair(one, (one.figure, f"{one.key}_before"), (one.figure, "sash"))
            return None if pair is None else difference(_ref(pair[0], one), _ref(pair[1], one))
        return None

    def _share(self, one: _Shown) -> Formula | None:
        kind = one.figure.removeprefix("electricity_share.")
        if kind == one.figure:
            return None
        return self._percent(self._pair(one, (f"electricity.{kind}", one.key), ("electricity", one.key)), one)

    @staticmethod
    def _percent(pair: tuple[_Shown, _Shown] | None, near: _Shown) -> Formula | None:
        if pair is None:
            return None
        return product(quotient(_ref(pair[0], near), _ref(pair[1], near)), _HUNDRED)

    def _total(self, one: _Shown) -> Formula | None:
        if one.figure != "measures.total":
            return None
        parts = [self._find(f"measures.{category}", one.key, one) for category in MeasureCategory]
        rows = sorted(part.row for part in parts if part is not None and part.place[0] == one.place[0])
        return sum_of(one.place[2], rows) if rows else None

    def _avoided(self, one: _Shown) -> Formula | None:
        if (one.figure, one.key) != ("recycling", "avoided"):
            return None
        metal = self._find("recycling", "metal", one)
        ends = self._pair(one, ("recycling", "primary"), ("recycling", "recycled"))
        if metal is None or ends is None:
            return None
        saved = difference(_ref(ends[0], one), _ref(ends[1], one))
        size = EXACT.divide(from_unit(Decimal(1), metal.unit), from_unit(Decimal(1), one.unit))
        return product(_ref(metal, one), saved, size.normalize())


def _ref(one: _Shown, near: _Shown) -> Ref:
    return Ref(one.place[2], one.row, "" if one.place[0] == near.place[0] else one.place[0])


def _comes_to(
    formula: Formula, value: Decimal, table: str, numbers: Mapping[tuple[str, int, str], Decimal | None]
) -> bool:
    """Whether a formula gives the value, as far as 40 digits can tell."""
    found = _evaluate(formula, table, numbers)
    return found is not None and abs(found - value) <= _CLOSE * max(Decimal(1), abs(value))


def _evaluate(operand: Operand, table: str, numbers: Mapping[tuple[str, int, str], Decimal | None]) -> Decimal | None:
    if isinstance(operand, Decimal):
        return operand
    if isinstance(operand, Ref):
        return numbers.get((operand.table or table, operand.row or 0, operand.column))
    values = [_evaluate(each, table, numbers) for each in operand.operands]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    steps = {"+": EXACT.add, "*": EXACT.multiply, "/": EXACT.divide}
    step = steps.get(operand.operator, EXACT.subtract)
    result, *others = known
    for other in others:
        if step is EXACT.divide and other == 0:
            return None
        result = step(result, other)
    return result
