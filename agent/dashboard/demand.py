"""The running half hour's demand and today's, read from the journal. Knows no page.

Called in the thread that reads the journal.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from agent.accounting.calendar import local_day_utc_s
from agent.accounting.demand import (
    HISTORY_MINUTES,
    DemandNow,
    Load,
    ShedStep,
    demand_of,
    minute_powers,
    peak_demand,
    shed_steps,
    watch_demand,
)
from agent.accounting.interval import INTERVAL_S
from agent.accounting.streams import FindInterval, HalfHour, Stream, find_among, half_hour_of
from agent.alerting.tracks import Track
from agent.dashboard.journal_view import JournalView
from agent.dashboard.rates import Rates
from agent.dashboard.setup import Setup
from agent.settings.dashboard_rules import contract_of
from agent.storage.ledger import Ledger
from collectors.frame import is_good

_KEPT_MS = (HISTORY_MINUTES + 5) * 60_000
_CLOCK_STEP_MS = 3_600_000
_KWH = {"kWh": 1.0, "MWh": 1e3, "GWh": 1e6}
_PEAK_DAYS = 30


@dataclass(frozen=True, slots=True)
class LoadNow:
    """One load to switch off, in the site's order, with the power that it takes at the moment."""

    stream: Stream
    power_kw: float | None
    step: ShedStep


@dataclass(frozen=True, slots=True)
class DemandMoment:
    """The running half hour and what may be switched off; `now` is None while nothing of it was read."""

    now: DemandNow | None
    loads: tuple[LoadNow, ...]


@dataclass(frozen=True, slots=True)
class DemandDay:
    """The half hours of the local day by their starts, with the demand where it is known, and the highest lately."""

    half_hours: tuple[tuple[int, float | None], ...]
    peak: tuple[int, float] | None


class DemandReader:
    """Reads what the demand page shows; keeps the last hours of the billed registers."""

    def __init__(self, setup: Setup, view: JournalView) -> None:
        self._site = setup.site
        self._zone = setup.site.file.site.zone
        self._view = view
        self._streams = {stream.id: stream for stream in setup.site.streams}
        self._tracks: dict[tuple[str, str], Track] = {}
        self._newest_ms: dict[str, int] = {}

    def moment(self, now_ms: int, find: FindInterval, rates: Rates) -> DemandMoment | None:
        """The running half hour; None where the site has no `[demand]`. Raises StorageError."""
        table = self._site.file.demand
        if table is None:
            return None
        now = self._now(self._streams[table.stream], now_ms, find)
        reduction_kw = (now.reduction_kw if now else None) or 0.0
        streams = [self._streams[load.stream] for load in table.shed]
        powers = [rates.power_kw(stream) for stream in streams]
        loads = [Load(each.stream, power_kw, each.keeps_kw) for each, power_kw in zip(table.shed, powers, strict=True)]
        steps = zip(streams, powers, shed_steps(loads, reduction_kw), strict=True)
        return DemandMoment(now, tuple(LoadNow(*each) for each in steps))

    def day(self, now_utc_s: int) -> DemandDay:
        """The half hours of the day, and the highest demand of the last days. Raises KeyError without a table."""
        table = self._site.file.demand
        if table is None:
            raise KeyError("demand")
        stream, today = self._streams[table.stream], local_day_utc_s(now_utc_s, self._zone)
        known = self._half_hours(stream, today - _PEAK_DAYS * 86_400, now_utc_s - now_utc_s % INTERVAL_S)
        peak = peak_demand(half_hour for half_hour in known.values() if half_hour)
        starts = range(today, local_day_utc_s(today + 26 * 3600, self._zone), INTERVAL_S)
        demands = ((start, known.get(start)) for start in starts)
        return DemandDay(tuple((start, demand_of(each) if each else None) for start, each in demands), peak)

    def _half_hours(self, stream: Stream, from_utc_s: int, to_utc_s: int) -> dict[int, HalfHour | None]:
        points = [(ref.device, ref.point) for ref in dict.fromkeys(stream.points())]
        with closing(Ledger(self._site.path(self._site.file.journal.path))) as ledger:
            find = find_among(ledger.intervals(points, from_utc_s, to_utc_s))
        return {start: half_hour_of(stream, start, find) for start in range(from_utc_s, to_utc_s, INTERVAL_S)}

    def _now(self, stream: Stream, now_ms: int, find: FindInterval) -> DemandNow | None:
        table, now_utc_s = self._site.file.demand, now_ms // 1000
        running = half_hour_of(stream, now_utc_s - now_utc_s % INTERVAL_S, find)
        if table is None or running is None:
            return None
        devices = sorted({ref.device for ref in stream.points()})
        for device in devices:
            self._follow(device, stream, now_ms)
        read_ms = min(self._newest_ms.get(device, 0) for device in devices)
        return watch_demand(running, read_ms, now_ms, self._powers(stream, read_ms), contract_of(table))

    def _follow(self, device: str, stream: Stream, now_ms: int) -> None:
        """Take in the frames of a device since the last look; from the beginning where the clock was set back."""
        after_ms = self._newest_ms.get(device, 0)
        if not now_ms - _KEPT_MS <= after_ms <= now_ms + _CLOCK_STEP_MS:
            after_ms = now_ms - _KEPT_MS
            self._forget(device)
        points = [ref.point for ref in stream.points() if ref.device == device]
        for layout, frame in self._view.after(device, after_ms, now_ms + _CLOCK_STEP_MS):
            values, quality = frame.read_values(), frame.read_quality()
            for point in points:
                index = layout.position.get(point)
                if index is not None and is_good(quality[index]):
                    self._track(device, point).take(frame.time_ms, values[index])
            self._newest_ms[device] = frame.time_ms
        for point in points:
            self._track(device, point).forget_before(now_ms - _KEPT_MS)

    def _forget(self, device: str) -> None:
        self._newest_ms.pop(device, None)
        self._tracks = {key: track for key, track in self._tracks.items() if key[0] != device}

    def _track(self, device: str, point: str) -> Track:
        key = (device, point)
        if key not in self._tracks:
            self._tracks[key] = Track(self._site.points[f"{device}.{point}"])
        return self._tracks[key]

    def _powers(self, stream: Stream, until_ms: int) -> Sequence[float | None]:
        """The mean powers of the last full minutes of a stream, all of its terms together."""
        total: list[float | None] = [0.0] * HISTORY_MINUTES
        for term in stream.terms:
            if not term.holds_at(until_ms // 1000):
                continue
            readings = self._track(term.source.device, term.source.point).readings(
                float(term.unit_per_count) * _KWH[stream.unit]
            )
            powers = minute_powers(readings, until_ms, HISTORY_MINUTES)
            total = [None if a is None or b is None else a + b for a, b in zip(total, powers, strict=True)]
        return total
