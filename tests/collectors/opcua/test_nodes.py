"""Names of nodes by the specification's string form, and what values, status codes and times become."""

import math
from datetime import UTC, datetime
from uuid import UUID

import pytest

from collectors.frame import UNKNOWN_TIME_MS, Quality
from collectors.opcua.nodes import NodeName, find_namespace, parse_node, read_time_ms, read_value


# The examples with a GUID and an opaque identifier are those of OPC UA Part 6, 5.3.1.10.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("i=2258", NodeName(0, 2258)),
        ("ns=2;s=Press.Energy", NodeName(2, "Press.Energy")),
        ("nsu=urn:example:mill;s=Press.Energy", NodeName("urn:example:mill", "Press.Energy")),
        ("nsu=http://example.com/UA;i=4294967295", NodeName("http://example.com/UA", 2**32 - 1)),
        ("ns=3;s=a;b=c ; d", NodeName(3, "a;b=c ; d")),
        (
            "ns=10;g=09087e75-8e5e-499b-954f-f2a9603db28a",
            NodeName(10, UUID("09087e75-8e5e-499b-954f-f2a9603db28a")),
        ),
        ("ns=1;b=M/RbKBsRVkePCePcx24oRA==", NodeName(1, bytes.fromhex("33f45b281b1156478f09e3dcc76e2844"))),
    ],
)
def test_names_of_nodes(text: str, expected: NodeName) -> None:
    assert parse_node(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "Press.Energy", "ns=2", "ns=x;i=1", "s=", "i=-1", "i=4294967296", "i=1.5", "g=123", "b=?", "ns=2;nsu=u;i=1"],
)
def test_what_is_no_name_of_a_node(text: str) -> None:
    with pytest.raises(ValueError, match="is not a node: "):
        parse_node(text)


def test_namespaces() -> None:
    uris = ["http://opcfoundation.org/UA/", "urn:server", "urn:example:mill"]
    assert find_namespace(NodeName("urn:example:mill", 1), uris) == 2
    assert find_namespace(NodeName("urn:example:none", 1), uris) is None
    assert find_namespace(NodeName(7, 1), uris) == 7


@pytest.mark.parametrize(
    ("value", "status", "expected"),
    [
        (True, 0, (1, 0)),
        (False, 0, (0, 0)),
        (17, 0, (17, 0)),
        (-0.5, 0x00A60000, (-0.5, 0x00A60000)),  # GoodLocalOverride
        (17, 0x408F0000, (17, 0x408F0000)),  # UncertainNotAllNodesAvailable
    ],
)
def test_values(value: object, status: int, expected: tuple[float, int]) -> None:
    assert read_value(value, status) == expected


@pytest.mark.parametrize(
    ("value", "status", "expected"),
    [
        (17, 0x808C0000, 0x808C0000),
        (17, 0xC0000000, 0xC0000000),  # reserved severity: to be treated as bad
        (None, 0x80340000, 0x80340000),
        (None, 0, Quality.BAD_NO_DATA),
        ("17", 0, Quality.BAD_DECODING_ERROR),
        ([17], 0, Quality.BAD_DECODING_ERROR),
        (datetime(2026, 1, 1, tzinfo=UTC), 0, Quality.BAD_DECODING_ERROR),
    ],
)
def test_what_is_no_value(value: object, status: int, expected: int) -> None:
    number, quality = read_value(value, status)
    assert math.isnan(number)
    assert quality == expected


def test_times() -> None:
    assert read_time_ms(datetime(2023, 11, 14, 22, 13, 20, 123999, tzinfo=UTC)) == 1_700_000_000_123
    assert read_time_ms(None) == UNKNOWN_TIME_MS
    assert read_time_ms(datetime(1601, 1, 1, tzinfo=UTC)) == UNKNOWN_TIME_MS
