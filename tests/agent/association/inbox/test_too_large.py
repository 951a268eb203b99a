"""A hundred megabytes by MQTT at the running program: its memory does not grow, and what comes after is taken."""

import asyncio
import contextlib
import re
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from agent.association.inbox.from_mqtt import LARGEST_PACKET_BYTES
from agent.mqtt import Broker
from agent.submission.send import SendError, send_by_mqtt
from agent.submission.sign import MAX_FILE_BYTES
from tests.agent.association.inbox.conftest import House, OpenOffice, Running, Start, set_up
from tests.conftest import StartMosquitto, until

HUNDRED_MB = 100_000_000
ALLOWED_KB = 30_000
TOPIC = "atsuen/submission/seto/marugame/2023"


def peak_kb(service: Running) -> int:
    """The most memory that the program has had in use, as the kernel counts it (proc(5), VmHWM)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{service.process.pid}/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1])


@contextlib.contextmanager
def foreign_client(port: int) -> Iterator[paho.Client]:
    """A client of MQTT 3.1.1, which knows no limits of packets."""
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv311)
    client.connect("127.0.0.1", port)
    client.loop_start()
    yield client
    client.disconnect()
    client.loop_stop()


@pytest.mark.mosquitto
async def test_mosquitto_keeps_a_hundred_megabytes_to_itself(
    house: House, start_mosquitto: StartMosquitto, start: Start, open_office: OpenOffice
) -> None:
    """It was told in CONNECT what we take, and drops the message for us without a word (MQTT 5, section 3.1.2.11.4)."""
    port = start_mosquitto().port
    set_up(house, port)
    service, office = start(), open_office()
    broker = Broker("127.0.0.1", "site", port)
    await send_by_mqtt(broker, TOPIC, house.file())
    await until(lambda: len(office.store.entries()) == 1)
    before_kb = peak_kb(service)
    with foreign_client(port) as client:
        for retain in (False, True):
            client.publish(TOPIC, bytes(HUNDRED_MB), qos=1, retain=retain).wait_for_publish(30)
    assert await send_by_mqtt(broker, "atsuen/submission/kinki/osaka/2023", house.file("kinki", "osaka"))
    await until(lambda: len(office.store.entries()) == 2)
    assert peak_kb(service) - before_kb < ALLOWED_KB
    assert service.process.poll() is None
    assert office.held.open() == []


class CarelessBroker:
    """Sends what it has, however large, to whoever subscribes: one message on each connection. By hand, as MQTT 5."""

    def __init__(self, *payloads: bytes) -> None:
        self.waiting = list(payloads)
        self.connections = 0
        self.acknowledged = 0
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                kind, packet = await read_packet(reader)
                if kind == 0x1:
                    writer.write(bytes.fromhex("20 03 00 00 00"))
                elif kind == 0x8:
                    writer.write(bytes.fromhex("90 04") + packet[:2] + bytes.fromhex("00 01"))
                    if self.waiting:
                        await send(writer, self.waiting[0])
                elif kind == 0x4:
                    self.acknowledged += 1


async def send(writer: asyncio.StreamWriter, payload: bytes) -> None:
    """A PUBLISH with QoS 1 and packet id 1, its payload in pieces."""
    head = len(TOPIC).to_bytes(2) + TOPIC.encode() + b"\0\1\0"
    writer.write(b"\x32" + varint(len(head) + len(payload)) + head)
    for start in range(0, len(payload), 1_000_000):
        writer.write(payload[start : start + 1_000_000])
        await writer.drain()


def varint(value: int) -> bytes:
    """A Variable Byte Integer (section 1.5.5)."""
    made = bytearray()
    while True:
        value, byte = divmod(value, 128)
        made.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(made)


async def read_packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """One packet: type and the rest after the fixed header (section 2.1)."""
    kind = (await reader.readexactly(1))[0] >> 4
    length = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return kind, await reader.readexactly(length)


@contextlib.asynccontextmanager
async def listening(broker: CarelessBroker) -> AsyncIterator[int]:
    server = await asyncio.start_server(broker.serve, "127.0.0.1", 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for writer in broker.writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in broker.writers), return_exceptions=True)


async def test_a_broker_that_sends_a_hundred_megabytes_all_the_same_is_left(
    house: House, start: Start, open_office: OpenOffice
) -> None:
    broker = CarelessBroker(bytes(HUNDRED_MB))
    async with listening(broker) as port:
        set_up(house, port)
        service = await asyncio.to_thread(start)
        before_kb = peak_kb(service)
        await until(lambda: broker.connections >= 4, limit_s=20)
        assert peak_kb(service) - before_kb < ALLOWED_KB
        assert broker.acknowledged == 0
        broker.waiting[:] = [house.file()]
        office = open_office()
        await until(lambda: len(office.store.entries()) == 1, limit_s=20)
        assert service.process.poll() is None


@pytest.mark.mosquitto
async def test_the_largest_submission_gets_through_and_a_larger_one_is_held(
    house: House, start_mosquitto: StartMosquitto, start: Start, open_office: OpenOffice
) -> None:
    port = start_mosquitto().port
    set_up(house, port)
    start()
    office = open_office()
    await send_by_mqtt(Broker("127.0.0.1", "site", port), TOPIC, bytes(MAX_FILE_BYTES))
    await until(lambda: len(office.held.open()) == 1)
    await send_by_mqtt(Broker("127.0.0.1", "site", port), TOPIC, bytes(MAX_FILE_BYTES + 1))
    await until(lambda: len(office.held.open()) == 2)
    told = {held.size_bytes: [reason.kind.value for reason in held.reasons] for held in office.held.open()}
    assert told == {MAX_FILE_BYTES: ["unreadable"], MAX_FILE_BYTES + 1: ["too_large"]}


@pytest.mark.mosquitto
async def test_the_sender_is_told_what_the_broker_takes(start_mosquitto: StartMosquitto) -> None:
    """With `max_packet_size`, Mosquitto says in CONNACK what it takes, and a file beyond it is not even sent.

    It ends the connection of a foreign client that was told nothing.
    """
    port = start_mosquitto(f"max_packet_size {LARGEST_PACKET_BYTES}").port
    broker = Broker("127.0.0.1", "site", port)
    assert await send_by_mqtt(broker, TOPIC, bytes(MAX_FILE_BYTES)) is False
    with pytest.raises(SendError, match=rf"bytes do not fit its packets of {LARGEST_PACKET_BYTES}"):
        await send_by_mqtt(broker, TOPIC, bytes(LARGEST_PACKET_BYTES))
    ended = threading.Event()
    with foreign_client(port) as client:
        client.on_disconnect = lambda *_: ended.set()
        sent = client.publish(TOPIC, bytes(HUNDRED_MB), qos=1)
        assert await asyncio.to_thread(ended.wait, 20)
        assert not sent.is_published()
    assert await send_by_mqtt(broker, TOPIC, bytes(MAX_FILE_BYTES)) is False
