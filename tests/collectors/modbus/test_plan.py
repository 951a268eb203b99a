"""Block reads: limits and gaps by example, cover and limits for any map, frames from answers, the device's clock."""

import math
import struct
from itertools import accumulate, pairwise

from hypothesis import given
from hypothesis import strategies as st

from collectors.frame import UNKNOWN_TIME_MS, Quality
from collectors.modbus.plan import build_frame, describe_plan, plan_blocks, plan_device
from collectors.modbus.registers import ByteOrder, Place, RegisterType, WordOrder, decode_block
from collectors.modbus.settings import DeviceSettings, Settings


def device(points: list[dict[str, object]], **given: object) -> DeviceSettings:
    return DeviceSettings.model_validate({"id": "meter", "points": points} | given)


def point(name: str, address: int, register_type: str = "u16", **given: object) -> dict[str, object]:
    return {"id": name, "kind": "gauge", "unit": "kW", "address": address, "type": register_type} | given


def spans(places: list[Place], max_registers: int = 125, max_gap: int = 16) -> list[tuple[int, int, int]]:
    blocks = plan_blocks(places, max_registers, max_gap)
    return [(block.function, block.address, block.count) for block in blocks]


def test_neighbours_are_read_together_and_far_ones_apart() -> None:
    places = [Place(3, address, RegisterType.U32) for address in (100, 102, 120, 139)]
    assert spans(places) == [(3, 100, 22), (3, 139, 2)]
    assert spans(places, max_gap=17) == [(3, 100, 41)]
    assert spans(places, max_gap=0) == [(3, 100, 4), (3, 120, 2), (3, 139, 2)]


def test_a_value_at_the_limit_goes_whole_into_the_next_block() -> None:
    places = [Place(3, address, RegisterType.F32) for address in range(0, 40, 2)]
    assert spans(places, max_registers=16) == [(3, 0, 16), (3, 16, 16), (3, 32, 8)]
    assert spans(places, max_registers=15) == [(3, 0, 14), (3, 14, 14), (3, 28, 12)]


def test_functions_are_read_apart() -> None:
    places = [Place(4, 0, RegisterType.U16), Place(3, 1, RegisterType.U16), Place(4, 1, RegisterType.U16)]
    assert spans(places) == [(3, 1, 1), (4, 0, 2)]


WIDTHS = {"u16": 1, "s16": 1, "u32": 2, "s32": 2, "u64": 4, "s64": 4, "f32": 2, "f64": 4}
CODES = {"u16": "H", "s16": "h", "u32": "I", "s32": "i", "u64": "Q", "s64": "q", "f32": "f", "f64": "d"}


@st.composite
def register_maps(draw: st.DrawFn) -> list[Place]:
    """Places that do not overlap, with gaps of any size, in any order."""
    places = []
    for function in (3, 4):
        steps = draw(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(sorted(WIDTHS))), max_size=30))
        ends = accumulate(gap + WIDTHS[register_type] for gap, register_type in steps)
        for end, (_, register_type) in zip(ends, steps, strict=True):
            orders = draw(st.sampled_from(WordOrder)), draw(st.sampled_from(ByteOrder))
            places.append(Place(function, end - WIDTHS[register_type], RegisterType(register_type), *orders))
    return draw(st.permutations(places))


@given(register_maps(), st.integers(4, 125), st.integers(0, 124))
def test_any_map_is_covered_once_within_the_limits(places: list[Place], max_registers: int, max_gap: int) -> None:
    blocks = plan_blocks(places, max_registers, max_gap)
    assert sorted(position for block in blocks for position in block.positions) == list(range(len(places)))
    assert [(block.function, block.address) for block in blocks] == sorted((b.function, b.address) for b in blocks)
    for block in blocks:
        assert 1 <= block.count <= max_registers
        covered = sorted((places[position].address, places[position].end) for position in block.positions)
        assert all(places[position].function == block.function for position in block.positions)
        assert (covered[0][0], covered[-1][1]) == (block.address, block.address + block.count)
        assert all(begin - end <= max_gap for (_, end), (begin, _) in pairwise(covered))


def read_naturally(memory: dict[int, bytes], place: Place) -> float:
    words = [memory[address] for address in range(place.address, place.address + WIDTHS[place.type])]
    if place.word_order is WordOrder.LOW_FIRST:
        words.reverse()
    natural = b"".join(word if place.byte_order is ByteOrder.BIG else word[::-1] for word in words)
    value: float = struct.unpack(">" + CODES[place.type], natural)[0]
    return value


