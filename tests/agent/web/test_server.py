"""Clients that take their time hold no connection for long, and others are served meanwhile. Real sockets and TLS."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
from starlette.types import Receive, Scope, Send

from agent.web.server import Address, Patience, serve_app
from tests.conftest import Authority, find_free_port

HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
QUICK = Patience(handshake_s=0.3, head_s=0.3, body_s=0.3)
LIMIT_S = 10


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the size of the body; `/slow` once the server is told to end."""
    size = 0
    while True:
        part = await receive()
        if part["type"] == "http.disconnect":
            return
        size += len(part.get("body", b""))
        if not part.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"", "more_body": True})
    if scope["path"] == "/slow":
        await asyncio.sleep(4 * QUICK.head_s)  # longer than any part of a request may take
    await send({"type": "http.response.body", "body": b"%5d" % size})


@contextlib.asynccontextmanager
async def served(patience: Patience, authority: Authority | None = None) -> AsyncIterator[int]:
    """The port of a server."""
    port = find_free_port()
    certificate, key = authority.sign("server") if authority else (None, None)
    address = Address("127.0.0.1", port, certificate, key, "")
    serving = asyncio.create_task(serve_app(app, address, patience=patience))
    try:
        await answers(port, authority)
        yield port
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def answers(port: int, authority: Authority | None = None) -> None:
    """Wait until the server answers."""
    verify = ssl.create_default_context(cafile=str(authority.file)) if authority else True
    scheme = "https" if authority else "http"
    async with asyncio.timeout(LIMIT_S), httpx.AsyncClient(verify=verify) as client:
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(f"{scheme}://127.0.0.1:{port}/")).status_code == 200:
                    return
            await asyncio.sleep(0.01)


class Client:
    """A connection by hand, over TLS where there is a context."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    @contextlib.asynccontextmanager
    async def to(cls, port: int, context: ssl.SSLContext | None = None) -> AsyncIterator["Client"]:
        client = cls(*await asyncio.open_connection("127.0.0.1", port, ssl=context))
        try:
            async with asyncio.timeout(LIMIT_S):
                yield client
        finally:
            client.writer.close()
            with contextlib.suppress(OSError):
                await client.writer.wait_closed()

    async def drip(self, data: bytes) -> bytes:
        """Send a byte now and then until the server closes; gives the first line of what it said."""
        line = asyncio.create_task(self.reader.readline())
        for byte in data:
            if line.done():
                break
            self.writer.write(bytes([byte]))
            await asyncio.wait([line], timeout=QUICK.head_s / 10)
        with contextlib.suppress(ConnectionError):
            return await line
        return b""

    async def ends(self) -> bytes:
        """What the server still says until it closes."""
        with contextlib.suppress(ConnectionError):
            return await self.reader.read()
        return b""


async def test_a_head_that_comes_byte_by_byte_is_refused_and_others_are_served() -> None:
    async with served(QUICK) as port, Client.to(port) as slow:
        dripping = asyncio.create_task(slow.drip(HEAD + b"X: " + b"x" * 10_000))
        served_meanwhile = 0
        while not dripping.done():
            await answers(port)
            served_meanwhile += 1
        assert await dripping == b"HTTP/1.1 408 Request Timeout\r\n"
        assert served_meanwhile > 1
        await slow.ends()


async def test_a_connection_without_a_request_is_closed() -> None:
    async with served(QUICK) as port, Client.to(port) as silent:
        assert (await silent.ends()).startswith(b"HTTP/1.1 408 ")


async def test_the_second_request_has_the_same_time() -> None:
    async with served(QUICK) as port, Client.to(port) as client:
        client.writer.write(HEAD + b"\r\n")
        assert (await client.reader.readuntil(b"    0")).startswith(b"HTTP/1.1 200 ")
        assert await client.drip(HEAD + b"X: " + b"x" * 10_000) == b"HTTP/1.1 408 Request Timeout\r\n"


async def test_a_body_that_comes_byte_by_byte_is_cut_off() -> None:
    async with served(QUICK) as port, Client.to(port) as slow:
        slow.writer.write(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10000\r\n\r\n")
        assert await slow.drip(b"x" * 10_000) == b""
        await answers(port)


async def test_an_answer_may_take_longer_than_a_request() -> None:
    async with served(QUICK) as port, Client.to(port) as client:
        client.writer.write(b"POST /slow HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\n\r\nabc")
        assert (await client.reader.readuntil(b"    3")).startswith(b"HTTP/1.1 200 ")


async def test_a_handshake_that_does_not_come_is_not_waited_for(authority: Authority) -> None:
    async with served(QUICK, authority) as port, Client.to(port) as silent:
        assert await silent.ends() == b""
        await answers(port, authority)


async def test_idle_clients_hold_all_connections_for_a_moment_only() -> None:
    """Uvicorn answers 503 from the 200th connection on."""
    async with served(Patience(head_s=1)) as port, contextlib.AsyncExitStack() as stack:
        idle = [await stack.enter_async_context(Client.to(port)) for _ in range(205)]
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"http://127.0.0.1:{port}/")).status_code == 503
        await answers(port)
        assert len(idle) == 205


def connect(port: int, authority: Authority) -> ssl.SSLSocket:
    """A connection that has had an answer, and whose client looks at nothing more."""
    context = ssl.create_default_context(cafile=str(authority.file))
    connected = context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="127.0.0.1")
    connected.settimeout(LIMIT_S)
    connected.sendall(HEAD + b"\r\n")
    assert connected.recv(1000).startswith(b"HTTP/1.1 200 ")
    return connected


def established(port: int) -> int:
    """How many connections the server's side has open, as the kernel counts them (proc(5), /proc/net/tcp; 01)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


async def test_the_end_closes_connections_that_their_clients_keep_open(authority: Authority) -> None:
    """A client that is told of the end of TLS and does not answer; asyncio would wait for it for 30 s."""
    async with served(Patience(), authority) as port:
        kept = await asyncio.to_thread(connect, port, authority)
        assert established(port) == 1
    with kept:
        assert established(port) == 0
