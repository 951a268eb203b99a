"""Figures for the pages, each drawn once however many pages ask, by the calls that the command line makes too.

Drawing takes its own thread. What was drawn holds until the journal or the book changes in its time.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar, cast

from agent.accounting.calendar import fiscal_year_of, local_day_utc_s, month_starts_utc_s
from agent.accounting.interval import INTERVAL_S
from agent.accounting.spans import Span
from agent.close import Gate, examine_year
from agent.dashboard.journal_view import JournalView, Marks
from agent.dashboard.kept import KeptFigures
from agent.dashboard.params import ParamError, Period
from agent.dashboard.setup import Setup
from agent.dashboard.whole_year import DrawnYear, join, statement_of, whole_year
from agent.query import TimeFigures, query_time, spans_of
from agent.storage.book import book_path

T = TypeVar("T")
_MOST_KEPT = 400
_BY_MONTH = ("day", "month")
"""Sizes that are drawn month by month, so that a year that goes on costs one month only."""


@dataclass(slots=True)
class _Drawing(Generic[T]):
    """What is being drawn, or was, for a mark."""

    mark: Hashable
    task: "asyncio.Task[T]"


class Drawings:
    """What was drawn, by name and mark: the newest few hundred. Whoever asks meanwhile waits for the same drawing."""

    def __init__(self, most: int = _MOST_KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, _Drawing[object]] = OrderedDict()
        self.drawn = 0

    async def get(self, name: Hashable, mark: Hashable, draw: Callable[[], T], pool: ThreadPoolExecutor) -> T:
        """What `draw` gives, drawn in a thread of the pool unless it is kept under this mark. Raises what it raises."""
        found = self._kept.get(name)
        if found is None or found.mark != mark or _failed(found.task):
            self.drawn += 1
            found = _Drawing(mark, asyncio.create_task(_in_thread(pool, draw)))
            self._kept[name] = found
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        self._kept.move_to_end(name)
        return cast("T", await asyncio.shield(found.task))


async def _in_thread(pool: ThreadPoolExecutor, draw: Callable[[], object]) -> object:
    return await asyncio.get_running_loop().run_in_executor(pool, draw)


def _failed(task: "asyncio.Task[object]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a period that is drawn as one; no chosen streams are all of them."""

    period: Period
    scheme: str | None
    chosen: tuple[str, ...]


