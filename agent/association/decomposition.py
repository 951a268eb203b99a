"""The decomposition (要因分析) of a change of CO2 between two years. Knows years' totals alone.

CO2 = activity × (CO2 / energy) × (energy / activity). Every part is 100·ln(later/earlier) of unrounded values, in
log-points. The form labels them ％, but per cent could give neither -32.4 nor -11.4 for FY2023: this was found by
recomputing its eight cells. In log-points the parts add up exactly; each is rounded on its own, so that printed parts
may miss the printed total by 0.1.
"""

from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.convert_units import EXACT

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class ActivityEnergyCo2:
    """Totals of a year: production in t, energy in GJ, CO2 in kg."""

    production_t: Decimal
    energy_gj: Decimal
    co2_kg: Decimal


@dataclass(frozen=True, slots=True)
class Decomposition:
    """Four ratios later/earlier; `log_points` and `percent` turn one into either measure of change."""

    activity: Decimal
    co2_factor: Decimal
    energy_per_activity: Decimal
    co2: Decimal


def decompose(earlier: ActivityEnergyCo2, later: ActivityEnergyCo2) -> Decomposition:
    """The ratios of the three parts and of the total. All totals must be above zero."""
    activity = EXACT.divide(later.production_t, earlier.production_t)
    energy = EXACT.divide(later.energy_gj, earlier.energy_gj)
    co2 = EXACT.divide(later.co2_kg, earlier.co2_kg)
    return Decomposition(activity, EXACT.divide(co2, energy), EXACT.divide(energy, activity), co2)


def log_points(ratio: Decimal) -> Decimal:
    """100·ln(ratio)."""
    return EXACT.multiply(HUNDRED, ratio.ln(EXACT))


def percent(ratio: Decimal) -> Decimal:
    """The change in per cent: 100·(ratio - 1)."""
    return EXACT.multiply(HUNDRED, EXACT.subtract(ratio, Decimal(1)))
