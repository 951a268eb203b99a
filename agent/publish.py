"""From the journal to the broker: messages in order, several in flight, each sent again until its lines are stored.

What counts as stored is the bridge's confirmation (or, where the site file says so, the broker's acknowledgement). Only
a confirmed sequence without a gap moves the cursor, and only the cursor releases frames from the journal.
"""

import asyncio
import json
import math
from collections import deque
from dataclasses import dataclass, field, replace

import structlog

from agent.accounting.interval import Event
from agent.clock import Clock
from agent.encoder import Encoder, LineBatch
from agent.mqtt import ConnectionLost, Message, MqttClient, PublishRefused, Subscription
from agent.recorder import Recorder
from agent.settings.model import MqttTable

log = structlog.get_logger(__name__)

DESTINATION = "mqtt"
CONTENT_TYPE = "text/plain; format=influx-line-protocol; precision=ms"
_LONGEST_RESEND_S = 3600.0
_LOOK_AGAIN_S = 1.0
_STATUS_S = 10.0


@dataclass(slots=True)
class PublishStats:
    """What went out. `acknowledged` counts messages whose lines are known to be stored."""

    messages_published: int = 0
    messages_acknowledged: int = 0
    messages_rejected: int = 0
    messages_resent: int = 0
    lines_published: int = 0
    confirmed_seq: int = 0
    last_error: str = ""


@dataclass(slots=True)
class _Flight:
    """A message on its way, until it is confirmed."""

    batch: LineBatch
    message: Message
    confirmed: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def correlation(self) -> bytes:
        """Names the range of the sequence that the message carries."""
        return f"{self.batch.first_seq}-{self.batch.last_seq}".encode()


def topic_of(settings: MqttTable, site_id: str, leaf: str) -> str:
    """One of the site's topics: `lines`, `confirmed` or `status`."""
    return f"{settings.topic_root}/{site_id}/{leaf}"


class Publisher:
    """Publishes the journal of one site."""

    def __init__(
        self,
        site_id: str,
        settings: MqttTable,
        confirmed_seq: int,
        *,
        client: MqttClient,
        recorder: Recorder,
        encoder: Encoder,
        clock: Clock,
    ) -> None:
        """Go on behind `confirmed_seq`, up to which everything is known to be stored."""
        self._site_id = site_id
        self._settings = settings
        self._client = client
        self._recorder = recorder
        self._encoder = encoder
        self._clock = clock
        self._flights: deque[_Flight] = deque()
        self._window = asyncio.Semaphore(settings.window)
        self._moved = asyncio.Event()
        self.stats = PublishStats(confirmed_seq=confirmed_seq)

    async def run(self) -> None:
        """Publish until cancelled."""
        confirmations = self._client.subscribe(topic_of(self._settings, self._site_id, "confirmed"))
        async with asyncio.TaskGroup() as group:
            group.create_task(self._take_confirmations(confirmations))
            group.create_task(self._tell_status())
            group.create_task(self._send_all(group))

    async def drained(self) -> None:
        """Return once everything that is durable in the journal is confirmed."""
        while self.stats.confirmed_seq < self._recorder.durable_seq:
            self._moved.clear()
            await self._moved.wait()

    async def _send_all(self, group: asyncio.TaskGroup) -> None:
        sent_seq = self.stats.confirmed_seq
        while True:
            await self._window.acquire()
            batch = await self._next_batch(sent_seq)
            sent_seq = batch.last_seq
            flight = _Flight(batch, self._message(batch))
            self._flights.append(flight)
            self.stats.messages_published += 1
            self.stats.lines_published += batch.lines
            group.create_task(self._deliver(flight))

    async def _next_batch(self, sent_seq: int) -> LineBatch:
        while True:
            await self._recorder.wait_for_more(sent_seq)
            batch = await asyncio.to_thread(self._encoder.next_batch, sent_seq)
            if batch is not None:
                return batch
            await asyncio.sleep(_LOOK_AGAIN_S)

    def _message(self, batch: LineBatch) -> Message:
        return Message(
            topic_of(self._settings, self._site_id, "lines"),
            batch.payload,
            content_type=CONTENT_TYPE,
            response_topic=topic_of(self._settings, self._site_id, "confirmed"),
            correlation=f"{batch.first_seq}-{batch.last_seq}".encode(),
            user_properties=(("lines", str(batch.lines)),),
        )

    async def _deliver(self, flight: _Flight) -> None:
        """Send a message, and send it again after a pause that doubles, until it is confirmed."""
        pause_s = self._settings.resend_s
        while not flight.confirmed.done():
            await self._client.connected.wait()
            try:
                await self._client.publish(replace(flight.message, expiry_s=math.ceil(pause_s)))
            except ConnectionLost as error:
                self.stats.last_error = str(error)
                await asyncio.sleep(0)
                continue
            except PublishRefused as error:
                self._tell_refused(error)
            else:
                self._broker_has(flight)
            await asyncio.wait([flight.confirmed], timeout=pause_s)
            if not flight.confirmed.done():
                pause_s = min(pause_s * 2, _LONGEST_RESEND_S)
                self.stats.messages_resent += 1
        self._settle(flight)

    def _broker_has(self, flight: _Flight) -> None:
        self.stats.last_error = ""
        if self._settings.confirm == "broker" and not flight.confirmed.done():
            flight.confirmed.set_result("accepted")

    def _tell_refused(self, error: PublishRefused) -> None:
        if self.stats.last_error != str(error):
            log.error("broker_refuses", reason=str(error), hint="check the broker's ACL, quota and packet size")
        self.stats.last_error = str(error)

    def _settle(self, flight: _Flight) -> None:
        """Count a confirmed message, and move the cursor over all that is confirmed without a gap.

        The window opens only there: what is in flight stays one short stretch of the sequence.
        """
        answer = flight.confirmed.result()
        self.stats.messages_acknowledged += 1
        if answer != "accepted":
            self.stats.messages_rejected += 1
            log.error("lines_rejected", sequence=flight.correlation.decode(), reason=answer)
            detail = f"sequence {flight.correlation.decode()}: {answer}"
            self._recorder.note(Event(self._clock.now_ms(), "", "", "lines_rejected", detail))
        while self._flights and self._flights[0].confirmed.done():
            self.stats.confirmed_seq = self._flights.popleft().batch.last_seq
            self._recorder.confirm(DESTINATION, self.stats.confirmed_seq)
            self._window.release()
            self._moved.set()

    async def _take_confirmations(self, confirmations: Subscription) -> None:
        async for received in confirmations:
            for flight in self._flights:
                if flight.correlation == received.message.correlation and not flight.confirmed.done():
                    flight.confirmed.set_result(received.message.payload.decode(errors="replace"))
            received.ack()

    async def _tell_status(self) -> None:
        """Keep a retained status at the broker; its last will replaces it when the agent is gone."""
        while True:
            await self._client.connected.wait()
            status = {
                "state": "online",
                "time_ms": self._clock.now_ms(),
                "durable_seq": self._recorder.durable_seq,
                "confirmed_seq": self.stats.confirmed_seq,
                "disk_error": self._recorder.disk_error,
            }
            topic = topic_of(self._settings, self._site_id, "status")
            try:
                await self._client.publish(Message(topic, json.dumps(status).encode(), retain=True))
            except (ConnectionLost, PublishRefused) as error:
                self.stats.last_error = str(error)
            await asyncio.sleep(_STATUS_S)
