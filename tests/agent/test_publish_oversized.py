"""Messages that the broker's limits do not let through: they are divided, or shown and kept while all others go on."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from agent.publish_oversized import Obstacle, Parked, device_of, halves
from agent.publish_ranges import Confirmed, Stretch
from agent.storage.ledger import Ledger
from collectors.frame import Frame, Kind, Layout, Point
from tests.agent.test_publish import SMALL, Bench, Consumer, at_work
from tests.conftest import Server, StartMosquitto, until

BIG = Layout("big", tuple(Point(f"point_{number}", Kind.GAUGE, "kW", Decimal(1)) for number in range(500)))
"""A frame of it is a line of some 8 kB."""


@asynccontextmanager
async def consuming(bench: Bench) -> AsyncIterator[Consumer]:
    consumer = Consumer(bench)
    task = asyncio.create_task(consumer.run())
    yield consumer
    task.cancel()
    await asyncio.wait([task])


def set_limit(broker: Server, old: str, new: str) -> None:
    """Start the broker again with another limit."""
    broker.kill()
    file = broker.folder / "mosquitto.conf"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    broker.start()


@pytest.mark.mosquitto
@pytest.mark.parametrize("limit", ["max_packet_size", "message_size_limit"])
@pytest.mark.parametrize("window", [1, 20])
async def test_a_message_that_is_too_large_is_divided(
    tmp_path: Path, start_mosquitto: StartMosquitto, limit: str, window: int
) -> None:
    """Messages have 16 kB; Mosquitto takes 3 kB, announced in CONNACK or only in its answers."""
    async with at_work(tmp_path, start_mosquitto(f"{limit} 3000"), window, resend_s=60) as bench:
        async with consuming(bench) as consumer:
            bench.record(200)
            await until(lambda: bench.recorder.durable_seq == 200)
            await asyncio.wait_for(bench.publisher.drained(), 20)
        stats = bench.publisher.stats
        assert sorted(seq for rows in consumer.arrivals for seq in rows) == list(range(1, 201)), "each once"
        assert stats.messages_published == stats.messages_acknowledged == len(consumer.arrivals)
        assert stats.lines_published == 200
        assert stats.messages_divided > 0
        assert (stats.too_large, stats.last_error, stats.messages_resent) == ("", "", 0)
        assert bench.bridge.connections == 1


@pytest.mark.mosquitto
async def test_a_single_row_that_is_too_large_is_named_and_kept_while_all_others_go_on(
    tmp_path: Path, start_mosquitto: StartMosquitto
) -> None:
    broker = start_mosquitto("max_packet_size 3000")
    async with (
        at_work(tmp_path, broker, layout=SMALL, others=[BIG], resend_s=4) as bench,
        consuming(bench) as consumer,
    ):
        stats = bench.publisher.stats
        for _ in range(40):
            bench.record(1)
            bench.recorder.record(Frame.pack(BIG, bench.time_ms, [1.0] * 500, [0] * 500))
        small, big = set(range(1, 81, 2)), set(range(2, 81, 2))
        await until(lambda: consumer.arrived >= small and stats.too_large != "")
        await until(lambda: stats.messages_published == stats.messages_acknowledged)
        assert consumer.arrived == small
        assert (stats.confirmed_seq, stats.stretches_ahead) == (1, 0)
        assert stats.last_error == stats.too_large
        assert stats.too_large.startswith("device big: one row makes a message of ")
        assert stats.too_large.endswith(
            "which does not fit the broker's packets of 3000; raise the broker's limit, or divide the device's points "
            "over two devices"
        )
        for _ in range(20):
            bench.record(1)
            await until(lambda: bench.recorder.durable_seq in consumer.arrived)
        assert stats.confirmed_seq == 1
        set_limit(broker, "max_packet_size 3000", "max_packet_size 30000")
        # Where the consumer comes back after the agent, the broker has kept nothing, and the next pause brings it.
        await asyncio.wait_for(bench.publisher.drained(), 40)
        assert consumer.arrived >= big | set(range(81, 101))
        assert (stats.too_large, stats.last_error) == ("", "")
    ledger = Ledger(tmp_path / "journal.sqlite3")
    (event,) = ledger.events()
    ledger.close()
    assert (event.kind, event.device) == ("row_too_large", "big")


@pytest.mark.mosquitto
async def test_what_the_broker_dropped_without_a_word_is_sent_again(
    tmp_path: Path, start_mosquitto: StartMosquitto
) -> None:
    """A bridge that hangs, and its queue is full: Mosquitto acknowledges all and keeps 6 messages of 20."""
    broker = start_mosquitto("max_queued_messages 5\nmax_inflight_messages 1")
    async with at_work(tmp_path, broker, resend_s=1, backlog_after_rows=10_000) as bench:
        stats = bench.publisher.stats
        bench.record(1000)
        await until(lambda: stats.messages_published == 20)
        async with consuming(bench) as consumer:
            await asyncio.wait_for(bench.publisher.drained(), 20)
            assert consumer.arrived == set(range(1, bench.recorder.durable_seq + 1))


def test_halves_are_the_whole() -> None:
    assert halves(Stretch(1, 2)) == (Stretch(1, 1), Stretch(2, 2))
    assert halves(Stretch(5, 9)) == (Stretch(5, 7), Stretch(8, 9))


@pytest.mark.parametrize(
    ("payload", "device"),
    [
        (b"reading,site=mill,device=furnace kw=1.0 1", "furnace"),
        (b"interval,site=mill,device=furnace,point=kwh opening_raw=1.0 1", "furnace"),
        (b"energy,site=mill,stream=power,carrier=electricity,area=mill amount=1.0 1", ""),
        (b"", ""),
    ],
)
def test_a_message_tells_its_device(payload: bytes, device: str) -> None:
    assert device_of(payload) == device


def confirmed(cursor: int, stretches: Iterable[tuple[int, int]]) -> Confirmed:
    known = Confirmed(cursor)
    for first, last in stretches:
        known.add(Stretch(first, last))
    return known


def test_the_memory_of_parked_rows_is_one_stretch() -> None:
    parked, known = Parked(), Confirmed(0)
    obstacle = Obstacle("big", 9000, 3000)
    assert parked.add(1, obstacle, known)
    for seq in range(3, 10_000, 2):
        known.add(Stretch(seq - 1, seq - 1))
        assert not parked.add(seq, obstacle, known)
    assert (parked.stretch, known.ahead, list(parked.obstacles)) == (Stretch(1, 9999), [], ["big"])
    assert parked.release(Stretch(2, 5)) is None
    assert parked.release(Stretch(1, 1)) == Stretch(1, 9999)
    assert (parked.stretch, parked.problem) == (None, "")


def test_only_what_is_parked_is_forgotten() -> None:
    known = confirmed(0, [(2, 4), (6, 20), (30, 40)])
    known.forget(Stretch(4, 10))
    assert known.ahead == [Stretch(2, 3), Stretch(11, 20), Stretch(30, 40)]
    assert known.gaps == [Stretch(1, 1), Stretch(4, 10), Stretch(21, 29)]
    assert known.highest_seq == 40
