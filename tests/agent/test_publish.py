"""The journal goes out, again until it is confirmed; the cursor stops at the first gap; live rows pass a backlog."""

import asyncio
import signal
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.clock import SystemClock
from agent.encoder import Encoder
from agent.mqtt import Broker, ConnectionLost, Message, MqttClient, Received, Subscription
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


def layout_of(points: int) -> Layout:
    return Layout("meter", tuple(Point(f"p{number}", Kind.GAUGE, "kW", Decimal(1)) for number in range(points)))


LAYOUT, SMALL = layout_of(60), layout_of(2)


@dataclass
class Bench:
    """A recorder and a publisher at work, and a hand-driven bridge."""

    recorder: Recorder
    publisher: Publisher
    bridge: MqttClient
    messages: Subscription
    layout: Layout
    time_ms: int = 1_696_204_800_000

    def record(self, count: int) -> None:
        for _ in range(count):
            self.time_ms += 1000
            count_of_points = len(self.layout.points)
            self.recorder.record(Frame.pack(self.layout, self.time_ms, [1.0] * count_of_points, [0] * count_of_points))

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


def address(name: str, broker: Server) -> Broker:
    return Broker("127.0.0.1", name, broker.port, first_pause_s=0.05, longest_pause_s=0.2)


@asynccontextmanager
async def at_work(
    folder: Path,
    broker: Server,
    window: int = 20,
    *,
    layout: Layout = LAYOUT,
    others: Sequence[Layout] = (),
    **settings: object,
) -> AsyncIterator[Bench]:
    table = MqttTable.model_validate({"port": broker.port, "window": window, "resend_s": 1, **settings})
    recorder = Recorder(folder / "journal.sqlite3", TOKYO, 120_000, commit_s=0.01)
    resumed = await recorder.open({each.device: each for each in (layout, *others)})
    ledger = Ledger(folder / "journal.sqlite3")
    encoder = Encoder("mill", (), ledger, SiteFactors(load_site(DEMO)))
    async with (
        MqttClient(address("bridge", broker)) as bridge,
        MqttClient(replace(address("agent", broker), session_expiry_s=0)) as client,
    ):
        messages = bridge.subscribe("atsuen/mill/lines")
        await bridge.connected.wait()
        confirmed = resumed.cursors.get(DESTINATION, 0)
        publisher = Publisher(
            "mill", table, confirmed, client=client, recorder=recorder, encoder=encoder, clock=SystemClock()
        )
        tasks = [asyncio.create_task(recorder.run()), asyncio.create_task(publisher.run())]
        try:
            yield Bench(recorder, publisher, bridge, messages, layout)
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


async def test_no_more_is_unconfirmed_than_the_window(tmp_path: Path, start_mosquitto: StartMosquitto) -> None:
    """A confirmation opens the window also behind a gap: one that is late or lost does not hold up the rest."""
    async with at_work(tmp_path, start_mosquitto(), window=2, resend_s=60) as bench:
        bench.record(200)
        first, second = await bench.take(), await bench.take()
        assert bench.publisher.stats.messages_published == 2
        await bench.answer(second)
        third = await bench.take()
        assert range_of(third)[0] == range_of(second)[1] + 1
        stats = bench.publisher.stats
        assert (stats.messages_published, stats.confirmed_seq, stats.stretches_ahead) == (3, 0, 1)
        await bench.answer(first)
        await until(lambda: stats.confirmed_seq == range_of(second)[1])
        assert stats.stretches_ahead == 0


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


async def test_what_a_broker_acknowledged_and_lost_goes_again_when_it_is_back(
    tmp_path: Path, start_mosquitto: StartMosquitto
) -> None:
    """At once, not after the pause: it fills the window, and live rows wait behind it."""
    broker = start_mosquitto()
    async with at_work(tmp_path, broker, resend_s=1000) as bench:
        bench.record(1)
        first = await bench.take()
        broker.kill()
        broker.start()
        again = await bench.take()
        assert again.message.correlation == first.message.correlation
        await bench.answer(again)
        await asyncio.wait_for(bench.publisher.drained(), 10)
        assert bench.publisher.stats.messages_resent == 1


async def test_what_the_broker_refuses_is_told_and_goes_out_once_it_may(
    tmp_path: Path, start_mosquitto: StartMosquitto
) -> None:
    acl = tmp_path / "acl"
    acl.write_text("topic read #\ntopic write atsuen/mill/confirmed\n", encoding="utf-8")
    broker = start_mosquitto(f"acl_file {acl}")
    async with at_work(tmp_path, broker) as bench:
        bench.record(1)
        stats = bench.publisher.stats
        await until(lambda: stats.publishes_refused >= 2)
        assert "Not authorized" in stats.last_error
        assert stats.confirmed_seq == 0
        acl.write_text("topic readwrite #\n", encoding="utf-8")
        broker.send(signal.SIGHUP)
        await bench.answer(await bench.take())
        await asyncio.wait_for(bench.publisher.drained(), 10)
        assert stats.last_error == ""


