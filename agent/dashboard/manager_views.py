"""The pages of demand, flows, trends and alerts: reads parameters, asks for figures, hands them to a template."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from agent.accounting.calendar import fiscal_year_of, local_day_utc_s, month_starts_utc_s
from agent.accounting.flows import FlowMeasure
from agent.accounting.spans import SIZES
from agent.alerting.store import alerts_path, read_alerts
from agent.dashboard.assets import PLOTLY_POLICY, map_style_id, plotly
from agent.dashboard.baselines import draw_baseline
from agent.dashboard.events import Hub
from agent.dashboard.figures import Figures
from agent.dashboard.flows import draw_period_flows
from agent.dashboard.pages import Pages
from agent.dashboard.params import Params, Period, nothing_since, too_many_units
from agent.dashboard.printing import local, number
from agent.dashboard.setup import Setup
from agent.dashboard.texts import DashboardTexts
from agent.dashboard.trends import DrawnTrends, TrendMeasure, choices, draw_trends, drawn_period
from agent.dashboard.view_alerts import (
    history_of_alerts,
    raised_table,
    rules_table,
    total_text,
    untold_lines,
)
from agent.dashboard.view_baseline import show_baseline
from agent.dashboard.view_demand import day_table, peak_text, shed_lines, show_demand
from agent.dashboard.view_flows import flows_notes, flows_table, total_of
from agent.dashboard.view_trends import (
    MOST_SERIES,
    STYLES,
    choice_groups,
    plot_series,
    trends_table,
    units_of,
)
from agent.reports.words import name_of
from agent.settings.dashboard_rules import contract_of
from agent.storage.database import StorageError

_MOST_EVENTS = 200
_USUAL_DAYS, _FEW_DAYS = 31, 7
_USUAL_SERIES = ("energy_intensity", "production")
_MOST_UNITS = 2


class ManagerViews:
    """One method a view."""

    def __init__(self, setup: Setup, figures: Figures, hub: Hub, pages: Pages) -> None:
        self._setup = setup
        self._site = setup.site
        self._zone = setup.site.file.site.zone
        self._figures = figures
        self._hub = hub
        self._pages = pages

    def _params(self, request: Request) -> Params:
        return Params(request.query_params, self._zone, self._figures.now_utc_s())

    async def demand(self, request: Request) -> Response:
        """View 2."""
        say, table = self._pages.texts(request), self._site.file.demand
        if table is None:
            return self._pages.render(request, "no_table", title=say("view_demand"), why=say("demand_none"))
        moment = await self._hub.moment()
        if moment.now is None:
            raise StorageError(moment.problem)
        day, contract = await self._figures.read(self._hub.demand_day), contract_of(table)
        streams = {stream.id: stream for stream in self._site.streams}
        return self._pages.render(
            request,
            "demand",
            shown=show_demand(say, self._setup, moment.now),
            stream_name=name_of(say, streams[table.stream]),
            contract=number(contract.contract_kw, 0),
            alarm=number(contract.alarm_kw, 0),
            alarm_percent=number(contract.alarm_percent, 0),
            loads=shed_lines(say, self._setup),
            day=day_table(say, self._setup, day, contract),
            peak=peak_text(say, self._setup, day),
        )

    async def flows(self, request: Request) -> Response:
        """View 3."""
        say, params = self._pages.texts(request), self._params(request)
        measure = FlowMeasure(params.choice("measure", list(FlowMeasure), FlowMeasure.ENERGY))
        period = self.flows_period(params)
        drawn = await draw_period_flows(self._setup, self._figures, period, measure)
        flows = drawn.flows
        why = say("flow_unknown", streams=", ".join(drawn.unknown)) if drawn.unknown else say("flow_nothing")
        return self._with_plotly(
            request,
            "flows",
            {
                **self._ends(period),
                "measure": measure,
                "measures": list(FlowMeasure),
                "shortcuts": self._shortcuts(say, measure),
                "links": flows_table(say, self._setup, flows) if flows and flows.links else None,
                "total": total_of(say, flows) if flows else "",
                "notes": flows_notes(say, flows) if flows else [],
                "why": why,
            },
        )

    def flows_period(self, params: Params) -> Period:
        """The asked time by month; the running fiscal year where none is asked for. Raises ParamError."""
        closed = self._figures.closed_utc_s()
        starts = month_starts_utc_s(fiscal_year_of(self._figures.now_utc_s(), self._zone), self._zone)
        usual = starts[0] if starts[0] < closed else local_day_utc_s(closed - 86_400, self._zone)
        period = params.period("month", usual, closed)
        return Period("month", period.from_utc_s, period.to_utc_s)

    def _shortcuts(self, say: DashboardTexts, measure: str) -> list[tuple[str, dict[str, str]]]:
        now = self._figures.now_utc_s()
        year = fiscal_year_of(now, self._zone)
        starts = month_starts_utc_s(year, self._zone)
        month = max(start for start in starts if start <= now)
        today, before = local_day_utc_s(now, self._zone), month_starts_utc_s(year - 1, self._zone)
        wanted = [
            (say("this_month"), month, today + 86_400),
            (say("fiscal_year_name", year=year), starts[0], today + 86_400),
            (say("fiscal_year_name", year=year - 1), before[0], before[-1]),
        ]
        return [
            (name, {"from": self._day(start), "to": self._day(end), "measure": measure}) for name, start, end in wanted
        ]

    async def trends(self, request: Request) -> Response:
        """View 4."""
        say, params = self._pages.texts(request), self._params(request)
        asked, measure = self.trends_period(params), self.trend_measure(params)
        style = params.choice("style", STYLES, STYLES[0])
        names = choices(self._site)
        chosen = params.several("series", request.query_params.getlist("series"), names, MOST_SERIES) or _USUAL_SERIES
        period = drawn_period(self._site, asked, chosen)
        drawn = await draw_trends(self._setup, self._figures, period, chosen, measure)
        if len(units_of(drawn)) > _MOST_UNITS:
            raise too_many_units(units_of(drawn))
        other = await self._other(params, period, chosen, measure)
        language = say.language
        baseline = await draw_baseline(self._setup, self._figures, language, period)
        return self._with_plotly(
            request,
            "trends",
            {
                **self._ends(period),
                "by": period.size,
                "coarser_than": asked.size if period != asked else "",
                "sizes": SIZES,
                "measure": measure,
                "measures": list(TrendMeasure),
                "style": style,
                "styles": STYLES,
                "against_day": params.text("against"),
                "groups": choice_groups(say, self._site, names, chosen),
                "chosen_count": len(chosen),
                "series": plot_series(drawn, other, style),
                "trends": trends_table(say, self._setup, drawn, other),
                "baseline": show_baseline(say, baseline),
            },
        )

    def trends_period(self, params: Params) -> Period:
        """The asked time; the last month by day, or the last week by finer spans, where none is asked for.

        Raises ParamError.
        """
        closed, size = self._figures.closed_utc_s(), params.choice("by", SIZES, "day")
        days = _FEW_DAYS if size in {"half-hour", "hour"} else _USUAL_DAYS
        usual = local_day_utc_s(closed - days * 86_400, self._zone)
        return params.period("day", usual, closed)

    @staticmethod
    def trend_measure(params: Params) -> TrendMeasure:
        """What is shown. Raises ParamError."""
        return TrendMeasure(params.choice("measure", list(TrendMeasure), TrendMeasure.ENERGY))

    async def _other(
        self, params: Params, period: Period, chosen: tuple[str, ...], measure: TrendMeasure
    ) -> DrawnTrends | None:
        """The same series over as long a time from another day on, where one is asked for."""
        if not params.text("against"):
            return None
        start = params.instant("against", period.from_utc_s)
        end = min(start + period.to_utc_s - period.from_utc_s, self._figures.closed_utc_s())
        if start >= end:
            raise nothing_since()
        return await draw_trends(self._setup, self._figures, Period(period.size, start, end), chosen, measure)

    async def alerts(self, request: Request) -> Response:
        """View 8."""
        say = self._pages.texts(request)
        path = alerts_path(self._site.path(self._site.file.journal.path))
        view = await self._figures.read(partial(read_alerts, path, _MOST_EVENTS))
        raised = view.state.raised()
        return self._pages.render(
            request,
            "alerts",
            raised=raised_table(say, self._site, raised),
            total=total_text(say, raised),
            history=history_of_alerts(say, self._site, view),
            rules=rules_table(say, self._site),
            untold=untold_lines(say, self._site, view),
        )

    def _ends(self, period: Period) -> dict[str, str]:
        """The ends of a period as titles and as date fields have them; a running day counts whole."""
        last = local_day_utc_s(period.to_utc_s - 1, self._zone)
        to_day = datetime.fromtimestamp(last, self._zone).date() + timedelta(days=1)
        return {
            "begin": local(period.from_utc_s, self._zone),
            "end": local(period.to_utc_s, self._zone),
            "from_day": self._day(period.from_utc_s),
            "to_day": to_day.isoformat(),
        }

    def _day(self, utc_s: int) -> str:
        return local(utc_s, self._zone, "%Y-%m-%d")

    def _with_plotly(self, request: Request, name: str, values: Mapping[str, object]) -> Response:
        """A page that draws with Plotly, where it is installed."""
        library = plotly()
        url = library.url if library else ""
        page = self._pages.render(request, name, 200, plotly_url=url, map_style_id=map_style_id(), **values)
        page.headers["content-security-policy"] = PLOTLY_POLICY
        return page
