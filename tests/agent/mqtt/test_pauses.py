"""How long the client waits before it connects again, after outages, ordinary cuts and with a broker that flaps."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from agent.mqtt import Broker, MqttClient
from agent.mqtt.network import Pauses
from tests.conftest import until


def pauses_after(*held_s: float) -> list[float]:
    pauses = Pauses(0.5, 30.0)
    return [pauses.after(seconds) for seconds in held_s]


def test_an_absent_broker_is_asked_ever_more_seldom() -> None:
    assert pauses_after(*[0.0] * 8) == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_a_broker_that_accepts_and_drops_is_one_that_is_absent() -> None:
    assert pauses_after(0.01, 0.2, 1, 2, 4.9, 0.1, 4.9, 0.1) == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_ordinary_cuts_cost_half_a_second_however_many_there_are() -> None:
    assert pauses_after(5, 20, 6, 3600, 10, 29) == [0.5] * 6


def test_a_good_connection_ends_what_an_outage_began() -> None:
    assert pauses_after(*[0.0] * 7, 6, 0, 0, 3600, 0) == [0.5, 1, 2, 4, 8, 16, 30, 0.5, 1, 2, 0.5, 1]


def test_in_the_long_run_there_is_one_connection_in_five_seconds_at_most() -> None:
    """Whatever the length of the connections: the worst are those that hold just long enough."""
    for held_s in (0.0, 0.5, 1.0, 4.99, 5.0, 6.0, 30.0):
        pauses = Pauses(0.5, 30.0)
        total_s = sum(held_s + pauses.after(held_s) for _ in range(1000))
        assert total_s / 1000 >= 5.0


class Flapping:
    """A broker that accepts, and breaks the connection after a while."""

    def __init__(self) -> None:
        self.hold_s = 0.0
        self.arrivals_s: list[float] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.arrivals_s.append(asyncio.get_running_loop().time())
            await reader.read(200)
            writer.write(bytes.fromhex("20 03 00 00 00"))  # CONNACK: accepted
            await writer.drain()
            await asyncio.sleep(self.hold_s)
        finally:
            writer.close()


@pytest.fixture
async def flapping() -> AsyncIterator[Flapping]:
    broker = Flapping()
    server = await asyncio.start_server(broker.serve, "127.0.0.1", 0)
    broker.port = server.sockets[0].getsockname()[1]
    yield broker
    server.close()
    await server.wait_closed()


async def test_the_client_keeps_to_it(flapping: Flapping) -> None:
    """First pause 20 ms: a connection of 0.2 s is a good one. A pause is at least half of what the rule says."""
    about = Broker("127.0.0.1", "agent", flapping.port, first_pause_s=0.02, longest_pause_s=10.0)
    async with MqttClient(about):
        await until(lambda: len(flapping.arrivals_s) == 6)
        gaps_s = [later - earlier for earlier, later in zip(flapping.arrivals_s, flapping.arrivals_s[1:], strict=False)]
        assert gaps_s[4] >= 0.5 * 0.02 * 2**4
        flapping.hold_s = 0.3
        await until(lambda: len(flapping.arrivals_s) == 9)
        held_s = flapping.arrivals_s[8] - flapping.arrivals_s[7]
        assert held_s < 0.02 * 2**7 / 2, "else the pause went on doubling"
