"""The MQTT client against Mosquitto: what arrives, what is acknowledged, and what happens when the broker goes."""

import asyncio
import contextlib
import gc
import signal
import struct
import threading
from collections.abc import AsyncIterator

import pytest
import uvloop

from agent.mqtt import (
    NO_MATCHING_SUBSCRIBERS,
    Broker,
    ConnectionLost,
    Message,
    MqttClient,
    PublishRefused,
    Subscription,
)
from tests.conftest import Server, StartMosquitto, until

pytestmark = pytest.mark.mosquitto


@pytest.fixture
def mosquitto(start_mosquitto: StartMosquitto) -> Server:
    return start_mosquitto()


def broker(port: int, client_id: str, receive_maximum: int = 100, keepalive_s: int = 30, expiry_s: int = 60) -> Broker:
    return Broker(
        "127.0.0.1",
        client_id,
        port,
        keepalive_s=keepalive_s,
        session_expiry_s=expiry_s,
        receive_maximum=receive_maximum,
        first_pause_s=0.02,
        longest_pause_s=0.1,
    )


@contextlib.asynccontextmanager
async def connected(about: Broker, will: Message | None = None) -> AsyncIterator[MqttClient]:
    async with MqttClient(about, will) as client, asyncio.timeout(10):
        await client.connected.wait()
        yield client


@contextlib.asynccontextmanager
async def subscribed(about: Broker, topic_filter: str) -> AsyncIterator[Subscription]:
    client = MqttClient(about)
    messages = client.subscribe(topic_filter)
    async with client, asyncio.timeout(10):
        await client.connected.wait()
        yield messages


async def is_silent(messages: Subscription) -> bool:
    """Whether nothing arrives for longer than a loopback connection needs."""
    try:
        async with asyncio.timeout(0.3):
            await anext(messages)
    except TimeoutError:
        return True
    return False


async def publish_to_somebody(writer: MqttClient, message: Message) -> None:
    """Publish until somebody has subscribed."""
    while await writer.publish(message) == NO_MATCHING_SUBSCRIBERS:  # noqa: ASYNC110 - only the broker knows
        await asyncio.sleep(0.01)


async def test_a_message_arrives_with_all_properties_of_the_contract(mosquitto: Server) -> None:
    sent = Message(
        "atsuen/east/lines",
        "meter,site=東 kwh=1.5 1732406400000".encode(),
        content_type="text/plain; format=influx-line-protocol; precision=ms",
        response_topic="atsuen/east/confirmed",
        correlation=b"41-42",
        expiry_s=300,
        user_properties=(("lines", "1"),),
    )
    async with (
        subscribed(broker(mosquitto.port, "reader"), "atsuen/+/lines") as messages,
        connected(broker(mosquitto.port, "writer")) as writer,
    ):
        assert await writer.publish(sent) == 0
        received = await anext(messages)
        received.ack()
    assert received.message == sent
    assert received.qos == 1


async def test_publish_tells_when_nobody_has_subscribed(mosquitto: Server) -> None:
    async with connected(broker(mosquitto.port, "writer")) as writer:
        assert await writer.publish(Message("atsuen/east/lines", b"x")) == NO_MATCHING_SUBSCRIBERS


async def test_a_topic_with_a_wildcard_is_refused(mosquitto: Server) -> None:
    async with connected(broker(mosquitto.port, "writer")) as writer:
        with pytest.raises(PublishRefused, match="wildcard"):
            await writer.publish(Message("atsuen/+/confirmed", b"x"))


async def test_a_client_has_one_subscription(mosquitto: Server) -> None:
    async with connected(broker(mosquitto.port, "reader")) as client:
        client.subscribe("a/#")
        with pytest.raises(ValueError, match="already subscribed to a/#"):
            client.subscribe("b/#")


