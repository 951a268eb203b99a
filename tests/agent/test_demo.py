"""The whole line, from simulated meters to stored lines, judged against the simulator's truth and the database."""

import json
import re
import sqlite3
import subprocess
import time
import urllib.request
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from agent.accounting.interval import Method
from agent.settings.site import load_site
from agent.storage.ledger import Ledger
from collectors.frame import is_good
from collectors.simulated.mill import Mill
from tests.agent.conftest import ATSUEN, run_atsuen
from tests.conftest import StartMosquitto, StartVictoriaMetrics, find_free_ports_in_a_row

JST = timezone(timedelta(hours=9))
DAY_MS = 86_400_000
SEED = 1
START_MS = int(datetime(2023, 10, 3, 8, tzinfo=JST).timestamp() * 1000)
PAST_MS = START_MS - 35 * DAY_MS
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
def mill() -> Mill:
    """The mill of a demonstration with the past that it has unless asked for another."""
    return Mill(SEED, PAST_MS, wraps_after_ms=START_MS)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished demonstration of half a simulated hour."""
    folder = tmp_path_factory.mktemp("demo")
    done = run_atsuen(["demo", "--seconds", "11", "--speed", "180", "--data", folder, "--summary", folder / "out.json"])
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_reading_of_every_counter_is_what_its_register_showed(demo: Path, mill: Mill) -> None:
    ledger = Ledger(demo / "journal.sqlite3")
    for device, point in mill.counters():
        readings = good_readings(ledger, device, point)
        assert len(readings) > 100
        assert [raw for _, raw in readings] == [mill.register(device, point, time_ms) for time_ms, _ in readings]
    ledger.close()


def test_the_summary_agrees_with_the_truth_from_the_start_to_the_last_reading(demo: Path, mill: Mill) -> None:
    ledger, summary = Ledger(demo / "journal.sqlite3"), summary_of(demo / "out.json")
    streams = {stream["id"]: stream for stream in summary["streams"]}
    assert len(streams) == 18
    for name, registers in REGISTERS.items():
        truth = 0
        for device, point, weight in registers:
            times = [time_ms for time_ms, _ in good_readings(ledger, device, point)]
            truth += weight * mill.truth_counts(device, point, START_MS, times[-1])
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
    query = f"SELECT device, point, kind FROM event WHERE time_ms >= {START_MS}"
    rows = sqlite3.connect(demo / "journal.sqlite3").execute(query).fetchall()
    assert sorted(rows) == [("auxiliaries", "energy", "wrapped"), ("melting_1", "gas_volume", "wrapped")]


def test_energy_and_co2_follow_from_the_counts(demo: Path) -> None:
    """By hand: 0.96 kWh a count, 9.76 GJ/MWh, 0.420 kg/kWh; 0.1 kg a count of LPG, 50.1 GJ/t, 16.3 kgC/GJ × 44/12."""
    streams = {stream["id"]: stream for stream in summary_of(demo / "out.json")["streams"]}
    grid, lpg = streams["grid_power"], streams["soaking_lpg"]
    assert grid["energy_gj"] == pytest.approx(grid["measured"] * 0.96 / 1000 * 9.76, rel=1e-12)
    assert grid["co2_kg"] == pytest.approx(grid["measured"] * 0.96 * 0.420, rel=1e-12)
    assert lpg["energy_gj"] == pytest.approx(lpg["measured"] * 0.1 / 1000 * 50.1, rel=1e-12)
    assert lpg["co2_kg"] == pytest.approx(lpg["measured"] * 0.1 / 1000 * 50.1 * 16.3 * 44 / 12, rel=1e-12)


def test_gas_energy_follows_from_pressure_and_temperature(demo: Path, mill: Mill) -> None:
    """The mill knows its gas in Nm3 exactly; 40.0 GJ per 1,000 m3 at 25 °C and 100 kPa, 1.10599 of which are 1 Nm3."""
    ledger = Ledger(demo / "journal.sqlite3")
    times = [time_ms for time_ms, _ in good_readings(ledger, "annealing", "gas_volume")]
    gas_nm3 = float(mill.true_quantity("annealing_nm3", START_MS, times[-1]))
    gas = next(s for s in summary_of(demo / "out.json")["streams"] if s["id"] == "annealing_gas")
    assert gas["energy_gj"] == pytest.approx(gas_nm3 * 1.10599 / 1000 * 40.0, rel=1e-3)
    ledger.close()


def test_the_past_is_the_truth_of_the_same_mill_up_to_the_live_part(demo: Path, mill: Mill) -> None:
    ledger = Ledger(demo / "journal.sqlite3")
    for device, point in mill.counters():
        past = list(ledger.intervals([(device, point)], 0, START_MS // 1000))
        assert (past[0].start_utc_s, len(past)) == (PAST_MS // 1000, 35 * 48)
        assert sum(interval.advance_raw for interval in past) == mill.truth_counts(device, point, PAST_MS, START_MS)
        assert past[-1].closing_raw == mill.register(device, point, START_MS)
        live = next(ledger.intervals([(device, point)], START_MS // 1000, 2**40))
        assert (live.start_utc_s, live.opening_raw) == (START_MS // 1000, past[-1].closing_raw)
        assert live.method in (Method.MEASURED, Method.WRAPPED)
    ledger.close()


def test_what_goes_wrong_in_the_past_is_what_was_planted(demo: Path) -> None:
    """A meter silent from 22:00 to 05:00, with a reading at either end, and a register that read zero once."""
    ledger = Ledger(demo / "journal.sqlite3")
    events = [(e.device, e.point, e.kind) for e in ledger.events() if e.time_ms < START_MS]
    assert events == [("soaking", "lpg_mass", "glitch")]
    points = [(device, point.id) for device, layout in load_site(DEMO).layouts.items() for point in layout.points]
    past = list(ledger.intervals(points, 0, START_MS // 1000))
    recovered = {i.start_utc_s for i in past if i.method is Method.RECOVERED}
    night = int(datetime(2023, 9, 21, 22, tzinfo=JST).timestamp())
    assert recovered == set(range(night, night + 7 * 3600, 1800))
    assert {(i.device, i.point) for i in past if i.method is Method.RECOVERED} == {("boiler", "gas_volume")}
    ledger.close()


def test_the_past_is_no_part_of_what_was_polled_and_sent(demo: Path) -> None:
    summary = summary_of(demo / "out.json")
    assert 11 * 180 <= summary["simulated_s"] < 4 * 3600
    assert summary["production_t"] < 60  # 35 days of it are more than 10,000 t
    lines = [line for file in (demo / "lines").iterdir() for line in file.read_text(encoding="utf-8").splitlines()]
    assert min(int(line.rsplit(" ", 1)[1]) for line in lines) >= START_MS


def test_a_demonstration_without_a_past_begins_with_its_first_reading(tmp_path: Path) -> None:
    kept = ["--summary", str(tmp_path / "out.json"), "--data", str(tmp_path / "data")]
    done = run_atsuen(["demo", "--past", "0", "--seconds", "3", "--speed", "300", "--no-dashboard", *kept])
    assert done.returncode == 0, done.stdout + done.stderr
    mill, ledger = Mill(SEED, START_MS), Ledger(tmp_path / "data" / "journal.sqlite3")
    times = [time_ms for time_ms, _ in good_readings(ledger, "soaking", "lpg_mass")]
    streams = {stream["id"]: stream for stream in summary_of(tmp_path / "out.json")["streams"]}
    assert streams["soaking_lpg"]["measured"] == mill.truth_counts("soaking", "lpg_mass", times[0], times[-1])
    assert not list(ledger.intervals([("soaking", "lpg_mass")], 0, START_MS // 1000))
    ledger.close()


def test_a_folder_that_has_a_journal_is_refused(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite3").touch()
    done = run_atsuen(["demo", "--seconds", "1", "--data", tmp_path])
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{tmp_path / 'journal.sqlite3'} is there already; name an empty folder\n"


@pytest.mark.parametrize("days", ["-1", "733", "many"])
def test_a_past_that_can_not_be_is_wrong_usage(days: str) -> None:
    assert run_atsuen(["demo", "--past", days]).returncode == 2


def test_the_first_look_at_the_dashboard_has_last_week_the_demand_and_a_baseline(tmp_path: Path, mill: Mill) -> None:
    """What a newcomer opens first: the figures of the past are there with the first answer."""
    first = find_free_ports_in_a_row(6)
    command = [str(ATSUEN), "demo", "--speed", "5", "--port", str(first), "--data", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            asked = ("", "demand", "trends?from=2023-09-01&to=2023-10-01&by=day")
            now, demand, trends = (words(page(f"http://127.0.0.1:{first + 5}/{each}")) for each in asked)
        finally:
            running.terminate()
    assert len(re.findall(r"same time last week [0-9.]+ [−+][0-9.]+ %", now)) == 3
    midnight = START_MS - 8 * 3_600_000
    mean_kw = float(mill.true_quantity("incoming_kwh", midnight, midnight + 1_800_000)) * 2
    shown = re.search(r" 00:00 ([0-9,]+) 28,000 26,600 ", demand)
    assert shown is not None
    assert float(shown[1].replace(",", "")) == pytest.approx(mean_kw, abs=3)  # a count is 0.96 kWh, 1.92 kW
    assert re.search(r"Forecast of this half hour 90 %: [0-9,]+ to [0-9,]+ kW", demand)
    assert "There is no baseline" not in trends
    assert "periods of the baseline 32 " in trends  # 30 August to 30 September


def page(address: str) -> str:
    """A page in English, once its server answers."""
    wanted, until_s = urllib.request.Request(address, headers={"Accept-Language": "en"}), time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(wanted, timeout=30) as answer:
                return str(answer.read(), "utf-8")
        except OSError:
            if time.monotonic() > until_s:
                raise
            time.sleep(0.05)


def words(html: str) -> str:
    """What a person reads on a page."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


