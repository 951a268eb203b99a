"""The MQTT client of the event loop: publish with acknowledgement, one subscription. Knows neither paho nor sockets."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from agent.mqtt.message import Broker, ConnectionLost, Message, MqttError, PublishRefused, Received
from agent.mqtt.network import Events, Network

PACKET_OVERHEAD = 1024
"""Bytes of a packet kept free for its header and properties when the broker limits its size."""


class Subscription:
    """The received messages, in the order in which the broker sent them. Waiting for the next can be cancelled.

    What still waits here when the connection ends is forgotten: the broker sends it again. The broker's Receive
    Maximum bounds how many wait. It does not hold for QoS 0, which has no acknowledgement: such messages are taken up
    to the same number, and what comes on top is counted in `overflowed`. `strays` counts messages of a subscription
    that the broker still holds for our session and that is not ours any more.
    """

    def __init__(self, capacity: int) -> None:
        self.topic_filter: str | None = None
        self.overflowed = 0
        self.strays = 0
        self._capacity = capacity
        self._waiting: asyncio.Queue[Received] = asyncio.Queue()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Received:
        while True:
            received = await self._waiting.get()
            if self.topic_filter is None or matches(self.topic_filter, received.message.topic):
                return received
            self.strays += 1
            received.ack()

    def forget_unacknowledged(self) -> None:
        """The connection ended: only messages without acknowledgement, which the broker does not repeat, stay."""
        waiting = [self._waiting.get_nowait() for _ in range(self._waiting.qsize())]
        for received in waiting:
            if received.qos == 0:
                self._waiting.put_nowait(received)

    def put(self, received: Received) -> None:
        """Append a message that arrived."""
        if received.qos == 0 and self._waiting.qsize() >= self._capacity:
            self.overflowed += 1
        else:
            self._waiting.put_nowait(received)


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a topic is among those that a filter names (MQTT 5, section 4.7.1)."""
    wanted, given = topic_filter.split("/"), topic.split("/")
    if wanted[-1] == "#":
        wanted.pop()
        given = given[: len(wanted)]
    return len(wanted) == len(given) and all(want in {"+", level} for want, level in zip(wanted, given, strict=True))


@dataclass(slots=True)
class _Connection:
    """One connection from CONNACK to its end, with what was published on it and waits for the broker."""

    number: int
    window: asyncio.Semaphore
    largest_packet: int | None
    unacknowledged: dict[int, asyncio.Future[int]] = field(default_factory=dict)


class MqttClient:
    """A connection to one broker, with at most one subscription.

    As an async context manager it never fails because the broker is away: it goes on trying, and `connected` and
    `last_error` tell how it stands. `connected` is set once the broker has accepted us and the subscription.
    """

    def __init__(self, broker: Broker, will: Message | None = None) -> None:
        """Raises ValueError, in words for a person, when the TLS files cannot be used.

        The broker publishes the will when we leave, whether the connection breaks or is closed.
        """
        self.broker = broker
        self.connected = asyncio.Event()
        self.connections = 0
        self.last_error = ""
        self._inbox = Subscription(broker.receive_maximum)
        self._shared_filter: str | None = None
        self._connection: _Connection | None = None
        events = Events(self._accepted, self._ready, self._ended, self._acknowledged, self._inbox.put)
        self._network = Network(broker, will, events)
        self._thread: asyncio.Future[None] | None = None
        self._owner: asyncio.Task[Any] | None = None
        self._faulty = False

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._owner = asyncio.current_task()
        executor = ThreadPoolExecutor(1, thread_name_prefix=f"mqtt-{self.broker.client_id}")
        self._thread = loop.run_in_executor(executor, self._network.run, loop)
        self._thread.add_done_callback(self._thread_ended)
        executor.shutdown(wait=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        owner, self._owner = self._owner, None
        if self._faulty and owner is not None:
            owner.uncancel()
        self._network.stop()
        if self._thread is not None:
            await asyncio.shield(self._thread)

    def _thread_ended(self, thread: asyncio.Future[None]) -> None:
        """A fault in the network thread ends the block that uses the client; `__aexit__` then raises it."""
        if not thread.cancelled() and thread.exception() is not None and self._owner is not None:
            self._faulty = True
            self._owner.cancel(f"{self.broker}: the network thread failed")

    async def publish(self, message: Message) -> int:
        """Hand a message to the broker with QoS 1 and return the reason code of its acknowledgement, below 0x80.

        Raises PublishRefused when the broker does not take it, and ConnectionLost when there is no connection or it
        ends before the acknowledgement. Nothing is kept for later: sending again is the caller's decision.
        """
        return await (await self.send(message))

    async def send(self, message: Message) -> asyncio.Future[int]:
        """As `publish`, but return once the message is on its way, with its acknowledgement to come.

        What is sent or acknowledged after it reaches the broker after it. Waits while the window is full.
        """
        connection = self._connection
        if connection is None:
            raise ConnectionLost(self.last_error or f"{self.broker}: not connected yet")
        largest = connection.largest_packet
        if largest is not None and len(message.payload) + PACKET_OVERHEAD > largest:
            raise PublishRefused(f"{self.broker}: {len(message.payload)} bytes do not fit its packets of {largest}")
        await connection.window.acquire()
        acknowledged: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        acknowledged.add_done_callback(lambda _: connection.window.release())
        try:
            connection.unacknowledged[self._network.publish(connection.number, message)] = acknowledged
        except MqttError:
            acknowledged.cancel()
            raise
        return acknowledged

    def subscribe(self, topic_filter: str, group: str | None = None) -> Subscription:
        """Subscribe with QoS 1, sharing the messages with the other members of the group if one is given.

        Messages that the broker kept for our session arrive here too. Raises ValueError at a second call.
        """
        if self._inbox.topic_filter is not None:
            raise ValueError(f"{self.broker}: already subscribed to {self._inbox.topic_filter}")
        self._inbox.topic_filter = topic_filter
        self._shared_filter = f"$share/{group}/{topic_filter}" if group else topic_filter
        if self._connection is not None:
            self.connected.clear()
            self._network.subscribe(self._connection.number, self._shared_filter)
        return self._inbox

    def _accepted(self, number: int, receive_maximum: int, largest_packet: int | None) -> None:
        window = asyncio.Semaphore(min(self.broker.window, receive_maximum))
        self._connection = _Connection(number, window, largest_packet)
        if self._shared_filter is None:
            self._ready()
        else:
            self._network.subscribe(number, self._shared_filter)

    def _ready(self) -> None:
        self.connections += 1
        self.last_error = ""
        self.connected.set()

    def _ended(self, reason: str) -> None:
        self.connected.clear()
        self.last_error = f"{self.broker}: {reason}"
        self._inbox.forget_unacknowledged()
        connection, self._connection = self._connection, None
        waiting = [] if connection is None else connection.unacknowledged.values()
        for acknowledged in waiting:
            if not acknowledged.done():
                acknowledged.set_exception(ConnectionLost(self.last_error))

    def _acknowledged(self, packet_id: int, code: int, reason: str) -> None:
        connection = self._connection
        acknowledged = None if connection is None else connection.unacknowledged.pop(packet_id, None)
        if acknowledged is None or acknowledged.done():
            return
        if code < 0x80:
            acknowledged.set_result(code)
        else:
            acknowledged.set_exception(PublishRefused(f"{self.broker}: {reason}"))
