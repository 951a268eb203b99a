"""Adds up what the participants' documents state, one at a time: nothing of a document is kept but its sums. Pure.

Documents are verified before they come here. One pass, in any order, over final and provisional documents of one year.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal

from agent.accounting.convert_units import EXACT
from agent.association import findings as say
from agent.association.findings import Finding
from agent.association.holdings import Holdings, Item, energy_item
from agent.association.industry import Adoption, Answers, Industry, PracticeRow, define_totals
from agent.association.stated import Stated, stated_in
from agent.association.uniform import Flow, UniformFactors
from agent.submission.annual_parts import BestPractice, CreditKind, CreditUse
from agent.submission.document import Submission
from agent.submission.parts import Status

SiteName = tuple[str, str]
"""Company and site, by their identifiers."""


@dataclass(slots=True)
class _Yes:
    """Who answered a question, and how many sites said yes."""

    sites: int = 0
    companies: set[str] = field(default_factory=set)

    def add(self, company: str, answer: bool | None) -> None:
        if answer is not None:
            self.companies.add(company)
            self.sites += answer

    def result(self) -> Answers:
        return Answers(self.sites, len(self.companies))


@dataclass(slots=True)
class _Practice:
    """One best practice: which companies state it, and its adoption now and for 2030."""

    companies: set[str] = field(default_factory=set)
    now: dict[str, list[Decimal]] = field(default_factory=dict)
    later: dict[str, list[Decimal]] = field(default_factory=dict)

    def add(self, company: str, row: BestPractice) -> None:
        self.companies.add(company)
        for stated, percent in ((self.now, row.adopted_percent), (self.later, row.adopted_2030_percent)):
            if percent is not None:
                stated.setdefault(company, []).append(percent)

    def result(self, title: str) -> PracticeRow:
        return PracticeRow(title, len(self.companies), _adoption(self.now), _adoption(self.later))


class Aggregation:
    """The running sums of one fiscal year. `expected` are the participants' sites on the roster."""

    def __init__(self, fiscal_year: int, factors: UniformFactors, expected: Collection[SiteName]) -> None:
        self._year = fiscal_year
        self._factors = factors
        self._expected = frozenset(expected)
        self._seen: set[SiteName] = set()
        self._holdings: dict[str, Holdings] = {}
        self._items: dict[Flow, Item] = {}
        self._findings: list[Finding] = []
        self._solar, self._hydro = _Yes(), _Yes()
        self._credits: dict[tuple[CreditKind, CreditUse], set[str]] = {}
        self._practices: dict[str, _Practice] = {}

    def add(self, document: Submission) -> None:
        """Add a site's document. One that must not be counted becomes a finding instead."""
        self.add_stated(stated_in(document, self._factors))

    def add_stated(self, stated: Stated) -> None:
        """Add what is counted of a document, under the same uniform factors."""
        refusal = self._refusal(stated)
        if refusal is not None:
            self._findings.append(refusal)
            return
        company, site = stated.company, stated.site
        self._seen.add((company, site))
        if stated.status is Status.PROVISIONAL:
            self._findings.append(say.provisional(company, site, stated.through))
        holdings = self._holdings.setdefault(company, Holdings())
        holdings.sites += 1
        for item, amount in stated.amounts.items():
            holdings.add(item, amount)
        self._add_energy(holdings, stated)
        self._add_answers(stated)

    def finish(self) -> Industry:
        """The industry's year as far as documents were added; sites without one are findings."""
        missing = [say.not_submitted(*name) for name in sorted(self._expected - self._seen)]
        sums: dict[Item, Decimal] = {}
        for holdings in self._holdings.values():
            for item, amount in holdings.amounts.items():
                sums[item] = EXACT.add(sums.get(item, Decimal(0)), amount)
        return Industry(
            self._year,
            self._factors,
            define_totals(sums, {item: self._factors.of(flow) for flow, item in self._items.items()}),
            self._holdings,
            sums,
            frozenset(group for holdings in self._holdings.values() for group in holdings.unknown),
            self._solar.result(),
            self._hydro.result(),
            Counter({key: len(companies) for key, companies in self._credits.items()}),
            tuple(self._practices[title].result(title) for title in sorted(self._practices)),
            tuple(self._findings + missing),
        )

    def _refusal(self, stated: Stated) -> Finding | None:
        name = stated.company, stated.site
        if name not in self._expected:
            return say.not_on_roster(*name)
        if stated.fiscal_year != self._year:
            return say.other_year(*name, stated.fiscal_year)
        if name in self._seen:
            return say.second_document(*name, stated.revision)
        return None

    def _add_energy(self, holdings: Holdings, stated: Stated) -> None:
        for flow, amount in stated.energy.items():
            item = self._items.get(flow)
            if item is None:
                item = self._items[flow] = energy_item(flow)
            holdings.add(item, amount)
        for gap in stated.gaps:
            holdings.unknown.add("energy")
            self._findings.append(say.no_factor(stated.company, stated.site, gap.line, gap.problem))

    def _add_answers(self, stated: Stated) -> None:
        self._solar.add(stated.company, stated.invested_in_solar)
        self._hydro.add(stated.company, stated.uses_hydro)
        for credit in stated.credits:
            self._credits.setdefault(credit, set()).add(stated.company)
        for row in stated.practices:
            self._practices.setdefault(row.title, _Practice()).add(stated.company, row)


def _adoption(stated: dict[str, list[Decimal]]) -> Adoption:
    values = [percent for percents in stated.values() for percent in percents]
    mean = EXACT.divide(sum(values, Decimal(0)), Decimal(len(values))) if values else None
    return Adoption(len(stated), mean)
