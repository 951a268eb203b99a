"""From the journal to the broker: several messages in flight, each sent again until its lines are stored.

What counts as stored is the bridge's confirmation (or, where the site file says so, the broker's acknowledgement). The
cursor moves over what is confirmed without a gap, and only the cursor releases frames from the journal. What an
outage left behind goes out in a lane of its own, so that new rows do not wait for it.
"""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator

import structlog

from agent.accounting.interval import Event
from agent.clock import Clock
from agent.encoder import Encoder, LineBatch
from agent.mqtt import ConnectionLost, Message, MessageTooLarge, PublishRefused, Received
from agent.publish_flight import ACCEPTED, REJECTED, Connection, Courier, Flight, PublishStats
from agent.publish_lanes import Backlog, Lane, Pace, Window
from agent.publish_oversized import Obstacle, Parked, device_of, halves
from agent.publish_ranges import Confirmed, Stretch
from agent.recorder import Recorder
from agent.settings.model import MqttTable

__all__ = ["CONTENT_TYPE", "DESTINATION", "PublishStats", "Publisher", "topic_of"]

log = structlog.get_logger(__name__)

DESTINATION = "mqtt"
CONTENT_TYPE = "text/plain; format=influx-line-protocol; precision=ms"
_LOOK_S = 0.2
_STATUS_S = 10.0
_MOST_TOLD = 50
_PARKED_S = 600.0
"""How often rows that are too large for the broker are tried again, beside each new connection."""


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
        client: Connection,
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
        self._run = secrets.token_hex(4)  # so that no answer to an earlier run, perhaps of another journal, counts
        self._live_seq = confirmed_seq
        self._backlog = Backlog()
        self._confirmed = Confirmed(confirmed_seq)
        self._flights: dict[bytes, Flight] = {}
        self._window = Window(settings.window)
        self._one_reader = asyncio.Lock()
        self._moved = asyncio.Event()
        self.stats = PublishStats(confirmed_seq=confirmed_seq)
        self._courier = Courier(client, settings, self.stats, self._settle, self._divide)
        self._parked = Parked()
        self._most_rows: int | None = None  # of a message, after one was too large

    async def run(self) -> None:
        """Publish until cancelled."""
        confirmations = self._client.subscribe(topic_of(self._settings, self._site_id, "confirmed"))
        async with asyncio.TaskGroup() as group:
            group.create_task(self._take_confirmations(confirmations))
            group.create_task(self._tell_status())
            group.create_task(self._follow_connections())
            group.create_task(self._send_live(group))
            group.create_task(self._send_backlog(group))

    async def drained(self) -> None:
        """Return once everything that is durable in the journal is confirmed."""
        while self.stats.confirmed_seq < self._recorder.durable_seq:
            self._moved.clear()
            await self._moved.wait()

    async def _send_live(self, group: asyncio.TaskGroup) -> None:
        """Send new rows as they become durable. When too many wait, leave them to the backlog and go on behind them."""
        while True:
            await self._window.enter(Lane.LIVE)
            durable_seq = await self._recorder.wait_for_more(self._live_seq)
            if durable_seq - self._live_seq > self._settings.backlog_after_rows and self._window.has_two_lanes:
                self._backlog.append(Stretch(self._live_seq + 1, durable_seq))
                self._live_seq, self.stats.backlog_rows = durable_seq, self._backlog.rows
                durable_seq = await self._recorder.wait_for_more(self._live_seq)
            batch = await self._read(self._live_seq, durable_seq)
            self._live_seq = batch.last_seq
            self._send(group, batch, Lane.LIVE)

    async def _send_backlog(self, group: asyncio.TaskGroup) -> None:
        """Send what was left behind, oldest first and at a stated pace, beside the live lane."""
        pace = Pace(self._settings.backlog_lines_per_s)
        while True:
            await self._backlog.wait()
            await self._window.enter(Lane.BACKLOG)
            stretch = self._backlog.take()
            batch = await self._read(stretch.first_seq - 1, stretch.last_seq)
            if batch.last_seq < stretch.last_seq:
                self._backlog.put_first(Stretch(batch.last_seq + 1, stretch.last_seq))
            self.stats.backlog_rows = self._backlog.rows
            self._send(group, batch, Lane.BACKLOG)
            await pace.wait(batch.lines)

    async def _read(self, after_seq: int, up_to_seq: int) -> LineBatch:
        """The next batch, from a thread that has ended when this returns or is cancelled."""
        if self._most_rows is not None:
            up_to_seq = min(up_to_seq, after_seq + self._most_rows)
        async with self._one_reader:
            reading = asyncio.ensure_future(asyncio.to_thread(self._encoder.next_batch, after_seq, up_to_seq))
            try:
                return await asyncio.shield(reading)
            finally:
                await asyncio.wait([reading])

    def _send(self, group: asyncio.TaskGroup, batch: LineBatch, lane: Lane) -> None:
        """Let a batch go; it keeps its place in the window until it is confirmed. Without lines it needs no message."""
        stretch = Stretch(batch.first_seq, batch.last_seq)
        if not batch.lines:
            self._window.leave(lane)
            self._confirm(stretch)
            return
        name = stretch.name(self._run)
        if name in self._flights:  # rows that were parked behind one that was too large may be on their way already
            self._window.leave(lane)
            return
        flight = Flight(stretch, lane, self._message(batch, name))
        self._flights[name] = flight
        self.stats.messages_published += 1
        self.stats.lines_published += batch.lines
        group.create_task(self._courier.deliver(flight))

    def _message(self, batch: LineBatch, correlation: bytes) -> Message:
        return Message(
            topic_of(self._settings, self._site_id, "lines"),
            batch.payload,
            content_type=CONTENT_TYPE,
            response_topic=topic_of(self._settings, self._site_id, "confirmed"),
            correlation=correlation,
            user_properties=(("lines", str(batch.lines)),),
        )

    async def _take_confirmations(self, confirmations: AsyncIterator[Received]) -> None:
        async for received in confirmations:
            self._hear(received.message.correlation or b"", received.message.payload.decode(errors="replace"))
            received.ack()

    def _hear(self, correlation: bytes, answer: str) -> None:
        """An answer to a message in flight settles it; any other is counted only."""
        flight = self._flights.get(correlation)
        stretch = Stretch.named(correlation, self._run)
        if flight is not None and (answer == ACCEPTED or answer.startswith(REJECTED)):
            self._settle(flight, answer)
        elif stretch is not None and self._confirmed.covers(stretch):
            self.stats.confirmations_repeated += 1
        else:
            self.stats.confirmations_unknown += 1

    def _settle(self, flight: Flight, answer: str) -> None:
        """A message needs nothing more. What was rejected is kept at the bridge, and recorded here as an event."""
        self._end(flight, answer)
        self.stats.messages_acknowledged += 1
        if answer.startswith(REJECTED):
            name = f"{flight.stretch.first_seq}-{flight.stretch.last_seq}"
            self.stats.messages_rejected += 1
            log.error("lines_rejected", sequence=name, reason=answer)
            self._recorder.note(Event(self._clock.now_ms(), "", "", "lines_rejected", f"sequence {name}: {answer}"))
        self._confirm(flight.stretch)

    def _end(self, flight: Flight, answer: str) -> None:
        del self._flights[flight.stretch.name(self._run)]
        flight.answer = answer
        flight.woken.set()
        self._window.leave(flight.lane)

    def _divide(self, flight: Flight, error: MessageTooLarge) -> None:
        """Have the rows of a message that no packet holds sent in two messages; park a row that stands alone."""
        self._end(flight, "divided")
        self.stats.messages_published -= 1  # it never went out
        self.stats.lines_published -= flight.message.payload.count(b"\n") + 1
        stretch = flight.stretch
        if stretch.first_seq == stretch.last_seq:
            self._park(stretch.first_seq, flight.message.payload, error)
            return
        first, second = halves(stretch)
        self._most_rows = first.last_seq - first.first_seq + 1
        self.stats.messages_divided += 1
        self._backlog.put_first(first, second)
        self.stats.backlog_rows = self._backlog.rows

    def _park(self, seq: int, payload: bytes, error: MessageTooLarge) -> None:
        """Let a row wait that is too large for any packet, and all others go on. It holds the cursor."""
        obstacle = Obstacle(device_of(payload), error.size_bytes, error.limit_bytes)
        if self._parked.add(seq, obstacle, self._confirmed):
            log.error("row_too_large", sequence=seq, device=obstacle.device, reason=str(obstacle))
            detail = f"sequence {seq}: {obstacle}"
            self._recorder.note(Event(self._clock.now_ms(), obstacle.device, "", "row_too_large", detail))
        self.stats.too_large = self.stats.last_error = self._parked.problem

    def _confirm(self, stretch: Stretch) -> None:
        """Note what is stored, and move the cursor over all that is so without a gap."""
        released = self._parked.release(stretch)
        if not self._parked.holds(stretch) and self._confirmed.add(stretch):
            self.stats.confirmed_seq = self._confirmed.cursor_seq
            self._recorder.confirm(DESTINATION, self._confirmed.cursor_seq)
            self._moved.set()
        self.stats.stretches_ahead = len(self._confirmed.ahead)
        if released is not None:
            log.info("rows_fit_again", first=released.first_seq, last=released.last_seq)
            self._backlog.append(released)
            self.stats.too_large, self.stats.backlog_rows = "", self._backlog.rows

    async def _follow_connections(self) -> None:
        """A broker may have lost with its connection what it had acknowledged, so all that is in flight goes again.

        It may also have other limits now.
        """
        connection, tried_s = self._client.connections, self._clock.steady_s()
        while True:
            await asyncio.sleep(_LOOK_S)
            for flight in self._flights.values():
                if flight.connection != self._client.connections:
                    flight.woken.set()
            if connection != self._client.connections or self._clock.steady_s() - tried_s > _PARKED_S:
                connection, tried_s = self._client.connections, self._clock.steady_s()
                self._most_rows = None
                self._try_parked()

    def _try_parked(self) -> None:
        if self._parked.stretch is not None:
            first_seq = self._parked.stretch.first_seq
            self._backlog.put_first(Stretch(first_seq, first_seq))

    async def _tell_status(self) -> None:
        """Keep a retained status at the broker; its last will replaces it when the agent is gone."""
        topic = topic_of(self._settings, self._site_id, "status")
        while True:
            await self._client.connected.wait()
            status = {
                "state": "online",
                "time_ms": self._clock.now_ms(),
                "durable_seq": self._recorder.durable_seq,
                "confirmed_seq": self.stats.confirmed_seq,
                "backlog_rows": self.stats.backlog_rows,
                "disk_error": self._recorder.disk_error,
                **self._sequence(),
            }
            try:
                await self._client.publish(Message(topic, json.dumps(status).encode(), retain=True))
            except (ConnectionLost, PublishRefused) as error:
                self.stats.last_error = str(error)
            await asyncio.sleep(_STATUS_S)

    def _sequence(self) -> dict[str, object]:
        """What bridges need to know which numbers are missing: what is not confirmed, and what is not sent yet."""
        waiting = sorted(self._backlog.stretches + ([self._parked.stretch] if self._parked.stretch else []))
        if len(waiting) > _MOST_TOLD:
            rest = waiting[_MOST_TOLD - 1 :]
            waiting[_MOST_TOLD - 1 :] = [Stretch(rest[0].first_seq, max(each.last_seq for each in rest))]
        return {
            "run": self._run,
            "confirm": self._settings.confirm,
            "highest_seq": self._confirmed.highest_seq,
            "unconfirmed": [[gap.first_seq, gap.last_seq] for gap in self._confirmed.gaps[:_MOST_TOLD]],
            "waiting": [[each.first_seq, each.last_seq] for each in waiting],
        }
