"""The agent with a broker of the test's own that acknowledges and confirms late, twice, out of order or never."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.clock import SystemClock
from agent.encoder import Encoder
from agent.mqtt import Broker, MqttClient
from agent.publish import Publisher
from agent.recorder import Recorder
from agent.settings.model import MqttTable
from agent.settings.site import load_site
from agent.site_factors import SiteFactors
from agent.storage.ledger import Ledger
from collectors.frame import Frame, Kind, Layout, Point
from tests.conftest import until

LAYOUT = Layout("meter", (Point("power", Kind.GAUGE, "kW", Decimal(1)),))
DEMO = Path(__file__).parents[2] / "configs" / "demo"
START_MS = 1_696_204_800_000
ROWS = 60


@dataclass(frozen=True)
class Lines:
    """A PUBLISH of lines: its packet id, and its correlation data."""

    packet_id: bytes
    correlation: bytes

    def ack(self) -> bytes:
        """PUBACK (MQTT 5, section 3.4)."""
        return b"\x40\x02" + self.packet_id

    def confirm(self) -> bytes:
        """A PUBLISH with QoS 0 to the site (section 3.3): topic, properties with correlation data (0x09), payload."""
        topic = b"atsuen/mill/confirmed"
        properties = b"\x09" + len(self.correlation).to_bytes(2) + self.correlation
        rest = len(topic).to_bytes(2) + topic + bytes([len(properties)]) + properties + b"accepted"
        assert len(rest) < 128
        return bytes([0x30, len(rest)]) + rest

    def rows(self) -> range:
        first, last = self.correlation.partition(b"/")[0].split(b"-")
        return range(int(first), int(last) + 1)


@dataclass
class StrangeBroker:
    """Accepts connections and subscriptions, answers pings, and treats lines as the test says."""

    treat: Callable[["StrangeBroker", Lines], list[bytes]]
    copies: Counter[bytes] = field(default_factory=Counter)
    rows: set[int] = field(default_factory=set)
    held: list[Lines] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.held.clear()
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    head, packet = await read_packet(reader)
                    writer.write(b"".join(self.answer(head, packet)))
                    await writer.drain()
        finally:
            writer.close()

    def answer(self, head: int, packet: bytes) -> list[bytes]:
        match head >> 4:
            case 1:
                return [bytes.fromhex("20 03 00 00 00")]
            case 8:
                return [bytes.fromhex("90 04") + packet[:2] + bytes.fromhex("00 01")]
            case 12:
                return [bytes.fromhex("D0 00")]
            case 3:
                lines = parse(packet)
                if lines.correlation == b"":  # the status
                    return [lines.ack()]
                self.copies[lines.correlation] += 1
                self.rows.update(lines.rows())
                return self.treat(self, lines)
        return []


async def read_packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readexactly(1))[0]
    length = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return head, await reader.readexactly(length)


def parse(packet: bytes) -> Lines:
    """Topic, packet id and properties of a PUBLISH; of the properties the correlation data (sections 2.2.2 and 3.3)."""
    at = 2 + int.from_bytes(packet[:2])
    packet_id, end, at = packet[at : at + 2], at + 3 + packet[at + 2], at + 3
    assert packet[at - 1] < 0x80, "the test reads short properties only"
    correlation = b""
    while at < end:
        kind, size = packet[at], int.from_bytes(packet[at + 1 : at + 3])
        if kind == 0x02:  # Message Expiry Interval
            at += 5
        elif kind == 0x26:  # User Property
            value = int.from_bytes(packet[at + 3 + size : at + 5 + size])
            at += 5 + size + value
        else:
            correlation = packet[at + 3 : at + 3 + size] if kind == 0x09 else correlation
            at += 3 + size
    return Lines(packet_id, correlation)


@asynccontextmanager
async def at_work(folder: Path, broker: StrangeBroker, **settings: float) -> AsyncIterator[Publisher]:
    """An agent with rows to send, connected to the broker."""
    server = await asyncio.start_server(broker.serve, "127.0.0.1", 0)
    broker.port = server.sockets[0].getsockname()[1]
    path = folder / "journal.sqlite3"
    recorder = Recorder(path, ZoneInfo("Asia/Tokyo"), 120_000, commit_s=0.01)
    await recorder.open({"meter": LAYOUT})
    for number in range(ROWS):
        recorder.record(Frame.pack(LAYOUT, START_MS + number * 1000, [1.0], [0]))
    await recorder.commit()
    ledger = Ledger(path)
    table = MqttTable.model_validate({"window": 5, "resend_s": 1, **settings})
    about = Broker("127.0.0.1", "agent", broker.port, window=5, ack_timeout_s=0.3, first_pause_s=0.02)
    encoder = Encoder("mill", (), ledger, SiteFactors(load_site(DEMO)), message_bytes=120)
    async with MqttClient(about) as client:
        publisher = Publisher("mill", table, 0, client=client, recorder=recorder, encoder=encoder, clock=SystemClock())
        tasks = [asyncio.create_task(recorder.run()), asyncio.create_task(publisher.run())]
        try:
            yield publisher
        finally:
            for task in reversed(tasks):
                task.cancel()
            await asyncio.wait(tasks)
    assert [task.exception() for task in tasks if not task.cancelled()] == []
    ledger.close()
    await recorder.close()
    server.close()
    await server.wait_closed()


def confirm_before_the_acknowledgement(_: StrangeBroker, lines: Lines) -> list[bytes]:
    return [lines.confirm(), lines.ack()]


def answer_the_message_before(broker: StrangeBroker, lines: Lines) -> list[bytes]:
    """Each answer comes a message late. The last one never does: its copy on the next connection is answered."""
    if broker.copies[lines.correlation] > 1:
        return [lines.ack(), lines.confirm()]
    broker.held.append(lines)
    late = broker.held[:-1]
    del broker.held[:-1]
    return [part for each in late for part in (each.ack(), each.confirm())]


def say_everything_twice(_: StrangeBroker, lines: Lines) -> list[bytes]:
    return [lines.ack(), lines.ack(), lines.confirm(), lines.confirm()]


def turn_the_order_around(broker: StrangeBroker, lines: Lines) -> list[bytes]:
    broker.held.append(lines)
    if len(broker.held) < 5:
        return []
    turned, broker.held = broker.held[::-1], []
    return [each.confirm() for each in turned] + [each.ack() for each in turned]


def confirm_the_second_copy(broker: StrangeBroker, lines: Lines) -> list[bytes]:
    return [lines.ack()] + [lines.confirm()] * (broker.copies[lines.correlation] > 1)


@pytest.mark.parametrize(
    ("treat", "connections"),
    [
        (confirm_before_the_acknowledgement, 1),
        (say_everything_twice, 1),
        (turn_the_order_around, 1),
        (confirm_the_second_copy, 1),
        (answer_the_message_before, None),
    ],
)
async def test_all_is_confirmed_whatever_the_order_of_the_answers(
    tmp_path: Path, treat: Callable[[StrangeBroker, Lines], list[bytes]], connections: int | None
) -> None:
    broker = StrangeBroker(treat)
    async with at_work(tmp_path, broker) as publisher:
        await asyncio.wait_for(publisher.drained(), 20)
        stats = publisher.stats
        assert (stats.confirmed_seq, stats.stretches_ahead) == (ROWS, 0)
        assert stats.messages_published == stats.messages_acknowledged == len(broker.copies)
    assert broker.rows == set(range(1, ROWS + 1))
    assert connections is None or broker.connections == connections
    if treat is confirm_the_second_copy:
        assert set(broker.copies.values()) == {2}


async def test_a_broker_that_confirms_and_never_acknowledges_is_left_and_all_is_sent(tmp_path: Path) -> None:
    """The window is 5: without leaving it, no sixth message would ever go."""
    broker = StrangeBroker(lambda _, lines: [lines.confirm()])
    async with at_work(tmp_path, broker) as publisher:
        await asyncio.wait_for(publisher.drained(), 30)
        assert publisher.stats.confirmed_seq == ROWS
    assert broker.rows == set(range(1, ROWS + 1))
    assert broker.connections > 1


async def test_a_broker_that_swallows_everything_holds_the_cursor_and_no_more_than_a_window(tmp_path: Path) -> None:
    broker = StrangeBroker(lambda _, lines: [lines.ack()])
    async with at_work(tmp_path, broker, resend_s=1) as publisher:
        await until(lambda: max(broker.copies.values(), default=0) >= 2)
        assert publisher.stats.confirmed_seq == 0
        assert len(broker.copies) == 5
        broker.treat = confirm_before_the_acknowledgement
        await asyncio.wait_for(publisher.drained(), 20)
