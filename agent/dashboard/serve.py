"""Serves the dashboard until it is told to stop."""

import asyncio

import structlog

from agent.dashboard.app import build_app
from agent.dashboard.auth import people_of
from agent.dashboard.setup import Setup
from agent.signals import until_signal
from agent.web.server import Address, serve_app

log = structlog.get_logger(__name__)


async def serve_dashboard(setup: Setup) -> None:
    """Serve until cancelled.

    Raises SettingsError for the file of people, CannotListenError, or OSError for TLS files that cannot be used.
    """
    people_of(setup).check()
    table, app, folder = setup.table, build_app(setup), setup.site.folder
    address = Address(
        table.host,
        table.port,
        folder / table.certificate_file if table.certificate_file else None,
        folder / table.key_file if table.key_file else None,
        "choose another port with --port or [dashboard] port",
    )

    async def end_streams() -> None:
        if hasattr(app.state, "hub"):
            await app.state.hub.close()

    await serve_app(app, address, lifespan="on", before_end=end_streams)


async def run_dashboard_service(setup: Setup) -> None:
    """The dashboard until SIGTERM or SIGINT. Raises what `serve_dashboard` raises."""
    scheme = "https" if setup.table.has_tls else "http"
    serving = asyncio.create_task(serve_dashboard(setup))
    stopped = asyncio.create_task(until_signal())
    log.info("dashboard", address=f"{scheme}://{setup.table.host}:{setup.table.port}/")
    await asyncio.wait([serving, stopped], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    serving.cancel()
    results = await asyncio.gather(serving, stopped, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result
