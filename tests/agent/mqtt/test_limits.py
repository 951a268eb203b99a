"""What Mosquitto limits: the size of packets, the queue of an absent client, the life of messages and sessions."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator

import pytest

from agent.mqtt import Broker, Message, MessageTooLarge, MqttClient, Subscription
from tests.conftest import Server, StartMosquitto, until

pytestmark = pytest.mark.mosquitto


def about(server: Server, name: str, expiry_s: int = 60) -> Broker:
    return Broker("127.0.0.1", name, server.port, session_expiry_s=expiry_s, first_pause_s=0.02, longest_pause_s=0.05)


@contextlib.asynccontextmanager
async def connected(broker: Broker) -> AsyncIterator[MqttClient]:
    async with MqttClient(broker) as client, asyncio.timeout(20):
        await client.connected.wait()
        yield client


@contextlib.asynccontextmanager
async def subscribed(broker: Broker, *topic_filters: str) -> AsyncIterator[Subscription]:
    client = MqttClient(broker)
    messages = client.subscribe(*topic_filters)
    async with client, asyncio.timeout(20):
        await client.connected.wait()
        yield messages


async def payloads(messages: Subscription) -> list[bytes]:
    """What comes until nothing comes for longer than a loopback connection needs."""
    found = []
    with contextlib.suppress(TimeoutError):
        while True:
            async with asyncio.timeout(0.3):
                received = await anext(messages)
            received.ack()
            found.append(received.message.payload)
    return found


async def test_the_largest_packet_that_mosquitto_announces_is_used_to_the_byte(
    start_mosquitto: StartMosquitto,
) -> None:
    server = start_mosquitto("max_packet_size 2000")
    fitting = Message("a/b", b"", content_type="text/plain", correlation=b"1-2/x", user_properties=(("lines", "1"),))
    room = 2000 - fitting.packet_bytes() - 1  # a remaining length above 127 takes one byte more
    async with subscribed(about(server, "reader"), "a/#") as messages, connected(about(server, "writer")) as writer:
        with pytest.raises(MessageTooLarge) as caught:
            await writer.publish(dataclasses.replace(fitting, payload=bytes(room + 1)))
        assert (caught.value.size_bytes, caught.value.limit_bytes) == (2001, 2000)
        assert await writer.publish(dataclasses.replace(fitting, payload=bytes(room))) == 0
        assert writer.connections == 1
        assert await payloads(messages) == [bytes(room)]


async def test_mosquittos_limit_of_the_payload_is_an_answer_and_not_the_end(start_mosquitto: StartMosquitto) -> None:
    server = start_mosquitto("message_size_limit 1000")
    async with subscribed(about(server, "reader"), "a/#") as messages, connected(about(server, "writer")) as writer:
        with pytest.raises(MessageTooLarge, match="do not fit its packets"):
            await writer.publish(Message("a/1", bytes(1001)))
        assert await writer.publish(Message("a/1", bytes(1000))) == 0
        assert writer.connections == 1
        assert await payloads(messages) == [bytes(1000)]


async def test_a_message_expires_at_the_broker(start_mosquitto: StartMosquitto) -> None:
    server = start_mosquitto()
    async with subscribed(about(server, "reader"), "a/#"):
        pass
    async with connected(about(server, "writer")) as writer:
        await writer.publish(Message("a/1", b"short", expiry_s=1))
        await writer.publish(Message("a/1", b"long", expiry_s=60))
        await asyncio.sleep(2.1)  # the broker counts whole seconds
    async with subscribed(about(server, "reader"), "a/#") as messages:
        assert await payloads(messages) == [b"long"]


async def test_a_session_ends_when_its_time_is_over(start_mosquitto: StartMosquitto) -> None:
    server = start_mosquitto()
    for name, expiry_s in (("gone", 1), ("kept", 60)):
        async with subscribed(about(server, name, expiry_s), "a/#"):
            pass
    async with connected(about(server, "writer")) as writer:
        await writer.publish(Message("a/1", b"x"))
        await until(lambda: "Expiring client gone" in server.log, limit_s=15)
    async with subscribed(about(server, "gone"), "a/#") as messages:
        assert await payloads(messages) == []
    async with subscribed(about(server, "kept"), "a/#") as messages:
        assert await payloads(messages) == [b"x"]


async def test_several_filters_make_one_subscription(start_mosquitto: StartMosquitto) -> None:
    server = start_mosquitto()
    async with (
        subscribed(about(server, "reader"), "a/+/one", "a/+/two") as messages,
        connected(about(server, "writer")) as writer,
    ):
        for leaf in ("one", "three", "two"):
            await writer.publish(Message(f"a/b/{leaf}", leaf.encode()))
        assert await payloads(messages) == [b"one", b"two"]