async def test_an_absent_broker_is_named_and_found_when_it_comes(
    start_mosquitto: StartMosquitto, free_port: int
) -> None:
    async with MqttClient(broker(free_port, "writer")) as client:
        await until(lambda: client.last_error != "")
        assert client.last_error == f"broker 127.0.0.1:{free_port}: connection refused"
        assert not client.connected.is_set()
        with pytest.raises(ConnectionLost, match="connection refused"):
            await client.publish(Message("a", b"x"))
        start_mosquitto(port=free_port)
        await until(client.connected.is_set)
        assert client.last_error == ""
        assert await client.publish(Message("a", b"x")) == NO_MATCHING_SUBSCRIBERS


async def test_a_name_that_cannot_be_resolved_is_named() -> None:
    for host in ("no-such-host.invalid", "not..a.name"):
        async with MqttClient(Broker(host, "writer", first_pause_s=0.02)) as client:
            await until(lambda client=client: client.last_error != "")  # type: ignore[misc]
            assert client.last_error.startswith(f"broker {host}:1883: ")


async def test_it_comes_back_after_the_broker_was_killed_and_subscribes_again(mosquitto: Server) -> None:
    async with (
        connected(broker(mosquitto.port, "reader")) as reader,
        connected(broker(mosquitto.port, "writer")) as writer,
    ):
        messages = reader.subscribe("a/#")
        await until(reader.connected.is_set)
        mosquitto.kill()
        await until(lambda: not reader.connected.is_set() and not writer.connected.is_set())
        mosquitto.start()
        await until(lambda: reader.connected.is_set() and writer.connected.is_set())
        assert reader.connections == 3, "at first, with the subscription, and again"
        await writer.publish(Message("a/1", b"after"))
        assert (await anext(messages)).message.payload == b"after"


async def test_what_was_not_acknowledged_when_the_broker_died_is_reported_and_not_kept(mosquitto: Server) -> None:
    async with connected(broker(mosquitto.port, "writer")) as writer:
        mosquitto.send(signal.SIGSTOP)
        attempts = [asyncio.create_task(writer.publish(Message("a/1", b"%d" % number))) for number in range(50)]
        await asyncio.sleep(0)
        mosquitto.kill()
        results = await asyncio.gather(*attempts, return_exceptions=True)
        assert {type(result) for result in results} == {ConnectionLost}
        mosquitto.start()
        async with subscribed(broker(mosquitto.port, "reader"), "a/#") as messages:
            await until(writer.connected.is_set)
            await writer.publish(Message("a/1", b"next"))
            assert (await anext(messages)).message.payload == b"next"
            assert await is_silent(messages)


async def test_a_frozen_broker_is_noticed_by_its_silence(mosquitto: Server) -> None:
    async with connected(broker(mosquitto.port, "writer", keepalive_s=1)) as writer:
        mosquitto.send(signal.SIGSTOP)
        await until(lambda: not writer.connected.is_set())
        assert "does not answer for 1 s" in writer.last_error
        mosquitto.send(signal.SIGCONT)
        await until(writer.connected.is_set)


async def test_closing_does_not_wait_for_a_frozen_broker(mosquitto: Server) -> None:
    async with asyncio.timeout(5):
        async with connected(broker(mosquitto.port, "writer")) as writer:
            mosquitto.send(signal.SIGSTOP)
            pending = asyncio.create_task(writer.publish(Message("a", b"x" * 20_000_000)))
            await asyncio.sleep(0)
        with pytest.raises(ConnectionLost):
            await pending
    mosquitto.send(signal.SIGCONT)


async def test_the_broker_keeps_what_was_not_acknowledged(mosquitto: Server) -> None:
    async with connected(broker(mosquitto.port, "writer")) as writer:
        async with subscribed(broker(mosquitto.port, "reader"), "a/#") as messages:
            for number in range(5):
                await writer.publish(Message("a/1", b"%d" % number))
            received = [await anext(messages) for _ in range(5)]
            received[0].ack()
            received[1].ack()
        await writer.publish(Message("a/1", b"5"))  # while nobody is there
        async with subscribed(broker(mosquitto.port, "reader"), "a/#") as messages:
            assert [(await anext(messages)).message.payload for _ in range(4)] == [b"2", b"3", b"4", b"5"]


