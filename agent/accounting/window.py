"""Energy, CO2, production and intensity of a site over some half hours. Knows no storage."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.energy import Totals, convert_half_hour
from agent.accounting.factors import FactorSet
from agent.accounting.half_hours import KG_PER_T, KNOWN_SHARE
from agent.accounting.interval import INTERVAL_MS
from agent.accounting.statement import SpanFigures, StatementLine
from agent.accounting.streams import FindInterval, Stream, half_hour_of

LAG_MS = 300_000
"""While a window is not over, or was not read from its beginning, one register may be so far behind the others: devices
come up one after the other, and scales are read less often than meters."""


@dataclass(frozen=True, slots=True)
class StreamWindow:
    """One stream or product over the window: its amount in its unit, and the time that this accounts for.

    Its energy and CO2 are there where the scheme has factors; a product has none.
    """

    stream: Stream
    amount: Decimal
    totals: Totals
    spanned_ms: int

    def plus(self, other: "StreamWindow") -> "StreamWindow":
        """The same stream over this time and another."""
        amount, spanned_ms = self.amount + other.amount, self.spanned_ms + other.spanned_ms
        return StreamWindow(self.stream, amount, _sum(self.totals, other.totals), spanned_ms)


@dataclass(frozen=True, slots=True)
class WindowFigures:
    """A site over a window of so much time. What a register does not account for is not in the sums.

    A product whose register is silent while others are read makes production unknown, a silent meter energy and CO2:
    `totals` then has what is known. Intensities are None without production too: undefined, neither zero nor infinite.
    """

    streams: tuple[StreamWindow, ...]
    products: tuple[StreamWindow, ...]
    window_ms: int

    @property
    def known_share(self) -> float:
        """The share of stream-time that has figures, 0 to 1, over the streams that add up to the site."""
        known = [window.spanned_ms for window in self._totals()]
        wanted_ms = len(known) * self.window_ms
        return sum(known) / wanted_ms if wanted_ms else 0.0

    @property
    def totals(self) -> Totals:
        """Energy and CO2 of the streams that add up to the site, as far as they are known."""
        found = Totals()
        for window in self._totals():
            found = _sum(found, window.totals)
        return found

    @property
    def production_t(self) -> Decimal | None:
        """Production of all products; None unless each is known for as much of the time as the site is."""
        if not self.products or not self._are_whole(self.products):
            return None
        return sum((_tonnes(window) for window in self.products), Decimal(0))

    @property
    def energy_gj(self) -> Decimal | None:
        """Energy of the site; None unless each of its streams is known for as much of the time as any."""
        return self.totals.energy_gj if self._are_whole(self._totals()) else None

    @property
    def co2_kg(self) -> Decimal | None:
        """CO2 of the site; None when its energy is, or when the scheme states none."""
        return self.totals.co2_kg if self._are_whole(self._totals()) else None

    @property
    def energy_intensity_gj_per_t(self) -> Decimal | None:
        """Energy intensity (エネルギー原単位), of all energy or none: part of it per tonne would look too good."""
        return self.energy_gj / self.production_t if self.energy_gj is not None and self.production_t else None

    @property
    def co2_intensity_t_per_t(self) -> Decimal | None:
        """CO2 intensity (CO2原単位)."""
        return self.co2_kg / KG_PER_T / self.production_t if self.co2_kg is not None and self.production_t else None

    def amount_of(self, carrier: str) -> Decimal:
        """The amount of one carrier in the unit of its streams, over the streams that add up to the site."""
        chosen = (window for window in self._totals() if window.stream.carrier == carrier)
        return sum((window.amount for window in chosen), Decimal(0))

    def plus(self, other: "WindowFigures") -> "WindowFigures":
        """The same site over this time and another."""
        return WindowFigures(
            tuple(one.plus(more) for one, more in zip(self.streams, other.streams, strict=True)),
            tuple(one.plus(more) for one, more in zip(self.products, other.products, strict=True)),
            self.window_ms + other.window_ms,
        )

    def _totals(self) -> tuple[StreamWindow, ...]:
        return tuple(window for window in self.streams if window.stream.is_total)

    def _are_whole(self, windows: Sequence[StreamWindow]) -> bool:
        """Whether each is known for nearly all of the time for which anything of the site is."""
        covered_ms = max((window.spanned_ms for window in (*self._totals(), *self.products)), default=0)
        least_ms = KNOWN_SHARE * covered_ms - (LAG_MS if covered_ms < self.window_ms else 0)
        return all(window.spanned_ms and window.spanned_ms >= least_ms for window in windows)


def figures_over(
    streams: Sequence[Stream], products: Sequence[Stream], starts: Sequence[int], find: FindInterval, factors: FactorSet
) -> WindowFigures:
    """The figures of a site over half hours (by their starts) of one fiscal year. Raises what `convert` raises."""
    return WindowFigures(
        tuple(_stream_window(stream, starts, find, factors) for stream in streams),
        tuple(_stream_window(product, starts, find, None) for product in products),
        len(starts) * INTERVAL_MS,
    )


def figures_drawn(
    lines: Sequence[StatementLine], products: Sequence[StatementLine], index: int, window_ms: int
) -> WindowFigures:
    """The figures of a site from lines of a statement, over the span with this index.

    Raises ValueError for a stream that is known and has no factor.
    """
    return WindowFigures(
        tuple(_drawn_window(line, index, window_ms) for line in lines),
        tuple(_drawn_window(line, index, window_ms, is_product=True) for line in products),
        window_ms,
    )


def _stream_window(
    stream: Stream, starts: Iterable[int], find: FindInterval, factors: FactorSet | None
) -> StreamWindow:
    amount, totals, spanned_ms = Decimal(0), Totals(), 0
    for start in starts:
        half_hour = half_hour_of(stream, start, find)
        if half_hour is not None:
            amount += half_hour.amount
            spanned_ms += half_hour.spanned_ms
            totals = totals if factors is None else totals.plus(convert_half_hour(half_hour, factors))
    return StreamWindow(stream, amount, totals, spanned_ms)


def _drawn_window(line: StatementLine, index: int, window_ms: int, *, is_product: bool = False) -> StreamWindow:
    span = line.spans[index]
    if not span.is_known:
        return StreamWindow(line.stream, Decimal(0), Totals(), 0)
    if is_product:
        return StreamWindow(line.stream, span.amount, Totals(), _known_ms(span, window_ms))
    if span.converted is None:
        raise ValueError(f"stream {line.stream.id}: {line.problem}")
    return StreamWindow(line.stream, span.amount, Totals().plus(span.converted), _known_ms(span, window_ms))


def _known_ms(span: SpanFigures, window_ms: int) -> int:
    """The time that a span's figures account for: shares count each register of a stream."""
    return round(window_ms * (1 - span.shares.share(span.shares.missing_ms)))


def _sum(one: Totals, other: Totals) -> Totals:
    co2_kg = None if one.co2_kg is None or other.co2_kg is None else one.co2_kg + other.co2_kg
    return Totals(one.energy_gj + other.energy_gj, co2_kg)


def _tonnes(window: StreamWindow) -> Decimal:
    return window.amount / KG_PER_T if window.stream.unit == "kg" else window.amount
