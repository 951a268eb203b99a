"""Takes retained submissions from the broker. A message is acknowledged once what became of it is on disk."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from agent.association.inbox.database import StoreAway
from agent.association.inbox.judge import Claim
from agent.association.inbox.parcel import Channel, Parcel, Receipt, one_line
from agent.mqtt import Broker, MqttClient, Received
from agent.submission.sign import MAX_FILE_BYTES

log = structlog.get_logger(__name__)

LARGEST_PACKET_BYTES = MAX_FILE_BYTES + 2 * 65_535 + 100
"""The largest submission, a topic and a property as long as MQTT has them, and the packet's header."""

_AT_ONCE = 4
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0

Take = Callable[[Parcel], Awaitable[Receipt]]


def client_at(broker: Broker) -> MqttClient:
    """A client for a mailbox: at most four messages wait in memory, none larger than a submission can be."""
    return MqttClient(replace(broker, receive_maximum=_AT_ONCE, maximum_packet_bytes=LARGEST_PACKET_BYTES))


class Mailbox:
    """The association's subscription. Every program has its own: the broker gives retained messages to no group."""

    def __init__(self, client: MqttClient, topic_root: str, take: Take) -> None:
        """Subscribes at once, so that the client's first connection has the subscription."""
        self.problem = ""
        self._prefix = f"{topic_root}/submission/"
        self._received = client.subscribe(f"{self._prefix}#")
        self._take = take

    async def empty(self) -> None:
        """Take messages in until cancelled. While the database is away, nothing is acknowledged."""
        async for received in self._received:
            if received.message.payload:  # an empty one takes a retained message back
                receipt = await self._take_in_the_end(self._parcel(received))
                log.info("message", topic=one_line(received.message.topic), outcome=receipt.outcome.value)
            received.ack()

    async def _take_in_the_end(self, parcel: Parcel) -> Receipt:
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                receipt = await self._take(parcel)
            except StoreAway as error:
                self.problem = str(error)
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            else:
                self.problem = ""
                return receipt

    def _parcel(self, received: Received) -> Parcel:
        topic, payload = received.message.topic, received.message.payload
        company, site, year = (*topic.removeprefix(self._prefix).split("/", 2), "", "", "")[:3]
        claim = Claim(company, site, year)
        return Parcel(payload[: MAX_FILE_BYTES + 1], len(payload), Channel.MQTT, topic, claim)
