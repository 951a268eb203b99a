"""Tells every open page what was just read: one look at the journal, one computation, however many pages are open."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

from agent.dashboard.demand import DemandDay
from agent.dashboard.figures import Figures
from agent.dashboard.journal_view import JournalView
from agent.dashboard.now import Now, NowReader, draw_now
from agent.dashboard.setup import Setup
from agent.storage.database import StorageError

_LOOK_S = 0.5
_REFRESH_S = 10.0
"""Also when nothing comes, ages grow."""
_PING_S = 15.0
MOST_LISTENERS = 100


@dataclass(frozen=True, slots=True)
class Moment:
    """What was computed of one state of the journal. `problem` says why it could not be read."""

    number: int
    now: Now | None
    problem: str = ""


class Hub:
    """Computes the newest moment while somebody listens."""

    def __init__(self, setup: Setup, figures: Figures, view: JournalView) -> None:
        self._setup = setup
        self._figures = figures
        self._view = view
        self._reader = NowReader(setup, view)
        self._changed = asyncio.Condition()
        self._moment = Moment(0, None)
        self._seen: tuple[int, int] | None = None
        self._one = asyncio.Lock()
        self._is_closed = False
        self.listeners = 0
        self.computed = 0

    def demand_day(self) -> DemandDay:
        """Today's half hours of demand, for the thread that reads the journal. Raises StorageError or KeyError."""
        return self._reader.demand_day()

    async def run(self) -> None:
        """Look at the journal until cancelled."""
        idle_s = 0.0
        while True:
            await asyncio.sleep(_LOOK_S)
            idle_s += _LOOK_S
            if self.listeners and (await self._has_changed() or idle_s >= _REFRESH_S):
                idle_s = 0.0
                await self._compute()

    async def close(self) -> None:
        """Let every listener go."""
        self._is_closed = True
        async with self._changed:
            self._changed.notify_all()

    async def moment(self) -> Moment:
        """The newest moment, computed now where the journal has changed since."""
        if await self._has_changed() or self._moment.now is None:
            await self._compute()
        return self._moment

    async def listen(self) -> AsyncIterator[Moment | None]:
        """Each new moment; None now and then, so that a connection that is gone is noticed."""
        self.listeners += 1
        try:
            told = await self.moment()
            yield told
            while not self._is_closed:
                moment = await self._newer(told.number)
                told = moment or told
                if moment is not None or not self._is_closed:
                    yield moment
        finally:
            self.listeners -= 1

    async def _newer(self, number: int) -> Moment | None:
        """The next moment; None when nothing comes for a while, or when the hub is closed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PING_S), self._changed:
                await self._changed.wait_for(lambda: self._is_closed or self._moment.number > number)
        return self._moment if self._moment.number > number else None

    async def _has_changed(self) -> bool:
        try:
            return await self._figures.read(self._view.version) != self._seen
        except StorageError:
            return self._seen is not None or self._moment.number == 0

    async def _compute(self) -> None:
        """Compute the newest moment; whoever asks meanwhile takes the same one."""
        before = self._moment.number
        async with self._one:
            if self._moment.number > before:
                return
            self.computed += 1
            now, problem = None, ""
            try:
                self._seen = await self._figures.read(self._view.version)
                now = await draw_now(self._setup, self._figures, await self._figures.read(self._reader.read))
            except StorageError as error:
                self._seen, problem = None, str(error)
            async with self._changed:
                self._moment = Moment(self._moment.number + 1, now, problem)
                self._changed.notify_all()
