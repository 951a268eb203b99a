"""What the pages show is what the command line prints for the same time, and what the simulated mill really did."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

ATSUEN = Path(sys.executable).parent / "atsuen"
ZONE = ZoneInfo("Asia/Tokyo")
PRODUCTS = ("can_body", "foil_stock", "general_sheet", "car_panel")


def utc_s(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp())


def run_json(*arguments: str | Path) -> Any:
    command = [str(ATSUEN), *map(str, arguments), "--json", "--lang", "en"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False, env={**os.environ})
    return json.loads(done.stdout)


def truth_t(mill: Any, names: Sequence[str], start_s: int, end_s: int) -> float:
    return sum(float(mill.truth_counts("line", name, start_s * 1000, end_s * 1000)) for name in names) / 1000


@pytest.mark.parametrize(
    "question",
    [
        {"by": "half-hour", "from": "2023-10-02", "to": "2023-10-03"},
        {"by": "day", "from": "2023-09-25", "to": "2023-10-03T10:00"},
        {"by": "month", "from": "2023-09-25", "to": "2023-10-03T10:00"},
        {"by": "hour", "from": "2023-10-01", "to": "2023-10-02", "stream": "grid_power"},
    ],
)
async def test_energy_is_that_of_the_command_line(plant: Any, open_dashboard: Any, question: dict[str, str]) -> None:
    options = [part for key, value in question.items() for part in (f"--{key}", value)]
    expected = run_json("energy", "-c", plant.site.folder, *options)
    async with open_dashboard(plant) as client:
        answer = await client.get("/api/energy", params=question, headers={"accept-language": "en"})
    assert answer.json() == expected
    assert next(iter(expected.values()))


async def test_the_statement_is_that_of_the_command_line(plant: Any, open_dashboard: Any) -> None:
    """Both a day after the fiscal year has ended."""
    expected = run_json("statement", "-c", plant.site.folder, "--fiscal-year", "2023")
    async with open_dashboard(plant, now_s=utc_s("2024-04-02T00:00")) as client:
        answer = await client.get("/api/statement?fiscal_year=2023", headers={"accept-language": "en"})
        page = await client.get("/year?fiscal_year=2023", headers={"accept-language": "en"})
    assert answer.json() == expected
    summary = next(iter(expected.values()))
    energy_gj = next(row["value"] for row in summary if row["figure"] == "energy" and row["unit"] == "GJ")
    assert f"{energy_gj:,.0f}" in page.text


async def test_the_last_hour_is_that_of_the_command_line_and_of_the_mill(plant: Any, open_dashboard: Any) -> None:
    (row,) = next(
        iter(
            run_json(
                "energy",
                "-c",
                plant.site.folder,
                "--by",
                "hour",
                "--from",
                "2023-10-03T09:00",
                "--to",
                "2023-10-03T10:00",
            ).values()
        )
    )
    async with open_dashboard(plant) as client:
        hour = (await client.get("/api/now")).json()["windows"]["hour"]
        page = await client.get("/")
    assert datetime.fromtimestamp(hour["to_utc_s"], UTC) == datetime(2023, 10, 3, 1, tzinfo=UTC)
    for key in ("energy_gj", "co2_t", "production_t", "energy_intensity_gj_per_t", "co2_intensity_t_per_t"):
        assert hour["now"][key] == row[key]
    assert row["production_t"] == truth_t(plant.mill, PRODUCTS, utc_s("2023-10-03T09:00"), utc_s("2023-10-03T10:00"))
    assert f'data-live="hour.intensity">{row["energy_intensity_gj_per_t"]:.2f}<' in page.text


async def test_last_week_is_the_same_time_a_week_before(plant: Any, open_dashboard: Any) -> None:
    async with open_dashboard(plant) as client:
        day = (await client.get("/api/now")).json()["windows"]["day"]
    made = truth_t(plant.mill, PRODUCTS, utc_s("2023-09-26T00:00"), utc_s("2023-09-26T10:00"))
    assert day["last_week"]["production_t"] == pytest.approx(made)


async def test_power_of_the_moment_is_that_of_the_mill(plant: Any, open_dashboard: Any) -> None:
    """Over the last minute, to a count of the register: 0.96 kWh, in a minute 57.6 kW."""
    end_ms = plant.now_s * 1000
    start_ms = end_ms - 60_000
    grid = float(plant.mill.truth_counts("incoming", "energy_import", start_ms, end_ms)) * 0.96
    export = float(plant.mill.truth_counts("incoming", "energy_export", start_ms, end_ms)) * 0.96
    solar = float(plant.mill.truth_counts("solar", "energy", start_ms, end_ms)) * 0.001
    async with open_dashboard(plant) as client:
        rates = (await client.get("/api/now")).json()["rates"]
    power = next(rate for rate in rates if rate["carrier"] == "electricity")
    assert power["per_hour"] == pytest.approx((grid - export + solar) * 60, abs=1)
    assert power["per_hour"] > 1000


async def test_production_is_the_rate_of_the_last_hour(plant: Any, open_dashboard: Any) -> None:
    """Coils are counted when they are weighed: a minute holds one or none."""
    async with open_dashboard(plant) as client:
        made = (await client.get("/api/now")).json()["production"]
    truth = truth_t(plant.mill, PRODUCTS, utc_s("2023-10-03T09:10"), utc_s("2023-10-03T10:10"))
    assert truth > 0
    assert made == {"carrier": "production", "unit": "t", "per_hour": pytest.approx(truth, abs=0.01)}


async def test_rates_stand_beside_those_of_the_week_before(plant: Any, open_dashboard: Any) -> None:
    """The half hour that runs began at 10:00; a week before, power is that of 10:00 to 10:30, in kWh times two."""
    start_ms, end_ms = (utc_s(f"2023-09-26T10:{minute}") * 1000 for minute in ("00", "30"))
    grid = float(plant.mill.truth_counts("incoming", "energy_import", start_ms, end_ms)) * 0.96
    export = float(plant.mill.truth_counts("incoming", "energy_export", start_ms, end_ms)) * 0.96
    solar = float(plant.mill.truth_counts("solar", "energy", start_ms, end_ms)) * 0.001
    async with open_dashboard(plant) as client:
        told = (await client.get("/api/now")).json()
        page = (await client.get("/", headers={"accept-language": "en"})).text
    power = next(rate for rate in told["last_week_rates"] if rate["carrier"] == "electricity")
    assert power["per_hour"] == pytest.approx((grid - export + solar) * 2, abs=2)
    assert f"{power['per_hour']:,.0f}" in page
