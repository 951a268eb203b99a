"""Names of nodes, and the meaning of the values that servers give for them. Knows no connection and no library."""

import base64
import binascii
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from collectors.frame import UNKNOWN_TIME_MS, Quality
from collectors.wrong import Wrong, WrongSettings

_NODE = re.compile(r"(?:nsu=(?P<uri>[^;]+);|ns=(?P<index>\d{1,5});)?(?P<kind>[isgb])=(?P<identifier>.+)", re.DOTALL)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_BAD_SEVERITY = 0x80000000


@dataclass(frozen=True, slots=True)
class NodeName:
    """A node as the site file names it. The namespace is a URI, or the index that the server happens to give it."""

    namespace: str | int
    identifier: int | str | UUID | bytes


def parse_node(text: str) -> NodeName:
    """Read the string form of a node id (OPC UA Part 6, 5.3.1.10). Raises ValueError with a sentence for a person."""
    match = _NODE.fullmatch(text)
    if match is None:
        said = "{text!r} is not a node: write for example 'nsu=urn:maker:plc;s=Meter.Energy' or 'ns=2;i=17'"
        raise WrongSettings(Wrong.of("no_node", said, text=text))
    try:
        identifier = _parse_identifier(match["kind"], match["identifier"])
    except (ValueError, binascii.Error):
        said = "{text!r} is not a node: what follows {letter}= has the wrong form"
        raise WrongSettings(Wrong.of("no_node_identifier", said, text=text, letter=match["kind"])) from None
    return NodeName(match["uri"] or int(match["index"] or 0), identifier)


def _parse_identifier(kind: str, text: str) -> int | str | UUID | bytes:
    if kind == "s":
        return text
    if kind == "g":
        return UUID(text)
    if kind == "b":
        return base64.b64decode(text, validate=True)
    number = int(text)
    if not 0 <= number < 2**32:
        raise ValueError("a numeric identifier has 32 bits")
    return number


def find_namespace(name: NodeName, namespace_uris: Sequence[str]) -> int | None:
    """The index of the node's namespace on a server that has these URIs; None if it does not have the node's."""
    if isinstance(name.namespace, int):
        return name.namespace
    return namespace_uris.index(name.namespace) if name.namespace in namespace_uris else None


def read_value(value: object, status: int) -> tuple[float, int]:
    """The raw count and the quality code for a value that came with a status code, which is carried unchanged.

    A value of bad status is no number, and neither is one that is not a Boolean or a numeric scalar.
    """
    if status >= _BAD_SEVERITY:
        return math.nan, status
    if isinstance(value, bool | int | float):
        return value, status
    return math.nan, Quality.BAD_NO_DATA if value is None else Quality.BAD_DECODING_ERROR


def read_time_ms(time: datetime | None) -> int:
    """A source timestamp (UTC) in milliseconds since 1970; unknown if absent or before (zero means absent: 1601)."""
    if time is None:
        return UNKNOWN_TIME_MS
    time_ms = (time - _EPOCH) // _MILLISECOND
    return time_ms if time_ms > 0 else UNKNOWN_TIME_MS
