"""What the running fiscal year comes to by its end: the known days of two years, and their forecast. Knows no page."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from agent.accounting.calendar import local_day_utc_s, month_starts_utc_s
from agent.accounting.energy_points import site_sums
from agent.accounting.outlook import Figure, NoForecast, SiteDay, YearEnd, forecast_intensity, forecast_year
from agent.accounting.statement import KG_PER_T
from agent.accounting.target import TargetFigure
from agent.dashboard.figures import Figures
from agent.dashboard.params import Period
from agent.dashboard.setup import Setup
from agent.query import TimeFigures

Forecasts = Mapping[TargetFigure, YearEnd | NoForecast]


def _co2_t(day: SiteDay) -> float | None:
    return None if day.co2_kg is None else day.co2_kg / KG_PER_T


def _energy_gj(day: SiteDay) -> float | None:
    return day.energy_gj


_FIGURES: Mapping[TargetFigure, tuple[Figure, bool]] = {
    TargetFigure.ENERGY_INTENSITY: (_energy_gj, True),
    TargetFigure.CO2_INTENSITY: (_co2_t, True),
    TargetFigure.ENERGY: (_energy_gj, False),
    TargetFigure.CO2: (_co2_t, False),
}
"""The day's figure of each target, and whether it is meant per tonne."""


async def draw_forecasts(setup: Setup, figures: Figures, fiscal_year: int) -> Forecasts:
    """The forecast of every figure; empty for a year that is over or has no whole day. Raises as `query_time`."""
    zone = setup.site.file.site.zone
    starts = month_starts_utc_s(fiscal_year, zone)
    today = local_day_utc_s(figures.closed_utc_s(), zone)
    if not starts[0] < today < starts[-1]:
        return {}
    days = await _days(setup, figures, starts[0], today)
    before = month_starts_utc_s(fiscal_year - 1, zone)
    with suppress(ValueError):  # the year before may have no factors: its days are not known
        days += await _days(setup, figures, before[0], before[-1])
    until = datetime.fromtimestamp(today, zone).date()
    return {
        target: (forecast_intensity if is_per_tonne else forecast_year)(days, fiscal_year, until, figure)
        for target, (figure, is_per_tonne) in _FIGURES.items()
    }


async def _days(setup: Setup, figures: Figures, from_utc_s: int, to_utc_s: int) -> list[SiteDay]:
    drawn = await figures.by_time(Period("day", from_utc_s, to_utc_s), None, figures.totals)
    zone = setup.site.file.site.zone
    found = []
    for index, span in enumerate(drawn.spans):
        sums = site_sums(drawn.lines, drawn.products, index)
        day = datetime.fromtimestamp(span.start_utc_s, zone).date()
        found.append(SiteDay(day, sums.energy_gj, sums.co2_kg, sums.production_t))
    return found


async def two_years_by_month(
    setup: Setup, figures: Figures, fiscal_year: int
) -> tuple[TimeFigures, TimeFigures | None]:
    """The months of a year so far, and all of the year before; None where that has no factors."""
    zone, closed = setup.site.file.site.zone, figures.closed_utc_s()
    starts, before = (month_starts_utc_s(year, zone) for year in (fiscal_year, fiscal_year - 1))
    months = await figures.by_time(Period("month", starts[0], min(starts[-1], closed)))
    try:
        return months, await figures.by_time(Period("month", before[0], min(before[-1], closed)))
    except ValueError:
        return months, None
