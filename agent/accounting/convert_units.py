"""Units of amounts and of factors, and the exact conversions between them. Knows no carrier, factor or scheme."""

from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow

EXACT = Context(prec=40, rounding=ROUND_HALF_EVEN, traps=[DivisionByZero, InvalidOperation, Overflow])
"""The arithmetic of all figures, whatever the calling thread has set: sums and products of plant figures are exact."""

_UNITS = {
    "kWh": ("electricity", 1),
    "MWh": ("electricity", 1_000),
    "GWh": ("electricity", 1_000_000),
    "m3": ("gas volume", 1),
    "1000 m3": ("gas volume", 1_000),
    "L": ("liquid volume", 1),
    "kL": ("liquid volume", 1_000),
    "kg": ("mass", 1),
    "t": ("mass", 1_000),
    "MJ": ("heat", 1),
    "GJ": ("heat", 1_000),
    "TJ": ("heat", 1_000_000),
}

CARBON_UNIT = "tC/GJ"
HEAT_NUMERATOR = "GJ"
CO2_NUMERATORS_KG = {"t-CO2": Decimal(1000), "kg-CO2": Decimal(1)}


class UnitMismatch(ValueError):  # noqa: N818 - names the state of the data
    """An amount is in a unit that has no declared exact conversion into the unit a factor asks for."""


def convert_amount(amount: Decimal, unit: str, wanted: str) -> Decimal:
    """The amount in the wanted unit. Raises UnitMismatch unless both measure the same and the ratio is declared."""
    if unit not in _UNITS or wanted not in _UNITS or _UNITS[unit][0] != _UNITS[wanted][0]:
        raise UnitMismatch(
            f"cannot turn an amount in {unit!r} into {wanted!r}: only decimal multiples of the same quantity are "
            f"converted ({', '.join(_UNITS)})"
        )
    return EXACT.divide(EXACT.multiply(amount, Decimal(_UNITS[unit][1])), Decimal(_UNITS[wanted][1]))


def is_gas_volume(unit: str) -> bool:
    """Whether an amount in this unit means nothing without a reference state."""
    return unit in _UNITS and _UNITS[unit][0] == "gas volume"


def split_factor_unit(unit: str) -> tuple[str, str]:
    """A factor's unit as numerator and the unit of the amount it multiplies.

    Raises ValueError unless it is GJ, t-CO2 or kg-CO2 per a known unit, or tC/GJ.
    """
    numerator, _, per = unit.partition("/")
    known = numerator in {HEAT_NUMERATOR, *CO2_NUMERATORS_KG} and per in _UNITS
    if not known and unit != CARBON_UNIT:
        raise ValueError(
            f"unknown factor unit {unit!r}: it must be {CARBON_UNIT}, or one of "
            f"{', '.join([HEAT_NUMERATOR, *CO2_NUMERATORS_KG])} per one of {', '.join(_UNITS)}"
        )
    return numerator, per
