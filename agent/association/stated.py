"""What the association counts of one document, under its uniform factors: all that is kept of it. Knows no other."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from agent.accounting.convert_units import EXACT
from agent.association.holdings import ZERO, Holdings, Item
from agent.association.uniform import ELECTRICITY, Flow, NoUniformFactor, UniformFactors
from agent.submission.annual_parts import BestPractice, CreditKind, CreditUse
from agent.submission.document import Submission
from agent.submission.parts import Status

_KINDS = 10_000
"""Of so many carriers and items only one of each is kept in memory; there are some dozens."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A line of energy without a uniform factor, and why."""

    line: str
    problem: str


@dataclass(frozen=True, slots=True)
class Stated:
    """A document as it is counted; `energy` is in the unit of each flow's factor, `credits` are those of some quantity.

    Many thousands are kept: what is in them is shared where it can be, and mappings hold it, not records.
    """

    company: str
    site: str
    fiscal_year: int
    revision: int
    status: Status
    through: str | None
    amounts: Mapping[Item, Decimal]
    energy: Mapping[Flow, Decimal]
    gaps: tuple[Gap, ...]
    invested_in_solar: bool | None
    uses_hydro: bool | None
    credits: frozenset[tuple[CreditKind, CreditUse]]
    practices: tuple[BestPractice, ...]


_one_flow, _one_item = lru_cache(_KINDS)(Flow), lru_cache(_KINDS)(Item)


def stated_in(document: Submission, factors: UniformFactors) -> Stated:
    """What is counted of a document. Lines that look into the site are not: they are in its total lines."""
    energy: dict[Flow, Decimal] = {}
    gaps: list[Gap] = []
    for line in (line for line in document.energy if line.is_total):
        flow = _one_flow(line.carrier, line.kind if line.carrier == ELECTRICITY else None)
        try:
            amount = factors.amount(flow, line.quantity, line.unit, line.reference_state)
        except NoUniformFactor as problem:
            gaps.append(Gap(line.id, str(problem)))
        else:
            energy[flow] = EXACT.add(energy.get(flow, ZERO), amount)
    annual = document.annual
    return Stated(
        document.participant.company,
        document.participant.site,
        document.fiscal_year,
        document.revision,
        document.status,
        document.through,
        _amounts(document),
        energy,
        tuple(gaps),
        annual.invested_in_solar,
        annual.uses_hydro,
        frozenset((credit.kind, credit.use) for credit in annual.credits if credit.quantity > 0),
        annual.best_practices,
    )


def _amounts(document: Submission) -> dict[Item, Decimal]:
    """Production and annual data."""
    holdings = Holdings()
    for product in document.production:
        holdings.add(_one_item("production", product.id), product.quantity_t)
    holdings.add_annual(document.annual)
    return {_one_item(item.group, item.name): amount for item, amount in holdings.amounts.items()}
