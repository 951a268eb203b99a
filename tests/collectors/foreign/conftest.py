"""Starts the servers of `tests/foreign` under Node, and ends each by its own process."""

import asyncio
import contextlib
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

FOREIGN = Path(__file__).parents[2] / "foreign"
START_S = 30


@dataclass(frozen=True)
class NodeServer:
    """A running server, the loopback port on which it listens, and its standard input and output for questions."""

    process: Process
    port: int

    async def ask(self, question: str, answer: str) -> str:
        """Send a line and return the rest of the first line that starts with `answer`."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{question}\n".encode())
        return await _read_answer(self.process, answer)


@pytest.fixture
async def start_server() -> AsyncIterator[Callable[..., Awaitable[NodeServer]]]:
    """Start a script of `tests/foreign` with arguments."""
    async with contextlib.AsyncExitStack() as running:

        async def start(script: str, *arguments: str) -> NodeServer:
            return await running.enter_async_context(_run(script, *arguments))

        yield start


@contextlib.asynccontextmanager
async def _run(script: str, *arguments: str) -> AsyncIterator[NodeServer]:
    process = await asyncio.create_subprocess_exec("node", str(FOREIGN / script), *arguments, stdin=PIPE, stdout=PIPE)
    try:
        yield NodeServer(process, int(await _read_answer(process, "PORT")))
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def _read_answer(process: Process, answer: str) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(START_S):
        async for line in process.stdout:
            words = line.decode().split(maxsplit=1)
            if words and words[0] == answer:
                return words[1].strip()
    raise AssertionError(f"the server ended without saying {answer}")
