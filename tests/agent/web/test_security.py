"""What the guard does to requests beside those of a whole program: a stream ends with the session that opened it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route
from starlette.types import Message

from agent.web.access import Access
from agent.web.auth import Gatekeeper
from agent.web.passwords import hash_password
from agent.web.people import PeopleFile, Person, person_line
from agent.web.security import Guard, local_path

PASSWORD = "correct horse battery staple"
LIMIT_S = 20


async def for_ever(_: Request) -> StreamingResponse:
    async def events() -> AsyncIterator[str]:
        while True:
            yield ": still here\n\n"
            await asyncio.sleep(0.01)

    return StreamingResponse(events())


async def test_a_stream_ends_when_its_person_is_taken_out(tmp_path: Path) -> None:
    path = tmp_path / "people"
    path.write_text(person_line(Person("佐藤", "reader", hash_password(PASSWORD))), encoding="utf-8")
    path.chmod(0o600)
    access = Access(host="0.0.0.0", is_loopback=False, cookie="session")
    gatekeeper = Gatekeeper(access, PeopleFile(path, ("reader",), is_needed=True), lambda: 0.0)
    guard = Middleware(Guard, gatekeeper=gatekeeper, look_s=0.02)
    app = Starlette(routes=[Route("/", for_ever)], middleware=[guard])
    token = await gatekeeper.log_in("佐藤", PASSWORD, "192.0.2.7")
    sent: asyncio.Queue[Message] = asyncio.Queue()

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [(b"cookie", f"session={token}".encode())],
    }
    async with asyncio.timeout(LIMIT_S):
        streaming = asyncio.create_task(app(scope, receive, sent.put))
        assert (await sent.get())["status"] == 200
        for _ in range(10):
            assert (await sent.get())["body"] == b": still here\n\n"
        path.unlink()
        await streaming


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("/year?fiscal_year=2023", "/year?fiscal_year=2023"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a\nb", "/"),
        ("/" + "a" * 500, "/"),
        ("", "/"),
    ],
)
def test_a_way_on_stays_on_the_site(wanted: str, path: str) -> None:
    assert local_path(wanted) == path
