"""Student's t against printed tables, and the band of a sum by hand."""

import math

import pytest

from agent.accounting.spread import Estimate, student_quantile, sum_band


@pytest.mark.parametrize(
    ("degrees", "at_90", "at_95"),
    [
        (1, 6.314, 12.706),
        (2, 2.920, 4.303),
        (3, 2.353, 3.182),
        (5, 2.015, 2.571),
        (10, 1.812, 2.228),
        (30, 1.697, 2.042),
        (120, 1.658, 1.980),
    ],
)
def test_the_quantiles_are_those_of_the_printed_tables(degrees: int, at_90: float, at_95: float) -> None:
    """NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, upper critical values 0.95 and 0.975."""
    assert student_quantile(0.90, degrees) == pytest.approx(at_90, rel=0.01)
    assert student_quantile(0.95, degrees) == pytest.approx(at_95, rel=0.01)


def test_one_observation_has_no_spread() -> None:
    with pytest.raises(ValueError, match="two observations"):
        student_quantile(0.9, 0)


def test_the_band_of_a_sum_by_hand() -> None:
    """Residuals −2, 0, 2 have s² = 8 / 2 = 4; six further parts: 4 × (6 + 36 / 3) = 72, its root 8.485, times 2.920."""
    band = sum_band(100.0, [-2.0, 0.0, 2.0], 6, 0.9)
    assert band.half_width == pytest.approx(2.920 * math.sqrt(72), rel=1e-3)
    assert (band.low + band.high) / 2 == pytest.approx(100)


def test_nothing_to_come_has_no_band() -> None:
    assert sum_band(100.0, [-2.0, 0.0, 2.0], 0, 0.9) == Estimate(100, 100, 100)
