"""The Modbus collector against servers that are built on modbus-serial and on jsmodbus, with words set by hand."""

import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from collectors.collector import BadAnswer, Collector, NoAnswer
from collectors.frame import Frame, Quality
from collectors.modbus import Settings, open_collector

pytestmark = pytest.mark.node

PI_32 = 3.1415927410125732  # the float32 nearest to π: 40 49 0F DB (IEEE 754)
PI_64 = math.pi  # 40 09 21 FB 54 44 2D 18

# One line for each type and order: the type, the word order, the words as they lie in the registers, the raw count.
BIG_ENDIAN = [
    ("u16", "high-first", [0x1122], 0x1122),
    ("s16", "high-first", [0xFFEE], -0x12),
    ("u32", "high-first", [0x1122, 0x3344], 0x11223344),
    ("u32", "low-first", [0x3344, 0x1122], 0x11223344),
    ("s32", "high-first", [0xFFEE, 0xDDCC], -0x112234),
    ("s32", "low-first", [0xDDCC, 0xFFEE], -0x112234),
    ("u64", "high-first", [0x0011, 0x2233, 0x4455, 0x6677], 0x0011223344556677),
    ("u64", "low-first", [0x6677, 0x4455, 0x2233, 0x0011], 0x0011223344556677),
    ("s64", "high-first", [0xFFEE, 0xDDCC, 0xBBAA, 0x9988], -0x0011223344556678),
    ("s64", "low-first", [0x9988, 0xBBAA, 0xDDCC, 0xFFEE], -0x0011223344556678),
    ("f32", "high-first", [0x4049, 0x0FDB], PI_32),
    ("f32", "low-first", [0x0FDB, 0x4049], PI_32),
    ("f64", "high-first", [0x4009, 0x21FB, 0x5444, 0x2D18], PI_64),
    ("f64", "low-first", [0x2D18, 0x5444, 0x21FB, 0x4009], PI_64),
]
LITTLE_ENDIAN = [
    ("u16", "high-first", [0x2211], 0x1122),
    ("s16", "high-first", [0xEEFF], -0x12),
    ("u32", "high-first", [0x2211, 0x4433], 0x11223344),
    ("u32", "low-first", [0x4433, 0x2211], 0x11223344),
    ("s32", "high-first", [0xEEFF, 0xCCDD], -0x112234),
    ("s32", "low-first", [0xCCDD, 0xEEFF], -0x112234),
    ("u64", "high-first", [0x1100, 0x3322, 0x5544, 0x7766], 0x0011223344556677),
    ("u64", "low-first", [0x7766, 0x5544, 0x3322, 0x1100], 0x0011223344556677),
    ("s64", "high-first", [0xEEFF, 0xCCDD, 0xAABB, 0x8899], -0x0011223344556678),
    ("s64", "low-first", [0x8899, 0xAABB, 0xCCDD, 0xEEFF], -0x0011223344556678),
    ("f32", "high-first", [0x4940, 0xDB0F], PI_32),
    ("f32", "low-first", [0xDB0F, 0x4940], PI_32),
    ("f64", "high-first", [0x0940, 0xFB21, 0x4454, 0x182D], PI_64),
    ("f64", "low-first", [0x182D, 0x4454, 0xFB21, 0x0940], PI_64),
]
Table = list[tuple[str, str, list[int], float]]


def words_of(table: Table) -> list[int]:
    return [word for _, _, words, _ in table for word in words]


def device_for(table: Table, name: str, **given: object) -> dict[str, object]:
    """A device whose points lie one after the other from address 0, as `words_of` lays out the table."""
    points, address = [], 0
    for register_type, word_order, words, _ in table:
        place = {"address": address, "type": register_type, "word_order": word_order}
        points.append({"id": f"p{address}", "kind": "gauge", "unit": "kW"} | place)
        address += len(words)
    return {"id": name, "points": points} | given


