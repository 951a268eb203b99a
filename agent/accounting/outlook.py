"""The fiscal year so far, what it will come to by its end, and how sure that is. Works on local days; knows no clock.

A day that is not known is not zero: it is forecast like the days to come, and widens the band like them.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import fmean

from agent.accounting.calendar import FIRST_MONTH
from agent.accounting.spread import Estimate, sum_band

BAND_SHARE = 0.9
FEWEST_WEEKS = 4
"""So many whole known weeks are needed before anything is said of the year's end."""
SEASON_SHARE = 0.05
"""Without last year nothing is known of the seasons: the days to come, taken together, may lie so far off those past.
A judgement, not a measurement: cooling, heating and gas at winter temperatures move a mill by a few per cent."""

_WEEK = 7
_YEAR_OF_WEEKS = timedelta(days=364)
"""The same weekday about a year before."""


@dataclass(frozen=True, slots=True)
class SiteDay:
    """One local day of the site; what is None is not known."""

    day: date
    energy_gj: float | None
    co2_kg: float | None
    production_t: float | None


Figure = Callable[[SiteDay], float | None]
"""Which figure of a day is meant, such as `lambda day: day.energy_gj`."""


class ForecastMethod(StrEnum):
    """From what the days to come are forecast."""

    LAST_YEAR = "last_year"
    """Last year's same weekdays, times what this year so far is to last year."""
    WEEKDAYS = "weekdays"
    """The mean of this year's same weekdays. It knows no season, so `SEASON_SHARE` is added to the band."""


class NoForecast(StrEnum):
    """Why nothing is said of the year's end."""

    TOO_FEW_WEEKS = "too_few_weeks"
    NO_PRODUCTION = "no_production"


@dataclass(frozen=True, slots=True)
class YearEnd:
    """What the year comes to, with its band, and on what that rests.

    `weeks` are the whole known weeks that the band was learnt from, `unknown_days` the past days that were forecast.
    """

    estimate: Estimate
    method: ForecastMethod
    weeks: int
    unknown_days: int
    days_to_come: int


@dataclass(frozen=True, slots=True)
class ToDate:
    """A figure from the year's first day up to a day, over the days that are known in both years.

    Days are those of the same date; `last_year` is None when last year has none of them.
    """

    this_year: float
    last_year: float | None
    days_compared: int
    days_passed: int

    @property
    def change_percent(self) -> float | None:
        """What has changed against last year; None without last year."""
        return (self.this_year / self.last_year - 1) * 100 if self.last_year else None


class PathVerdict(StrEnum):
    """Where the year's end lies against the path."""

    BELOW = "below"
    ABOVE = "above"
    OPEN = "open"
    """The band holds the path's figure: it can still go either way."""


def verdict(estimate: Estimate, path: float) -> PathVerdict:
    """Whether the year's end keeps to the path, as far as that can be said."""
    if estimate.high <= path:
        return PathVerdict.BELOW
    return PathVerdict.ABOVE if estimate.low > path else PathVerdict.OPEN


def year_days(fiscal_year: int) -> list[date]:
    """The days of a fiscal year."""
    first, end = date(fiscal_year, FIRST_MONTH, 1), date(fiscal_year + 1, FIRST_MONTH, 1)
    return [first + timedelta(days=count) for count in range((end - first).days)]


def to_date(days: Iterable[SiteDay], fiscal_year: int, until: date, figure: Figure) -> ToDate:
    """The year up to a day (which no longer counts) beside the same dates a year before.

    29 February is compared with nothing. `days` may hold both years in any order.
    """
    known = _known(days, figure)
    passed = [day for day in year_days(fiscal_year) if day < until]
    pairs = [(day, _same_date_before(day)) for day in passed]
    both = [(known[day], known[before]) for day, before in pairs if day in known and before in known]
    if both:
        return ToDate(sum(now for now, _ in both), sum(before for _, before in both), len(both), len(passed))
    return ToDate(sum(known[day] for day in passed if day in known), None, 0, len(passed))


def forecast_year(days: Iterable[SiteDay], fiscal_year: int, until: date, figure: Figure) -> YearEnd | NoForecast:
    """What a figure comes to over the year: the known days before `until`, and a forecast of all others.

    Last year's profile is used when it has a day for each that is needed; otherwise this year's weekdays.
    """
    found = _forecast(_known(days, figure), year_days(fiscal_year), until)
    return found if isinstance(found, NoForecast) else _year_end(found, found.residuals(), until)


