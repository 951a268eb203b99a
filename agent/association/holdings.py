"""What one company states for a year, added up over its sites. Knows neither the factors' values nor totals."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from agent.accounting.convert_units import EXACT
from agent.association.uniform import Flow
from agent.submission.annual_parts import AnnualData, Measure

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """A quantity that participants state and that is added up: a group and what within it.

    Groups and units: production (t, by class), energy (by flow, in the unit of its factor), offices and logistics (in
    the units of the document), measures (by category, time and what), cases.
    """

    group: str
    name: str

    def __str__(self) -> str:
        return f"{self.group}.{self.name}"


def energy_item(flow: Flow) -> Item:
    """The item of a flow."""
    return Item("energy", str(flow))


def measure_item(category: str, what: str, *, is_planned: bool) -> Item:
    """The item of a category of measures; `what` is investment (million yen) or reduction (t-CO2 a year)."""
    return Item("measures", f"{category}.{'planned' if is_planned else 'done'}.{what}")


@dataclass(slots=True)
class Holdings:
    """Amounts of one company by item; an item that it never stated is not there. `unknown` are groups with a gap."""

    amounts: dict[Item, Decimal] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    sites: int = 0

    def add(self, item: Item, amount: Decimal) -> None:
        """Add an amount of an item."""
        self.amounts[item] = EXACT.add(self.amounts.get(item, ZERO), amount)

    def add_annual(self, annual: AnnualData) -> None:
        """Add all of a document's annual data that has amounts."""
        for item, amount in _annual_amounts(annual):
            self.add(item, amount)


def _annual_amounts(annual: AnnualData) -> Iterator[tuple[Item, Decimal]]:
    for measure in annual.measures:
        yield from _measure_amounts(measure)
    if annual.offices is not None:
        yield Item("offices", "floor_area_m2"), annual.offices.floor_area_m2
        yield Item("offices", "energy_kl_coe"), annual.offices.energy_kl_coe
        yield Item("offices", "co2_t"), annual.offices.co2_t
    if annual.logistics is not None:
        yield Item("logistics", "transport_tonne_km"), annual.logistics.transport_tonne_km
        yield Item("logistics", "energy_gj"), annual.logistics.energy_gj
        yield Item("logistics", "co2_t"), annual.logistics.co2_t
    if annual.practice_cases is not None:
        yield Item("cases", "new"), Decimal(annual.practice_cases)


def _measure_amounts(measure: Measure) -> Iterator[tuple[Item, Decimal]]:
    planned = measure.is_planned
    yield measure_item(measure.category, "investment", is_planned=planned), measure.investment_million_yen
    yield measure_item(measure.category, "reduction", is_planned=planned), measure.co2_reduction_t
