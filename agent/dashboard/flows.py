"""Flows of a period for the page: lines with their costs, from the figures of `atsuen energy`. Knows no web."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.flows import FlowMeasure, Flows, FlowUnknownError, Made, draw_flows
from agent.accounting.prices import cost_yen, cut_at_prices
from agent.accounting.statement import KG_PER_T, StatementLine
from agent.dashboard.figures import Figures
from agent.dashboard.params import Period
from agent.dashboard.setup import Setup
from agent.query import TimeFigures, spans_of
from agent.settings.dashboard_rules import prices_of


@dataclass(frozen=True, slots=True)
class DrawnFlows:
    """The flows of a period, or the streams without a figure in the way of a whole picture."""

    flows: Flows | None
    unknown: tuple[str, ...] = ()


async def draw_period_flows(setup: Setup, figures: Figures, period: Period, measure: FlowMeasure) -> DrawnFlows:
    """The flows of a period of whole months or less. Raises what `query_time` raises."""
    drawn, costs = await _lines(setup, figures, period, measure)
    expected = setup.site.expected_gj_per_t
    made = [Made(line.stream.id, _tonnes(line), expected.get(line.stream.id)) for line in drawn.products]
    try:
        return DrawnFlows(draw_flows(drawn.lines, made, setup.site.allocations, measure, costs))
    except FlowUnknownError as error:
        return DrawnFlows(None, error.streams)


async def _lines(
    setup: Setup, figures: Figures, period: Period, measure: FlowMeasure
) -> tuple[TimeFigures, Mapping[str, Decimal | None]]:
    if measure is not FlowMeasure.COST:
        return await figures.by_time(period), {}
    prices = prices_of(setup.site.file.price, setup.site.file.site.zone)
    whole = spans_of(setup.site, period.size, period.from_utc_s, period.to_utc_s)
    cut = cut_at_prices(whole, prices)
    drawn = await (figures.by_time(period) if cut == whole else figures.over(cut))
    return drawn, {line.stream.id: cost_yen(line, drawn.spans, prices) for line in drawn.lines}


def _tonnes(line: StatementLine) -> Decimal:
    return line.amount / KG_PER_T if line.stream.unit == "kg" else line.amount
