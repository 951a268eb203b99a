"""One message on its way: sent, and sent again until its lines are stored. Knows neither journal nor lanes' order."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Protocol

import structlog

from agent.mqtt import (
    NO_MATCHING_SUBSCRIBERS,
    ConnectionLost,
    Message,
    MessageTooLarge,
    PublishRefused,
    Received,
)
from agent.publish_lanes import Lane
from agent.publish_ranges import Stretch
from agent.settings.model import MqttTable

log = structlog.get_logger(__name__)

ACCEPTED = "accepted"
REJECTED = "rejected"
_LONGEST_PAUSE_S = 3600.0
_LONGEST_REFUSAL_S = 300.0
"""So long at most after a person has mended rights or quota the first message goes; the others follow it at once."""
_AFTER_LOSS_S = 0.05


class Connection(Protocol):
    """What publishing needs of an MQTT client; `agent.mqtt.MqttClient` is one. `connections` counts those so far."""

    connected: asyncio.Event
    connections: int

    async def publish(self, message: Message) -> int:
        """Return the broker's reason code. Raises ConnectionLost and PublishRefused."""
        ...

    def subscribe(self, topic_filter: str, /) -> AsyncIterator[Received]:
        """The messages of a filter, now and after every new connection."""
        ...


@dataclass(slots=True)
class PublishStats:
    """What went out since the start, and what came back.

    A message is acknowledged when its lines are known to be stored, or rejected and kept aside. `publishes_*` count
    single attempts: refused by the broker (rights, quota, size), unheard (nobody has subscribed), lost with their
    connection. Confirmations are `repeated` when what they name is confirmed already, and `unknown` when this run of
    the publisher never sent it or the answer has no known form; neither has an effect. `backlog_rows` are still to be
    sent beside live data, `stretches_ahead` are confirmed behind a gap. `messages_divided` were too large for the
    broker's packets; `too_large` names the devices of which a single row is. `last_error` is what holds up publishing.
    """

    messages_published: int = 0
    messages_acknowledged: int = 0
    messages_rejected: int = 0
    messages_resent: int = 0
    messages_divided: int = 0
    lines_published: int = 0
    publishes_refused: int = 0
    publishes_unheard: int = 0
    publishes_lost: int = 0
    confirmations_repeated: int = 0
    confirmations_unknown: int = 0
    confirmed_seq: int = 0
    stretches_ahead: int = 0
    backlog_rows: int = 0
    too_large: str = ""
    last_error: str = ""


@dataclass(slots=True, eq=False)
class Flight:
    """A message on its way. `answer` is empty until the message is confirmed; `woken` ends a pause."""

    stretch: Stretch
    lane: Lane
    message: Message
    answer: str = ""
    attempts: int = 0
    connection: int = 0
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class _Fate(Enum):
    """What became of one attempt."""

    LOST = auto()
    REFUSED = auto()
    UNHEARD = auto()
    TAKEN = auto()


class Courier:
    """Delivers messages.

    `settle` is called where the broker's acknowledgement is the answer, `divide` with a message that is too large.
    """

    def __init__(
        self,
        client: Connection,
        settings: MqttTable,
        stats: PublishStats,
        settle: Callable[[Flight, str], None],
        divide: Callable[[Flight, MessageTooLarge], None],
    ) -> None:
        self._client = client
        self._settings = settings
        self._stats = stats
        self._settle = settle
        self._divide = divide
        self._refused: set[Flight] = set()

    async def deliver(self, flight: Flight) -> None:
        """Send until there is an answer: at once on a new connection, else after a pause that doubles.

        The pause does not grow where nobody had subscribed and so the broker kept nothing. It grows less far where the
        broker refused (rights, quota), and ends when another message is taken. What is too large is divided instead.
        """
        pause_s = self._settings.resend_s
        while True:
            await self._client.connected.wait()
            if flight.answer:
                return
            try:
                fate = await self._attempt(flight, pause_s)
            except MessageTooLarge as error:
                if not flight.answer:
                    self._divide(flight, error)
                return
            if fate is _Fate.LOST:
                await asyncio.sleep(_AFTER_LOSS_S)
                continue
            woken = await _woken_within(flight.woken, pause_s)
            pause_s = self._settings.resend_s if woken else self._next_pause_s(fate, pause_s)

    def _next_pause_s(self, fate: _Fate, pause_s: float) -> float:
        match fate:
            case _Fate.UNHEARD:
                return self._settings.resend_s
            case _Fate.REFUSED:
                return min(pause_s * 2, max(_LONGEST_REFUSAL_S, self._settings.resend_s))
        return min(pause_s * 2, _LONGEST_PAUSE_S)

    async def _attempt(self, flight: Flight, expiry_s: float) -> _Fate:
        """Send once. The copy expires at the broker when the next one would be sent. Raises MessageTooLarge."""
        flight.woken.clear()
        flight.connection = self._client.connections
        self._stats.messages_resent += flight.attempts > 0
        flight.attempts += 1
        try:
            code = await self._client.publish(replace(flight.message, expiry_s=math.ceil(expiry_s)))
        except ConnectionLost as error:
            self._stats.publishes_lost += 1
            self._stats.last_error = str(error)
            return _Fate.LOST
        except MessageTooLarge:
            raise
        except PublishRefused as error:
            self._refused.add(flight)
            self._was_refused(error)
            return _Fate.REFUSED
        return self._was_taken(flight, code)

    def _was_refused(self, error: PublishRefused) -> None:
        self._stats.publishes_refused += 1
        if self._stats.last_error != str(error):
            log.error("broker_refuses", reason=str(error), hint="check the broker's ACL and quota")
        self._stats.last_error = str(error)

    def _was_taken(self, flight: Flight, code: int) -> _Fate:
        self._refused.discard(flight)
        for refused in self._refused:
            refused.woken.set()
        self._refused.clear()
        unheard = code == NO_MATCHING_SUBSCRIBERS
        self._stats.publishes_unheard += unheard
        if self._settings.confirm == "broker":
            self._stats.last_error = self._stats.too_large
            if not flight.answer:
                self._settle(flight, ACCEPTED)
            return _Fate.TAKEN
        nobody = f"nobody subscribes to {flight.message.topic}; does a bridge run?"
        self._stats.last_error = nobody if unheard else self._stats.too_large
        return _Fate.UNHEARD if unheard else _Fate.TAKEN


async def _woken_within(event: asyncio.Event, pause_s: float) -> bool:
    try:
        async with asyncio.timeout(pause_s):
            await event.wait()
    except TimeoutError:
        return False
    return True
