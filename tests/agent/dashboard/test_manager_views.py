"""Flows, trends and alerts show what the command line prints, and say what is not known."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent.alerting.store import AlertStore, alerts_path
from agent.alerts.machine import AlertEvent, AlertsState, EventKind, Phase, RuleState
from agent.alerts.rules import AlertKind, Cost

ATSUEN = Path(sys.executable).parent / "atsuen"
DAY = {"from": "2023-10-02", "to": "2023-10-03"}
ENGLISH = {"accept-language": "en"}


def utc_s(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Tokyo")).timestamp())


def run_json(*arguments: str | Path) -> Any:
    command = [str(ATSUEN), *map(str, arguments), "--json", "--lang", "en"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, timeout=90, check=True).stdout)


def energy(plant: Any, by: str) -> list[dict[str, float]]:
    period = [part for key, value in DAY.items() for part in (f"--{key}", value)]
    answer = run_json("energy", "-c", plant.site.folder, "--by", by, *period)
    return list(next(iter(answer.values())))


def cells(page: str, table_after: str, row: str) -> list[str]:
    """The cells of a row of the first table after some text."""
    part = page[page.index(table_after) :]
    found = re.search(rf"<tr>\s*<th scope=\"row\">{re.escape(row)}</th>(.*?)</tr>", part, re.DOTALL)
    assert found is not None
    return [cell.strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", found[1], re.DOTALL)]


async def test_flows_carry_the_energy_of_the_command_line(plant: Any, open_dashboard: Any) -> None:
    (row,) = energy(plant, "day")
    async with open_dashboard(plant) as client:
        flows = (await client.get("/api/flows", params=DAY)).json()
        co2 = (await client.get("/api/flows", params={**DAY, "measure": "co2_kg"})).json()
        page = await client.get("/flows", params=DAY, headers=ENGLISH)
    assert flows["total"] == pytest.approx(row["energy_gj"], abs=1e-4)
    assert co2["total"] / 1000 == pytest.approx(row["co2_t"], abs=1e-4)
    from_carriers = sum(link["value"] for link in flows["links"] if link["source"]["kind"] == "carrier")
    assert from_carriers == pytest.approx(flows["total"])
    assert any(link["target"]["kind"] == "residual" for link in flows["links"])
    assert "No area accounts for" in page.text
    largest = max(flows["links"], key=lambda link: link["value"])
    assert f"{largest['value']:,.1f}" in page.text


async def test_a_carrier_without_a_price_is_named(plant: Any, open_dashboard: Any) -> None:
    prices = tuple(price for price in plant.site.file.price if price.stream == "grid_power")
    bare = replace(plant, site=replace(plant.site, file=plant.site.file.model_copy(update={"price": prices})))
    async with open_dashboard(bare) as client:
        page = await client.get("/flows", params={**DAY, "measure": "cost_yen"}, headers=ENGLISH)
    assert page.status_code == 200
    assert "solar_power" in page.text
    assert "A price is needed" in page.text


async def test_a_year_without_production_flows_to_the_standstill(plant: Any, open_dashboard: Any) -> None:
    bare = replace(plant, site=replace(plant.site, products=()))
    async with open_dashboard(bare) as client:
        page = await client.get("/flows", headers=ENGLISH)
        trends = await client.get("/trends", headers=ENGLISH)
    assert "Nothing was produced" in page.text
    assert page.status_code == trends.status_code == 200
    assert cells(trends.text, 'id="trend-chart"', "2023-10-01") == ["–", "–"]


async def test_trends_are_those_of_the_command_line(plant: Any, open_dashboard: Any) -> None:
    rows = energy(plant, "hour")
    question = [*DAY.items(), ("by", "hour"), ("series", "site"), ("series", "energy_intensity")]
    async with open_dashboard(plant) as client:
        page = await client.get("/trends", params=question, headers=ENGLISH)
    for row in (rows[10], rows[13]):
        shown = cells(page.text, 'id="trend-chart"', str(row["from"]))
        assert shown == [f"{row['energy_gj']:,.1f}", f"{row['energy_intensity_gj_per_t']:,.2f}"]


async def test_a_stream_as_metered_beside_another_day(plant: Any, open_dashboard: Any) -> None:
    rows = energy(plant, "half-hour")
    question = {**DAY, "by": "half-hour", "series": "solar_power", "measure": "amount", "against": "2023-10-01"}
    async with open_dashboard(plant) as client:
        page = await client.get("/trends", params=question, headers=ENGLISH)
    row = rows[24]
    shown = cells(page.text, 'id="trend-chart"', str(row["from"]))
    assert shown[0] == f"{row['solar_power_kWh']:,.0f}"
    assert shown[1] == "2023-10-01 12:00"


async def test_areas_add_up_to_the_site(plant: Any, open_dashboard: Any) -> None:
    areas = sorted({f"area:{stream.area}" for stream in plant.site.streams})
    question = [*DAY.items(), ("by", "day"), ("style", "stacked"), *(("series", name) for name in ("site", *areas))]
    async with open_dashboard(plant) as client:
        page = await client.get("/trends", params=question)
    site, *parts = (float(cell.replace(",", "")) for cell in cells(page.text, 'id="trend-chart"', "2023-10-02"))
    assert sum(parts) == pytest.approx(site, abs=0.05 * len(parts))


@pytest.mark.parametrize(
    "question",
    [
        {"series": "no_such_stream"},
        {"series": ["site", "production", "energy_intensity"]},
        {"series": ["site"] * 13},
        {"measure": "horsepower"},
        {"style": "pie"},
        {"against": "2099-01-01"},
    ],
)
async def test_what_cannot_be_drawn_is_said(plant: Any, open_dashboard: Any, question: dict[str, Any]) -> None:
    async with open_dashboard(plant) as client:
        answer = await client.get("/trends", params=question)
    assert answer.status_code == 400
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("days", "drawn", "told"),
    [
        (("2023-09-20", "2023-10-03"), "half-hour", ""),
        (("2023-06-20", "2023-10-03"), "hour", "by hour: this much time by half hour is more than a picture can show"),
        (("2023-04-01", "2023-10-01"), "day", "by day: this much time by half hour is more than a picture can show"),
    ],
)
async def test_a_long_time_is_drawn_in_larger_spans_and_says_so(
    plant: Any, open_dashboard: Any, days: tuple[str, str], drawn: str, told: str
) -> None:
    """Half hours are 48 a day: 13 days are 624, 105 days 5,040 or 2,520 hours, 183 days 4,392 hours."""
    asked = {"by": "half-hour", "from": days[0], "to": days[1], "series": "grid_power"}
    async with open_dashboard(plant) as client:
        page = (await client.get("/trends", params=asked, headers=ENGLISH)).text
    assert f'<option value="{drawn}" selected>' in page
    assert told in page
    assert ("more than a picture can show" in page) is bool(told)


async def test_too_few_days_give_no_baseline_and_no_forecast(plant: Any, open_dashboard: Any) -> None:
    async with open_dashboard(plant) as client:
        trends = await client.get("/trends", headers=ENGLISH)
        year = await client.get("/year", headers=ENGLISH)
    assert "There is no baseline: 6 periods are known" in trends.text
    assert "four whole known weeks are needed" in year.text


async def test_alerts_are_those_of_the_command_line(plant: Any, open_dashboard: Any) -> None:
    since = utc_s("2023-10-03T09:20")
    cost = Cost(12.5, 640.0, 31_000.0)
    state = RuleState("air_at_weekends", AlertKind.BASE_LOAD, Phase.RAISED, since, since + 1800, 0, 812.0, cost)
    event = AlertEvent(EventKind.RAISED, state.rule, state.kind, since + 600, since, 812.0, cost)
    store = AlertStore(alerts_path(plant.site.path(plant.site.file.journal.path)))
    store.load()
    store.save(AlertsState((state,)), [event], [])
    store.close()
    expected = run_json("alerts", "-c", plant.site.folder, "--all")
    async with open_dashboard(plant) as client:
        told = (await client.get("/api/alerts", headers=ENGLISH)).json()
        page = await client.get("/alerts", headers=ENGLISH)
        first = await client.get("/", headers=ENGLISH)
    assert told["raised"] == expected["raised"]
    assert told["events"] == expected["events"]
    sentence = "compressed air at weekends: the least power of the weekend was 812.0 kW (limit 500.0 kW)"
    assert page.text.count(sentence) == 2
    assert cells(page.text, 'id="raised-title"', "2023-10-03 09:20") == [
        sentence, "12.50", "640.0", "31,000", "power over the limit, all weekend"
    ]  # fmt: skip
    assert f"since 2023-10-03 09:20: {sentence}" in first.text
    assert cells(page.text, 'id="rules-title"', "compressed air at weekends")[1:4] == ["500.0", "450.0", "kW"]


async def test_no_alerts_and_no_demand(plant: Any, open_dashboard: Any) -> None:
    file = plant.site.file.model_copy(update={"demand": None, "alert": (), "baseline": None})
    bare = replace(plant, site=replace(plant.site, file=file))
    async with open_dashboard(bare) as client:
        pages = [await client.get(path, headers=ENGLISH) for path in ("/demand", "/alerts", "/trends")]
    assert [page.status_code for page in pages] == [200, 200, 200]
    assert "[demand]" in pages[0].text
    assert "No alert is raised." in pages[1].text
    assert "[baseline]" in pages[2].text
