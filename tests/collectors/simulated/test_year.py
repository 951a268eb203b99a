"""Fiscal year 2023 comes to the industry's intensities.

1,047 kWh/t and 19.7 GJ/t are the results of fiscal 2023 in the association's follow-up of 2024. Counted with 9.76
GJ/MWh for all electricity, 45 GJ per 1,000 Nm³ of city gas, 50.1 GJ/t of LPG.
"""

from collections.abc import Callable

import pytest

from collectors.simulated import Mill

HALF_HOUR_MS = 1_800_000


@pytest.mark.parametrize("seed", [1, 2023])
def test_the_year_comes_to_the_industrys_intensities(jst_ms: Callable[[str], int], seed: int) -> None:
    from_ms, to_ms = jst_ms("2023-04-01T00:00"), jst_ms("2024-04-01T00:00")
    assert to_ms - from_ms == 366 * 24 * 3_600_000
    mill = Mill(seed, from_ms)
    amount = {
        name: float(mill.true_quantity(name, from_ms, to_ms))
        for name in ("production_kg", "electricity_used_kwh", "city_gas_nm3", "soaking_kg", "solar_kwh", "export_kwh")
    }
    production_t = amount["production_kg"] / 1000
    assert production_t == pytest.approx(150_000, rel=0.02)
    assert amount["electricity_used_kwh"] / production_t == pytest.approx(1_047, rel=0.01)
    energy_gj = (
        amount["electricity_used_kwh"] / 1000 * 9.76
        + amount["city_gas_nm3"] / 1000 * 45
        + amount["soaking_kg"] / 1000 * 50.1
    )
    assert energy_gj / production_t == pytest.approx(19.7, rel=0.01)
    assert 0 < amount["export_kwh"] < amount["solar_kwh"] / 10


def test_half_hours_add_up_to_the_month(mill: Mill, jst_ms: Callable[[str], int]) -> None:
    from_ms, to_ms = jst_ms("2023-04-01T00:00"), jst_ms("2023-05-01T00:00")
    for key in mill.counters():
        halves = [
            mill.truth_counts(*key, start_ms, start_ms + HALF_HOUR_MS)
            for start_ms in range(from_ms, to_ms, HALF_HOUR_MS)
        ]
        assert len(halves) == 1_440
        assert sum(halves) == mill.truth_counts(*key, from_ms, to_ms)
