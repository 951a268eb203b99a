"""The half hours of a site as the manager's pages compare them: energy, CO2 and production, each known or not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.energy import Totals, convert_half_hour
from agent.accounting.factors import FactorSet
from agent.accounting.interval import INTERVAL_MS
from agent.accounting.streams import FindInterval, Stream, half_hour_of

KNOWN_SHARE = 0.98
"""A half hour counts as known when each of its streams accounts for so much of the time."""
KG_PER_T = 1000


@dataclass(frozen=True, slots=True)
class SiteHalfHour:
    """One half hour of the site. What is None is not known: energy or production when any stream of it is silent.

    `expected_gj` is what the benchmarks of the products made lead one to expect; None unless all of them have one.
    """

    start_utc_s: int
    energy_gj: float | None
    co2_kg: float | None
    production_t: float | None
    expected_gj: float | None = None


@dataclass(frozen=True, slots=True)
class SiteBooks:
    """What turns registers into a site's figures: its streams, its products with their benchmarks, the year's factors.

    The benchmarks are GJ/t by product.
    """

    streams: Sequence[Stream]
    products: Sequence[Stream]
    expected_gj_per_t: Mapping[str, Decimal]
    factors: FactorSet


def site_half_hours(
    books: SiteBooks, starts: Iterable[int], find: FindInterval, passed_ms: int = INTERVAL_MS
) -> list[SiteHalfHour]:
    """Half hours of one fiscal year, by their starts (UTC seconds); of each of them `passed_ms` have passed.

    Raises what `convert` raises.
    """
    return [_half_hour(books, start, find, passed_ms) for start in starts]


def _half_hour(books: SiteBooks, start_utc_s: int, find: FindInterval, passed_ms: int) -> SiteHalfHour:
    least_ms = KNOWN_SHARE * passed_ms
    energy = _energy(books, start_utc_s, find, least_ms)
    tonnes = _tonnes(books.products, start_utc_s, find, least_ms)
    return SiteHalfHour(
        start_utc_s,
        None if energy is None else float(energy.energy_gj),
        None if energy is None or energy.co2_kg is None else float(energy.co2_kg),
        None if tonnes is None else float(sum(tonnes.values(), Decimal(0))),
        None if tonnes is None else _expected_gj(tonnes, books.expected_gj_per_t),
    )


def _energy(books: SiteBooks, start_utc_s: int, find: FindInterval, least_ms: float) -> Totals | None:
    found, totals = Totals(), [stream for stream in books.streams if stream.is_total]
    for stream in totals:
        half_hour = half_hour_of(stream, start_utc_s, find)
        if half_hour is None or half_hour.spanned_ms < least_ms:
            return None
        found = found.plus(convert_half_hour(half_hour, books.factors))
    return found if totals else None


def _tonnes(
    products: Sequence[Stream], start_utc_s: int, find: FindInterval, least_ms: float
) -> Mapping[str, Decimal] | None:
    tonnes = {}
    for product in products:
        half_hour = half_hour_of(product, start_utc_s, find)
        if half_hour is None or half_hour.spanned_ms < least_ms:
            return None
        tonnes[product.id] = half_hour.amount / KG_PER_T if product.unit == "kg" else half_hour.amount
    return tonnes or None


def _expected_gj(tonnes: Mapping[str, Decimal], benchmarks: Mapping[str, Decimal]) -> float | None:
    made = {name: amount for name, amount in tonnes.items() if amount > 0}
    if not made.keys() <= benchmarks.keys():
        return None
    return float(sum((amount * benchmarks[name] for name, amount in made.items()), Decimal(0)))
