"""The links of the campaign break as they say: what a cut loses, what a freeze keeps, how slow is slow."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.conftest import find_free_port
from tests.faults.link import Link


@asynccontextmanager
async def linked_echo() -> AsyncIterator[Link]:
    """A link to a server that answers with what it is sent."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionResetError):
            while data := await reader.read(100):
                writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    link = Link("echo", find_free_port(), server.sockets[0].getsockname()[1])
    await link.mend()
    try:
        yield link
    finally:
        await link.close()
        server.close()
        await server.wait_closed()


async def connect(link: Link) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", link.port)


async def test_a_whole_link_carries_both_ways() -> None:
    async with linked_echo() as link:
        reader, writer = await connect(link)
        writer.write(b"abc")
        assert await reader.readexactly(3) == b"abc"
        writer.close()


async def test_a_cut_resets_the_connection_and_takes_new_ones() -> None:
    async with linked_echo() as link:
        reader, writer = await connect(link)
        writer.write(b"abc")
        await reader.readexactly(3)
        link.cut()
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)
        writer.close()
        reader, writer = await connect(link)
        writer.write(b"d")
        assert await reader.readexactly(1) == b"d"
        writer.close()


async def test_a_refusing_link_takes_nobody_until_it_is_mended() -> None:
    async with linked_echo() as link:
        link.refuse()
        with pytest.raises(ConnectionRefusedError):
            await connect(link)
        await link.mend()
        _, writer = await connect(link)
        writer.close()


async def test_a_frozen_link_keeps_what_it_was_given() -> None:
    async with linked_echo() as link:
        reader, writer = await connect(link)
        link.freeze()
        writer.write(b"abc")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await reader.readexactly(1)
        await link.mend()
        assert await reader.readexactly(3) == b"abc"
        writer.close()


async def test_a_slow_link_carries_everything_late() -> None:
    async with linked_echo() as link:
        reader, writer = await connect(link)
        link.slow_down(200)  # half a second for 100 bytes
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        writer.write(bytes(100))
        assert await reader.readexactly(100) == bytes(100)
        assert loop.time() - started_s >= 0.45
        writer.close()
