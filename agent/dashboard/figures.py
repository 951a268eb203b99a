"""Figures for the pages, each drawn once however many pages ask, by the calls that the command line makes too.

Drawing takes its own thread. What was drawn holds until the journal or the book changes in its time.
"""

import asyncio
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from agent.accounting.calendar import fiscal_year_of, local_day_utc_s, month_starts_utc_s
from agent.accounting.interval import INTERVAL_S
from agent.accounting.spans import Span
from agent.dashboard.drawer import Drawer, Part, State
from agent.dashboard.drawings import Drawings
from agent.dashboard.journal_view import JournalView
from agent.dashboard.known_days import KnownDays
from agent.dashboard.params import SHORTEST_S, ParamError, Period
from agent.dashboard.setup import Setup
from agent.dashboard.whole_year import DrawnYear, cut, join, statement_of, whole_year
from agent.query import TimeFigures
from agent.texts.sentences import say

T = TypeVar("T")
_BY_MONTH = ("half-hour", "hour", "day", "month")
"""Sizes that are drawn month by month, so that a year that goes on costs one month only."""
_MOST_FIGURES = 200_000
"""So many are drawn for one answer: some ten seconds' work."""


def drawn_until(fiscal_year: int, zone: ZoneInfo, closed_utc_s: int) -> int:
    """How far a year is drawn, in UTC seconds. Raises ParamError for one that has not begun."""
    starts = month_starts_utc_s(fiscal_year, zone)
    until = min(starts[-1], closed_utc_s)
    if until <= starts[0]:
        raise ParamError(say("param_year_not_begun", year=fiscal_year))
    return until


