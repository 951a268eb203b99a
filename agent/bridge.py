"""MQTT → database: takes lines from the broker, stores them, tells the site, then acknowledges. Knows no meters.

A message stays with the broker until its lines are stored, so nothing is lost when this process ends; what is stored
twice overwrites itself. Lines that the database will never accept go to `refused`, and the site is told.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from agent.clock import Clock, SystemClock
from agent.mqtt import ConnectionLost, Message, MqttClient, PublishRefused, Received, Subscription
from agent.sinks import LinesRefused, Sink, SinkMisconfigured, SinkUnavailable


@dataclass(slots=True)
class Stats:
    """What the bridge has done since it started. `last_error` is what holds it up now; empty while all is well.

    `gaps` are open now, and `gap` tells of the first; `status_error` is why its own status could not be published.
    """

    messages_received: int = 0
    lines_received: int = 0
    lines_delivered: int = 0
    lines_rejected: int = 0
    last_rejection: str = ""
    batches: int = 0
    retries: int = 0
    confirmations_refused: int = 0
    gaps_opened: int = 0
    gaps_filled: int = 0
    gaps: int = 0
    gap: str = ""
    status_error: str = ""
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class BatchRules:
    """When a batch is complete: so many lines, or so long after its first message.

    It is complete too with as many messages as the broker sends without acknowledgement, the client's
    `receive_maximum`. A message is not divided, so the last one of a batch may go beyond `max_lines`.
    """

    max_lines: int = 5000
    max_wait_s: float = 0.1


@dataclass(frozen=True, slots=True)
class RetryRules:
    """The pause before lines are offered to a sink again doubles from first to longest."""

    first_pause_s: float = 0.5
    longest_pause_s: float = 60.0


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A line that the sink will never accept, and why."""

    line: bytes
    reason: str


async def run_bridge(
    client: MqttClient,
    sink: Sink,
    refused: Sink,
    topic_filter: str,
    group: str | None = None,
    *,
    batch: BatchRules | None = None,
    retry: RetryRules | None = None,
    stats: Stats | None = None,
    clock: Clock | None = None,
) -> None:
    """Carry lines from the broker to the sink until cancelled.

    With a group, any number of bridges share the messages. A sink that is away or misconfigured is tried for ever,
    while the broker keeps the messages; `stats.last_error` then says what to do.
    """
    pauses = _Pauses(retry or RetryRules(), clock or SystemClock())
    bridge = _Bridge(client, sink, refused, pauses, stats or Stats())
    messages = client.subscribe(topic_filter, group=group)
    while True:
        await bridge.carry(await _take(messages, client.broker.receive_maximum, batch or BatchRules()))


async def _take(messages: Subscription, most: int, rules: BatchRules) -> list[Received]:
    """The next messages: at least one, and those that follow it soon."""
    taken = [await anext(messages)]
    line_count = _count(taken[0])
    try:
        async with asyncio.timeout(rules.max_wait_s):
            while line_count < rules.max_lines and len(taken) < most:
                received = await anext(messages)
                taken.append(received)
                line_count += _count(received)
    except TimeoutError:
        pass
    return taken


def _count(received: Received) -> int:
    return received.message.payload.count(b"\n") + 1


@dataclass(frozen=True, slots=True)
class _Pauses:
    """How a pause is spent."""

    rules: RetryRules
    clock: Clock

    async def spend(self, seconds: float) -> None:
        """Wait so long, or a little longer, so that bridges do not come back at one moment."""
        longer_s = seconds * random.uniform(1.0, 1.2)  # noqa: S311 - no secret
        await self.clock.sleep_until(self.clock.steady_s() + longer_s)


