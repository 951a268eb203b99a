"""The whole line, from simulated meters to stored lines, judged against the simulator's truth and the database."""

import json
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from agent.demo.run import SEED, START_MS
from agent.settings.site import load_site
from agent.storage.ledger import Ledger
from collectors.frame import is_good
from collectors.simulated.mill import Mill
from tests.agent.conftest import run_atsuen
from tests.conftest import StartMosquitto, StartVictoriaMetrics

DEMO = Path(__file__).parents[2] / "configs" / "demo"
REGISTERS = {
    "grid_power": [("incoming", "energy_import", 1)],
    "melting_1_gas": [("melting_1", "gas_volume", 1)],
    "soaking_lpg": [("soaking", "lpg_mass", 1)],
    "auxiliaries_power": [("auxiliaries", "energy", 1)],
    "can_body": [("line", "can_body", 1)],
    "solar_power": [("solar", "energy", 1), ("incoming", "energy_export", -960)],
}
"""Streams by their registers, and how many counts of the finest one of them each count is: 0.96 kWh is 960 Wh."""


def summary_of(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def good_readings(ledger: Ledger, device: str, point: str) -> list[tuple[int, float]]:
    """The source time and raw value of each good reading, in order."""
    found = []
    for frame in ledger.frames(device):
        position = ledger.layout(frame.layout).position[point]
        if is_good(frame.read_quality()[position]):
            found.append((frame.read_source_times_ms()[position], frame.read_values()[position]))
    return found


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished demonstration of half a simulated hour."""
    folder = tmp_path_factory.mktemp("demo")
    done = run_atsuen(["demo", "--seconds", "10", "--speed", "180", "--data", folder, "--summary", folder / "out.json"])
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_reading_of_every_counter_is_what_its_register_showed(demo: Path) -> None:
    mill, ledger = Mill(SEED, START_MS), Ledger(demo / "journal.sqlite3")
    for device, point in mill.counters():
        readings = good_readings(ledger, device, point)
        assert len(readings) > 100
        assert [raw for _, raw in readings] == [mill.register(device, point, time_ms) for time_ms, _ in readings]
    ledger.close()


def test_the_summary_agrees_with_the_truth_between_first_and_last_reading(demo: Path) -> None:
    mill, ledger, summary = Mill(SEED, START_MS), Ledger(demo / "journal.sqlite3"), summary_of(demo / "out.json")
    streams = {stream["id"]: stream for stream in summary["streams"]}
    assert len(streams) == 18
    for name, registers in REGISTERS.items():
        truth = 0
        for device, point, weight in registers:
            times = [time_ms for time_ms, _ in good_readings(ledger, device, point)]
            truth += weight * mill.truth_counts(device, point, times[0], times[-1])
        assert (streams[name]["measured"], streams[name]["truth"]) == (truth, truth), name
    assert all(stream["difference"] == 0 for stream in summary["streams"])
    assert streams["grid_power"]["measured"] > 1000
    ledger.close()


def test_counts_along_the_line_agree(demo: Path) -> None:
    summary = summary_of(demo / "out.json")
    assert summary["frames_durable"] == summary["frames_polled"] > 1000
    assert summary["messages_acknowledged"] == summary["messages_published"] > 10
    assert summary["lines_delivered"] == summary["lines_published"] >= summary["frames_polled"]
    lines = [line for file in (demo / "lines").iterdir() for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == summary["lines_published"]


def test_the_two_planted_wraps_are_found_and_nothing_else(demo: Path) -> None:
    rows = sqlite3.connect(demo / "journal.sqlite3").execute("SELECT device, point, kind FROM event").fetchall()
    assert sorted(rows) == [("auxiliaries", "energy", "wrapped"), ("melting_1", "gas_volume", "wrapped")]


def test_energy_and_co2_follow_from_the_counts(demo: Path) -> None:
    """By hand: 0.96 kWh a count, 9.76 GJ/MWh, 0.420 kg/kWh; 0.1 kg a count of LPG, 50.1 GJ/t, 16.3 kgC/GJ × 44/12."""
    streams = {stream["id"]: stream for stream in summary_of(demo / "out.json")["streams"]}
    grid, lpg = streams["grid_power"], streams["soaking_lpg"]
    assert grid["energy_gj"] == pytest.approx(grid["measured"] * 0.96 / 1000 * 9.76, rel=1e-12)
    assert grid["co2_kg"] == pytest.approx(grid["measured"] * 0.96 * 0.420, rel=1e-12)
    assert lpg["energy_gj"] == pytest.approx(lpg["measured"] * 0.1 / 1000 * 50.1, rel=1e-12)
    assert lpg["co2_kg"] == pytest.approx(lpg["measured"] * 0.1 / 1000 * 50.1 * 16.3 * 44 / 12, rel=1e-12)


def test_gas_energy_follows_from_pressure_and_temperature(demo: Path) -> None:
    """The mill knows its gas in Nm3 exactly; 40.0 GJ per 1,000 m3 at 25 °C and 100 kPa, 1.10599 of which are 1 Nm3."""
    mill, ledger = Mill(SEED, START_MS), Ledger(demo / "journal.sqlite3")
    times = [time_ms for time_ms, _ in good_readings(ledger, "annealing", "gas_volume")]
    gas_nm3 = float(mill.true_quantity("annealing_nm3", times[0], times[-1]))
    gas = next(s for s in summary_of(demo / "out.json")["streams"] if s["id"] == "annealing_gas")
    assert gas["energy_gj"] == pytest.approx(gas_nm3 * 1.10599 / 1000 * 40.0, rel=1e-3)
    ledger.close()


@pytest.mark.mosquitto
@pytest.mark.victoriametrics
def test_the_database_holds_every_point_that_was_published(
    tmp_path: Path, start_mosquitto: StartMosquitto, start_victoria_metrics: StartVictoriaMetrics
) -> None:
    broker, database = start_mosquitto(), start_victoria_metrics()
    address = f"127.0.0.1:{broker.port}"
    arguments = ["demo", "--seconds", "10", "--speed", "180", "--mqtt", address, "--influx", database.url]
    done = run_atsuen([*arguments, "--data", tmp_path, "--summary", tmp_path / "out.json"])
    assert done.returncode == 0, done.stdout + done.stderr
    stored = {
        tuple(series.labels.get(name, "") for name in ("__name__", "device", "point", "stream")): len(series.values)
        for series in database.export()
    }
    ledger, expected = Ledger(tmp_path / "journal.sqlite3"), Counter[tuple[str, str, str, str]]()
    points = [(device, point.id) for device, layout in load_site(DEMO).layouts.items() for point in layout.points]
    for interval in ledger.intervals(points, 0, 2**40):
        for name in ("opening_raw", "closing_raw", "advance_raw", "spanned_s", "observed_s", "method"):
            expected[f"interval_{name}", interval.device, interval.point, ""] += 1
    for device in load_site(DEMO).layouts:
        for frame in ledger.frames(device):
            for point, code in zip(ledger.layout(frame.layout).points, frame.read_quality(), strict=True):
                assert is_good(code)
                expected[f"reading_{point.id}", device, "", ""] += 1
    assert {key: count for key, count in stored.items() if not key[3]} == expected
    half_hours = {key[3]: count for key, count in stored.items() if key[0] == "energy_amount"}
    assert len(half_hours) == 18
    assert set(half_hours.values()) == {1}  # 07:50 to 08:20: one half hour has ended
    assert sum(stored.values()) == sum(expected.values()) + 14 * 7 + 4 * 5
    ledger.close()
