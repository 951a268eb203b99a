"""The bridge between Mosquitto and a database: what is stored, what the site is told, and what a failure costs."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.bridge import BatchRules, RetryRules, Stats, run_bridge
from agent.mqtt import Broker, ConnectionLost, Message, MqttClient, Subscription
from agent.sinks import Sink
from agent.sinks.files import FileRules, FileSink
from agent.sinks.influx import InfluxSink
from tests.conftest import Server, StartMosquitto, StartVictoriaMetrics, until
from tests.strict_influx import Answer, StrictInflux

pytestmark = pytest.mark.mosquitto

TIME_MS = 1_732_406_400_000
CONFIRMED = "atsuen/east/confirmed"
QUICK = RetryRules(first_pause_s=0.02, longest_pause_s=0.05)


def broker(server: Server, name: str, username: str | None = None) -> Broker:
    return Broker("127.0.0.1", name, server.port, username, first_pause_s=0.02, longest_pause_s=0.1)


def line(number: int) -> bytes:
    return b"meter,site=east kwh=%d %d" % (number, TIME_MS + number)


def message(first: int, last: int | None = None, *, payload: bytes | None = None) -> Message:
    """What an agent publishes for a range of journal sequences, one line each."""
    numbers = range(first, (last or first) + 1)
    return Message(
        "atsuen/east/lines",
        b"\n".join(map(line, numbers)) if payload is None else payload,
        content_type="text/plain; format=influx-line-protocol; precision=ms",
        response_topic=CONFIRMED,
        correlation=b"%d-%d" % (numbers[0], numbers[-1]),
        expiry_s=300,
        user_properties=(("lines", str(len(numbers))),),
    )


@dataclass
class Site:
    """An agent's end: it publishes and hears what the bridge says."""

    client: MqttClient
    heard: Subscription

    async def publish(self, *messages: Message) -> None:
        for each in messages:
            await self.client.publish(each)

    async def hear(self) -> tuple[bytes | None, bytes]:
        async with asyncio.timeout(10):
            received = await anext(self.heard)
        received.ack()
        return received.message.correlation, received.message.payload

    async def hears_nothing(self) -> bool:
        try:
            async with asyncio.timeout(0.3):
                await anext(self.heard)
        except TimeoutError:
            return True
        return False


@contextlib.asynccontextmanager
async def site(server: Server) -> AsyncIterator[Site]:
    client = MqttClient(broker(server, "agent", "east"))
    heard = client.subscribe(CONFIRMED)
    async with client:
        await until(client.connected.is_set)
        yield Site(client, heard)


@contextlib.asynccontextmanager
async def bridge(
    server: Server,
    sink: Sink,
    folder: Path,
    *,
    name: str = "bridge",
    group: str | None = None,
    batch: BatchRules | None = None,
    refused: FileRules | None = None,
) -> AsyncIterator[Stats]:
    """A running bridge; refused lines go to files in the folder."""
    stats = Stats()
    dead_letters = FileSink(folder, "refused", refused)
    async with MqttClient(broker(server, name, "bridge")) as client:
        running = asyncio.create_task(
            run_bridge(client, sink, dead_letters, "atsuen/+/lines", group, batch=batch, retry=QUICK, stats=stats)
        )
        await asyncio.sleep(0)  # it subscribes in its first step
        async with asyncio.timeout(10):
            await client.connected.wait()
        yield stats
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


@pytest.fixture
def mosquitto(start_mosquitto: StartMosquitto) -> Server:
    return start_mosquitto()


@pytest.fixture
async def influx(strict_influx: StrictInflux) -> AsyncIterator[InfluxSink]:
    sink = InfluxSink(strict_influx.url, "mill", "energy", "secret-token", read_timeout_s=1)
    yield sink
    await sink.close()


def stored(server: StrictInflux) -> set[int]:
    return {time_ms - TIME_MS for _, time_ms in server.points}


def refused_lines(folder: Path) -> list[bytes]:
    return [row for path in sorted(folder.glob("refused-*")) for row in path.read_bytes().splitlines()]


