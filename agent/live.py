"""What the site does now: the running half hour, the day so far, and the book under what is closed.

What is closed is drawn as `atsuen energy` draws it, and again only when half hours or the book have changed.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from agent.accounting.booked import BookedHistory, with_book
from agent.accounting.calendar import local_day_utc_s
from agent.accounting.declared import NOTHING, Declared, declare
from agent.accounting.draw import draw_spans
from agent.accounting.factors import FactorSet
from agent.accounting.gas_volume import ReferenceState
from agent.accounting.history import DrawVolume, History, Volume
from agent.accounting.interval import INTERVAL_S, Interval, Method, Sum
from agent.accounting.narrowed import narrow
from agent.accounting.spans import Span
from agent.accounting.streams import Stream, find_among
from agent.accounting.window import WindowFigures, figures_drawn, figures_over
from agent.clock import Clock
from agent.query import entries_of
from agent.recorder import Recorder
from agent.settings.site import Site
from agent.site_factors import SiteFactors
from agent.storage.book import book_path
from agent.storage.history import SiteHistory
from agent.storage.ledger import Ledger
from agent.storage.refusal import StorageError
from agent.storage.stamp import file_stamp


@dataclass(frozen=True, slots=True)
class LiveFigures:
    """Figures of this moment (UTC milliseconds). A window is None while its factors are missing.

    `last_half_hour` is the newest closed half hour, `running` the one that is open, `day` the local day so far.
    `closed` is the day without the running half hour: what `atsuen energy --by day` says; None in the first one.
    """

    time_ms: int
    last_half_hour: WindowFigures | None
    running: WindowFigures | None
    day: WindowFigures | None
    problem: str
    closed: WindowFigures | None = None


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """What the recorder knows at a moment: half hours that run, or ended and are not stored yet, and how many are."""

    time_ms: int
    running: tuple[Interval, ...]
    half_hours_stored: int


class Live:
    """Draws up live figures from the ledger, the book and the recorder's running half hours, one call at a time."""

    def __init__(self, site: Site, clock: Clock, recorder: Recorder, ledger: Ledger, factors: SiteFactors) -> None:
        self._site = site
        self._clock = clock
        self._recorder = recorder
        self._factors = factors
        self._closed = _ClosedWindows(site, ledger)

    async def figures(self) -> LiveFigures:
        """The figures of this moment."""
        running = tuple(self._recorder.accounts.running())
        snapshot = _Snapshot(self._clock.now_ms(), running, self._recorder.half_hours_durable)
        return await asyncio.to_thread(self._figures, snapshot)

    def _figures(self, snapshot: _Snapshot) -> LiveFigures:
        now_ms = snapshot.time_ms
        start = now_ms // 1000 - now_ms // 1000 % INTERVAL_S
        midnight = local_day_utc_s(start, self._site.file.site.zone)
        try:
            last = self._over(snapshot, start - INTERVAL_S, start)
            running = self._running(snapshot, start)
            closed = self._over(snapshot, midnight, start) if midnight < start else None
        except (ValueError, StorageError) as error:
            return LiveFigures(now_ms, None, None, None, str(error))
        day = running if closed is None or running is None else closed.plus(running)
        return LiveFigures(now_ms, last, running, day, self._factors.problem, closed)

    def _over(self, snapshot: _Snapshot, from_utc_s: int, to_utc_s: int) -> WindowFigures | None:
        factors = self._factors.at(from_utc_s)
        return None if factors is None else self._closed.over(snapshot, from_utc_s, to_utc_s, factors)

    def _running(self, snapshot: _Snapshot, start_utc_s: int) -> WindowFigures | None:
        factors = self._factors.at(start_utc_s)
        if factors is None:
            return None
        find = find_among(snapshot.running)
        return figures_over(self._site.streams, self._site.products, [start_utc_s], find, factors)