class Figures:
    """Figures of one site, kept while they hold."""

    def __init__(self, setup: Setup, view: JournalView) -> None:
        self._setup = setup
        self._site = setup.site
        self._zone = setup.site.file.site.zone
        self._view = view
        self._drawer = Drawer(setup.site, view)
        self.reading = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dashboard-read")
        self._drawing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dashboard-draw")
        self._long = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dashboard-long")
        self.drawings = Drawings(_weight_of)
        self.totals = tuple(stream.id for stream in setup.site.streams if stream.is_total)
        """The streams that add up to the site: most pages need no others."""

    def close(self) -> None:
        """End the threads once what they are at is done, and close the journal."""
        self._drawing.shutdown(wait=True, cancel_futures=True)
        self._long.shutdown(wait=True, cancel_futures=True)
        self.reading.submit(self._view.close)
        self.reading.shutdown(wait=True)

    async def read(self, call: Callable[[], T]) -> T:
        """Something short that is read from the journal, in the one thread that reads it."""
        return await asyncio.get_running_loop().run_in_executor(self.reading, call)

    def now_utc_s(self) -> int:
        """The clock, in UTC seconds."""
        return self._setup.clock.now_ms() // 1000

    def closed_utc_s(self) -> int:
        """The end of the newest half hour that has passed."""
        now = self.now_utc_s()
        return now - now % INTERVAL_S

    async def over(self, spans: Sequence[Span], chosen: tuple[str, ...] = ()) -> TimeFigures:
        """All streams (or the chosen ones) and products over any spans, in order of their beginnings."""
        state = await self._state(spans[0].start_utc_s, spans[-1].end_utc_s)
        cuts = tuple((span.start_utc_s, span.end_utc_s) for span in spans)
        call = partial(self._drawer.query, list(spans), state, None, chosen)
        return await self.drawings.get(("spans", cuts, chosen), state.mark, call, self._drawing)

    async def by_time(self, period: Period, scheme: str | None = None, chosen: tuple[str, ...] = ()) -> TimeFigures:
        """All streams (or the chosen ones) and products over a period.

        Raises ParamError for more figures than are drawn at once, or what `query_time` raises.
        """
        self._check_size(period, len(chosen) or len(self._site.streams))
        parts = self._parts(period) if period.size in _BY_MONTH else [period]
        drawn = [await self._cut_part(Part(part, scheme, chosen)) for part in parts]
        if len(drawn) == 1:
            return drawn[0]
        call = partial(join, drawn)
        return await self.draw(("joined", period, scheme, chosen), period.from_utc_s, period.to_utc_s, call)

    def _check_size(self, period: Period, streams: int) -> None:
        spans = -(-(period.to_utc_s - period.from_utc_s) // SHORTEST_S[period.size])
        if spans * streams > _MOST_FIGURES:
            sizes = {"size": period.size, "spans": f"{spans:,}", "streams": streams, "most": f"{_MOST_FIGURES:,}"}
            raise ParamError(say("param_too_many_figures", **sizes))

    async def known(self, from_utc_s: int, to_utc_s: int) -> list[KnownDays]:
        """How well everything is known, day by day, month by month. Raises what `query_time` raises."""
        parts = self._parts(Period("day", from_utc_s, to_utc_s))
        return [await self._known_part(part, self._drawing) for part in parts]

    async def year(self, fiscal_year: int) -> DrawnYear:
        """The statement of a year so far beside the year before. Raises what `query_time` raises."""
        starts = month_starts_utc_s(fiscal_year, self._zone)
        until = drawn_until(fiscal_year, self._zone, self.closed_utc_s())
        months = await self.by_time(Period("month", starts[0], until))
        before = await self._before(fiscal_year, until)
        earliest = month_starts_utc_s(fiscal_year - 1, self._zone)[0]
        call = partial(self._whole_year, fiscal_year, until, months, before)
        return await self.draw(("year", fiscal_year, until), earliest, until, call)

    async def draw(
        self, name: Hashable, from_utc_s: int, to_utc_s: int, call: Callable[[], T], *, is_long: bool = False
    ) -> T:
        """Anything else that rests on the journal and the book within some time."""
        state = await self._state(from_utc_s, to_utc_s)
        return await self.drawings.get(name, state.mark, call, self._long if is_long else self._drawing)

    async def warm(self) -> None:
        """Draw the running year and the one before as the pages ask for them. Costs little where nothing changed."""
        running = fiscal_year_of(self.now_utc_s(), self._zone)
        for year in (running, running - 1):
            starts = month_starts_utc_s(year, self._zone)
            end = min(starts[-1], self.closed_utc_s())
            with suppress(ValueError):  # a year without factors has nothing to draw
                await self._warm(starts[0], end)

    async def _warm(self, from_utc_s: int, to_utc_s: int) -> None:
        """Months that are over go to the disk alone, what is running into memory; of empty ones nothing is drawn."""
        wanted = (("month", ()), ("day", self.totals), ("half-hour", self.totals))
        for size, chosen in wanted:
            for period in await self._stored_parts(Period(size, from_utc_s, to_utc_s)):
                part = Part(period, None, chosen)
                if self._drawer.is_month(period):
                    await self._keep(self._drawer.keep, part)
                elif size != "half-hour":
                    await self._part(part, self._long)
        for period in await self._stored_parts(Period("day", from_utc_s, to_utc_s)):
            if self._drawer.is_month(period):
                await self._keep(self._drawer.keep_known, Part(period))
            else:
                await self._known_part(period, self._long)

    async def _stored_parts(self, period: Period) -> list[Period]:
        """The parts of a period for which the journal or the book has something."""
        parts = self._parts(period)
        return [part for part in parts if not (await self._state(part.from_utc_s, part.to_utc_s)).is_empty]

    async def _keep(self, keep: Callable[[Part, State], None], part: Part) -> None:
        state = await self._state(part.period.from_utc_s, part.period.to_utc_s)
        await asyncio.get_running_loop().run_in_executor(self._long, keep, part, state)

    async def _state(self, from_utc_s: int, to_utc_s: int) -> State:
        return await self.read(partial(self._drawer.read_state, from_utc_s, to_utc_s))

    def _parts(self, period: Period) -> list[Period]:
        """A period cut where months begin; by day also at the last midnight, so that days that are over stay drawn."""
        parts, start = [], period.from_utc_s
        today = period.to_utc_s if period.size == "month" else local_day_utc_s(self.closed_utc_s(), self._zone)
        while start < period.to_utc_s:
            cuts = (self._drawer.month_of(start)[1], period.to_utc_s, today)
            end = min(cut for cut in cuts if cut > start)
            parts.append(Period(period.size, start, end))
            start = end
        return parts

    async def _cut_part(self, part: Part) -> TimeFigures:
        """A part; of the site as a whole it is cut out of its month, which is kept once it is over."""
        period, month = part.period, self._drawer.month_of(part.period.from_utc_s)
        if part.chosen == self.totals and period.size not in ("month", "year") and month[1] <= self.closed_utc_s():
            whole = await self._part(Part(Period(period.size, *month), part.scheme, part.chosen), self._drawing)
            found = cut(whole, period.from_utc_s, period.to_utc_s)
            if found is not None:
                return found
        return await self._part(part, self._drawing)

    async def _part(self, part: Part, pool: ThreadPoolExecutor) -> TimeFigures:
        state = await self._state(part.period.from_utc_s, part.period.to_utc_s)
        return await self.drawings.get(("time", part), state.mark, partial(self._drawer.figures, part, state), pool)

    async def _known_part(self, period: Period, pool: ThreadPoolExecutor) -> KnownDays:
        state = await self._state(period.from_utc_s, period.to_utc_s)
        call = partial(self._drawer.known, Part(period), state)
        return await self.drawings.get(("known", period), state.mark, call, pool)

    def _whole_year(
        self, fiscal_year: int, until_utc_s: int, months: TimeFigures, before: TimeFigures | None
    ) -> DrawnYear:
        statement = statement_of(self._site, self._drawer.factors.of(fiscal_year), months)
        earlier = None if before is None else statement_of(self._site, self._drawer.factors.of(fiscal_year - 1), before)
        return whole_year(self._site, statement, until_utc_s, earlier)

    async def _before(self, fiscal_year: int, until_utc_s: int) -> TimeFigures | None:
        """The same part of the year before; None where it has no factors: there is nothing to compare with."""
        start, end = self._same_part_of_the_year_before(fiscal_year, until_utc_s)
        if start >= end:
            return None
        try:
            return await self.by_time(Period("month", start, end))
        except ValueError:
            return None

    def _same_part_of_the_year_before(self, fiscal_year: int, until_utc_s: int) -> tuple[int, int]:
        """From the beginning of the year before as many local days as this year has; a whole year for a whole one."""
        this, before = (month_starts_utc_s(year, self._zone) for year in (fiscal_year, fiscal_year - 1))
        if until_utc_s >= this[-1]:
            return before[0], before[-1]
        passed_s = local_day_utc_s(until_utc_s, self._zone) - this[0]
        return before[0], before[0] + passed_s


def _weight_of(drawn: object) -> int:
    """How many figures there are in what was drawn; anything else weighs as much as a handful."""
    if isinstance(drawn, TimeFigures):
        return len(drawn.spans) * (len(drawn.lines) + len(drawn.products))
    return 10
