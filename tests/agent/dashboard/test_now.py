"""The first page goes on where figures cannot be drawn, and says why; what is not known of now is not shown as zero."""

from collections.abc import Mapping
from typing import Any

from agent.accounting.interval import INTERVAL_MS, Interval, Method
from agent.accounting.spans import Span
from agent.accounting.window import WindowFigures, figures_over
from agent.clock import FastClock
from agent.dashboard.now import Now, Readings, Window
from agent.dashboard.printing import number
from agent.dashboard.setup import Setup
from agent.dashboard.texts import DashboardTexts
from agent.dashboard.view_now import show_now
from agent.site_factors import SiteFactors

UNKNOWN = number(None, 1)


def shown_of(plant: Any, running: WindowFigures) -> Mapping[str, str]:
    """The texts of the first page with a running half hour and nothing else."""
    now_ms = plant.now_s * 1000
    window = Window(Span("", plant.now_s, plant.now_s), None, None, None, None, None)
    now = Now(Readings(now_ms, now_ms, (), None, running, ""), (window,) * 3, (), "")
    return show_now(DashboardTexts("en"), Setup(plant.site, FastClock(now_ms, 1.0)), now).text


async def test_a_factor_file_with_mistakes_is_told_on_the_page(plant: Any, open_dashboard: Any) -> None:
    broken = plant.site.folder / "factors"
    broken.mkdir()
    (broken / "own.toml").write_text('name = "own"\nscheme = "association"\nrevison = 2026-01-01\n', encoding="utf-8")
    async with open_dashboard(plant) as client:
        answer = await client.get("/api/now")
        assert answer.status_code == 200
        assert "own.toml" in answer.json()["problem"]
        assert answer.json()["newest_ms"] == plant.now_s * 1000
        assert (await client.get("/")).status_code == 200


def test_a_running_half_hour_whose_product_counter_is_dead_shows_energy_and_no_intensity(plant: Any) -> None:
    """Every register is known for ten minutes, but one product's has told nothing."""
    site, start = plant.site, plant.now_s - plant.now_s % 1800
    dead = site.products[0].terms[0].source

    def find(device: str, point: str, at_utc_s: int) -> Interval | None:
        if (device, point) == (dead.device, dead.point):
            return None
        span = (100.0, Method.MEASURED, INTERVAL_MS // 3, INTERVAL_MS // 3)
        return Interval(device, point, at_utc_s, 0.0, 100.0, *span, 1, 2)

    factors = SiteFactors(site).at(start)
    assert factors is not None
    whole = figures_over(site.streams, site.products[1:], [start], find, factors)
    running = figures_over(site.streams, site.products, [start], find, factors)
    assert whole.energy_intensity_gj_per_t is not None
    assert (running.energy_gj, running.production_t) == (whole.energy_gj, None)
    all_known, dark = shown_of(plant, whole), shown_of(plant, running)
    assert UNKNOWN not in {all_known["running.energy"], all_known["running.intensity"]}
    assert dark["running.energy"] == all_known["running.energy"]
    assert dark["running.production"] == dark["running.intensity"] == UNKNOWN
