"""Types and orders of registers, and the decoding of a block of them as it came over the wire. Knows no connection."""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from collectors.frame import Quality
from collectors.wrong import Wrong, WrongSettings


class RegisterType(StrEnum):
    """How the bits of one or several registers are to be read."""

    U16 = "u16"
    S16 = "s16"
    U32 = "u32"
    S32 = "s32"
    U64 = "u64"
    S64 = "s64"
    F32 = "f32"
    F64 = "f64"

    @property
    def code(self) -> str:
        """The format character that the struct module has for this type."""
        return _CODES[self]

    @property
    def width(self) -> int:
        """The number of registers."""
        return struct.calcsize(f">{self.code}") // 2

    def as_read(self, number: float) -> float:
        """What a register of this type shows after `number` is written to it. Raises ValueError if it does not fit."""
        try:
            stored = struct.pack(f">{self.code}", number)
        except (struct.error, OverflowError):
            said = "{number} cannot be the value of a register of type {type}"
            raise WrongSettings(Wrong.of("no_register_value", said, number=number, type=self.value)) from None
        shown: float = struct.unpack(f">{self.code}", stored)[0]
        return shown


_CODES = dict(zip(RegisterType, "HhIiQqfd", strict=True))


class WordOrder(StrEnum):
    """Which register of a wide value comes first, at the lower address."""

    HIGH_FIRST = "high-first"
    LOW_FIRST = "low-first"


class ByteOrder(StrEnum):
    """Which byte of each register comes first. The protocol says big; some devices do otherwise."""

    BIG = "big"
    LITTLE = "little"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the value of a point lies, and how its bits are ordered. `invalid` are raw counts that mean "no value"."""

    function: int
    address: int
    type: RegisterType
    word_order: WordOrder = WordOrder.HIGH_FIRST
    byte_order: ByteOrder = ByteOrder.BIG
    invalid: tuple[float, ...] = ()

    @property
    def end(self) -> int:
        """The address after the last register."""
        return self.address + self.type.width


@dataclass(frozen=True, slots=True)
class Lane:
    """The values of a block that share one order, read by one precompiled struct.

    Two steps give every order. The bytes of each register are swapped if `swapped`; then the whole value is read
    with its first byte as the highest (words high first) or as the lowest (words low first).
    """

    swapped: bool
    form: struct.Struct
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Adjacent registers that one request reads, with the positions (in the layout) of the values in them."""

    function: int
    address: int
    count: int
    lanes: tuple[Lane, ...]
    invalid: tuple[tuple[int, frozenset[float]], ...]
    positions: tuple[int, ...]

    def __str__(self) -> str:
        kind = "holding" if self.function == 3 else "input"
        return f"{kind} registers {self.address} to {self.address + self.count - 1}"


def compile_block(places: Sequence[tuple[int, Place]]) -> Block:
    """The block that reads these (position, place), which are ordered by address and share one function code."""
    address, end = places[0][1].address, max(place.end for _, place in places)
    orders = sorted({_order(place) for _, place in places})
    return Block(
        function=places[0][1].function,
        address=address,
        count=end - address,
        lanes=tuple(_compile_lane(order, address, end, places) for order in orders),
        invalid=tuple(
            (position, frozenset(place.type.as_read(number) for number in place.invalid))
            for position, place in places
            if place.invalid
        ),
        positions=tuple(position for position, _ in places),
    )


def _order(place: Place) -> tuple[str, bool]:
    high_first = place.word_order is WordOrder.HIGH_FIRST
    big = place.byte_order is ByteOrder.BIG
    return ">" if high_first else "<", high_first is not big


def _compile_lane(order: tuple[str, bool], address: int, end: int, places: Sequence[tuple[int, Place]]) -> Lane:
    first, swapped = order
    form, here, positions = first, address, []
    for position, place in places:
        if _order(place) == order:
            form += f"{2 * (place.address - here)}x{place.type.code}"
            here = place.end
            positions.append(position)
    return Lane(swapped, struct.Struct(f"{form}{2 * (end - here)}x"), tuple(positions))


def decode_block(block: Block, data: bytes, values: list[float], quality: list[int]) -> None:
    """Put the raw counts of a block, two bytes a register, at their positions; NaN and a bad code for invalid ones."""
    for lane in block.lanes:
        numbers = lane.form.unpack(_swap_bytes(data) if lane.swapped else data)
        for position, number in zip(lane.positions, numbers, strict=True):
            values[position] = number
    for position, invalid in block.invalid:
        if values[position] in invalid:
            values[position] = math.nan
            quality[position] = Quality.BAD_NO_DATA


def _swap_bytes(data: bytes) -> bytes:
    swapped = bytearray(len(data))
    swapped[::2], swapped[1::2] = data[1::2], data[::2]
    return bytes(swapped)