@given(register_maps(), st.integers(4, 125), st.integers(0, 124), st.integers(0, 65535))
def test_planned_reads_give_each_point_its_registers(
    places: list[Place], max_registers: int, max_gap: int, seed: int
) -> None:
    memory = {
        function: {address: struct.pack(">H", (address * 40503 + seed + function) % 65536) for address in range(2000)}
        for function in (3, 4)
    }
    values, quality = [math.nan] * len(places), [int(Quality.GOOD)] * len(places)
    for block in plan_blocks(places, max_registers, max_gap):
        addresses = range(block.address, block.address + block.count)
        decode_block(block, b"".join(memory[block.function][address] for address in addresses), values, quality)
    for place, value in zip(places, values, strict=True):
        expected = read_naturally(memory[place.function], place)
        assert value == expected or (math.isnan(value) and math.isnan(expected))


def test_a_refused_block_is_bad_alone() -> None:
    plan = plan_device(device([point("far", 500), point("near", 0), point("next", 1)]))
    frame = build_frame(plan, [b"\x00\x07\x00\x08", int(Quality.BAD_CONFIGURATION_ERROR)], 5)
    values = frame.read_values()
    assert math.isnan(values[0])
    assert values[1:] == (7, 8)
    assert frame.read_quality() == (Quality.BAD_CONFIGURATION_ERROR, Quality.GOOD, Quality.GOOD)
    assert (frame.time_ms, frame.source_times) == (5, b"")


def test_what_is_no_number_is_bad() -> None:
    plan = plan_device(device([point("a", 0, "f32"), point("b", 2, "f32"), point("c", 4, "u64")]))
    infinite, not_a_number, too_large = "7F800000", "7FC00000", "0020000000000001"  # 2 ** 53 + 1
    frame = build_frame(plan, [bytes.fromhex(infinite + not_a_number + too_large)], 0)
    assert all(math.isnan(value) for value in frame.read_values())
    assert frame.read_quality() == (Quality.BAD_OUT_OF_RANGE,) * 3


CLOCKED = [point("time", 0, "u64"), point("energy", 4), point("other", 900)]
# 1,700,000,000,123 ms after 1970 = 0x018BCFE5687B
TIME = "0000 018B CFE5 687B"


def test_the_time_of_the_device_belongs_to_what_was_read_with_it() -> None:
    plan = plan_device(device(CLOCKED, clock="time"))
    frame = build_frame(plan, [bytes.fromhex(TIME + "0001"), b"\x00\x02"], 0)
    assert frame.read_source_times_ms() == (1_700_000_000_123, 1_700_000_000_123, UNKNOWN_TIME_MS)


def test_a_time_that_is_none_is_unknown() -> None:
    plan = plan_device(device(CLOCKED, clock="time"))
    for answer in (bytes(10), b"\xff" * 10, int(Quality.BAD_DEVICE_FAILURE)):
        assert build_frame(plan, [answer, b"\x00\x02"], 0).read_source_times_ms() == (UNKNOWN_TIME_MS,) * 3


def test_the_plan_names_every_request() -> None:
    settings = Settings.model_validate(
        {
            "id": "line",
            "protocol": "modbus",
            "host": "10.0.0.5",
            "poll_s": 1,
            "devices": [
                {"id": "press", "unit": 7, "points": [point("a", 2699, "f32"), point("b", 2703, "f32")]},
                {"id": "oven", "function": 4, "points": [point("a", 0)]},
            ],
        }
    )
    assert describe_plan(settings) == [
        "line/press: unit 7, holding registers 2699 to 2704 (6 registers for 2 points)",
        "line/oven: unit 1, input registers 0 to 0 (1 register for 1 point)",
    ]


def point_names(given: DeviceSettings) -> list[list[str]]:
    blocks = plan_device(given).blocks
    return [sorted(given.points[position].id for position in block.positions) for block in blocks]


def test_the_blocks_do_not_depend_on_the_order_of_the_file() -> None:
    points = [point("a", 10), point("b", 200, "u32"), point("c", 3)]
    assert point_names(device(points)) == point_names(device(points[::-1])) == [["a", "c"], ["b"]]
