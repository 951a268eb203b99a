"""How tables of several folders make one factor set."""

from dataclasses import replace
from decimal import Decimal

import pytest

from agent.accounting.factor_tables import (
    Adoption,
    ConflictingFactors,
    FactorFolder,
    FactorSetName,
    FactorTable,
    assemble,
    list_factor_sets,
)
from agent.accounting.factors import Basis, Factor, MissingFactor, Origin, Quantity, SwitchedOff

HEAT, CO2 = Quantity.HEAT, Quantity.CO2


def row(carrier: str, value: str, file: str = "a.toml", supplier: str | None = None, unit: str = "GJ/t") -> Factor:
    quantity = HEAT if unit.startswith("GJ") else CO2
    return Factor(
        carrier,
        quantity,
        Decimal(value),
        unit,
        "by hand",
        Basis.SEEN,
        "例",
        "example",
        Origin(file, 1, 1),
        supplier=supplier,
    )


def table(*factors: Factor, name: str = "fuels", revision: str = "2024-01-01", scheme: str = "law") -> FactorTable:
    return FactorTable(name, scheme, 2023, revision, factors)


def shipped(*tables: FactorTable) -> FactorFolder:
    return FactorFolder("configs/factors", tables)


def site(*tables: FactorTable) -> FactorFolder:
    return FactorFolder("site/factors", tables)


OLD, NEW = table(row("coke", "29.4")), table(row("coke", "29.0"), revision="2025-06-30")


def test_the_newest_revision_counts_unless_an_older_one_is_asked_for() -> None:
    folders = [shipped(OLD, NEW)]
    assert list_factor_sets(folders) == [
        FactorSetName("law", 2023, "2024-01-01"),
        FactorSetName("law", 2023, "2025-06-30"),
    ]
    newest = assemble(folders, "law", 2023)
    assert (newest.revision, newest.lookup("coke", HEAT).value) == ("2025-06-30", Decimal("29.0"))
    older = assemble(folders, "law", 2023, "2024-01-01")
    assert (older.revision, older.lookup("coke", HEAT).value) == ("2024-01-01", Decimal("29.4"))
    assert assemble([shipped(OLD)], "law", 2023).digest == older.digest


def test_a_revision_of_one_table_keeps_the_others() -> None:
    other = table(row("lpg", "50.1"), name="gas")
    factors = assemble([shipped(OLD, other, NEW)], "law", 2023)
    assert factors.lookup("coke", HEAT).value == Decimal("29.0")
    assert factors.lookup("lpg", HEAT).value == Decimal("50.1")


@pytest.mark.parametrize(
    ("scheme", "year", "revision", "told"),
    [
        ("law", 2022, None, "hold for 2023 alone"),
        ("law", 2024, None, "hold for 2023 alone"),
        ("law", 2023, "2024-12-31", "no revision 2024-12-31; there is 2024-01-01, 2025-06-30"),
        ("rule", 2023, None, "no such scheme; there is law"),
    ],
)
def test_the_nearest_year_or_revision_is_never_taken(scheme: str, year: int, revision: str | None, told: str) -> None:
    with pytest.raises(MissingFactor, match=told) as caught:
        assemble([shipped(OLD, NEW)], scheme, year, revision)
    assert "configs/factors" in str(caught.value)
    assert caught.value.key is None


def test_a_site_adds_rows_and_replaces_those_of_a_supplier() -> None:
    own = table(row("gas", "46.05", "s.toml", "south"), row("peat", "15", "s.toml"), name="own", revision="2026-04-01")
    folders = [shipped(table(row("gas", "45", supplier="south"), row("gas", "45", supplier="north"))), site(own)]
    factors = assemble(folders, "law", 2023)
    assert factors.lookup("gas", HEAT, "south").value == Decimal("46.05")
    assert factors.lookup("gas", HEAT, "south").where == Origin("s.toml", 1, 1)
    assert factors.lookup("gas", HEAT, "north").value == Decimal(45)
    assert factors.lookup("peat", HEAT).value == Decimal(15)
    assert factors.looked_in == ("configs/factors", "site/factors")
    assert factors.revision == "2026-04-01"


