"""Energy, CO2, production and intensity of a site over some half hours. Knows no storage."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.energy import Totals, convert_half_hour
from agent.accounting.factors import FactorSet
from agent.accounting.interval import INTERVAL_MS
from agent.accounting.streams import FindInterval, Stream, half_hour_of

KG_PER_T = 1000


@dataclass(frozen=True, slots=True)
class StreamWindow:
    """One stream over the window: its amount in its unit, and its energy and CO2 where the scheme has factors."""

    stream: Stream
    amount: Decimal
    totals: Totals
    spanned_ms: int


@dataclass(frozen=True, slots=True)
class WindowFigures:
    """A site over a window. `known_share` is the share of stream-time that has figures, 0 to 1.

    Intensities are None without production: undefined, neither zero nor infinite.
    """

    streams: tuple[StreamWindow, ...]
    production_t: Decimal
    known_share: float

    @property
    def totals(self) -> Totals:
        """Energy and CO2 of the streams that add up to the site."""
        energy_gj, co2_kg = Decimal(0), Decimal(0)
        for window in self.streams:
            if window.stream.is_total:
                energy_gj += window.totals.energy_gj
                if window.totals.co2_kg is None:
                    return Totals(energy_gj, None)
                co2_kg += window.totals.co2_kg
        return Totals(energy_gj, co2_kg)

    @property
    def energy_intensity_gj_per_t(self) -> Decimal | None:
        """Energy intensity (エネルギー原単位)."""
        return self.totals.energy_gj / self.production_t if self.production_t else None

    @property
    def co2_intensity_t_per_t(self) -> Decimal | None:
        """CO2 intensity (CO2原単位)."""
        co2_kg = self.totals.co2_kg
        return co2_kg / KG_PER_T / self.production_t if self.production_t and co2_kg is not None else None

    def amount_of(self, carrier: str) -> Decimal:
        """The amount of one carrier in the unit of its streams, over the streams that add up to the site."""
        chosen = (window for window in self.streams if window.stream.is_total and window.stream.carrier == carrier)
        return sum((window.amount for window in chosen), Decimal(0))


def figures_over(
    streams: Sequence[Stream], products: Sequence[Stream], starts: Sequence[int], find: FindInterval, factors: FactorSet
) -> WindowFigures:
    """The figures of a site over half hours (by their starts) of one fiscal year. Raises what `convert` raises."""
    windows = tuple(_stream_window(stream, starts, find, factors) for stream in streams)
    known = [window.spanned_ms for window in windows if window.stream.is_total]
    wanted_ms = len(known) * len(starts) * INTERVAL_MS
    tonnes = sum((_tonnes(product, starts, find) for product in products), Decimal(0))
    return WindowFigures(windows, tonnes, sum(known) / wanted_ms if wanted_ms else 0.0)


def _stream_window(stream: Stream, starts: Iterable[int], find: FindInterval, factors: FactorSet) -> StreamWindow:
    amount, totals, spanned_ms = Decimal(0), Totals(), 0
    for start in starts:
        half_hour = half_hour_of(stream, start, find)
        if half_hour is not None:
            amount += half_hour.amount
            spanned_ms += half_hour.spanned_ms
            totals = totals.plus(convert_half_hour(half_hour, factors))
    return StreamWindow(stream, amount, totals, spanned_ms)


def _tonnes(product: Stream, starts: Iterable[int], find: FindInterval) -> Decimal:
    amount = Decimal(0)
    for start in starts:
        half_hour = half_hour_of(product, start, find)
        amount += half_hour.amount if half_hour is not None else 0
    return amount / KG_PER_T if product.unit == "kg" else amount
