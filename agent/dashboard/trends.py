"""What the trends page may show, and its figures: any stream, area or the site, over spans of any size.

The figures are those of `atsuen energy`; only the streams that are asked for are drawn.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import partial

from agent.accounting.areas import draw_areas
from agent.accounting.spans import SIZES
from agent.accounting.statement import SpanFigures, StatementLine
from agent.accounting.streams import Stream
from agent.dashboard.figures import Figures
from agent.dashboard.params import SHORTEST_S, Period
from agent.dashboard.setup import Setup
from agent.query import TimeFigures
from agent.reports.columns import ratio, tonnes
from agent.reports.energy import site_span
from agent.settings.site import Site

AREA = "area:"
MOST_SPANS, MOST_FIGURES = 3_000, 15_000
"""So many spans a picture can show, and so many figures are drawn for it while somebody waits."""


class TrendMeasure(StrEnum):
    """What is shown of streams, areas and the site."""

    ENERGY = "energy_gj"
    CO2 = "co2_t"
    AMOUNT = "amount"


class SiteSeries(StrEnum):
    """Series of the site as a whole."""

    SITE = "site"
    PRODUCTION = "production"
    INTENSITY = "energy_intensity"
    CO2_INTENSITY = "co2_intensity"


@dataclass(frozen=True, slots=True)
class Trend:
    """One series over the spans of a period: its name among the choices, its unit, its values (None: unknown)."""

    name: str
    unit: str
    decimals: int
    values: tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True)
class DrawnTrends:
    """Some series over the same spans, by the names of these."""

    spans: tuple[str, ...]
    trends: tuple[Trend, ...]


def choices(site: Site) -> list[str]:
    """Every series that can be asked for, the site first."""
    areas = dict.fromkeys(stream.area for stream in site.streams if stream.area)
    names = [stream.id for stream in (*site.streams, *site.products)]
    return [*SiteSeries, *(AREA + area for area in areas), *names]


def drawn_period(site: Site, asked: Period, names: Sequence[str]) -> Period:
    """The asked period in the smallest spans, from the asked size on, in which a picture can show these series."""
    streams = len(_streams(site, names))
    for size in SIZES[SIZES.index(asked.size) : -1]:
        spans = (asked.to_utc_s - asked.from_utc_s) // SHORTEST_S[size]
        if spans <= MOST_SPANS and spans * streams <= MOST_FIGURES:
            return Period(size, asked.from_utc_s, asked.to_utc_s)
    return Period(SIZES[-1], asked.from_utc_s, asked.to_utc_s)


async def draw_trends(
    setup: Setup, figures: Figures, period: Period, names: Sequence[str], measure: TrendMeasure
) -> DrawnTrends:
    """The series of these names over a period. Raises what `query_time` raises."""
    drawn = await _figures(setup, figures, period, names)
    series = _Series(setup.site, drawn, measure)
    return DrawnTrends(tuple(span.name for span in drawn.spans), tuple(series.of(name) for name in names))


async def _figures(setup: Setup, figures: Figures, period: Period, names: Sequence[str]) -> TimeFigures:
    if period.size in ("month", "year"):
        return await figures.by_time(period)
    wanted = _streams(setup.site, names)
    if not set(figures.totals) <= set(wanted):
        return await figures.by_time(period, None, wanted)
    site = await figures.by_time(period, None, figures.totals)
    others = tuple(name for name in wanted if name not in figures.totals)
    if not others:
        return site
    drawn = await figures.by_time(period, None, others)
    return TimeFigures(site.spans, [*site.lines, *drawn.lines], site.products)


def _streams(site: Site, names: Sequence[str]) -> tuple[str, ...]:
    """The streams without which these series cannot be drawn; at least one, since a query is of some stream."""
    return tuple(sorted({stream for name in names for stream in _needed(site, name)})) or (site.streams[0].id,)


def _needed(site: Site, name: str) -> list[str]:
    """The streams without which a series cannot be drawn."""
    if name.startswith(AREA):
        area, shared = name.removeprefix(AREA), _shared(site)
        return [stream.id for stream in site.streams if _rests_on(area, stream, shared)]
    if name in set(SiteSeries):
        return [stream.id for stream in site.streams if stream.is_total]
    return [name] if any(stream.id == name for stream in site.streams) else []


class _Series:
    """Takes series out of figures."""

    def __init__(self, site: Site, drawn: TimeFigures, measure: TrendMeasure) -> None:
        self._site = site
        self._drawn = drawn
        self._measure = measure
        self._lines = {line.stream.id: line for line in (*drawn.lines, *drawn.products)}

    def of(self, name: str) -> Trend:
        """A series."""
        if name in set(SiteSeries):
            return self._of_site(SiteSeries(name))
        if name.startswith(AREA):
            return self._of_area(name, name.removeprefix(AREA))
        line = self._lines[name]
        is_product = any(product.id == name for product in self._site.products)
        if is_product or self._measure is TrendMeasure.AMOUNT:
            values = tuple(span.amount if span.is_known else None for span in line.spans)
            return Trend(name, line.stream.unit, 0, values)
        if self._measure is TrendMeasure.CO2:
            return Trend(name, "t-CO2", 2, tuple(map(_co2_t, line.spans)))
        return Trend(name, "GJ", 1, tuple(map(_energy_gj, line.spans)))

    def _of_site(self, series: SiteSeries) -> Trend:
        spans = [site_span(self._drawn.lines, self._drawn.products, i) for i in range(len(self._drawn.spans))]
        if series is SiteSeries.PRODUCTION:
            return Trend(series, "t", 1, tuple(span.production_t for span in spans))
        if series is SiteSeries.INTENSITY:
            return Trend(series, "GJ/t", 2, tuple(ratio(span.energy_gj, span.production_t) for span in spans))
        if series is SiteSeries.CO2_INTENSITY:
            return Trend(series, "t-CO2/t", 3, tuple(ratio(span.co2_t, span.production_t) for span in spans))
        if self._measure is TrendMeasure.CO2:
            return Trend(series, "t-CO2", 2, tuple(span.co2_t for span in spans))
        return Trend(series, "GJ", 1, tuple(span.energy_gj for span in spans))

    def _of_area(self, name: str, area: str) -> Trend:
        of_index: Callable[[int], Decimal | None] = partial(self._area_at, area)
        values = tuple(of_index(index) for index in range(len(self._drawn.spans)))
        is_co2 = self._measure is TrendMeasure.CO2
        return Trend(name, "t-CO2" if is_co2 else "GJ", 2 if is_co2 else 1, values)

    def _area_at(self, area: str, index: int) -> Decimal | None:
        """An area after its shared utilities; unknown where a stream on which it rests is."""
        allocations, shared = self._site.allocations, _shared(self._site)
        parts = [line for line in self._drawn.lines if _rests_on(area, line.stream, shared)]
        if not all(line.spans[index].is_known for line in parts):
            return None
        lines = [StatementLine(line.stream, (line.spans[index],), line.problem) for line in self._drawn.lines]
        try:
            found = next((each for each in draw_areas(lines, allocations) if each.area == area), None)
        except ValueError:  # a stream without a factor stands in the way: the statement names it
            return None
        if found is None:
            return None
        return tonnes(found.co2_kg) if self._measure is TrendMeasure.CO2 else found.energy_gj


def _shared(site: Site) -> set[str]:
    """The streams that are shared out, and those by which they are."""
    return {stream for allocation in site.allocations for stream in (allocation.stream, *allocation.by)}


def _rests_on(area: str, stream: Stream, shared: set[str]) -> bool:
    return area in {stream.area, "site"} or stream.id in shared


def _energy_gj(span: SpanFigures) -> Decimal | None:
    return span.converted.energy_gj if span.converted and span.is_known else None


def _co2_t(span: SpanFigures) -> Decimal | None:
    return tonnes(span.converted.co2_kg) if span.converted and span.is_known else None
