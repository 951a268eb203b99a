"""The year so far and its end: by hand, with gaps, with and without last year, and how often the band holds."""

import random
from collections.abc import Iterable
from datetime import date, timedelta
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.accounting.outlook import (
    BAND_SHARE,
    ForecastMethod,
    NoForecast,
    PathVerdict,
    SiteDay,
    ToDate,
    YearEnd,
    forecast_intensity,
    forecast_year,
    to_date,
    verdict,
    year_days,
)
from agent.accounting.spread import Estimate


def energy(day: SiteDay) -> float | None:
    return day.energy_gj


def worked(day: date) -> bool:
    return day.weekday() < 5


def days(fiscal_year: int, worked_gj: float, idle_gj: float, until: date | None = None) -> list[SiteDay]:
    """A year of worked days and weekends; 100 t on worked days."""
    return [
        SiteDay(day, worked_gj if worked(day) else idle_gj, None, 100 if worked(day) else 0)
        for day in year_days(fiscal_year)
        if until is None or day < until
    ]


def without(some: Iterable[SiteDay], *missing: date) -> list[SiteDay]:
    return [day for day in some if day.day not in missing]


def found(outlook: YearEnd | NoForecast) -> YearEnd:
    assert isinstance(outlook, YearEnd)
    return outlook


def test_a_fiscal_year_has_its_leap_day() -> None:
    assert (len(year_days(2022)), len(year_days(2023))) == (365, 366)
    assert (year_days(2023)[0], year_days(2023)[-1]) == (date(2023, 4, 1), date(2024, 3, 31))


def test_the_year_to_date_beside_the_same_dates() -> None:
    """1 to 10 April 2023 has 6 worked days, in 2022 it had 6 too: 6 × 90 + 4 × 30 against 6 × 100 + 4 × 30."""
    both = [*days(2022, 100, 30), *days(2023, 90, 30, date(2023, 4, 11))]
    sofar = to_date(both, 2023, date(2023, 4, 11), energy)
    assert sofar == ToDate(660, 720, 10, 10)
    assert sofar.change_percent == pytest.approx(-100 / 12)


def test_a_day_that_is_not_known_counts_in_neither_year() -> None:
    both = [*days(2022, 100, 100), *days(2023, 90, 90, date(2023, 4, 11))]
    sofar = to_date(without(both, date(2023, 4, 3), date(2022, 4, 4)), 2023, date(2023, 4, 11), energy)
    assert sofar == ToDate(720, 800, 8, 10)


def test_without_last_year_there_is_nothing_beside_it() -> None:
    sofar = to_date(days(2023, 90, 30), 2023, date(2023, 4, 3), energy)
    assert (sofar.this_year, sofar.last_year, sofar.change_percent) == (60, None, None)


def test_a_leap_day_is_compared_with_nothing() -> None:
    sofar = to_date([*days(2022, 1, 1), *days(2023, 1, 1)], 2023, date(2024, 4, 1), energy)
    assert (sofar.days_compared, sofar.days_passed) == (365, 366)


def test_weekdays_alone_when_there_is_no_last_year() -> None:
    """FY2023 begins on a Saturday and ends on a Sunday: 260 worked days and 106 of the weekend.

    260 × 90 + 106 × 30 = 26,580 GJ. The weeks leave no doubt, the seasons do: from July on 195 × 90 + 80 × 30 =
    19,950 GJ are to come, 5 % of them are 997.5.
    """
    end = found(forecast_year(days(2023, 90, 30, date(2023, 7, 1)), 2023, date(2023, 7, 1), energy))
    assert end.method is ForecastMethod.WEEKDAYS
    assert (end.estimate.value, end.estimate.half_width) == pytest.approx((26_580, 997.5))
    assert (end.weeks, end.unknown_days, end.days_to_come) == (13, 0, 275)


def test_last_years_profile_where_there_is_one() -> None:
    """A tenth less than last year so far, whose winter took 200 GJ a day where summer took 100.

    The same weekday as 1 October 2022 is 30 September 2023: from 1 April to the day before are 182 days at 90 GJ, and
    184 days at 180 GJ follow: 49,500 GJ. (30 and 31 March 2024 would fall into April 2023: a week before counts.)
    """
    before = [SiteDay(day, 200 if day >= date(2022, 10, 1) else 100, None, None) for day in year_days(2022)]
    now = [SiteDay(day, 90, None, None) for day in year_days(2023) if day < date(2023, 8, 1)]
    end = found(forecast_year([*before, *now], 2023, date(2023, 8, 1), energy))
    assert end.method is ForecastMethod.LAST_YEAR
    assert end.estimate.value == pytest.approx(49_500)


def test_a_day_missing_last_year_is_taken_from_its_neighbour() -> None:
    both = [*days(2022, 100, 30), *days(2023, 90, 27, date(2023, 7, 1))]
    whole = found(forecast_year(both, 2023, date(2023, 7, 1), energy))
    gap = found(forecast_year(without(both, date(2022, 9, 14)), 2023, date(2023, 7, 1), energy))
    assert gap.method is ForecastMethod.LAST_YEAR
    assert gap.estimate.value == pytest.approx(whole.estimate.value)


def test_an_unknown_day_is_forecast_and_not_zero() -> None:
    until = date(2023, 7, 1)
    end = found(forecast_year(without(days(2023, 90, 30, until), date(2023, 5, 10)), 2023, until, energy))
    assert end.estimate.value == pytest.approx(26_580)
    assert (end.unknown_days, end.weeks) == (1, 12)