@pytest.mark.victoriametrics
async def test_lines_are_stored_and_the_site_is_told(
    mosquitto: Server, start_victoria_metrics: StartVictoriaMetrics, tmp_path: Path
) -> None:
    database = start_victoria_metrics()
    sink = InfluxSink(database.url, "mill", "energy", "unused")
    async with site(mosquitto) as east, bridge(mosquitto, sink, tmp_path) as stats:
        await east.publish(message(1, 3), message(4))
        assert [await east.hear(), await east.hear()] == [(b"1-3", b"accepted"), (b"4-4", b"accepted")]
        (series,) = database.export()
        assert (series.labels["__name__"], series.labels["site"]) == ("meter_kwh", "east")
        assert series.values == (1.0, 2.0, 3.0, 4.0)
        assert series.times_ms == tuple(TIME_MS + number for number in range(1, 5))
        assert (stats.messages_received, stats.lines_received, stats.lines_delivered) == (2, 4, 4)
        assert (stats.lines_rejected, stats.retries, stats.last_error) == (0, 0, "")
    await sink.close()


async def test_what_was_told_was_also_acknowledged_to_the_broker(
    mosquitto: Server, influx: InfluxSink, strict_influx: StrictInflux, tmp_path: Path
) -> None:
    """The site hears of a message a moment before the broker does, so the last one may come twice."""
    async with site(mosquitto) as east:
        async with bridge(mosquitto, influx, tmp_path):
            for number in range(1, 6):
                await east.publish(message(number))
                await east.hear()
        async with bridge(mosquitto, influx, tmp_path):
            await east.publish(message(6))
            heard = [await east.hear()]
            if heard == [(b"5-5", b"accepted")]:
                heard = [await east.hear()]
            assert heard == [(b"6-6", b"accepted")]
    assert stored(strict_influx) == {1, 2, 3, 4, 5, 6}


async def test_a_foreign_message_is_stored_without_a_reply(
    mosquitto: Server, influx: InfluxSink, strict_influx: StrictInflux, tmp_path: Path
) -> None:
    async with site(mosquitto) as east:
        async with bridge(mosquitto, influx, tmp_path) as stats:
            await east.publish(Message("atsuen/other/lines", line(1)), Message("atsuen/other/lines", b""))
            await until(lambda: stats.messages_received == 2 and stored(strict_influx) == {1})
            assert await east.hears_nothing()
        async with bridge(mosquitto, influx, tmp_path) as stats:
            await east.publish(message(2))
            await east.hear()
            assert stats.messages_received == 1, "the foreign messages were acknowledged"


async def test_a_message_without_lines_is_confirmed(mosquitto: Server, influx: InfluxSink, tmp_path: Path) -> None:
    async with site(mosquitto) as east, bridge(mosquitto, influx, tmp_path):
        await east.publish(message(7, payload=b""), message(8, payload=b"\n\r\n\n"))
        assert [await east.hear(), await east.hear()] == [(b"7-7", b"accepted"), (b"8-8", b"accepted")]


@pytest.mark.parametrize(
    "answer", [Answer(503), Answer(429), Answer(500, "oops"), Answer(204, delay_s=1.5), Answer(401), Answer(404)]
)
async def test_a_database_that_refuses_for_now_costs_nothing(
    answer: Answer, mosquitto: Server, influx: InfluxSink, strict_influx: StrictInflux, tmp_path: Path
) -> None:
    strict_influx.answers.extend([answer] * 3 if answer.delay_s == 0 else [answer])
    async with site(mosquitto) as east, bridge(mosquitto, influx, tmp_path) as stats:
        await east.publish(message(1, 2))
        await until(lambda: stats.last_error != "")
        assert await east.hear() == (b"1-2", b"accepted")
        assert stats.retries >= 1
        assert stats.last_error == ""
    assert stored(strict_influx) == {1, 2}
    assert refused_lines(tmp_path) == []


async def test_a_configuration_fault_says_what_to_do(
    mosquitto: Server, strict_influx: StrictInflux, tmp_path: Path
) -> None:
    sink = InfluxSink(strict_influx.url, "mill", "energy", "revoked")
    async with site(mosquitto) as east, bridge(mosquitto, sink, tmp_path) as stats:
        await east.publish(message(1))
        await until(lambda: stats.retries >= 3)
        assert "give the bridge a token that may write to bucket 'energy' of 'mill'" in stats.last_error
        assert await east.hears_nothing()
    assert refused_lines(tmp_path) == []
    await sink.close()


async def test_the_pause_that_the_database_asks_for_is_kept(
    mosquitto: Server, influx: InfluxSink, strict_influx: StrictInflux, tmp_path: Path
) -> None:
    strict_influx.answers.append(Answer(429, headers={"Retry-After": "1"}))
    async with site(mosquitto) as east, bridge(mosquitto, influx, tmp_path):
        await east.publish(message(1))
        await east.hear()
    first, second = strict_influx.request_times_s
    assert second - first >= 1.0


