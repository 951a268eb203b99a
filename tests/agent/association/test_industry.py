"""Sums of the industry: the same figures as with fractions all the way, whatever the digits."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.accounting.convert_units import EXACT
from agent.association.holdings import Holdings, Item
from agent.association.industry import Answers, Industry, Total
from agent.association.uniform import UniformFactors

ITEMS = tuple(Item("energy", name) for name in ("power", "gas", "oil"))
Parts = Mapping[Item, Fraction]
Held = Mapping[str, Mapping[Item, Decimal]]


def industry_of(factors: UniformFactors, parts: Parts, held: Held) -> Industry:
    """An industry of one total."""
    holdings = {company: Holdings(dict(amounts), set(), 1) for company, amounts in held.items()}
    sums = {item: sum_of([amounts[item] for amounts in held.values() if item in amounts]) for item in ITEMS}
    stated = {item: amount for item, amount in sums.items() if any(item in amounts for amounts in held.values())}
    nobody = Answers(0, 0)
    totals = {"total": Total("total", "GJ", parts)}
    return Industry(2023, factors, totals, holdings, stated, frozenset(), nobody, nobody, {}, (), ())


def sum_of(amounts: list[Decimal]) -> Decimal:
    whole = sum(map(Fraction, amounts), Fraction(0))
    return EXACT.divide(Decimal(whole.numerator), Decimal(whole.denominator))


def by_fractions(parts: Parts, amounts: Mapping[Item, Decimal]) -> Decimal | None:
    """What a total of amounts is: a sum of fractions, turned into a decimal of 40 digits at the end."""
    summed = [Fraction(amounts[item]) * part for item, part in parts.items() if item in amounts]
    if not summed:
        return None
    whole = sum(summed, Fraction(0))
    return EXACT.divide(Decimal(whole.numerator), Decimal(whole.denominator))


amounts = st.decimals(0, 10**12, places=6).map(lambda value: Decimal(f"{value:f}"))
parts_of = st.dictionaries(
    st.sampled_from(ITEMS), st.fractions(Fraction(1, 99), 10**6, max_denominator=10**9), min_size=1
)
held_of = st.dictionaries(
    st.sampled_from(("alpha", "beta", "gamma")),
    st.dictionaries(st.sampled_from(ITEMS), amounts, min_size=1),
    min_size=1,
)


@settings(max_examples=200, deadline=None)
@given(parts_of, held_of)
def test_totals_are_those_of_fractions_to_the_last_digit(
    factors_2023: UniformFactors, parts: Parts, held: Held
) -> None:
    industry = industry_of(factors_2023, parts, held)
    wanted = {company: by_fractions(parts, stated) for company, stated in held.items()}
    assert repr(industry.value("total")) == repr(by_fractions(parts, industry.sums))
    assert {company: repr(industry.company_value(company, "total")) for company in held} == {
        company: repr(value) for company, value in wanted.items()
    }
    known = {company: repr(value) for company, value in wanted.items() if value is not None}
    assert {company: repr(value) for company, value in industry.contributions("total").items()} == known


@settings(max_examples=200, deadline=None)
@given(parts_of, held_of)
def test_shares_are_to_each_other_as_the_exact_contributions(
    factors_2023: UniformFactors, parts: Parts, held: Held
) -> None:
    shares = industry_of(factors_2023, parts, held).shares("total")
    exact = {
        company: sum((Fraction(stated[item]) * part for item, part in parts.items() if item in stated), Fraction(0))
        for company, stated in held.items()
        if stated.keys() & parts.keys()
    }
    assert shares.keys() == exact.keys()
    assert all(Fraction(shares[a]) * exact[b] == Fraction(shares[b]) * exact[a] for a in exact for b in exact)


def test_what_has_no_end_as_a_decimal_is_rounded_once(factors_2023: UniformFactors) -> None:
    """44/12 of a tonne of carbon is a third short of a whole number: three companies give it back."""
    third = {ITEMS[0]: Fraction(44, 12)}
    industry = industry_of(factors_2023, third, {name: {ITEMS[0]: Decimal(1)} for name in ("alpha", "beta", "gamma")})
    assert industry.value("total") == Decimal(11)
    assert industry.contributions("total")["alpha"] == Decimal("3.666666666666666666666666666666666666667")
    assert industry.contributions("nothing") == {}
    assert industry.shares("nothing") == {}
