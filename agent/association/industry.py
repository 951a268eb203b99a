"""The industry's year: totals of all participants, and which company holds how much of each. Knows no documents.

Every total is a linear combination of stated items with known coefficients: that is what is printed, and what the
confidentiality rules reason about. Coefficients are fractions (44/12 has no end as a decimal), amounts are decimals. A
sum is therefore taken in whole multiples of the smallest share that its coefficients have in common, where decimals are
exact, and is divided once at the end: the same figure as with fractions all the way.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from fractions import Fraction
from functools import cached_property, reduce
from math import lcm

from agent.accounting.convert_units import EXACT
from agent.association.findings import Finding
from agent.association.holdings import Holdings, Item
from agent.association.uniform import FlowFactors, UniformFactors
from agent.submission.annual_parts import CreditKind, CreditUse, MeasureCategory

UNROUNDED = Context(prec=1_000, traps=[Inexact, DivisionByZero, InvalidOperation, Overflow])
"""The arithmetic of what is compared with a limit or still to be divided: it keeps all digits, or raises Inexact."""


@dataclass(frozen=True, slots=True)
class Total:
    """A sum over companies: its name, its base unit, and the coefficient of each item."""

    name: str
    unit: str
    parts: Mapping[Item, Fraction]

    @property
    def denominator(self) -> int:
        """The smallest number that makes all coefficients whole."""
        return lcm(*(part.denominator for part in self.parts.values()))

    def multiples(self) -> Iterator[tuple[Item, Decimal]]:
        """The coefficients times the denominator."""
        denominator = self.denominator
        return ((item, Decimal(int(part * denominator))) for item, part in self.parts.items())


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
        return _sum(total, self.sums)

    def contributions(self, name: str) -> dict[str, Decimal]:
        """What each company holds of a total. Only companies that state a part of it are there."""
        total = self.totals.get(name)
        if total is None:
            return {}
        return {company: _divide(share, total.denominator) for company, share in self.shares(name).items()}

    def shares(self, name: str) -> dict[str, Decimal]:
        """`contributions` to be compared with each other: exact, in a unit of their own that is common to all."""
        total = self.totals.get(name)
        shares: dict[str, Decimal] = {}
        for item, multiple in () if total is None else total.multiples():
            for company, amount in self._held.get(item, {}).items():
                part = UNROUNDED.multiply(amount, multiple)
                shares[company] = UNROUNDED.add(shares[company], part) if company in shares else part
        return shares

    def company_value(self, company: str, name: str) -> Decimal | None:
        """One company's part of a total; None when it states none, or when a part of it is unknown."""
        holdings, total = self.holdings[company], self.totals.get(name)
        if total is None or {item.group for item in total.parts} & holdings.unknown:
            return None
        return _sum(total, holdings.amounts)

    @cached_property
    def holders(self) -> Mapping[Item, frozenset[str]]:
        """The companies that state an item."""
        return {item: frozenset(amounts) for item, amounts in self._held.items()}

    @cached_property
    def _held(self) -> Mapping[Item, Mapping[str, Decimal]]:
        """What each company holds, by item."""
        held: dict[Item, dict[str, Decimal]] = {}
        for company, holdings in self.holdings.items():
            for item, amount in holdings.amounts.items():
                held.setdefault(item, {})[company] = amount
        return held


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


def _sum(total: Total, amounts: Mapping[Item, Decimal]) -> Decimal | None:
    """A total of amounts; None where none of its items is among them."""
    parts = [UNROUNDED.multiply(amounts[item], multiple) for item, multiple in total.multiples() if item in amounts]
    return _divide(reduce(UNROUNDED.add, parts), total.denominator) if parts else None


def _divide(multiple: Decimal, denominator: int) -> Decimal:
    """The quotient, rounded once. Of whole numbers, so that no zeros are added behind the point."""
    numerator, of = multiple.as_integer_ratio()
    return EXACT.divide(Decimal(numerator), Decimal(of * denominator))
