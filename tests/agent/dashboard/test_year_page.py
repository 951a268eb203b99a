"""The year beside last year, or without one, and what a correction leaves on the page."""

import asyncio
import re
import shutil
from pathlib import Path

from agent.settings.site import load_site
from agent.simulate.faults import Faults
from agent.simulate.span import Span, write_span
from collectors.simulated.mill import Mill
from tests.agent.conftest import run_atsuen
from tests.agent.dashboard.conftest import ROOT, Open, Plant, at

ENGLISH = {"accept-language": "en"}
BEGIN_S, END_S = at("2022-09-26T06:00"), at("2022-09-28T06:00")


def words(html: str) -> str:
    """What a person reads on a page."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def last_year(folder: Path) -> Plant:
    """A site that knows two days of the fiscal year before the one in which it is looked at."""
    shutil.copytree(ROOT / "configs" / "demo", folder)
    site, mill = load_site(folder), Mill(1, BEGIN_S * 1000)
    write_span(
        site, folder / "journal.sqlite3", Span(mill, BEGIN_S * 1000, END_S * 1000, Faults()), progress=lambda _: None
    )
    return Plant(site, mill, at("2023-10-03T10:10"))


async def test_last_years_production_and_intensity_stand_beside_this_years(
    tmp_path: Path, open_dashboard: Open
) -> None:
    plant = last_year(tmp_path / "site")
    async with open_dashboard(plant) as client:
        page = (await client.get("/year", headers=ENGLISH)).text
    made_t = float(plant.mill.true_quantity("production_kg", BEGIN_S * 1000, END_S * 1000)) / 1000
    row = re.search(r" 09 – – ([0-9,.]+) ([0-9.]+) 10 ", words(page))
    assert row is not None
    assert abs(float(row[1].replace(",", "")) - made_t) < 0.1
    assert 10 < float(row[2]) < 30
    assert "last_year_t:before:right production_t:bar:right" in page
    assert words(page).count("same time last year") == 5
    assert "Nothing is known of the same time last year" not in page


async def test_a_year_without_one_before_it_says_so_once(plant: Plant, open_dashboard: Open) -> None:
    async with open_dashboard(plant) as client:
        page = (await client.get("/year", headers=ENGLISH)).text
    assert words(page).count("Nothing is known of the same time last year") == 1
    assert words(page).count("same time last year") == 1
    assert "last_year_t" not in page


async def test_a_corrected_figure_is_marked_and_the_mark_explained(plant: Plant, open_dashboard: Open) -> None:
    declared = ["--from", "2023-09-27T09:00", "--to", "2023-09-27T12:00", "--reason", "test", "--person", "engineer"]
    command = ["correct", "-c", str(plant.site.folder), "exclude", "melting_1_gas", *declared]
    done = await asyncio.to_thread(run_atsuen, command)
    assert done.returncode == 0, done.stderr
    async with open_dashboard(plant) as client:
        answer = await client.get("/year", headers=ENGLISH)
    assert answer.status_code == 200
    assert re.search(r"<td[^>]*>[0-9,]+\u00b9\u207e</td>", answer.text)
    assert re.search(r'class="note">\u00b9\u207e .* 1', answer.text)


async def test_areas_have_names_in_the_readers_language(plant: Plant, open_dashboard: Open) -> None:
    async with open_dashboard(plant) as client:
        page = (await client.get("/year", headers={"accept-language": "ja"})).text
    assert " 熱間圧延 " in words(page)
    assert "hot_rolling" not in page
