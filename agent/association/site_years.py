"""One site's year as the checks look at it: production, energy, and amounts by flow under the uniform factors. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from agent.accounting.convert_units import EXACT
from agent.association.uniform import ELECTRICITY, Flow, NoUniformFactor, UniformFactors
from agent.association.years import ratio
from agent.submission.document import Submission


@dataclass(frozen=True, slots=True)
class SiteYear:
    """What the checks need of a site's document. Amounts are in the unit of each flow's factor.

    `energy_gj` is None when a line has no uniform factor.
    """

    company: str
    site: str
    fiscal_year: int
    production_t: Decimal
    energy_gj: Decimal | None
    amounts: Mapping[str, Decimal]
    units: Mapping[str, str]

    @property
    def intensity_gj_per_t(self) -> Decimal | None:
        """Energy per tonne; undefined without production."""
        return ratio(self.energy_gj, self.production_t)


def site_year(document: Submission, factors: UniformFactors) -> SiteYear:
    """The site's year under the association's factors. Electricity of all kinds is one flow here."""
    amounts: dict[str, Decimal] = {}
    units: dict[str, str] = {}
    energy: Fraction | None = Fraction(0)
    for line in (line for line in document.energy if line.is_total):
        flow = Flow(line.carrier, line.kind if line.carrier == ELECTRICITY else None)
        try:
            amount = factors.amount(flow, line.quantity, line.unit, line.reference_state)
        except NoUniformFactor:
            energy = None
            continue
        known = factors.of(flow)
        amounts[line.carrier] = EXACT.add(amounts.get(line.carrier, Decimal(0)), amount)
        units[line.carrier] = known.unit
        energy = None if energy is None else energy + Fraction(amount) * known.energy_gj
    return SiteYear(
        document.participant.company,
        document.participant.site,
        document.fiscal_year,
        sum((product.quantity_t for product in document.production), Decimal(0)),
        None if energy is None else EXACT.divide(Decimal(energy.numerator), Decimal(energy.denominator)),
        amounts,
        units,
    )
