"""Recovering a participant's value from published sums: known cases, and a property against an independent check."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.association.confidentiality import close_leaks
from agent.association.holdings import Item
from agent.association.recover import (
    ONE,
    Alike,
    Amount,
    Amounts,
    ByItem,
    Leak,
    PublishedSum,
    Secrets,
    find_leaks,
    no_secrets,
)

POWER, GAS, OIL = Item("energy", "power"), Item("energy", "gas"), Item("energy", "oil")
COMPANIES = ("alpha", "beta", "gamma", "delta")


def total(name: str, *parts: tuple[str, Item, int]) -> PublishedSum:
    return PublishedSum(name, {Amount(company, item): Fraction(factor) for company, item, factor in parts})


def everybody(name: str, item: Item, companies: Sequence[str] = COMPANIES) -> PublishedSum:
    return total(name, *((company, item, 1) for company in companies))


def leaks_of(sums: Sequence[PublishedSum], secrets: Iterable[Amounts] = (), readers: Sequence[str] = ()) -> list[Leak]:
    return list(find_leaks(sums, by_company(secrets), readers))


def by_company(secrets: Iterable[Amounts]) -> Secrets:
    every = list(secrets)
    return lambda company: [secret for secret in every if {amount.company for amount in secret} == {company}]


def test_one_total_of_several_gives_nobody_away() -> None:
    assert leaks_of([everybody("power", POWER)]) == []


def test_a_total_with_and_without_a_late_participant_gives_it_away() -> None:
    sums = [everybody("first", POWER, COMPANIES[:3]), everybody("second", POWER)]
    (leak,) = leaks_of(sums)
    assert (leak.company, leak.reader, leak.sums) == ("delta", None, ("first", "second"))


def test_overlapping_totals_give_away_what_no_two_of_them_do() -> None:
    sums = [
        everybody("all", POWER, ("alpha", "beta", "gamma")),
        everybody("one pair", POWER, ("alpha", "beta")),
        everybody("other pair", POWER, ("beta", "gamma")),
    ]
    assert sorted(leak.company for leak in leaks_of(sums)) == ["alpha", "beta", "gamma"]


def test_two_weighted_totals_give_away_the_only_user_of_a_fuel() -> None:
    energy = total("energy", *((company, GAS, 40) for company in COMPANIES), ("alpha", OIL, 39))
    co2 = total("co2", *((company, GAS, 2053) for company in COMPANIES), ("alpha", OIL, 2753))
    leaks = leaks_of([energy, co2])
    assert [(leak.company, dict(leak.secret)) for leak in leaks] == [("alpha", {Amount("alpha", OIL): Fraction(1)})]


def test_two_users_of_a_fuel_know_each_other_s() -> None:
    energy = total("energy", *((company, GAS, 40) for company in COMPANIES), ("alpha", OIL, 39), ("beta", OIL, 39))
    co2 = total("co2", *((company, GAS, 2053) for company in COMPANIES), ("alpha", OIL, 2753), ("beta", OIL, 2753))
    assert leaks_of([energy, co2]) == []
    leaks = leaks_of([energy, co2], readers=COMPANIES)
    assert sorted((leak.reader, leak.company) for leak in leaks) == [("alpha", "beta"), ("beta", "alpha")]


def test_a_companys_own_total_is_a_secret_even_where_its_parts_stay_hidden() -> None:
    sums = [
        total("with", ("alpha", GAS, 40), ("alpha", OIL, 39), *((name, POWER, 10) for name in COMPANIES[1:])),
        total("without", *((name, POWER, 10) for name in COMPANIES[1:])),
    ]
    own = {Amount("alpha", GAS): Fraction(40), Amount("alpha", OIL): Fraction(39)}
    assert [leak.secret for leak in leaks_of(sums, [own])] == [own]


def test_what_everybody_can_work_out_is_told_once() -> None:
    sums = [everybody("first", POWER, COMPANIES[:3]), everybody("second", POWER)]
    assert [(leak.company, leak.reader) for leak in leaks_of(sums, readers=COMPANIES)] == [("delta", None)]


def test_one_company_of_thousands_is_found() -> None:
    """The only user of a fuel, and the two users of another, who know each other's, among 3,000 companies."""
    crowd = frozenset(f"company_{number}" for number in range(3000))
    one, two = frozenset({"company_7"}), frozenset({"company_7", "company_8"})
    heat = ByItem([Alike(GAS, Fraction(40), crowd), Alike(OIL, Fraction(39), one), Alike(POWER, Fraction(10), two)])
    co2 = ByItem([Alike(GAS, Fraction(2), crowd), Alike(OIL, Fraction(27, 10), one), Alike(POWER, ONE, two)])
    power = ByItem([Alike(POWER, ONE, two)])
    sums = [PublishedSum("heat", heat), PublishedSum("power", power), PublishedSum("co2", co2)]
    each_other = [("company_7", "company_8", POWER), ("company_8", "company_7", POWER)]
    for published, wanted in ((sums[:2], each_other), (sums, [(None, "company_7", OIL), *each_other])):
        leaks = leaks_of(published, readers=sorted(crowd))
        assert [(leak.reader, leak.company, *(a.item for a in leak.secret)) for leak in leaks] == wanted


