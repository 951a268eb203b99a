"""Every page, in both languages, at sensible and at senseless times: a page or a clear message, never a stack trace."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent.dashboard.texts import DashboardTexts
from agent.dashboard.view_devices import _quality
from collectors.frame import Quality

PAGES = (
    "/",
    "/demand",
    "/flows",
    "/trends",
    "/year",
    "/data",
    "/devices",
    "/alerts",
    "/corrections",
    "/trace?line=grid_power",
    "/login",
)
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)


def utc_s(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Tokyo")).timestamp())


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_every_page_is_whole(plant: Any, open_dashboard: Any, language: str) -> None:
    async with open_dashboard(plant) as client:
        for path in PAGES:
            answer = await client.get(path, headers={"accept-language": language})
            assert answer.status_code == 200, path
            assert f'<html lang="{language}"' in answer.text
            assert len(re.findall("<h1", answer.text)) == 1
            assert "<main" in answer.text
            assert "<nav" in answer.text
            assert INLINE.search(answer.text) is None, path
            policy = answer.headers["content-security-policy"]
            assert "unsafe" not in policy
            assert "default-src 'none'" in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cache-control"] == "no-store"
            assert re.search(r'(src|href|action)="(https?:)?//', answer.text) is None


async def test_an_agent_that_never_ran(empty: Any, open_dashboard: Any) -> None:
    async with open_dashboard(empty) as client:
        for path in (
            "/",
            "/demand",
            "/flows",
            "/trends",
            "/year",
            "/data",
            "/devices",
            "/trace?line=grid_power",
            "/api/now",
            "/api/energy",
        ):
            answer = await client.get(path)
            assert answer.status_code == 503, path
            assert "Traceback" not in answer.text
            assert "journal.sqlite3" in answer.text


@pytest.mark.parametrize("now", ["2013-10-03T10:10", "2033-10-03T10:10"])
async def test_a_clock_ten_years_off(plant: Any, open_dashboard: Any, now: str) -> None:
    """The first page says what is wrong; a year without factors names the year."""
    async with open_dashboard(plant, now_s=utc_s(now)) as client:
        first = await client.get("/", headers={"accept-language": "en"})
        year = await client.get("/year")
        data = await client.get("/data")
        devices = await client.get("/devices")
        others = [await client.get(path) for path in ("/demand", "/flows", "/trends", "/alerts")]
    assert first.status_code == devices.status_code == 200
    assert "The newest reading is of 2023-10-03 10:10:00" in first.text
    assert year.status_code in {422, 200}
    assert str(int(now[:4])) in year.text
    for answer in (year, data, *others):
        assert answer.status_code < 500
        assert "Traceback" not in answer.text


async def test_a_site_without_production_has_no_intensity(plant: Any, open_dashboard: Any) -> None:
    bare = replace(plant, site=replace(plant.site, products=()))
    async with open_dashboard(bare) as client:
        now = (await client.get("/api/now")).json()
        first = await client.get("/", headers={"accept-language": "en"})
        year = await client.get("/year")
    assert now["windows"]["hour"]["now"]["energy_intensity_gj_per_t"] is None
    assert now["windows"]["hour"]["now"]["energy_gj"] > 0
    assert 'data-live="hour.intensity">–<' in first.text
    assert year.status_code == 200


async def test_readings_that_stopped_give_no_rates(plant: Any, open_dashboard: Any) -> None:
    async with open_dashboard(plant, now_s=plant.now_s + 7200) as client:
        now = (await client.get("/api/now")).json()
        first = await client.get("/", headers={"accept-language": "en"})
    assert [rate["per_hour"] for rate in now["rates"]] == [None, None, None]
    assert "2 h ago" in first.text


async def test_devices_show_registers_as_they_were_read(plant: Any, open_dashboard: Any) -> None:
    register = int(plant.mill.register("solar", "energy", plant.now_s * 1000))
    async with open_dashboard(plant) as client:
        devices = (await client.get("/api/devices")).json()["devices"]
    solar = next(device for device in devices if device["device"] == "solar")
    assert solar["state"] == "good"
    energy = next(point for point in solar["points"] if point["point"] == "energy")
    assert energy["raw"] == f"{register:,}"


@pytest.mark.parametrize(
    ("language", "name", "told"),
    [("en", "damaged journals kept", "2, 3 MB"), ("ja", "保管中の損傷した記録ファイル", "2 件、3 MB")],
)
async def test_devices_tell_of_damaged_journals_that_are_kept(
    plant: Any, open_dashboard: Any, language: str, name: str, told: str
) -> None:
    for file, size in (("1", 1_000_000), ("2", 1_500_000), ("2-wal", 500_000)):
        (plant.site.folder / f"journal.sqlite3.damaged-{file}").write_bytes(bytes(size))
    async with open_dashboard(plant) as client:
        page = await client.get("/devices", headers={"accept-language": language})
    assert re.search(rf"<dt>{name}</dt><dd[^>]*>{told}</dd>", page.text)


async def test_devices_are_silent_where_no_journal_was_damaged(plant: Any, open_dashboard: Any) -> None:
    async with open_dashboard(plant) as client:
        page = await client.get("/devices", headers={"accept-language": "en"})
    assert "damaged journals" not in page.text


def test_every_quality_is_told_in_words_of_both_languages() -> None:
    told = {
        language: [_quality(DashboardTexts(language), code) for code in Quality if code is not Quality.GOOD]
        for language in ("en", "ja")
    }
    assert told["en"][:4] == ["uncertain", "bad", "bad: communication error", "bad: decoding error"]
    assert told["ja"][:5] == ["不確か", "不良", "不良: 通信異常", "不良: 解読異常", "不良: 応答なし"]
    assert all(not text.isascii() for text in told["ja"])
    assert _quality(DashboardTexts("ja"), 0x80AB0000) == "不良: 0x80AB0000"


async def test_a_figure_leads_to_its_registers(plant: Any, open_dashboard: Any) -> None:
    """From the year by month to a day by half hour, where the display of the meter stands."""
    opening = int(plant.mill.register("solar", "energy", utc_s("2023-10-02T12:00") * 1000))
    async with open_dashboard(plant) as client:
        months = await client.get("/trace?line=solar_power&from=2023-09-25&to=2023-10-03")
        link = re.search(r'href="(/trace\?line=solar_power&amp;by=day&amp;from=2023-10-01[^"]*)"', months.text)
        assert link is not None
        days = await client.get(link[1].replace("&amp;", "&"))
        link = re.search(r'href="(/trace\?line=solar_power&amp;by=half-hour&amp;from=2023-10-02[^"]*)"', days.text)
        assert link is not None
        half_hours = await client.get(link[1].replace("&amp;", "&"))
    assert str(opening) in half_hours.text.replace(",", "").replace(".", "")


async def test_texts_are_escaped(plant: Any, open_dashboard: Any) -> None:
    async with open_dashboard(plant) as client:
        answer = await client.get("/trace", params={"line": "<script>alert(1)</script>"})
        form = await client.get("/login", params={"next": '/"><script>alert(1)</script>'})
    assert answer.status_code == 404
    assert "<script>alert" not in answer.text + form.text


async def test_files_are_sent_packed_and_kept(plant: Any, open_dashboard: Any) -> None:
    async with open_dashboard(plant) as client:
        page = await client.get("/")
        style = re.search(r'href="(/static/[0-9a-f]{12}/pages\.css)"', page.text)
        assert style is not None
        answer = await client.get(style[1])
        old = await client.get("/static/000000000000/pages.css")
        nothing = await client.get("/static/000000000000/..%2Fapp.py")
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert old.status_code == 200
    assert "immutable" not in old.headers["cache-control"]
    assert nothing.status_code == 404


async def test_language_and_appearance_are_kept(plant: Any, open_dashboard: Any) -> None:
    async with open_dashboard(plant) as client:
        answer = await client.get("/preferences?language=en&theme=dark&next=//evil.example/")
        assert answer.headers["location"] == "/"
        page = await client.get("/", headers={"accept-language": "ja"})
    assert '<html lang="en" data-theme="dark"' in page.text
