"""The pages of the views: reads parameters, asks for figures, hands them to a template."""

import asyncio
from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from starlette.requests import Request
from starlette.responses import Response

from agent.accounting.calendar import fiscal_year_of, local_day_utc_s, month_starts_utc_s
from agent.accounting.target import TargetPath
from agent.dashboard.events import Hub
from agent.dashboard.figures import Figures
from agent.dashboard.forecast import Forecasts, draw_forecasts, two_years_by_month
from agent.dashboard.gates import draw_gate
from agent.dashboard.journal_view import JournalView
from agent.dashboard.known_days import join_days
from agent.dashboard.pages import Pages
from agent.dashboard.params import Params, Period
from agent.dashboard.printing import local
from agent.dashboard.setup import Setup
from agent.dashboard.texts import DashboardTexts
from agent.dashboard.view_data import GapRow, calendar_of, calendar_table, gaps_of, line_names
from agent.dashboard.view_devices import read_devices
from agent.dashboard.view_now import WINDOWS, carrier_name, history_table, rate_unit, show_now
from agent.dashboard.view_year import (
    figure_of,
    headlines,
    path_table,
    tables_of,
    tell_findings,
    tell_forecast,
    year_months_table,
)
from agent.dashboard.whole_year import DrawnYear
from agent.query import entries_of
from agent.reports.records import entries_table, events_table
from agent.reports.report_texts import report_texts
from agent.reports.table import Table
from agent.reports.trace import trace_tables
from agent.storage.database import StorageError
from agent.trace import trace_line

_EVENTS_PER_PAGE = 50
_FINER = {"month": "day", "day": "half-hour"}
_TRACE_SIZES = ("month", "day", "half-hour")


