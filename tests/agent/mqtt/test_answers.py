"""The MQTT client against a broker that answers from a script: hand-made bytes of MQTT 5 (OASIS, 7 March 2019)."""

import asyncio
import contextlib
import dataclasses
from collections import Counter
from collections.abc import AsyncIterator, Callable

import pytest

from agent.mqtt import Broker, ConnectionLost, Message, MessageTooLarge, MqttClient, PublishRefused
from tests.conftest import until

CONNECT, PUBLISH, SUBSCRIBE, DISCONNECT = 0x1, 0x3, 0x8, 0xE
ACCEPTED = bytes.fromhex("20 03 00 00 00")

Reply = Callable[[bytes], bytes]
"""From the packet without its fixed header to the bytes of the answer."""


def packet_id(packet: bytes) -> bytes:
    """The packet id of a PUBLISH with QoS 1: after the topic (section 3.3.2.2)."""
    length = int.from_bytes(packet[:2])
    start = 2 + length
    return packet[start : start + 2]


def acknowledge(packet: bytes) -> bytes:
    return bytes.fromhex("40 02") + packet_id(packet)


def say_nothing(_: bytes) -> bytes:
    return b""


class ScriptedBroker:
    """Answers each type of packet with the bytes that the test gives, and counts what it gets."""

    def __init__(self) -> None:
        self.replies: dict[int, Reply] = {CONNECT: lambda _: ACCEPTED, PUBLISH: acknowledge}
        self.seen: Counter[int] = Counter()
        self.packets: list[tuple[int, bytes]] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    kind, packet = await read_packet(reader)
                    self.seen[kind] += 1
                    self.packets.append((kind, packet))
                    writer.write(self.replies.get(kind, say_nothing)(packet))
                    await writer.drain()
        finally:
            writer.close()


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


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedBroker]:
    broker = ScriptedBroker()
    server = await asyncio.start_server(broker.serve, "127.0.0.1", 0)
    broker.port = server.sockets[0].getsockname()[1]
    yield broker
    server.close()
    await server.wait_closed()


def about(broker: ScriptedBroker, username: str | None = None, password: str | None = None) -> Broker:
    return Broker("127.0.0.1", "agent-1", broker.port, username, password, first_pause_s=0.02, longest_pause_s=0.05)


async def test_what_connect_says(scripted: ScriptedBroker) -> None:
    """Section 3.1: protocol MQTT, version 5, user name and password, no clean start, keep-alive 30 s.

    Properties: session expiry 604,800 s (0x11), Receive Maximum 20 (0x21), Maximum Packet Size 6,000,000 (0x27).
    """
    async with MqttClient(about(scripted, "mill", "pw")) as client:
        await until(client.connected.is_set)
    assert scripted.packets[0] == (
        CONNECT,
        bytes.fromhex("00 04 4D 51 54 54 05 C0 00 1E  0D 11 00 09 3A 80 21 00 14 27 00 5B 8D 80")
        + b"\x00\x07agent-1\x00\x04mill\x00\x02pw",
    )


async def test_a_close_says_disconnect(scripted: ScriptedBroker) -> None:
    async with MqttClient(about(scripted)) as client:
        await until(client.connected.is_set)
    assert scripted.packets[-1] == (DISCONNECT, b"\x00"), "0x00: normal disconnection"
    async with MqttClient(about(scripted), Message("status", b"offline")) as client:
        await until(client.connected.is_set)
    assert scripted.packets[-1] == (DISCONNECT, b"\x04"), "0x04: disconnect with will message"


