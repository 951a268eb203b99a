"""Alerts on MQTT: what is raised now, retained, and one message for each event."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Protocol

from agent.alerting.channel import NotDelivered
from agent.alerting.notice import Wording
from agent.alerting.records import event_record
from agent.alerting.store import StoredEvent
from agent.mqtt import Message, MqttError

CONTENT_TYPE = "application/json"
_PATIENCE_S = 30.0


class Connection(Protocol):
    """What is needed of a client."""

    connected: asyncio.Event
    connections: int
    last_error: str

    async def publish(self, message: Message) -> int:
        """See `MqttClient.publish`."""
        ...


class MqttChannel:
    """Publishes to `<topic>` (retained) and `<topic>/events`."""

    name = "mqtt"
    most = 1

    def __init__(self, connection: Connection, topic: str, wording: Wording) -> None:
        self._connection = connection
        self._topic = topic
        self._wording = wording

    async def send(self, events: Sequence[StoredEvent]) -> None:
        """Publish events, each as a message of its own. Raises NotDelivered."""
        for event in events:
            await self._publish(f"{self._topic}/events", event_record(self._wording, event), retain=False)

    async def tell_now(self, record: Mapping[str, object]) -> None:
        """Leave what stands now with the broker. Raises NotDelivered."""
        await self._publish(self._topic, record, retain=True)

    async def _publish(self, topic: str, record: Mapping[str, object], *, retain: bool) -> None:
        payload = json.dumps(record, ensure_ascii=False, allow_nan=False).encode()
        message = Message(topic, payload, retain=retain, content_type=CONTENT_TYPE)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._connection.connected.wait()
                await self._connection.publish(message)
        except TimeoutError:
            raise NotDelivered(self._connection.last_error or "the broker does not answer") from None
        except MqttError as error:
            raise NotDelivered(str(error)) from error
