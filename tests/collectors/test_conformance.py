"""What every protocol's collector must do, tried against a small real server of that protocol.

A folder in `collectors/` is found by itself. It needs `tests/collectors/<folder>/conformance.py` with a `Harness`: a
server that can be started and stopped, and settings for it with one device, "meter". The device has the points
whose `values` the server gives, and a last point, "absent", that the server does not have.
"""

import asyncio
import contextlib
import importlib.util
import math
import random
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

import pytest
from pydantic import BaseModel, ValidationError

from collectors.collector import Collector, CollectorError, EndpointLost, NoAnswer, load_protocol, protocol_names
from collectors.frame import Quality, is_good

TIMEOUT_S = 0.5
GUARD_S = 10
"""Ends a test that hangs; nothing is asserted about speed."""

Leaks = Callable[[], AbstractAsyncContextManager[None]]
Listening = Callable[..., AbstractAsyncContextManager[int]]


class Harness(Protocol):
    values: dict[str, float]

    def settings(self, port: int, timeout_s: float) -> BaseModel: ...

    async def start(self, port: int) -> None: ...

    async def stop(self) -> None: ...


def load_harness(name: str) -> Harness:
    path = Path(__file__).parent / name / "conformance.py"
    if not path.exists():
        pytest.fail(f"collectors/{name} is a protocol, but it has no conformance server in {path}")
    spec = importlib.util.spec_from_file_location(f"conformance_of_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    harness: Harness = module.Harness()
    return harness


@pytest.fixture(params=protocol_names())
def name(request: pytest.FixtureRequest) -> str:
    protocol: str = request.param
    return protocol


@pytest.fixture
def harness(name: str) -> Harness:
    return load_harness(name)


@pytest.fixture
async def collector(name: str, harness: Harness, free_port: int, now_ms: Callable[[], int]) -> AsyncIterator[Collector]:
    """A collector for a server that is not running yet."""
    opened = load_protocol(name).open_collector(harness.settings(free_port, TIMEOUT_S), now_ms)
    try:
        yield opened
    finally:
        async with asyncio.timeout(GUARD_S):
            await opened.close()


@pytest.fixture
async def server(harness: Harness, free_port: int) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """A running server; call the fixture to start it again after a stop."""
    await harness.start(free_port)
    try:
        yield lambda: harness.start(free_port)
    finally:
        await harness.stop()


@pytest.fixture
async def silent_server(free_port: int, listening: Listening) -> AsyncIterator[None]:
    """Accepts connections, reads all that comes and answers nothing."""

    async def swallow(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(swallow, free_port):
        yield


@pytest.fixture
def full_server(free_port: int) -> Iterator[None]:
    """A listener whose queue is full, so that further attempts to connect get no answer at all."""
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", free_port))
        listener.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", free_port))
        yield


async def poll_with_guard(collector: Collector) -> None:
    async with asyncio.timeout(GUARD_S):
        await collector.poll("meter")


async def poll_until_answered(collector: Collector) -> None:
    async with asyncio.timeout(GUARD_S):
        while True:
            try:
                await collector.poll("meter")
            except CollectorError:
                await asyncio.sleep(0.05)
            else:
                return


def test_there_are_protocols() -> None:
    assert {"modbus", "opcua"} <= set(protocol_names())


def test_a_protocol_without_a_conformance_server_fails() -> None:
    with pytest.raises(pytest.fail.Exception, match="no conformance server"):
        load_harness("carrier_pigeon")


def test_the_client_library_is_imported_only_for_a_collector(name: str) -> None:
    code = f"import sys, collectors.{name} as p; print('collectors.{name}.client' in sys.modules, p.__all__)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    assert shown == "False ['Settings', 'describe_plan', 'open_collector']\n"


def test_settings_refuse_what_they_do_not_know(name: str, harness: Harness) -> None:
    given = harness.settings(4000, TIMEOUT_S).model_dump()
    load_protocol(name).Settings.model_validate(given)
    with pytest.raises(ValidationError, match="pol_s"):
        load_protocol(name).Settings.model_validate(given | {"pol_s": 1})


def test_the_plan_is_told_in_lines(name: str, harness: Harness) -> None:
    lines = load_protocol(name).describe_plan(harness.settings(4000, TIMEOUT_S))
    assert lines
    assert all("line" in line for line in lines)


@pytest.mark.usefixtures("server")
async def test_a_poll_gives_the_values(collector: Collector, harness: Harness, now_ms: Callable[[], int]) -> None:
    frame = await collector.poll("meter")
    layout = collector.layouts["meter"]
    assert [point.id for point in layout.points] == [*harness.values, "absent"]
    assert frame.read_values()[:-1] == tuple(harness.values.values())
    assert all(is_good(code) for code in frame.read_quality()[:-1])
    assert (frame.device, frame.layout, frame.time_ms) == ("meter", layout.digest, now_ms())


@pytest.mark.usefixtures("server")
async def test_a_point_that_fails_alone_is_bad_alone(collector: Collector) -> None:
    frame = await collector.poll("meter")
    assert math.isnan(frame.read_values()[-1])
    assert frame.read_quality()[-1] in {Quality.BAD_CONFIGURATION_ERROR, Quality.BAD_NODE_ID_UNKNOWN}


async def test_a_dead_server_is_a_lost_endpoint(
    collector: Collector, leaving_nothing: Leaks, caplog: pytest.LogCaptureFixture
) -> None:
    async with leaving_nothing():
        for _ in range(2):
            with pytest.raises(EndpointLost, match=r"^line/meter: no .*127\.0\.0\.1"):
                await poll_with_guard(collector)
    assert caplog.records == []


@pytest.mark.usefixtures("full_server")
async def test_a_server_that_takes_no_connection_is_a_lost_endpoint(
    collector: Collector, leaving_nothing: Leaks
) -> None:
    async with leaving_nothing():
        with pytest.raises(EndpointLost, match=r"0\.5 s"):
            await poll_with_guard(collector)


@pytest.mark.usefixtures("silent_server")
async def test_a_silent_server_costs_one_time_out(
    collector: Collector, leaving_nothing: Leaks, caplog: pytest.LogCaptureFixture
) -> None:
    async with leaving_nothing():
        with pytest.raises((NoAnswer, EndpointLost), match=r"no answer within 0\.5 s"):
            await poll_with_guard(collector)
        await collector.close()
    assert caplog.records == []


async def test_polls_recover_after_a_restart_of_the_server(
    collector: Collector, harness: Harness, server: Callable[[], Awaitable[None]]
) -> None:
    await poll_with_guard(collector)
    await harness.stop()
    with pytest.raises((EndpointLost, NoAnswer)):
        await poll_with_guard(collector)
    await server()
    await poll_until_answered(collector)
    assert (await collector.poll("meter")).read_values()[:-1] == tuple(harness.values.values())


@pytest.mark.usefixtures("silent_server")
async def test_a_poll_that_waits_can_be_cancelled(collector: Collector, leaving_nothing: Leaks) -> None:
    async with leaving_nothing():
        poll = asyncio.create_task(collector.poll("meter"))
        await asyncio.sleep(TIMEOUT_S / 5)
        poll.cancel()
        with pytest.raises(asyncio.CancelledError):
            await poll
        await collector.close()


async def cancel_after(turns: int, collector: Collector) -> None:
    """Poll, cancel after so many turns of the loop, and see that the poll was cancelled unless it had ended."""
    poll = asyncio.create_task(collector.poll("meter"))
    for _ in range(turns):
        await asyncio.sleep(0)
    was_running = poll.cancel()
    await asyncio.wait([poll], timeout=GUARD_S)
    outcome = "cancelled" if poll.cancelled() else poll.exception()
    assert (outcome == "cancelled") == was_running, f"{outcome} after {turns} turns of the loop"


@pytest.mark.usefixtures("server")
async def test_a_poll_cancelled_while_it_connects(
    collector: Collector, harness: Harness, leaving_nothing: Leaks
) -> None:
    async with leaving_nothing():
        for turns in range(50):
            await cancel_after(turns, collector)
            await collector.close()
        assert (await collector.poll("meter")).read_values()[:-1] == tuple(harness.values.values())
        await collector.close()


@pytest.mark.usefixtures("server")
async def test_a_poll_cancelled_while_it_reads(collector: Collector, harness: Harness, leaving_nothing: Leaks) -> None:
    async with leaving_nothing():
        for turns in range(25):
            await poll_with_guard(collector)
            await cancel_after(turns, collector)
            assert (await collector.poll("meter")).read_values()[:-1] == tuple(harness.values.values())
        await collector.close()


class Relay:
    """Stands between client and server, can cut the connections, and hands on the answers as `alter` returns them."""

    def __init__(self, server_port: int, alter: Callable[[bytes], bytes] = bytes) -> None:
        self._server_port = server_port
        self._alter = alter
        self._server_side: asyncio.StreamWriter | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, self._server_side = await asyncio.open_connection("127.0.0.1", self._server_port)
        there = asyncio.create_task(self._pass_on(reader, self._server_side, bytes))
        back = asyncio.create_task(self._pass_on(server_reader, writer, self._alter))
        await asyncio.wait([there, back], return_when=asyncio.FIRST_COMPLETED)
        self._server_side.close()
        writer.close()
        await asyncio.wait([there, back])

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, alter: Callable[[bytes], bytes]
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(alter(data))

    async def cut(self) -> None:
        assert self._server_side is not None
        self._server_side.close()
        await self._server_side.wait_closed()


@pytest.mark.usefixtures("server")
async def test_a_poll_cancelled_while_it_replaces_a_lost_connection(
    name: str, harness: Harness, free_port: int, now_ms: Callable[[], int], listening: Listening
) -> None:
    relay = Relay(free_port)
    async with listening(relay.serve) as port:
        collector = load_protocol(name).open_collector(harness.settings(port, TIMEOUT_S), now_ms)
        for turns in range(20):
            await poll_until_answered(collector)
            await relay.cut()
            await cancel_after(turns, collector)
        await collector.close()


class Damage:
    """Changes a byte of each answer, and sometimes cuts one off, once `spare` of them went by unchanged."""

    def __init__(self) -> None:
        self._chance = random.Random(1)
        self.spare: float = 0

    def __call__(self, answer: bytes) -> bytes:
        self.spare -= 1
        if self.spare >= 0:
            return answer
        changed = bytearray(answer)
        changed[self._chance.randrange(len(changed))] ^= self._chance.randrange(1, 256)
        return bytes(changed[: self._chance.choice([len(changed), len(changed), len(changed) - 1])])


@pytest.mark.usefixtures("server")
async def test_damaged_answers_are_errors_of_the_collector_and_the_next_poll_works(
    name: str, harness: Harness, free_port: int, now_ms: Callable[[], int], listening: Listening
) -> None:
    damage = Damage()
    async with listening(Relay(free_port, damage).serve) as port:
        for spare in [*range(9)] * 8:
            collector = load_protocol(name).open_collector(harness.settings(port, timeout_s=0.1), now_ms)
            damage.spare = spare
            with contextlib.suppress(CollectorError):
                await poll_with_guard(collector)
            damage.spare = math.inf
            await poll_until_answered(collector)
            await collector.close()


@pytest.mark.usefixtures("server")
async def test_close_leaves_nothing_and_may_be_repeated(collector: Collector, leaving_nothing: Leaks) -> None:
    async with leaving_nothing():
        await collector.close()
        await poll_with_guard(collector)
        await collector.close()
        await collector.close()


async def test_an_answer_that_is_none_of_the_protocol_does_no_harm(
    collector: Collector,
    free_port: int,
    listening: Listening,
    leaving_nothing: Leaks,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def talk_another_language(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    async with leaving_nothing(), listening(talk_another_language, free_port):
        with pytest.raises(CollectorError):
            await poll_with_guard(collector)
        await collector.close()
    assert caplog.records == []
