"""Every open page hears what was just read; twenty of them cost one computation, and the writer waits for none."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent.clock import FastClock
from agent.dashboard.events import Hub, Moment
from agent.dashboard.figures import Figures
from agent.dashboard.journal_view import JournalView
from agent.dashboard.setup import Setup
from agent.recorder import Recorder
from collectors.frame import Frame, Quality

PAGES = 20
LIMIT_S = 20


@asynccontextmanager
async def open_hub(plant: Any) -> AsyncIterator[tuple[Hub, JournalView, Figures]]:
    setup = Setup(plant.site, FastClock(plant.now_s * 1000, 1.0))
    view = JournalView(plant.site.folder / "journal.sqlite3")
    figures = Figures(setup, view)
    hub = Hub(setup, figures, view)
    running = asyncio.create_task(hub.run())
    try:
        yield hub, view, figures
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await asyncio.to_thread(figures.close)


@asynccontextmanager
async def open_recorder(plant: Any) -> AsyncIterator[Recorder]:
    recorder = Recorder(plant.site.folder / "journal.sqlite3", ZoneInfo("Asia/Tokyo"), 900_000)
    await recorder.open(plant.site.layouts)
    try:
        yield recorder
    finally:
        await recorder.close()


def solar_frame(plant: Any, time_ms: int, energy_raw: float) -> Frame:
    layout = plant.site.layouts["solar"]
    values = [energy_raw if point.id == "energy" else 0.0 for point in layout.points]
    return Frame.pack(layout, time_ms, values, [Quality.GOOD] * len(values))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.02)


async def test_twenty_pages_hear_of_one_reading_by_one_computation(plant: Any) -> None:
    async with open_recorder(plant) as recorder, open_hub(plant) as (hub, _, figures):
        heard: list[list[Moment]] = [[] for _ in range(PAGES)]

        async def listen(index: int) -> None:
            async for moment in hub.listen():
                if moment is not None:
                    heard[index].append(moment)

        pages = [asyncio.create_task(listen(index)) for index in range(PAGES)]
        await until(lambda: all(heard))
        assert hub.computed == 1
        before, drawn = heard[0][-1], figures.drawings.drawn
        time_ms = plant.now_s * 1000 + 5000
        recorder.record(solar_frame(plant, time_ms, float(plant.mill.register("solar", "energy", time_ms))))
        await recorder.commit()
        await until(lambda: all(moments[-1].number > before.number for moments in heard))
        assert hub.computed == 2
        assert figures.drawings.drawn == drawn  # no half hour has closed: nothing of the windows is drawn again
        now = heard[PAGES - 1][-1].now
        assert now is not None
        assert now.readings.newest_ms == time_ms
        await hub.close()
        await asyncio.wait_for(asyncio.gather(*pages), LIMIT_S)
    assert hub.listeners == 0


async def test_nothing_is_computed_while_nobody_listens(plant: Any) -> None:
    async with open_recorder(plant) as recorder, open_hub(plant) as (hub, view, figures):
        before = await figures.read(view.version)
        recorder.record(solar_frame(plant, plant.now_s * 1000 + 5000, 1.0))
        await recorder.commit()
        assert await figures.read(view.version) != before
        await asyncio.sleep(0)
        assert hub.computed == 0


async def test_a_journal_that_comes_later_is_found(empty: Any, recorded: Any) -> None:
    async with open_hub(empty) as (hub, _, _):
        first = await hub.moment()
        assert first.now is None
        assert "has the agent run yet" in first.problem
        (empty.site.folder / "journal.sqlite3").write_bytes((recorded[0] / "journal.sqlite3").read_bytes())
        second = await hub.moment()
        assert second.now is not None


async def test_a_revised_half_hour_draws_its_month_again_and_no_other(plant: Any) -> None:
    """A reading that comes late changes 2 October: October is drawn again, September is kept."""
    from agent.dashboard.params import Period  # noqa: PLC0415

    start_s = plant.now_s - plant.now_s % 1800
    period = Period("day", start_s - 8 * 86_400 - 10 * 3600, start_s)
    late_ms = plant.now_s * 1000 - 86_400_000 - 300_000
    async with open_recorder(plant) as recorder, open_hub(plant) as (_, _, figures):
        first = await figures.by_time(period)
        drawn = figures.drawings.drawn
        await figures.by_time(period)
        assert figures.drawings.drawn == drawn
        recorder.record(solar_frame(plant, late_ms, float(plant.mill.register("solar", "energy", late_ms) + 50)))
        await recorder.commit()
        await recorder.commit()
        second = await figures.by_time(period)
        assert figures.drawings.drawn == drawn + 2  # October, and the two months joined
    assert first.spans == second.spans


async def test_whoever_asks_while_it_is_drawn_waits_for_the_same_drawing(plant: Any) -> None:
    async with open_hub(plant) as (_, _, figures):
        await figures.year(2023)
        for_one = figures.drawings.drawn
    async with open_hub(plant) as (_, _, figures):
        answers = await asyncio.gather(*(figures.year(2023) for _ in range(PAGES)))
        assert figures.drawings.drawn == for_one
        assert all(answer is answers[0] for answer in answers)


async def test_a_writer_is_not_held_up_by_a_reader(plant: Any) -> None:
    """A commit goes through while a reader is in the middle of a read."""
    async with open_recorder(plant) as recorder:
        view = JournalView(plant.site.folder / "journal.sqlite3")
        with view._opened() as db:
            rows = db.execute("SELECT * FROM interval")
            rows.fetchone()
            recorder.record(solar_frame(plant, plant.now_s * 1000 + 5000, 1.0))
            await asyncio.wait_for(recorder.commit(), LIMIT_S)
            rows.close()
        view.close()
    assert recorder.disk_error == ""


@pytest.mark.parametrize("file", [b"", b"no database at all" * 100])
async def test_a_broken_journal_is_told(empty: Any, open_dashboard: Any, file: bytes) -> None:
    (empty.site.folder / "journal.sqlite3").write_bytes(file)
    async with open_dashboard(empty) as client:
        for path in ("/", "/year", "/data", "/devices"):
            answer = await client.get(path)
            assert answer.status_code == 503, path
            assert "journal.sqlite3" in answer.text
