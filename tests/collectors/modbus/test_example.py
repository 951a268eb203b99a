"""Worked examples: words as makers' documents order them, to raw counts."""

import math

import pytest

from collectors.modbus.example import decode_example
from collectors.modbus.settings import DeviceSettings


def device(**given: object) -> DeviceSettings:
    points = [
        {"id": "energy", "kind": "counter", "unit": "kWh", "address": 0x64, "type": "u32", "invalid": [0xFFFFFFFF]},
        {"id": "flow", "kind": "gauge", "unit": "m3/h", "address": 0x70, "type": "f32"},
        {"id": "state", "kind": "state", "unit": "", "address": 0x80, "type": "u16"},
    ]
    return DeviceSettings.model_validate({"id": "meter", "points": points} | given)


def test_low_word_first() -> None:
    words = {0x64: 0xC9FF, 0x65: 0x3B9A, 0x80: 3}  # 999,999,999 = 0x3B9AC9FF
    assert decode_example(device(word_order="low-first"), words) == {"energy": 999_999_999, "state": 3}


def test_bytes_1_0_3_2() -> None:
    words = {0x70: 0x4940, 0x71: 0xDB0F}  # π as float32 is 40 49 0F DB
    assert decode_example(device(byte_order="little"), words) == {"flow": 3.1415927410125732}


def test_a_whole_number_stays_exact() -> None:
    points = [{"id": "energy", "kind": "counter", "unit": "Wh", "address": 0, "type": "u64"}]
    words = {0: 0x0020, 1: 0, 2: 0, 3: 1}
    assert decode_example(device(points=points), words) == {"energy": 2**53 + 1}


def test_an_invalid_count_is_not_a_number() -> None:
    assert math.isnan(decode_example(device(), {0x64: 0xFFFF, 0x65: 0xFFFF})["energy"])


def test_words_of_no_point_do_not_matter() -> None:
    assert decode_example(device(), {0x63: 1, 0x80: 2}) == {"state": 2}


def test_half_a_value_is_a_mistake_in_the_example() -> None:
    with pytest.raises(ValueError, match=r"device meter: the example lacks the registers \[101\] of point energy"):
        decode_example(device(), {0x64: 1})


def test_a_word_has_16_bits() -> None:
    with pytest.raises(ValueError, match="whole numbers from 0 to 65535"):
        decode_example(device(), {0x80: 65536})
