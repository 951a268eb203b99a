"""Registers as written by hand from the map, and a block of them at one moment."""

import pytest

from collectors.simulated import Mill
from collectors.simulated.registers import ENDPOINTS, Encoding, Field, encode, read_block

START_MS = 1_680_274_800_000


@pytest.mark.parametrize(
    ("number", "encoding", "low_word_first", "words"),
    [
        (0x1234, Encoding.U16, False, [0x1234]),
        (-35, Encoding.S16, False, [0xFFDD]),
        (123_456_789, Encoding.U32, False, [0x075B, 0xCD15]),
        (123_456_789, Encoding.U32, True, [0xCD15, 0x075B]),
        (-125_000, Encoding.S32, False, [0xFFFE, 0x17B8]),
        (1_700_000_000_000, Encoding.U64, False, [0x0000, 0x018B, 0xCFE5, 0x6800]),
        (-1.0, Encoding.F32, False, [0xBF80, 0x0000]),
        (-1.0, Encoding.F32, True, [0x0000, 0xBF80]),
        (1.5e9, Encoding.F64, False, [0x41D6, 0x5A0B, 0xC000, 0x0000]),
    ],
)
def test_numbers_become_registers(number: float, encoding: Encoding, low_word_first: bool, words: list[int]) -> None:
    assert encode(number, Field("any", 0, encoding, low_word_first)) == words


def test_each_block_holds_the_clock_and_fits_into_one_request() -> None:
    for units in ENDPOINTS.values():
        for unit in units:
            assert [field.address for field in unit.fields] == sorted(field.address for field in unit.fields)
            assert "clock" in {field.point for field in unit.fields}
            assert unit.length <= 100


def test_a_block_is_of_one_moment_and_its_gaps_are_zero() -> None:
    mill = Mill(1, START_MS)
    incoming = ENDPOINTS["substation"][0]
    block = read_block(mill, incoming, START_MS + 90_000)
    assert len(block) == 12
    assert block[0] << 16 | block[1] == mill.register("incoming", "energy_import", START_MS + 90_000)
    assert block[2] << 16 | block[3] == mill.register("incoming", "energy_export", START_MS + 90_000)
    assert block[6] == round(mill.gauge("incoming", "frequency", START_MS + 90_000) * 100)
    assert block[7] == 0
    assert block[8:] == [0x0000, 0x0187, 0x3830, 0x1D10]  # 1,680,274,890,000 ms
