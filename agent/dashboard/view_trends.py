"""View 4, Trends: series over time, one period against another. Knows no storage."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest

from agent.dashboard.printing import local
from agent.dashboard.setup import Setup
from agent.dashboard.texts import DashboardTexts
from agent.dashboard.trends import AREA, DrawnTrends, SiteSeries, Trend
from agent.reports.table import Column, Row, Table
from agent.reports.words import area_name, name_of
from agent.settings.site import Site

MOST_SERIES = 12
STYLES = ("lines", "stacked")


@dataclass(frozen=True, slots=True)
class Choice:
    """A series that can be chosen."""

    name: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class ChoiceGroup:
    """Choices under one heading."""

    label: str
    choices: tuple[Choice, ...]


def choice_groups(say: DashboardTexts, site: Site, names: Sequence[str], chosen: Sequence[str]) -> list[ChoiceGroup]:
    """The choices: the site, its areas, its streams and products."""
    headings: dict[str, list[Choice]] = {}
    for name in names:
        heading = say("trend_of_streams")
        if name in set(SiteSeries):
            heading = say("trend_of_site")
        elif name.startswith(AREA):
            heading = say("trend_of_areas")
        headings.setdefault(heading, []).append(Choice(name, label_of(say, site, name), name in chosen))
    return [ChoiceGroup(label, tuple(found)) for label, found in headings.items()]


def label_of(say: DashboardTexts, site: Site, name: str) -> str:
    """What a series is called."""
    if name in set(SiteSeries):
        return say(f"series_{name}")
    if name.startswith(AREA):
        return area_name(say, name.removeprefix(AREA))
    streams = {stream.id: stream for stream in (*site.streams, *site.products)}
    return name_of(say, streams[name])


def trends_table(say: DashboardTexts, setup: Setup, drawn: DrawnTrends, other: DrawnTrends | None) -> Table:
    """The series by span, and beside them those of the other period; the table that the picture is drawn from."""
    site = setup.site
    columns = [Column("from", say("time"))]
    values = [trend.values for trend in drawn.trends]
    columns += [_column(say, site, f"s{index}", trend, "") for index, trend in enumerate(drawn.trends)]
    if other is not None:
        columns.append(Column("other_from", say("trend_other")))
        columns += [
            _column(say, site, f"o{index}", trend, say("trend_compared")) for index, trend in enumerate(other.trends)
        ]
    rows: list[Row] = []
    others = other.spans if other else ()
    for index, (name, other_name) in enumerate(zip_longest(drawn.spans, others)):
        row: Row = (name or "–", *(_at(each, index) for each in values))
        if other is not None:
            row = (*row, other_name or "–", *(_at(trend.values, index) for trend in other.trends))
        rows.append(row)
    return Table(say("trends_title"), tuple(columns), tuple(rows), "trends")


def _column(say: DashboardTexts, site: Site, key: str, trend: Trend, suffix: str) -> Column:
    label = label_of(say, site, trend.name)
    return Column(key, f"{label} {suffix}".strip(), trend.decimals, unit=trend.unit)


def _at(values: Sequence[Decimal | None], index: int) -> Decimal | None:
    return values[index] if index < len(values) else None


def plot_series(drawn: DrawnTrends, other: DrawnTrends | None, style: str) -> str:
    """How the columns are drawn: `key:kind:axis`, where series of a second unit have the other axis."""
    units = units_of(drawn)
    kind = "stack" if style == "stacked" else "line"
    words = [f"s{i}:{kind}:{_axis(units, trend)}" for i, trend in enumerate(drawn.trends)]
    words += [f"o{i}:past:{_axis(units, trend)}" for i, trend in enumerate(other.trends if other else ())]
    return " ".join(words)


def units_of(drawn: DrawnTrends) -> list[str]:
    """The units in order of appearance."""
    return list(dict.fromkeys(trend.unit for trend in drawn.trends))


def _axis(units: Sequence[str], trend: Trend) -> str:
    return "left" if trend.unit == units[0] else "right"


def day_of(setup: Setup, utc_s: int) -> str:
    """A local day, as a date field of a form holds it."""
    return local(utc_s, setup.site.file.site.zone, "%Y-%m-%d")
