"""The path to a target: a straight line between a base year's figure and the target year's."""

from dataclasses import dataclass
from enum import StrEnum


class TargetFigure(StrEnum):
    """What a target is set for, with its unit."""

    ENERGY_INTENSITY = "energy_gj_per_t"
    CO2_INTENSITY = "co2_t_per_t"
    ENERGY = "energy_gj"
    CO2 = "co2_t"


@dataclass(frozen=True, slots=True)
class TargetPath:
    """From the base year's figure to the target year's; both are fiscal years, the target's the later one."""

    figure: TargetFigure
    base_year: int
    base: float
    year: int
    value: float

    def at(self, fiscal_year: int) -> float | None:
        """The figure that lies on the path; None outside of it, where nothing was promised."""
        if not self.base_year <= fiscal_year <= self.year:
            return None
        share = (fiscal_year - self.base_year) / (self.year - self.base_year)
        return self.base + (self.value - self.base) * share