class _ClosedWindows:
    """Figures over closed half hours, kept until half hours are stored or the book changes. Used from one thread."""

    def __init__(self, site: Site, ledger: Ledger) -> None:
        self._site = site
        self._ledger = ledger
        self._book = _BookReader(site)
        self._mark: object = None
        self._kept: dict[tuple[int, int], WindowFigures] = {}

    def over(self, snapshot: _Snapshot, from_utc_s: int, to_utc_s: int, factors: FactorSet) -> WindowFigures:
        """The figures over half hours of one fiscal year. Raises ValueError for a missing factor, or StorageError."""
        declared = self._book.read()
        open_still = tuple(each for each in snapshot.running if each.start_utc_s < to_utc_s)
        mark = (self._book.mark, snapshot.half_hours_stored, open_still)
        if mark != self._mark:
            self._mark, self._kept = mark, {}
        if (from_utc_s, to_utc_s) not in self._kept:
            history = _WithOpen(SiteHistory(self._ledger, self._site.file.site.zone), open_still)
            self._kept[from_utc_s, to_utc_s] = self._draw(
                narrow(declared, from_utc_s, to_utc_s), history, Span("", from_utc_s, to_utc_s), factors
            )
        return self._kept[from_utc_s, to_utc_s]

    def _draw(self, declared: Declared, history: History, span: Span, factors: FactorSet) -> WindowFigures:
        booked: BookedHistory = with_book(history, declared.points)
        lines = draw_spans(self._site.streams, [span], booked, factors, declared)
        products = draw_spans(self._site.products, [span], booked, factors, declared)
        return figures_drawn(lines, products, 0, (span.end_utc_s - span.start_utc_s) * 1000)


class _BookReader:
    """The site's book, read again when its file has changed."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._path: Path = book_path(site.path(site.file.journal.path))
        self._declared = NOTHING
        self.mark: tuple[int, int] | None = None

    def read(self) -> Declared:
        """What stands in the book. Raises StorageError for one that is damaged."""
        mark = file_stamp(self._path)
        if mark != self.mark:
            streams = (*self._site.streams, *self._site.products)
            self._declared = declare(entries_of(self._site), self._site.points, streams, self._site.replacements)
            self.mark = mark
        return self._declared


class _WithOpen:
    """A history with half hours that have ended and that no later reading has closed yet. Implements `History`."""

    def __init__(self, history: History, open_still: Iterable[Interval]) -> None:
        self._history = history
        self._open: Mapping[tuple[str, str], Interval] = {(each.device, each.point): each for each in open_still}

    def sums(self, device: str, point: str, from_utc_s: int, to_utc_s: int) -> Sequence[Sum]:
        """The half hours of a point that start within [from, to), summed up by method."""
        stored = self._history.sums(device, point, from_utc_s, to_utc_s)
        found = self._missing(device, point, from_utc_s, to_utc_s)
        if found is None:
            return stored
        weighted = found.advance_raw * found.spanned_ms
        return [*stored, Sum(found.method, 1, found.advance_raw, weighted, found.spanned_ms, found.observed_ms)]

    def intervals(self, points: Sequence[tuple[str, str]], from_utc_s: int, to_utc_s: int) -> Iterable[Interval]:
        """Half hours that start within [from, to)."""
        yield from self._history.intervals(points, from_utc_s, to_utc_s)
        for device, point in points:
            found = self._missing(device, point, from_utc_s, to_utc_s)
            if found is not None:
                yield found

    def volume(self, stream: Stream, state: ReferenceState, from_utc_s: int, to_utc_s: int, draw: DrawVolume) -> Volume:
        """The volume of a gas stream, drawn from half hours."""
        return draw(from_utc_s, to_utc_s)

    def _missing(self, device: str, point: str, from_utc_s: int, to_utc_s: int) -> Interval | None:
        """The open half hour of a point within a time, unless it has been stored by now."""
        found = self._open.get((device, point))
        if found is None or not from_utc_s <= found.start_utc_s < to_utc_s:
            return None
        stored = self._history.sums(device, point, found.start_utc_s, found.start_utc_s + INTERVAL_S)
        return None if any(part.method is not Method.MISSING for part in stored) else found


def mean_power_kw(figures: WindowFigures) -> Decimal | None:
    """The mean electric power drawn and generated over a window, from the electricity of the whole site."""
    spans = [w.spanned_ms for w in figures.streams if w.stream.is_total and w.stream.carrier == "electricity"]
    if not spans or not min(spans):
        return None
    hours = Decimal(timedelta(milliseconds=min(spans)) / timedelta(hours=1))
    return figures.amount_of("electricity") / hours