@pytest.mark.parametrize(
    ("connack", "expected"),
    [
        ("20 03 00 86 00", "refused us: Bad user name or password; check user name, password and client id 'agent-1'"),
        ("20 03 00 87 00", "refused us: Not authorized; check user name, password and client id 'agent-1'"),
        ("20 03 00 88 00", "refused us: Server unavailable"),
    ],
)
async def test_a_refused_connection_is_explained_and_tried_again(
    scripted: ScriptedBroker, connack: str, expected: str
) -> None:
    scripted.replies[CONNECT] = lambda _: bytes.fromhex(connack)
    async with MqttClient(about(scripted)) as client:
        await until(lambda: scripted.seen[CONNECT] >= 3)
        assert client.last_error.startswith(f"broker 127.0.0.1:{scripted.port}: {expected}")
        assert not client.connected.is_set()
        scripted.replies[CONNECT] = lambda _: ACCEPTED
        await until(client.connected.is_set)


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        ("97 00", "Quota exceeded"),
        ("87 00", "Not authorized"),
        ("97 07 1F 00 04 66 75 6C 6C", "Quota exceeded: full"),  # with a reason string (0x1F)
    ],
)
async def test_a_refused_message_is_reported_with_the_brokers_reason(
    scripted: ScriptedBroker, tail: str, expected: str
) -> None:
    rest = bytes.fromhex(tail)
    scripted.replies[PUBLISH] = lambda packet: bytes([0x40, 2 + len(rest)]) + packet_id(packet) + rest
    async with MqttClient(about(scripted)) as client:
        await until(client.connected.is_set)
        with pytest.raises(PublishRefused) as caught:
            await client.publish(Message("a", b"x"))
        assert str(caught.value) == f"broker 127.0.0.1:{scripted.port}: {expected}"


async def test_a_refused_subscription_is_explained_and_tried_again(scripted: ScriptedBroker) -> None:
    scripted.replies[SUBSCRIBE] = lambda packet: bytes.fromhex("90 04") + packet[:2] + bytes.fromhex("00 87")
    client = MqttClient(about(scripted, "mill"))
    client.subscribe("atsuen/+/lines")
    async with client:
        await until(lambda: scripted.seen[SUBSCRIBE] >= 2 and client.last_error != "")
        expected = "refused the subscription: Not authorized; the user 'mill' needs read access"
        assert client.last_error == f"broker 127.0.0.1:{scripted.port}: {expected}"
        assert not client.connected.is_set()
        scripted.replies[SUBSCRIBE] = lambda packet: bytes.fromhex("90 04") + packet[:2] + bytes.fromhex("00 01")
        await until(client.connected.is_set)


async def test_a_subscription_that_gets_less_than_qos_1_counts_as_refused(scripted: ScriptedBroker) -> None:
    scripted.replies[SUBSCRIBE] = lambda packet: bytes.fromhex("90 04") + packet[:2] + bytes.fromhex("00 00")
    client = MqttClient(about(scripted))
    client.subscribe("a")
    async with client:
        await until(lambda: "refused the subscription: Granted QoS 0" in client.last_error)


async def test_the_brokers_reason_for_ending_the_connection_is_told(scripted: ScriptedBroker) -> None:
    scripted.replies[PUBLISH] = lambda _: bytes.fromhex("E0 01 8E")
    async with MqttClient(about(scripted)) as client:
        await until(client.connected.is_set)
        with pytest.raises(ConnectionLost, match="ended the connection: Session taken over"):
            await client.publish(Message("a", b"x"))


@pytest.mark.parametrize(
    ("connack", "in_flight"),
    [
        ("20 03 00 00 00", 20),  # our own window
        ("20 06 00 00 03 21 00 02", 2),  # the broker's Receive Maximum
    ],
)
async def test_no_more_messages_are_in_flight_than_both_sides_allow(
    scripted: ScriptedBroker, connack: str, in_flight: int
) -> None:
    scripted.replies[CONNECT] = lambda _: bytes.fromhex(connack)
    held: list[bytes] = []

    def hold(packet: bytes) -> bytes:
        held.append(acknowledge(packet))
        return b""

    scripted.replies[PUBLISH] = hold
    async with MqttClient(about(scripted)) as client:
        await until(client.connected.is_set)
        attempts = [asyncio.create_task(client.publish(Message("a", b"x"))) for _ in range(100)]
        await until(lambda: len(held) == in_flight)
        with pytest.raises(TimeoutError):
            await until(lambda: len(held) > in_flight, limit_s=0.2)
    results = await asyncio.gather(*attempts, return_exceptions=True)
    assert {type(result) for result in results} == {ConnectionLost}


