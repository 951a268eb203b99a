"""The factor tables that ship with the product, read as one, against the figures that the authorities print."""

import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from agent.accounting.convert import ActivityQuantity, convert, crude_oil_equivalent_kl
from agent.accounting.convert_units import is_gas_volume, split_factor_unit
from agent.accounting.factors import Basis, ElectricityKind, FactorKey, FactorSet, MissingFactor, Quantity
from agent.accounting.gas_volume import GasStateUnknownError, ReferenceState
from agent.factor_files import Example, available_factor_sets, load_factor_set, read_examples

SHIPPED = Path(__file__).parents[3] / "configs" / "factors"
HEAT, CO2 = Quantity.HEAT, Quantity.CO2
GRID = ElectricityKind.GRID
OLD, NEW = range(2013, 2023), range(2023, 2027)

SETS = [load_factor_set([SHIPPED], name.scheme, name.fiscal_year) for name in available_factor_sets([SHIPPED])]
BY_YEAR = {(factors.scheme, factors.fiscal_year): factors for factors in SETS}
ROWS = [(factors, factor) for factors in SETS for factor in factors.factors]
EXAMPLES = read_examples([SHIPPED])


def name_of(case: FactorSet | Example) -> str:
    where = f"-{Path(case.where.file).name}-{case.where.line}" if isinstance(case, Example) else ""
    return f"{case.scheme}-{case.fiscal_year}{where}"


def agrees(value: Decimal, printed: Decimal) -> bool:
    """Whether the value rounds to what is printed, digit for digit."""
    return value.quantize(printed, ROUND_HALF_UP) == printed


def test_every_scheme_is_there_for_its_years_and_no_other() -> None:
    years: dict[str, list[int]] = {}
    for factors in SETS:
        years.setdefault(factors.scheme, []).append(factors.fiscal_year)
    assert years == {
        "association": [2013, 2021, 2022, 2023, 2030],
        "association_adjusted": [2022, 2023],
        "energy_act": [*OLD, *NEW],
        "shk": [*OLD, *NEW],
    }


def test_every_row_cites_its_source_and_has_both_names() -> None:
    for factors, factor in ROWS:
        assert re.search(r"https://|tayori\.com|日本アルミニウム協会", factor.source), (name_of(factors), factor.key)
        assert factor.name_ja
        assert factor.name_en.isascii()


def test_every_gas_volume_has_its_reference_state() -> None:
    for factors, factor in ROWS:
        _, per = split_factor_unit(factor.unit)
        assert is_gas_volume(per) == (factor.reference_state is not None), (name_of(factors), factor.key)


def test_what_is_inferred_says_from_what_and_nothing_is_recalled() -> None:
    assert {basis.value for basis in Basis} == {"seen", "secondary", "inferred"}
    assert all(factor.reason for _, factor in ROWS if factor.basis is Basis.INFERRED)


@pytest.mark.parametrize("factors", SETS, ids=name_of)
def test_electricity_has_its_factors_or_a_reason_why_not(factors: FactorSet) -> None:
    for quantity in [HEAT, CO2] if factors.gives_co2 else [HEAT]:
        key = FactorKey("electricity", quantity, kind=GRID)
        there = any(factor.key == key for factor in factors.factors)
        assert there or any(gap.covers(key) for gap in factors.switched_off), key


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_the_worked_example(example: Example) -> None:
    result = convert(example.activity, BY_YEAR[example.scheme, example.fiscal_year])
    assert agrees(result.energy_gj, example.energy_gj)
    assert (result.co2_kg is None) == (example.co2_t is None)
    if result.co2_kg is not None and example.co2_t is not None:
        assert agrees(result.co2_kg / 1000, example.co2_t)
    if example.crude_oil_equivalent_kl is not None:
        assert agrees(crude_oil_equivalent_kl(result.energy_gj), example.crude_oil_equivalent_kl)


def test_every_file_has_a_worked_example() -> None:
    assert {example.where.file for example in EXAMPLES} == {str(path) for path in SHIPPED.glob("*.toml")}


def test_carbon_contents_give_the_ministry_s_rounded_t_co2() -> None:
    """環境省 算定方法・排出係数一覧 p.23: heat × carbon × 44/12 rounds to the printed t-CO2, without exception."""
    compared = []
    for factors, factor in ROWS:
        if factors.scheme == "shk" and factor.published_t_co2 is not None:
            heat = factors.lookup(factor.carrier, HEAT, factor.supplier, factor.menu)
            assert agrees(heat.value * factor.value * 44 / 12, factor.published_t_co2), (name_of(factors), factor.key)
            compared.append(factor)
    fuels_of_the_table, tokyo_gas_own_composition = 27, 1
    assert len(compared) == len(NEW) * fuels_of_the_table + len(OLD) * tokyo_gas_own_composition


@pytest.mark.parametrize(
    ("carrier", "printed"),
    [
        ("gasoline", "0.0686"),
        ("kerosene", "0.0686"),
        ("diesel", "0.0689"),
        ("heavy_oil_a", "0.0708"),
        ("lpg", "0.0598"),
        ("city_gas", "0.0513"),
    ],
)
def test_new_carbon_contents_agree_with_another_authority(carrier: str, printed: str) -> None:
    """大阪府 気候変動対策指針 (2024-05) prints t-CO2 per GJ."""
    carbon = BY_YEAR["shk", 2023].lookup(carrier, CO2)
    assert agrees(carbon.value * 44 / 12, Decimal(printed))


