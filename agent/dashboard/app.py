"""The dashboard put together: routes, guard, and what runs beside them. No logic of its own."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.types import ExceptionHandler

from agent.dashboard.api import Api
from agent.dashboard.assets import ASSETS
from agent.dashboard.auth import access_of, people_of
from agent.dashboard.errors import EXPECTED, Errors
from agent.dashboard.events import Hub
from agent.dashboard.figures import Figures
from agent.dashboard.journal_view import JournalView
from agent.dashboard.manager_views import ManagerViews
from agent.dashboard.pages import Pages
from agent.dashboard.people import People
from agent.dashboard.setup import Setup
from agent.dashboard.views import Views
from agent.settings.mistakes import SettingsError
from agent.storage.database import StorageError
from agent.web.auth import Gatekeeper
from agent.web.log_in import LogIn
from agent.web.security import Guard

log = structlog.get_logger(__name__)

_LARGEST_FORM = 64 * 1024
_WARM_AFTER_S = 3.0
"""After a start the first page comes first."""
_WARM_S = 20.0
"""How soon after a half hour has ended its figures are drawn, whether or not somebody looks."""


def build_app(setup: Setup) -> Starlette:
    """The dashboard of a site as an ASGI application."""
    view = JournalView(setup.site.path(setup.site.file.journal.path))
    figures = Figures(setup, view)
    hub = Hub(setup, figures, view)
    gatekeeper = Gatekeeper(access_of(setup.table), people_of(setup), setup.clock.steady_s)
    pages = Pages(setup, gatekeeper)
    errors = Errors(pages)
    handlers: Mapping[object, ExceptionHandler] = {
        **dict.fromkeys(EXPECTED, errors.expected),
        HTTPException: errors.http,
        Exception: errors.bug,
    }

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await asyncio.to_thread(lambda: ASSETS.files)
        tasks = [asyncio.create_task(hub.run(), name="events"), asyncio.create_task(_warm(figures), name="warm")]
        app.state.hub = hub
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.to_thread(figures.close)

    return Starlette(
        routes=_routes(
            Views(setup, figures, view, hub, pages),
            ManagerViews(setup, figures, hub, pages),
            Api(setup, figures, view, hub, pages),
            People(setup, pages),
            LogIn(gatekeeper, pages),
        ),
        middleware=[Middleware(Guard, gatekeeper=gatekeeper)],
        exception_handlers=handlers,
        lifespan=lifespan,
        max_body_size=_LARGEST_FORM,
    )


def _routes(views: Views, managers: ManagerViews, api: Api, people: People, log_in: LogIn) -> list[Route]:
    """Every route."""
    return [
        Route("/", views.now),
        Route("/demand", managers.demand),
        Route("/flows", managers.flows),
        Route("/trends", managers.trends),
        Route("/alerts", managers.alerts),
        Route("/year", views.year),
        Route("/year/gate", views.gate),
        Route("/data", views.data),
        Route("/trace", views.trace),
        Route("/devices", views.devices),
        Route("/api/now", api.now),
        Route("/api/demand", api.demand),
        Route("/api/alerts", api.alerts),
        Route("/api/flows", api.flows),
        Route("/api/events", api.events),
        Route("/api/energy", api.energy),
        Route("/api/statement", api.statement),
        Route("/api/gate", api.gate),
        Route("/api/devices", api.devices),
        Route("/corrections", people.corrections, methods=["GET"]),
        Route("/corrections", people.declare, methods=["POST"]),
        Route("/login", log_in.log_in, methods=["GET", "POST"]),
        Route("/logout", log_in.log_out, methods=["POST"]),
        Route("/preferences", people.preferences),
        Route("/static/{digest}/{name}", ASSETS.send),
    ]


async def _warm(figures: Figures) -> None:
    """Draw ahead what pages will ask for, until cancelled. Without a journal or factors there is nothing to draw."""
    await asyncio.sleep(_WARM_AFTER_S)
    while True:
        before = figures.drawings.drawn
        with suppress(StorageError, SettingsError, ValueError):
            await figures.warm()
        log.debug("drawn_ahead", count=figures.drawings.drawn - before)
        await asyncio.sleep(_WARM_S)