async def test_while_the_database_is_away_the_broker_keeps_the_messages(
    mosquitto: Server, strict_influx: StrictInflux, tmp_path: Path, free_port: int
) -> None:
    nowhere = InfluxSink(f"http://127.0.0.1:{free_port}", "mill", "energy", "secret-token")
    here = InfluxSink(strict_influx.url, "mill", "energy", "secret-token")
    async with site(mosquitto) as east:
        async with bridge(mosquitto, nowhere, tmp_path) as stats:
            await asyncio.gather(*(east.client.publish(message(number)) for number in range(300)))
            await until(lambda: stats.retries >= 3)
            assert "Connection refused" in stats.last_error
            assert stats.messages_received <= 20, "no more than one batch is taken"
        async with bridge(mosquitto, here, tmp_path):
            heard = {(await east.hear())[0] for _ in range(300)}
    assert heard == {b"%d-%d" % (number, number) for number in range(300)}
    assert stored(strict_influx) == set(range(300))
    await asyncio.gather(nowhere.close(), here.close())


MALFORMED = b"meter,site=east kwh=oops 1"
CONFLICT = b'meter,site=east kwh="text" 2'


@pytest.mark.parametrize("bad", [MALFORMED, CONFLICT])
async def test_a_bad_line_condemns_no_other(
    bad: bytes, mosquitto: Server, influx: InfluxSink, strict_influx: StrictInflux, tmp_path: Path
) -> None:
    batch = BatchRules(max_wait_s=0.5)
    async with site(mosquitto) as east, bridge(mosquitto, influx, tmp_path, batch=batch) as stats:
        mixed = b"\n".join([line(11), line(12), bad, line(14)])
        await east.publish(message(1, 3), message(11, 14, payload=mixed), message(21))
        replies = dict([await east.hear() for _ in range(3)])
        assert (replies[b"1-3"], replies[b"21-21"]) == (b"accepted", b"accepted")
        assert replies[b"11-14"].startswith(b"rejected: 1 of 4 lines: http://127.0.0.1:")
        assert stored(strict_influx) == {1, 2, 3, 11, 12, 14, 21}
        assert (stats.lines_delivered, stats.lines_rejected, stats.last_error) == (7, 1, "")
        assert stats.last_rejection.startswith("atsuen/east/lines: ")
    comment, kept = refused_lines(tmp_path)
    assert kept == bad
    assert comment.startswith(b"# atsuen/east/lines: http://127.0.0.1:")
    assert (b"unable to parse" if bad is MALFORMED else b"field type conflict") in comment


async def test_a_batch_that_is_too_large_is_divided(
    mosquitto: Server, influx: InfluxSink, strict_influx: StrictInflux, tmp_path: Path
) -> None:
    strict_influx.largest_body = 3 * len(line(100)) + 2
    async with site(mosquitto) as east, bridge(mosquitto, influx, tmp_path) as stats:
        await east.publish(message(100, 109))
        assert await east.hear() == (b"100-109", b"accepted")
        assert stats.lines_rejected == 0
    assert stored(strict_influx) == set(range(100, 110))


async def test_a_write_has_no_more_lines_than_the_rule_says(
    mosquitto: Server, influx: InfluxSink, strict_influx: StrictInflux, tmp_path: Path
) -> None:
    """The message that reaches the limit is the last of its batch: 4 + 4 + 4 lines, 2 messages, a message alone."""
    async with site(mosquitto) as east:
        async with bridge(mosquitto, influx, tmp_path):
            pass  # leaves a session, so that the messages wait together
        await east.publish(*(message(first, first + 3) for first in range(0, 20, 4)), message(20))
        async with bridge(mosquitto, influx, tmp_path, batch=BatchRules(10, 5.0)):
            for _ in range(3):
                await east.hear()
            assert strict_influx.line_counts == [12]


async def test_refused_lines_are_never_lost_for_want_of_room(
    mosquitto: Server, influx: InfluxSink, strict_influx: StrictInflux, tmp_path: Path
) -> None:
    rules = FileRules(max_bytes=1, keep=1, remove_oldest=False)
    async with site(mosquitto) as east, bridge(mosquitto, influx, tmp_path, refused=rules) as stats:
        await east.publish(message(1, payload=MALFORMED))
        await east.hear()
        await east.publish(message(2, payload=MALFORMED))
        await until(lambda: f"{tmp_path} is full" in stats.last_error)
        assert await east.hears_nothing()
        for path in tmp_path.glob("refused-*"):  # noqa: ASYNC240 - the person who looks after the folder
            path.unlink()
        assert (await east.hear())[0] == b"2-2"
    assert refused_lines(tmp_path)[1::2] == [MALFORMED]


