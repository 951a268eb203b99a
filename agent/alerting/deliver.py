"""Tells people of what the store has, channel by channel: each again until it arrives, with growing pauses.

A channel that hangs holds up no other, and no look at the site. What was not delivered waits on disk over a restart.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import structlog

from agent.alerting.channel import Channel, NotDelivered
from agent.alerting.store import AlertStore, StoredEvent
from agent.storage.refusal import StorageError

log = structlog.get_logger(__name__)

FIRST_PAUSE_S = 30.0
LONGEST_PAUSE_S = 1800.0

T = TypeVar("T")


class InThread(Protocol):
    """Runs a call in the thread that has the store, and waits for it even when cancelled."""

    async def __call__(self, work: Callable[[], T]) -> T:
        """What `work` gives. Raises what it raises."""
        ...


class Deliverer:
    """Tells on one channel. `woken` is set when there is something new to tell."""

    def __init__(
        self, channel: Channel, store: AlertStore, in_thread: InThread, *, first_pause_s: float = FIRST_PAUSE_S
    ) -> None:
        self._channel = channel
        self._store = store
        self._in_thread = in_thread
        self._first_pause_s = first_pause_s
        self.woken = asyncio.Event()

    async def run(self) -> None:
        """Tell until cancelled."""
        pause_s, told = self._first_pause_s, ""
        while True:
            self.woken.clear()
            problem = await self._tell()
            if problem is None:
                pause_s, told = self._first_pause_s, ""
                continue
            if problem and problem != told:
                log.warning("alert_not_delivered", channel=self._channel.name, reason=problem)
            told = problem
            if problem:
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            else:
                await self.woken.wait()

    async def _tell(self) -> str | None:
        """One message; gives why it did not arrive, nothing when there was none, and None when it arrived."""
        channel, store = self._channel, self._store
        try:
            events = await self._in_thread(lambda: store.waiting(channel.name, channel.most))
            if not events:
                return ""
            reason = await self._send(events)
            if reason:
                await self._in_thread(lambda: store.failed(channel.name, events, reason))
                return reason
            await self._in_thread(lambda: store.delivered(channel.name, events))
        except StorageError as error:
            return str(error)
        log.info("alert_delivered", channel=channel.name, events=[event.id for event in events])
        return None

    async def _send(self, events: Sequence[StoredEvent]) -> str:
        try:
            await self._channel.send(events)
        except NotDelivered as error:
            return str(error) or "no reason is known"
        return ""
