"""A whole simulated year through the agent's own accounting: counts exact, figures as the mill's truth has them."""

import csv
import io
import json
import shutil
import sqlite3
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from collectors.simulated.mill import Mill
from tests.agent.conftest import Calc, run_atsuen

DEMO = Path(__file__).parents[2] / "configs" / "demo"
JST = timezone(timedelta(hours=9))
START_MS = int(datetime(2023, 4, 1, tzinfo=JST).timestamp() * 1000)
END_MS = int(datetime(2024, 4, 1, tzinfo=JST).timestamp() * 1000)
SEED = 5


class Year:
    """A simulated fiscal year 2023 (366 days) with its faults, and a site directory that holds its journal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(DEMO, folder, dirs_exist_ok=True)
        done = run_atsuen(
            ["simulate-year", "-c", DEMO, "--fiscal-year", "2023", "--seed", str(SEED), "--out", folder, "--json"], 120
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
        self.result: dict[str, Any] = json.loads(done.stdout)

    def ask(self, *arguments: str) -> Any:
        done = run_atsuen([arguments[0], "-c", self.folder, *arguments[1:], "--json", "--lang", "en"])
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Year:
    return Year(tmp_path_factory.mktemp("year"))


@pytest.fixture(scope="module")
def mill() -> Mill:
    return Mill(SEED, START_MS)


def test_measured_and_recovered_are_the_truth_to_the_count(year: Year, mill: Mill) -> None:
    streams = {stream["id"]: stream for stream in year.result["verdict"]["streams"]}
    assert len(streams) == 18
    for name, device, point in (
        ("grid_power", "incoming", "energy_import"),
        ("melting_1_gas", "melting_1", "gas_volume"),
        ("auxiliaries_power", "auxiliaries", "energy"),
        ("soaking_lpg", "soaking", "lpg_mass"),
        ("car_panel", "line", "car_panel"),
    ):
        truth = mill.truth_counts(device, point, START_MS, END_MS)
        assert streams[name]["measured"] + streams[name]["recovered"] == truth
        assert streams[name]["recovered"] > 0


def test_every_listed_event_was_planted(year: Year) -> None:
    verdict = year.result["verdict"]
    assert (verdict["holds"], verdict["unplanted"], verdict["unlisted"]) == (True, [], [])
    rows = sqlite3.connect(year.folder / "journal.sqlite3").execute("SELECT kind, count(*) FROM event GROUP BY kind")
    kinds = dict(rows.fetchall())
    assert kinds["replaced"] == 1
    assert kinds["glitch"] == 10
    assert kinds["wrapped"] >= 2
    assert set(kinds) == {"replaced", "glitch", "wrapped"}


def test_the_statement_has_the_energy_that_the_truth_has(year: Year, mill: Mill) -> None:
    """9.76 GJ/MWh; 40.0 GJ per 1,000 m3 at 25 °C and 100 kPa, 1.10599 of which are 1 Nm3; 50.1 GJ/t of LPG."""
    power_mwh = float(mill.true_quantity("electricity_used_kwh", START_MS, END_MS)) / 1000
    gas_nm3 = float(mill.true_quantity("city_gas_nm3", START_MS, END_MS))
    lpg_t = float(mill.true_quantity("soaking_kg", START_MS, END_MS)) / 1000
    expected_gj = power_mwh * 9.76 + gas_nm3 * 1.10599 / 1000 * 40.0 + lpg_t * 50.1
    statement = year.ask("statement", "--fiscal-year", "2023")
    streams = {row["stream"]: row for row in statement["Streams"]}
    energy_gj = sum(row["energy_gj"] for name, row in streams.items() if not name.startswith("("))
    # gas lost with its pressure in an outage (about 1 % of the time) is missing, not made up
    assert energy_gj == pytest.approx(expected_gj, rel=0.006)
    assert energy_gj < expected_gj
    grid = streams["grid power at 66 kV"]
    assert grid["amount"] == pytest.approx(float(mill.true_quantity("incoming_kwh", START_MS, END_MS)), abs=1)
    assert grid["missing_percent"] == 0
    assert 0.8 < grid["recovered_percent"] < 1.2
    assert 0.8 < streams["melting furnace 1, city gas"]["missing_percent"] < 1.3


def test_half_hours_days_and_months_add_up_to_the_year(year: Year) -> None:
    by_month = year.ask("energy", "--fiscal-year", "2023", "--by", "month")["Energy by time"]
    assert [row["from"] for row in by_month][:2] == ["2023-04", "2023-05"]
    (whole,) = year.ask("energy", "--fiscal-year", "2023", "--by", "year")["Energy by time"]
    february = year.ask("energy", "--from", "2024-02-01", "--to", "2024-03-01", "--by", "day")["Energy by time"]
    assert len(february) == 29
    day = year.ask("energy", "--from", "2024-02-29", "--to", "2024-03-01", "--by", "half-hour")["Energy by time"]
    assert len(day) == 48
    for key in ("energy_gj", "co2_t", "production_t", "grid_power_kWh", "melting_1_gas_m3"):
        assert sum(row[key] for row in by_month) == pytest.approx(whole[key], rel=1e-12)
        assert sum(row[key] for row in february) == pytest.approx(by_month[10][key], rel=1e-12)
        assert sum(row[key] for row in day) == pytest.approx(february[28][key], rel=1e-12)


def test_a_scheme_without_a_factor_has_no_total(year: Year) -> None:
    done = run_atsuen(["statement", "-c", year.folder, "--fiscal-year", "2023", "--scheme", "energy_act", "--json"])
    assert done.returncode == 1
    figures = {row["figure"]: row["value"] for row in next(iter(json.loads(done.stdout).values()))}
    assert (figures["energy"], figures["energy intensity"]) == (None, None)
    assert "no heat factor of city_gas under energy_act for fiscal year 2023" in done.stderr


def test_energy_as_csv_leaves_the_unknown_empty(year: Year) -> None:
    asked = ["--from", "2024-03-31T23:00", "--to", "2024-04-01T01:00", "--stream", "grid_power", "--csv"]
    done = run_atsuen(["energy", "-c", year.folder, *asked])
    assert done.returncode == 1  # fiscal year 2024 has no table: no figure rather than last year's factor
    assert "2024" in done.stderr
    asked[3] = "2024-04-01T00:00"
    rows = list(csv.DictReader(io.StringIO(run_atsuen(["energy", "-c", year.folder, *asked]).stdout)))
    assert [row["from"] for row in rows] == ["2024-03-31 23:00", "2024-03-31 23:30"]
    assert all(float(row["grid_power_kWh"]) > 0 for row in rows)
    before = ["--from", "2023-03-31T23:30", "--to", "2023-04-01T00:00", "--stream", "grid_power", "--csv"]
    (row,) = csv.DictReader(io.StringIO(run_atsuen(["energy", "-c", year.folder, *before]).stdout or "from\n"))
    assert row["grid_power_kWh"] == row["energy_gj"] == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--from", "yesterday"], "is no time"),
        (["--from", "2024-02-01T00:10", "--to", "2024-02-02"], ":00 or :30"),
        (["--from", "2024-02-02", "--to", "2024-02-01"], "--to is not after --from"),
        (["--stream", "nothing"], "no stream 'nothing'"),
    ],
)
def test_wrong_usage_of_energy(year: Year, arguments: list[str], sentence: str) -> None:
    done = run_atsuen(["energy", "-c", year.folder, *arguments])
    assert (done.returncode, sentence in done.stderr) == (2, True)


def test_a_site_without_a_journal_says_so() -> None:
    done = run_atsuen(["statement", "-c", DEMO, "--fiscal-year", "2023"])
    assert done.returncode == 1
    assert "has the agent run yet?" in done.stderr


def test_a_folder_that_has_a_journal_is_not_overwritten(year: Year) -> None:
    done = run_atsuen(["simulate-year", "-c", DEMO, "--fiscal-year", "2023", "--out", year.folder])
    assert done.returncode == 1
    assert "is there already" in done.stderr


@pytest.fixture(scope="module")
def closed(year: Year) -> dict[str, Any]:
    """The year, closed; what `atsuen close` says of it."""
    (year.folder / "years").mkdir()
    (year.folder / "years" / "2023.toml").write_text("fiscal_year = 2023\n")
    words = ("--company", "company_a", "--approved-by", "works-manager", "--approved-on", "2024-06-14")
    said: dict[str, Any] = year.ask("close", "--fiscal-year", "2023", *words)
    return said


def test_the_workbook_of_a_closed_year_adds_up_to_its_document(
    year: Year, closed: dict[str, Any], tmp_path: Path, calc: Calc
) -> None:
    """LibreOffice recomputes the sums of statement and submission; they are those of the signed document."""
    totals = json.loads(Path(closed["file"]).read_text(encoding="utf-8"))["totals"]
    done = run_atsuen(
        ["statement", "-c", year.folder, "--fiscal-year", "2023", "--lang", "en", "--xlsx", tmp_path / "statement.xlsx"]
    )
    assert done.returncode == 0, done.stderr
    done = run_atsuen(["submission", "show", closed["file"], "--lang", "en", "--xlsx", tmp_path / "submission.xlsx"])
    assert done.returncode == 0, done.stderr
    for name in ("statement", "submission"):
        numbers = [number for sheet in calc(tmp_path / f"{name}.xlsx") for row in sheet for number in row]
        for wanted in (float(totals["energy_gj"]), float(totals["co2_kg"]) / 1000, float(totals["production_t"])):
            assert any(abs(number - wanted) < 1e-6 * wanted for number in numbers), (name, wanted)


def test_another_machine_gives_the_same_document_and_statement_from_the_same_journal(
    year: Year, closed: dict[str, Any], tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(year.folder, other, ignore=shutil.ignore_patterns("closed", "*.book.sqlite3"))
    elsewhere = {"TZ": "America/New_York", "LANG": "de_DE.UTF-8", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "4711"}
    words = ["--company", "company_a", "--approved-by", "works-manager", "--approved-on", "2024-06-14", "--json"]
    done = run_atsuen(["close", "-c", other, "--fiscal-year", "2023", *words], environment=elsewhere)
    assert done.returncode == 0, done.stderr
    first, second = Path(closed["file"]), Path(json.loads(done.stdout)["file"])
    assert first.read_bytes() == second.read_bytes()
    statements, heads = [], []
    for folder, environment in ((year.folder, {}), (other, elsewhere)):
        asked: list[str | Path] = ["statement", "-c", folder, "--fiscal-year", "2023", "--lang", "ja", "--json"]
        statements.append(run_atsuen(asked, environment=environment).stdout)
        verified = run_atsuen(["ledger", "verify", "-c", folder, "--json"], environment=environment)
        heads.append(json.loads(verified.stdout)["head"])
    assert statements[0] == statements[1]
    assert heads[0] == heads[1]