def test_a_month_says_too_little() -> None:
    until = date(2023, 4, 28)
    assert forecast_year(days(2023, 90, 30, until), 2023, until, energy) is NoForecast.TOO_FEW_WEEKS
    assert forecast_year([], 2023, until, energy) is NoForecast.TOO_FEW_WEEKS


def test_a_year_that_is_over_is_no_forecast_any_more() -> None:
    end = found(forecast_year(days(2023, 90, 30), 2023, date(2024, 4, 1), energy))
    assert (end.estimate, end.days_to_come) == (Estimate(26_580, 26_580, 26_580), 0)
    ratio = found(forecast_intensity(days(2023, 90, 30), 2023, date(2024, 4, 1), energy)).estimate
    assert (ratio.low, ratio.high) == pytest.approx((26_580 / 26_000,) * 2)


def test_the_band_by_hand() -> None:
    """Eight weeks of 700 ± 7 GJ, day by day alike within a week: s² = 8 × 49 / 7 = 56.

    FY2022 has 365 days: 309 are to come, 44.143 weeks. √(56 × (44.143 + 44.143² / 8)) = 127.2, times 1.895 (7
    degrees, 90 %) = 241. Where last year was 100 GJ every day, that is all. Where it is not known, 5 % of 30,900 GJ
    come on top, squared: √(241² + 1,545²) = 1,563.7.
    """
    until = date(2022, 5, 27)
    some = [SiteDay(day, 101 - 2 * (i // 7 % 2), None, None) for i, day in enumerate(year_days(2022)) if day < until]
    alone = found(forecast_year(some, 2022, until, energy))
    assert alone.estimate.value == pytest.approx(36_500)
    assert alone.estimate.half_width == pytest.approx(1_563.7, rel=0.001)
    beside = found(forecast_year([*days(2021, 100, 100), *some], 2022, until, energy))
    assert beside.estimate.value == pytest.approx(36_500)
    assert beside.estimate.half_width == pytest.approx(241, rel=0.005)


def test_intensity_by_hand() -> None:
    """26,580 GJ over 26,000 t."""
    until = date(2023, 7, 1)
    end = found(forecast_intensity(days(2023, 90, 30, until), 2023, until, energy))
    assert end.estimate.value == pytest.approx(26_580 / 26_000)


def test_an_intensity_that_varies_with_production_by_hand() -> None:
    """Nine weeks of 600, 700 and 800 t, at 10 GJ/t to the last: production is uncertain, the intensity is not.

    With last year at 100 t a day, the forecast of energy is off by as much as ten times that of production.
    """
    before = [SiteDay(day, 1_000, None, 100) for day in year_days(2022)]
    until, tonnes = date(2023, 6, 3), [100 + (i // 7 % 3 - 1) * 100 / 7 for i in range(63)]
    some = [SiteDay(day, 10 * t, None, t) for day, t in zip(year_days(2023), tonnes, strict=False)]
    end = found(forecast_intensity([*before, *some], 2023, until, energy))
    assert (end.estimate.low, end.estimate.high) == pytest.approx((10, 10))
    assert found(forecast_year([*before, *some], 2023, until, energy)).estimate.half_width > 1_000


def test_a_year_without_production_says_so() -> None:
    until = date(2023, 7, 1)
    standing = [SiteDay(day, 30, None, 0) for day in year_days(2023) if day < until]
    assert forecast_intensity(standing, 2023, until, energy) is NoForecast.NO_PRODUCTION
    assert found(forecast_year(standing, 2023, until, energy)).estimate.value == pytest.approx(10_980)


@pytest.mark.parametrize(
    ("path", "expected"),
    [(110, PathVerdict.BELOW), (100, PathVerdict.OPEN), (90, PathVerdict.OPEN), (89, PathVerdict.ABOVE)],
)
def test_the_verdict_is_open_while_the_band_holds_the_path(path: float, expected: PathVerdict) -> None:
    assert verdict(Estimate(100, 90, 110), path) is expected


def restless_year(seed: int) -> list[SiteDay]:
    """Days that vary by a tenth, in weeks that vary by a twentieth, all independent."""
    dice = random.Random(seed)
    weeks = [dice.gauss(1, 0.05) for _ in range(53)]
    return [
        SiteDay(day, (90 if worked(day) else 30) * weeks[i // 7] * dice.gauss(1, 0.1), None, None)
        for i, day in enumerate(year_days(2023))
    ]


@pytest.mark.parametrize("month", [6, 9, 12])
def test_the_band_holds_as_often_as_it_says_when_weeks_are_independent(month: int) -> None:
    until, held = date(2023, month, 1), []
    before = days(2022, 90, 30)
    for seed in range(200):
        year = restless_year(seed)
        band = found(forecast_year([*before, *(day for day in year if day.day < until)], 2023, until, energy)).estimate
        held.append(band.low <= sum(day.energy_gj or 0 for day in year) <= band.high)
    assert fmean(held) == pytest.approx(BAND_SHARE, abs=0.06)


@given(st.integers(30, 365), st.floats(1, 1e6), st.floats(0, 1e6))
def test_what_is_known_is_in_the_forecast(passed: int, worked_gj: float, idle_gj: float) -> None:
    until = date(2023, 4, 1) + timedelta(days=passed)
    some = days(2023, worked_gj, idle_gj, until)
    end = found(forecast_year(some, 2023, until, energy))
    assert end.days_to_come == 366 - passed
    assert end.estimate.low <= end.estimate.value <= end.estimate.high
    assert end.estimate.value >= sum(day.energy_gj or 0 for day in some) * (1 - 1e-9)
