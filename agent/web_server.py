"""Serves an application until cancelled, over TLS where there is a certificate. The one importer of uvicorn."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

_LAST_ANSWERS_S = 3
_MOST_CONNECTIONS = 200


class CannotListenError(OSError):
    """The address is taken, or not this machine's. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to serve, and with which certificate. `advice` says how another port is chosen."""

    host: str
    port: int
    certificate: Path | None
    key: Path | None
    advice: str


class _Server(uvicorn.Server):
    """A server that leaves signals to the program that it is a part of."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def serve_app(
    app: ASGIApp,
    address: Address,
    *,
    lifespan: Literal["on", "off"] = "off",
    before_end: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Serve until cancelled; `before_end` ends what would keep answers open.

    Raises CannotListenError, or OSError for TLS files that cannot be used.
    """
    listener = _listen(address)
    try:
        server = _Server(_config(app, address, lifespan))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await asyncio.shield(serving)
        finally:
            if before_end is not None:
                await before_end()
            server.should_exit = True
            await asyncio.gather(serving, return_exceptions=True)
    finally:
        listener.close()


def _config(app: ASGIApp, address: Address, lifespan: Literal["on", "off"]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        lifespan=lifespan,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=_LAST_ANSWERS_S,
        h11_max_incomplete_event_size=32 * 1024,
        ssl_certfile=address.certificate,
        ssl_keyfile=address.key,
        ssl_ciphers="ECDHE+AESGCM:ECDHE+CHACHA20",
    )


def _listen(address: Address) -> socket.socket:
    host, port = address.host, address.port
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        reason = f"cannot listen at {host}:{port}: {error.strerror or error}"
        raise CannotListenError(f"{reason}; {address.advice}") from error
