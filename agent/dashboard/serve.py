"""Serves the dashboard until it is told to stop. The one importer of uvicorn."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import uvicorn

from agent.dashboard.app import build_app
from agent.dashboard.setup import Setup
from agent.signals import until_signal

log = structlog.get_logger(__name__)

_LAST_ANSWERS_S = 3
_MOST_CONNECTIONS = 200


class CannotListenError(OSError):
    """The address is taken, or not this machine's. The message says what to do."""


class _Server(uvicorn.Server):
    """A server that leaves signals to the program that it is a part of."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def serve_dashboard(setup: Setup) -> None:
    """Serve until cancelled. Raises CannotListenError, or OSError for TLS files that cannot be used."""
    table, app = setup.table, build_app(setup)
    listener = _listen(table.host, table.port)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        lifespan="on",
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=_LAST_ANSWERS_S,
        h11_max_incomplete_event_size=32 * 1024,
        ssl_certfile=setup.site.folder / table.certificate_file if table.certificate_file else None,
        ssl_keyfile=setup.site.folder / table.key_file if table.key_file else None,
        ssl_ciphers="ECDHE+AESGCM:ECDHE+CHACHA20",
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(serving)
    finally:
        if hasattr(app.state, "hub"):
            await app.state.hub.close()
        server.should_exit = True
        await asyncio.gather(serving, return_exceptions=True)
        listener.close()


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


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        reason = f"cannot listen at {host}:{port}: {error.strerror or error}"
        raise CannotListenError(f"{reason}; choose another port with --port or [dashboard] port") from error
