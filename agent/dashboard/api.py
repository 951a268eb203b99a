"""The figures as JSON, in the words of `atsuen energy --json` and `atsuen statement --json`; and the event stream."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import asdict
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from agent.accounting.calendar import local_day_utc_s, month_starts_utc_s
from agent.accounting.flows import FlowMeasure
from agent.alerting.notice import Wording
from agent.alerting.records import view_record
from agent.alerting.store import alerts_path, read_alerts
from agent.dashboard.events import MOST_LISTENERS, Hub, Moment
from agent.dashboard.figures import Figures
from agent.dashboard.flows import draw_period_flows
from agent.dashboard.gates import draw_gate
from agent.dashboard.journal_view import JournalView
from agent.dashboard.now import Now
from agent.dashboard.pages import Pages
from agent.dashboard.params import Params, no_such_stream
from agent.dashboard.printing import Shown
from agent.dashboard.setup import Setup
from agent.dashboard.texts import DashboardTexts
from agent.dashboard.view_data import line_names
from agent.dashboard.view_demand import demand_record, show_demand
from agent.dashboard.view_devices import read_devices
from agent.dashboard.view_now import now_record, show_now
from agent.dashboard.view_year import tell_findings
from agent.reports.energy import energy_table
from agent.reports.statement import statement_tables
from agent.reports.table import as_records
from agent.storage.database import StorageError

Show = Callable[[DashboardTexts, Setup, Now], Shown]
_LIVE: Mapping[str, Show] = {"now": show_now, "demand": show_demand}
"""The views that move by themselves."""


class Api:
    """One method a resource."""

    def __init__(self, setup: Setup, figures: Figures, view: JournalView, hub: Hub, pages: Pages) -> None:
        self._setup = setup
        self._site = setup.site
        self._zone = setup.site.file.site.zone
        self._figures = figures
        self._view = view
        self._hub = hub
        self._pages = pages

    def _params(self, request: Request) -> Params:
        return Params(request.query_params, self._zone, self._figures.now_utc_s())

    async def now(self, request: Request) -> Response:
        """The first page, unrounded."""
        moment = await self._hub.moment()
        if moment.now is None:
            raise StorageError(moment.problem)
        return JSONResponse(dict(now_record(moment.now)))

    async def demand(self, request: Request) -> Response:
        """The running half hour's demand, unrounded."""
        moment = await self._hub.moment()
        if moment.now is None:
            raise StorageError(moment.problem)
        return JSONResponse(dict(demand_record(moment.now, moment.now.readings.demand)))

    async def alerts(self, request: Request) -> Response:
        """What `atsuen alerts --all --json` prints."""
        path = alerts_path(self._site.path(self._site.file.journal.path))
        view = await self._figures.read(partial(read_alerts, path))
        wording = Wording(self._site, self._pages.texts(request))
        return JSONResponse(dict(view_record(wording, view, self._figures.now_utc_s())))

    async def flows(self, request: Request) -> Response:
        """The links of the flows: `from`, `to`, `measure`."""
        params = self._params(request)
        measure = FlowMeasure(params.choice("measure", list(FlowMeasure), FlowMeasure.ENERGY))
        last = self._figures.closed_utc_s()
        period = params.period("month", local_day_utc_s(last - 1, self._zone), last)
        drawn = await draw_period_flows(self._setup, self._figures, period, measure)
        flows = drawn.flows
        links = [
            {"source": asdict(link.source), "target": asdict(link.target), "value": float(link.value)}
            for link in (flows.links if flows else ())
        ]
        facts = {"total": float(flows.total), "residual": float(flows.residual)} if flows else {}
        return JSONResponse({"links": links, **facts, "unknown": list(drawn.unknown)})

    async def energy(self, request: Request) -> Response:
        """`atsuen energy --json`: `by`, `from` and `to`, or `fiscal_year`; `stream` (several with commas), `scheme`."""
        params, say = self._params(request), self._pages.texts(request)
        last = self._figures.closed_utc_s()
        if params.text("fiscal_year"):
            starts = month_starts_utc_s(params.fiscal_year(), self._zone)
            period = params.period("month", starts[0], starts[-1])
        else:
            period = params.period("half-hour", local_day_utc_s(last, self._zone), last)
        chosen = [name for name in params.text("stream").split(",") if name]
        self._check_streams(chosen)
        drawn = await self._figures.by_time(period, params.text("scheme") or None, self._in_order(chosen))
        table = energy_table(say, drawn.spans, drawn.lines, drawn.products)
        return JSONResponse({table.title: as_records(table)})

    def _check_streams(self, chosen: list[str]) -> None:
        """Raise ParamError for a stream that is not there."""
        known = [stream.id for stream in self._site.streams]
        for name in chosen:
            if name not in known:
                raise no_such_stream(name, known)

    def _in_order(self, chosen: list[str]) -> tuple[str, ...]:
        """The chosen streams in the site's order, so that they are drawn once however they are asked for."""
        return tuple(stream.id for stream in self._site.streams if stream.id in chosen)

    async def statement(self, request: Request) -> Response:
        """`atsuen statement --json`: `fiscal_year`."""
        say = self._pages.texts(request)
        year = await self._figures.year(self._params(request).fiscal_year())
        tables = statement_tables(say, year.statement, year.areas, year.residuals)
        return JSONResponse({table.title: as_records(table) for table in tables})

    async def gate(self, request: Request) -> Response:
        """What keeps a year from being closed: `fiscal_year`."""
        gate = await draw_gate(self._site, self._figures, self._params(request).fiscal_year())
        say = self._pages.texts(request)
        told = tell_findings(say, line_names(say, self._site), gate)
        return JSONResponse({"findings": [asdict(each) for each in told]})

    async def devices(self, request: Request) -> Response:
        """Every device and point as it was read last."""
        say = self._pages.texts(request)
        return JSONResponse(asdict(await self._figures.read(partial(read_devices, say, self._setup, self._view))))

    async def events(self, request: Request) -> Response:
        """Server-sent events: the texts of a live page (`view`), each time that something was read."""
        if self._hub.listeners >= MOST_LISTENERS:
            return JSONResponse({"problem": f"{MOST_LISTENERS} pages are open already"}, 503, {"retry-after": "30"})
        view = self._params(request).choice("view", list(_LIVE), "now")
        stream = self._stream(self._pages.texts(request), _LIVE[view])
        return StreamingResponse(stream, media_type="text/event-stream", headers={"x-accel-buffering": "no"})

    async def _stream(self, say: DashboardTexts, show: Show) -> AsyncIterator[str]:
        async for moment in self._hub.listen():
            yield ": still here\n\n" if moment is None else self._event(say, show, moment)

    def _event(self, say: DashboardTexts, show: Show, moment: Moment) -> str:
        if moment.now is None:
            told: object = {"text": {"age": moment.problem}, "state": {"age": "bad"}}
        else:
            told = show(say, self._setup, moment.now).as_record()
        return f"id: {moment.number}\ndata: {json.dumps(told, ensure_ascii=False)}\n\n"
