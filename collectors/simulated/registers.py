"""The register maps of the simulated Modbus devices, and how a value becomes registers. Knows no library and no socket.

The maps are Atsuen's own, in the manner of real meters: 64 bit integers and doubles in Wh, 32 bit with the low word
first, floats with the low word first, scaled 16 bit gauges. Addresses are those on the wire. Each map is one block
that is read in one request and holds the device's clock: UTC milliseconds, 64 bit unsigned, high word first.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from collectors.simulated.instruments import COUNTERS
from collectors.simulated.mill import Mill

HOLDING_REGISTERS = 3
INPUT_REGISTERS = 4
CLOCK = "clock"


class Encoding(StrEnum):
    """How a number is laid out in registers, as the code of Python's struct for its big-endian bytes."""

    U16 = ">H"
    S16 = ">h"
    U32 = ">I"
    S32 = ">i"
    U64 = ">Q"
    F32 = ">f"
    F64 = ">d"


@dataclass(frozen=True, slots=True)
class Field:
    """A point's place in a map."""

    point: str
    address: int
    encoding: Encoding
    low_word_first: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """A device behind an endpoint: its unit number, the function code that reads it, its map in order of address."""

    number: int
    device: str
    function: int
    fields: tuple[Field, ...]

    @property
    def first_address(self) -> int:
        """Where the block begins."""
        return self.fields[0].address

    @property
    def length(self) -> int:
        """Registers in the block, gaps included."""
        last = self.fields[-1]
        return last.address + struct.calcsize(last.encoding) // 2 - self.first_address


_INCOMING = (
    Field("energy_import", 100, Encoding.U32),
    Field("energy_export", 102, Encoding.U32),
    Field("power", 104, Encoding.S32),
    Field("frequency", 106, Encoding.U16),
    Field(CLOCK, 108, Encoding.U64),
)
_DOUBLE_METER = (
    Field("energy", 801, Encoding.F64),
    Field("power", 805, Encoding.F32),
    Field(CLOCK, 809, Encoding.U64),
)
_INT64_METER = (
    Field("power", 3196, Encoding.F32),
    Field("energy", 3204, Encoding.U64),
    Field(CLOCK, 3212, Encoding.U64),
)
_LOW_WORD_METER = (
    Field("energy", 0x64, Encoding.U32, low_word_first=True),
    Field(CLOCK, 0x70, Encoding.U64),
    Field("power", 0xB0, Encoding.U32, low_word_first=True),
)
_OFFICE_METER = (
    Field("power", 0x1F0, Encoding.S32),
    Field("energy", 0x200, Encoding.U32),
    Field(CLOCK, 0x210, Encoding.U64),
)
_GAS_METER = (
    Field("gas_volume", 0, Encoding.U32),
    Field("gas_pressure", 2, Encoding.U16),
    Field("gas_temperature", 3, Encoding.S16),
    Field("phase", 4, Encoding.U16),
    Field(CLOCK, 8, Encoding.U64),
)
_LPG_METER = (
    Field("lpg_flow", 2007, Encoding.F32, low_word_first=True),
    Field("phase", 2009, Encoding.U16),
    Field("lpg_mass", 2010, Encoding.U32),
    Field(CLOCK, 2012, Encoding.U64),
)
_BOILER_METER = (
    Field("gas_volume", 40, Encoding.U32, low_word_first=True),
    Field("gas_flow", 42, Encoding.F32),
    Field(CLOCK, 44, Encoding.U64),
)

ENDPOINTS: Mapping[str, tuple[Unit, ...]] = {
    "substation": (
        Unit(1, "incoming", HOLDING_REGISTERS, _INCOMING),
        Unit(2, "solar", HOLDING_REGISTERS, _DOUBLE_METER),
    ),
    "feeders": (
        Unit(1, "hot_mill", HOLDING_REGISTERS, _INT64_METER),
        Unit(2, "cold_mill_1", HOLDING_REGISTERS, _DOUBLE_METER),
        Unit(3, "cold_mill_2", HOLDING_REGISTERS, _LOW_WORD_METER),
        Unit(4, "auxiliaries", HOLDING_REGISTERS, _LOW_WORD_METER),
        Unit(5, "offices", HOLDING_REGISTERS, _OFFICE_METER),
    ),
    "furnaces": (
        Unit(1, "melting_1", INPUT_REGISTERS, _GAS_METER),
        Unit(2, "melting_2", INPUT_REGISTERS, _GAS_METER),
        Unit(3, "holding", INPUT_REGISTERS, _GAS_METER),
        Unit(4, "soaking", INPUT_REGISTERS, _LPG_METER),
        Unit(5, "boiler", INPUT_REGISTERS, _BOILER_METER),
    ),
}


def read_block(mill: Mill, unit: Unit, time_ms: int) -> list[int]:
    """All registers of a unit as they stand at one moment; gaps hold zero."""
    block = [0] * unit.length
    for field in unit.fields:
        words = encode(_number(mill, unit.device, field, time_ms), field)
        start = field.address - unit.first_address
        block[start : start + len(words)] = words
    return block


def encode(number: float, field: Field) -> list[int]:
    """The registers of a number. Raises struct.error when it does not fit."""
    data = struct.pack(field.encoding, number)
    words = [data[at] << 8 | data[at + 1] for at in range(0, len(data), 2)]
    return words[::-1] if field.low_word_first else words


def _number(mill: Mill, device: str, field: Field, time_ms: int) -> float:
    if field.point == CLOCK:
        return time_ms
    if (device, field.point) in COUNTERS:
        return mill.register(device, field.point, time_ms)
    if field.encoding in {Encoding.F32, Encoding.F64}:
        return mill.gauge(device, field.point, time_ms)
    return mill.gauge_steps(device, field.point, time_ms)
