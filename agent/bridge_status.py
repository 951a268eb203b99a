"""What a bridge tells of itself and of gaps: a retained status with a last will, and lines in the log.

It has a connection of its own, beside the one that takes lines: that one stands still while the database is away.
"""

import asyncio
import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

import structlog

from agent.bridge import Stats
from agent.clock import Clock, SystemClock
from agent.gaps import Gap, Gaps
from agent.mqtt import Broker, ConnectionLost, Message, MqttClient, PublishRefused, Subscription

log = structlog.get_logger(__name__)

_MOST_TOLD = 50


@dataclass(frozen=True, slots=True)
class WatchRules:
    """How long numbers may be missing before they are a gap, and how often the bridge looks and tells.

    The patience is longer than the agents' first pauses before they send again (60 s, then 120 s), so that a message
    which was lost once is no gap.
    """

    patience_s: float = 600.0
    look_s: float = 2.0
    status_s: float = 10.0


async def tell_bridge_status(
    broker: Broker, topic_root: str, stats: Stats, rules: WatchRules | None = None, clock: Clock | None = None
) -> None:
    """Keep the bridge's status at the broker and `stats.gaps` true until cancelled. `broker` is the bridge's own."""
    topic = f"{topic_root}/bridge/{broker.client_id}/status"
    will = Message(topic, b'{"state": "offline"}', retain=True)
    client = MqttClient(replace(broker, client_id=f"{broker.client_id}-watch", session_expiry_s=0), will)
    heard = client.subscribe(f"{topic_root}/+/confirmed", f"{topic_root}/+/status")
    watch = _Watch(client, topic, stats, rules or WatchRules(), clock or SystemClock())
    async with client, asyncio.TaskGroup() as group:
        group.create_task(watch.listen(heard))
        group.create_task(watch.look())
        group.create_task(watch.tell())


class _Watch:
    def __init__(self, client: MqttClient, topic: str, stats: Stats, rules: WatchRules, clock: Clock) -> None:
        self._client = client
        self._topic = topic
        self._stats = stats
        self._rules = rules
        self._clock = clock
        self._gaps = Gaps(rules.patience_s)
        self._changed = asyncio.Event()

    async def listen(self, heard: Subscription) -> None:
        """Take what bridges answer and sites say."""
        async for received in heard:
            message = received.message
            _, site, leaf = message.topic.rsplit("/", 2)
            if leaf == "confirmed":
                self._gaps.hear_answer(site, message.correlation or b"")
            elif message.payload == b'{"state": "offline"}':
                self._gaps.went_offline(site)
            else:
                self._gaps.hear_status(site, message.payload)
            received.ack()

    async def look(self) -> None:
        """Find gaps that open and gaps that are filled. While the broker is away nothing is known, and nothing told."""
        connection = 0
        while True:
            await asyncio.sleep(self._rules.look_s)
            if not self._client.connected.is_set():
                continue
            if connection != self._client.connections:
                connection = self._client.connections
                self._gaps.begin_again()
            changes = self._gaps.look(self._clock.steady_s(), self._clock.now_ms())
            for gap in changes.opened:
                log.warning("gap_opened", **_facts(gap), hint="the site sends it again; is the site running?")
            for gap in changes.filled:
                log.info("gap_filled", **_facts(gap))
            self._stats.gaps_opened += len(changes.opened)
            self._stats.gaps_filled += len(changes.filled)
            found = self._gaps.open
            self._stats.gaps = len(found)
            self._stats.gap = "" if not found else _sentence(found[0], len(found))
            if changes.opened or changes.filled:
                self._changed.set()

    async def tell(self) -> None:
        """Publish the status now and then, and at once when a gap opens or is filled."""
        while True:
            await self._client.connected.wait()
            self._changed.clear()
            try:
                await self._client.publish(Message(self._topic, self._status(), retain=True))
            except PublishRefused as error:
                self._was_refused(error)
            except ConnectionLost as error:
                self._stats.status_error = str(error)
            else:
                self._stats.status_error = ""
            try:
                async with asyncio.timeout(self._rules.status_s):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _was_refused(self, error: PublishRefused) -> None:
        if not self._stats.status_error:
            root = self._topic.split("/bridge/")[0]
            hint = f"let this user publish to {self._topic} and read {root}/+/confirmed and {root}/+/status"
            log.warning("status_refused", reason=str(error), hint=hint)
        self._stats.status_error = str(error)

    def _status(self) -> bytes:
        found = self._gaps.open
        status = {
            "state": "online",
            "time_ms": self._clock.now_ms(),
            **asdict(self._stats),
            "sites": self._gaps.sites,
            "sites_forgotten": self._gaps.sites_forgotten,
            "missing": [_facts(gap) for gap in found[:_MOST_TOLD]],
        }
        return json.dumps(status).encode()


def _facts(gap: Gap) -> dict[str, str | int]:
    since = datetime.fromtimestamp(gap.since_ms // 1000, UTC).isoformat()
    return {"site": gap.site, "first": gap.stretch.first_seq, "last": gap.stretch.last_seq, "since": since}


def _sentence(gap: Gap, count: int) -> str:
    more = f" and {count - 1} more" if count > 1 else ""
    since = _facts(gap)["since"]
    return f"site {gap.site}: sequence {gap.stretch.first_seq}-{gap.stretch.last_seq} not stored since {since}{more}"
