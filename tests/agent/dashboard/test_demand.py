"""The demand of the running half hour against what the simulated mill really does."""

import asyncio
import re
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent.recorder import Recorder
from agent.settings.site import load_site
from collectors.frame import Frame, Kind, Layout, Quality
from collectors.simulated.mill import Mill

ROOT = Path(__file__).parents[3]
ZONE = ZoneInfo("Asia/Tokyo")
NOW_S = int(datetime(2023, 10, 3, 10, 20, tzinfo=ZONE).timestamp())
START_S = NOW_S - 5 * 3600
KWH_PER_COUNT = 0.96


class Recorded:
    """A site whose meters were read each half minute for five hours, and its mill."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(ROOT / "configs" / "demo", folder)
        self.site = load_site(folder)
        self.mill = Mill(1, START_S * 1000)
        self.now_s = NOW_S
        asyncio.run(self._record(folder / "journal.sqlite3"))

    async def _record(self, path: Path) -> None:
        recorder = Recorder(path, ZONE, 900_000)
        await recorder.open(self.site.layouts)
        wanted = ("incoming", "solar", "compressors", "cold_mill_1", "cold_mill_2")
        for count, time_ms in enumerate(range(START_S * 1000, NOW_S * 1000 + 1, 30_000)):
            for device in wanted:
                recorder.record(self._frame(self.site.layouts[device], time_ms))
            if count % 100 == 0:
                await recorder.commit()
        await recorder.commit()
        await recorder.close()

    def _frame(self, layout: Layout, time_ms: int) -> Frame:
        values = [
            float(self.mill.register(layout.device, point.id, time_ms)) if point.kind is Kind.COUNTER else 0.0
            for point in layout.points
        ]
        return Frame.pack(layout, time_ms, values, [Quality.GOOD] * len(values))

    def grid_kwh(self, start_s: int, end_s: int) -> float:
        """The truth."""
        return float(self.mill.truth_counts("incoming", "energy_import", start_s * 1000, end_s * 1000)) * KWH_PER_COUNT


@pytest.fixture(scope="module")
def recorded_fine(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return Recorded(tmp_path_factory.mktemp("demand") / "site")


async def test_the_forecast_rests_on_what_is_used_and_the_last_ten_minutes(
    recorded_fine: Recorded, open_dashboard: Any
) -> None:
    start = NOW_S - NOW_S % 1800
    async with open_dashboard(recorded_fine) as client:
        demand = (await client.get("/api/demand")).json()
        page = await client.get("/demand", headers={"accept-language": "en"})
    used_kwh, level_kw = recorded_fine.grid_kwh(start, NOW_S), recorded_fine.grid_kwh(NOW_S - 600, NOW_S) * 6
    assert demand["minutes_left"] == 10
    assert demand["reached_kw"] == pytest.approx(2 * used_kwh, abs=2 * KWH_PER_COUNT)
    assert demand["mean_kw"] == pytest.approx(used_kwh * 3, abs=3 * KWH_PER_COUNT)
    assert demand["forecast_kw"] == pytest.approx(2 * used_kwh + level_kw / 3, abs=4 * KWH_PER_COUNT)
    assert demand["low_kw"] < demand["forecast_kw"] < demand["high_kw"]
    assert demand["margin_kw"] == pytest.approx(28_000 - demand["forecast_kw"])
    assert f'data-live="forecast">{demand["forecast_kw"]:,.0f}<' in page.text
    assert "28,000" in page.text


async def test_loads_to_shed_have_their_power_of_the_moment(recorded_fine: Recorded, open_dashboard: Any) -> None:
    async with open_dashboard(recorded_fine) as client:
        loads = (await client.get("/api/demand")).json()["loads"]
    assert [load["stream"] for load in loads] == ["compressors_power", "cold_mill_2_power", "cold_mill_1_power"]
    assert loads[0]["frees_kw"] == pytest.approx(max(0.0, loads[0]["power_kw"] - 600))
    assert all(load["power_kw"] > 0 for load in loads)


async def test_todays_half_hours_are_twice_their_energy(recorded_fine: Recorded, open_dashboard: Any) -> None:
    start = NOW_S - NOW_S % 1800 - 1800
    async with open_dashboard(recorded_fine) as client:
        page = await client.get("/demand", headers={"accept-language": "en"})
    shown = re.search(r"<th scope=\"row\">09:30</th>\s*<td class=\"n\">([\d,]+)</td>", page.text)
    assert shown is not None
    assert float(shown[1].replace(",", "")) == pytest.approx(
        2 * recorded_fine.grid_kwh(start, start + 1800), abs=2 * KWH_PER_COUNT + 1
    )


async def test_a_meter_that_stopped_has_no_forecast(recorded_fine: Recorded, open_dashboard: Any) -> None:
    async with open_dashboard(recorded_fine, now_s=NOW_S + 300) as client:
        demand = (await client.get("/api/demand")).json()
    assert (demand["level"], demand["problem"], demand["forecast_kw"]) == ("unknown", "stale", None)
    assert [load["power_kw"] for load in demand["loads"]] == [None, None, None]


async def test_a_clock_that_was_set_back_begins_anew(recorded_fine: Recorded, open_dashboard: Any) -> None:
    async with open_dashboard(recorded_fine, now_s=NOW_S - 400 * 86_400) as client:
        answer = await client.get("/api/demand")
    assert answer.status_code == 200
    assert answer.json()["forecast_kw"] is None
