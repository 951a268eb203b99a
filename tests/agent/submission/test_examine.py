"""Every derived figure is computed again; what deviates is named, with what is stated and what comes out."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from agent.submission.consistency import assertion_holds
from agent.submission.examine import examine
from agent.submission.keys import ring_of
from agent.submission.sign import PrivateKey
from tests.agent.submission.conftest import Edit, Json


def edit(*path: str | int, to: object) -> Edit:
    def change(document: Json) -> None:
        place = document
        for part in path[:-1]:
            place = place[part]  # type: ignore[index]  # a list's index or a table's key
        place[path[-1]] = to  # type: ignore[index]

    return change


def add(table: str, row: Json) -> Edit:
    return lambda document: document[table].append(row)


def test_the_small_example_holds(small: Json, sign_it: Callable[[Json], bytes], key: PrivateKey) -> None:
    assert examine(sign_it(small), ring_of(key.public)).holds


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (edit("energy", 0, "energy_gj", to="2440.1"), "energy line grid: energy_gj: stated 2440.1, recomputed 2440"),
        (edit("energy", 1, "co2_kg", to="61599"), "energy line gas: co2_kg: stated 61599, recomputed 61600"),
        (edit("energy", 1, "co2_kg", to=None), "energy line gas: co2_kg: stated nothing, recomputed 61600"),
        (edit("energy", 0, "quantity", to="251"), "energy line grid: energy_gj: stated 2440, recomputed 2449.76"),
        (edit("energy", 0, "unit", to="kWh"), "energy line grid: energy_gj: stated 2440, recomputed 2.44"),
        (edit("energy", 0, "unit", to="kL"), "energy line grid: the heat factor of electricity (kind grid)"),
        (edit("energy", 0, "kind", to="own_solar"), "energy line grid: no heat factor of electricity (kind own_solar)"),
        (edit("energy", 0, "heat_factor", to=3), "energy line grid: heat_factor: stated 3, recomputed 1"),
        (edit("energy", 0, "co2_factor", to=None), "energy line grid: co2_factor: stated nothing, recomputed 2"),
        (edit("energy", 0, "heat_factor", to=9), "energy line grid: heat_factor: stated 9, recomputed 1"),
        (edit("energy", 1, "carrier", to="lpg"), "energy line gas: no heat factor of lpg"),
        (edit("energy", 1, "reference_state", to=None), "a gas volume must say whether it is as_metered, nm3, satp"),
        (edit("energy", 1, "reference_state", to="as_metered"), "energy line gas: the heat factor of city_gas is in"),
        (edit("energy", 1, "is_total", to=False), "totals: energy_gj: stated 3640, recomputed 2440"),
        (edit("energy", 1, "id", to="grid"), "energy line grid: stands there 2 times"),
        (edit("energy", 1, "corrections", to=[8]), "energy line gas: names correction 8, which is not there"),
        (edit("energy", 1, "shares", "missing_ms", to=0), "energy.1.shares.missing_ms: unknown field"),
        (edit("energy", 1, "shares", "measured_ms", to=701), "energy line gas, shares: known time exceeds expected"),
        (edit("totals", "energy_gj", to="3641"), "totals: energy_gj: stated 3641, recomputed 3640"),
        (edit("totals", "co2_kg", to=None), "totals: co2_kg: stated nothing, recomputed 166600"),
        (
            edit("totals", "crude_oil_equivalent_kl", to="93.9"),
            "crude_oil_equivalent_kl: stated 93.9, recomputed 93.912",
        ),
        (edit("totals", "electricity_kwh", to="250"), "totals: electricity_kwh: stated 250, recomputed 250000"),
        (edit("totals", "production_t", to="180"), "totals: production_t: stated 180, recomputed 180.5"),
        (edit("production", 0, "quantity_t", to="181"), "totals: production_t: stated 180.5, recomputed 181"),
        (edit("factors", 0, "value", to="9.97"), "energy line grid: energy_gj: stated 2440, recomputed 2492.5"),
        (edit("factors", 0, "value", to="-9.76"), "factor 1: is below zero"),
        (edit("factors", 0, "unit", to="GJ/lb"), "factor 1: unknown factor unit 'GJ/lb'"),
        (edit("factors", 1, "unit", to="GJ/kWh"), "factor 2: a co2 factor cannot be in GJ/kWh"),
        (edit("factors", 0, "unit", to="tC/GJ"), "factor 1: a heat factor cannot be in tC/GJ"),
        (edit("factors", 0, "number", to=7), "factors: they are not numbered from 1 in order"),
        (edit("factors", 0, "kind", to=None), "factor 1: a kind belongs to electricity, and only there"),
        (edit("factors", 2, "reference_state", to=None), "factor 3: a reference state belongs to a factor per gas"),
        (edit("factors", 2, "carrier", to="electricity"), "factor 3: a kind belongs to electricity"),
        (edit("assertions", 0, "found", to="1010.1"), "assertion 4: holds: stated true, recomputed false"),
        (edit("assertions", 0, "found", to=None), "assertion 4: holds: stated true, recomputed false"),
        (edit("assertions", 0, "holds", to=False), "assertion 4: holds: stated false, recomputed true"),
        (edit("assertions", 0, "line", to="steam"), "assertion 4: names line steam, which is not there"),
        (edit("assertions", 0, "first_day", to="2023-05-01"), "assertion 4: ends before it begins"),
        (edit("corrections", 0, "is_withdrawn", to=True), "energy line gas: names correction 3, which is not there or"),
        (edit("through", to="2023-09"), "through: a final submission covers the whole year"),
        (edit("approval", "day", to="2024-03-31"), "approval: a final submission is approved after its year"),
        (edit("origin", to="metered"), "energy line grid: is metered, and does not say how its time is known"),
    ],
)
def test_a_figure_that_does_not_follow_is_named(
    small: Json, sign_it: Callable[[Json], bytes], key: PrivateKey, change: Edit, said: str
) -> None:
    change(small)
    verdict = examine(sign_it(small), ring_of(key.public))
    assert not verdict.holds
    assert verdict.key == key.public
    assert any(said in text for text in (*verdict.reasons, *map(str, verdict.deviations))), verdict


def test_a_factor_that_nothing_uses(small: Json, sign_it: Callable[[Json], bytes], key: PrivateKey) -> None:
    small["factors"].append(
        small["factors"][2] | {"number": 5, "carrier": "lpg", "unit": "GJ/t", "reference_state": None}
    )
    verdict = examine(sign_it(small), ring_of(key.public))
    assert [str(found) for found in verdict.deviations] == ["factor 5: no line uses it"]


def test_two_factors_for_one_use(small: Json, sign_it: Callable[[Json], bytes], key: PrivateKey) -> None:
    small["factors"].append(small["factors"][0] | {"number": 5, "value": "8.64"})
    verdict = examine(sign_it(small), ring_of(key.public))
    assert any("two factors have the same key" in str(found) for found in verdict.deviations)


@pytest.mark.parametrize(
    ("through", "holds"), [("2023-04", True), ("2024-03", True), ("2023-03", False), ("2024-04", False)]
)
def test_a_provisional_year_ends_with_one_of_its_months(
    small: Json, sign_it: Callable[[Json], bytes], key: PrivateKey, through: str, holds: bool
) -> None:
    small |= {"status": "provisional", "through": through}
    assert examine(sign_it(small), ring_of(key.public)).holds is holds


def test_a_scheme_without_co2(small: Json, sign_it: Callable[[Json], bytes], key: PrivateKey) -> None:
    small["factors"] = [small["factors"][0], small["factors"][2] | {"number": 2}]
    small["energy"][0] |= {"co2_kg": None, "co2_factor": None}
    small["energy"][1] |= {"co2_kg": None, "co2_factor": None, "heat_factor": 2}
    small["totals"]["co2_kg"] = None
    assert examine(sign_it(small), ring_of(key.public)).holds


@pytest.mark.parametrize(
    ("stated", "found", "tolerance", "holds"),
    [("-100", "-99", "1", True), ("0", "0", "1", True), ("0", "0.1", "50", False), ("100", "101.0001", "1", False)],
)
def test_tolerance(stated: str, found: str, tolerance: str, holds: bool) -> None:
    assert assertion_holds(Decimal(stated), Decimal(found), Decimal(tolerance)) is holds
