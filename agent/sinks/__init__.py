"""What a sink is and how it refuses. Knows no database and no file.

A sink is imported from its own file, and only where it is configured: its client library is heavy.
"""

from typing import Protocol


class SinkError(Exception):
    """Lines were not stored.

    The tree::

        SinkError
        ├── SinkUnavailable     not now: the same lines may be accepted later
        ├── SinkMisconfigured   not until a person has changed something
        └── LinesRefused        never: at least one of these lines is not acceptable
    """


class SinkUnavailable(SinkError):  # noqa: N818 - the state of the sink, not only an error
    """The sink cannot take lines now. `retry_after_s` is how long it asks to be left alone, if it said so."""

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class SinkMisconfigured(SinkError):  # noqa: N818
    """The sink would refuse any lines. `hint` says what to do about it."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(f"{reason}: {hint}")
        self.reason = reason
        self.hint = hint


class LinesRefused(SinkError):  # noqa: N818
    """The sink does not accept at least one of these lines; it may have stored the others."""


class Sink(Protocol):
    """Stores lines of the InfluxDB line protocol, with times in milliseconds. Used by one task."""

    async def write(self, lines: bytes, line_count: int) -> None:
        r"""Store lines, separated by `\n`, and return when they are stored. Writing them twice does no harm.

        Raises SinkUnavailable, SinkMisconfigured or LinesRefused.
        """
        ...

    async def close(self) -> None:
        """Release what the sink holds. Never raises SinkError."""
        ...
