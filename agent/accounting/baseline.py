"""Energy against production: the baseline (EnB) as a fitted line, the indicator (EnPI) beside it, the sum of savings.

The words are those of ISO 50006: relevant variable (production), energy baseline, energy performance indicator. A
ratio of energy to production alone would call a slow month bad, because the base load does not stop with the mill.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean

from agent.accounting.spread import Estimate, student_quantile

FEWEST_POINTS = 12
WEAK_R_SQUARED = 0.5
BAND_SHARE = 0.95


@dataclass(frozen=True, slots=True)
class EnergyPoint:
    """One period of equal length (a day, a month): production in tonnes and energy in GJ; None where not known."""

    name: str
    start_utc_s: int
    production_t: float | None
    energy_gj: float | None

    @property
    def is_known(self) -> bool:
        """Whether both figures are known."""
        return self.production_t is not None and self.energy_gj is not None


class NoBaseline(StrEnum):
    """Why no line is fitted."""

    TOO_FEW_POINTS = "too_few_points"
    NO_VARIATION = "no_variation"
    """Production was the same in all periods: nothing tells base load and use per tonne apart."""


class Weakness(StrEnum):
    """Why a line is to be shown as a weak one."""

    LOW_R_SQUARED = "low_r_squared"
    NEGATIVE_BASE_LOAD = "negative_base_load"
    NO_RISE = "no_rise"
    """More production does not go with more energy."""


@dataclass(frozen=True, slots=True)
class Refused:
    """No baseline, why, and from how many known points."""

    reason: NoBaseline
    points: int


@dataclass(frozen=True, slots=True)
class Baseline:
    """Energy = base load + slope × production, over one period, by least squares.

    `standard_error_gj` is that of a period's energy about the line (n − 2 degrees of freedom); production was seen
    from `least_t` to `most_t`, `mean_t` on average, `spread_t2` is the sum of squared differences from it.
    """

    base_load_gj: float
    slope_gj_per_t: float
    r_squared: float
    points: int
    standard_error_gj: float
    least_t: float
    most_t: float
    mean_t: float
    spread_t2: float

    @property
    def weaknesses(self) -> tuple[Weakness, ...]:
        """What speaks against leaning on this line."""
        found = [
            (self.r_squared < WEAK_R_SQUARED, Weakness.LOW_R_SQUARED),
            (self.base_load_gj < 0, Weakness.NEGATIVE_BASE_LOAD),
            (self.slope_gj_per_t <= 0, Weakness.NO_RISE),
        ]
        return tuple(weakness for holds, weakness in found if holds)

    @property
    def slope_error_gj_per_t(self) -> float:
        """The standard error of the slope."""
        return self.standard_error_gj / math.sqrt(self.spread_t2)

    def expected_gj(self, production_t: float, periods: float = 1.0) -> float:
        """What the line expects of a production in so many of its periods: half an hour of a day is 1/48."""
        return self.base_load_gj * periods + self.slope_gj_per_t * production_t

    def band(self, production_t: float) -> Estimate:
        """Where the energy of a further period with this production lies in 95 % of all cases."""
        expected = self.expected_gj(production_t)
        offset = (production_t - self.mean_t) ** 2 / self.spread_t2
        error = self.standard_error_gj * math.sqrt(1 + 1 / self.points + offset)
        half = student_quantile(BAND_SHARE, self.points - 2) * error
        return Estimate(expected, expected - half, expected + half)

    def covers(self, production_t: float) -> bool:
        """Whether such a production was seen when the line was fitted; beyond it the line is a guess."""
        return self.least_t <= production_t <= self.most_t

    def enpi(self, production_t: float, energy_gj: float, periods: float = 1.0) -> float | None:
        """Actual over expected energy: 1 is as in the baseline, less is better; None where nothing is expected."""
        expected = self.expected_gj(production_t, periods)
        return energy_gj / expected if expected > 0 else None


def fit_baseline(points: Iterable[EnergyPoint]) -> Baseline | Refused:
    """The line through the known points of a period of reference, or why there is none."""
    known = [(each.production_t, each.energy_gj) for each in points]
    pairs = [(x, y) for x, y in known if x is not None and y is not None]
    if len(pairs) < FEWEST_POINTS:
        return Refused(NoBaseline.TOO_FEW_POINTS, len(pairs))
    tonnes, energies = [x for x, _ in pairs], [y for _, y in pairs]
    mean_t, mean_gj = fmean(tonnes), fmean(energies)
    spread_t2 = math.fsum((x - mean_t) ** 2 for x in tonnes)
    if spread_t2 <= (1e-9 * max(abs(x) for x in tonnes)) ** 2 * len(tonnes):
        return Refused(NoBaseline.NO_VARIATION, len(pairs))
    slope = math.fsum((x - mean_t) * (y - mean_gj) for x, y in pairs) / spread_t2
    base = mean_gj - slope * mean_t
    total = math.fsum((y - mean_gj) ** 2 for y in energies)
    left = math.fsum((y - base - slope * x) ** 2 for x, y in pairs)
    r_squared = 1 - left / total if total > 0 else 0.0
    error = math.sqrt(left / (len(pairs) - 2))
    return Baseline(base, slope, r_squared, len(pairs), error, min(tonnes), max(tonnes), mean_t, spread_t2)


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that was done to save energy, from an instant on (UTC seconds)."""

    name: str
    from_utc_s: int


@dataclass(frozen=True, slots=True)
class SavingPoint:
    """One period against the baseline: what was saved (positive) or lost, and the sum so far.

    A period that is not known adds nothing and has no saving. `measures` are those that took effect in it, and with
    the first period those before it.
    """

    point: EnergyPoint
    saving_gj: float | None
    sum_gj: float
    is_covered: bool
    measures: tuple[Measure, ...]


def savings(
    points: Sequence[EnergyPoint], baseline: Baseline, measures: Iterable[Measure] = ()
) -> tuple[SavingPoint, ...]:
    """The savings against the baseline, period by period in order of time, summed up (CUSUM)."""
    waiting = sorted(measures, key=lambda measure: measure.from_utc_s)
    found, sum_gj = [], 0.0
    for point, end in zip(points, _ends(points), strict=True):
        started = tuple(measure for measure in waiting if measure.from_utc_s < end)
        waiting = waiting[len(started) :]
        saving_gj, is_covered = None, False
        if point.production_t is not None and point.energy_gj is not None:
            saving_gj = baseline.expected_gj(point.production_t) - point.energy_gj
            is_covered = baseline.covers(point.production_t)
        sum_gj += saving_gj or 0.0
        found.append(SavingPoint(point, saving_gj, sum_gj, is_covered, started))
    return tuple(found)


def _ends(points: Sequence[EnergyPoint]) -> list[int]:
    """Where each period ends: where the next begins; the last is taken to be as long as the one before it."""
    starts = [point.start_utc_s for point in points]
    last = starts[-1:] if len(starts) < 2 else [2 * starts[-1] - starts[-2]]
    return starts[1:] + last