class Figures:
    """Figures of one site, kept while they hold."""

    def __init__(self, setup: Setup, view: JournalView) -> None:
        self._setup = setup
        self._site = setup.site
        self._zone = setup.site.file.site.zone
        self._book = book_path(setup.site.path(setup.site.file.journal.path))
        self._view = view
        self.reading = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dashboard-read")
        self._drawing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dashboard-draw")
        self._long = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dashboard-long")
        self.drawings = Drawings()
        self._kept = KeptFigures(setup.site)
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
        mark = await self._mark(spans[0].start_utc_s, spans[-1].end_utc_s)
        cuts = tuple((span.start_utc_s, span.end_utc_s) for span in spans)
        return await self._draw(
            ("spans", cuts, chosen), mark, partial(query_time, self._site, list(spans), None, chosen)
        )

    async def by_time(self, period: Period, scheme: str | None = None, chosen: tuple[str, ...] = ()) -> TimeFigures:
        """All streams (or the chosen ones) and products over a period. Raises what `query_time` raises."""
        parts = self._parts(period) if period.size in _BY_MONTH else [period]
        drawn = [await self._part(_Part(part, scheme, chosen), self._drawing) for part in parts]
        if len(drawn) == 1:
            return drawn[0]
        mark = await self._mark(period.from_utc_s, period.to_utc_s)
        return await self._draw(("joined", period, scheme, chosen), mark, partial(join, drawn))

    async def year(self, fiscal_year: int) -> DrawnYear:
        """The statement of a year so far beside the year before. Raises what `query_time` raises."""
        starts = month_starts_utc_s(fiscal_year, self._zone)
        until = min(starts[-1], self.closed_utc_s())
        if until <= starts[0]:
            raise ParamError(f"fiscal_year: {fiscal_year} has not begun")
        months = await self.by_time(Period("month", starts[0], until))
        before = await self._before(fiscal_year, until)
        earliest = month_starts_utc_s(fiscal_year - 1, self._zone)[0]
        name, mark = ("year", fiscal_year), (await self._mark(earliest, until), until)
        return await self._draw(name, mark, partial(self._whole_year, fiscal_year, until, months, before))

    async def gate(self, fiscal_year: int) -> Gate:
        """What keeps a year from being closed; the ledger is not hashed for it. Raises what `examine_year` raises."""
        starts = month_starts_utc_s(fiscal_year, self._zone)
        until = min(starts[-1], self.closed_utc_s())
        if until <= starts[0]:
            raise ParamError(f"fiscal_year: {fiscal_year} has not begun")
        mark = (await self._mark(starts[0], until), until)
        call = partial(examine_year, self._site, fiscal_year, until)
        return await self.drawings.get(("gate", fiscal_year), mark, call, self._long)

    async def draw(self, name: Hashable, from_utc_s: int, to_utc_s: int, call: Callable[[], T]) -> T:
        """Anything else that rests on the journal and the book within some time."""
        return await self._draw(name, await self._mark(from_utc_s, to_utc_s), call)

    async def warm(self) -> None:
        """Draw the running year and the one before by month and by day, so that pages find them."""
        running = fiscal_year_of(self.now_utc_s(), self._zone)
        wanted: list[tuple[str, int, tuple[str, ...]]] = [
            ("month", running, ()),
            ("month", running - 1, ()),
            ("day", running, self.totals),
            ("day", running - 1, self.totals),
            ("day", running, ()),
        ]
        for size, year, chosen in wanted:
            starts = month_starts_utc_s(year, self._zone)
            end = min(starts[-1], self.closed_utc_s())
            for part in self._parts(Period(size, starts[0], end)):
                await self._part(_Part(part, None, chosen), self._long)

    async def _draw(self, name: Hashable, mark: Hashable, call: Callable[[], T]) -> T:
        return await self.drawings.get(name, mark, call, self._drawing)

    async def _mark(self, from_utc_s: int, to_utc_s: int) -> Hashable:
        marks = await self.read(partial(_marks_and_book, self._view, self._book))
        return marks[0].over(from_utc_s, to_utc_s), marks[1]

    def _parts(self, period: Period) -> list[Period]:
        """A period cut where months begin."""
        parts, start = [], period.from_utc_s
        while start < period.to_utc_s:
            year = month_starts_utc_s(fiscal_year_of(start, self._zone), self._zone)
            end = min(next(each for each in year if each > start), period.to_utc_s)
            parts.append(Period(period.size, start, end))
            start = end
        return parts

    async def _part(self, part: _Part, pool: ThreadPoolExecutor) -> TimeFigures:
        mark = await self._mark(part.period.from_utc_s, part.period.to_utc_s)
        call = partial(self._draw_part, part, mark)
        return await self.drawings.get(("time", part), mark, call, pool)

    def _draw_part(self, part: _Part, mark: Hashable) -> TimeFigures:
        """A part of a period; a whole month is kept on disk."""
        ends = (part.period.from_utc_s, part.period.to_utc_s)
        spans = spans_of(self._site, part.period.size, *ends)
        year = fiscal_year_of(ends[0], self._zone)
        is_month = part.period.size in _BY_MONTH and set(ends) <= set(month_starts_utc_s(year, self._zone))
        kept = self._kept.get(part, mark, year, part.scheme) if is_month else None
        if kept is not None:
            return kept
        drawn = query_time(self._site, spans, part.scheme, part.chosen)
        if is_month:
            self._kept.put(part, mark, year, part.scheme, drawn)
        return drawn

    def _whole_year(
        self, fiscal_year: int, until_utc_s: int, months: TimeFigures, before: TimeFigures | None
    ) -> DrawnYear:
        statement = statement_of(self._site, fiscal_year, months)
        earlier = None if before is None else statement_of(self._site, fiscal_year - 1, before)
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


def _marks_and_book(view: JournalView, book: Path) -> tuple[Marks, tuple[int, int]]:
    """What tells whether journal and book have changed."""
    try:
        state = book.stat()
    except FileNotFoundError:
        return view.marks(), (0, 0)
    return view.marks(), (state.st_mtime_ns, state.st_size)