def test_a_combination_by_item_is_the_same_combination() -> None:
    plain = {Amount("alpha", GAS): Fraction(2), Amount("beta", GAS): Fraction(2), Amount("beta", OIL): Fraction(1, 3)}
    by_item = ByItem(
        [Alike(GAS, Fraction(2), frozenset({"beta", "alpha"})), Alike(OIL, Fraction(1, 3), frozenset({"beta"}))]
    )
    assert by_item == plain
    assert ByItem.of(plain) == by_item
    assert list(by_item) == list(plain)
    assert len(by_item) == 3
    with pytest.raises(KeyError):
        by_item[Amount("alpha", OIL)]


amounts = st.builds(Amount, st.sampled_from(COMPANIES), st.sampled_from((POWER, GAS, OIL)))
sums_of = st.lists(
    st.dictionaries(amounts, st.integers(1, 3).map(Fraction), min_size=1, max_size=9), min_size=1, max_size=6
).map(lambda parts: [PublishedSum(f"sum_{number}", part) for number, part in enumerate(parts)])


def is_free(published: Sequence[PublishedSum], secret: Mapping[Amount, Fraction], known: str | None) -> bool:
    """Whether another world exists with the same sums (and the same amounts of `known`) but another secret.

    Worked the other way round than the program does: a change of all amounts that changes no sum, but the secret by
    one, is looked for by solving the equations for it column by column.
    """
    unknowns = sorted({a for s in published for a in s.parts if a.company != known} | set(secret))
    equations = [[s.parts.get(a, Fraction(0)) for a in unknowns] + [Fraction(0)] for s in published]
    equations.append([secret.get(a, Fraction(0)) for a in unknowns] + [Fraction(1)])
    return is_solvable(equations, len(unknowns))


def is_solvable(rows: list[list[Fraction]], width: int) -> bool:
    done = 0
    for column in range(width):
        pivot = next((n for n in range(done, len(rows)) if rows[n][column]), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        for n in range(len(rows)):
            if n != done and rows[n][column]:
                factor = rows[n][column] / rows[done][column]
                rows[n] = [a - factor * b for a, b in zip(rows[n], rows[done], strict=True)]
        done += 1
    return all(row[width] == 0 for row in rows[done:])


@settings(max_examples=200, deadline=None)
@given(sums_of, st.sampled_from((None, *COMPANIES)))
def test_an_amount_leaks_exactly_when_no_other_world_explains_the_sums(
    published: list[PublishedSum], reader: str | None
) -> None:
    leaks = leaks_of(published, readers=() if reader is None else (reader,))
    found = {next(iter(leak.secret)) for leak in leaks if leak.company != reader}
    every = {amount for s in published for amount in s.parts if amount.company != reader}
    assert found == {amount for amount in every if not is_free(published, {amount: ONE}, reader)}


def secret_of(company: str) -> st.SearchStrategy[dict[Amount, Fraction]]:
    own = st.builds(Amount, st.just(company), st.sampled_from((POWER, GAS, OIL)))
    return st.dictionaries(own, st.integers(1, 3).map(Fraction), min_size=1, max_size=3)


@settings(max_examples=200, deadline=None)
@given(sums_of, st.sampled_from(COMPANIES).flatmap(secret_of), st.sampled_from((None, *COMPANIES)))
def test_a_companys_combination_leaks_exactly_when_no_other_world_explains_the_sums(
    published: list[PublishedSum], secret: dict[Amount, Fraction], reader: str | None
) -> None:
    leaks = leaks_of(published, [secret], () if reader is None else (reader,))
    known = None if reader in {amount.company for amount in secret} else reader
    assert (secret in [dict(leak.secret) for leak in leaks]) == (not is_free(published, secret, known))


@settings(max_examples=100, deadline=None)
@given(sums_of)
def test_no_published_set_gives_a_participant_away(published: list[PublishedSum]) -> None:
    withheld = close_leaks(published, [], no_secrets, COMPANIES)
    left = [s for s in published if s.name not in withheld]
    for reader in (None, *COMPANIES):
        for amount in {a for s in left for a in s.parts if a.company != reader}:
            assert is_free(left, {amount: ONE}, reader)


@settings(max_examples=100, deadline=None)
@given(sums_of, sums_of)
def test_neither_does_it_together_with_what_was_published_before(
    published: list[PublishedSum], before: list[PublishedSum]
) -> None:
    already = [PublishedSum(f"before_{s.name}", s.parts) for s in before]
    withheld = close_leaks(published, already, no_secrets, COMPANIES)
    left = [*already, *(s for s in published if s.name not in withheld)]
    for reader in (None, *COMPANIES):
        for amount in {a for s in left for a in s.parts if a.company != reader}:
            assert is_free(left, {amount: ONE}, reader) or not is_free(already, {amount: ONE}, reader)


@settings(max_examples=100, deadline=None)
@given(sums_of, st.lists(st.sampled_from(COMPANIES).flatmap(secret_of), max_size=3))
def test_nor_does_it_give_a_companys_combination_away(
    published: list[PublishedSum], secrets: list[dict[Amount, Fraction]]
) -> None:
    withheld = close_leaks(published, [], by_company(secrets), COMPANIES)
    left = [s for s in published if s.name not in withheld]
    for secret in secrets:
        owner = next(iter(secret)).company
        for reader in (None, *(company for company in COMPANIES if company != owner)):
            assert is_free(left, secret, reader)
