"""Mistakes in the settings of an OPC UA endpoint, each with the sentence that a person reads; its plan."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from collectors.frame import Kind, Point
from collectors.opcua import Settings, describe_plan
from collectors.opcua.plan import plan_pace

POINT = {"id": "energy", "kind": "counter", "unit": "kWh", "node": "nsu=urn:example:mill;s=Energy"}
DEVICE = {"id": "press", "points": [POINT]}
ENDPOINT = {"id": "plc", "protocol": "opcua", "url": "opc.tcp://10.0.0.5:4840", "poll_s": 1, "devices": [DEVICE]}


def with_point(**given: object) -> dict[str, object]:
    return ENDPOINT | {"devices": [DEVICE | {"points": [POINT | given]}]}


def test_defaults() -> None:
    settings = Settings.model_validate(ENDPOINT)
    assert (settings.timeout_s, settings.mode, settings.silence_s, settings.username) == (5.0, "read", 30.0, None)


def test_layouts_carry_what_the_file_says_and_in_its_order() -> None:
    oven = {"id": "oven", "points": [POINT | {"scale": "0.001", "modulus": 10**6, "maximum_per_hour": "9.5"}, POINT]}
    with pytest.raises(ValidationError, match="device oven: there are two points with the id energy"):
        Settings.model_validate(ENDPOINT | {"devices": [oven, DEVICE]})
    oven["points"] = [POINT | {"scale": "0.001", "modulus": 10**6, "maximum_per_hour": "9.5"}]
    layouts = Settings.model_validate(ENDPOINT | {"devices": [oven, DEVICE]}).build_layouts()
    assert list(layouts) == ["oven", "press"]
    expected = Point("energy", Kind.COUNTER, "kWh", Decimal("0.001"), 10**6, Decimal("9.5"))
    assert layouts["oven"].points == (expected,)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (with_point(id="Energy"), "'Energy' cannot be an id: use lower-case letters, digits and _"),
        (with_point(node="Press.Energy"), "'Press.Energy' is not a node: write for example"),
        (with_point(node="ns=1;i=x"), "'ns=1;i=x' is not a node: what follows i= has the wrong form"),
        (with_point(scale="-1"), "greater than 0"),
        (with_point(kind="state", modulus=1000), "point energy: only a counter has a modulus, this is a state"),
        (with_point(address=3), "address"),
        (ENDPOINT | {"url": "http://10.0.0.5:4840"}, "is not an address: write for example 'opc.tcp://"),
        (ENDPOINT | {"url": "opc.tcp://10.0.0.5"}, "is not an address"),
        (ENDPOINT | {"url": "opc.tcp://joe:secret@10.0.0.5:4840"}, "belong into username and password"),
        (ENDPOINT | {"password": "secret"}, "endpoint plc: there is a password, but no username"),
        (ENDPOINT | {"mode": "listen"}, "'read' or 'subscribe'"),
        (ENDPOINT | {"silence_s": 0}, "greater than 0"),
        (ENDPOINT | {"devices": [DEVICE, DEVICE]}, "endpoint plc: there are two devices with the id press"),
        (ENDPOINT | {"devices": []}, "at least 1 item"),
    ],
)
def test_mistakes(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError) as error:
        Settings.model_validate(given)
    assert sentence in str(error.value)


def test_a_password_is_not_shown() -> None:
    settings = Settings.model_validate(ENDPOINT | {"username": "joe", "password": "secret"})
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("poll_s", "silence_s", "publishing_ms", "keep_alive_count"),
    [(1, 30, 1000, 10), (60, 30, 1000, 10), (0.2, 30, 200, 10), (1, 12, 1000, 4), (1, 1.5, 500, 1)],
)
def test_a_subscription_is_heard_three_times_within_the_allowed_silence(
    poll_s: float, silence_s: float, publishing_ms: float, keep_alive_count: int
) -> None:
    pace = plan_pace(Settings.model_validate(ENDPOINT | {"poll_s": poll_s, "silence_s": silence_s}))
    assert (pace.publishing_ms, pace.keep_alive_count) == (publishing_ms, keep_alive_count)
    assert 3 * pace.keep_alive_s <= silence_s
    assert pace.lifetime_count >= 3 * pace.keep_alive_count  # OPC UA Part 4, 5.14.2


def test_the_plan_names_every_request() -> None:
    assert describe_plan(Settings.model_validate(ENDPOINT)) == ["plc/press: one Read of 1 node"]
    (line,) = describe_plan(Settings.model_validate(ENDPOINT | {"mode": "subscribe"}))
    rhythm = "changes every 1000 ms, a keep-alive after 10 s without any"
    assert line == f"plc: one subscription to 1 node, {rhythm}; a poll sends nothing"
