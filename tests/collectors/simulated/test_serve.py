"""The servers, asked over real sockets: hand-made Modbus requests, and asyncua's client."""

import asyncio
import contextlib
import logging
import os
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from asyncua.client.client import Client
from asyncua.ua.attribute_ids import AttributeIds

from collectors.simulated import Mill
from collectors.simulated.serve import MillServers, serve_mill
from tests.conftest import find_free_ports_in_a_row

START_MS = 1_681_174_800_000
"""Tuesday, 11 April 2023, 10:00 JST."""
CODES = {"u32": ">I", "u64": ">Q", "f64": ">d"}


class ModbusCounter(NamedTuple):
    endpoint: str
    unit: int
    function: int
    device: str
    point: str
    address: int
    type: str
    low_word_first: bool
    modulus: int
    clock_address: int


MODBUS_COUNTERS = [
    ModbusCounter("substation", 1, 3, "incoming", "energy_import", 100, "u32", False, 10**8, 108),
    ModbusCounter("substation", 1, 3, "incoming", "energy_export", 102, "u32", False, 10**8, 108),
    ModbusCounter("substation", 2, 3, "solar", "energy", 801, "f64", False, 10**12, 809),
    ModbusCounter("feeders", 1, 3, "hot_mill", "energy", 3204, "u64", False, 10**12, 3212),
    ModbusCounter("feeders", 2, 3, "cold_mill_1", "energy", 801, "f64", False, 10**12, 809),
    ModbusCounter("feeders", 3, 3, "cold_mill_2", "energy", 0x64, "u32", True, 10**9, 0x70),
    ModbusCounter("feeders", 4, 3, "auxiliaries", "energy", 0x64, "u32", True, 10**9, 0x70),
    ModbusCounter("feeders", 5, 3, "offices", "energy", 0x200, "u32", False, 2**32, 0x210),
    ModbusCounter("furnaces", 1, 4, "melting_1", "gas_volume", 0, "u32", False, 2**32, 8),
    ModbusCounter("furnaces", 2, 4, "melting_2", "gas_volume", 0, "u32", False, 2**32, 8),
    ModbusCounter("furnaces", 3, 4, "holding", "gas_volume", 0, "u32", False, 2**32, 8),
    ModbusCounter("furnaces", 4, 4, "soaking", "lpg_mass", 2010, "u32", False, 10**9, 2012),
    ModbusCounter("furnaces", 5, 4, "boiler", "gas_volume", 40, "u32", True, 10**8, 44),
]
OPCUA_COUNTERS = [
    ("line", "can_body"),
    ("line", "foil_stock"),
    ("line", "general_sheet"),
    ("line", "car_panel"),
    ("annealing", "gas_volume"),
    ("compressors", "energy"),
]


class TickingClock:
    """A clock that is never twice the same, so that an answer put together from two moments shows."""

    def __init__(self) -> None:
        self.time_ms = START_MS

    def now_ms(self) -> int:
        self.time_ms += 137
        return self.time_ms