def forecast_intensity(days: Iterable[SiteDay], fiscal_year: int, until: date, figure: Figure) -> YearEnd | NoForecast:
    """What a figure comes to per tonne over the year, over the days of which both it and production are known.

    The band follows from how far the forecasts of both were off together, week by week: a slow week that took less
    energy is not counted twice.
    """
    whole = [day for day in days if figure(day) is not None and day.production_t is not None]
    every = year_days(fiscal_year)
    used = _forecast(_known(whole, figure), every, until)
    made = _forecast(_known(whole, lambda day: day.production_t), every, until)
    if isinstance(used, NoForecast) or isinstance(made, NoForecast):
        return NoForecast.TOO_FEW_WEEKS
    if made.value <= 0:
        return NoForecast.NO_PRODUCTION
    per_tonne = used.value / made.value
    residuals = [one - per_tonne * other for one, other in zip(used.residuals(), made.residuals(), strict=True)]
    end = _year_end(used, residuals, until)
    scaled = (part / made.value for part in (end.estimate.value, end.estimate.low, end.estimate.high))
    return replace(end, estimate=Estimate(*scaled))


@dataclass(frozen=True, slots=True)
class _Forecast:
    """The known past days of a year, what its method expects of every day, and the weeks of which all are known."""

    method: ForecastMethod
    past: Mapping[date, float]
    expected: Mapping[date, float]
    weeks: Sequence[Sequence[date]]

    @property
    def open_days(self) -> list[date]:
        """The days that are forecast."""
        return [day for day in self.expected if day not in self.past]

    @property
    def to_come(self) -> float:
        """What is forecast of them."""
        return sum(self.expected[day] for day in self.open_days)

    @property
    def value(self) -> float:
        """What the year comes to."""
        return sum(self.past.values()) + self.to_come

    def residuals(self) -> list[float]:
        """How far each known week lay off what the method expects of it."""
        return [sum(self.past[day] - self.expected[day] for day in week) for week in self.weeks]


def _forecast(known: Mapping[date, float], every: Sequence[date], until: date) -> _Forecast | NoForecast:
    past = {day: known[day] for day in every if day < until and day in known}
    weeks = [week for week in _weeks(every) if all(day in past for day in week)]
    if len(weeks) < FEWEST_WEEKS:
        return NoForecast.TOO_FEW_WEEKS
    by_last_year = _by_last_year(known, past, every)
    if by_last_year is not None:
        return _Forecast(ForecastMethod.LAST_YEAR, past, by_last_year, weeks)
    return _Forecast(ForecastMethod.WEEKDAYS, past, _by_weekdays(past, every), weeks)


def _year_end(forecast: _Forecast, residuals: Sequence[float], until: date) -> YearEnd:
    open_days = forecast.open_days
    band = sum_band(forecast.value, residuals, len(open_days) / _WEEK, BAND_SHARE)
    if forecast.method is ForecastMethod.WEEKDAYS:
        half = math.hypot(band.half_width, SEASON_SHARE * forecast.to_come)
        band = Estimate(band.value, band.value - half, band.value + half)
    unknown = sum(1 for day in open_days if day < until)
    return YearEnd(band, forecast.method, len(forecast.weeks), unknown, len(open_days) - unknown)


def _by_last_year(
    known: Mapping[date, float], past: Mapping[date, float], every: Sequence[date]
) -> dict[date, float] | None:
    """Each day as its weekday a year before, times the ratio of the past days to theirs; None where one is missing.

    A day that was not known then is taken to be as the nearest one of its weekday, at most four weeks away.
    """
    earlier = {day: value for day, value in known.items() if day < every[0]}
    before = {day: _nearest(earlier, day - _YEAR_OF_WEEKS) for day in every}
    profile = {day: value for day, value in before.items() if value is not None}
    base = sum(profile[day] for day in past if day in profile)
    if len(profile) < len(every) or base <= 0:
        return None
    ratio = sum(past.values()) / base
    return {day: value * ratio for day, value in profile.items()}


def _nearest(known: Mapping[date, float], day: date) -> float | None:
    offsets = (timedelta(days=days) for weeks in range(5) for days in (-_WEEK * weeks, _WEEK * weeks))
    return next((known[day + offset] for offset in offsets if day + offset in known), None)


def _by_weekdays(past: Mapping[date, float], every: Sequence[date]) -> dict[date, float]:
    """Each day as the mean of the year's known days of its weekday, of which a known week has one each."""
    found: dict[int, list[float]] = {}
    for day, value in past.items():
        found.setdefault(day.weekday(), []).append(value)
    means = {weekday: fmean(values) for weekday, values in found.items()}
    return {day: means[day.weekday()] for day in every}


def _known(days: Iterable[SiteDay], figure: Figure) -> dict[date, float]:
    return {day.day: value for day in days if (value := figure(day)) is not None}


def _weeks(every: Sequence[date]) -> list[Sequence[date]]:
    """The whole weeks of a year, seven days each from its first day on."""
    return [every[start:end] for start, end in pairwise(range(0, len(every) + 1, _WEEK))]


def _same_date_before(day: date) -> date | None:
    return None if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 1)