async def test_a_message_larger_than_the_brokers_packets_is_refused_here(scripted: ScriptedBroker) -> None:
    """Sent, it would end the connection (section 3.2.2.3.6), and again after each reconnection.

    The packet: 1 type, 3 remaining length, 3 topic, 2 packet id, 1 length of the properties, and the payload.
    """
    scripted.replies[CONNECT] = lambda _: bytes.fromhex("20 08 00 00 05 27 00 01 00 00")  # 65,536 bytes
    async with MqttClient(about(scripted)) as client:
        await until(client.connected.is_set)
        with pytest.raises(MessageTooLarge, match="65537 bytes do not fit its packets of 65536"):
            await client.publish(Message("a", bytes(65_527)))
        assert await client.publish(Message("a", bytes(65_526))) == 0
        assert client.connections == 1


async def test_a_broker_that_never_acknowledges_is_left_and_asked_anew(scripted: ScriptedBroker) -> None:
    """It answers pings, so that nothing else would end the connection; and each message would hold a place for ever."""
    scripted.replies[PUBLISH] = say_nothing
    async with MqttClient(dataclasses.replace(about(scripted), ack_timeout_s=0.2)) as client:
        await until(client.connected.is_set)
        with pytest.raises(ConnectionLost, match=r"does not acknowledge a message for 0\.2 s"):
            await client.publish(Message("a", b"x"))
        scripted.replies[PUBLISH] = acknowledge
        await until(client.connected.is_set)
        assert await client.publish(Message("a", b"x")) == 0
        assert scripted.seen[CONNECT] == 2


async def test_a_message_whose_sender_was_cancelled_is_waited_for_all_the_same(scripted: ScriptedBroker) -> None:
    """Its place in the broker's Receive Maximum is taken until the broker says so."""
    scripted.replies[PUBLISH] = say_nothing
    async with MqttClient(dataclasses.replace(about(scripted), ack_timeout_s=0.2)) as client:
        await until(client.connected.is_set)
        attempt = asyncio.create_task(client.publish(Message("a", b"x")))
        await until(lambda: scripted.seen[PUBLISH] == 1)
        attempt.cancel()
        await until(lambda: "does not acknowledge" in client.last_error)


MESSAGES = [
    Message("a", b""),
    Message("atsuen/東/lines", bytes(100)),
    Message("a", bytes(117)),  # remaining length 123
    Message("a", bytes(121)),  # 127, the last of one byte
    Message("a", bytes(122)),  # 128, the first of two
    Message("a", bytes(16_377)),
    Message("a", bytes(16_378)),
    Message("a/b", b"x", content_type="text/plain; 東", response_topic="c/東", correlation=b"1-2/x", expiry_s=60),
    Message("a/b", b"x", user_properties=(("lines", "3"), ("名", "値"))),
    Message("a/b", b"x", user_properties=(("long", "v" * 200),)),
]


@pytest.mark.parametrize("message", MESSAGES, ids=range(len(MESSAGES)))
async def test_the_size_of_a_packet_is_known_before_it_is_sent(scripted: ScriptedBroker, message: Message) -> None:
    async with MqttClient(about(scripted)) as client:
        await until(client.connected.is_set)
        await client.publish(message)
    (packet,) = [packet for kind, packet in scripted.packets if kind == PUBLISH]
    header = 1 + next(count for count in range(1, 5) if len(packet) < 128**count)
    assert message.packet_bytes() == header + len(packet)


async def test_an_acknowledgement_that_says_too_large_is_no_protocol_error(scripted: ScriptedBroker) -> None:
    """Mosquitto 2.0 sends it with `message_size_limit`, although PUBACK has no code 0x95."""
    scripted.replies[PUBLISH] = lambda packet: bytes.fromhex("40 03") + packet_id(packet) + b"\x95"
    async with MqttClient(about(scripted)) as client:
        await until(client.connected.is_set)
        with pytest.raises(MessageTooLarge, match="9 bytes do not fit its packets"):
            await client.publish(Message("a", b"x"))
        assert client.connected.is_set()


