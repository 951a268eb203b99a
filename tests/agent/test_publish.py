"""The journal goes out in order, again until it is confirmed; the cursor stops at the first gap."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.clock import SystemClock
from agent.encoder import Encoder
from agent.mqtt import Broker, Message, MqttClient, Received, Subscription
from agent.publish import DESTINATION, Publisher
from agent.recorder import Recorder
from agent.settings.model import MqttTable
from agent.settings.site import load_site
from agent.site_factors import SiteFactors
from agent.storage.ledger import Ledger
from collectors.frame import Frame, Kind, Layout, Point
from tests.conftest import Server, StartMosquitto, until

TOKYO = ZoneInfo("Asia/Tokyo")
pytestmark = pytest.mark.mosquitto

DEMO = Path(__file__).parents[2] / "configs" / "demo"
LAYOUT = Layout("meter", tuple(Point(f"p{number}", Kind.GAUGE, "kW", Decimal(1)) for number in range(60)))


@dataclass
class Bench:
    """A recorder and a publisher at work, and a hand-driven bridge."""

    recorder: Recorder
    publisher: Publisher
    bridge: MqttClient
    messages: Subscription
    time_ms: int = 1_696_204_800_000

    def record(self, count: int) -> None:
        for _ in range(count):
            self.time_ms += 1000
            self.recorder.record(Frame.pack(LAYOUT, self.time_ms, [1.0] * 60, [0] * 60))

    async def take(self) -> Received:
        async with asyncio.timeout(10):
            received = await anext(self.messages)
        received.ack()
        return received

    async def answer(self, received: Received, text: str = "accepted") -> None:
        assert received.message.response_topic is not None
        await self.bridge.publish(
            Message(received.message.response_topic, text.encode(), correlation=received.message.correlation)
        )


def range_of(received: Received) -> tuple[int, int]:
    first, _, last = (received.message.correlation or b"").decode().partition("/")[0].partition("-")
    return int(first), int(last)


@asynccontextmanager
async def at_work(folder: Path, broker: Server, window: int = 20, **settings: object) -> AsyncIterator[Bench]:
    table = MqttTable.model_validate({"port": broker.port, "window": window, "resend_s": 1, **settings})
    recorder = Recorder(folder / "journal.sqlite3", TOKYO, 120_000, commit_s=0.01)
    resumed = await recorder.open({"meter": LAYOUT})
    ledger = Ledger(folder / "journal.sqlite3")
    encoder = Encoder("mill", (), ledger, SiteFactors(load_site(DEMO)))
    async with (
        MqttClient(Broker("127.0.0.1", "bridge", broker.port, first_pause_s=0.05)) as bridge,
        MqttClient(Broker("127.0.0.1", "agent", broker.port, first_pause_s=0.05, session_expiry_s=0)) as client,
    ):
        messages = bridge.subscribe("atsuen/mill/lines")
        await bridge.connected.wait()
        confirmed = resumed.cursors.get(DESTINATION, 0)
        publisher = Publisher(
            "mill", table, confirmed, client=client, recorder=recorder, encoder=encoder, clock=SystemClock()
        )
        tasks = [asyncio.create_task(recorder.run()), asyncio.create_task(publisher.run())]
        try:
            yield Bench(recorder, publisher, bridge, messages)
        finally:
            for task in reversed(tasks):
                task.cancel()
            await asyncio.wait(tasks)
    ledger.close()
    await recorder.close()


async def test_messages_carry_ranges_that_follow_each_other(tmp_path: Path, start_mosquitto: StartMosquitto) -> None:
    async with at_work(tmp_path, start_mosquitto()) as bench:
        bench.record(100)
        expected, lines = 1, 0
        while expected <= 100:
            received = await bench.take()
            first, last = range_of(received)
            assert first == expected
            assert len(received.message.payload) < 20_000
            lines += received.message.payload.count(b"\n") + 1
            expected = last + 1
            await bench.answer(received)
        assert (expected, lines) == (101, 100)
        await asyncio.wait_for(bench.publisher.drained(), 10)
        assert bench.publisher.stats.messages_acknowledged == bench.publisher.stats.messages_published > 1


async def test_what_is_not_confirmed_is_sent_again(tmp_path: Path, start_mosquitto: StartMosquitto) -> None:
    async with at_work(tmp_path, start_mosquitto()) as bench:
        bench.record(1)
        first = await bench.take()
        assert first.message.expiry_s == 1
        again = await bench.take()
        assert again.message.payload == first.message.payload
        assert (again.message.correlation, again.message.expiry_s) == (first.message.correlation, 2)
        await bench.answer(again)
        await asyncio.wait_for(bench.publisher.drained(), 10)
        assert bench.publisher.stats.messages_resent >= 1


async def test_the_cursor_waits_for_the_first_gap(tmp_path: Path, start_mosquitto: StartMosquitto) -> None:
    async with at_work(tmp_path, start_mosquitto(), resend_s=60) as bench:
        bench.record(120)
        received = [await bench.take()]
        while range_of(received[-1])[1] < 120:
            received.append(await bench.take())
        assert len(received) >= 3
        for later in received[1:]:
            await bench.answer(later)
        await until(lambda: bench.publisher.stats.messages_acknowledged == len(received) - 1)
        assert bench.publisher.stats.confirmed_seq == 0
        await bench.answer(received[0])
        await until(lambda: bench.publisher.stats.confirmed_seq == 120)


async def test_no_more_is_in_flight_than_the_window(tmp_path: Path, start_mosquitto: StartMosquitto) -> None:
    async with at_work(tmp_path, start_mosquitto(), window=2, resend_s=60) as bench:
        bench.record(200)
        first, second = await bench.take(), await bench.take()
        await bench.answer(second)
        await until(lambda: bench.publisher.stats.messages_acknowledged == 1)
        assert bench.publisher.stats.messages_published == 2
        await bench.answer(first)
        assert range_of(await bench.take())[0] == range_of(second)[1] + 1


async def test_a_restart_goes_on_behind_the_cursor(tmp_path: Path, start_mosquitto: StartMosquitto) -> None:
    broker = start_mosquitto()
    async with at_work(tmp_path, broker, resend_s=60) as bench:
        bench.record(60)
        received = await bench.take()
        confirmed = range_of(received)[1]
        await bench.answer(received)
        await until(lambda: bench.publisher.stats.confirmed_seq == confirmed)
    async with at_work(tmp_path, broker, resend_s=60) as bench:
        seen = set()
        while 60 not in seen:
            first, last = range_of(await bench.take())
            seen |= set(range(first, last + 1))
        assert seen >= set(range(confirmed + 1, 61))


async def test_a_rejection_is_told_recorded_and_passed(tmp_path: Path, start_mosquitto: StartMosquitto) -> None:
    async with at_work(tmp_path, start_mosquitto(), resend_s=60) as bench:
        bench.record(1)
        await bench.answer(await bench.take(), "rejected: 1 of 1 lines: no such field")
        await asyncio.wait_for(bench.publisher.drained(), 10)
        assert bench.publisher.stats.messages_rejected == 1
    ledger = Ledger(tmp_path / "journal.sqlite3")
    (event,) = ledger.events()
    ledger.close()
    assert (event.kind, event.detail) == ("lines_rejected", "sequence 1-1: rejected: 1 of 1 lines: no such field")


async def test_the_brokers_acknowledgement_counts_where_the_site_says_so(
    tmp_path: Path, start_mosquitto: StartMosquitto
) -> None:
    async with at_work(tmp_path, start_mosquitto(), confirm="broker", resend_s=60) as bench:
        bench.record(5)
        await until(lambda: bench.publisher.stats.confirmed_seq == 5)


async def test_a_broker_that_restarts_loses_nothing(tmp_path: Path, start_mosquitto: StartMosquitto) -> None:
    broker = start_mosquitto()
    async with at_work(tmp_path, broker) as bench:
        bench.record(3)
        await bench.take()
        broker.kill()
        bench.record(3)
        broker.start()
        seen: set[int] = set()
        while seen < set(range(1, 7)):
            received = await bench.take()
            first, last = range_of(received)
            seen |= set(range(first, last + 1))
            await bench.answer(received)
        await asyncio.wait_for(bench.publisher.drained(), 20)
