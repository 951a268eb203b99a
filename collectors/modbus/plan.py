"""From the points of a device to the few block reads that cover them, and from their answers to a frame. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from collectors.frame import EXACT_COUNT_LIMIT, UNKNOWN_TIME_MS, Frame, Layout, Quality
from collectors.modbus.registers import Block, Place, compile_block, decode_block
from collectors.modbus.settings import DeviceSettings, Settings


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """The reads of one device. `clock` is the position of the point that tells the device's time."""

    layout: Layout
    unit: int
    blocks: tuple[Block, ...]
    clock: int | None


def plan_device(device: DeviceSettings) -> DevicePlan:
    """The fewest block reads that cover the points within the device's limits, in the order of function and address."""
    layout = device.to_layout()
    places = [device.place(point) for point in device.points]
    blocks = plan_blocks(places, device.max_registers, device.max_gap)
    return DevicePlan(layout, device.unit, blocks, None if device.clock is None else layout.position[device.clock])


def plan_blocks(places: Sequence[Place], max_registers: int, max_gap: int) -> tuple[Block, ...]:
    """Blocks that cover each place once and split none.

    A place joins the block before it if at most `max_gap` registers lie between them and the block stays within
    `max_registers`. The positions in the blocks are the indices of `places`, which must not overlap.
    """
    groups: list[list[tuple[int, Place]]] = []
    for position, place in sorted(enumerate(places), key=lambda item: (item[1].function, item[1].address)):
        if groups and _joins(groups[-1], place, max_registers, max_gap):
            groups[-1].append((position, place))
        else:
            groups.append([(position, place)])
    return tuple(compile_block(group) for group in groups)


def _joins(group: Sequence[tuple[int, Place]], place: Place, max_registers: int, max_gap: int) -> bool:
    first, last = group[0][1], group[-1][1]
    return (
        place.function == first.function
        and place.address - last.end <= max_gap
        and place.end - first.address <= max_registers
    )


def build_frame(plan: DevicePlan, answers: Sequence[bytes | int], time_ms: int) -> Frame:
    """The frame of one poll. An answer is the bytes of its block, or the quality code of what went wrong with it."""
    count = len(plan.layout.points)
    values, quality = [math.nan] * count, [int(Quality.GOOD)] * count
    for block, answer in zip(plan.blocks, answers, strict=True):
        if isinstance(answer, bytes):
            decode_block(block, answer, values, quality)
        else:
            for position in block.positions:
                quality[position] = answer
    return Frame.pack(plan.layout, time_ms, values, quality, _source_times_ms(plan, values))


def _source_times_ms(plan: DevicePlan, values: Sequence[float]) -> list[int] | None:
    """The device's own time for every point that was read together with it; None if the device tells no time."""
    if plan.clock is None:
        return None
    times = [UNKNOWN_TIME_MS] * len(values)
    if 0 < values[plan.clock] <= EXACT_COUNT_LIMIT:
        block = next(block for block in plan.blocks if plan.clock in block.positions)
        for position in block.positions:
            times[position] = int(values[plan.clock])
    return times


def describe_plan(settings: Settings) -> list[str]:
    """The requests that one poll of the endpoint sends, one line each, for a person."""
    return [
        f"{settings.id}/{device.id}: unit {device.unit}, {block}"
        f" ({_count(block.count, 'register')} for {_count(len(block.positions), 'point')})"
        for device in settings.devices
        for block in plan_device(device).blocks
    ]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
