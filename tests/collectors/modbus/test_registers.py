"""Decoding of registers: words set by hand, and any value in any order against an encoder of a few lines."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.frame import Quality
from collectors.modbus.registers import ByteOrder, Place, RegisterType, WordOrder, compile_block, decode_block

HIGH, LOW = WordOrder.HIGH_FIRST, WordOrder.LOW_FIRST
BIG, LITTLE = ByteOrder.BIG, ByteOrder.LITTLE


def decode_one(place: Place, wire: bytes) -> tuple[float, int]:
    values, quality = [math.nan], [int(Quality.GOOD)]
    decode_block(compile_block([(0, place)]), wire, values, quality)
    return values[0], quality[0]


# The bytes are the value's big-endian form (A first), put in the order that the column names.
@pytest.mark.parametrize(
    ("register_type", "word_order", "byte_order", "wire", "expected"),
    [
        ("u16", HIGH, BIG, "11 22", 0x1122),
        ("u16", LOW, BIG, "11 22", 0x1122),
        ("u16", HIGH, LITTLE, "22 11", 0x1122),
        ("s16", HIGH, BIG, "FF EE", -0x12),
        ("s16", LOW, LITTLE, "EE FF", -0x12),
        ("u32", HIGH, BIG, "11 22 33 44", 0x11223344),  # ABCD
        ("u32", LOW, BIG, "33 44 11 22", 0x11223344),  # CDAB
        ("u32", HIGH, LITTLE, "22 11 44 33", 0x11223344),  # BADC
        ("u32", LOW, LITTLE, "44 33 22 11", 0x11223344),  # DCBA
        ("s32", HIGH, BIG, "FF EE DD CC", -0x112234),
        ("s32", LOW, BIG, "DD CC FF EE", -0x112234),
        ("s32", HIGH, LITTLE, "EE FF CC DD", -0x112234),
        ("s32", LOW, LITTLE, "CC DD EE FF", -0x112234),
        ("u64", HIGH, BIG, "00 11 22 33 44 55 66 77", 0x0011223344556677),
        ("u64", LOW, BIG, "66 77 44 55 22 33 00 11", 0x0011223344556677),
        ("u64", HIGH, LITTLE, "11 00 33 22 55 44 77 66", 0x0011223344556677),
        ("u64", LOW, LITTLE, "77 66 55 44 33 22 11 00", 0x0011223344556677),
        ("s64", HIGH, BIG, "FF EE DD CC BB AA 99 88", -0x0011223344556678),
        ("s64", LOW, BIG, "99 88 BB AA DD CC FF EE", -0x0011223344556678),
        ("s64", HIGH, LITTLE, "EE FF CC DD AA BB 88 99", -0x0011223344556678),
        ("s64", LOW, LITTLE, "88 99 AA BB CC DD EE FF", -0x0011223344556678),
        ("f32", HIGH, BIG, "40 49 0F DB", 3.1415927410125732),  # IEEE 754: the float32 nearest to π
        ("f32", LOW, BIG, "0F DB 40 49", 3.1415927410125732),
        ("f32", HIGH, LITTLE, "49 40 DB 0F", 3.1415927410125732),
        ("f32", LOW, LITTLE, "DB 0F 49 40", 3.1415927410125732),
        ("f64", HIGH, BIG, "40 09 21 FB 54 44 2D 18", math.pi),
        ("f64", LOW, BIG, "2D 18 54 44 21 FB 40 09", math.pi),
        ("f64", HIGH, LITTLE, "09 40 FB 21 44 54 18 2D", math.pi),
        ("f64", LOW, LITTLE, "18 2D 44 54 FB 21 09 40", math.pi),
    ],
)
def test_words_set_by_hand(
    register_type: str, word_order: WordOrder, byte_order: ByteOrder, wire: str, expected: float
) -> None:
    place = Place(3, 0, RegisterType(register_type), word_order, byte_order)
    assert decode_one(place, bytes.fromhex(wire)) == (expected, Quality.GOOD)


CODES = {"u16": "H", "s16": "h", "u32": "I", "s32": "i", "u64": "Q", "s64": "q", "f32": "f", "f64": "d"}


def encode(value: float, register_type: str, word_order: WordOrder, byte_order: ByteOrder) -> bytes:
    natural = struct.pack(">" + CODES[register_type], value)
    words = [natural[i : i + 2] for i in range(0, len(natural), 2)]
    if word_order is LOW:
        words.reverse()
    return b"".join(word if byte_order is BIG else word[::-1] for word in words)


def any_value(register_type: str) -> st.SearchStrategy[float]:
    width = int(register_type[1:])
    if register_type.startswith("f"):
        return st.floats(width=width)  # type: ignore[arg-type] # mypy cannot see that width is 32 or 64
    low, high = (0, 2**width - 1) if register_type.startswith("u") else (-(2 ** (width - 1)), 2 ** (width - 1) - 1)
    return st.integers(low, high)


@given(st.data(), st.sampled_from(sorted(CODES)), st.sampled_from(WordOrder), st.sampled_from(ByteOrder))
def test_what_was_encoded_is_decoded(
    data: st.DataObject, register_type: str, word_order: WordOrder, byte_order: ByteOrder
) -> None:
    value = data.draw(any_value(register_type))
    place = Place(3, 7, RegisterType(register_type), word_order, byte_order)
    decoded, _ = decode_one(place, encode(value, register_type, word_order, byte_order))
    assert decoded == value or (math.isnan(decoded) and math.isnan(value))


def test_values_of_different_orders_share_a_block() -> None:
    places = [
        (2, Place(3, 10, RegisterType.U32, HIGH)),
        (0, Place(3, 12, RegisterType.U32, LOW)),
        (1, Place(3, 15, RegisterType.S16, HIGH)),
    ]
    block = compile_block(places)
    assert (block.address, block.count, block.positions) == (10, 6, (2, 0, 1))
    values, quality = [math.nan] * 3, [int(Quality.GOOD)] * 3
    decode_block(block, bytes.fromhex("00000001 00020000 9999 FFFF"), values, quality)
    assert values == [2, -1, 1]


@pytest.mark.parametrize(
    ("register_type", "invalid", "wire"),
    [
        ("u16", 0xFFFF, "FF FF"),
        ("s16", -0x8000, "80 00"),
        ("u32", 0xFFFFFFFF, "FF FF FF FF"),
        ("f32", -999.9, "C4 79 F9 9A"),  # IEEE 754: the float32 nearest to −999.9
    ],
)
def test_a_count_that_means_no_value_is_none(register_type: str, invalid: float, wire: str) -> None:
    place = Place(3, 0, RegisterType(register_type), invalid=(invalid,))
    value, quality = decode_one(place, bytes.fromhex(wire))
    assert math.isnan(value)
    assert quality == Quality.BAD_NO_DATA
    assert decode_one(place, b"\x00" * len(bytes.fromhex(wire))) == (0, Quality.GOOD)


@pytest.mark.parametrize(("register_type", "number"), [("u16", 65536), ("s16", 0xFFFF), ("u32", 1.5), ("f32", 1e39)])
def test_a_number_that_the_type_cannot_hold(register_type: str, number: float) -> None:
    with pytest.raises(ValueError, match=f"cannot be the value of a register of type {register_type}"):
        RegisterType(register_type).as_read(number)


def test_a_block_says_what_it_reads() -> None:
    assert str(compile_block([(0, Place(3, 100, RegisterType.U32))])) == "holding registers 100 to 101"
    assert str(compile_block([(0, Place(4, 7, RegisterType.F64))])) == "input registers 7 to 10"
