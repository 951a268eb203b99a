"""One thread of its own for what may block, such as a file: nothing in it ever runs beside anything else in it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class OneThread:
    """Runs calls one after the other. Implements `deliver.InThread`."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def __call__(self, work: Callable[[], T]) -> T:
        """What `work` gives; it has ended when this returns or is cancelled. Raises what `work` raises."""
        running = asyncio.get_running_loop().run_in_executor(self._pool, work)
        try:
            return await asyncio.shield(running)
        finally:
            await asyncio.wait([running])

    def close(self) -> None:
        """Let the thread go once it has nothing to do."""
        self._pool.shutdown(wait=False)
