"""Recovering a participant's value from published sums: known cases, and a property against an independent check."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.association.confidentiality import close_leaks
from agent.association.holdings import Item
from agent.association.recover import ONE, Amount, PublishedSum, find_leaks

POWER, GAS, OIL = Item("energy", "power"), Item("energy", "gas"), Item("energy", "oil")
COMPANIES = ("alpha", "beta", "gamma", "delta")


def total(name: str, *parts: tuple[str, Item, int]) -> PublishedSum:
    return PublishedSum(name, {Amount(company, item): Fraction(factor) for company, item, factor in parts})


def everybody(name: str, item: Item, companies: Sequence[str] = COMPANIES) -> PublishedSum:
    return total(name, *((company, item, 1) for company in companies))


def test_one_total_of_several_gives_nobody_away() -> None:
    assert find_leaks([everybody("power", POWER)]) == []


def test_a_total_with_and_without_a_late_participant_gives_it_away() -> None:
    sums = [everybody("first", POWER, COMPANIES[:3]), everybody("second", POWER)]
    (leak,) = find_leaks(sums)
    assert (leak.company, leak.reader, leak.sums) == ("delta", None, ("first", "second"))


def test_overlapping_totals_give_away_what_no_two_of_them_do() -> None:
    sums = [
        everybody("all", POWER, ("alpha", "beta", "gamma")),
        everybody("one pair", POWER, ("alpha", "beta")),
        everybody("other pair", POWER, ("beta", "gamma")),
    ]
    assert sorted(leak.company for leak in find_leaks(sums)) == ["alpha", "beta", "gamma"]


def test_two_weighted_totals_give_away_the_only_user_of_a_fuel() -> None:
    energy = total("energy", *((company, GAS, 40) for company in COMPANIES), ("alpha", OIL, 39))
    co2 = total("co2", *((company, GAS, 2053) for company in COMPANIES), ("alpha", OIL, 2753))
    leaks = find_leaks([energy, co2])
    assert [(leak.company, dict(leak.secret)) for leak in leaks] == [("alpha", {Amount("alpha", OIL): Fraction(1)})]


def test_two_users_of_a_fuel_know_each_other_s() -> None:
    energy = total("energy", *((company, GAS, 40) for company in COMPANIES), ("alpha", OIL, 39), ("beta", OIL, 39))
    co2 = total("co2", *((company, GAS, 2053) for company in COMPANIES), ("alpha", OIL, 2753), ("beta", OIL, 2753))
    assert find_leaks([energy, co2]) == []
    leaks = find_leaks([energy, co2], readers=COMPANIES)
    assert sorted((leak.reader, leak.company) for leak in leaks) == [("alpha", "beta"), ("beta", "alpha")]


def test_a_companys_own_total_is_a_secret_even_where_its_parts_stay_hidden() -> None:
    sums = [
        total("with", ("alpha", GAS, 40), ("alpha", OIL, 39), *((name, POWER, 10) for name in COMPANIES[1:])),
        total("without", *((name, POWER, 10) for name in COMPANIES[1:])),
    ]
    own = {Amount("alpha", GAS): Fraction(40), Amount("alpha", OIL): Fraction(39)}
    assert [leak.secret for leak in find_leaks(sums, [own])] == [own]


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
    leaks = find_leaks(published, readers=() if reader is None else (reader,))
    found = {next(iter(leak.secret)) for leak in leaks if leak.reader == reader and len(leak.secret) == 1}
    every = {amount for s in published for amount in s.parts if amount.company != reader}
    assert found == {amount for amount in every if not is_free(published, {amount: ONE}, reader)}


def secret_of(company: str) -> st.SearchStrategy[dict[Amount, Fraction]]:
    own = st.builds(Amount, st.just(company), st.sampled_from((POWER, GAS, OIL)))
    return st.dictionaries(own, st.integers(1, 3).map(Fraction), min_size=1, max_size=3)


@settings(max_examples=200, deadline=None)
@given(sums_of, st.sampled_from(COMPANIES).flatmap(secret_of))
def test_a_companys_combination_leaks_exactly_when_no_other_world_explains_the_sums(
    published: list[PublishedSum], secret: dict[Amount, Fraction]
) -> None:
    leaks = find_leaks(published, [secret])
    assert (secret in [dict(leak.secret) for leak in leaks]) == (not is_free(published, secret, None))


@settings(max_examples=100, deadline=None)
@given(sums_of)
def test_no_published_set_gives_a_participant_away(published: list[PublishedSum]) -> None:
    withheld = close_leaks(published, [], [], COMPANIES)
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
    withheld = close_leaks(published, already, [], ())
    left = [*already, *(s for s in published if s.name not in withheld)]
    for amount in {a for s in left for a in s.parts}:
        assert is_free(left, {amount: ONE}, None) or not is_free(already, {amount: ONE}, None)
