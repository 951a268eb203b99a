"""Points, layouts, frames and quality: what every collector returns. Knows no protocol, clock or energy.

A frame is one poll of one device, stored columnar: raw counts as packed float64, a quality code a point and,
where the protocol has them, source times. There is no object for a single value.
"""

import hashlib
import json
import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum, StrEnum
from functools import lru_cache

EXACT_COUNT_LIMIT = 2**53
"""Above this a float64 no longer holds every whole count."""

UNKNOWN_TIME_MS = -(2**63)
"""Stands in `Frame.source_times` for a point whose source gave no time."""


class Kind(StrEnum):
    """What the successive values of a point mean."""

    COUNTER = "counter"
    GAUGE = "gauge"
    STATE = "state"


class Quality(IntEnum):
    """Quality codes of a value: the OPC UA status codes (IEC 62541-6 Annex A), for every protocol.

    The two highest bits give the severity: 00 good, 01 uncertain, 10 bad. Servers may send codes that are not named
    here; they are carried unchanged, which is why the functions below take any integer.
    """

    GOOD = 0x00000000
    UNCERTAIN = 0x40000000
    BAD = 0x80000000
    BAD_COMMUNICATION_ERROR = 0x80050000
    BAD_DECODING_ERROR = 0x80070000
    BAD_TIMEOUT = 0x800A0000
    BAD_WAITING_FOR_INITIAL_DATA = 0x80320000
    BAD_NODE_ID_UNKNOWN = 0x80340000
    BAD_OUT_OF_RANGE = 0x803C0000
    BAD_CONFIGURATION_ERROR = 0x80890000
    BAD_NOT_CONNECTED = 0x808A0000
    BAD_DEVICE_FAILURE = 0x808B0000
    BAD_SENSOR_FAILURE = 0x808C0000
    BAD_OUT_OF_SERVICE = 0x808D0000
    BAD_NO_DATA = 0x809B0000


def is_good(code: int) -> bool:
    """Whether a status code of any protocol says good (severity bits 00)."""
    return code >> 30 == 0


@dataclass(frozen=True, slots=True)
class Point:
    """One quantity of one device.

    `raw × scale` is the value in `unit`, as the maker defines it; ratios of transformers and pulse weights belong to
    the stream. `modulus` is the number of raw counts after which a counter shows zero again. `maximum_per_hour` is
    the largest advance that the plant can cause in an hour, `largest_step` what may come at once on top of it (the
    weight of a coil), both in `unit`. `significand_bits` is 24 for a counter that arrives as a 32 bit float: it loses
    its last digits as it grows.
    """

    id: str
    kind: Kind
    unit: str
    scale: Decimal = Decimal(1)
    modulus: int | None = None
    maximum_per_hour: Decimal | None = None
    largest_step: Decimal | None = None
    significand_bits: int | None = None

    def describe(self) -> list[str | None]:
        """The point as plain text fields, in a fixed order, for storage and for the layout's digest."""
        modulus = None if self.modulus is None else str(self.modulus)
        maximum = None if self.maximum_per_hour is None else str(self.maximum_per_hour)
        step = None if self.largest_step is None else str(self.largest_step)
        bits = None if self.significand_bits is None else str(self.significand_bits)
        return [self.id, self.kind.value, self.unit, str(self.scale), modulus, maximum, step, bits]

    @classmethod
    def from_description(cls, fields: Sequence[str | None]) -> "Point":
        """The point that `describe` wrote. Raises ValueError when the fields are not such a description."""
        point_id, kind, unit, scale, modulus, maximum, step, bits = fields
        if point_id is None or kind is None or unit is None or scale is None:
            raise ValueError(f"not a point's description: {list(fields)}")
        return cls(
            point_id,
            Kind(kind),
            unit,
            Decimal(scale),
            None if modulus is None else int(modulus),
            None if maximum is None else Decimal(maximum),
            None if step is None else Decimal(step),
            None if bits is None else int(bits),
        )