async def test_a_confirmation_that_the_broker_refuses_holds_up_nobody(
    start_mosquitto: StartMosquitto, influx: InfluxSink, strict_influx: StrictInflux, tmp_path: Path
) -> None:
    acl = tmp_path / "acl"
    acl.write_text("user east\ntopic readwrite atsuen/east/#\nuser bridge\ntopic read atsuen/+/lines\n")
    mosquitto = start_mosquitto(f"acl_file {acl}")
    async with site(mosquitto) as east, bridge(mosquitto, influx, tmp_path) as stats:
        await east.publish(message(1))
        await until(lambda: stats.confirmations_refused == 1)
        assert f"Not authorized; let this user publish to {CONFIRMED}" in stats.last_error
        await east.publish(message(2))
        await until(lambda: stored(strict_influx) == {1, 2})
    async with bridge(mosquitto, influx, tmp_path) as stats:
        assert stats.messages_received == 0


async def test_an_answer_to_no_topic_is_refused_and_harms_nobody(
    mosquitto: Server, influx: InfluxSink, strict_influx: StrictInflux, tmp_path: Path
) -> None:
    """A response topic with a wildcard breaks the protocol, but brokers pass it on."""
    async with site(mosquitto) as east, bridge(mosquitto, influx, tmp_path) as stats:
        hostile = Message("atsuen/east/lines", line(1), response_topic="atsuen/+/x", correlation=b"1-1")
        await east.publish(hostile, message(2))
        assert await east.hear() == (b"2-2", b"accepted")
        assert stored(strict_influx) == {1, 2}
        assert stats.confirmations_refused == 1


async def test_bridges_in_a_group_share_the_messages(
    mosquitto: Server, influx: InfluxSink, strict_influx: StrictInflux, tmp_path: Path
) -> None:
    async with (
        site(mosquitto) as east,
        bridge(mosquitto, influx, tmp_path, name="bridge-1", group="bridges") as one,
        bridge(mosquitto, influx, tmp_path, name="bridge-2", group="bridges") as two,
    ):
        await asyncio.gather(*(east.client.publish(message(number)) for number in range(100)))
        for _ in range(100):
            await east.hear()
        assert one.messages_received + two.messages_received == 100
        assert min(one.messages_received, two.messages_received) > 0
    assert stored(strict_influx) == set(range(100))


async def test_every_line_arrives_although_broker_bridge_and_database_fail(
    mosquitto: Server, influx: InfluxSink, strict_influx: StrictInflux, tmp_path: Path
) -> None:
    """The broker keeps nothing on disk here and is killed; the site sends again what nobody confirmed."""
    chance = random.Random(7)
    unconfirmed = dict.fromkeys(range(120))

    async def agent() -> None:
        async with site(mosquitto) as east:

            async def listen() -> None:
                async for received in east.heard:
                    received.ack()
                    unconfirmed.pop(int((received.message.correlation or b"").split(b"-")[0]), None)

            listening = asyncio.create_task(listen())
            while unconfirmed:
                await east.client.connected.wait()
                with contextlib.suppress(ConnectionLost):
                    await asyncio.gather(*(east.client.publish(message(number)) for number in list(unconfirmed)))
                with contextlib.suppress(TimeoutError):
                    await until(lambda: not unconfirmed, limit_s=0.3)
            listening.cancel()

    async def trouble() -> None:
        for _ in range(4):
            strict_influx.answers.extend([Answer(chance.choice([500, 503, 401]))] * chance.randrange(3))
            async with bridge(mosquitto, influx, tmp_path, batch=BatchRules(max_lines=7)):
                await asyncio.sleep(chance.uniform(0, 0.05))
            mosquitto.kill()
            mosquitto.start()

    async with asyncio.timeout(60):
        sending = asyncio.create_task(agent())
        await trouble()
        async with bridge(mosquitto, influx, tmp_path):
            await sending
    assert stored(strict_influx) == set(range(120))
    assert set(strict_influx.points.values()) == {f"kwh={number}" for number in range(120)}
