"""What streams take at the moment and what is made in an hour, from the newest frames of each device.

A stream's rate is the mean of about the last minute. A product's is that of about the last hour: coils are counted when
they are weighed, and a minute holds one or none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.statement import KG_PER_T
from agent.accounting.streams import Stream, Term
from agent.dashboard.journal_view import JournalView
from collectors.frame import Frame, Layout, is_good

_RATE_MS = 55_000
"""A rate is the mean of about the last minute; longer where a device is polled less often."""
_LONGEST_RATE_MS = 900_000
_HOUR_MS = 3_600_000
_SHORTEST_HOUR_MS = 600_000
"""Of a device that was not read an hour ago, so long must have been read for a rate of production."""
_STALE_MS = 60_000
_KW = {"kWh": Decimal(1), "MWh": Decimal(1000), "GWh": Decimal(1_000_000)}


@dataclass(frozen=True, slots=True)
class Rate:
    """What the site takes or makes at the moment, an hour, in a unit; None while a register of it is not read."""

    carrier: str
    unit: str
    per_hour: Decimal | None


def sum_by_carrier(rates: Iterable[tuple[Stream, Decimal | None]]) -> list[Rate]:
    """What streams take an hour, added up by carrier and unit; None as soon as one of a carrier is not known."""
    found: dict[tuple[str, str], Decimal | None] = {}
    for stream, rate in rates:
        key = (stream.carrier, stream.unit)
        before = found.get(key, Decimal(0))
        found[key] = None if rate is None or before is None else before + rate
    return [Rate(carrier, unit, rate) for (carrier, unit), rate in found.items()]


class Rates:
    """Rates from the newest frame of each device and one before it."""

    def __init__(self, view: JournalView, newest: dict[str, tuple[Layout, Frame]], now_ms: int) -> None:
        self._view = view
        self._newest = newest
        self._now_ms = now_ms
        self._minute_ago = {device: self._earlier(*pair) for device, pair in newest.items()}

    def by_carrier(self, streams: Sequence[Stream]) -> list[Rate]:
        """The streams added up by carrier; electricity in kW, whatever its registers count."""
        return sum_by_carrier((stream, self._of(stream)) for stream in streams)

    def production(self, products: Sequence[Stream]) -> Rate | None:
        """Tonnes an hour of all products, over about the last hour; None where the site has none."""
        if not products:
            return None
        devices = {ref.device for product in products for ref in product.points() if ref.device in self._newest}
        hour_ago = {device: self._an_hour_before(*self._newest[device]) for device in devices}
        rates = [(self._of(product, hour_ago), KG_PER_T if product.unit == "kg" else 1) for product in products]
        known = [rate / weight for rate, weight in rates if rate is not None]
        return Rate("production", "t", sum(known, Decimal(0)) if len(known) == len(rates) else None)

    def power_kw(self, stream: Stream) -> float | None:
        """The power of a stream of electricity. Raises KeyError for one in another unit."""
        rate = self._of(stream)
        return None if rate is None else float(rate * _KW[stream.unit])

    def _of(self, stream: Stream, earlier: Mapping[str, Frame | None] | None = None) -> Decimal | None:
        terms = [term for term in stream.terms if term.holds_at(self._now_ms // 1000)]
        rates = [self._term(term, self._minute_ago if earlier is None else earlier) for term in terms]
        known = [rate for rate in rates if rate is not None]
        return sum(known, Decimal(0)) if terms and len(known) == len(rates) else None

    def _term(self, term: Term, earlier_of: Mapping[str, Frame | None]) -> Decimal | None:
        """A register's rate; None where it was not read lately, or fell: that is for the ledger to explain."""
        layout, frame = self._newest.get(term.source.device, (None, None))
        earlier = earlier_of.get(term.source.device)
        if layout is None or frame is None or self._now_ms - frame.time_ms > _STALE_MS:
            return None
        last = _value(layout, frame, term.source.point)
        if term.is_rate:
            return None if last is None else Decimal(last) * term.unit_per_count
        first = None if earlier is None else _value(layout, earlier, term.source.point)
        if first is None or last is None or earlier is None or last < first:
            return None
        return Decimal(last - first) * term.unit_per_count * 3_600_000 / (frame.time_ms - earlier.time_ms)

    def _earlier(self, layout: Layout, frame: Frame) -> Frame | None:
        oldest_ms = frame.time_ms - _LONGEST_RATE_MS
        return self._view.near(layout.device, layout.digest, oldest_ms, frame.time_ms - _RATE_MS)

    def _an_hour_before(self, layout: Layout, frame: Frame) -> Frame | None:
        """The frame of an hour ago; the first one since then where there is none."""
        hour_ms, digest = frame.time_ms - _HOUR_MS, layout.digest
        found = self._view.near(layout.device, digest, hour_ms - _LONGEST_RATE_MS, hour_ms)
        return found or self._view.near(layout.device, digest, hour_ms, frame.time_ms - _SHORTEST_HOUR_MS, oldest=True)


def _value(layout: Layout, frame: Frame, point: str) -> float | None:
    """The raw count of a point, where it was read well."""
    index = layout.position.get(point)
    if index is None or not is_good(frame.read_quality()[index]):
        return None
    return frame.read_values()[index]
