"""The site's energy against production: the baseline, the period beside it and the sum of savings. Knows no page."""

from dataclasses import dataclass

from agent.accounting.baseline import (
    Baseline,
    EnergyPoint,
    Refused,
    SavingPoint,
    fit_baseline,
    savings,
)
from agent.accounting.calendar import local_day_utc_s
from agent.accounting.energy_points import energy_point
from agent.accounting.spans import WEEK, Span, midnight_utc_s, whole_spans
from agent.dashboard.figures import Figures
from agent.dashboard.params import Period
from agent.dashboard.setup import Setup
from agent.settings.dashboard_rules import measures_of
from agent.settings.dashboard_tables import BaselineTable


@dataclass(frozen=True, slots=True)
class Enpi:
    """What a period came to beside what the baseline expects of its production, over the spans that are known."""

    actual_gj: float
    expected_gj: float
    spans: int

    @property
    def ratio(self) -> float | None:
        """Actual over expected; None where nothing is expected."""
        return self.actual_gj / self.expected_gj if self.expected_gj > 0 else None


@dataclass(frozen=True, slots=True)
class DrawnBaseline:
    """The baseline (or why there is none), every span from its beginning on with its saving, and the asked period."""

    fitted: Baseline | Refused
    points: tuple[EnergyPoint, ...]
    savings: tuple[SavingPoint, ...]
    end_utc_s: int
    """The end of the time of reference."""
    enpi: Enpi | None


async def draw_baseline(setup: Setup, figures: Figures, language: str, period: Period) -> DrawnBaseline | None:
    """The baseline and what came after it; None where the site states none. Raises what `query_time` raises."""
    table, zone = setup.site.file.baseline, setup.site.file.site.zone
    if table is None:
        return None
    spans = whole_spans(table.by, table.from_day, local_day_utc_s(figures.closed_utc_s(), zone), zone)
    points = await _points(figures, table, spans)
    end_utc_s = midnight_utc_s(table.to_day, zone)
    fitted = fit_baseline(point for point in points if point.start_utc_s < end_utc_s)
    if isinstance(fitted, Refused):
        return DrawnBaseline(fitted, points, (), end_utc_s, None)
    found = savings(points, fitted, measures_of(setup.site.file.measure, zone, language)) if points else ()
    asked = [each.point for each in found if period.from_utc_s <= each.point.start_utc_s < period.to_utc_s]
    return DrawnBaseline(fitted, points, found, end_utc_s, _enpi(fitted, asked))


def _enpi(baseline: Baseline, points: list[EnergyPoint]) -> Enpi | None:
    known = [(p.production_t, p.energy_gj) for p in points if p.production_t is not None and p.energy_gj is not None]
    if not known:
        return None
    expected = sum(baseline.expected_gj(made) for made, _ in known)
    return Enpi(sum(energy for _, energy in known), expected, len(known))


async def _points(figures: Figures, table: BaselineTable, spans: list[Span]) -> tuple[EnergyPoint, ...]:
    if not spans:
        return ()
    if table.by == WEEK:
        drawn = await figures.over(spans, figures.totals)
    elif table.by == "day":
        drawn = await figures.by_time(Period("day", spans[0].start_utc_s, spans[-1].end_utc_s), None, figures.totals)
    else:
        drawn = await figures.by_time(Period(table.by, spans[0].start_utc_s, spans[-1].end_utc_s))
    points = (energy_point(span, drawn.lines, drawn.products, i) for i, span in enumerate(drawn.spans))
    return tuple(
        EnergyPoint(span.name, point.start_utc_s, point.production_t, point.energy_gj)
        for span, point in zip(spans, points, strict=True)
    )
