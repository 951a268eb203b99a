"""Mistakes in the settings of a Modbus endpoint, each with the sentence that a person reads."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from collectors.frame import Kind, Point
from collectors.modbus import Settings

POINT = {"id": "energy", "kind": "counter", "unit": "kWh", "address": 0, "type": "u32"}
DEVICE = {"id": "press", "points": [POINT]}
ENDPOINT = {"id": "line", "protocol": "modbus", "host": "10.0.0.5", "poll_s": 1, "devices": [DEVICE]}


def with_point(**given: object) -> dict[str, object]:
    return with_device(points=[POINT | given])


def with_device(**given: object) -> dict[str, object]:
    return ENDPOINT | {"devices": [DEVICE | given]}


def other(name: str, address: int) -> dict[str, object]:
    return POINT | {"id": name, "address": address}


def test_defaults() -> None:
    settings = Settings.model_validate(ENDPOINT)
    device = settings.devices[0]
    assert (settings.port, settings.timeout_s) == (502, 3.0)
    assert (device.unit, device.function, device.max_registers, device.max_gap) == (1, 3, 125, 16)
    assert (device.word_order, device.byte_order, device.clock) == ("high-first", "big", None)


def test_layouts_carry_what_the_file_says_and_in_its_order() -> None:
    second = {"id": "power", "kind": "gauge", "unit": "kW", "address": 9, "type": "f32", "scale": "0.1"}
    first = POINT | {"scale": "0.01", "modulus": 10**9, "maximum_per_hour": "12000.5", "invalid": [0xFFFFFFFF]}
    oven = DEVICE | {"id": "oven", "unit": 2}
    given = ENDPOINT | {"devices": [DEVICE | {"points": [second, first]}, oven]}
    layouts = Settings.model_validate(given).build_layouts()
    assert list(layouts) == ["press", "oven"]
    assert layouts["press"].points == (
        Point("power", Kind.GAUGE, "kW", Decimal("0.1")),
        Point("energy", Kind.COUNTER, "kWh", Decimal("0.01"), 10**9, Decimal("12000.5")),
    )


def test_a_counter_may_be_a_float32() -> None:
    Settings.model_validate(with_point(type="f32"))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (with_point(id="Energy-1"), "'Energy-1' cannot be an id: use lower-case letters, digits and _, with a letter"),
        (with_point(scale="0"), "greater than 0"),
        (with_point(scale="inf"), "finite"),
        (with_point(scale="NaN"), "finite"),
        (with_point(kind="gauge", modulus=1000), "point energy: only a counter has a modulus, this is a gauge"),
        (with_point(modulus=1), "greater than 1"),
        (with_point(address=65535), "point energy: its last register would be 65536; the highest is 65535"),
        (with_point(address=-1), "greater than or equal to 0"),
        (with_point(invalid=[2**32]), "4294967296 cannot be the value of a register of type u32"),
        (with_point(type="u24"), "'u16', 's16', 'u32'"),
        (with_point(register=7), "register"),
        (with_point(function=1), "3 or 4"),
        (with_device(points=[]), "at least 1 item"),
        (with_device(points=[POINT, POINT]), "device press: there are two points with the id energy"),
        (with_device(points=[POINT, other("b", 1)]), "points energy and b overlap at register 1"),
        (with_device(points=[other("b", 5), other("c", 5)]), "points b and c overlap at register 5"),
        (with_device(max_registers=1), "point energy has 2 registers, max_registers allows 1"),
        (with_device(max_registers=126), "less than or equal to 125"),
        (with_device(clock="time"), "clock names the point 'time', which the device does not have"),
        (with_device(clock="energy"), "the clock energy counts milliseconds since 1970 and needs a 64-bit type"),
        (with_device(unit=256), "less than or equal to 255"),
        (ENDPOINT | {"devices": [DEVICE, DEVICE]}, "endpoint line: there are two devices with the id press"),
        (ENDPOINT | {"poll_s": 0}, "greater than 0"),
        (ENDPOINT | {"protocol": "opcua"}, "'modbus'"),
    ],
)
def test_mistakes(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError) as error:
        Settings.model_validate(given)
    assert sentence in str(error.value)


def test_all_mistakes_of_a_device_are_told_at_once() -> None:
    with pytest.raises(ValidationError) as error:
        Settings.model_validate(with_device(points=[POINT, other("b", 1), other("b", 9)], clock="time"))
    told = str(error.value)
    assert "two points with the id b" in told
    assert "overlap at register 1" in told
    assert "clock names the point 'time'" in told


def test_the_same_address_of_two_functions_is_no_overlap() -> None:
    Settings.model_validate(with_device(points=[POINT, other("b", 0) | {"function": 4}]))
