"""Serves an application until cancelled, over TLS where there is a certificate. Knows nothing of what it serves."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from agent.association.inbox.service_file import WebTable

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


async def serve_app(app: ASGIApp, web: WebTable, folder: Path) -> None:
    """Serve until cancelled. Raises CannotListenError, or OSError for TLS files that cannot be used."""
    listener = _listen(web.host, web.port)
    try:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            lifespan="off",
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_graceful_shutdown=_LAST_ANSWERS_S,
            h11_max_incomplete_event_size=32 * 1024,
            ssl_certfile=folder / web.certificate_file if web.certificate_file else None,
            ssl_keyfile=folder / web.key_file if web.key_file else None,
            ssl_ciphers="ECDHE+AESGCM:ECDHE+CHACHA20",
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await asyncio.shield(serving)
        finally:
            server.should_exit = True
            await asyncio.gather(serving, return_exceptions=True)
    finally:
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        reason = f"cannot listen at {host}:{port}: {error.strerror or error}"
        raise CannotListenError(f"{reason}; choose another port in [web]") from error
