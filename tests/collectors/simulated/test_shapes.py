"""The shapes one recognises: weekend stop, idle nights, melting cycles, coil after coil, the sun."""

from collections.abc import Callable
from itertools import groupby, pairwise

from collectors.simulated import Mill

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
HELD, CHARGING, MELTING, REFINING, TAPPING = range(5)


def mean_kw(mill: Mill, load: str, from_ms: int, hours: int) -> float:
    return float(mill.true_quantity(f"{load}_kwh", from_ms, from_ms + hours * HOUR_MS)) / hours


def test_furnaces_are_held_over_the_weekend_and_never_cold(mill: Mill, jst_ms: Callable[[str], int]) -> None:
    wednesday, sunday = jst_ms("2023-10-18T06:00"), jst_ms("2023-10-22T06:00") - DAY_MS
    for name in ("melting_1_nm3", "melting_2_nm3", "holding_nm3", "annealing_nm3", "boiler_nm3", "soaking_kg"):
        worked = mill.true_quantity(name, wednesday, wednesday + DAY_MS)
        stopped = mill.true_quantity(name, sunday, sunday + DAY_MS)
        assert worked / 10 < stopped < worked / 2
    assert mill.gauge("melting_1", "phase", sunday + 5 * HOUR_MS) == HELD


def test_nothing_is_finished_on_the_weekend(mill: Mill, jst_ms: Callable[[str], int]) -> None:
    saturday, monday = jst_ms("2023-10-21T06:00"), jst_ms("2023-10-23T06:00")
    assert mill.true_quantity("production_kg", saturday, monday) == 0
    assert mill.true_quantity("production_kg", monday, monday + DAY_MS) > 400_000


def test_cold_mill_2_idles_at_night_and_cold_mill_1_does_not(mill: Mill, jst_ms: Callable[[str], int]) -> None:
    day, night = jst_ms("2023-10-18T08:00"), jst_ms("2023-10-18T22:00")
    assert mean_kw(mill, "cold_mill_2", day, 12) > 3_000
    assert mean_kw(mill, "cold_mill_2", night, 8) < 150
    assert mean_kw(mill, "cold_mill_1", night, 8) > 3_000
    assert mill.gauge("line", "cold_mill_2_phase", night + HOUR_MS) == 0


def test_melting_runs_in_cycles(mill: Mill, jst_ms: Callable[[str], int]) -> None:
    tuesday = jst_ms("2023-10-17T06:00")
    for device in ("melting_1", "melting_2"):
        minutes = range(tuesday, tuesday + DAY_MS, MINUTE_MS)
        phases = [phase for phase, _ in groupby(mill.gauge(device, "phase", minute) for minute in minutes)]
        assert 3 <= phases.count(CHARGING) <= 5
        follows = {CHARGING: MELTING, MELTING: REFINING, REFINING: TAPPING, TAPPING: CHARGING}
        within = phases[1:] if device == "melting_2" else phases
        assert all(follows[int(phase)] == following for phase, following in pairwise(within))
    burn: dict[int, list[float]] = {MELTING: [], TAPPING: []}
    for minute in range(tuesday, tuesday + DAY_MS, MINUTE_MS):
        phase = int(mill.gauge("melting_1", "phase", minute))
        if phase in burn:
            burn[phase].append(float(mill.true_quantity("melting_1_nm3", minute, minute + 1)))
    assert min(burn[MELTING]) > 5 * max(burn[TAPPING])


def test_the_hot_mill_rolls_in_passes(mill: Mill, jst_ms: Callable[[str], int]) -> None:
    start = jst_ms("2023-10-17T09:00")
    powers = [mill.gauge("hot_mill", "power", start + second * 1000) for second in range(0, 6 * 3600, 10)]
    rolling = [power > 8_000 for power in powers]
    assert 30 < sum(1 for busy, _ in groupby(rolling) if busy) < 70
    assert max(powers) > 16_000
    assert min(powers) < 1_000


def test_coils_finish_one_at_a_time_and_weigh_5_to_12_t(mill: Mill, jst_ms: Callable[[str], int]) -> None:
    start = jst_ms("2023-10-17T06:00")
    coils = []
    for minute in range(start, start + DAY_MS, MINUTE_MS):
        weights = [
            mill.truth_counts("line", product, minute, minute + MINUTE_MS)
            for product in ("can_body", "foil_stock", "general_sheet", "car_panel")
        ]
        coils += [weight for weight in weights if weight]
    assert 55 <= len(coils) <= 80
    assert all(5_000 <= weight <= 12_000 for weight in coils)


def test_the_sun_shines_by_day_only_and_is_used_before_the_grid(mill: Mill, jst_ms: Callable[[str], int]) -> None:
    june, january = jst_ms("2023-06-14T00:00"), jst_ms("2024-01-17T00:00")
    for day in (june, january):
        assert mean_kw(mill, "solar", day, 4) == 0
        assert mean_kw(mill, "solar", day + 20 * HOUR_MS, 4) == 0
    month = 30 * DAY_MS // HOUR_MS
    assert mean_kw(mill, "solar", june, month) > 1.5 * mean_kw(mill, "solar", january, month)
    exporting = 0
    for minute in range(june, june + 14 * DAY_MS, 10 * MINUTE_MS):
        grid = [mill.true_quantity(name, minute, minute + 1) for name in ("incoming_kwh", "export_kwh")]
        assert min(grid) == 0
        exporting += grid[1] > 0
    assert exporting > 0
    assert mill.gauge("incoming", "power", june) > 0
