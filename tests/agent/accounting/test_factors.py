"""Looking factors up in a set."""

from dataclasses import replace
from decimal import Decimal

import pytest

from agent.accounting.factors import (
    Basis,
    ElectricityKind,
    Factor,
    FactorSet,
    MissingFactor,
    Origin,
    Quantity,
    SwitchedOff,
)
from agent.accounting.gas_volume import ReferenceState

CO2, HEAT = Quantity.CO2, Quantity.HEAT


def row(value: str, supplier: str | None = None, menu: str | None = None, *, substitute: bool = False) -> Factor:
    return Factor(
        "electricity",
        CO2,
        Decimal(value),
        "kg-CO2/kWh",
        "list of retailers",
        Basis.SEEN,
        "電気",
        "electricity",
        Origin("factors/a.toml", 3, 1),
        supplier=supplier,
        menu=menu,
        kind=ElectricityKind.GRID,
        substitute=substitute,
    )


DEFAULT, MAKER, MENU = row("0.5"), row("0.4", "maker"), row("0", "maker", "A")
SUBSTITUTE = row("0.6", substitute=True)


def set_of(*factors: Factor, switched_off: tuple[SwitchedOff, ...] = ()) -> FactorSet:
    return FactorSet("shk", 2024, "2026-01-01", factors, switched_off, ("configs/factors", "site/factors"))


def find(factors: FactorSet, supplier: str | None = None, menu: str | None = None) -> Factor:
    return factors.lookup("electricity", CO2, supplier, menu, ElectricityKind.GRID)


@pytest.mark.parametrize(
    ("supplier", "menu", "expected"),
    [
        (None, None, DEFAULT),
        ("maker", None, MAKER),
        ("maker", "A", MENU),
        ("maker", "B", MAKER),
        ("other", None, DEFAULT),
        ("other", "A", DEFAULT),
        (None, "A", DEFAULT),
    ],
)
def test_the_most_special_row_counts(supplier: str | None, menu: str | None, expected: Factor) -> None:
    assert find(set_of(DEFAULT, MAKER, MENU), supplier, menu) is expected


def test_a_substitute_value_is_for_those_who_name_nobody() -> None:
    factors = set_of(SUBSTITUTE, MENU)
    assert find(factors) is SUBSTITUTE
    assert find(factors, "maker", "A") is MENU
    with pytest.raises(MissingFactor, match=r"substitute value \(factors/a.toml:3:1\) is only for a supplier that"):
        find(factors, "other")
    with pytest.raises(MissingFactor):
        find(factors, "maker", "B")


def test_a_missing_factor_names_everything_that_helps() -> None:
    with pytest.raises(MissingFactor) as caught:
        set_of(MAKER).lookup("electricity", CO2, "other", "A", ElectricityKind.GRID)
    message = str(caught.value)
    for part in (
        "co2 factor of electricity (kind grid, supplier other, menu A)",
        "shk",
        "2024",
        "configs/factors, site/factors",
        "there is: co2 factor of electricity (kind grid, supplier maker)",
        "Add a row with its source",
    ):
        assert part in message
    assert (caught.value.scheme, caught.value.fiscal_year) == ("shk", 2024)
    assert caught.value.key is not None
    assert caught.value.key.carrier == "electricity"


def test_a_carrier_without_any_row_is_missing() -> None:
    with pytest.raises(MissingFactor, match=r"heat factor of peat under shk for fiscal year 2024.*no row"):
        set_of(MAKER).lookup("peat", HEAT)


def test_the_reason_of_a_switched_off_factor_is_told() -> None:
    gap = SwitchedOff(("steam", "electricity"), (HEAT,), (), "not confirmed by the authority")
    factors = set_of(MAKER, switched_off=(gap,))
    with pytest.raises(MissingFactor, match="not confirmed by the authority"):
        factors.lookup("steam", HEAT)
    with pytest.raises(MissingFactor, match="not confirmed by the authority"):
        factors.lookup("electricity", HEAT, kind=ElectricityKind.OWN_HYDRO)
    with pytest.raises(MissingFactor, match="no row"):
        factors.lookup("steam", CO2)


def test_a_reason_for_some_kinds_is_told_for_these_alone() -> None:
    gap = SwitchedOff(("electricity",), (CO2,), (ElectricityKind.EXPORTED,), "depends on what generated it")
    factors = set_of(MAKER, switched_off=(gap,))
    with pytest.raises(MissingFactor, match="depends on what generated it"):
        factors.lookup("electricity", CO2, kind=ElectricityKind.EXPORTED)
    with pytest.raises(MissingFactor, match="there is"):
        factors.lookup("electricity", CO2, kind=ElectricityKind.OWN_HYDRO)


def test_a_row_that_is_there_wins_over_a_reason_that_it_is_not() -> None:
    gap = SwitchedOff(("electricity",), (CO2,), (), "not confirmed")
    assert find(set_of(MAKER, switched_off=(gap,)), "maker") is MAKER


def test_two_factors_with_one_key_make_no_set() -> None:
    with pytest.raises(ValueError, match="same key"):
        set_of(MAKER, replace(MAKER, value=Decimal("0.3")))


def test_a_scheme_states_co2_when_it_has_a_row_or_a_gap_of_it() -> None:
    heat = replace(DEFAULT, quantity=HEAT, unit="GJ/MWh")
    assert not set_of(heat).gives_co2
    assert set_of(heat, DEFAULT).gives_co2
    assert set_of(heat, switched_off=(SwitchedOff(("steam",), (CO2,), (), "why"),)).gives_co2


def test_the_digest_is_that_of_the_content() -> None:
    digest = set_of(MAKER, MENU).digest
    assert len(digest) == 64
    assert set_of(MENU, MAKER).digest == digest
    elsewhere = replace(MAKER, where=Origin("b.toml", 1, 1), name_en="the maker", value=Decimal("0.400"))
    assert set_of(elsewhere, MENU).digest == digest
    for changed in (
        replace(MAKER, value=Decimal("0.401")),
        replace(MAKER, unit="t-CO2/kWh"),
        replace(MAKER, source="another list"),
        replace(MAKER, basis=Basis.INFERRED),
        replace(MAKER, reference_state=ReferenceState.SATP),
        replace(MAKER, substitute=True),
    ):
        assert set_of(changed, MENU).digest != digest
    assert FactorSet("shk", 2025, "2026-01-01", (MAKER, MENU)).digest != digest
    assert FactorSet("shk", 2024, "2026-01-02", (MAKER, MENU)).digest != digest
