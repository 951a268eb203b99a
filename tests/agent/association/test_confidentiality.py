"""Rules for single totals, and what is withheld from an industry's tables."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from agent.association.aggregate import Aggregation
from agent.association.confidentiality import primary_reason, published_sum, withhold
from agent.association.industry import Industry
from agent.association.settings_tables import ConfidentialityTable
from agent.association.uniform import UniformFactors
from agent.submission.document import Submission

RULES = ConfidentialityTable()
NAMES = frozenset({"production", "energy", "co2", "co2_adjusted", "electricity"})


@pytest.mark.parametrize(
    ("amounts", "reason"),
    [
        ([50, 50], "fewer than 3 contributors"),
        ([40, 30, 30], ""),
        ([81, 10, 9], "one contributor has nearly all of it"),
        ([60, 36, 4], "the second largest contributor could work out the largest"),
        ([60, 34, 6], ""),
        ([0, 0, 0], ""),
        ([], "fewer than 3 contributors"),
    ],
)
def test_rules_for_one_total(amounts: list[int], reason: str) -> None:
    stated = {f"company_{number}": Decimal(amount) for number, amount in enumerate(amounts)}
    assert primary_reason(stated, RULES) == reason


@pytest.mark.parametrize(
    ("amounts", "reason"),
    [
        (["8" + 34 * "0", "1" + 34 * "0", "1" + 34 * "0"], ""),
        (["8" + 33 * "0" + "1", "1" + 34 * "0", "1" + 34 * "0"], "one contributor has nearly all of it"),
        (["70000.", "23000.", "7000." + 40 * "0"], ""),
        (["70000.", "23000.", "6999." + 40 * "9"], "the second largest contributor could work out the largest"),
    ],
)
def test_nothing_is_rounded_at_a_limit(amounts: list[str], reason: str) -> None:
    """0.8 of the whole may one have; besides the two largest there must be 10 % of the largest."""
    stated = {f"company_{number}": Decimal(amount) for number, amount in enumerate(amounts)}
    assert primary_reason(stated, RULES) == reason


def industry_of(make: Callable[..., Submission], factors: UniformFactors, lines: dict[str, list[Any]]) -> Industry:
    aggregation = Aggregation(2023, factors, [(company, "main") for company in lines])
    for company, stated in lines.items():
        aggregation.add(make(company, lines=stated))
    return aggregation.finish()


def test_a_fuel_with_one_user_is_not_given_away(make: Any, line: Any, factors_2023: UniformFactors) -> None:
    """Energy and CO2 of gas, power and one company's oil: as soon as power is known, the oil follows from both.

    Power is known from its own total, and from the two CO2 totals, whose factors differ for power alone.
    """
    common = [line("electricity", "1000", "MWh", "grid"), line("city_gas", "100", "1000 m3", None, "satp")]
    lines = dict.fromkeys(("alpha", "beta", "gamma", "delta"), common)
    lines["alpha"] = [*common, line("heavy_oil_a", "10", "kL")]
    withheld = withhold(industry_of(make, factors_2023, lines), NAMES, RULES)
    assert set(withheld) == {"co2_adjusted", "electricity"}
    assert all("give one company away" in reason for reason in withheld.values())


def test_fuels_with_several_users_are_published(make: Any, line: Any, factors_2023: UniformFactors) -> None:
    common = [
        line("electricity", "1000", "MWh", "grid"),
        line("city_gas", "100", "1000 m3", None, "satp"),
        line("heavy_oil_a", "10", "kL"),
    ]
    lines = dict.fromkeys(("alpha", "beta", "gamma", "delta"), common)
    assert withhold(industry_of(make, factors_2023, lines), NAMES, RULES) == {}


def test_a_year_published_again_with_a_late_participant(make: Any, line: Any, factors_2023: UniformFactors) -> None:
    power = [line("electricity", "1000", "MWh", "grid")]
    first = industry_of(make, factors_2023, dict.fromkeys(("alpha", "beta", "gamma", "delta"), power))
    again = industry_of(make, factors_2023, dict.fromkeys(("alpha", "beta", "gamma", "delta", "late"), power))
    already = [published_sum(first, first.totals[name]) for name in ("production", "energy")]
    withheld = withhold(again, frozenset({"production", "energy"}), RULES, already)
    assert set(withheld) == {"production", "energy"}


def test_details_go_before_totals(make: Any, line: Any, factors_2023: UniformFactors) -> None:
    """One company has the only renewable menu: the total of all power less that from the grid would be its own."""
    grid = [line("electricity", "1000", "MWh", "grid")]
    lines = dict.fromkeys(("alpha", "beta", "gamma", "delta"), grid)
    lines["alpha"] = [*grid, line("electricity", "10", "MWh", "renewable_menu")]
    industry = industry_of(make, factors_2023, lines)
    withheld = withhold(industry, frozenset({"electricity", "electricity.grid"}), RULES)
    assert set(withheld) == {"electricity.grid"}
