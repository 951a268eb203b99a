"""Waits for the signals that end a program, so that it can end in order."""

import asyncio
import signal
from collections.abc import Callable


def on_hangup(call: Callable[[], None]) -> None:
    """Call on every SIGHUP from now on, in the event loop."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, call)


async def until_signal() -> None:
    """Return when SIGTERM or SIGINT arrives."""
    loop, arrived = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, arrived.set)
    try:
        await arrived.wait()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
