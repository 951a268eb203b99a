"""The settings of a Modbus endpoint and its devices, as the site file gives them after profiles are merged in."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, model_validator

from collectors.frame import Kind
from collectors.modbus.registers import ByteOrder, Place, RegisterType, WordOrder
from collectors.tables import DeviceTable, EndpointTable, PointTable, Seconds
from collectors.wrong import Wrong, WrongSettings

HIGHEST_ADDRESS = 65535
MAX_REGISTERS = 125
"""The most registers that one request may read (Modbus Application Protocol V1.1b3, 6.3 and 6.4)."""


Function = Literal[3, 4]
"""3 reads holding registers, 4 reads input registers."""


class PointSettings(PointTable):
    """A quantity, and the registers in which its raw count lies. `address` is the one on the wire, from zero."""

    address: int = Field(ge=0, le=HIGHEST_ADDRESS)
    type: RegisterType
    word_order: WordOrder | None = None
    function: Function | None = None
    invalid: tuple[int | float, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        last = self.address + self.type.width - 1
        if last > HIGHEST_ADDRESS:
            said = "point {point}: its last register would be {last}; the highest is {highest}"
            raise WrongSettings(Wrong.of("beyond_registers", said, point=self.id, last=last, highest=HIGHEST_ADDRESS))
        for number in self.invalid:
            self.type.as_read(number)
        return self

    def significand_bits(self) -> int | None:
        """A counter in a 32 bit float has 24 of them (IEEE 754)."""
        return 24 if self.type is RegisterType.F32 and self.kind is Kind.COUNTER else None


class DeviceSettings(DeviceTable):
    """One unit behind the endpoint. `max_gap` registers between two points are read along rather than skipped."""

    unit: int = Field(default=1, ge=0, le=255)
    function: Function = 3
    word_order: WordOrder = WordOrder.HIGH_FIRST
    byte_order: ByteOrder = ByteOrder.BIG
    max_registers: int = Field(default=MAX_REGISTERS, ge=1, le=MAX_REGISTERS)
    max_gap: int = Field(default=16, ge=0, lt=MAX_REGISTERS)
    clock: str | None = None
    points: tuple[PointSettings, ...] = Field(min_length=1)

    def find_mistakes(self) -> Iterator[Wrong]:
        """Repeated ids, overlapping or too wide points, a clock that is none."""
        yield from super().find_mistakes()
        yield from self._overlaps()
        yield from self._too_wide()
        yield from self._clock_mistakes()

    def _overlaps(self) -> Iterator[Wrong]:
        ordered = sorted(self.points, key=lambda point: (self.place(point).function, point.address))
        for first, second in pairwise(ordered):
            place, next_place = self.place(first), self.place(second)
            if place.function == next_place.function and next_place.address < place.end:
                said = "points {first} and {second} overlap at register {address}"
                yield Wrong.of("overlap", said, first=first.id, second=second.id, address=next_place.address)

    def _too_wide(self) -> Iterator[Wrong]:
        for point in self.points:
            if point.type.width > self.max_registers:
                said = "point {point} has {width} registers, max_registers allows {most}"
                yield Wrong.of("too_wide", said, point=point.id, width=point.type.width, most=self.max_registers)

    def _clock_mistakes(self) -> Iterator[Wrong]:
        if self.clock is None:
            return
        types = {point.id: point.type for point in self.points}
        if self.clock not in types:
            yield Wrong.of(
                "no_clock", "clock names the point {point!r}, which the device does not have", point=self.clock
            )
        elif types[self.clock].width < 4:
            said = "the clock {point} counts milliseconds since 1970 and needs a 64-bit type"
            yield Wrong.of("narrow_clock", said, point=self.clock)

    def place(self, point: PointSettings) -> Place:
        """Where a point of this device lies, with the device's orders where it has none of its own."""
        return Place(
            point.function or self.function,
            point.address,
            point.type,
            point.word_order or self.word_order,
            self.byte_order,
            point.invalid,
        )


class Settings(EndpointTable):
    """A Modbus TCP endpoint: one connection, shared by all its devices."""

    protocol: Literal["modbus"]
    host: str = Field(min_length=1)
    port: int = Field(default=502, ge=1, le=65535)
    timeout_s: Seconds = 3.0
    devices: tuple[DeviceSettings, ...] = Field(min_length=1)
