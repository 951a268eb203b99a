"""Whatever a page asks for, the figures are those of the query that the command line makes, and each is drawn once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest

from agent.accounting.entries import Draft, Exclusion, Withdrawal
from agent.clock import FastClock
from agent.dashboard.drawings import Drawings
from agent.dashboard.figures import Figures
from agent.dashboard.journal_view import JournalView
from agent.dashboard.params import ParamError, Period
from agent.dashboard.setup import Setup
from agent.query import query_time, spans_of
from agent.storage.book import Book, book_path
from tests.agent.dashboard.conftest import at


@asynccontextmanager
async def figures_of(plant: Any) -> AsyncIterator[Figures]:
    clock = FastClock(plant.now_s * 1000, 1.0)
    site = plant.site
    figures = Figures(Setup(site, clock), JournalView(site.path(site.file.journal.path)))
    try:
        yield figures
    finally:
        figures.close()


PERIODS = [
    ("half-hour", "2023-09-26T00:00", "2023-09-28T00:00"),
    ("half-hour", "2023-09-30T12:30", "2023-10-01T08:00"),
    ("hour", "2023-09-25T09:30", "2023-09-26T10:00"),
    ("hour", "2023-09-24T09:00", "2023-09-26T10:30"),
    ("day", "2023-09-20T00:00", "2023-10-03T10:00"),
    ("day", "2023-09-20T00:00", "2023-09-22T00:00"),
    ("day", "2023-09-26T10:00", "2023-09-27T11:30"),
    ("month", "2023-09-26T10:00", "2023-10-03T10:00"),
]


@pytest.mark.parametrize("of_site", [True, False])
@pytest.mark.parametrize(("size", "start", "end"), PERIODS)
async def test_every_period_is_what_the_query_gives(plant: Any, size: str, start: str, end: str, of_site: bool) -> None:
    """Drawn as asked, and once more from what is kept; months are cut and put together again on the way."""
    expected_chosen: tuple[str, ...] = ()
    for _ in range(2):
        async with figures_of(plant) as figures:
            expected_chosen = figures.totals if of_site else ()
            drawn = await figures.by_time(Period(size, at(start), at(end)), None, expected_chosen)
        asked = query_time(plant.site, spans_of(plant.site, size, at(start), at(end)), None, expected_chosen)
        assert [span.start_utc_s for span in drawn.spans] == [span.start_utc_s for span in asked.spans]
        if size == "month":  # cut where the month ends, as the query cuts it
            assert [span.name for span in drawn.spans] == ["2023-09", "2023-10"]
        assert drawn == asked


async def test_a_correction_is_seen_at_once_and_its_withdrawal_too(plant: Any) -> None:
    """An excluded day is missing from the site's month; with the entry withdrawn the month is as it was."""
    book = Book(book_path(plant.site.path(plant.site.file.journal.path)))
    month = Period("month", at("2023-09-01"), at("2023-10-01"))
    day = Exclusion("grid_power", at("2023-09-26"), at("2023-09-27"))

    async def power(figures: Figures) -> Decimal:
        drawn = await figures.by_time(month)
        return next(line.amount for line in drawn.lines if line.stream.id == "grid_power")

    async with figures_of(plant) as figures:
        whole = await power(figures)
        book.append([Draft("energy manager", "meter on test", "", day)], 1_700_000_000_000, lambda _: None)
        without = await power(figures)
        book.append([Draft("energy manager", "it was not", "", Withdrawal(1))], 1_700_000_000_000, lambda _: None)
        again = await power(figures)
    spans = spans_of(plant.site, "day", at("2023-09-26"), at("2023-09-27"))
    excluded = query_time(plant.site, spans, None, ("grid_power",)).lines[0].amount
    assert excluded > 0
    assert whole - without == excluded
    assert again == whole


async def test_more_than_can_be_drawn_is_refused(plant: Any) -> None:
    async with figures_of(plant) as figures:
        with pytest.raises(ParamError, match=r"by=half-hour: 17,520 spans of \d+ streams are more than"):
            await figures.by_time(Period("half-hour", at("2022-10-01"), at("2023-10-01")))


def refuse(*_: object, **__: object) -> None:
    pytest.fail("the ledger was asked again")


async def test_drawn_ahead_is_not_drawn_again(plant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What pages ask for of the running year comes without a look at the half hours, after a restart too."""
    async with figures_of(plant) as figures:
        await figures.warm()
    asked = [Period(size, at("2023-09-01"), at("2023-10-01")) for size in ("month", "day", "half-hour")]
    monkeypatch.setattr("agent.dashboard.drawer.query_time", refuse)
    async with figures_of(plant) as figures:
        assert (await figures.by_time(asked[0])).lines
        for period in asked[1:]:
            assert (await figures.by_time(period, None, figures.totals)).lines
        assert (await figures.known(at("2023-09-01"), at("2023-10-01")))[0].lines


def weight_of(drawn: object) -> int:
    return drawn if isinstance(drawn, int) else 1


def says(value: int) -> Callable[[], int]:
    return lambda: value


async def test_the_heaviest_load_is_bounded() -> None:
    """Up to 10 together: the newest stay, and one that is too heavy alone stays until the next."""
    drawings = Drawings(weight_of, 10)
    with ThreadPoolExecutor(1) as pool:
        for name in (4, 5, 3):
            await drawings.get(name, 0, says(name), pool)
        before = drawings.drawn
        for name in (5, 3):
            await drawings.get(name, 0, says(name), pool)
        assert drawings.drawn == before
        await drawings.get(4, 0, says(4), pool)
        assert drawings.drawn == before + 1
        await drawings.get(50, 0, says(50), pool)
        await drawings.get(3, 0, says(3), pool)
        assert drawings.drawn == before + 3


async def test_what_is_drawn_for_many_is_drawn_once_and_a_failure_is_tried_again() -> None:
    drawings, calls = Drawings(weight_of), []

    def fail_at_first() -> int:
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("not yet")
        return 7

    with ThreadPoolExecutor(1) as pool:
        first = await asyncio.gather(
            *(drawings.get("a", 0, fail_at_first, pool) for _ in range(5)), return_exceptions=True
        )
        assert [str(each) for each in first] == ["not yet"] * 5
        assert await asyncio.gather(*(drawings.get("a", 0, fail_at_first, pool) for _ in range(5))) == [7] * 5
    assert len(calls) == 2
