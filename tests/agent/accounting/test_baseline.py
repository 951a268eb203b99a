"""The baseline: a line by hand, when there is none, when it is weak, and the sum of savings."""

import math
from itertools import accumulate
from statistics import correlation, linear_regression

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agent.accounting.baseline import (
    Baseline,
    EnergyPoint,
    Measure,
    NoBaseline,
    Refused,
    Weakness,
    fit_baseline,
    savings,
)

DAY_S = 86_400


def points(pairs: list[tuple[float | None, float | None]]) -> list[EnergyPoint]:
    return [EnergyPoint(f"day {i}", i * DAY_S, made, used) for i, (made, used) in enumerate(pairs)]


def fitted(pairs: list[tuple[float | None, float | None]]) -> Baseline:
    baseline = fit_baseline(points(pairs))
    assert isinstance(baseline, Baseline)
    return baseline


BY_HAND: list[tuple[float | None, float | None]] = [(100, 2_010), (100, 1_990), (300, 4_010), (300, 3_990)] * 3
"""1,000 GJ of base load and 10 GJ/t, each day 10 GJ above or below."""


def test_a_line_by_hand() -> None:
    """Means 200 t and 3,000 GJ. Σ(x−200)² = 12 × 100² = 120,000; Σ(x−200)(y−3,000) = 12 × 100 × 1,000: slope 10.

    Base 3,000 − 10 × 200 = 1,000. Left over 12 × 10² = 1,200; in all 12 × 1,000² + 1,200: R² = 1 − 1,200/12,001,200.
    Standard error √(1,200 / 10) = 10.954; of the slope 10.954 / √120,000 = 0.03162.
    """
    line = fitted(BY_HAND)
    assert (line.base_load_gj, line.slope_gj_per_t) == pytest.approx((1_000, 10))
    assert line.r_squared == pytest.approx(1 - 1_200 / 12_001_200)
    assert (line.points, line.least_t, line.most_t) == (12, 100, 300)
    assert line.standard_error_gj == pytest.approx(10.954, abs=1e-3)
    assert line.slope_error_gj_per_t == pytest.approx(0.03162, abs=1e-5)
    assert line.weaknesses == ()


def test_what_is_expected_the_indicator_and_the_band() -> None:
    """At 250 t: 3,500 GJ; 3,850 GJ are 1.1 times that. 250 t in a quarter of a day: 250 + 2,500 GJ.

    Band: 10.954 × √(1 + 1/12 + 50²/120,000) = 11.512, times 2.228 (10 degrees, 95 %) = 25.65.
    """
    line = fitted(BY_HAND)
    assert line.expected_gj(250) == pytest.approx(3_500)
    assert line.expected_gj(250, 0.25) == pytest.approx(2_750)
    assert line.enpi(250, 3_850) == pytest.approx(1.1)
    assert line.band(250).half_width == pytest.approx(25.65, rel=1e-3)
    assert (line.covers(250), line.covers(301), line.covers(0)) == (True, False, False)


def test_without_production_the_base_load_is_expected() -> None:
    assert fitted(BY_HAND).enpi(0, 1_200) == pytest.approx(1.2)


def test_eleven_points_are_too_few_and_unknown_ones_do_not_count() -> None:
    assert fit_baseline(points([*BY_HAND[:11], (200, None), (None, 3_000)])) == Refused(NoBaseline.TOO_FEW_POINTS, 11)


def test_production_that_never_varies_gives_no_line() -> None:
    assert fit_baseline(points([(200, 3_000 + day) for day in range(20)])) == Refused(NoBaseline.NO_VARIATION, 20)


def test_a_line_that_explains_little_is_weak() -> None:
    """Energy goes up and down by 1,000 GJ whatever the mill does, and by 100 GJ with production: R² = 0.0099."""
    line = fitted([(100, 2_000), (100, 4_000), (300, 2_200), (300, 4_200)] * 3)
    assert line.r_squared == pytest.approx(100**2 / (100**2 + 1_000**2))
    assert line.weaknesses == (Weakness.LOW_R_SQUARED,)


def test_a_line_that_makes_no_sense_is_weak() -> None:
    assert Weakness.NEGATIVE_BASE_LOAD in fitted([(100, 500), (300, 4_000)] * 6).weaknesses
    assert fitted([(100, 4_000), (300, 500)] * 6).weaknesses == (Weakness.NO_RISE,)
    constant = fitted([(100, 4_000), (300, 4_000)] * 6)
    assert constant.weaknesses == (Weakness.LOW_R_SQUARED, Weakness.NO_RISE)


def test_where_nothing_is_expected_there_is_no_indicator() -> None:
    assert fitted([(100, 500), (300, 4_000)] * 6).enpi(0, 100) is None


known = st.tuples(st.floats(0, 1e4), st.floats(0, 1e6))


@given(st.lists(known, min_size=12, max_size=60))
def test_the_line_is_the_one_of_the_standard_library(pairs: list[tuple[float, float]]) -> None:
    tonnes, energies = zip(*pairs, strict=True)
    assume(max(tonnes) - min(tonnes) > 1 and max(energies) - min(energies) > 1)
    line = fitted([*pairs])
    slope, intercept = linear_regression(tonnes, energies)
    assert line.slope_gj_per_t == pytest.approx(slope, rel=1e-6, abs=1e-6)
    assert line.base_load_gj == pytest.approx(intercept, rel=1e-6, abs=1e-3)
    assert line.r_squared == pytest.approx(correlation(tonnes, energies) ** 2, abs=1e-6)
    own = savings(points([*pairs]), line)
    assert own[-1].sum_gj == pytest.approx(0, abs=1e-4), "over its own period a baseline saves nothing"


def test_savings_are_summed_and_gaps_add_nothing() -> None:
    """Against 1,000 GJ and 10 GJ/t: 2,900 of 3,000, unknown, 3,100 of 3,000, 4,900 of 5,000 (400 t: never seen)."""
    days = points([(200, 2_900), (200, None), (200, 3_100), (400, 4_900)])
    measures = [Measure("burners", 2 * DAY_S + 3600), Measure("leaks", -5), Measure("next year", 4 * DAY_S)]
    found = savings(days, fitted(BY_HAND), measures)
    assert [point.saving_gj for point in found] == [pytest.approx(100), None, pytest.approx(-100), pytest.approx(100)]
    assert [point.sum_gj for point in found] == pytest.approx([100, 100, 0, 100])
    assert [point.is_covered for point in found] == [True, False, True, False]
    assert [[measure.name for measure in point.measures] for point in found] == [["leaks"], [], ["burners"], []]


def test_no_days_have_no_savings() -> None:
    assert savings([], fitted(BY_HAND)) == ()


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e5)), min_size=1, max_size=50))
def test_the_sum_is_the_sum_of_the_savings(energies: list[float | None]) -> None:
    found = savings(points([(200, used) for used in energies]), fitted(BY_HAND))
    assert [point.sum_gj for point in found] == pytest.approx(list(accumulate(p.saving_gj or 0 for p in found)))
    assert all(math.isfinite(point.sum_gj) for point in found)
