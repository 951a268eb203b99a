"""Two lanes to the broker: new rows, and beside them what an outage left behind. Knows no message and no journal."""

import asyncio
from collections import deque
from enum import StrEnum

from agent.publish_ranges import Stretch

_BURST_S = 0.1
"""Time that was lost is made up to this extent only, so that the backlog comes at an even rate."""


class Lane(StrEnum):
    """What a message carries."""

    LIVE = "live"
    BACKLOG = "backlog"


class Window:
    """The places for messages that are not confirmed. The backlog has half of them, so live data always finds one."""

    def __init__(self, size: int) -> None:
        self._all = asyncio.Semaphore(size)
        self._backlog = asyncio.Semaphore(max(1, size // 2))
        self.has_two_lanes = size >= 2

    async def enter(self, lane: Lane) -> None:
        """Take a place as soon as the lane has one."""
        if lane is Lane.BACKLOG:
            await self._backlog.acquire()
        await self._all.acquire()

    def leave(self, lane: Lane) -> None:
        """Give a place back."""
        if lane is Lane.BACKLOG:
            self._backlog.release()
        self._all.release()


class Backlog:
    """The stretches that are still to be sent behind the live data, oldest first."""

    def __init__(self) -> None:
        self._waiting: deque[Stretch] = deque()
        self._has_some = asyncio.Event()

    @property
    def rows(self) -> int:
        """How many numbers of the sequence wait."""
        return sum(stretch.last_seq - stretch.first_seq + 1 for stretch in self._waiting)

    @property
    def stretches(self) -> list[Stretch]:
        """What waits."""
        return list(self._waiting)

    def append(self, stretch: Stretch) -> None:
        """Leave a stretch behind; it follows all that wait."""
        self._waiting.append(stretch)
        self._has_some.set()

    def put_first(self, *stretches: Stretch) -> None:
        """Have these, in their order, sent before all that wait."""
        self._waiting.extendleft(reversed(stretches))
        self._has_some.set()

    async def wait(self) -> None:
        """Return once something waits."""
        await self._has_some.wait()

    def take(self) -> Stretch:
        """Take away the oldest of what waits; `put_first` what of it was not sent."""
        stretch = self._waiting.popleft()
        if not self._waiting:
            self._has_some.clear()
        return stretch


class Pace:
    """Keeps to so many lines a second."""

    def __init__(self, lines_per_s: float) -> None:
        self._lines_per_s = lines_per_s
        self._due_s = 0.0

    async def wait(self, lines: int) -> None:
        """Return when the next lines may follow `lines` that were sent now."""
        now_s = asyncio.get_running_loop().time()
        self._due_s = max(self._due_s, now_s - _BURST_S) + lines / self._lines_per_s
        await asyncio.sleep(max(0.0, self._due_s - now_s))
