"""The site in single spans: what it took and made, where all of it is known. Pure; sums come from statement lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.baseline import EnergyPoint
from agent.accounting.half_hours import KG_PER_T, KNOWN_SHARE
from agent.accounting.spans import Span
from agent.accounting.statement import SpanFigures, StatementLine


@dataclass(frozen=True, slots=True)
class SiteSums:
    """The site in one span.

    Energy and CO2 are not known unless each stream that adds up to the site is for nearly all of the time, nor is
    production unless each product is.
    """

    energy_gj: float | None
    co2_kg: float | None
    production_t: float | None


def site_sums(lines: Sequence[StatementLine], products: Sequence[StatementLine], index: int) -> SiteSums:
    """The site in the span with this index of its lines."""
    totals = [line.spans[index] for line in lines if line.stream.is_total]
    converted = [part.converted if _is_whole(part) else None for part in totals]
    return SiteSums(
        _sum([each.energy_gj if each else None for each in converted]),
        _sum([each.co2_kg if each else None for each in converted]),
        _sum([_tonnes(line, index) for line in products]),
    )


def energy_point(
    span: Span, lines: Sequence[StatementLine], products: Sequence[StatementLine], index: int
) -> EnergyPoint:
    """The site in the span with this index of its lines, as a point of energy against production."""
    sums = site_sums(lines, products, index)
    return EnergyPoint(span.name, span.start_utc_s, sums.production_t, sums.energy_gj)


def _sum(parts: Sequence[Decimal | None]) -> float | None:
    """The sum; None without parts, or as soon as one is unknown."""
    known = [part for part in parts if part is not None]
    return float(sum(known, Decimal(0))) if parts and len(known) == len(parts) else None


def _tonnes(line: StatementLine, index: int) -> Decimal | None:
    part = line.spans[index]
    if not _is_whole(part):
        return None
    return part.amount / KG_PER_T if line.stream.unit == "kg" else part.amount


def _is_whole(part: SpanFigures) -> bool:
    return part.shares.missing_ms <= (1 - KNOWN_SHARE) * part.shares.expected_ms
