"""THE conversion of an amount of a carrier into GJ and kg of CO2, for live figures and annual statements alike.

Pure: an amount and a factor set in, figures and the factors used out. Rounded is only the last of 40 digits.
"""

from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.convert_units import (
    CARBON_UNIT,
    CO2_NUMERATORS_KG,
    EXACT,
    UnitMismatch,
    convert_amount,
    is_gas_volume,
    split_factor_unit,
)
from agent.accounting.factors import ElectricityKind, Factor, FactorSet, Quantity
from agent.accounting.gas_volume import GasStateUnknownError, ReferenceState, change_reference

CRUDE_OIL_KL_PER_GJ = Decimal("0.0258")
"""Enforcement rule of the Energy Act, Article 4."""

_CO2_PER_CARBON = (Decimal(44), Decimal(12))
"""The masses of CO2 and C as every scheme here takes them."""


@dataclass(frozen=True, slots=True)
class ActivityQuantity:
    """An amount of a carrier (活動量). A gas volume needs its reference state, electricity its kind."""

    carrier: str
    amount: Decimal
    unit: str
    reference_state: ReferenceState | None = None
    supplier: str | None = None
    menu: str | None = None
    kind: ElectricityKind | None = None


@dataclass(frozen=True, slots=True)
class Converted:
    """Energy and CO2 of an amount, with the factors that gave them.

    `co2_kg` and `co2_factor` are None when the scheme states no CO2 at all; a known zero is a zero with its factor.
    """

    energy_gj: Decimal
    co2_kg: Decimal | None
    heat_factor: Factor
    co2_factor: Factor | None


def convert(activity: ActivityQuantity, factors: FactorSet) -> Converted:
    """Energy (GJ, gross) and CO2 (kg) of an amount under a scheme.

    Raises MissingFactor, UnitMismatch, GasStateUnknownError, or ValueError for an amount that is not a number.
    """
    if not activity.amount.is_finite():
        raise ValueError(f"the amount of {activity.carrier} is {activity.amount}: it must be a number")
    heat_factor = _find(activity, Quantity.HEAT, factors)
    energy_gj = EXACT.multiply(_amount_for(heat_factor, activity), heat_factor.value)
    if not factors.gives_co2:
        return Converted(energy_gj, None, heat_factor, None)
    co2_factor = _find(activity, Quantity.CO2, factors)
    return Converted(energy_gj, _co2_kg(activity, energy_gj, co2_factor), heat_factor, co2_factor)


def gas_state_for(
    carrier: str, factors: FactorSet, supplier: str | None = None, menu: str | None = None
) -> ReferenceState | None:
    """The reference state in which `convert` wants the carrier's volume; None when it is not counted as a gas volume.

    Raises MissingFactor.
    """
    return factors.lookup(carrier, Quantity.HEAT, supplier, menu).reference_state


def crude_oil_equivalent_kl(energy_gj: Decimal) -> Decimal:
    """Crude-oil equivalent (原油換算) in kL of an energy in GJ."""
    return EXACT.multiply(energy_gj, CRUDE_OIL_KL_PER_GJ)


def _find(activity: ActivityQuantity, quantity: Quantity, factors: FactorSet) -> Factor:
    return factors.lookup(activity.carrier, quantity, activity.supplier, activity.menu, activity.kind)


def _co2_kg(activity: ActivityQuantity, energy_gj: Decimal, factor: Factor) -> Decimal:
    if factor.unit == CARBON_UNIT:
        carbon_kg = EXACT.multiply(EXACT.multiply(energy_gj, factor.value), Decimal(1000))
        co2, carbon = _CO2_PER_CARBON
        return EXACT.divide(EXACT.multiply(carbon_kg, co2), carbon)
    numerator, _ = split_factor_unit(factor.unit)
    return EXACT.multiply(EXACT.multiply(_amount_for(factor, activity), factor.value), CO2_NUMERATORS_KG[numerator])


def _amount_for(factor: Factor, activity: ActivityQuantity) -> Decimal:
    """The amount in the unit, and for a gas in the reference state, that the factor multiplies."""
    _, wanted_unit = split_factor_unit(factor.unit)
    try:
        amount = convert_amount(activity.amount, activity.unit, wanted_unit)
        return _in_state(amount, activity, factor) if is_gas_volume(wanted_unit) else amount
    except (UnitMismatch, GasStateUnknownError) as problem:
        state = f" {factor.reference_state}" if factor.reference_state else ""
        raise type(problem)(f"the {factor.key} is in {factor.unit}{state} ({factor.where}): {problem}") from None


def _in_state(volume: Decimal, activity: ActivityQuantity, factor: Factor) -> Decimal:
    if activity.reference_state is None or factor.reference_state is None:
        raise UnitMismatch(f"a gas volume must say whether it is {', '.join(ReferenceState)}")
    return change_reference(volume, activity.reference_state, factor.reference_state)
