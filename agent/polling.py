"""All endpoints of a site at once: one poller and one task each, and what changes when the site file does."""

import asyncio
from collections.abc import Callable, Iterable

from agent.clock import Clock
from agent.poll import Poller
from agent.recorder import Recorder
from agent.settings.endpoints import Endpoint
from agent.timekeeper import Timekeeper


class Polling:
    """The pollers of a site. Those whose endpoint does not change go on without missing a tick."""

    def __init__(self, endpoints: Iterable[Endpoint], clock: Clock, keeper: Timekeeper, recorder: Recorder) -> None:
        self._parts = (clock, keeper, recorder)
        self._endpoints = {endpoint.id: endpoint for endpoint in endpoints}
        self._pollers = {name: Poller(endpoint, *self._parts) for name, endpoint in self._endpoints.items()}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._group: asyncio.TaskGroup | None = None

    @property
    def pollers(self) -> list[Poller]:
        """The pollers, in the order of the site file."""
        return list(self._pollers.values())

    async def run(self) -> None:
        """Poll every endpoint until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            for name in self._pollers:
                self._start(name)
            await asyncio.Event().wait()  # the group stays open for endpoints that come later

    async def adopt(self, endpoints: Iterable[Endpoint], in_between: Callable[[], None]) -> list[str]:
        """Go on with other endpoints: stop those that are gone or changed, start those that are new or changed.

        `in_between` is called while none of the touched ones is polled. Gives the ids of all that were touched.
        """
        wanted = {endpoint.id: endpoint for endpoint in endpoints}
        touched = [
            name
            for name in dict.fromkeys((*self._endpoints, *wanted))
            if name not in wanted
            or name not in self._endpoints
            or self._endpoints[name].settings != wanted[name].settings
        ]
        await self._stop([name for name in touched if name in self._pollers])
        in_between()
        kept = self._pollers
        self._endpoints = wanted
        self._pollers = {
            name: kept[name] if name not in touched else Poller(endpoint, *self._parts)
            for name, endpoint in wanted.items()
        }
        for name in touched:
            if name in self._pollers:
                self._start(name)
        return touched

    async def _stop(self, names: list[str]) -> None:
        tasks = [self._tasks.pop(name) for name in names if name in self._tasks]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _start(self, name: str) -> None:
        if self._group is not None:
            self._tasks[name] = self._group.create_task(self._pollers[name].run(), name=f"poll {name}")
