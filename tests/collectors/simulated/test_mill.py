"""The mill is determined by its seed, its truth is exact, and its registers show that truth."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.simulated import Mill
from collectors.simulated.plant import LOADS, QUANTITY_NAMES

START_MS = 1_680_274_800_000
"""1 April 2023, 0:00 JST (31 March 2023, 15:00 UTC)."""
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
COUNTERS = [
    ("incoming", "energy_import", "incoming_kwh", Fraction(50_000, 48_000), 10**8),
    ("incoming", "energy_export", "export_kwh", Fraction(50_000, 48_000), 10**8),
    ("solar", "energy", "solar_kwh", 1_000, 10**12),
    ("hot_mill", "energy", "hot_mill_kwh", 1_000, 10**12),
    ("cold_mill_1", "energy", "cold_mill_1_kwh", 1_000, 10**12),
    ("cold_mill_2", "energy", "cold_mill_2_kwh", 100, 10**9),
    ("auxiliaries", "energy", "auxiliaries_kwh", 100, 10**9),
    ("offices", "energy", "offices_kwh", 1_000, 2**32),
    ("compressors", "energy", "compressors_kwh", 10, 10**9),
    ("melting_1", "gas_volume", "melting_1_m3", 100, 2**32),
    ("melting_2", "gas_volume", "melting_2_m3", 100, 2**32),
    ("holding", "gas_volume", "holding_m3", 100, 2**32),
    ("annealing", "gas_volume", "annealing_m3", 100, 2**32),
    ("boiler", "gas_volume", "boiler_nm3", 10, 10**8),
    ("soaking", "lpg_mass", "soaking_kg", 10, 10**9),
    ("line", "can_body", "can_body_kg", 1, 10**8),
    ("line", "foil_stock", "foil_stock_kg", 1, 10**8),
    ("line", "general_sheet", "general_sheet_kg", 1, 10**8),
    ("line", "car_panel", "car_panel_kg", 1, 10**8),
]
"""Device, point, quantity, counts a unit, modulus, as configs/demo/README.md gives them."""

moments = st.integers(START_MS, START_MS + 20 * DAY_MS)


def quantities(mill: Mill, from_ms: int, to_ms: int) -> list[Fraction]:
    return [mill.true_quantity(name, from_ms, to_ms) for name in QUANTITY_NAMES]


def test_the_seed_alone_decides_and_not_the_order_of_questions(jst_ms: Callable[[str], int]) -> None:
    assert jst_ms("2023-04-01T00:00") == START_MS
    times = [START_MS + index * 7 * HOUR_MS for index in range(40)]
    one, other = Mill(3, START_MS), Mill(3, START_MS)
    forwards = [[one.register(*key, time_ms) for time_ms in times] for key in one.counters()]
    backwards = [[other.register(*key, time_ms) for time_ms in times[::-1]] for key in reversed(other.counters())]
    assert forwards == [row[::-1] for row in backwards][::-1]


def test_another_seed_is_another_mill() -> None:
    window = (START_MS, START_MS + 5 * DAY_MS)
    assert all(
        a != b
        for a, b in zip(quantities(Mill(1, START_MS), *window), quantities(Mill(2, START_MS), *window), strict=True)
    )


def test_the_same_days_pass_whenever_the_model_starts() -> None:
    window = (START_MS + 10 * DAY_MS, START_MS + 12 * DAY_MS)
    late = Mill(3, START_MS + 9 * DAY_MS + 12_345)
    assert quantities(late, *window) == quantities(Mill(3, START_MS), *window)


@settings(deadline=None)
@given(st.tuples(moments, moments, moments).map(sorted))
def test_truth_adds_up_and_never_falls(mill: Mill, times: list[int]) -> None:
    first, middle, last = times
    for key in mill.counters():
        parts = mill.truth_counts(*key, first, middle), mill.truth_counts(*key, middle, last)
        assert min(parts) >= 0
        assert sum(parts) == mill.truth_counts(*key, first, last)
    for name in QUANTITY_NAMES:
        parts_of_quantity = mill.true_quantity(name, first, middle), mill.true_quantity(name, middle, last)
        assert min(parts_of_quantity) >= 0
        assert sum(parts_of_quantity) == mill.true_quantity(name, first, last)


@settings(deadline=None)
@given(st.tuples(moments, moments).map(sorted))
def test_electricity_balances_to_the_millijoule(mill: Mill, times: list[int]) -> None:
    def kwh(name: str) -> Fraction:
        return mill.true_quantity(f"{name}_kwh", *times)

    supplied = kwh("incoming") - kwh("export") + kwh("solar")
    assert supplied == kwh("losses") + sum(kwh(load) for load in LOADS)
    assert supplied == kwh("electricity_used")
    assert (kwh("incoming") * 3_600_000_000).denominator == 1


@pytest.mark.parametrize(("device", "point", "quantity", "counts_per_unit", "modulus"), COUNTERS)
def test_each_counter_counts_its_quantity_and_turns_over(
    mill: Mill, device: str, point: str, quantity: str, counts_per_unit: Fraction, modulus: int
) -> None:
    for hours in range(0, 24 * 20, 29):
        window = (START_MS + hours * HOUR_MS, START_MS + (hours + 29) * HOUR_MS)
        counts = mill.truth_counts(device, point, *window)
        assert abs(counts - mill.true_quantity(quantity, *window) * counts_per_unit) < 1
        before, after = (mill.register(device, point, time_ms) for time_ms in window)
        assert 0 <= before < modulus
        assert (after - before) % modulus == counts
    assert mill.truth_counts(device, point, START_MS, START_MS + 20 * DAY_MS) > 1_000


def test_every_counter_is_in_the_table(mill: Mill) -> None:
    assert {(device, point) for device, point, *_ in COUNTERS} == set(mill.counters())


@pytest.mark.parametrize("start", ["2023-04-01T00:00", "2023-04-05T03:21", "2023-06-11T12:00", "2024-01-05T22:59"])
@pytest.mark.parametrize("seed", [1, 2])
def test_two_registers_wrap_between_the_seventh_and_the_ninth_minute(
    jst_ms: Callable[[str], int], seed: int, start: str
) -> None:
    start_ms = jst_ms(start)
    mill = Mill(seed, start_ms)
    for key, modulus in ((("auxiliaries", "energy"), 10**9), (("melting_1", "gas_volume"), 2**32)):
        before, after = (mill.register(*key, start_ms + minutes * MINUTE_MS) for minutes in (7, 9))
        assert modulus - 100_000 < before < modulus
        assert after < 100_000
        advance = mill.truth_counts(*key, start_ms + 7 * MINUTE_MS, start_ms + 9 * MINUTE_MS)
        assert before + advance - modulus == after


def test_power_is_the_energy_of_the_next_second(mill: Mill) -> None:
    noon = START_MS + 36 * HOUR_MS
    for device, watts in (
        ("hot_mill", 1_000),
        ("solar", 1),
        ("cold_mill_2", 1_000),
        ("offices", 1),
        ("compressors", 1_000),
    ):
        energy_j = mill.true_quantity(f"{device}_kwh", noon, noon + 1) * 3_600_000
        assert abs(mill.gauge(device, "power", noon) * watts / 1_000 - energy_j) < Fraction(1, 50)
    net_j = sum(
        sign * mill.true_quantity(name, noon, noon + 1) * 3_600_000
        for sign, name in ((1, "incoming_kwh"), (-1, "export_kwh"))
    )
    assert abs(mill.gauge("incoming", "power", noon) * 48_000 / 1_000 - net_j) < Fraction(1, 10)


def test_flows_are_per_hour(mill: Mill) -> None:
    noon = START_MS + 36 * HOUR_MS
    for device, point, name in (("boiler", "gas_flow", "boiler_nm3"), ("soaking", "lpg_flow", "soaking_kg")):
        per_hour = mill.true_quantity(name, noon, noon + 1) * 3_600_000
        assert abs(mill.gauge(device, point, noon) - per_hour) < Fraction(1, 100)


def test_line_volume_and_normal_volume_agree_through_pressure_and_temperature(mill: Mill) -> None:
    """Nm3 per m3 at gauge P kPa and t °C: (101.325+P)/101.325 × 273.15/(273.15+t)."""
    for hours in range(0, 240, 7):
        now = START_MS + hours * HOUR_MS
        for device in ("melting_1", "melting_2", "holding", "annealing"):
            pressure_kpa = Fraction(str(mill.gauge(device, "gas_pressure", now)))
            temperature_c = Fraction(str(mill.gauge(device, "gas_temperature", now)))
            factor = (
                (Fraction("101.325") + pressure_kpa) / Fraction("101.325")
                * Fraction("273.15") / (Fraction("273.15") + temperature_c)
            )  # fmt: skip
            line, normal = (mill.true_quantity(f"{device}_{unit}", now, now + 1) for unit in ("m3", "nm3"))
            assert abs(line * factor - normal) <= factor * Fraction(1, 2 * 10**9)
            assert Fraction("1.7") < factor < Fraction("2.6")


def test_what_is_not_there_is_named(mill: Mill) -> None:
    with pytest.raises(KeyError):
        mill.register("incoming", "power", START_MS)
    with pytest.raises(KeyError):
        mill.truth_counts("melting_1", "gas_pressure", START_MS, START_MS)
    with pytest.raises(KeyError):
        mill.gauge("incoming", "energy_import", START_MS)
    with pytest.raises(KeyError, match="no quantity 'coal_kg'; there are incoming_kwh"):
        mill.true_quantity("coal_kg", START_MS, START_MS)
    with pytest.raises(ValueError, match="before the model's start"):
        mill.register("incoming", "energy_import", START_MS - 1)
