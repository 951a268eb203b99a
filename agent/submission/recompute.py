"""Derived figures of a submission, from the quantities and factors inside it alone: what builds it also verifies it.

GJ and CO2 come from the one conversion of `agent.accounting`. Figures are exact; nothing is rounded for comparison.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.convert import ActivityQuantity, Converted, convert, crude_oil_equivalent_kl
from agent.accounting.convert_units import (
    CARBON_UNIT,
    EXACT,
    HEAT_NUMERATOR,
    convert_amount,
    is_gas_volume,
    split_factor_unit,
)
from agent.accounting.factors import Factor, FactorSet, Origin, Quantity
from agent.submission.document import Submission
from agent.submission.parts import EnergyLine, FactorRecord, ProductRecord, TotalsRecord

ELECTRICITY = "electricity"


@dataclass(frozen=True, slots=True)
class Deviation:
    """Something in a submission that does not hold: where, what, and for a figure what is stated and what comes out."""

    where: str
    what: str
    stated: str = ""
    recomputed: str = ""

    def __str__(self) -> str:
        figures = f": stated {self.stated}, recomputed {self.recomputed}" if self.recomputed else ""
        return f"{self.where}: {self.what}{figures}"


def activity_of(line: EnergyLine) -> ActivityQuantity:
    """The quantity of a line as the conversion takes it."""
    return ActivityQuantity(
        line.carrier, line.quantity, line.unit, line.reference_state, line.supplier, line.menu, line.kind
    )


def factor_set_of(submission: Submission) -> FactorSet:
    """The factors of a submission as the conversion takes them; each says its number as its origin's line.

    Raises ValueError when two of them are for the same use.
    """
    factors = tuple(_factor(record) for record in submission.factors)
    return FactorSet(submission.scheme, submission.fiscal_year, submission.factor_revision, factors)


def totals_of(lines: Sequence[EnergyLine], production: Sequence[ProductRecord], *, gives_co2: bool) -> TotalsRecord:
    """What the lines that add up to the site come to. Raises UnitMismatch for electricity in no unit of energy.

    Under a scheme that states CO2, a line without it is counted as a mistake of its own, and here not at all.
    """
    counted = [line for line in lines if line.is_total]
    energy_gj = exact_sum(line.energy_gj for line in counted)
    return TotalsRecord(
        energy_gj=energy_gj,
        co2_kg=exact_sum(line.co2_kg for line in counted if line.co2_kg is not None) if gives_co2 else None,
        crude_oil_equivalent_kl=crude_oil_equivalent_kl(energy_gj),
        electricity_kwh=exact_sum(
            convert_amount(line.quantity, line.unit, "kWh") for line in counted if line.carrier == ELECTRICITY
        ),
        production_t=exact_sum(product.quantity_t for product in production),
    )


def exact_sum(parts: Iterable[Decimal]) -> Decimal:
    """The sum with the digits of all figures, in the order given."""
    total = Decimal(0)
    for part in parts:
        total = EXACT.add(total, part)
    return total


def figure_deviations(submission: Submission) -> Iterator[Deviation]:
    """Every figure of the document that does not follow from its quantities and factors, and why."""
    impossible = [(record.number, _factor_problem(record)) for record in submission.factors]
    yield from (Deviation(f"factor {number}", problem) for number, problem in impossible if problem)
    if any(problem for _, problem in impossible):
        return  # the conversion relies on factors that can be
    yield from _numbering_deviations(submission)
    try:
        factors = factor_set_of(submission)
    except ValueError as error:
        yield Deviation("factors", str(error))
        return
    for line in submission.energy:
        yield from _line_deviations(line, factors)
    try:
        totals = totals_of(submission.energy, submission.production, gives_co2=factors.gives_co2)
    except ValueError as error:
        yield Deviation("totals", str(error))
        return
    for name in TotalsRecord.model_fields:
        yield from _compare("totals", name, getattr(submission.totals, name), getattr(totals, name))


def _line_deviations(line: EnergyLine, factors: FactorSet) -> Iterator[Deviation]:
    where = f"energy line {line.id}"
    converted = _try(lambda: convert(activity_of(line), factors))
    if isinstance(converted, str):
        yield Deviation(where, converted)
        return
    yield from _compare(where, "energy_gj", line.energy_gj, converted.energy_gj)
    yield from _compare(where, "co2_kg", line.co2_kg, converted.co2_kg)
    yield from _compare(where, "heat_factor", line.heat_factor, converted.heat_factor.where.line)
    co2_factor = converted.co2_factor.where.line if converted.co2_factor else None
    yield from _compare(where, "co2_factor", line.co2_factor, co2_factor)


def _try(compute: Callable[[], Converted]) -> Converted | str:
    try:
        return compute()
    except (ValueError, ArithmeticError) as error:
        return str(error)


def _compare(where: str, name: str, stated: Decimal | int | None, found: Decimal | int | None) -> Iterator[Deviation]:
    if stated != found:
        yield Deviation(where, name, _shown(stated), _shown(found))


def _shown(value: Decimal | int | None) -> str:
    return "nothing" if value is None else f"{plain(value):f}" if isinstance(value, Decimal) else str(value)


def plain(value: Decimal) -> Decimal:
    """The same number without zeros at its end."""
    return EXACT.normalize(value) if value else Decimal(0)


def _numbering_deviations(submission: Submission) -> Iterator[Deviation]:
    numbers = [record.number for record in submission.factors]
    if numbers != list(range(1, len(numbers) + 1)):
        yield Deviation("factors", "they are not numbered from 1 in order", str(numbers))
    used = {number for line in submission.energy for number in (line.heat_factor, line.co2_factor)}
    for number in numbers:
        if number not in used:
            yield Deviation(f"factor {number}", "no line uses it")


def _factor_problem(record: FactorRecord) -> str:
    """Why a factor cannot be one, by the rules that factor files keep too; empty when it can."""
    try:
        numerator, per = split_factor_unit(record.unit)
    except ValueError as error:
        return str(error)
    if (record.quantity is Quantity.HEAT) != (numerator == HEAT_NUMERATOR):
        return f"a {record.quantity} factor cannot be in {record.unit}"
    if is_gas_volume(per) != (record.reference_state is not None) and record.unit != CARBON_UNIT:
        return f"a reference state belongs to a factor per gas volume, and only there; this is {record.unit}"
    if (record.carrier == ELECTRICITY) != (record.kind is not None):
        return f"a kind belongs to {ELECTRICITY}, and only there"
    return "is below zero" if record.value < 0 else ""


def _factor(record: FactorRecord) -> Factor:
    return Factor(
        record.carrier,
        record.quantity,
        record.value,
        record.unit,
        record.source,
        record.basis,
        "",
        "",
        Origin("factor", record.number, 0),
        record.reference_state,
        record.supplier,
        record.menu,
        record.kind,
    )
