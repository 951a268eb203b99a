"""The conversion, against figures worked by hand."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.accounting.convert import ActivityQuantity, convert, crude_oil_equivalent_kl, gas_state_for
from agent.accounting.convert_units import UnitMismatch, convert_amount, split_factor_unit
from agent.accounting.factors import Basis, ElectricityKind, Factor, FactorSet, MissingFactor, Origin, Quantity
from agent.accounting.gas_volume import GasStateUnknownError, ReferenceState


def factor(
    carrier: str,
    quantity: Quantity,
    value: str,
    unit: str,
    state: ReferenceState | None = None,
    kind: ElectricityKind | None = None,
) -> Factor:
    where = Origin("factors/hand.toml", 7, 1)
    return Factor(
        carrier, quantity, Decimal(value), unit, "by hand", Basis.SEEN, "例", "example", where, state, kind=kind
    )


HEAT, CO2 = Quantity.HEAT, Quantity.CO2
NEW = FactorSet(
    "shk",
    2023,
    "2026-11-24",
    (
        factor("heavy_oil_a", HEAT, "38.9", "GJ/kL"),
        factor("heavy_oil_a", CO2, "0.0193", "tC/GJ"),
        factor("lpg", HEAT, "50.1", "GJ/t"),
        factor("lpg", CO2, "2.99", "t-CO2/t"),
        factor("city_gas", HEAT, "40.0", "GJ/1000 m3", ReferenceState.SATP),
        factor("city_gas", CO2, "2.09", "t-CO2/1000 m3", ReferenceState.SATP),
        factor("electricity", HEAT, "8.64", "GJ/MWh", kind=ElectricityKind.GRID),
        factor("electricity", CO2, "0.435", "kg-CO2/kWh", kind=ElectricityKind.GRID),
        factor("electricity", HEAT, "3.6", "GJ/MWh", kind=ElectricityKind.OWN_SOLAR),
        factor("electricity", CO2, "0", "t-CO2/kWh", kind=ElectricityKind.OWN_SOLAR),
        factor("steam_industrial", HEAT, "1.5", "GJ/GJ"),
        factor("steam_industrial", CO2, "0.06", "t-CO2/GJ"),
    ),
)
ENERGY_ALONE = FactorSet(
    "energy_act", 2023, "2026-11-24", (factor("city_gas", HEAT, "45", "GJ/1000 m3", ReferenceState.AS_METERED),)
)


def amount(carrier: str, value: str, unit: str, state: ReferenceState | None = None) -> ActivityQuantity:
    return ActivityQuantity(carrier, Decimal(value), unit, state)


def electricity(value: str, unit: str, kind: ElectricityKind | None) -> ActivityQuantity:
    return ActivityQuantity("electricity", Decimal(value), unit, kind=kind)


def test_carbon_content_is_multiplied_by_44_over_12_at_the_end() -> None:
    """A heavy oil: 38.9 × 0.0193 × 44/12 = 2.7528 t per kL, not the rounded 2.75."""
    result = convert(amount("heavy_oil_a", "3000", "L"), NEW)
    assert result.energy_gj == Decimal("116.7")
    assert result.co2_kg is not None
    assert result.co2_kg * 3 == Decimal("116.7") * Decimal("0.0193") * 1000 * 11


@pytest.mark.parametrize(
    ("activity", "energy_gj", "co2_kg"),
    [
        (amount("lpg", "2500", "kg"), "125.25", "7475"),
        (amount("city_gas", "1000", "m3", ReferenceState.SATP), "40", "2090"),
        (amount("city_gas", "1", "1000 m3", ReferenceState.SATP), "40", "2090"),
        (electricity("2000", "kWh", ElectricityKind.GRID), "17.28", "870"),
        (electricity("2", "MWh", ElectricityKind.GRID), "17.28", "870"),
        (electricity("2000", "kWh", ElectricityKind.OWN_SOLAR), "7.2", "0"),
        (amount("steam_industrial", "1000", "MJ"), "1.5", "60"),
        (amount("lpg", "0", "t"), "0", "0"),
    ],
)
def test_amounts_in_every_declared_unit(activity: ActivityQuantity, energy_gj: str, co2_kg: str) -> None:
    result = convert(activity, NEW)
    assert (result.energy_gj, result.co2_kg) == (Decimal(energy_gj), Decimal(co2_kg))
    assert result.heat_factor.carrier == activity.carrier
    assert result.co2_factor is not None


def test_a_scheme_without_co2_gives_none_and_not_zero() -> None:
    result = convert(amount("city_gas", "1300", "1000 m3", ReferenceState.AS_METERED), ENERGY_ALONE)
    assert (result.energy_gj, result.co2_kg, result.co2_factor) == (Decimal(58_500), None, None)


def test_a_normal_volume_becomes_satp_for_a_factor_at_satp() -> None:
    """1 Nm3 is 1.10599 m3 at SATP: 40.0 GJ per 1000 of these is 44.24 GJ per 1000 Nm3."""
    result = convert(amount("city_gas", "1000", "m3", ReferenceState.NM3), NEW)
    assert result.energy_gj.quantize(Decimal("0.01")) == Decimal("44.24")
    assert result.co2_kg is not None
    assert result.co2_kg.quantize(Decimal("0.1")) == Decimal("2311.5")


def test_a_metered_volume_is_refused_where_the_factor_is_at_a_standard_state() -> None:
    with pytest.raises(GasStateUnknownError) as caught:
        convert(amount("city_gas", "1000", "m3", ReferenceState.AS_METERED), NEW)
    assert "city_gas is in GJ/1000 m3 satp (factors/hand.toml:7:1)" in str(caught.value)
    assert "give the pressure and temperature" in str(caught.value)


def test_a_corrected_volume_is_refused_where_the_factor_is_as_metered() -> None:
    with pytest.raises(GasStateUnknownError):
        convert(amount("city_gas", "1000", "m3", ReferenceState.NM3), ENERGY_ALONE)


def test_a_gas_volume_without_reference_state_is_refused() -> None:
    with pytest.raises(UnitMismatch, match="must say whether it is as_metered, nm3, satp"):
        convert(amount("city_gas", "1000", "m3"), NEW)


@pytest.mark.parametrize(
    ("activity", "named"),
    [
        (amount("lpg", "1", "m3", ReferenceState.NM3), "'m3' into 't'"),
        (amount("lpg", "1", "GJ"), "'GJ' into 't'"),
        (amount("heavy_oil_a", "1", "kg"), "'kg' into 'kL'"),
        (amount("heavy_oil_a", "1", "gallon"), "'gallon' into 'kL'"),
        (electricity("1", "GJ", ElectricityKind.GRID), "'GJ' into 'MWh'"),
        (electricity("1", "kwh", ElectricityKind.GRID), "'kwh' into 'MWh'"),
    ],
)
def test_other_units_are_named_and_refused(activity: ActivityQuantity, named: str) -> None:
    with pytest.raises(UnitMismatch, match=named):
        convert(activity, NEW)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_what_is_not_a_number_never_becomes_one(value: str) -> None:
    with pytest.raises(ValueError, match="must be a number"):
        convert(amount("lpg", value, "t"), NEW)


def test_electricity_without_its_kind_is_a_missing_factor() -> None:
    with pytest.raises(MissingFactor, match="kind grid"):
        convert(electricity("1", "kWh", None), NEW)


def test_the_state_in_which_a_volume_is_wanted() -> None:
    assert gas_state_for("city_gas", NEW) is ReferenceState.SATP
    assert gas_state_for("city_gas", ENERGY_ALONE, "maker") is ReferenceState.AS_METERED
    assert gas_state_for("lpg", NEW) is None


def test_crude_oil_equivalent() -> None:
    """The form: 21,481 TJ × 0.0258 = 554,210 kL; Toho Gas: 58,500 GJ is 1,509 kL."""
    assert round(crude_oil_equivalent_kl(Decimal(21_481_000))) == 554_210
    assert crude_oil_equivalent_kl(Decimal(58_500)) == Decimal("1509.3")


@pytest.mark.parametrize(
    ("given_amount", "unit", "wanted", "expected"),
    [
        ("1", "GWh", "kWh", "1000000"),
        ("1234.5", "kWh", "MWh", "1.2345"),
        ("5", "MJ", "GJ", "0.005"),
        ("2", "TJ", "GJ", "2000"),
        ("7", "kL", "L", "7000"),
        ("0.001", "1000 m3", "m3", "1"),
    ],
)
def test_decimal_multiples_convert_exactly(given_amount: str, unit: str, wanted: str, expected: str) -> None:
    assert convert_amount(Decimal(given_amount), unit, wanted) == Decimal(expected)


@pytest.mark.parametrize("unit", ["GJ", "GJ/gallon", "tC/t", "MJ/kL", "GJ/千m3", "", "/kL"])
def test_unknown_factor_units_are_refused(unit: str) -> None:
    with pytest.raises(ValueError, match="unknown factor unit"):
        split_factor_unit(unit)


amounts = st.decimals(-(10**9), 10**9, places=6)


@given(amounts, amounts)
def test_parts_add_up_to_the_whole(first: Decimal, second: Decimal) -> None:
    parts = [convert(ActivityQuantity("heavy_oil_a", part, "L"), NEW) for part in (first, second)]
    whole = convert(ActivityQuantity("heavy_oil_a", first + second, "L"), NEW)
    assert whole.energy_gj == parts[0].energy_gj + parts[1].energy_gj
    co2_kg = [part.co2_kg or Decimal(0) for part in [*parts, whole]]
    assert abs(co2_kg[0] + co2_kg[1] - co2_kg[2]) < Decimal("1e-18")


def test_the_result_does_not_depend_on_the_caller_s_precision() -> None:
    activity = amount("heavy_oil_a", "123456.789", "L")
    expected = convert(activity, NEW)
    with localcontext(prec=4):
        assert convert(activity, NEW) == expected
