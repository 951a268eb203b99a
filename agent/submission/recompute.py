"""Derived figures of a submission, from the quantities and factors inside it alone: what builds it also verifies it.

GJ and CO2 come from the one conversion of `agent.accounting`. Figures are exact; nothing is rounded for comparison.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from agent.accounting.convert import ActivityQuantity, convert, crude_oil_equivalent_kl
from agent.accounting.convert_units import (
    CARBON_UNIT,
    EXACT,
    HEAT_NUMERATOR,
    UnitMismatch,
    convert_amount,
    is_gas_volume,
    split_factor_unit,
)
from agent.accounting.factors import Factor, FactorSet, MissingFactor, Origin, Quantity
from agent.accounting.gas_volume import GasStateUnknownError
from agent.submission.document import Submission
from agent.submission.fault import Fault, Place
from agent.submission.fault_kinds import FaultKind, PlaceKind
from agent.submission.parts import EnergyLine, FactorRecord, ProductRecord, TotalsRecord

ELECTRICITY = "electricity"
_FACTORS, _TOTALS = Place(PlaceKind.FACTORS), Place(PlaceKind.TOTALS)


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


def figure_deviations(submission: Submission) -> Iterator[Fault]:
    """Every figure of the document that does not follow from its quantities and factors, and why."""
    impossible = [fault for fault in map(_factor_fault, submission.factors) if fault is not None]
    yield from impossible
    if impossible:
        return  # the conversion relies on factors that can be
    yield from _numbering_deviations(submission)
    try:
        factors = factor_set_of(submission)
    except ValueError as error:
        yield Fault.of(FaultKind.SAME_FACTOR, _FACTORS, said=error)
        return
    for line in submission.energy:
        yield from _line_deviations(line, factors)
    try:
        totals = totals_of(submission.energy, submission.production, gives_co2=factors.gives_co2)
    except ValueError as error:
        yield Fault.of(FaultKind.ELECTRICITY_UNIT, _TOTALS, said=error)
        return
    for name in TotalsRecord.model_fields:
        yield from _compare(_TOTALS, name, getattr(submission.totals, name), getattr(totals, name))


def _line_deviations(line: EnergyLine, factors: FactorSet) -> Iterator[Fault]:
    place = Place(PlaceKind.ENERGY_LINE, line.id)
    try:
        converted = convert(activity_of(line), factors)
    except (ValueError, ArithmeticError) as error:
        yield _not_converted(place, line, error)
        return
    yield from _compare(place, "energy_gj", line.energy_gj, converted.energy_gj)
    yield from _compare(place, "co2_kg", line.co2_kg, converted.co2_kg)
    yield from _compare(place, "heat_factor", line.heat_factor, converted.heat_factor.where.line)
    co2_factor = converted.co2_factor.where.line if converted.co2_factor else None
    yield from _compare(place, "co2_factor", line.co2_factor, co2_factor)


def _not_converted(place: Place, line: EnergyLine, error: ValueError | ArithmeticError) -> Fault:
    """Why a line's quantity comes to no energy or CO2: the conversion's own sentence, and what ours needs."""
    carrier = f"{line.carrier} ({line.kind})" if line.kind else line.carrier
    if isinstance(error, MissingFactor) and error.key is not None:
        return Fault.of(FaultKind.NO_FACTOR, place, said=error, carrier=carrier, quantity=error.key.quantity)
    if isinstance(error, GasStateUnknownError) or (isinstance(error, UnitMismatch) and _lacks_state(line)):
        return Fault.of(FaultKind.GAS_STATE, place, said=error, carrier=carrier, state=line.reference_state or "–")
    if isinstance(error, UnitMismatch):
        return Fault.of(FaultKind.UNIT, place, said=error, carrier=carrier, unit=line.unit)
    return Fault.of(FaultKind.CONVERSION, place, said=error, carrier=carrier)


def _lacks_state(line: EnergyLine) -> bool:
    return is_gas_volume(line.unit) and line.reference_state is None


def _compare(place: Place, name: str, stated: Decimal | int | None, found: Decimal | int | None) -> Iterator[Fault]:
    if stated != found:
        yield Fault.of_figure(place, name, _shown(stated), _shown(found))


def _shown(value: Decimal | int | None) -> str:
    return "nothing" if value is None else f"{plain(value):f}" if isinstance(value, Decimal) else str(value)


def plain(value: Decimal) -> Decimal:
    """The same number without zeros at its end."""
    return EXACT.normalize(value) if value else Decimal(0)


def _numbering_deviations(submission: Submission) -> Iterator[Fault]:
    numbers = [record.number for record in submission.factors]
    if numbers != list(range(1, len(numbers) + 1)):
        yield Fault(FaultKind.NUMBERING, _FACTORS, stated=str(numbers))
    used = {number for line in submission.energy for number in (line.heat_factor, line.co2_factor)}
    for number in numbers:
        if number not in used:
            yield Fault(FaultKind.UNUSED_FACTOR, Place(PlaceKind.FACTOR, str(number)))


def _factor_fault(record: FactorRecord) -> Fault | None:
    """Why a factor cannot be one, by the rules that factor files keep too; None when it can."""
    place = Place(PlaceKind.FACTOR, str(record.number))
    try:
        numerator, per = split_factor_unit(record.unit)
    except ValueError as error:
        return Fault.of(FaultKind.FACTOR_UNIT, place, said=error, unit=record.unit)
    if (record.quantity is Quantity.HEAT) != (numerator == HEAT_NUMERATOR):
        return Fault.of(FaultKind.FACTOR_QUANTITY, place, quantity=record.quantity, unit=record.unit)
    if is_gas_volume(per) != (record.reference_state is not None) and record.unit != CARBON_UNIT:
        return Fault.of(FaultKind.FACTOR_STATE, place, unit=record.unit)
    if (record.carrier == ELECTRICITY) != (record.kind is not None):
        return Fault.of(FaultKind.FACTOR_KIND, place, carrier=ELECTRICITY)
    return Fault(FaultKind.BELOW_ZERO, place) if record.value < 0 else None


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