@pytest.fixture
async def open_for(now_ms: Callable[[], int]) -> AsyncIterator[Callable[..., Collector]]:
    opened: list[Collector] = []

    def make(port: int, *devices: dict[str, object]) -> Collector:
        settings = {"id": "line", "protocol": "modbus", "host": "127.0.0.1", "port": port, "poll_s": 1}
        opened.append(open_collector(Settings.model_validate(settings | {"devices": devices}), now_ms))
        return opened[-1]

    yield make
    for collector in opened:
        await collector.close()


def assert_shows(frame: Frame, table: Table) -> None:
    assert frame.read_values() == tuple(expected for _, _, _, expected in table)
    assert set(frame.read_quality()) == {Quality.GOOD}


async def test_modbus_serial_units_functions_types_and_orders(
    start_server: Callable[..., Awaitable[Any]], open_for: Callable[..., Collector]
) -> None:
    registers = {
        1: {"holding": {0: words_of(BIG_ENDIAN)}, "input": {0: words_of(LITTLE_ENDIAN)}},
        17: {"holding": {0: words_of(LITTLE_ENDIAN)}, "input": {0: words_of(BIG_ENDIAN)}},
    }
    server = await start_server("modbus_serial_server.cjs", json.dumps(registers))
    collector = open_for(
        server.port,
        device_for(BIG_ENDIAN, "a", unit=1),
        device_for(LITTLE_ENDIAN, "b", unit=1, function=4, byte_order="little"),
        device_for(LITTLE_ENDIAN, "c", unit=17, byte_order="little", max_registers=4),
        device_for(BIG_ENDIAN, "d", unit=17, function=4, max_registers=7),
    )
    for name, table in (("a", BIG_ENDIAN), ("b", LITTLE_ENDIAN), ("c", LITTLE_ENDIAN), ("d", BIG_ENDIAN)):
        assert_shows(await collector.poll(name), table)


async def test_modbus_serial_refusals(
    start_server: Callable[..., Awaitable[Any]], open_for: Callable[..., Collector]
) -> None:
    server = await start_server("modbus_serial_server.cjs", json.dumps({1: {"holding": {0: [7], 50: [8]}}}))
    points = [
        {"id": f"r{address}", "kind": "gauge", "unit": "kW", "address": address, "type": "u16"}
        for address in (0, 25, 50)
    ]
    collector = open_for(
        server.port, {"id": "here", "unit": 1, "points": points}, {"id": "gone", "unit": 2, "points": points}
    )
    with pytest.raises(NoAnswer, match="the unit did not answer the gateway"):
        await collector.poll("gone")
    frame = await collector.poll("here")
    values = frame.read_values()
    assert (values[0], values[2]) == (7, 8)
    assert math.isnan(values[1])
    assert frame.read_quality() == (0, Quality.BAD_CONFIGURATION_ERROR, 0)


async def test_jsmodbus_functions_types_and_orders(
    start_server: Callable[..., Awaitable[Any]], open_for: Callable[..., Collector]
) -> None:
    registers = {"holding": words_of(BIG_ENDIAN), "input": words_of(LITTLE_ENDIAN)}
    server = await start_server("jsmodbus_server.cjs", json.dumps(registers))
    collector = open_for(
        server.port,
        device_for(BIG_ENDIAN, "a", unit=1),
        device_for(LITTLE_ENDIAN, "b", unit=255, function=4, byte_order="little", max_registers=5),
    )
    assert_shows(await collector.poll("a"), BIG_ENDIAN)
    assert_shows(await collector.poll("b"), LITTLE_ENDIAN)


async def test_jsmodbus_answers_short_beyond_its_registers(
    start_server: Callable[..., Awaitable[Any]], open_for: Callable[..., Collector]
) -> None:
    server = await start_server("jsmodbus_server.cjs", json.dumps({"holding": [1, 2, 3]}))
    point = {"id": "energy", "kind": "counter", "unit": "kWh", "address": 1, "type": "u64"}
    collector = open_for(server.port, {"id": "a", "points": [point]})
    with pytest.raises(BadAnswer, match="4 bytes instead of 8 answered the read of holding registers 1 to 4"):
        await collector.poll("a")
