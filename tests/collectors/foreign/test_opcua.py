"""The OPC UA collector against a server that is built on node-opcua: values, status, sessions, and a frozen server."""

import asyncio
import contextlib
import math
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from collectors.collector import Collector, CollectorError, EndpointLost
from collectors.frame import UNKNOWN_TIME_MS, Frame, Quality
from collectors.opcua import Settings, open_collector

pytestmark = pytest.mark.node

# What tests/foreign/node_opcua_server.cjs says for each of its variables: the value, the status, the source time.
NUMBERS = {
    "Press.Energy": 1234567.875,
    "Press.Count": 4294967295,
    "Press.Total": 2**32 + 2,
    "Press.Running": 1,
    "Press.Temperature": -12.5,
    "Press.Stamped": 5,
}
NO_NUMBERS = {
    "Press.Name": Quality.BAD_DECODING_ERROR,
    "Press.Broken": Quality.BAD_SENSOR_FAILURE,
    "Press.Missing": Quality.BAD_NODE_ID_UNKNOWN,
}
STAMPED_MS, BROKEN_MS = 1_700_000_000_123, 86_400_000
WAITING = Quality.BAD_WAITING_FOR_INITIAL_DATA


@pytest.fixture
async def server(start_server: Callable[..., Awaitable[Any]], tmp_path: Path) -> Any:
    return await start_server("node_opcua_server.cjs", str(tmp_path))


@pytest.fixture
async def open_for(server: Any, now_ms: Callable[[], int]) -> AsyncIterator[Callable[..., Collector]]:
    opened: list[Collector] = []

    def make(*names: str, **given: object) -> Collector:
        points = [
            {"id": f"p{index}", "kind": "gauge", "unit": "kW", "node": f"nsu=urn:example:mill;s={name}"}
            for index, name in enumerate(names)
        ]
        points.append({"id": "series", "kind": "gauge", "unit": "kW", "node": "nsu=urn:example:mill;i=77"})
        settings = {"id": "plc", "protocol": "opcua", "url": f"opc.tcp://127.0.0.1:{server.port}", "poll_s": 0.1}
        devices = {"timeout_s": 1, "devices": [{"id": "press", "points": points}]}
        opened.append(open_collector(Settings.model_validate(settings | devices | given), now_ms))
        return opened[-1]

    yield make
    for collector in opened:
        await collector.close()


async def poll_until(collector: Collector, wanted: Callable[[Frame], bool]) -> Frame:
    """Poll until a frame is as wanted; a poll may fail meanwhile."""
    async with asyncio.timeout(30):
        for _ in range(3000):
            with contextlib.suppress(CollectorError):
                frame = await collector.poll("press")
                if wanted(frame):
                    return frame
            await asyncio.sleep(0.02)
    raise AssertionError("the wanted frame did not come")


async def sessions(server: Any) -> int:
    """How many sessions the server holds."""
    return int((await server.ask("sessions", "SESSIONS")).split()[0])


async def sessions_since_start(server: Any) -> int:
    return int((await server.ask("sessions", "SESSIONS")).split()[1])


@pytest.mark.parametrize("mode", ["read", "subscribe"])
async def test_values_status_and_times(server: Any, open_for: Callable[..., Collector], mode: str) -> None:
    collector = open_for(*NUMBERS, *NO_NUMBERS, mode=mode, poll_s=0.2)
    first = await collector.poll("press")
    if mode == "subscribe":
        assert set(first.read_quality()) == {WAITING, Quality.BAD_NODE_ID_UNKNOWN}
    frame = await poll_until(collector, lambda frame: WAITING not in frame.read_quality())
    values, quality, times = frame.read_values(), frame.read_quality(), frame.read_source_times_ms()
    assert values[: len(NUMBERS)] == tuple(NUMBERS.values())
    assert all(math.isnan(value) for value in values[len(NUMBERS) :])
    assert quality == (*[0] * len(NUMBERS), *NO_NUMBERS.values(), Quality.BAD_DECODING_ERROR)
    assert times[len(NUMBERS) - 1 : -1] == (STAMPED_MS, times[len(NUMBERS)], BROKEN_MS, UNKNOWN_TIME_MS)
    assert await sessions(server) == 1
    await collector.close()
    assert await sessions(server) == 0


@pytest.mark.parametrize("mode", ["read", "subscribe"])
@pytest.mark.parametrize("frozen_s", [1, 5])
async def test_data_flow_again_after_the_server_was_frozen(
    server: Any, open_for: Callable[..., Collector], mode: str, frozen_s: int
) -> None:
    """A client of asyncua alone can stay CONNECTED here and get nothing more."""
    collector = open_for("Press.Ticks", mode=mode, silence_s=1.5)
    await poll_until(collector, lambda frame: frame.read_values()[0] > 0)
    server.process.send_signal(signal.SIGSTOP)
    ticks, failures = await poll_frozen(collector, frozen_s)
    assert failures > 0 or frozen_s == 1, "the silence was not noticed"
    server.process.send_signal(signal.SIGCONT)
    await poll_until(collector, lambda frame: frame.read_values()[0] > ticks + 5)
    await poll_until(collector, lambda frame: frame.read_values()[0] > ticks + 20)
    assert await sessions(server) == 1
    await collector.close()
    assert await sessions(server) == 0


async def poll_frozen(collector: Collector, seconds: float) -> tuple[float, int]:
    """Poll for the time that the freeze shall last; gives the last count of ticks and the number of failures."""
    loop, ticks, failures = asyncio.get_running_loop(), 0.0, 0
    end = loop.time() + seconds
    while loop.time() < end:
        try:
            ticks = (await collector.poll("press")).read_values()[0]
        except CollectorError:
            failures += 1
        await asyncio.sleep(0.05)
    return ticks, failures


async def test_a_server_killed_and_started_again(
    start_server: Callable[..., Awaitable[Any]],
    server: Any,
    open_for: Callable[..., Collector],
    tmp_path: Path,
) -> None:
    collector = open_for("Press.Energy", mode="subscribe", silence_s=1.5)
    await poll_until(collector, lambda frame: frame.read_values()[0] == NUMBERS["Press.Energy"])
    server.process.kill()
    await server.process.wait()
    with pytest.raises(EndpointLost):
        await collector.poll("press")
    again = await start_server("node_opcua_server.cjs", str(tmp_path), str(server.port))
    await poll_until(collector, lambda frame: frame.read_values()[0] == NUMBERS["Press.Energy"])
    assert await sessions(again) == 1


async def test_cancelled_polls_leave_no_session(server: Any, open_for: Callable[..., Collector]) -> None:
    collector = open_for("Press.Energy")
    for delay_ms in [*range(20), *range(20, 100, 4)]:
        poll = asyncio.create_task(collector.poll("press"))
        await asyncio.sleep(delay_ms / 1000)
        poll.cancel()
        await asyncio.wait([poll])
        await collector.close()
        assert await sessions(server) == 0, f"after {delay_ms} ms"


async def test_a_server_that_speaks_less_often_than_asked_is_not_taken_for_dead(
    server: Any, open_for: Callable[..., Collector]
) -> None:
    """node-opcua sends no keep-alive before 2 × 50 ms, which is longer than the silence that is allowed here."""
    collector = open_for("Press.Energy", mode="subscribe", poll_s=0.01, silence_s=0.03)
    for _ in range(40):
        await collector.poll("press")
        await asyncio.sleep(0.05)
    assert await sessions_since_start(server) == 1
