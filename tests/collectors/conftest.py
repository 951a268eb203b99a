"""What the tests of all collectors share: a fixed clock, listeners, waiting for a condition, the search for leaks."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

FIXED_MS = 1_764_000_000_000


@pytest.fixture
def now_ms() -> Callable[[], int]:
    """A wall clock that stands still."""
    return lambda: FIXED_MS


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
def listening() -> Callable[..., contextlib.AbstractAsyncContextManager[int]]:
    """A block in which connections to a loopback port are handled; gives the port. The handlers end with the block."""

    @contextlib.asynccontextmanager
    async def listen(handle: Handler, port: int = 0) -> AsyncIterator[int]:
        handlers: set[asyncio.Task[None]] = set()

        async def handle_and_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            handlers.add(task)
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                await handle(reader, writer)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

        server = await asyncio.start_server(handle_and_close, "127.0.0.1", port)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            await server.wait_closed()
            if handlers:
                await asyncio.wait(handlers, timeout=10)

    return listen


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    """Wait until a condition holds; fail after ten seconds."""

    async def wait(condition: Callable[[], bool]) -> None:
        for _ in range(1000):
            if condition():
                return
            await asyncio.sleep(0.01)
        pytest.fail("the condition did not come true within ten seconds")

    return wait


@pytest.fixture
def leaving_nothing(
    wait_until: Callable[[Callable[[], bool]], Awaitable[None]],
) -> Callable[[], contextlib.AbstractAsyncContextManager[None]]:
    """A block after which no task and no socket may be left that was not there before."""

    @contextlib.asynccontextmanager
    async def block() -> AsyncIterator[None]:
        tasks, sockets = asyncio.all_tasks(), _open_sockets()
        yield
        await wait_until(lambda: asyncio.all_tasks() <= tasks and _open_sockets() <= sockets)

    return block


def _open_sockets() -> set[str]:
    links = set()
    for entry in os.scandir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):
            links.add(os.readlink(entry.path))
    return {link for link in links if link.startswith("socket:")}