async def test_a_limit_that_is_enforced_without_being_announced_is_learned(scripted: ScriptedBroker) -> None:
    """DISCONNECT 0x95 (section 3.14.2.1) does not say which message was meant: it was the largest, or a larger one."""
    scripted.replies[PUBLISH] = lambda packet: bytes.fromhex("E0 01 95") if len(packet) > 500 else acknowledge(packet)
    async with MqttClient(about(scripted)) as client:
        await until(client.connected.is_set)
        with pytest.raises(ConnectionLost, match="Packet too large"):
            await client.publish(Message("a", bytes(1000)))
        await until(client.connected.is_set)
        with pytest.raises(MessageTooLarge) as caught:
            await client.publish(Message("a", bytes(1000)))
        assert caught.value.limit_bytes == caught.value.size_bytes - 1
        assert await client.publish(Message("a", bytes(400))) == 0
        assert client.connections == 2


async def test_a_packet_larger_than_we_take_is_not_read(scripted: ScriptedBroker) -> None:
    """The broker was told in CONNECT and sends all the same: a PUBLISH whose fixed header announces 100,000,000 bytes.

    DISCONNECT 0x95: Packet too large (section 3.14.2.1). Only the packet's first bytes come, and no more is waited for.
    """
    scripted.replies[CONNECT] = lambda _: ACCEPTED + bytes.fromhex("32 80 C2 D7 2F 00 01 61 00 01 00") + bytes(70_000)
    async with MqttClient(about(scripted)) as client:
        await until(lambda: scripted.seen[DISCONNECT] >= 2)
        assert (DISCONNECT, b"\x95") in scripted.packets
        expected = "sends a packet of 100000000 bytes although we take 6000000 at most; it is not read"
        assert client.last_error.startswith(f"broker 127.0.0.1:{scripted.port}: {expected}")
        scripted.replies[CONNECT] = lambda _: ACCEPTED
        await until(client.connected.is_set)


async def test_an_acknowledgement_that_comes_late_twice_and_out_of_order(scripted: ScriptedBroker) -> None:
    """Each message gets its own answer; one that nobody waits for has no effect."""
    held: list[bytes] = []

    def all_at_once(packet: bytes) -> bytes:
        held.append(packet)
        if len(held) < 3:
            return b""
        return b"".join(acknowledge(each) for each in [*reversed(held), *held]) + bytes.fromhex("40 02 7F FF")

    scripted.replies[PUBLISH] = all_at_once
    async with MqttClient(about(scripted)) as client:
        await until(client.connected.is_set)
        assert await asyncio.gather(*(client.publish(Message("a", b"%d" % number)) for number in range(3))) == [0] * 3
        scripted.replies[PUBLISH] = lambda packet: acknowledge(held[0]) + acknowledge(packet)
        assert await client.publish(Message("a", b"after")) == 0
        assert client.connections == 1


async def test_a_server_that_says_nothing_is_left(scripted: ScriptedBroker) -> None:
    scripted.replies[CONNECT] = say_nothing
    async with MqttClient(dataclasses.replace(about(scripted), keepalive_s=1)) as client:
        await until(lambda: "does not answer for 1 s" in client.last_error)
        scripted.replies[CONNECT] = lambda _: ACCEPTED
        await until(client.connected.is_set)


async def test_bytes_that_are_no_mqtt_end_the_connection_and_nothing_more(scripted: ScriptedBroker) -> None:
    scripted.replies[CONNECT] = lambda _: bytes.fromhex("20 01 00")  # a CONNACK that is too short
    async with MqttClient(about(scripted)) as client:
        await until(lambda: scripted.seen[CONNECT] >= 2 and client.last_error != "")
        scripted.replies[CONNECT] = lambda _: ACCEPTED + bytes.fromhex("30 05 00 02 C3 28 00")  # topic not in UTF-8
        await until(lambda: scripted.seen[CONNECT] >= 4)
        scripted.replies[CONNECT] = lambda _: ACCEPTED
        await until(client.connected.is_set)
