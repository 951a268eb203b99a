"""Gas volumes, against printed figures: 0.9667 and 0.9571 of j-net21 Q1169, in Tokyo Gas' sheet 0.967 and 0.957."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.accounting.gas_volume import (
    GasStateUnknownError,
    ImpossibleGasStateError,
    MeterKind,
    ReferenceState,
    change_reference,
    read_meter,
    to_bill_pressure,
    to_nm3,
    to_satp,
)

LOW_PRESSURE_KPA = Decimal(2)
MEDIUM_PRESSURE_KPA = Decimal("0.981")
BILL_TEMPERATURE_C = Decimal(15)
ONE = Decimal(1)


def rounded(value: Decimal, digits: str) -> Decimal:
    return value.quantize(Decimal(digits))


@pytest.mark.parametrize(
    ("pressure_kpa", "temperature_c", "nm3", "satp"),
    [
        (LOW_PRESSURE_KPA, BILL_TEMPERATURE_C, "0.9667", "1.0691"),
        (MEDIUM_PRESSURE_KPA, BILL_TEMPERATURE_C, "0.9571", "1.0586"),
        (Decimal(100), Decimal(20), "1.85", "2.05"),
        (Decimal(300), Decimal(20), "3.69", "4.08"),
        (Decimal(0), Decimal(0), "1.0000", "1.1060"),
    ],
)
def test_a_cubic_metre_in_the_standard_states(
    pressure_kpa: Decimal, temperature_c: Decimal, nm3: str, satp: str
) -> None:
    assert rounded(to_nm3(ONE, pressure_kpa, temperature_c), nm3) == Decimal(nm3)
    assert rounded(to_satp(ONE, pressure_kpa, temperature_c), satp) == Decimal(satp)


def test_the_ratio_of_the_standard_states_is_exact() -> None:
    satp = change_reference(Decimal(10_000_000), ReferenceState.NM3, ReferenceState.SATP)
    assert rounded(satp / 10_000_000, "0.00001") == Decimal("1.10599")
    assert satp * 27315 * 100 == pytest.approx(Decimal("101.325") * 29815 * 10_000_000)
    assert rounded(change_reference(ONE, ReferenceState.SATP, ReferenceState.NM3), "0.00001") == Decimal("0.90417")
    assert change_reference(ONE, ReferenceState.AS_METERED, ReferenceState.AS_METERED) == 1


def test_the_bill_s_pressure_correction() -> None:
    """Supply terms for city gas: V = V1 × (101.325 + P) / (101.325 + 0.981); at 100 kPa 201.325 / 102.306."""
    assert rounded(to_bill_pressure(Decimal(1000), Decimal(100)), "0.001") == Decimal("1967.871")
    assert to_bill_pressure(Decimal(1000), MEDIUM_PRESSURE_KPA) == 1000


@pytest.mark.parametrize(
    ("meter", "state", "pressure_kpa", "temperature_c", "expected"),
    [
        (MeterKind.UNCORRECTED, ReferenceState.NM3, LOW_PRESSURE_KPA, BILL_TEMPERATURE_C, "966.7"),
        (MeterKind.UNCORRECTED, ReferenceState.SATP, LOW_PRESSURE_KPA, BILL_TEMPERATURE_C, "1069.1"),
        (MeterKind.UNCORRECTED, ReferenceState.AS_METERED, None, None, "1000"),
        (MeterKind.BILL_PRESSURE_CORRECTED, ReferenceState.NM3, None, BILL_TEMPERATURE_C, "957.1"),
        (MeterKind.BILL_PRESSURE_CORRECTED, ReferenceState.SATP, Decimal(300), BILL_TEMPERATURE_C, "1058.6"),
        (MeterKind.CORRECTED_NM3, ReferenceState.NM3, None, None, "1000"),
        (MeterKind.CORRECTED_NM3, ReferenceState.SATP, None, None, "1106.0"),
        (MeterKind.CORRECTED_SATP, ReferenceState.SATP, None, None, "1000"),
        (MeterKind.CORRECTED_SATP, ReferenceState.NM3, None, None, "904.2"),
        (MeterKind.TAKEN_AS_SATP, ReferenceState.SATP, None, None, "1000"),
        (MeterKind.CORRECTED_NM3, ReferenceState.AS_METERED, None, None, "1000"),
    ],
)
def test_what_a_reading_of_each_meter_means(
    meter: MeterKind,
    state: ReferenceState,
    pressure_kpa: Decimal | None,
    temperature_c: Decimal | None,
    expected: str,
) -> None:
    volume = read_meter(meter, Decimal(1000), state, pressure_kpa, temperature_c)
    assert rounded(volume, expected) == Decimal(expected)


@pytest.mark.parametrize(
    ("meter", "pressure_kpa", "temperature_c", "missing"),
    [
        (MeterKind.UNCORRECTED, None, BILL_TEMPERATURE_C, "pressure"),
        (MeterKind.UNCORRECTED, LOW_PRESSURE_KPA, None, "temperature"),
        (MeterKind.BILL_PRESSURE_CORRECTED, LOW_PRESSURE_KPA, None, "temperature"),
    ],
)
def test_a_meter_without_its_pressure_or_temperature_is_refused(
    meter: MeterKind, pressure_kpa: Decimal | None, temperature_c: Decimal | None, missing: str
) -> None:
    with pytest.raises(GasStateUnknownError, match=f"{meter} cannot be used without the {missing}"):
        read_meter(meter, ONE, ReferenceState.SATP, pressure_kpa, temperature_c)


@pytest.mark.parametrize("state", [ReferenceState.NM3, ReferenceState.SATP])
def test_as_metered_is_never_guessed(state: ReferenceState) -> None:
    with pytest.raises(GasStateUnknownError, match="give the pressure and temperature"):
        change_reference(ONE, ReferenceState.AS_METERED, state)
    with pytest.raises(GasStateUnknownError):
        change_reference(ONE, state, ReferenceState.AS_METERED)


@pytest.mark.parametrize(
    ("pressure_kpa", "temperature_c"),
    [("-101.325", "15"), ("-200", "15"), ("2", "-273.15"), ("2", "-300"), ("NaN", "15"), ("2", "Infinity")],
)
def test_impossible_states_are_errors(pressure_kpa: str, temperature_c: str) -> None:
    with pytest.raises(ImpossibleGasStateError, match="absolute gas"):
        to_nm3(ONE, Decimal(pressure_kpa), Decimal(temperature_c))


def test_the_result_does_not_depend_on_the_caller_s_precision() -> None:
    expected = to_satp(Decimal("123456.789"), Decimal("98.7"), Decimal("21.4"))
    with localcontext(prec=4):
        assert to_satp(Decimal("123456.789"), Decimal("98.7"), Decimal("21.4")) == expected


@given(
    st.decimals(0, 10**9, places=3),
    st.decimals(-50, 2000, places=2),
    st.decimals(-40, 300, places=2),
)
def test_both_standard_volumes_are_the_same_gas(volume: Decimal, pressure_kpa: Decimal, temperature_c: Decimal) -> None:
    nm3, satp = to_nm3(volume, pressure_kpa, temperature_c), to_satp(volume, pressure_kpa, temperature_c)
    again = change_reference(nm3, ReferenceState.NM3, ReferenceState.SATP)
    assert abs(again - satp) <= abs(satp) * Decimal("1e-35")
