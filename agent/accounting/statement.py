"""The statement of one fiscal year under one scheme: amounts, GJ, CO2, production, intensities, and what they rest on.

Everything is drawn from sums of half hours by local day, month by month; figures are added up unrounded.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.convert import Converted, crude_oil_equivalent_kl
from agent.accounting.convert_units import EXACT
from agent.accounting.factors import FactorSet
from agent.accounting.shares import Shares
from agent.accounting.streams import Stream

KG_PER_T = 1000


@dataclass(frozen=True, slots=True)
class SpanFigures:
    """One month, or another stretch, of a stream: amount as metered, GJ and CO2 where factors are known, and shares.

    `corrections` are the numbers of the book's entries that touch it. `counted` is what the factors multiplied: for a
    gas the volume in their reference state, else the amount; None where nothing is converted.
    """

    name: str
    amount: Decimal
    converted: Converted | None
    shares: Shares
    corrections: tuple[int, ...] = ()
    counted: Decimal | None = None

    @property
    def is_known(self) -> bool:
        """Whether any part of the time is known: where none is, the amount is not zero but unknown."""
        return self.shares.missing_ms < self.shares.expected_ms


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One stream over the year. `problem` says why it has no energy, when it has none."""

    stream: Stream
    spans: tuple[SpanFigures, ...]
    problem: str = ""

    @property
    def amount(self) -> Decimal:
        """The amount in the stream's unit, as metered."""
        return sum((span.amount for span in self.spans), Decimal(0))

    @property
    def counted(self) -> Decimal:
        """What the factors multiplied, exactly: for a gas the volume in their reference state, else the amount."""
        total = Decimal(0)
        for span in self.spans:
            if span.counted is not None:
                total = EXACT.add(total, span.counted)
        return total

    @property
    def energy_gj(self) -> Decimal | None:
        """Gross energy; None when a factor is missing: no energy is not zero energy."""
        if self.problem:
            return None
        return sum((span.converted.energy_gj for span in self.spans if span.converted), Decimal(0))

    @property
    def co2_kg(self) -> Decimal | None:
        """CO2; None when a factor is missing or the scheme states no CO2."""
        found = [span.converted.co2_kg for span in self.spans if span.converted]
        if self.problem or any(co2_kg is None for co2_kg in found):
            return None
        return sum((co2_kg for co2_kg in found if co2_kg is not None), Decimal(0))

    @property
    def shares(self) -> Shares:
        """How well the year is known."""
        return Shares.total(span.shares for span in self.spans)

    @property
    def corrections(self) -> tuple[int, ...]:
        """The numbers of the book's entries that touch the year."""
        return _corrections(self.spans)


@dataclass(frozen=True, slots=True)
class ProductLine:
    """One product class over the year, in tonnes. `expected_gj_per_t` is its benchmark, where the site states one."""

    product: Stream
    spans: tuple[SpanFigures, ...]
    expected_gj_per_t: Decimal | None

    @property
    def tonnes(self) -> Decimal:
        """Production in tonnes."""
        amount = sum((span.amount for span in self.spans), Decimal(0))
        return amount / KG_PER_T if self.product.unit == "kg" else amount

    @property
    def corrections(self) -> tuple[int, ...]:
        """The numbers of the book's entries that touch the year."""
        return _corrections(self.spans)


@dataclass(frozen=True, slots=True)
class Statement:
    """One fiscal year of a site under one scheme. Totals are over the streams that add up to the site."""

    site_id: str
    fiscal_year: int
    factors: FactorSet
    lines: tuple[StatementLine, ...]
    products: tuple[ProductLine, ...]

    def totals(self) -> tuple[StatementLine, ...]:
        """The lines that add up to the site."""
        return tuple(line for line in self.lines if line.stream.is_total)

    @property
    def energy_gj(self) -> Decimal | None:
        """Energy of the site; None as soon as one of its streams has none."""
        return sum_or_none(line.energy_gj for line in self.totals())

    @property
    def co2_kg(self) -> Decimal | None:
        """CO2 of the site; None as soon as one of its streams has none."""
        return sum_or_none(line.co2_kg for line in self.totals())

    @property
    def crude_oil_equivalent_kl(self) -> Decimal | None:
        """Crude-oil equivalent (原油換算)."""
        energy_gj = self.energy_gj
        return None if energy_gj is None else crude_oil_equivalent_kl(energy_gj)

    @property
    def electricity_kwh(self) -> Decimal:
        """Electricity used on the site."""
        electric = (line for line in self.totals() if line.stream.carrier == "electricity")
        return sum((line.amount * _KWH[line.stream.unit] for line in electric), Decimal(0))

    @property
    def production_t(self) -> Decimal:
        """Production of all classes in tonnes."""
        return sum((line.tonnes for line in self.products), Decimal(0))

    def per_tonne(self, quantity: Decimal | None) -> Decimal | None:
        """A quantity per tonne produced: undefined, neither zero nor infinite, without production."""
        return quantity / self.production_t if quantity is not None and self.production_t > 0 else None

    @property
    def expected_gj_per_t(self) -> Decimal | None:
        """The energy intensity that the product mix leads one to expect; None unless every class has a benchmark."""
        made = [line for line in self.products if line.tonnes > 0]
        parts = [line.expected_gj_per_t * line.tonnes for line in made if line.expected_gj_per_t is not None]
        return sum(parts, Decimal(0)) / self.production_t if made and len(parts) == len(made) else None

    @property
    def shares(self) -> Shares:
        """How well the site's streams are known, by time."""
        return Shares.total(line.shares for line in self.totals())


_KWH: Mapping[str, Decimal] = {"kWh": Decimal(1), "MWh": Decimal(1000), "GWh": Decimal(1_000_000)}


def _corrections(spans: Iterable[SpanFigures]) -> tuple[int, ...]:
    return tuple(sorted({number for span in spans for number in span.corrections}))


def sum_or_none(parts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum, or None as soon as a part is unknown."""
    total = Decimal(0)
    for part in parts:
        if part is None:
            return None
        total += part
    return total


def residual(supply: Sequence[StatementLine], uses: Sequence[StatementLine]) -> Decimal:
    """What the supply has more than the uses, in their common unit: losses, and what no sub-meter sees."""
    supplied = sum((line.amount for line in supply), Decimal(0))
    return supplied - sum((line.amount for line in uses), Decimal(0))
