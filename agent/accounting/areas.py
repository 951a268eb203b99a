"""Energy and CO2 by area of the mill, with shared utilities given to the areas that use them. Sums are conserved."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.statement import StatementLine

SITE = "site"
"""The area of streams that supply all areas; what no area accounts for stays with it."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """A shared utility: by fixed shares of areas (the rest stays), or in proportion to the energy of other streams."""

    stream: str
    shares: Mapping[str, Decimal]
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AreaFigures:
    """One area: its own energy, what is given to it (or, negative, given away), and CO2 after that.

    `co2_kg` is None where the scheme states no CO2.
    """

    area: str
    own_gj: Decimal
    allocated_gj: Decimal
    co2_kg: Decimal | None

    @property
    def energy_gj(self) -> Decimal:
        """Energy after allocation."""
        return self.own_gj + self.allocated_gj


def draw_areas(lines: Sequence[StatementLine], allocations: Iterable[Allocation]) -> list[AreaFigures]:
    """The areas of a site. What the totals hold beyond all areas is the area `site`: losses and what no meter sees.

    Raises ValueError, naming the stream, when a stream without energy stands in the way.
    """
    known = {line.stream.id: line for line in lines}
    own: dict[str, Decimal] = {}
    given: dict[str, Decimal] = {}
    co2: dict[str, Decimal] = {}
    for line in lines:
        energy_gj, co2_kg = _figures(line)
        area = line.stream.area
        _add(own, area, energy_gj)
        _add(co2, area, co2_kg)
        if not line.stream.is_total:  # a total supplies, a detail only says where it went
            _add(own, SITE, -energy_gj)
            _add(co2, SITE, -co2_kg)
    for allocation in allocations:
        line = known[allocation.stream]
        energy_gj, co2_kg = _figures(line)
        for area, share in _shares(allocation, known).items():
            for sums, amount in ((given, energy_gj), (co2, co2_kg)):
                _add(sums, area, amount * share)
                _add(sums, line.stream.area, -amount * share)
    zero = Decimal(0)
    states_co2 = all(line.co2_kg is not None for line in lines)
    return [
        AreaFigures(area, own.get(area, zero), given.get(area, zero), co2.get(area, zero) if states_co2 else None)
        for area in dict.fromkeys((*own, *given))
    ]


def _figures(line: StatementLine) -> tuple[Decimal, Decimal]:
    if line.energy_gj is None:
        raise ValueError(f"stream {line.stream.id} has no energy: {line.problem}")
    return line.energy_gj, line.co2_kg or Decimal(0)


def _shares(allocation: Allocation, known: Mapping[str, StatementLine]) -> Mapping[str, Decimal]:
    if allocation.shares:
        return allocation.shares
    weights: dict[str, Decimal] = {}
    for name in allocation.by:
        _add(weights, known[name].stream.area, _figures(known[name])[0])
    total = sum(weights.values(), Decimal(0))
    return {area: weight / total for area, weight in weights.items()} if total > 0 else {}


def _add(sums: dict[str, Decimal], area: str, amount: Decimal) -> None:
    sums[area] = sums.get(area, Decimal(0)) + amount