@dataclass(frozen=True, slots=True)
class Layout:
    """The ordered points of a device and the digest of that content. After a change, old frames keep theirs."""

    device: str
    points: tuple[Point, ...]
    digest: str = field(init=False)
    position: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Derive the digest and the position of each point. Raises ValueError when two points share an id."""
        position = {point.id: index for index, point in enumerate(self.points)}
        if len(position) != len(self.points):
            raise ValueError(f"device {self.device}: two points have the same id")
        digest = hashlib.sha256(self.to_json().encode()).hexdigest()[:16]
        object.__setattr__(self, "digest", digest)
        object.__setattr__(self, "position", position)

    def to_json(self) -> str:
        """The layout as canonical JSON, the form in which the journal keeps it."""
        fields = [self.device, [point.describe() for point in self.points]]
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Layout":
        """The layout that `to_json` wrote."""
        device, points = json.loads(text)
        return cls(device, tuple(Point.from_description(fields) for fields in points))


@lru_cache(maxsize=256)
def _packer(code: str, count: int) -> struct.Struct:
    return struct.Struct(f"<{count}{code}")


@dataclass(frozen=True, slots=True)
class Frame:
    """One poll of one device.

    `time_ms` is when the answer arrived (UTC, milliseconds since 1970). `values` holds raw counts as little-endian
    float64, NaN where nothing was read; `quality` a little-endian uint32 a point; `source_times` an int64 in
    milliseconds a point, or nothing when the protocol has none. All are in the order of the layout.
    """

    device: str
    layout: str
    time_ms: int
    values: bytes
    quality: bytes
    source_times: bytes = b""

    @classmethod
    def pack(
        cls,
        layout: Layout,
        time_ms: int,
        values: Sequence[float],
        quality: Sequence[int],
        source_times_ms: Sequence[int] | None = None,
    ) -> "Frame":
        """Pack one value, one quality code and optionally one source time for each point of the layout.

        A value that is not finite, or too large to be an exact count, is stored as NaN with a bad quality.
        Raises ValueError when a sequence is not as long as the layout.
        """
        count = len(layout.points)
        times = () if source_times_ms is None else source_times_ms
        if len(values) != count or len(quality) != count or len(times) not in {0, count}:
            raise ValueError(f"device {layout.device}: {count} points, but {len(values)} values, {len(quality)} codes")
        values, quality = _without_impossible_numbers(values, quality)
        return cls(
            layout.device,
            layout.digest,
            time_ms,
            _packer("d", count).pack(*values),
            _packer("I", count).pack(*quality),
            _packer("q", len(times)).pack(*times) if times else b"",
        )

    @classmethod
    def bad(cls, layout: Layout, time_ms: int, code: int) -> "Frame":
        """A frame in which no point was read, all for the same reason."""
        count = len(layout.points)
        return cls.pack(layout, time_ms, [math.nan] * count, [code] * count)

    def read_values(self) -> tuple[float, ...]:
        """The raw counts in the order of the layout; NaN where nothing was read."""
        return _packer("d", len(self.values) // 8).unpack(self.values)

    def read_quality(self) -> tuple[int, ...]:
        """The quality codes in the order of the layout."""
        return _packer("I", len(self.quality) // 4).unpack(self.quality)

    def read_source_times_ms(self) -> tuple[int, ...]:
        """The source times in the order of the layout, or nothing when the protocol has none."""
        return _packer("q", len(self.source_times) // 8).unpack(self.source_times)


def _without_impossible_numbers(
    values: Sequence[float], quality: Sequence[int]
) -> tuple[Sequence[float], Sequence[int]]:
    if all(-EXACT_COUNT_LIMIT <= value <= EXACT_COUNT_LIMIT for value in values):
        return values, quality
    kept, codes = list(values), list(quality)
    for index, value in enumerate(values):
        if not -EXACT_COUNT_LIMIT <= value <= EXACT_COUNT_LIMIT:
            kept[index] = math.nan
            if is_good(codes[index]):
                codes[index] = Quality.BAD_OUT_OF_RANGE
    return kept, codes
