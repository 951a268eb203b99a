"""Draws figures for the pages, or reads them where a month that is over was kept. Runs in threads; knows no event loop.

Every figure comes from the query that the command line makes too.
"""

import hashlib
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import TypeVar

from agent.accounting.calendar import fiscal_year_of, month_starts_utc_s
from agent.accounting.factors import FactorSet
from agent.accounting.spans import Span
from agent.dashboard.book_marks import BookMarks
from agent.dashboard.day_volumes import DayVolumes
from agent.dashboard.figures_codec import read_figures, write_figures
from agent.dashboard.journal_view import JournalView, Marks
from agent.dashboard.kept_file import UNREADABLE, KeptFile, kept_path
from agent.dashboard.known_days import KnownDays, known_days, read_days, write_days
from agent.dashboard.params import Period
from agent.query import Kept, TimeFigures, query_time, spans_of
from agent.settings.site import Site
from agent.site_factors import FactorSets

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a period that is drawn as one; no chosen streams are all of them."""

    period: Period
    scheme: str | None = None
    chosen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """The journal's marks, and what tells whether something drawn for a time still holds.

    `is_empty` says that neither half hours nor entries of the book are there for the time.
    """

    marks: Marks
    mark: Hashable
    is_empty: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a month lies in the file, under which mark, and its factors."""

    name: str
    mark: str
    factors: FactorSet


class Drawer:
    """Draws for one site. `read_state` belongs to the thread that has the view; the others may run in two at once."""

    def __init__(self, site: Site, view: JournalView) -> None:
        self._site = site
        self._zone = site.file.site.zone
        self._view = view
        self._book = BookMarks(site)
        self._file = KeptFile(kept_path(site.path(site.file.journal.path)))
        self._volumes = DayVolumes(self._file)
        own = repr((version("atsuen"), site.streams, site.products, site.replacements))
        self._own = hashlib.sha256(own.encode()).hexdigest()
        self.factors = FactorSets(site)

    def read_state(self, from_utc_s: int, to_utc_s: int) -> State:
        """What a time rests on now. Raises StorageError."""
        marks, booked = self._view.marks(), self._book.over(from_utc_s, to_utc_s)
        over = marks.over(booked.from_utc_s, booked.to_utc_s)
        return State(marks, (over, booked.digest), is_empty=not any(over[1:]) and not booked.digest)

    def month_of(self, utc_s: int) -> tuple[int, int]:
        """Beginning and end of the month in which a time lies."""
        year = month_starts_utc_s(fiscal_year_of(utc_s, self._zone), self._zone)
        return max(each for each in year if each <= utc_s), next(each for each in year if each > utc_s)

    def is_month(self, period: Period) -> bool:
        """Whether a period is a month from beginning to end, in spans no longer than that."""
        return period.size != "year" and (period.from_utc_s, period.to_utc_s) == self.month_of(period.from_utc_s)

    def query(
        self, spans: list[Span], state: State, scheme: str | None = None, chosen: tuple[str, ...] = ()
    ) -> TimeFigures:
        """Figures over any spans. Raises what `query_time` raises."""
        kept = Kept(self.factors.of, self._volumes.under(state.marks))
        try:
            return query_time(self._site, spans, scheme, chosen, kept=kept)
        finally:
            self._volumes.save()

    def figures(self, part: Part, state: State) -> TimeFigures:
        """Figures of a part; a month is kept. Raises what `query_time` raises."""
        if not self.is_month(part.period):
            return self._draw(part, state)
        place = self._place(repr(part), part, state)
        return self._kept(
            place,
            lambda content: read_figures(content, self._site, place.factors),
            lambda: self._draw(part, state),
            lambda drawn: write_figures(drawn, place.factors),
        )

    def known(self, part: Part, state: State) -> KnownDays:
        """How well the days of a part are known; a month is kept. Raises what `query_time` raises.

        It depends on factors too: these say in which state a gas must be known.
        """

        def draw() -> KnownDays:
            return known_days(self._draw(part, state))

        if not self.is_month(part.period):
            return draw()
        return self._kept(self._place(_known_name(part), part, state), read_days, draw, write_days)

    def keep(self, part: Part, state: State) -> None:
        """See to it that the figures of a month are kept. Raises what `query_time` raises."""
        if not self._is_kept(self._place(repr(part), part, state)):
            self.figures(part, state)

    def keep_known(self, part: Part, state: State) -> None:
        """See to it that it is kept how well a month's days are known. Raises what `query_time` raises."""
        if not self._is_kept(self._place(_known_name(part), part, state)):
            self.known(part, state)

    def _is_kept(self, place: _Place) -> bool:
        return self._file.has(place.name, place.mark)

    def _kept(self, place: _Place, read: Callable[[bytes], T], draw: Callable[[], T], write: Callable[[T], bytes]) -> T:
        """What the file has in a place; drawn and put there where it has nothing that can be read."""
        content = self._file.get(place.name, place.mark)
        with suppress(*UNREADABLE):
            if content is not None:
                return read(content)
        drawn = draw()
        self._file.put(place.name, place.mark, write(drawn))
        return drawn

    def _draw(self, part: Part, state: State) -> TimeFigures:
        period = part.period
        spans = spans_of(self._site, period.size, period.from_utc_s, period.to_utc_s)
        return self.query(spans, state, part.scheme, part.chosen)

    def _place(self, name: str, part: Part, state: State) -> _Place:
        factors = self.factors.of(fiscal_year_of(part.period.from_utc_s, self._zone), part.scheme)
        mark = hashlib.sha256(repr((self._own, state.mark, factors.digest)).encode()).hexdigest()
        return _Place(name, mark, factors)


def _known_name(part: Part) -> str:
    """Where it is kept how well a month is known."""
    return f"known {part!r}"