class Wire:
    """A Modbus TCP connection made of bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def ask(self, unit: int, pdu: bytes) -> bytes:
        self._writer.write(struct.pack(">HHHB", 0x4711, 0, len(pdu) + 1, unit) + pdu)
        transaction, protocol, length, answering = struct.unpack(">HHHB", await self._reader.readexactly(7))
        assert (transaction, protocol, answering) == (0x4711, 0, unit)
        return await self._reader.readexactly(length - 1)

    async def read(self, unit: int, function: int, address: int, count: int) -> bytes:
        answer = await self.ask(unit, struct.pack(">BHH", function, address, count))
        assert answer[:2] == bytes([function, 2 * count])
        return answer[2:]


@contextlib.asynccontextmanager
async def connect(port: int) -> AsyncIterator[Wire]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not happen within five seconds")


def milliseconds(stamp: datetime) -> int:
    return (stamp - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


async def check_modbus(mill: Mill, clock: TickingClock, servers: MillServers) -> None:
    for counter in MODBUS_COUNTERS:
        async with connect(servers.ports[counter.endpoint]) as wire:
            readings = []
            for _ in range(4):
                readings.append(await read_with_clock(wire, counter))
                clock.time_ms += 3_700_000
        assert START_MS < readings[0][0] < readings[3][0] < clock.time_ms
        for (from_ms, before), (to_ms, after) in pairwise(readings):
            advance = mill.truth_counts(counter.device, counter.point, from_ms, to_ms)
            assert (after - before) % counter.modulus == advance
            assert after == mill.register(counter.device, counter.point, to_ms)


async def read_with_clock(wire: Wire, counter: ModbusCounter) -> tuple[int, int]:
    """The device's clock and the counter, out of one answer."""
    code = CODES[counter.type]
    block = await wire.read(
        counter.unit, counter.function, counter.address, counter.clock_address + 4 - counter.address
    )
    raw = block[: struct.calcsize(code)]
    words = [raw[at : at + 2] for at in range(0, len(raw), 2)]
    (count,) = struct.unpack(code, b"".join(reversed(words) if counter.low_word_first else words))
    (time_ms,) = struct.unpack(">Q", block[-8:])
    assert count == int(count)
    return time_ms, int(count)


async def check_refusals(servers: MillServers) -> None:
    read_three = struct.pack(">BHH", 3, 100, 2)
    async with connect(servers.ports["substation"]) as wire:
        assert await wire.ask(77, read_three) == b"\x83\x0b"
        assert await wire.ask(77, struct.pack(">BHH", 4, 65_000, 2)) == b"\x84\x0b"
        assert await wire.ask(1, struct.pack(">BHH", 4, 100, 2)) == b"\x84\x01"
        assert await wire.ask(1, struct.pack(">BHH", 3, 111, 2)) == b"\x83\x02"
        assert await wire.ask(1, struct.pack(">BHH", 6, 100, 0)) == b"\x86\x01"
        assert await wire.ask(1, struct.pack(">BHHBHH", 16, 100, 2, 4, 0, 0)) == b"\x90\x01"
        assert len(await wire.ask(1, read_three)) == 6


async def check_opcua(mill: Mill, clock: TickingClock, servers: MillServers) -> None:
    async with Client(f"opc.tcp://127.0.0.1:{servers.ports['line']}/") as client:
        namespace = await client.get_namespace_index("urn:atsuen:simulated-mill")
        keys = [*OPCUA_COUNTERS, ("annealing", "gas_pressure")]
        nodes = [client.get_node(f"ns={namespace};s={device}.{point}") for device, point in keys]
        moments = []
        for _ in range(4):
            values = await client.read_attributes(nodes, AttributeIds.Value)
            (time_ms,) = {milliseconds(value.SourceTimestamp) for value in values if value.SourceTimestamp}
            assert START_MS < time_ms <= clock.time_ms
            numbers = [value.Value.Value for value in values if value.Value]
            assert numbers[:-1] == [mill.register(*key, time_ms) for key in OPCUA_COUNTERS]
            assert numbers[-1] == mill.gauge("annealing", "gas_pressure", time_ms)
            moments.append(time_ms)
            clock.time_ms += 3_700_000
            await refreshed(clock)
        assert moments == sorted(set(moments))


async def refreshed(clock: TickingClock) -> None:
    """Return when the clock has been asked twice again: the first of the two refreshes is then complete."""
    twice_later_ms = clock.time_ms + 2 * 137
    await until(lambda: clock.time_ms >= twice_later_ms)


async def test_registers_and_clocks_agree_with_the_truth_on_every_protocol(caplog: pytest.LogCaptureFixture) -> None:
    clock = TickingClock()
    mill = Mill(11, START_MS)
    with caplog.at_level(logging.WARNING):
        async with serve_mill(mill, clock.now_ms) as servers:
            assert list(servers.ports) == ["substation", "feeders", "furnaces", "line"]
            assert caplog.records == []
            await check_modbus(mill, clock, servers)
            await check_refusals(servers)
            assert caplog.records == []
            await check_opcua(mill, clock, servers)
    assert [record for record in caplog.records if record.name.startswith("asyncua.server")] == []