def test_a_site_does_not_replace_a_scheme_s_default_unnoticed() -> None:
    with pytest.raises(ConflictingFactors, match=r"s.toml:1:1: .*coke.* a.toml:1:1: name a supplier or menu"):
        assemble([shipped(OLD), site(table(row("coke", "30", "s.toml"), name="own"))], "law", 2023)


def test_all_rows_that_stand_twice_are_told_with_both_files() -> None:
    twice = table(row("coke", "1", "b.toml"), row("lpg", "2", "b.toml"), name="again")
    with pytest.raises(ConflictingFactors) as caught:
        assemble([shipped(table(row("coke", "29.4"), row("lpg", "50.1")), twice)], "law", 2023)
    assert [conflict.where.file for conflict in caught.value.conflicts] == ["b.toml", "b.toml"]
    assert all("a.toml" in conflict.message for conflict in caught.value.conflicts)


def adopting(*quantities: Quantity, except_carriers: tuple[str, ...] = ()) -> FactorTable:
    adoption = Adoption("fuels", quantities, except_carriers, "it has none of its own.", Origin("g.toml", 5, 1))
    return FactorTable("uniform", "guild", 2023, "2024-01-01", (row("wood", "13"),), (), (adoption,))


LAW = table(
    row("coke", "29.0"),
    row("coke", "0.0299", unit="tC/GJ"),
    row("gas", "45", supplier="south"),
    replace(row("gas", "40"), substitute=True),
    row("peat", "15"),
)


def test_an_adopted_row_is_inferred_and_holds_for_every_supplier() -> None:
    factors = assemble([shipped(LAW, adopting(HEAT, except_carriers=("peat",)))], "guild", 2023)
    adopted = factors.lookup("gas", HEAT, "south")
    assert (adopted.value, adopted.basis, adopted.reason) == (Decimal(40), Basis.INFERRED, "it has none of its own.")
    assert adopted.where.file == "a.toml"
    assert sorted(factor.carrier for factor in factors.factors) == ["coke", "gas", "wood"]
    assert not factors.gives_co2


def test_gaps_are_adopted_with_the_rows() -> None:
    gap = SwitchedOff(("steam", "peat"), (HEAT, CO2), (), "not confirmed")
    law = FactorTable("fuels", "law", 2023, "2024-01-01", LAW.factors, (gap,))
    factors = assemble([shipped(law, adopting(HEAT, except_carriers=("peat",)))], "guild", 2023)
    with pytest.raises(MissingFactor, match="not confirmed"):
        factors.lookup("steam", HEAT)
    with pytest.raises(MissingFactor, match="no row"):
        factors.lookup("peat", HEAT)


def test_a_new_revision_of_an_adopted_table_is_one_of_the_adopting_set() -> None:
    newer = table(row("coke", "28.5"), revision="2026-02-01")
    older = table(row("coke", "31"), revision="2020-01-01")
    folders = [shipped(older, newer, adopting(HEAT))]
    revisions = [name.revision for name in list_factor_sets(folders) if name.scheme == "guild"]
    assert revisions == ["2024-01-01", "2026-02-01"]
    assert assemble(folders, "guild", 2023, "2024-01-01").lookup("coke", HEAT).value == Decimal(31)
    assert assemble(folders, "guild", 2023).lookup("coke", HEAT).value == Decimal("28.5")


def test_an_adoption_that_leads_nowhere_is_told() -> None:
    with pytest.raises(
        ConflictingFactors, match=r"g.toml:5:1: there is no table 'fuels' to adopt for fiscal year 2023"
    ):
        assemble([shipped(adopting(HEAT))], "guild", 2023)
