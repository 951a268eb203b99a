"""Which totals must not be published because they would say too much of one company. Pure.

A total needs enough contributors, none that has nearly all of it, and (p% rule) enough besides the two largest that the
second largest cannot work out the largest. Then whatever can be worked out from several totals together, this year's
and those already published, is closed by withholding one of them, and so on until nothing can be.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from heapq import nlargest

from agent.association.decomposition import HUNDRED
from agent.association.industry import UNROUNDED, Industry, Total
from agent.association.recover import Alike, Amount, Amounts, ByItem, Leak, PublishedSum, Secret, Secrets, find_leaks
from agent.association.settings_tables import ConfidentialityTable

_WORTH = (
    "production",
    "co2",
    "energy",
    "electricity",
    "co2_adjusted",
    "measures.total.",
    "offices.",
    "logistics.",
    "electricity.",
    "measures.",
    "production.",
)
"""What is kept longest comes first; a name with a point at its end stands for all details of that kind."""


def primary_reason(contributions: Mapping[str, Decimal], rules: ConfidentialityTable) -> str:
    """Why a total must not be published on its own account; empty when it may be.

    A total of nothing but zeros tells that nobody did anything; it needs enough contributors, and no more. Only what
    the contributions are to each other matters, so that they may be in any common unit. Nothing is rounded: a company
    that lies on a limit lies on one side of it.
    """
    if len(contributions) < rules.minimum_contributors:
        return f"fewer than {rules.minimum_contributors} contributors"
    sizes = [amount.copy_abs() for amount in contributions.values()]
    total = reduce(UNROUNDED.add, sizes)
    if total == 0:
        return ""
    largest, second = nlargest(2, sizes)
    if largest > UNROUNDED.multiply(rules.maximum_share, total):
        return "one contributor has nearly all of it"
    rest = UNROUNDED.subtract(UNROUNDED.subtract(total, largest), second)
    if UNROUNDED.multiply(rest, HUNDRED) < UNROUNDED.multiply(rules.p_percent, largest):
        return "the second largest contributor could work out the largest"
    return ""


def withhold(
    industry: Industry,
    names: frozenset[str],
    rules: ConfidentialityTable,
    already: Sequence[PublishedSum] = (),
) -> dict[str, str]:
    """Which of the named totals must be withheld, with the reason. `already` are sums of these amounts known before."""
    defined = [industry.totals[name] for name in sorted(names) if name in industry.totals]
    reasons = {total.name: primary_reason(industry.shares(total.name), rules) for total in defined}
    withheld = {name: reason for name, reason in reasons.items() if reason}
    sums = [published_sum(industry, total) for total in defined if total.name not in withheld]
    withheld |= close_leaks(sums, already, company_secrets(industry), tuple(industry.holdings))
    return withheld


def close_leaks(
    sums: Sequence[PublishedSum],
    already: Sequence[PublishedSum],
    secrets: Secrets,
    readers: Sequence[str],
) -> dict[str, str]:
    """Sums to withhold until no secret can be worked out from those left and those already published.

    A secret that the already published sums give away by themselves can no longer be closed, and is passed over.
    """
    given_away = {(leak.reader, leak.key) for leak in find_leaks(already, secrets, readers)}
    left = list(sums)
    withheld: dict[str, str] = {}
    while True:
        mine = {published.name for published in left}
        leaks = (leak for leak in find_leaks([*already, *left], secrets, readers) if mine & set(leak.sums))
        leak = next((leak for leak in leaks if not _is_among(given_away, leak)), None)
        if leak is None:
            return withheld
        victim = max(mine & set(leak.sums), key=_dispensability)
        others = ", ".join(name for name in leak.sums if name != victim) or "alone"
        withheld[victim] = f"with {others} it would give one company away"
        left = [published for published in left if published.name != victim]


def _is_among(given_away: set[tuple[str | None, Secret]], leak: Leak) -> bool:
    """Whether a secret is known to this reader already, as one of its own findings or as everybody's."""
    return not given_away.isdisjoint({(None, leak.key), (leak.reader, leak.key)})


def published_sum(industry: Industry, total: Total) -> PublishedSum:
    """A total as a combination of the companies' amounts."""
    parts = (Alike(item, part, industry.holders.get(item, frozenset())) for item, part in total.parts.items())
    return PublishedSum(total.name, ByItem(parts))


def company_secrets(industry: Industry) -> Secrets:
    """A company's own value of every total that has several parts: production, energy, CO2."""
    totals = [total for total in industry.totals.values() if len(total.parts) > 1]

    def of(company: str) -> Iterator[Amounts]:
        amounts = industry.holdings[company].amounts if company in industry.holdings else {}
        for total in totals:
            secret = {Amount(company, item): part for item, part in total.parts.items() if item in amounts}
            if secret:
                yield secret

    return of


def rule_for(
    industry: Industry, rules: ConfidentialityTable, already: Sequence[PublishedSum] = ()
) -> Callable[[frozenset[str]], Mapping[str, str]]:
    """`withhold` with all but the names settled, for whoever prints the form."""
    return lambda names: withhold(industry, names, rules, already)


def _dispensability(name: str) -> tuple[int, str]:
    """Where one of several totals must go, it is the one with the largest of these."""
    places = (place for place, kept in enumerate(_WORTH) if name == kept or (kept[-1] == "." and name.startswith(kept)))
    return next(places, len(_WORTH)), name