@pytest.mark.mosquitto
@pytest.mark.victoriametrics
def test_the_database_holds_every_point_that_was_published(
    tmp_path: Path, start_mosquitto: StartMosquitto, start_victoria_metrics: StartVictoriaMetrics
) -> None:
    broker, database = start_mosquitto(), start_victoria_metrics()
    address = f"127.0.0.1:{broker.port}"
    arguments = ["demo", "--seconds", "11", "--speed", "180", "--mqtt", address, "--influx", database.url]
    done = run_atsuen([*arguments, "--data", tmp_path, "--summary", tmp_path / "out.json"])
    assert done.returncode == 0, done.stdout + done.stderr
    stored = {
        tuple(series.labels.get(name, "") for name in ("__name__", "device", "point", "stream")): len(series.values)
        for series in database.export()
    }
    ledger, expected = Ledger(tmp_path / "journal.sqlite3"), Counter[tuple[str, str, str, str]]()
    points = [(device, point.id) for device, layout in load_site(DEMO).layouts.items() for point in layout.points]
    for interval in ledger.intervals(points, START_MS // 1000, 2**40):  # the past is not sent
        for name in ("opening_raw", "closing_raw", "advance_raw", "spanned_s", "observed_s", "method"):
            expected[f"interval_{name}", interval.device, interval.point, ""] += 1
    for device in load_site(DEMO).layouts:
        for frame in ledger.frames(device):
            if frame.time_ms <= START_MS:
                continue
            for point, code in zip(ledger.layout(frame.layout).points, frame.read_quality(), strict=True):
                assert is_good(code)
                expected[f"reading_{point.id}", device, "", ""] += 1
    assert {key: count for key, count in stored.items() if not key[3]} == expected
    half_hours = {key[3]: count for key, count in stored.items() if key[0] == "energy_amount"}
    assert len(half_hours) == 18
    assert set(half_hours.values()) == {1}  # 08:00 to 08:33: one half hour has ended
    assert sum(stored.values()) == sum(expected.values()) + 14 * 7 + 4 * 5
    ledger.close()
