"""Being cancelled for certain, whatever a library does with the cancellation."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

_Result = TypeVar("_Result")


async def not_swallowing_cancel(awaitable: Awaitable[_Result]) -> _Result:
    """Await, and be cancelled even if the result comes at the same moment or the library swallows the cancellation.

    `asyncio.wait_for` before Python 3.12, which pymodbus uses, returns the result in that case and loses the
    cancellation (https://github.com/python/cpython/issues/86296); asyncua's `Client._cancel_task` swallows it.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    try:
        return await awaitable
    finally:
        if task and task.cancelling() > before:
            raise asyncio.CancelledError
