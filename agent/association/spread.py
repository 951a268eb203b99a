"""How a participant stands among the others, without showing any of them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.convert_units import EXACT
from agent.association.industry import Industry
from agent.association.years import ratio

BLEND = 3
"""Each printed point of the spread is the mean of so many neighbours, so that none of them is anybody's own figure."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A participant's own value, and where the others' lower quartile, median and upper quartile lie, blended."""

    own: Decimal
    others: int
    lower: Decimal
    median: Decimal
    upper: Decimal


def spread_for(company: str, values: Mapping[str, Decimal], minimum_others: int) -> Spread | None:
    """The spread of all others beside a company's own value; None when the others are too few to hide in."""
    others = sorted(value for name, value in values.items() if name != company)
    if company not in values or len(others) < max(minimum_others, 2 * BLEND + 1):
        return None
    lower, median, upper = (_blend(others, quarter) for quarter in (1, 2, 3))
    return Spread(values[company], len(others), lower, median, upper)


def _blend(ordered: list[Decimal], quarter: int) -> Decimal:
    """The mean of the values around a quartile."""
    middle = (len(ordered) - 1) * quarter // 4
    start = min(max(0, middle - BLEND // 2), len(ordered) - BLEND)
    return EXACT.divide(sum(ordered[start : start + BLEND], Decimal(0)), Decimal(BLEND))


def intensities(industry: Industry, total: str) -> dict[str, Decimal]:
    """What every company has of a total (energy, CO2) for each tonne it makes, where that is known; confidential."""
    found = (
        (company, ratio(industry.company_value(company, total), industry.company_value(company, "production")))
        for company in industry.holdings
    )
    return {company: intensity for company, intensity in found if intensity is not None}
