"""The industry's year: totals of all participants, and which company holds how much of each. Knows no documents.

Every total is a linear combination of stated items with known coefficients: that is what is printed, and what the
confidentiality rules reason about.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from agent.accounting.convert_units import EXACT
from agent.association.findings import Finding
from agent.association.holdings import Holdings, Item
from agent.association.uniform import FlowFactors, UniformFactors
from agent.submission.annual_parts import CreditKind, CreditUse, MeasureCategory


@dataclass(frozen=True, slots=True)
class Total:
    """A sum over companies: its name, its base unit, and the coefficient of each item."""

    name: str
    unit: str
    parts: Mapping[Item, Fraction]


@dataclass(frozen=True, slots=True)
class Answers:
    """How many sites said yes to a question, and how many companies answered it at all."""

    yes_sites: int
    companies: int


@dataclass(frozen=True, slots=True)
class Adoption:
    """How many companies state their adoption of a practice, and the mean over their sites in per cent."""

    companies: int
    mean_percent: Decimal | None


@dataclass(frozen=True, slots=True)
class PracticeRow:
    """A best practice: how many companies name it, and its adoption now and in 2030."""

    title: str
    companies: int
    now: Adoption
    later: Adoption


@dataclass(frozen=True)
class Industry:
    """All participants of a fiscal year. `holdings` is by company and confidential."""

    fiscal_year: int
    factors: UniformFactors
    totals: Mapping[str, Total]
    holdings: Mapping[str, Holdings]
    sums: Mapping[Item, Decimal]
    unknown: frozenset[str]
    solar: Answers
    hydro: Answers
    credits: Mapping[tuple[CreditKind, CreditUse], int]
    practices: tuple[PracticeRow, ...]
    findings: tuple[Finding, ...]

    @property
    def companies(self) -> int:
        """Companies with at least one counted document."""
        return len(self.holdings)

    @property
    def sites(self) -> int:
        """Counted documents."""
        return sum(holdings.sites for holdings in self.holdings.values())

    def value(self, name: str) -> Decimal | None:
        """A total in its base unit; None when nobody states it, or when a part of it is unknown somewhere."""
        total = self.totals.get(name)
        if total is None:
            return None
        if {item.group for item in total.parts} & self.unknown:
            return None
        amount = self._sum(total, self.sums)
        return None if amount is None else _decimal(amount)

    def contributions(self, name: str) -> dict[str, Decimal]:
        """What each company holds of a total. Only companies that state a part of it are there."""
        total = self.totals.get(name)
        if total is None:
            return {}
        amounts = ((company, self._sum(total, held.amounts)) for company, held in self.holdings.items())
        return {company: _decimal(amount) for company, amount in amounts if amount is not None}

    def company_value(self, company: str, name: str) -> Decimal | None:
        """One company's part of a total; None when it states none, or when a part of it is unknown."""
        holdings, total = self.holdings[company], self.totals.get(name)
        if total is None or {item.group for item in total.parts} & holdings.unknown:
            return None
        amount = self._sum(total, holdings.amounts)
        return None if amount is None else _decimal(amount)

    @staticmethod
    def _sum(total: Total, amounts: Mapping[Item, Decimal]) -> Fraction | None:
        parts = [Fraction(amounts[item]) * coefficient for item, coefficient in total.parts.items() if item in amounts]
        return sum(parts, Fraction(0)) if parts else None


def define_totals(items: Iterable[Item], flows: Mapping[Item, FlowFactors]) -> dict[str, Total]:
    """The totals that the items make; `flows` are the items of energy with their uniform factors."""
    known = sorted(items)
    totals = [*_sums(known), *_energy_totals(flows), *_measure_totals(known)]
    return {total.name: total for total in totals if total.parts}


def _sums(items: list[Item]) -> Iterator[Total]:
    made = {item: Fraction(1) for item in items if item.group == "production"}
    yield Total("production", "t", made)
    for item in made:
        yield Total(f"production.{item.name}", "t", {item: Fraction(1)})
    plain = {
        ("offices", "floor_area_m2"): ("m2", 1),
        ("offices", "energy_kl_coe"): ("kL", 1),
        ("offices", "co2_t"): ("kg-CO2", 1000),
        ("logistics", "transport_tonne_km"): ("t·km", 1),
        ("logistics", "energy_gj"): ("GJ", 1),
        ("logistics", "co2_t"): ("kg-CO2", 1000),
        ("cases", "new"): ("cases", 1),
    }
    for item in items:
        if (item.group, item.name) in plain:
            unit, size = plain[item.group, item.name]
            yield Total(str(item), unit, {item: Fraction(size)})


def _energy_totals(flows: Mapping[Item, FlowFactors]) -> Iterator[Total]:
    yield Total("energy", "GJ", {item: flow.energy_gj for item, flow in flows.items()})
    yield Total("co2", "kg-CO2", {item: flow.co2_kg for item, flow in flows.items()})
    adjusted = {item: flow.co2_adjusted_kg for item, flow in flows.items()}
    if all(kg is not None for kg in adjusted.values()):
        yield Total("co2_adjusted", "kg-CO2", {item: kg for item, kg in adjusted.items() if kg is not None})
    electric = {item: flow.electricity_kwh for item, flow in flows.items() if flow.electricity_kwh}
    yield Total("electricity", "kWh", electric)
    for item, kwh in electric.items():
        yield Total(f"electricity.{flows[item].flow.kind}", "kWh", {item: kwh})


def _measure_totals(items: list[Item]) -> Iterator[Total]:
    stated = [item for item in items if item.group == "measures"]
    for item in stated:
        unit = "百万円" if item.name.endswith(".investment") else "t"
        yield Total(str(item), unit, {item: Fraction(1)})
    for when in ("done", "planned"):
        for what, unit in (("investment", "百万円"), ("reduction", "t")):
            names = [f"{category}.{when}.{what}" for category in MeasureCategory]
            parts = {item: Fraction(1) for item in stated if item.name in names}
            yield Total(f"measures.total.{when}.{what}", unit, parts)


def _decimal(value: Fraction) -> Decimal:
    return EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))