async def test_what_nobody_hears_is_told_and_goes_out_again(tmp_path: Path, start_mosquitto: StartMosquitto) -> None:
    broker = start_mosquitto()
    async with at_work(tmp_path, broker, topic_root="elsewhere") as bench:
        bench.record(1)
        stats = bench.publisher.stats
        await until(lambda: stats.publishes_unheard >= 2)
        assert stats.last_error == "nobody subscribes to elsewhere/mill/lines; does a bridge run?"
        async with MqttClient(address("late", broker)) as late:
            received = await anext(late.subscribe("elsewhere/mill/lines"))
            received.ack()
            assert received.message.expiry_s == 1
            await bench.answer(received)
            await asyncio.wait_for(bench.publisher.drained(), 10)


async def test_answers_that_nobody_waits_for_are_counted_and_have_no_effect(
    tmp_path: Path, start_mosquitto: StartMosquitto
) -> None:
    async with at_work(tmp_path, start_mosquitto(), resend_s=60) as bench:
        bench.record(1)
        received = await bench.take()
        stats = bench.publisher.stats
        foreign = replace(received.message, correlation=b"1-1/of-an-earlier-run")
        await bench.answer(replace(received, message=foreign))
        await until(lambda: stats.confirmations_unknown == 1)
        assert stats.confirmed_seq == 0
        await bench.answer(received)
        await bench.answer(received)
        await until(lambda: stats.confirmations_repeated == 1)
        assert (stats.confirmed_seq, stats.messages_acknowledged) == (1, 1)


@dataclass
class Consumer:
    """Confirms what comes, and keeps which rows came in which order."""

    bench: Bench
    arrivals: list[range] = field(default_factory=list)
    arrived: set[int] = field(default_factory=set)

    async def run(self) -> None:
        async for received in self.bench.messages:
            first, last = range_of(received)
            self.arrivals.append(range(first, last + 1))
            self.arrived.update(self.arrivals[-1])
            received.ack()
            with suppress(ConnectionLost):  # then the agent sends the message again
                await self.bench.answer(received)

    def place_of(self, seq: int) -> int:
        """Which message brought the row first."""
        return next(place for place, rows in enumerate(self.arrivals) if seq in rows)


async def test_live_rows_overtake_the_backlog_of_an_outage(tmp_path: Path, start_mosquitto: StartMosquitto) -> None:
    """20,000 rows wait when the broker is back. Each row recorded then arrives while most of them still wait.

    The five seconds that a live row may take are a limit of behaviour: behind the backlog it would come only after
    all of it, at a pace at which that takes longer.
    """
    broker = start_mosquitto()
    backlog, live = 20_000, 30
    async with at_work(tmp_path, broker, layout=SMALL, backlog_lines_per_s=2500) as bench:
        stats = bench.publisher.stats
        broker.kill()
        await until(lambda: not bench.bridge.connected.is_set())
        bench.record(backlog)
        await until(lambda: bench.recorder.durable_seq >= backlog)
        before = bench.recorder.durable_seq
        broker.start()
        consumer = Consumer(bench)
        consuming = asyncio.create_task(consumer.run())
        await until(lambda: stats.backlog_rows > 0)
        live_seqs: list[int] = []
        for _ in range(live):
            bench.record(1)
            await until(lambda: bench.recorder.durable_seq > before + len(live_seqs))
            live_seqs.append(bench.recorder.durable_seq)
            await until(lambda: live_seqs[-1] in consumer.arrived, limit_s=5)
        assert stats.backlog_rows > backlog / 4
        await asyncio.wait_for(bench.publisher.drained(), 30)
        consuming.cancel()
        await asyncio.wait([consuming])
        end = bench.recorder.durable_seq
        assert consumer.arrived == set(range(1, end + 1))
        assert max(map(consumer.place_of, live_seqs)) < consumer.place_of(before)
        from_backlog = [rows for rows in consumer.arrivals if rows[-1] <= before]
        firsts = [consumer.place_of(seq) for seq in sorted({rows[0] for rows in from_backlog})]
        behind_the_window = firsts[20:]  # what was in flight when the broker went comes first, in any order
        assert behind_the_window == sorted(behind_the_window)
    async with at_work(tmp_path, broker, layout=SMALL) as bench:
        assert bench.publisher.stats.confirmed_seq == end


async def test_numbers_without_rows_are_passed_without_a_message(
    tmp_path: Path, start_mosquitto: StartMosquitto
) -> None:
    """Frames that went from the journal before they were sent, as from a full one."""
    async with at_work(tmp_path, start_mosquitto(), window=1, resend_s=60) as bench:
        bench.record(200)
        first = await bench.take()
        with closing(sqlite3.connect(tmp_path / "journal.sqlite3", isolation_level=None)) as journal:
            journal.execute("DELETE FROM frame")
        await bench.answer(first)
        await until(lambda: bench.publisher.stats.confirmed_seq == 200)
        assert bench.publisher.stats.messages_published == 1
        bench.record(1)
        await bench.answer(await bench.take())
        await asyncio.wait_for(bench.publisher.drained(), 10)
