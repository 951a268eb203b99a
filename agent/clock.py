"""Now, sleep and zone. Everything else asks here for the time, so that tests and the demonstration own it."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """A wall clock and a steady clock that run at the same rate."""

    def now_ms(self) -> int:
        """Wall clock, UTC, milliseconds since 1970. May step when the machine's clock is set."""
        ...

    def steady_s(self) -> float:
        """Seconds from an arbitrary start; never steps."""
        ...

    async def sleep_until(self, steady_s: float) -> None:
        """Return when `steady_s()` has reached the given value; at once if it has."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now_ms(self) -> int:
        """Wall clock, UTC, milliseconds since 1970."""
        return time.time_ns() // 1_000_000

    def steady_s(self) -> float:
        """The monotonic clock in seconds."""
        return time.monotonic()

    async def sleep_until(self, steady_s: float) -> None:
        """Sleep until the monotonic clock has reached the given value."""
        await asyncio.sleep(max(0.0, steady_s - time.monotonic()))


class FastClock:
    """A clock that stands at a chosen moment until `begin`, then runs at a multiple of real time."""

    def __init__(self, start_ms: int, speed: float) -> None:
        self._start_ms = start_ms
        self._speed = speed
        self._real_start_s: float | None = None

    def begin(self) -> None:
        """Let time run."""
        self._real_start_s = time.monotonic()

    def now_ms(self) -> int:
        """The simulated wall clock."""
        return self._start_ms + int(self.steady_s() * 1000)

    def steady_s(self) -> float:
        """Simulated seconds since the start."""
        if self._real_start_s is None:
            return 0.0
        return (time.monotonic() - self._real_start_s) * self._speed

    async def sleep_until(self, steady_s: float) -> None:
        """Sleep until the simulated steady clock has reached the given value."""
        await asyncio.sleep(max(0.0, (steady_s - self.steady_s()) / self._speed))
