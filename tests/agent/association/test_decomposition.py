"""The decomposition: the cells of the form, and that log-points add up while per cent do not."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from agent.association.decomposition import ActivityEnergyCo2, decompose, log_points, percent

FY2022 = ActivityEnergyCo2(Decimal(1145400), Decimal(23475000), Decimal(1186000000))
FY2023 = ActivityEnergyCo2(Decimal(1088929), Decimal(21481000), Decimal(1058000000))


def test_last_years_column_of_the_form_for_fy2023() -> None:
    parts = decompose(FY2022, FY2023)
    ratios = (parts.activity, parts.co2_factor, parts.energy_per_activity, parts.co2)
    assert [round(log_points(ratio), 1) for ratio in ratios] == [
        Decimal(text) for text in ("-5.1", "-2.5", "-3.8", "-11.4")
    ]
    assert round(percent(parts.co2), 1) == Decimal("-10.8")


positive = st.decimals(min_value=Decimal("0.001"), max_value=Decimal("1e12"), places=3)
years = st.builds(ActivityEnergyCo2, positive, positive, positive)


@given(years, years)
def test_log_points_add_up(earlier: ActivityEnergyCo2, later: ActivityEnergyCo2) -> None:
    parts = decompose(earlier, later)
    together = log_points(parts.activity) + log_points(parts.co2_factor) + log_points(parts.energy_per_activity)
    assert abs(together - log_points(parts.co2)) < Decimal("1e-20")
