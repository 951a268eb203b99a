"""Serves an application until cancelled, over TLS where there is a certificate. The one importer of uvicorn.

Uvicorn waits for a request as long as a client likes. Here each part of it has its time, so that clients who send
nothing, or a byte now and then, do not hold the connections that others need.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

_LAST_ANSWERS_S = 3
_GOODBYE_S = 1.0
"""How long a client may take to end TLS when we have; then its connection is closed all the same."""

_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
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


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a client may take for the handshake of TLS, for the head of a request, for its body."""

    handshake_s: float = 10.0
    head_s: float = 10.0
    body_s: float = 90.0


class _Protocol(H11Protocol):
    """Uvicorn's connection, ended when a request does not arrive in time.

    The time for a head runs from the beginning of the connection, later from the first byte of the next request: until
    then uvicorn's own limit for idle connections holds.
    """

    def __init__(
        self, patience: Patience, config: uvicorn.Config, state: ServerState, app_state: dict[str, Any]
    ) -> None:
        super().__init__(config, state, app_state)
        self._patience = patience
        self._deadline: asyncio.TimerHandle | None = None
        self._awaited: tuple[object, str] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A client is there; over TLS, after the handshake."""
        super().connection_made(transport)
        self._set_deadline()

    def data_received(self, data: bytes) -> None:
        """Bytes of a request."""
        super().data_received(data)
        self._set_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone, or was sent away."""
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def _set_deadline(self) -> None:
        """A new deadline where another part of a request is awaited than before."""
        awaited = self.cycle, self._part_awaited()
        if awaited == self._awaited:
            return
        self._awaited = awaited
        if self._deadline is not None:
            self._deadline.cancel()
        match awaited[1]:
            case "head":
                self._deadline = self.loop.call_later(self._patience.head_s, self._refuse)
            case "body":
                self._deadline = self.loop.call_later(self._patience.body_s, self.transport.abort)
            case _:
                self._deadline = None

    def _part_awaited(self) -> Literal["head", "body", ""]:
        if self.cycle is None or self.cycle.response_complete:
            return "head"
        return "body" if self.cycle.more_body else ""

    def _refuse(self) -> None:
        self.transport.write(_TOO_SLOW)
        self.transport.close()


class _Server(uvicorn.Server):
    """A server that leaves signals to the program that it is a part of, and limits the handshake of TLS."""

    def __init__(self, config: uvicorn.Config, patience: Patience) -> None:
        super().__init__(config)
        self._patience = patience

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then listen: uvicorn itself knows no limits for TLS."""
        await super().startup(sockets=[])
        config, is_tls = self.config, self.config.ssl is not None
        for listener in sockets or []:
            server = await asyncio.get_running_loop().create_server(
                partial(_Protocol, self._patience, config, self.server_state, self.lifespan.state),
                sock=listener,
                ssl=config.ssl,
                backlog=config.backlog,
                ssl_handshake_timeout=self._patience.handshake_s if is_tls else None,
                ssl_shutdown_timeout=_GOODBYE_S if is_tls else None,
            )
            self.servers.append(server)

    async def close_connections(self) -> None:
        """Close what is still open after the shutdown."""
        while self.server_state.connections:
            for connection in list(self.server_state.connections):
                connection.transport.abort()
            await asyncio.sleep(0)

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
    patience: Patience = Patience(),
) -> None:
    """Serve until cancelled; `before_end` ends what would keep answers open.

    Raises CannotListenError, or OSError for TLS files that cannot be used.
    """
    listener = _listen(address)
    try:
        server = _Server(_config(app, address, lifespan), patience)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await asyncio.shield(serving)
        finally:
            if before_end is not None:
                await before_end()
            server.should_exit = True
            await asyncio.gather(serving, return_exceptions=True)
            await server.close_connections()
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