async def test_a_subscription_gets_coils_with_their_moment_and_ends_with_the_server() -> None:
    tasks, clock, mill = asyncio.all_tasks(), TickingClock(), Mill(11, START_MS)
    changes: list[tuple[int, datetime]] = []

    class Handler:
        def datachange_notification(self, _node: object, value: int, data: object) -> None:
            changes.append((value, data.monitored_item.Value.SourceTimestamp))  # type: ignore[attr-defined]  # asyncua's

    async with serve_mill(mill, clock.now_ms) as servers:
        client = Client(f"opc.tcp://127.0.0.1:{servers.ports['line']}/")
        await client.connect()
        namespace = await client.get_namespace_index("urn:atsuen:simulated-mill")
        subscription = await client.create_subscription(20, Handler())
        await subscription.subscribe_data_change(client.get_node(f"ns={namespace};s=line.can_body"))
        await until(lambda: len(changes) == 1)
        clock.time_ms += 3 * 3_600_000
        await until(lambda: len(changes) == 2)
    for value, stamp in changes:
        assert value == mill.register("line", "can_body", milliseconds(stamp))
    assert changes[1][0] != changes[0][0]
    with contextlib.suppress(ConnectionError):
        await client.disconnect()
    await until(lambda: asyncio.all_tasks() == tasks)


async def keep_reading(port: int) -> int:
    """The number of answers until the server closes the connection."""
    answers = 0
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        async with connect(port) as wire:
            while True:
                await wire.read(1, 3, 100, 12)
                answers += 1
    return answers


async def test_nothing_is_left_after_the_end_even_with_busy_clients(caplog: pytest.LogCaptureFixture) -> None:
    tasks, open_before = asyncio.all_tasks(), descriptors()
    clock = TickingClock()
    async with serve_mill(Mill(11, START_MS), clock.now_ms) as servers:
        idle = [(await asyncio.open_connection("127.0.0.1", port))[1] for port in servers.ports.values()]
        busy = [asyncio.create_task(keep_reading(servers.ports["substation"])) for _ in range(40)]
        enough_ms = clock.time_ms + 2_000 * 137
        await until(lambda: clock.time_ms > enough_ms)
    assert min(await asyncio.gather(*busy)) > 0
    for writer in idle:
        writer.close()
        await writer.wait_closed()
    await until(lambda: asyncio.all_tasks() == tasks)
    await until(lambda: descriptors() == open_before)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    for port in servers.ports.values():
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)


async def test_a_cancelled_server_leaves_nothing() -> None:
    tasks, open_before = asyncio.all_tasks(), descriptors()
    serving = asyncio.Event()

    async def serve() -> None:
        async with serve_mill(Mill(11, START_MS), TickingClock().now_ms):
            serving.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(serve())
    await serving.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: asyncio.all_tasks() == tasks)
    await until(lambda: descriptors() == open_before)


async def test_ports_count_up_from_the_first_and_a_taken_one_is_named() -> None:
    first, mill = find_free_ports_in_a_row(4), Mill(11, START_MS)
    async with serve_mill(mill, TickingClock().now_ms, first) as servers:
        assert servers.ports == {"substation": first, "feeders": first + 1, "furnaces": first + 2, "line": first + 3}
        with pytest.raises(OSError, match=f"127.0.0.1:{first}, wanted for the simulated substation"):
            async with serve_mill(mill, TickingClock().now_ms, first):
                pass


def test_the_model_alone_imports_no_protocol_library() -> None:
    root = Path(__file__).parents[3]
    code = "import sys, collectors.simulated; print({'pymodbus', 'asyncua', 'asyncio'} & set(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=60, check=True
    )
    assert result.stdout == "set()\n"