class Views:
    """One method a view."""

    def __init__(self, setup: Setup, figures: Figures, view: JournalView, hub: Hub, pages: Pages) -> None:
        self._setup = setup
        self._site = setup.site
        self._zone = setup.site.file.site.zone
        self._figures = figures
        self._view = view
        self._hub = hub
        self._pages = pages

    def params(self, request: Request) -> Params:
        """The parameters of a request."""
        return Params(request.query_params, self._zone, self._figures.now_utc_s())

    async def now(self, request: Request) -> Response:
        """View 1."""
        say, moment = self._pages.texts(request), await self._hub.moment()
        if moment.now is None:
            raise StorageError(moment.problem)
        rates = moment.now.readings.every_rate
        return self._pages.render(
            request,
            "now",
            shown=show_now(say, self._setup, moment.now),
            windows=WINDOWS,
            has_target=any(window.target_gj_per_t is not None for window in moment.now.windows),
            rates=[(f"rate.{r.carrier}.{r.unit}", carrier_name(say, r.carrier), rate_unit(r)) for r in rates],
            history=history_table(say, self._setup, moment.now),
        )

    async def year(self, request: Request) -> Response:
        """View 5."""
        say, wanted = self._pages.texts(request), self.params(request).fiscal_year()
        year = await self._figures.year(wanted)
        statement = year.statement
        ends = month_starts_utc_s(wanted, self._zone)
        forecasts = await draw_forecasts(self._setup, self._figures, wanted)
        months, before = await two_years_by_month(self._setup, self._figures, wanted)
        return self._pages.render(
            request,
            "year",
            fiscal_year=wanted,
            running_year=fiscal_year_of(self._figures.now_utc_s(), self._zone),
            until=say("year_over") if year.until_utc_s >= ends[-1] else self._until(say, year),
            headlines=headlines(say, self._setup, year, forecasts),
            has_last_year=year.before is not None,
            months=year_months_table(say, months, before),
            paths=[self._path(say, path, year, forecasts) for path in self._setup.targets],
            tables=tables_of(say, year),
            line_ids=[line.stream.id for line in statement.lines],
            product_ids=[line.product.id for line in statement.products],
        )

    def _until(self, say: DashboardTexts, year: DrawnYear) -> str:
        return say("year_to_date", time=local(year.until_utc_s, self._zone))

    def _path(self, say: DashboardTexts, path: TargetPath, year: DrawnYear, forecasts: Forecasts) -> tuple[Table, str]:
        wanted = year.statement.fiscal_year
        known = [(each.fiscal_year, figure_of(each, path.figure)) for each in (year.before, year.statement) if each]
        actual = [pair for pair in known if pair[1] is not None]
        return path_table(say, path, actual, wanted, forecasts), tell_forecast(say, path, wanted, forecasts)

    async def gate(self, request: Request) -> Response:
        """The part of view 5 that takes its time: what keeps the year from being closed."""
        say, wanted = self._pages.texts(request), self.params(request).fiscal_year()
        gate = await draw_gate(self._site, self._figures, wanted)
        findings, count = tell_findings(say, line_names(say, self._site), gate), len(gate.holds_up)
        return self._pages.render(request, "gate", fiscal_year=wanted, findings=findings, open_count=count)

    async def data(self, request: Request) -> Response:
        """View 6."""
        say, params = self._pages.texts(request), self.params(request)
        year, page = params.fiscal_year(), params.page()
        starts = month_starts_utc_s(year, self._zone)
        end = min(starts[-1], self._figures.closed_utc_s())
        rows, months = None, None
        gaps: tuple[list[GapRow], int] = ([], 0)
        if starts[0] < end:
            parts = await self._figures.known(starts[0], end)
            days, names = join_days(parts), line_names(say, self._site)
            rows, gaps = calendar_of(names, year, self._zone, days), gaps_of(names, self._site, days)
            months = calendar_table(say, names, self._zone, parts)
        ask = partial(
            self._view.events, starts[0] * 1000, starts[-1] * 1000, _EVENTS_PER_PAGE, (page - 1) * _EVENTS_PER_PAGE
        )
        count, events = await self._figures.read(ask)
        entries = await asyncio.to_thread(entries_of, self._site)
        return self._pages.render(
            request,
            "data",
            fiscal_year=year,
            running_year=fiscal_year_of(self._figures.now_utc_s(), self._zone),
            calendar=rows,
            months=months,
            gaps=gaps[0],
            gap_count=gaps[1],
            events=events_table(report_texts(say), events, self._zone),
            event_page=page,
            event_pages=max(1, -(-count // _EVENTS_PER_PAGE)),
            entries=entries_table(report_texts(say), entries, self._zone),
        )

    async def trace(self, request: Request) -> Response:
        """From a figure to its registers."""
        say, params = self._pages.texts(request), self.params(request)
        running = month_starts_utc_s(params.fiscal_year(), self._zone)
        line_id = params.text("line")
        size = params.choice("by", _TRACE_SIZES, "month")
        last = self._figures.closed_utc_s()
        usual = (local_day_utc_s(last, self._zone), last) if size == "half-hour" else (running[0], running[-1])
        period = params.period(size, *usual)
        call = partial(trace_line, self._site, line_id, period.from_utc_s, period.to_utc_s, period.size)
        trace = await self._figures.draw(("trace", line_id, period), period.from_utc_s, period.to_utc_s, call)
        tables = trace_tables(say, trace, self._zone)
        return self._pages.render(
            request,
            "trace",
            line_id=line_id,
            tables=tables,
            begin=local(period.from_utc_s, self._zone),
            end=local(period.to_utc_s, self._zone),
            links=self._finer(line_id, period, [span.name for span in trace.line.spans]),
        )

    def _finer(self, line_id: str, period: Period, names: Sequence[str]) -> list[dict[str, str]]:
        """The parameters that lead from each span to smaller ones."""
        if period.size not in _FINER:
            return []
        form = "%Y-%m-%dT%H:%M"
        firsts = {"month": "-01", "day": ""}[period.size]
        starts = [f"{name}{firsts}T00:00" for name in names]
        starts[0] = local(period.from_utc_s, self._zone, form)
        ends = [*starts[1:], local(period.to_utc_s, self._zone, form)]
        return [
            {"line": line_id, "by": _FINER[period.size], "from": start, "to": end}
            for start, end in pairwise([*starts, ends[-1]])
        ]

    async def devices(self, request: Request) -> Response:
        """View 7."""
        say = self._pages.texts(request)
        page = await self._figures.read(partial(read_devices, say, self._setup, self._view))
        return self._pages.render(request, "devices", page=page)
