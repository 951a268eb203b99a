"""Intensity now: over the last hour, the shift and the day, each beside last week's and what the products made imply.

Without production there is no intensity, neither zero nor infinite; how long there was none is a figure of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from agent.accounting.half_hours import KG_PER_T, SiteHalfHour
from agent.accounting.interval import INTERVAL_S
from agent.accounting.spans import Span


class NoIntensity(StrEnum):
    """Why there is no intensity."""

    NO_PRODUCTION = "no_production"
    NOTHING_KNOWN = "nothing_known"


@dataclass(frozen=True, slots=True)
class WindowIntensity:
    """A site over some time. Sums are over the half hours of which both energy and production are known.

    `known_share` is their share of the time. Where `co2_kg` or `expected_gj` is None, it is not known for all of them.
    """

    span: Span
    energy_gj: float
    co2_kg: float | None
    production_t: float
    expected_gj: float | None
    known_share: float

    @property
    def problem(self) -> NoIntensity | None:
        """Why there is no intensity, when there is none."""
        if not self.known_share:
            return NoIntensity.NOTHING_KNOWN
        return None if self.production_t > 0 else NoIntensity.NO_PRODUCTION

    @property
    def energy_gj_per_t(self) -> float | None:
        """Energy intensity (エネルギー原単位)."""
        return self.energy_gj / self.production_t if self.production_t > 0 else None

    @property
    def co2_t_per_t(self) -> float | None:
        """CO2 intensity (CO2原単位)."""
        if self.co2_kg is None or not self.production_t > 0:
            return None
        return self.co2_kg / KG_PER_T / self.production_t

    @property
    def expected_gj_per_t(self) -> float | None:
        """What the products made lead one to expect."""
        return self.expected_gj / self.production_t if self.expected_gj is not None and self.production_t > 0 else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A window beside the same local time a week before, and the target, where there is one."""

    now: WindowIntensity
    last_week: WindowIntensity
    target_gj_per_t: float | None
    target_co2_t_per_t: float | None


def over(half_hours: Iterable[SiteHalfHour], span: Span) -> WindowIntensity:
    """A site over a span that half hours cut."""
    within = [each for each in half_hours if span.start_utc_s <= each.start_utc_s < span.end_utc_s]
    energy_gj = production_t = co2_kg = expected_gj = 0.0
    states_co2 = states_expected = True
    known = 0
    for each in within:
        if each.energy_gj is None or each.production_t is None:
            continue
        known += 1
        energy_gj += each.energy_gj
        production_t += each.production_t
        states_co2 &= each.co2_kg is not None
        states_expected &= each.expected_gj is not None
        co2_kg += each.co2_kg or 0.0
        expected_gj += each.expected_gj or 0.0
    expected = max(1, (span.end_utc_s - span.start_utc_s) // INTERVAL_S)
    return WindowIntensity(
        span,
        energy_gj,
        co2_kg if states_co2 and known else None,
        production_t,
        expected_gj if states_expected and known else None,
        known / expected,
    )


def compare(
    half_hours: Sequence[SiteHalfHour],
    span: Span,
    zone: ZoneInfo,
    target_gj_per_t: float | None = None,
    target_co2_t_per_t: float | None = None,
) -> Comparison:
    """A window beside the same time last week; the half hours reach back that far."""
    last_week = over(half_hours, week_before(span, zone))
    return Comparison(over(half_hours, span), last_week, target_gj_per_t, target_co2_t_per_t)


def rolling_hour(now_utc_s: int) -> Span:
    """The two newest closed half hours."""
    end = now_utc_s - now_utc_s % INTERVAL_S
    return Span("hour", end - 2 * INTERVAL_S, end)


def day_so_far(now_utc_s: int, zone: ZoneInfo) -> Span:
    """The closed half hours of the local day; empty in its first half hour."""
    return shift_so_far(now_utc_s, zone, (time(0),), "day")


def shift_so_far(now_utc_s: int, zone: ZoneInfo, starts: Sequence[time], name: str = "shift") -> Span:
    """The closed half hours of the running shift; empty in its first half hour. Shifts begin at local times of day."""
    local = datetime.fromtimestamp(now_utc_s, zone)
    begun = [
        int(datetime.combine(local.date() - timedelta(days=back), start, zone).timestamp())
        for back in (0, 1)
        for start in starts
    ]
    return Span(name, max(start for start in begun if start <= now_utc_s), now_utc_s - now_utc_s % INTERVAL_S)


def week_before(span: Span, zone: ZoneInfo) -> Span:
    """The same local times of day on the same weekdays of the week before."""

    def back(utc_s: int) -> int:
        local = datetime.fromtimestamp(utc_s, zone).replace(tzinfo=None)
        return int((local - timedelta(days=7)).replace(tzinfo=zone).timestamp())

    return Span(span.name, back(span.start_utc_s), back(span.end_utc_s))


def last_production_end_utc_s(half_hours: Iterable[SiteHalfHour]) -> int | None:
    """The end of the newest half hour with production; None when there was none in all that is given."""
    made = [each.start_utc_s for each in half_hours if each.production_t is not None and each.production_t > 0]
    return max(made) + INTERVAL_S if made else None