class _Bridge:
    def __init__(self, client: MqttClient, sink: Sink, refused: Sink, pauses: _Pauses, stats: Stats) -> None:
        self._client = client
        self._sink = sink
        self._refused = refused
        self._pauses = pauses
        self._stats = stats

    async def carry(self, batch: Sequence[Received]) -> None:
        """Store a batch, tell each site, and acknowledge in the order of arrival (MQTT 5, section 4.6)."""
        lines = [_lines(received.message.payload) for received in batch]
        self._stats.messages_received += len(batch)
        self._stats.lines_received += sum(map(len, lines))
        refusals = await self._store(lines)
        for received, refused in zip(batch, refusals, strict=True):
            if refused:
                await self._set_aside(received.message, refused)
        for received, sent, refused in zip(batch, lines, refusals, strict=True):
            await self._tell(received.message, len(sent), refused)
            received.ack()

    async def _store(self, lines_of_messages: Sequence[list[bytes]]) -> Sequence[list[_Refusal]]:
        """Store the lines of all messages; returns what was refused of each."""
        try:
            await self._write(self._sink, [line for lines in lines_of_messages for line in lines])
        except LinesRefused:
            refusals = [await self._store_apart(lines) for lines in lines_of_messages]
        else:
            refusals = [[] for _ in lines_of_messages]
        rejected = sum(map(len, refusals))
        self._stats.lines_rejected += rejected
        self._stats.lines_delivered += sum(map(len, lines_of_messages)) - rejected
        return refusals

    async def _store_apart(self, lines: list[bytes]) -> list[_Refusal]:
        """Store lines, halving what is refused until each refused line stands alone."""
        try:
            await self._write(self._sink, lines)
        except LinesRefused as error:
            if len(lines) == 1:
                return [_Refusal(lines[0], " ".join(str(error).split()))]
            middle = len(lines) // 2
            return await self._store_apart(lines[:middle]) + await self._store_apart(lines[middle:])
        return []

    async def _set_aside(self, message: Message, refusals: list[_Refusal]) -> None:
        """Keep refused lines with the reason in front, as a comment of the line protocol."""
        text: list[bytes] = []
        self._stats.last_rejection = f"{message.topic}: {refusals[0].reason}"
        for refusal in refusals:
            text += [f"# {message.topic}: {refusal.reason}".encode(), refusal.line]
        await self._write(self._refused, text)

    async def _write(self, sink: Sink, lines: list[bytes]) -> None:
        """Write until the sink has decided. Raises LinesRefused."""
        pause_s = self._pauses.rules.first_pause_s
        while lines:
            try:
                await sink.write(b"\n".join(lines), len(lines))
            except SinkUnavailable as error:
                await self._pause(error, max(pause_s, error.retry_after_s or 0.0))
            except SinkMisconfigured as error:
                await self._pause(error, pause_s)
            else:
                self._stats.batches += 1
                self._stats.last_error = ""
                return
            pause_s = min(2 * pause_s, self._pauses.rules.longest_pause_s)

    async def _pause(self, error: Exception, pause_s: float) -> None:
        self._stats.retries += 1
        self._stats.last_error = str(error)
        await self._pauses.spend(pause_s)

    async def _tell(self, message: Message, line_count: int, refusals: list[_Refusal]) -> None:
        """Tell the site what became of its message.

        The answer goes ahead of our acknowledgement on the same connection, so the broker never takes the second
        without the first; where the connection is lost it sends the message again.
        """
        if message.response_topic is None or message.correlation is None:
            return
        text = "accepted"
        if refusals:
            text = f"rejected: {len(refusals)} of {line_count} lines: {refusals[0].reason}"
        try:
            told = await self._client.send(
                Message(message.response_topic, text.encode(), correlation=message.correlation)
            )
        except ConnectionLost:
            return
        except PublishRefused as error:
            self._was_refused(message.response_topic, error)
        else:
            told.add_done_callback(partial(self._was_told, message.response_topic))

    def _was_told(self, topic: str, told: asyncio.Future[int]) -> None:
        error = None if told.cancelled() else told.exception()
        if isinstance(error, PublishRefused):
            self._was_refused(topic, error)

    def _was_refused(self, topic: str, error: PublishRefused) -> None:
        """The lines are stored; the site, not told so, will send them again."""
        self._stats.confirmations_refused += 1
        self._stats.last_error = f"{error}; let this user publish to {topic}"


def _lines(payload: bytes) -> list[bytes]:
    return [line for line in payload.splitlines() if line]
