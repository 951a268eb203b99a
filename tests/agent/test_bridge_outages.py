"""A database that fails for an hour, or stores and does not say so: the broker keeps the messages, nothing is lost."""

import asyncio
import contextlib
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.bridge import RetryRules, Stats, run_bridge
from agent.mqtt import Broker, Message, MqttClient
from agent.sinks.files import FileSink
from agent.sinks.influx import InfluxSink
from tests.conftest import Server, StartMosquitto, until
from tests.strict_influx import Answer, StrictInflux

pytestmark = pytest.mark.mosquitto

TIME_MS = 1_732_406_400_000
HOUR_S = 3600.0
MESSAGES = 2000


class Failing(StrictInflux):
    """Answers with something else while `fails`."""

    def __init__(self) -> None:
        super().__init__()
        self.instead: Callable[[], Answer | None] = lambda: None

    def answer(self, path: str, authorization: str | None, body: bytes) -> Answer:
        own = self.instead()
        if own is None:
            return super().answer(path, authorization, body)
        self.request_times_s.append(0.0)
        return own


@pytest.fixture
def failing() -> Iterator[Failing]:
    server = Failing()
    yield server
    server.stop()


def broker(server: Server, name: str) -> Broker:
    return Broker("127.0.0.1", name, server.port, window=100, first_pause_s=0.02, longest_pause_s=0.1)


def message(number: int) -> Message:
    line = b"meter,site=east kwh=%d %d" % (number, TIME_MS + number)
    return Message("atsuen/east/lines", line + b"\n" + line.replace(b"kwh", b"kw"))


class LeapingClock:
    """Stands still until it may go, and then leaps from one end of a pause to the next."""

    def __init__(self) -> None:
        self._now_s = 0.0
        self.may_go = asyncio.Event()

    def now_ms(self) -> int:
        return int(self._now_s * 1000)

    def steady_s(self) -> float:
        return self._now_s

    async def sleep_until(self, steady_s: float) -> None:
        await self.may_go.wait()
        self._now_s = max(self._now_s, steady_s)


@dataclass
class Outage:
    """A bridge on a clock of its own, and what it holds."""

    client: MqttClient
    stats: Stats
    clock: LeapingClock


@contextlib.asynccontextmanager
async def bridge(server: Server, database: StrictInflux, folder: Path) -> AsyncIterator[Outage]:
    stats, clock = Stats(), LeapingClock()
    sink = InfluxSink(database.url, "mill", "energy", "secret-token", read_timeout_s=1)
    refused = FileSink(folder, "refused")
    async with MqttClient(broker(server, "bridge")) as client:
        carrying = run_bridge(client, sink, refused, "atsuen/+/lines", stats=stats, clock=clock, retry=RetryRules())
        task = asyncio.create_task(carrying)
        await asyncio.sleep(0)
        async with asyncio.timeout(10):
            await client.connected.wait()
        yield Outage(client, stats, clock)
        task.cancel()
        await asyncio.wait([task])
    await sink.close()
    assert not list(folder.glob("refused-*"))  # noqa: ASYNC240 - a folder of the test


def stored(database: StrictInflux) -> set[int]:
    return {time_ms - TIME_MS for _, time_ms in database.points}


