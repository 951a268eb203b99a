"""Source streams: the registers a carrier is counted by, with dated ratios, and what a half hour of one comes to."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.factors import ElectricityKind
from agent.accounting.gas_volume import MeterKind
from agent.accounting.interval import INTERVAL_MS, Interval, Method

FindInterval = Callable[[str, str, int], Interval | None]
"""Gives the interval of a (device, point) that starts at a UTC second, or None where there is none."""

_ORDER = [
    Method.MISSING,
    Method.SUBSTITUTED,
    Method.RECOVERED,
    Method.REPLACED,
    Method.WRAPPED,
    Method.INTEGRATED,
    Method.MEASURED,
]
"""From the weakest knowledge to the strongest: a sum is as good as its weakest part."""


@dataclass(frozen=True, slots=True)
class PointRef:
    """A point of a device."""

    device: str
    point: str


@dataclass(frozen=True, slots=True)
class Term:
    """One register of a stream, for a span of time (UTC seconds, half-open, open-ended where None).

    `unit_per_count` is the maker's scale times the site's ratio, with the sign. For a gauge it is per hour.
    """

    source: PointRef
    unit_per_count: Decimal
    is_rate: bool = False
    from_utc_s: int | None = None
    to_utc_s: int | None = None

    def holds_at(self, utc_s: int) -> bool:
        """Whether the term counts for the half hour that starts then."""
        return (self.from_utc_s is None or self.from_utc_s <= utc_s) and (
            self.to_utc_s is None or utc_s < self.to_utc_s
        )


@dataclass(frozen=True, slots=True)
class LineState:
    """Where gauge pressure (kPa) and temperature (°C) at a gas meter come from: a point, a constant, or not needed."""

    gauge_pressure_kpa: PointRef | Decimal | None
    temperature_c: PointRef | Decimal | None
    pressure_scale: Decimal = Decimal(1)
    temperature_scale: Decimal = Decimal(1)

    def points(self) -> list[PointRef]:
        """The points among them."""
        return [ref for ref in (self.gauge_pressure_kpa, self.temperature_c) if isinstance(ref, PointRef)]


@dataclass(frozen=True, slots=True)
class Stream:
    """A carrier that enters an area of the site, or a product that leaves it.

    `is_total` streams add up to the site; the others look into a part of it. `gas_meter` is the kind of the meter
    (see `gas_volume`), `line` the pressure and temperature that it needs.
    """

    id: str
    carrier: str
    area: str
    unit: str
    terms: tuple[Term, ...]
    name_ja: str = ""
    name_en: str = ""
    kind: ElectricityKind | None = None
    supplier: str | None = None
    menu: str | None = None
    is_total: bool = True
    gas_meter: MeterKind | None = None
    line: LineState | None = None

    def points(self) -> Sequence[PointRef]:
        """Every point that the stream's figures rest on."""
        return [term.source for term in self.terms] + (self.line.points() if self.line else [])


@dataclass(frozen=True, slots=True)
class HalfHour:
    """A half hour of one stream: its amount in the stream's unit, as metered, and how well it is known.

    Pressure and temperature are the means of the half hour, for a gas meter that needs them.
    """

    stream: Stream
    start_utc_s: int
    amount: Decimal
    method: Method
    spanned_ms: int
    observed_ms: int
    gauge_pressure_kpa: Decimal | None = None
    temperature_c: Decimal | None = None


def find_among(intervals: Iterable[Interval]) -> FindInterval:
    """Finds intervals among these."""
    known = {(each.device, each.point, each.start_utc_s): each for each in intervals}
    return lambda device, point, start_utc_s: known.get((device, point, start_utc_s))


def half_hour_of(stream: Stream, start_utc_s: int, find: FindInterval) -> HalfHour | None:
    """The half hour of a stream, or None when any of its registers, or pressure or temperature, has no interval.

    None, too, when no term holds at that time: what is not counted is unknown, not zero.
    """
    terms = [term for term in stream.terms if term.holds_at(start_utc_s)]
    if not terms:
        return None
    amount, worst = Decimal(0), Method.MEASURED
    spanned_ms = observed_ms = INTERVAL_MS
    for term in terms:
        interval = find(term.source.device, term.source.point, start_utc_s)
        if interval is None:
            return None
        amount += _amount_of(term, interval)
        worst = min(worst, interval.method, key=_ORDER.index)
        spanned_ms, observed_ms = min(spanned_ms, interval.spanned_ms), min(observed_ms, interval.observed_ms)
    if stream.line is None:
        return HalfHour(stream, start_utc_s, amount, worst, spanned_ms, observed_ms)
    state = _line_state(stream.line, start_utc_s, find)
    return None if state is None else HalfHour(stream, start_utc_s, amount, worst, spanned_ms, observed_ms, *state)


def _amount_of(term: Term, interval: Interval) -> Decimal:
    amount = Decimal(interval.advance_raw) * term.unit_per_count
    return amount * interval.spanned_ms / 3_600_000 if term.is_rate else amount


def _line_state(line: LineState, start_utc_s: int, find: FindInterval) -> tuple[Decimal | None, Decimal | None] | None:
    """Pressure and temperature of a half hour; None when one that a point measures has no interval."""
    found: list[Decimal | None] = []
    for source, scale in ((line.gauge_pressure_kpa, line.pressure_scale), (line.temperature_c, line.temperature_scale)):
        if isinstance(source, PointRef):
            interval = find(source.device, source.point, start_utc_s)
            if interval is None:
                return None
            found.append(Decimal(interval.advance_raw) * scale)
        else:
            found.append(source)
    return found[0], found[1]
