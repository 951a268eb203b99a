"""What the settings of every protocol share: ids, points, devices, endpoints. Knows no registers and no nodes."""

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Annotated, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from collectors.frame import Kind, Layout, Point
from collectors.wrong import Wrong, WrongSettings


def _check_identifier(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", text):
        said = "{text!r} cannot be an id: use lower-case letters, digits and _, with a letter first"
        raise WrongSettings(Wrong.of("no_id", said, text=text))
    return text


Identifier = Annotated[str, AfterValidator(_check_identifier)]
Positive = Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Table(BaseModel):
    """A table of the site file; unknown keys are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PointTable(Table):
    """A quantity of a device. A protocol adds where its raw count is found. See `Point` for the meaning."""

    id: Identifier
    kind: Kind
    unit: str
    scale: Positive = Decimal(1)
    modulus: int | None = Field(default=None, gt=1)
    maximum_per_hour: Positive | None = None
    largest_step: Positive | None = None

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if self.modulus is not None and self.kind is not Kind.COUNTER:
            said = "point {point}: only a counter has a modulus, this is a {kind}"
            raise WrongSettings(Wrong.of("modulus_of_counter", said, point=self.id, kind=self.kind.value))
        if self.largest_step is not None and self.maximum_per_hour is None:
            said = "point {point}: largest_step comes on top of maximum_per_hour, which is missing"
            raise WrongSettings(Wrong.of("step_without_rate", said, point=self.id))
        return self

    def to_point(self) -> Point:
        """The point as layouts keep it."""
        return Point(
            self.id,
            self.kind,
            self.unit,
            self.scale,
            self.modulus,
            self.maximum_per_hour,
            self.largest_step,
            self.significand_bits(),
        )

    def significand_bits(self) -> int | None:
        """The bits of a counter that arrives as a short float; None for one that keeps every count."""
        return None


class DeviceTable(Table):
    """A device behind an endpoint. A protocol narrows the type of its points."""

    id: Identifier
    points: Annotated[Sequence[PointTable], Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        return _refuse(self, f"device {self.id}", self.find_mistakes())

    def find_mistakes(self) -> Iterator[Wrong]:
        """What is wrong with the device as a whole; a protocol adds its own."""
        yield from _repeated("point", self.points)

    def to_layout(self) -> Layout:
        """The layout of the device's frames, in the order of the file."""
        return Layout(self.id, tuple(point.to_point() for point in self.points))


class EndpointTable(Table):
    """An endpoint. A protocol adds its address and narrows the type of its devices."""

    id: Identifier
    poll_s: Seconds
    devices: Annotated[Sequence[DeviceTable], Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        return _refuse(self, f"endpoint {self.id}", self.find_mistakes())

    def find_mistakes(self) -> Iterator[Wrong]:
        """What is wrong with the endpoint as a whole; a protocol adds its own."""
        yield from _repeated("device", self.devices)

    def build_layouts(self) -> dict[str, Layout]:
        """The layout of each device, by device id, in the order of the file."""
        return {device.id: device.to_layout() for device in self.devices}


_Checked = TypeVar("_Checked", bound=Table)


def _refuse(table: _Checked, where: str, mistakes: Iterable[Wrong]) -> _Checked:
    """The table, unless something is wrong with it. Raises WrongSettings with all of it at once."""
    found = list(mistakes)
    if found:
        raise WrongSettings(*found, where=where)
    return table


def _repeated(what: str, items: Iterable[PointTable | DeviceTable]) -> Iterator[Wrong]:
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            yield Wrong.of(f"two_{what}s", f"there are two {what}s with the id {{id}}", id=item.id)
        seen.add(item.id)