async def test_messages_that_the_broker_kept_wait_for_the_call_of_subscribe(mosquitto: Server) -> None:
    async with subscribed(broker(mosquitto.port, "reader"), "a/#"):
        pass
    async with connected(broker(mosquitto.port, "writer")) as writer:
        await writer.publish(Message("a/1", b"kept"))
    async with connected(broker(mosquitto.port, "reader")) as reader:
        messages = reader.subscribe("a/#")
        assert (await anext(messages)).message.payload == b"kept"


async def test_a_late_acknowledgement_does_not_reach_another_message(mosquitto: Server) -> None:
    """After the broker lost the session, packet id 1 names another message."""
    async with connected(broker(mosquitto.port, "writer")) as writer:
        async with subscribed(broker(mosquitto.port, "reader"), "a/#") as messages:
            await writer.publish(Message("a/1", b"first"))
            first = await anext(messages)
            mosquitto.kill()
            mosquitto.start()
            await until(lambda: writer.connections == 2)
            await publish_to_somebody(writer, Message("a/1", b"second"))
            assert (await anext(messages)).message.payload == b"second"
            first.ack()
        async with subscribed(broker(mosquitto.port, "reader"), "a/#") as messages:
            assert (await anext(messages)).message.payload == b"second"


async def test_what_waits_is_forgotten_with_the_connection_and_sent_again(mosquitto: Server) -> None:
    expected = [b"%d" % number for number in range(20)]
    async with (
        connected(broker(mosquitto.port, "writer")) as writer,
        connected(broker(mosquitto.port, "reader")) as reader,
    ):
        messages = reader.subscribe("a/#")
        await until(reader.connected.is_set)
        for payload in expected:
            await writer.publish(Message("a/1", payload))
        async with connected(broker(mosquitto.port, "reader")):  # takes the session over
            await until(lambda: not reader.connected.is_set())
        await until(reader.connected.is_set)
        assert [(await anext(messages)).message.payload for _ in expected] == expected
        assert await is_silent(messages)


async def test_the_broker_waits_for_acknowledgements_when_it_has_sent_the_receive_maximum(mosquitto: Server) -> None:
    """Mosquitto 2.0.11 lets the number grow again with each acknowledgement, up to its own `max_inflight_messages`."""
    async with (
        connected(broker(mosquitto.port, "writer")) as writer,
        subscribed(broker(mosquitto.port, "reader", receive_maximum=3), "a/#") as messages,
    ):
        await asyncio.gather(*(writer.publish(Message("a/1", b"x")) for _ in range(10)))
        received = [await anext(messages) for _ in range(3)]
        assert await is_silent(messages)
        received[0].ack()
        await anext(messages)


async def test_messages_without_acknowledgement_are_bounded_and_the_rest_is_counted(mosquitto: Server) -> None:
    about = broker(mosquitto.port, "reader", receive_maximum=10)
    flood = ["mosquitto_pub", "-p", str(mosquitto.port), "-t", "a/1", "-q", "0", "-m", "x", "--repeat", "50"]
    async with subscribed(about, "a/#") as messages:
        process = await asyncio.create_subprocess_exec(*flood)
        assert await process.wait() == 0
        await until(lambda: messages.overflowed == 40)
        assert [(await anext(messages)).qos for _ in range(10)] == [0] * 10


async def test_messages_of_a_former_subscription_are_acknowledged_and_counted(mosquitto: Server) -> None:
    async with subscribed(broker(mosquitto.port, "reader"), "old/#"):
        pass
    async with connected(broker(mosquitto.port, "writer")) as writer:
        await writer.publish(Message("old/1", b"x"))
        async with subscribed(broker(mosquitto.port, "reader"), "new/#") as messages:
            await writer.publish(Message("new/1", b"y"))
            received = await anext(messages)
            received.ack()
            assert received.message.payload == b"y"
            assert messages.strays == 1
        async with subscribed(broker(mosquitto.port, "reader"), "old/#") as messages:
            assert await is_silent(messages)


