"""How a figure of the form is printed: units, decimals, half up, once. Knows no table and no figure."""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

from agent.accounting.convert_units import EXACT

_SHOWN: dict[str, tuple[str, Fraction]] = {
    "万t": ("t", Fraction(10_000)),
    "万t-CO2": ("kg-CO2", Fraction(10_000_000)),
    "t-CO2": ("kg-CO2", Fraction(1_000)),
    "TJ": ("GJ", Fraction(1_000)),
    "億kWh": ("kWh", Fraction(100_000_000)),
    "万m2": ("m2", Fraction(10_000)),
    "万kl": ("kL", Fraction(10_000)),
    "l/m2": ("kL/m2", Fraction(1, 1_000)),
    "t-CO2/t": ("kg-CO2/t", Fraction(1_000)),
    "万トンキロ": ("t·km", Fraction(10_000)),
    "l/トンキロ": ("kL/t·km", Fraction(1, 1_000)),
    "kg-CO2/トンキロ": ("kg-CO2/t·km", Fraction(1)),
    "対数ポイント": ("log-points", Fraction(1)),
    "事業所": ("sites", Fraction(1)),
    "件": ("cases", Fraction(1)),
}
"""Shown unit: the unit that figures are computed in, and how many of it make one."""


_IN_ENGLISH = {
    "万t": "10,000 t",
    "万t-CO2": "10,000 t-CO2",
    "億kWh": "100 GWh",
    "万m2": "10,000 m2",
    "万kl": "10,000 kL",
    "l/m2": "L/m2",
    "万トンキロ": "10,000 t·km",
    "l/トンキロ": "L/t·km",
    "kg-CO2/トンキロ": "kg-CO2/t·km",
    "対数ポイント": "log-points",
    "百万円": "million yen",
    "事業所": "sites",
    "件": "cases",
    "社": "companies",
}


def unit_in_english(shown: str) -> str:
    """The name of a shown unit in English."""
    return _IN_ENGLISH.get(shown, shown)


def base_unit(shown: str) -> str:
    """The unit in which a figure is computed that is shown in this one."""
    return _SHOWN[shown][0] if shown in _SHOWN else shown


def in_unit(value: Decimal, shown: str) -> Decimal:
    """A value of the base unit in the shown unit, exact but for the last of 40 digits."""
    if shown not in _SHOWN:
        return value
    size = _SHOWN[shown][1]
    return EXACT.divide(EXACT.multiply(value, Decimal(size.denominator)), Decimal(size.numerator))


def from_unit(value: Decimal, shown: str) -> Decimal:
    """A value of the shown unit in its base unit."""
    if shown not in _SHOWN:
        return value
    size = _SHOWN[shown][1]
    return EXACT.divide(EXACT.multiply(value, Decimal(size.numerator)), Decimal(size.denominator))


def round_to(value: Decimal, decimals: int) -> Decimal:
    """Half up, as the form rounds; a negative that rounds to nothing is zero without a sign."""
    with localcontext(EXACT) as context:
        context.prec = 80
        rounded = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return abs(rounded) if rounded.is_zero() else rounded


def printed(value: Decimal, decimals: int) -> str:
    """The digits of the form: rounded, thousands apart."""
    return f"{round_to(value, decimals):,f}"
