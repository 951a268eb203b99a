"""A meter that takes a connection and resets it at once, as gateways do whose only connection is taken."""

import asyncio
import socket
import struct
from collections.abc import Iterator

import pytest
import uvloop

from collectors.collector import CollectorError
from collectors.modbus.client import ModbusCollector
from collectors.modbus.settings import Settings

POLLS = 300
"""On loopback the reset arrives while the client still connects."""


@pytest.fixture(params=[uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def loop(request: pytest.FixtureRequest) -> Iterator[asyncio.AbstractEventLoop]:
    """Both kinds of event loop: the services run on uvloop, which refuses to write to a closed connection."""
    made: asyncio.AbstractEventLoop = request.param()
    yield made
    made.close()


def test_every_poll_of_it_is_a_collector_error(loop: asyncio.AbstractEventLoop) -> None:
    reasons = loop.run_until_complete(asyncio.wait_for(poll_a_meter_that_hangs_up(), 60))
    assert len(reasons) == POLLS


async def poll_a_meter_that_hangs_up() -> list[str]:
    def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    point = {"id": "energy", "kind": "counter", "unit": "kWh", "address": 0, "type": "u32"}
    table = {"id": "gateway", "protocol": "modbus", "host": "127.0.0.1", "port": port, "poll_s": 1, "timeout_s": 0.5}
    settings = Settings.model_validate(
        {**table, "devices": [{"id": "meter", "unit": 1, "function": 3, "points": [point]}]}
    )
    collector = ModbusCollector(settings, lambda: 0)
    reasons = []
    for _ in range(POLLS):
        with pytest.raises(CollectorError) as caught:
            await collector.poll("meter")
        reasons.append(caught.value.reason)
    await collector.close()
    server.close()
    return reasons