async def test_members_of_a_group_share_the_messages(mosquitto: Server) -> None:
    seen: dict[str, list[bytes]] = {"one": [], "two": []}

    async def read(name: str) -> None:
        client = MqttClient(broker(mosquitto.port, name))
        messages = client.subscribe("a/#", group="bridges")
        async with client:
            async for received in messages:
                seen[name].append(received.message.payload)
                received.ack()

    async with connected(broker(mosquitto.port, "writer")) as writer, asyncio.TaskGroup() as tasks:
        readers = [tasks.create_task(read(name)) for name in seen]
        await publish_to_somebody(writer, Message("a/0", b"-1"))
        expected = {b"%d" % number for number in range(40)}
        await asyncio.gather(*(writer.publish(Message("a/1", payload)) for payload in expected))
        await until(lambda: set(seen["one"] + seen["two"]) >= expected)
        assert sorted(payload for payload in seen["one"] + seen["two"] if payload != b"-1") == sorted(expected)
        for reader in readers:
            reader.cancel()


async def test_the_will_is_published_at_a_clean_close_too(mosquitto: Server) -> None:
    status = "atsuen/east/status"
    async with connected(broker(mosquitto.port, "agent"), Message(status, b'"offline"', retain=True)) as agent:
        await agent.publish(Message(status, b'"online"', retain=True))
        async with subscribed(broker(mosquitto.port, "during"), status) as messages:
            assert (await anext(messages)).message.payload == b'"online"'
    async with subscribed(broker(mosquitto.port, "after"), status) as messages:
        received = await anext(messages)
        assert (received.message.payload, received.message.retain) == (b'"offline"', True)


async def test_a_second_client_with_the_same_id_is_told(mosquitto: Server) -> None:
    async with connected(broker(mosquitto.port, "same")) as first, connected(broker(mosquitto.port, "same")):
        await until(lambda: "another client has the id 'same'" in first.last_error)


async def test_cancelling_publish_and_waiting_loses_nothing(mosquitto: Server) -> None:
    async with (
        connected(broker(mosquitto.port, "writer")) as writer,
        subscribed(broker(mosquitto.port, "reader"), "a/#") as messages,
    ):
        for _ in range(20):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0):
                    await anext(messages)
        mosquitto.send(signal.SIGSTOP)
        cancelled = asyncio.create_task(writer.publish(Message("a/1", b"cancelled")))
        await asyncio.sleep(0)
        cancelled.cancel()
        mosquitto.send(signal.SIGCONT)
        await writer.publish(Message("a/1", b"kept"))
        payloads = [(await anext(messages)).message.payload for _ in range(2)]
        assert payloads == [b"cancelled", b"kept"], "handed over before it was cancelled, so it arrives"


async def test_neither_threads_nor_sockets_remain(mosquitto: Server) -> None:
    async with connected(broker(mosquitto.port, "writer")) as writer:
        await writer.publish(Message("a", b"x"))
        assert any(thread.name.startswith("mqtt-writer") for thread in threading.enumerate())
    await until(lambda: not any(thread.name.startswith("mqtt-writer") for thread in threading.enumerate()))
    del writer
    gc.collect()  # an open socket would warn here, and a warning is an error


async def test_cancelling_the_block_closes_it(mosquitto: Server) -> None:
    async def hold() -> None:
        async with connected(broker(mosquitto.port, "writer")):
            started.set()
            await asyncio.sleep(3600)

    started = asyncio.Event()
    task = asyncio.create_task(hold())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: not any(thread.name.startswith("mqtt-writer") for thread in threading.enumerate()))


async def test_a_fault_in_the_network_thread_ends_the_block(mosquitto: Server) -> None:
    """A keep-alive above 65,535 s has no form in MQTT: the fault must not be a silent death of the thread."""
    with pytest.raises(struct.error):
        async with MqttClient(broker(mosquitto.port, "writer", keepalive_s=70_000)):
            await asyncio.sleep(3600)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


def test_it_runs_on_uvloop(mosquitto: Server) -> None:
    async def exchange() -> bytes:
        async with (
            subscribed(broker(mosquitto.port, "reader"), "a/#") as messages,
            connected(broker(mosquitto.port, "writer")) as writer,
        ):
            await writer.publish(Message("a/1", b"over uvloop"))
            return (await anext(messages)).message.payload

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(exchange()) == b"over uvloop"
