"""How far means and sums of few observations may be off: Student's t, and the band of a sum. Pure mathematics."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with the band in which it lies in the stated share of all cases."""

    value: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """How far the band reaches to one side."""
        return (self.high - self.low) / 2


def student_quantile(share: float, degrees: int) -> float:
    """The two-sided quantile of Student's t: this many deviations to both sides hold a share of all cases.

    Exact for 1 and 2 degrees of freedom, within 1 % from 3 on for shares up to 0.95 (Abramowitz and Stegun, Handbook
    of Mathematical Functions, 26.7.5). Raises ValueError below one degree.
    """
    if degrees < 1:
        raise ValueError("a spread needs at least two observations")
    upper = (1 + share) / 2
    if degrees == 1:
        return math.tan(math.pi * (upper - 0.5))
    if degrees == 2:
        return (2 * upper - 1) * math.sqrt(2 / (4 * upper * (1 - upper)))
    z, n = NormalDist().inv_cdf(upper), degrees
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    )


def sum_band(value: float, residuals: Sequence[float], parts: float, share: float, *, fitted: int = 1) -> Estimate:
    """The band of a sum over so many further parts, from how far known parts lay off a fit of `fitted` parameters.

    Parts are taken to be independent; the fit is off in the same direction for all of them, so that its share of the
    width grows with their number: variance = s² × (parts + parts² / known). Raises ValueError for too few residuals.
    """
    degrees = len(residuals) - fitted
    half = student_quantile(share, degrees)
    variance = sum(residual * residual for residual in residuals) / degrees
    half *= math.sqrt(variance * (parts + parts * parts / len(residuals)))
    return Estimate(value, value - half, value + half)
