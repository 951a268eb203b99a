"""A participant among the others: nobody's own figure is shown."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agent.association.aggregate import Aggregation
from agent.association.spread import intensities, spread_for
from agent.association.uniform import UniformFactors


def values(*numbers: int) -> dict[str, Decimal]:
    return {f"company_{number}": Decimal(value) for number, value in enumerate(numbers)}


def test_quartiles_of_nine_others_are_means_of_three() -> None:
    spread = spread_for("company_0", values(99, 1, 2, 3, 4, 5, 6, 7, 8, 9), 7)
    assert spread is not None
    assert (spread.own, spread.others) == (Decimal(99), 9)
    assert (spread.lower, spread.median, spread.upper) == (Decimal(3), Decimal(5), Decimal(7))


def test_too_few_others_show_nothing() -> None:
    assert spread_for("company_0", values(1, 2, 3, 4, 5, 6, 7), 7) is None
    assert spread_for("company_0", values(*range(9)), 9) is None


def test_who_has_no_figure_sees_none() -> None:
    assert spread_for("stranger", values(*range(20)), 7) is None


@given(st.lists(st.integers(1, 10**6), min_size=8, max_size=30, unique=True))
def test_order_holds_and_lies_within_the_others(numbers: list[int]) -> None:
    spread = spread_for("company_0", values(*numbers), 7)
    assert spread is not None
    others = numbers[1:]
    assert min(others) < spread.lower <= spread.median <= spread.upper < max(others)


def test_a_company_without_production_or_factor_has_no_intensity(
    make: Any, line: Any, factors_2023: UniformFactors
) -> None:
    aggregation = Aggregation(2023, factors_2023, [(name, "main") for name in ("alpha", "idle", "odd")])
    power = [line("electricity", "1000", "MWh", "grid")]
    aggregation.add(make("alpha", lines=power, production_t="500"))
    aggregation.add(make("idle", lines=power, production_t="0"))
    aggregation.add(make("odd", lines=[line("biogas", "1", "1000 m3", None, "satp")]))
    assert intensities(aggregation.finish(), "energy") == {"alpha": Decimal("19.52")}
