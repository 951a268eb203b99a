"""The demonstration's device profiles: examples written by hand, and the same maps that the servers use."""

import struct
import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from collectors.simulated import Mill
from collectors.simulated.instruments import COUNTERS, GAUGES
from collectors.simulated.registers import ENDPOINTS, Unit

FOLDER = Path(__file__).parents[3] / "configs/demo/devices"
CODES = {"u16": ">H", "s16": ">h", "u32": ">I", "s32": ">i", "u64": ">Q", "s64": ">q", "f32": ">f", "f64": ">d"}
PROFILE_OF_DEVICE = {
    "incoming": "incoming-meter",
    "solar": "double-meter",
    "hot_mill": "int64-meter",
    "cold_mill_1": "double-meter",
    "cold_mill_2": "low-word-meter",
    "auxiliaries": "low-word-meter",
    "offices": "office-meter",
    "melting_1": "gas-meter",
    "melting_2": "gas-meter",
    "holding": "gas-meter",
    "soaking": "lpg-meter",
    "boiler": "boiler-meter",
    "line": "line",
    "annealing": "annealing",
    "compressors": "compressors",
}
UNITS = [unit for units in ENDPOINTS.values() for unit in units]
MODBUS_PROFILES = sorted({PROFILE_OF_DEVICE[unit.device] for unit in UNITS})


def read_profile(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def low_word_first(profile: dict[str, Any], point: dict[str, Any]) -> bool:
    return bool(point.get("word_order", profile["modbus"]["word_order"]) == "low-first")


def test_the_table_names_every_profile_and_device() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(PROFILE_OF_DEVICE.values())
    assert {device for device, _ in [*COUNTERS, *GAUGES]} == set(PROFILE_OF_DEVICE)


@pytest.mark.parametrize("name", MODBUS_PROFILES)
def test_the_example_decodes_to_its_values(name: str) -> None:
    profile = read_profile(name)
    (example,) = profile["example"]
    at = {
        block["address"] + index: word.to_bytes(2, "big")
        for block in example["registers"]
        for index, word in enumerate(block["words"])
    }
    assert set(example["values"]) == {point["id"] for point in profile["point"]}
    for point in profile["point"]:
        code = CODES[point["type"]]
        words = [at[point["address"] + index] for index in range(struct.calcsize(code) // 2)]
        if low_word_first(profile, point):
            words.reverse()
        assert struct.unpack(code, b"".join(words)) == (example["values"][point["id"]],)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.device)
def test_the_profile_has_the_map_that_the_server_has(unit: Unit) -> None:
    profile = read_profile(PROFILE_OF_DEVICE[unit.device])
    assert profile["modbus"]["function"] == unit.function
    assert profile["modbus"]["clock"] == "clock"
    assert [
        (point["id"], point["address"], CODES[point["type"]], low_word_first(profile, point))
        for point in profile["point"]
    ] == [(field.point, field.address, field.encoding.value, field.low_word_first) for field in unit.fields]


@pytest.mark.parametrize("device", PROFILE_OF_DEVICE)
def test_counters_wrap_where_the_profile_says_and_stay_under_its_maximum(mill: Mill, device: str) -> None:
    start_ms = 1_680_274_800_000 + 72 * 3_600_000  # Tuesday
    for point in read_profile(PROFILE_OF_DEVICE[device])["point"]:
        if point["kind"] != "counter":
            continue
        assert COUNTERS[device, point["id"]].modulus == point["modulus"]
        for hour in range(240):
            counts = mill.truth_counts(
                device, point["id"], start_ms + hour * 3_600_000, start_ms + (hour + 1) * 3_600_000
            )
            assert counts * Fraction(point["scale"]) < Fraction(point["maximum_per_hour"])


@pytest.mark.parametrize("device", PROFILE_OF_DEVICE)
def test_every_instrument_is_in_the_profile_as_what_it_is(device: str) -> None:
    points = {point["id"]: point["kind"] for point in read_profile(PROFILE_OF_DEVICE[device])["point"]}
    points.pop("clock", None)
    counters = {point for of_device, point in COUNTERS if of_device == device}
    gauges = {point for of_device, point in GAUGES if of_device == device}
    assert {point for point, kind in points.items() if kind == "counter"} == counters
    assert {point for point, kind in points.items() if kind in {"gauge", "state"}} == gauges
