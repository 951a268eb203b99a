"""The MQTT client of the event loop: publish with acknowledgement, one subscription. Knows neither paho nor sockets."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from agent.mqtt.message import Broker, ConnectionLost, Message, MessageTooLarge, MqttError, PublishRefused, Received
from agent.mqtt.network import Events, Network

PACKET_TOO_LARGE = 0x95
"""A reason to end the connection (MQTT 5, section 3.14.2.1). Some brokers acknowledge with it too."""

LEARNED_S = 600.0
"""How long a limit holds that a broker did not announce but enforced. Then it is tried again."""


class Subscription:
    """The received messages, in the order in which the broker sent them. Waiting for the next can be cancelled.

    What still waits here when the connection ends is forgotten: the broker sends it again. The broker's Receive
    Maximum bounds how many wait. It does not hold for QoS 0, which has no acknowledgement: such messages are taken up
    to the same number, and what comes on top is counted in `overflowed`. `strays` counts messages of a subscription
    that the broker still holds for our session and that is not ours any more.
    """

    def __init__(self, capacity: int) -> None:
        self.topic_filters: tuple[str, ...] = ()
        self.overflowed = 0
        self.strays = 0
        self._capacity = capacity
        self._waiting: asyncio.Queue[Received] = asyncio.Queue()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Received:
        while True:
            received = await self._waiting.get()
            if any(matches(topic_filter, received.message.topic) for topic_filter in self.topic_filters):
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
    unacknowledged: dict[int, "_Sent"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Sent:
    """A message that waits for the broker."""

    size_bytes: int
    acknowledged: asyncio.Future[int]
    overdue: asyncio.TimerHandle


@dataclass(frozen=True, slots=True)
class _Learned:
    """The largest packet that a broker which announces no limit is believed to take, until a moment."""

    largest_packet: int
    until_s: float


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
        self._shared_filters: tuple[str, ...] = ()
        self._learned: _Learned | None = None
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

        Raises PublishRefused when the broker does not take it (MessageTooLarge: unless it is divided), and
        ConnectionLost when there is no connection or it ends before the acknowledgement. Nothing is kept for later:
        sending again is the caller's decision.
        """
        return await (await self.send(message))

    async def send(self, message: Message) -> asyncio.Future[int]:
        """As `publish`, but return once the message is on its way, with its acknowledgement to come.

        What is sent or acknowledged after it reaches the broker after it. Waits while the window is full.
        """
        connection = self._connection
        if connection is None:
            raise ConnectionLost(self.last_error or f"{self.broker}: not connected yet")
        size_bytes, largest = message.packet_bytes(), self._largest_packet(connection)
        if largest is not None and size_bytes > largest:
            raise MessageTooLarge(self.broker, size_bytes, largest)
        await connection.window.acquire()
        loop = asyncio.get_running_loop()
        acknowledged: asyncio.Future[int] = loop.create_future()
        acknowledged.add_done_callback(lambda _: connection.window.release())
        try:
            packet_id = self._network.publish(connection.number, message)
        except MqttError:
            acknowledged.cancel()
            raise
        overdue = loop.call_later(self.broker.ack_timeout_s, self._network.leave, connection.number)
        connection.unacknowledged[packet_id] = _Sent(size_bytes, acknowledged, overdue)
        return acknowledged

    def _largest_packet(self, connection: _Connection) -> int | None:
        if self._learned is not None and time.monotonic() > self._learned.until_s:
            self._learned = None
        learned = None if self._learned is None else self._learned.largest_packet
        return min((limit for limit in (connection.largest_packet, learned) if limit is not None), default=None)

    def subscribe(self, *topic_filters: str, group: str | None = None) -> Subscription:
        """Subscribe with QoS 1, sharing the messages with the other members of the group if one is given.

        Messages that the broker kept for our session arrive here too. Raises ValueError at a second call.
        """
        if self._inbox.topic_filters:
            raise ValueError(f"{self.broker}: already subscribed to {', '.join(self._inbox.topic_filters)}")
        self._inbox.topic_filters = topic_filters
        self._shared_filters = tuple(f"$share/{group}/{each}" if group else each for each in topic_filters)
        if self._connection is not None:
            self.connected.clear()
            self._network.subscribe(self._connection.number, self._shared_filters)
        return self._inbox

    def _accepted(self, number: int, receive_maximum: int, largest_packet: int | None) -> None:
        window = asyncio.Semaphore(min(self.broker.window, receive_maximum))
        self._connection = _Connection(number, window, largest_packet)
        if self._shared_filters:
            self._network.subscribe(number, self._shared_filters)
        else:
            self._ready()

    def _ready(self) -> None:
        self.connections += 1
        self.last_error = ""
        self.connected.set()

    def _ended(self, reason: str, code: int) -> None:
        self.connected.clear()
        self.last_error = f"{self.broker}: {reason}"
        self._inbox.forget_unacknowledged()
        connection, self._connection = self._connection, None
        waiting = [] if connection is None else connection.unacknowledged.values()
        if code == PACKET_TOO_LARGE and waiting:
            self._learned = _Learned(max(sent.size_bytes for sent in waiting) - 1, time.monotonic() + LEARNED_S)
        for sent in waiting:
            sent.overdue.cancel()
            if not sent.acknowledged.done():
                sent.acknowledged.set_exception(ConnectionLost(self.last_error))

    def _acknowledged(self, packet_id: int, code: int, reason: str) -> None:
        connection = self._connection
        sent = None if connection is None else connection.unacknowledged.pop(packet_id, None)
        if sent is None:
            return
        sent.overdue.cancel()
        if sent.acknowledged.done():
            return
        if code < 0x80:
            sent.acknowledged.set_result(code)
        elif code == PACKET_TOO_LARGE:
            sent.acknowledged.set_exception(MessageTooLarge(self.broker, sent.size_bytes, None))
        else:
            sent.acknowledged.set_exception(PublishRefused(f"{self.broker}: {reason}"))
