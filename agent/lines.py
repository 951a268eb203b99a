"""InfluxDB line protocol, encoded once, at the edge. Names are identifiers that need no escaping; numbers are floats.

Three measurements: `reading` (a frame: one field a point, in the point's unit; `<point>_quality` where a code is not
plain good), `interval` (a half hour of one register), `energy` (a half hour of one stream in GJ and kg of CO2).
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from agent.accounting.convert import Converted
from agent.accounting.factors import FactorSet
from agent.accounting.interval import Interval
from agent.accounting.streams import HalfHour
from collectors.frame import Frame, Layout, Point


@dataclass(frozen=True, slots=True)
class _FieldWriter:
    """Writes one point's field. Dividing by 10^n keeps 1234567.89 what it is, where multiplying by 0.01 does not."""

    name: str
    scale: float
    divisor: float

    def write(self, raw: float) -> str:
        return f"{self.name}={raw * self.scale / self.divisor!r}"


def _writer(point: Point) -> _FieldWriter:
    inverse = 1 / point.scale
    if point.scale < 1 and inverse == inverse.to_integral_value():
        return _FieldWriter(point.id, 1.0, float(inverse))
    return _FieldWriter(point.id, float(point.scale), 1.0)


@lru_cache(maxsize=1024)
def _writers(layout_digest: str, points: tuple[Point, ...]) -> tuple[_FieldWriter, ...]:
    return tuple(_writer(point) for point in points)


def reading_line(site: str, frame: Frame, layout: Layout) -> str:
    """A frame. Points of bad quality have no value, only their code."""
    fields = []
    writers = _writers(layout.digest, layout.points)
    for writer, raw, code in zip(writers, frame.read_values(), frame.read_quality(), strict=True):
        if not code >> 31:
            fields.append(writer.write(raw))
        if code:
            fields.append(f"{writer.name}_quality={code}i")
    return f"reading,site={site},device={frame.device} {','.join(fields)} {frame.time_ms}"


def interval_line(site: str, interval: Interval) -> str:
    """A half hour of one register, in raw counts."""
    tags = f"site={site},device={interval.device},point={interval.point}"
    fields = (
        f"opening_raw={interval.opening_raw!r}",
        f"closing_raw={interval.closing_raw!r}",
        f"advance_raw={interval.advance_raw!r}",
        f"spanned_s={interval.spanned_ms / 1000!r}",
        f"observed_s={interval.observed_ms / 1000!r}",
        f'method="{interval.method}"',
    )
    return f"interval,{tags} {','.join(fields)} {interval.start_utc_s * 1000}"


def energy_line(site: str, half_hour: HalfHour, converted: Converted | None, factors: FactorSet | None) -> str:
    """A half hour of one stream. Without factors it has its amount only: no energy is not zero energy."""
    stream = half_hour.stream
    fields = [f"amount={_number(half_hour.amount)}"]
    if converted is not None:
        fields.append(f"energy_gj={_number(converted.energy_gj)}")
        if converted.co2_kg is not None:
            fields.append(f"co2_kg={_number(converted.co2_kg)}")
    fields.append(f"spanned_s={half_hour.spanned_ms / 1000!r}")
    fields.append(f"observed_s={half_hour.observed_ms / 1000!r}")
    fields.append(f'method="{half_hour.method}"')
    if factors is not None:
        fields.append(f'factors="{factors.scheme}-{factors.fiscal_year}-{factors.revision}"')
    tags = f"site={site},stream={stream.id},carrier={stream.carrier},area={stream.area}"
    return f"energy,{tags} {','.join(fields)} {half_hour.start_utc_s * 1000}"


def _number(value: Decimal) -> str:
    return repr(float(value))