@pytest.mark.parametrize(
    ("answer", "most_requests"),
    [
        (Answer(500, "internal error"), 80),  # pauses of 60 s at the end
        (Answer(503, headers={"Retry-After": "300"}), 14),
        (Answer(429, headers={"Retry-After": "Fri, 31 Dec 2199 23:59:59 GMT"}), 3),  # an hour is the longest
    ],
    ids=["500", "503 in seconds", "429 until a date"],
)
async def test_a_database_that_fails_for_an_hour_costs_nothing(
    answer: Answer, most_requests: int, start_mosquitto: StartMosquitto, failing: Failing, tmp_path: Path
) -> None:
    """In the first pause 2,000 messages come. The bridge holds 20 of them while the hour goes by, pause after pause."""
    server = start_mosquitto("max_queued_messages 10000")
    async with (
        bridge(server, failing, tmp_path) as outage,
        MqttClient(broker(server, "agent")) as agent,
        asyncio.timeout(60),
    ):
        failing.instead = lambda: answer if outage.clock.steady_s() < HOUR_S else None
        await agent.connected.wait()
        tracemalloc.start()
        try:
            await asyncio.gather(*(agent.publish(message(number)) for number in range(100)))
            await until(lambda: outage.stats.retries >= 1)
            connections = outage.client.connections
            before, _ = tracemalloc.get_traced_memory()
            await asyncio.gather(*(agent.publish(message(number)) for number in range(100, MESSAGES)))
            during, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert outage.stats.messages_received <= outage.client.broker.receive_maximum
        assert outage.stats.lines_delivered == 0
        assert str(answer.status) in outage.stats.last_error
        assert during - before < 2_000_000
        outage.clock.may_go.set()
        await until(lambda: outage.stats.lines_delivered == 2 * MESSAGES, limit_s=30)
        assert outage.clock.steady_s() >= HOUR_S
        assert stored(failing) == set(range(MESSAGES))
        assert (outage.stats.lines_rejected, outage.stats.last_error) == (0, "")
        failures = outage.stats.retries
        assert 1 <= failures <= most_requests
        assert outage.client.connections == connections, "a bridge that waits for its database keeps its connection"


async def test_what_was_stored_without_an_answer_is_stored_again_and_changes_nothing(
    start_mosquitto: StartMosquitto, failing: Failing, tmp_path: Path
) -> None:
    server = start_mosquitto()
    lost = iter([True, True])

    async with bridge(server, failing, tmp_path) as outage, MqttClient(broker(server, "agent")) as agent:
        own = failing.answer

        def store_and_be_late(path: str, authorization: str | None, body: bytes) -> Answer:
            done = own(path, authorization, body)
            return Answer(204, delay_s=1.5) if next(lost, False) else done

        failing.answer = store_and_be_late  # type: ignore[method-assign]  # what a slow disk or a lost packet does
        outage.clock.may_go.set()
        await agent.connected.wait()
        await agent.publish(message(1))
        await until(lambda: outage.stats.lines_delivered == 2)
        assert outage.stats.retries == 2
    assert len(failing.line_counts) == 3
    assert failing.points == {("meter,site=east", TIME_MS + 1): "kw=1"}, "this stand-in keeps the last line of a moment"


async def test_a_write_that_was_taken_in_part_is_settled_line_by_line(
    start_mosquitto: StartMosquitto, failing: Failing, tmp_path: Path
) -> None:
    """422: the good lines are stored, the others are not (InfluxDB documentation). What is good is offered again."""
    server = start_mosquitto()
    refused = FileSink(tmp_path, "refused")
    sink = InfluxSink(failing.url, "mill", "energy", "secret-token")
    stats = Stats()
    lines = [b"meter,site=east kwh=%d %d" % (number, TIME_MS + number) for number in range(9)]
    lines[4] = b'meter,site=east kwh="text" %d' % (TIME_MS + 4)
    async with MqttClient(broker(server, "bridge")) as client, MqttClient(broker(server, "agent")) as agent:
        task = asyncio.create_task(run_bridge(client, sink, refused, "atsuen/+/lines", stats=stats))
        await asyncio.sleep(0)
        await client.connected.wait()
        await agent.connected.wait()
        await agent.publish(Message("atsuen/east/lines", b"\n".join(lines)))
        await until(lambda: stats.lines_delivered + stats.lines_rejected == 9)
        task.cancel()
        await asyncio.wait([task])
    await sink.close()
    assert stored(failing) == {0, 1, 2, 3, 5, 6, 7, 8}
    assert stats.lines_rejected == 1
    (file,) = tmp_path.glob("refused-*")  # noqa: ASYNC240 - a folder of the test
    assert file.read_bytes().splitlines()[1:] == [lines[4]]