@pytest.mark.parametrize(("carrier", "printed"), [("kerosene", "0.06783"), ("lpg", "0.05903"), ("city_gas", "0.04987")])
def test_old_carbon_contents_agree_with_a_printed_list(carrier: str, printed: str) -> None:
    """石油連盟 (2014-10-07), expydoc.com/doc/7431196, prints t-CO2 per GJ from the SHK manual Ver. 3.5."""
    carbon = BY_YEAR["shk", 2022].lookup(carrier, CO2)
    assert agrees(carbon.value * 44 / 12, Decimal(printed))


def test_the_heat_of_a_kilowatt_hour_changes_with_the_year_and_the_scheme() -> None:
    def heat(scheme: str, year: int, kind: ElectricityKind = GRID) -> Decimal:
        return BY_YEAR[scheme, year].lookup("electricity", HEAT, kind=kind).value

    assert [heat("energy_act", year) for year in OLD] == [Decimal("9.76")] * 10
    assert [heat("energy_act", year) for year in NEW] == [Decimal("8.64")] * 4
    assert [heat("shk", year) for year in NEW] == [Decimal("8.64")] * 4
    assert heat("energy_act", 2022, ElectricityKind.GRID_NIGHT) == Decimal("9.28")
    assert heat("energy_act", 2023, ElectricityKind.OWN_HYDRO) == Decimal("3.6")
    assert heat("energy_act", 2023, ElectricityKind.FUEL_PPA) == Decimal("8.64")
    assert heat("association", 2023) == Decimal("9.76")
    assert BY_YEAR["association", 2023].lookup("electricity", HEAT, kind=GRID).basis is Basis.INFERRED


def test_the_association_s_series_and_its_target() -> None:
    """The form: 0.57 (FY2013), 0.432, 0.435, 0.420 kg/kWh and 0.25 for FY2030, for every kind alike."""
    for year, printed in {2013: "0.57", 2021: "0.432", 2022: "0.435", 2023: "0.420", 2030: "0.25"}.items():
        for kind in set(ElectricityKind) - {ElectricityKind.OWN_FUEL, ElectricityKind.EXPORTED}:
            found = BY_YEAR["association", year].lookup("electricity", CO2, "any maker", "any menu", kind)
            assert (str(found.value), found.unit) == (printed, "kg-CO2/kWh")


def test_no_supplier_reaches_the_association_s_figures() -> None:
    for factors, factor in ROWS:
        if factors.scheme.startswith("association"):
            assert factor.supplier is None
            assert not factor.substitute


@pytest.mark.parametrize(
    ("scheme", "year", "carrier", "quantity", "kind", "told"),
    [
        ("energy_act", 2023, "steam_industrial", HEAT, None, "記入要領"),
        ("energy_act", 2022, "steam_other", HEAT, None, "not confirmed"),
        ("shk", 2023, "steam_industrial", CO2, None, "not confirmed"),
        ("energy_act", 2024, "hydrogen", HEAT, None, "non-fossil"),
        ("energy_act", 2023, "city_gas", HEAT, None, "name the supplier"),
        ("shk", 2022, "natural_gas", HEAT, None, "was not seen"),
        ("shk", 2026, "electricity", CO2, GRID, "substitute value"),
        ("shk", 2023, "electricity", CO2, ElectricityKind.EXPORTED, "what generated it"),
        ("energy_act", 2023, "electricity", HEAT, ElectricityKind.OWN_FUEL, "the fuel is"),
        ("association", 2030, "electricity", HEAT, GRID, "target year"),
    ],
)
def test_what_is_left_out_says_why(
    scheme: str, year: int, carrier: str, quantity: Quantity, kind: ElectricityKind | None, told: str
) -> None:
    with pytest.raises(MissingFactor, match=told):
        BY_YEAR[scheme, year].lookup(carrier, quantity, kind=kind)


def test_one_gas_bill_under_three_rules() -> None:
    """1000 m3 on a medium-pressure bill at 15 °C: 45 GJ as metered; 957.12 Nm3 and 1058.6 m3 at SATP."""

    def energy(scheme: str, year: int, volume: str, state: ReferenceState, supplier: str | None = None) -> Decimal:
        activity = ActivityQuantity("city_gas", Decimal(volume), "m3", state, supplier)
        return convert(activity, BY_YEAR[scheme, year]).energy_gj

    assert energy("energy_act", 2023, "1000", ReferenceState.AS_METERED, "tokyo_gas") == 45
    assert agrees(energy("energy_act", 2022, "957.12", ReferenceState.NM3, "tokyo_gas"), Decimal("43.07"))
    assert agrees(energy("shk", 2023, "1058.6", ReferenceState.SATP), Decimal("42.34"))
    with pytest.raises(GasStateUnknownError):
        energy("shk", 2023, "1000", ReferenceState.AS_METERED)


def test_a_supplier_that_publishes_its_factor_does_not_get_the_substitute() -> None:
    with pytest.raises(MissingFactor, match="add the supplier's published one, or name no supplier"):
        BY_YEAR["shk", 2023].lookup("city_gas", CO2, "tokyo_gas")
    assert BY_YEAR["shk", 2023].lookup("city_gas", HEAT, "tokyo_gas").value == 40
