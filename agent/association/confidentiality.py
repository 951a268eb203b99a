"""Which totals must not be published because they would say too much of one company. Pure.

A total needs enough contributors, none that has nearly all of it, and (p% rule) enough besides the two largest that the
second largest cannot work out the largest. Then whatever can be worked out from several totals together, this year's
and those already published, is closed by withholding one of them, and so on until nothing can be.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from agent.accounting.convert_units import EXACT
from agent.association.decomposition import HUNDRED
from agent.association.industry import Industry, Total
from agent.association.recover import Amount, Amounts, Leak, PublishedSum, find_leaks
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

    A total of nothing but zeros tells that nobody did anything; it needs enough contributors, and no more.
    """
    if len(contributions) < rules.minimum_contributors:
        return f"fewer than {rules.minimum_contributors} contributors"
    sizes = sorted((abs(amount) for amount in contributions.values()), reverse=True)
    total = sum(sizes, Decimal(0))
    if total == 0:
        return ""
    largest, second = sizes[0], sizes[1]
    if largest > EXACT.multiply(rules.maximum_share, total):
        return "one contributor has nearly all of it"
    rest = total - largest - second
    if EXACT.multiply(rest, HUNDRED) < EXACT.multiply(rules.p_percent, largest):
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
    reasons = {total.name: primary_reason(industry.contributions(total.name), rules) for total in defined}
    withheld = {name: reason for name, reason in reasons.items() if reason}
    sums = [published_sum(industry, total) for total in defined if total.name not in withheld]
    withheld |= close_leaks(sums, already, company_secrets(industry), tuple(industry.holdings))
    return withheld


def close_leaks(
    sums: Sequence[PublishedSum],
    already: Sequence[PublishedSum],
    secrets: Sequence[Amounts],
    readers: Sequence[str],
) -> dict[str, str]:
    """Sums to withhold until no secret can be worked out from those left and those already published.

    A secret that the already published sums give away by themselves can no longer be closed, and is passed over.
    """
    open_already = {_secret_key(leak) for leak in find_leaks(already, secrets, readers)}
    left = list(sums)
    withheld: dict[str, str] = {}
    while True:
        mine = {published.name for published in left}
        leaks = [
            leak
            for leak in find_leaks([*already, *left], secrets, readers)
            if _secret_key(leak) not in open_already and mine & set(leak.sums)
        ]
        if not leaks:
            return withheld
        victim = max(mine & set(leaks[0].sums), key=_dispensability)
        others = ", ".join(name for name in leaks[0].sums if name != victim) or "alone"
        withheld[victim] = f"with {others} it would give one company away"
        left = [published for published in left if published.name != victim]


def published_sum(industry: Industry, total: Total) -> PublishedSum:
    """A total as a combination of the companies' amounts."""
    parts = {
        Amount(company, item): coefficient
        for company, holdings in industry.holdings.items()
        for item, coefficient in total.parts.items()
        if item in holdings.amounts
    }
    return PublishedSum(total.name, parts)


def company_secrets(industry: Industry) -> list[Amounts]:
    """Each company's own value of every total that has several parts: production, energy, CO2."""
    return [
        {Amount(company, item): part for item, part in total.parts.items() if item in holdings.amounts}
        for company, holdings in industry.holdings.items()
        for total in industry.totals.values()
        if len(total.parts) > 1
    ]


def rule_for(
    industry: Industry, rules: ConfidentialityTable, already: Sequence[PublishedSum] = ()
) -> Callable[[frozenset[str]], Mapping[str, str]]:
    """`withhold` with all but the names settled, for whoever prints the form."""
    return lambda names: withhold(industry, names, rules, already)


def _secret_key(leak: Leak) -> tuple[str | None, tuple[tuple[Amount, Fraction], ...]]:
    return leak.reader, tuple(sorted(leak.secret.items()))


def _dispensability(name: str) -> tuple[int, str]:
    """Where one of several totals must go, it is the one with the largest of these."""
    places = (place for place, kept in enumerate(_WORTH) if name == kept or (kept[-1] == "." and name.startswith(kept)))
    return next(places, len(_WORTH)), name
