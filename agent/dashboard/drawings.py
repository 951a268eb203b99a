"""What was drawn, each once however many pages ask for it, in a thread. Knows nothing of what is drawn."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

T = TypeVar("T")
_MOST_WEIGHT = 150_000
"""Of what is kept together; with figures by time as heavy as they are many, some 150 MB."""


@dataclass(slots=True)
class _Drawing(Generic[T]):
    """What is being drawn, or was, for a mark."""

    mark: Hashable
    task: "asyncio.Task[T]"
    weight: int = 0


class Drawings:
    """What was drawn, by name and mark: what was asked for last, up to a weight.

    Whoever asks while something is drawn waits for the same drawing.
    """

    def __init__(self, weigh: Callable[[object], int], most_weight: int = _MOST_WEIGHT) -> None:
        self._weigh = weigh
        self._most_weight = most_weight
        self._kept: OrderedDict[Hashable, _Drawing[object]] = OrderedDict()
        self._weight = 0
        self.drawn = 0

    async def get(self, name: Hashable, mark: Hashable, draw: Callable[[], T], pool: ThreadPoolExecutor) -> T:
        """What `draw` gives, drawn in a thread of the pool unless it is kept under this mark. Raises what it raises."""
        found = self._kept.get(name)
        if found is None or found.mark != mark or _failed(found.task):
            self._drop(name)
            self.drawn += 1
            found = _Drawing(mark, asyncio.create_task(_in_thread(pool, draw)))
            self._kept[name] = found
        self._kept.move_to_end(name)
        drawn = await asyncio.shield(found.task)
        self._take_weight(name, found, drawn)
        return cast("T", drawn)

    def _take_weight(self, name: Hashable, found: _Drawing[object], drawn: object) -> None:
        """Count what was drawn, once, and let the oldest go while all of it is too heavy."""
        if found.weight or self._kept.get(name) is not found:
            return
        found.weight = max(1, self._weigh(drawn))
        self._weight += found.weight
        while self._weight > self._most_weight and len(self._kept) > 1:
            self._drop(next(iter(self._kept)))

    def _drop(self, name: Hashable) -> None:
        gone = self._kept.pop(name, None)
        self._weight -= gone.weight if gone else 0


async def _in_thread(pool: ThreadPoolExecutor, draw: Callable[[], object]) -> object:
    return await asyncio.get_running_loop().run_in_executor(pool, draw)


def _failed(task: "asyncio.Task[object]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
