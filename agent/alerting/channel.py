"""A way to tell somebody of alerts, and the one error that it may raise."""

from collections.abc import Sequence
from typing import Protocol

from agent.alerting.store import StoredEvent

_SHOWN = 300


class NotDelivered(Exception):  # noqa: N818 - what happened to the message
    """It did not arrive; says why, for a person, without any secret. The same may be tried again."""

    def __init__(self, reason: str) -> None:
        super().__init__(" ".join("".join(c if c.isprintable() else " " for c in reason).split())[:_SHOWN])


class Channel(Protocol):
    """A way to tell. `most` is how many events one message may carry."""

    name: str
    most: int

    async def send(self, events: Sequence[StoredEvent]) -> None:
        """Tell of events, oldest first, in one message. Raises NotDelivered."""
        ...
