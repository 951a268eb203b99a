"""Observations of this moment, from the newest frames: demand, burners by their state, silent devices, stuck registers.

Used from one thread at a time. Knows no half hour but the running one, and no state of an alert.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from agent.accounting.demand import HISTORY_MINUTES, DemandNow, minute_powers, watch_demand
from agent.accounting.interval import INTERVAL_S, Interval
from agent.accounting.spans import Span
from agent.accounting.streams import FindInterval, HalfHour, Stream, half_hour_of
from agent.alerting.demand_cost import DemandCost
from agent.alerting.still_rules import StillRules, UnknownSince
from agent.alerting.tracks import Track
from agent.alerting.unit_costs import UnitCosts
from agent.alerting.usual import UsualAmounts
from agent.alerts.machine import CLOCK_STEP_S
from agent.alerts.observe import Burner, observe_burner, observe_demand
from agent.alerts.rules import COST_UNKNOWN, AlertKind, Cost, Observation
from agent.settings.dashboard_rules import contract_of
from agent.settings.dashboard_tables import AlertTable
from agent.settings.site import Site
from agent.storage.recent import RecentFrames
from collectors.frame import Frame, Layout, is_good

BURNER_WINDOW_S = 300
"""A burner is judged over so long at a time: meters of gas count in steps, which over less are all or nothing."""
_KEPT_MS = (HISTORY_MINUTES + 5) * 60_000
_PATIENCE_MS = 120_000
_MOST_WINDOWS = 36
_KWH = {"kWh": 1.0, "MWh": 1e3, "GWh": 1e6}

PointKey = tuple[str, str]
"""Device and point."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What the recorder knows at a moment. `watched_s` is the time since the last look in which the agent read meters.

    `running` are the half hours as they stand, `read_ms` the newest accounted reading of each device.
    """

    now_ms: int
    watched_s: float
    running: tuple[Interval, ...]
    read_ms: Mapping[str, int]

    def find(self, device: str, point: str, start_utc_s: int) -> Interval | None:
        """A running half hour of a register."""
        key = (device, point, start_utc_s)
        return next((each for each in self.running if (each.device, each.point, each.start_utc_s) == key), None)


class MomentRules:
    """The rules that look at the newest frames."""

    def __init__(
        self, site: Site, frames: RecentFrames, stored: FindInterval, costs: UnitCosts, usual: UsualAmounts
    ) -> None:
        self._site = site
        self._stored = stored
        self._frames = frames
        self._costs = costs
        self._streams = {stream.id: stream for stream in site.streams}
        self._tables = [table for table in site.file.alert if _is_of_the_moment(table)]
        self._tracks = {key: Track(site.points[".".join(key)]) for key in self._tracked()}
        self._still = StillRules(site, self._tables, usual)
        devices = {device for device, _ in self._tracks} | self._still.devices()
        self._demand_costs = {t.id: DemandCost() for t in self._tables if t.kind is AlertKind.DEMAND}
        self._newest_ms: dict[str, int] = dict.fromkeys(sorted(devices & set(site.layouts)), 0)
        self._is_first = True

    def observe(self, moment: Moment, from_utc_s: Mapping[str, int], unknown_since: UnknownSince) -> list[Observation]:
        """What is seen now. Raises StorageError for a journal that cannot be read."""
        fresh = {device: self._read(device, moment.now_ms) for device in self._newest_ms}
        span = Span("", moment.now_ms // 1000 - round(moment.watched_s), moment.now_ms // 1000)
        found = self._still.observe(fresh, span, moment.watched_s, unknown_since, is_first=self._is_first)
        self._is_first = False
        for table in self._tables:
            if table.kind is AlertKind.DEMAND:
                found += self._demand(table, span, moment, from_utc_s.get(table.id, 0))
            elif table.kind is AlertKind.IDLE_BURNER:
                found += self._burner(table, moment, from_utc_s.get(table.id, 0))
        return found

    def _read(self, device: str, now_ms: int) -> list[tuple[Layout, Frame]]:
        """The frames of a device since the last look; their good readings go to the tracks."""
        after_ms = self._newest_ms[device]
        if not after_ms or after_ms > now_ms + CLOCK_STEP_S * 1000:
            after_ms = now_ms - _KEPT_MS
        frames = self._frames.after(device, after_ms)
        for layout, frame in frames:
            self._take(layout, frame)
        if frames:
            self._newest_ms[device] = frames[-1][1].time_ms
        for key, track in self._tracks.items():
            if key[0] == device:
                track.forget_before(now_ms - _KEPT_MS)
        return frames

    def _take(self, layout: Layout, frame: Frame) -> None:
        values, quality = frame.read_values(), frame.read_quality()
        for (device, point), track in self._tracks.items():
            index = layout.position.get(point) if device == layout.device else None
            if index is not None and is_good(quality[index]):
                track.take(frame.time_ms, values[index])

    def _demand(self, table: AlertTable, span: Span, moment: Moment, since: int) -> list[Observation]:
        settings = self._site.file.demand
        now = self.demand(moment)
        if now is None or settings is None or span.start_utc_s == span.end_utc_s:
            return []
        times, on_forecast = (span.start_utc_s, span.end_utc_s), settings.alarm_on == "forecast"
        seen = observe_demand(table.id, *times, now, on_forecast=on_forecast)
        if seen.value is None:
            return [seen]
        stream = self._streams[settings.stream]
        read_ms = min(self._tracks[key].newest_ms for key in _terms_at(stream, span.end_utc_s))
        energy = partial(self._kwh, stream)
        excess_kwh = self._demand_costs[table.id].excess_kwh(energy, since * 1000, read_ms, now.contract.alarm_kw)
        return [replace(seen, cost=self._cost_of_kwh(stream, span.end_utc_s, excess_kwh))]

    def _kwh(self, stream: Stream, from_ms: int, to_ms: int) -> float | None:
        amount = self._fuel(stream, from_ms, to_ms)
        return None if amount is None else amount * _KWH[stream.unit]

    def _cost_of_kwh(self, stream: Stream, utc_s: int, kwh: float | None) -> Cost:
        if kwh is None:
            return COST_UNKNOWN
        return self._costs.of(stream, None, utc_s).times(kwh / _KWH[stream.unit])

    def demand(self, moment: Moment) -> DemandNow | None:
        """The running half hour's demand; None while nothing of it was read."""
        settings = self._site.file.demand
        if settings is None:
            return None
        stream, now_utc_s = self._streams[settings.stream], moment.now_ms // 1000
        running = half_hour_of(stream, now_utc_s - now_utc_s % INTERVAL_S, moment.find)
        read = [moment.read_ms.get(device, 0) for device in {ref.device for ref in stream.points()}]
        if running is None or not read:
            return None
        return watch_demand(running, min(read), moment.now_ms, self._powers(stream, min(read)), contract_of(settings))

    def _powers(self, stream: Stream, until_ms: int) -> list[float | None]:
        """The mean powers of the last full minutes of a stream, all of its terms together."""
        total: list[float | None] = [0.0] * HISTORY_MINUTES
        for term in stream.terms:
            if not term.holds_at(until_ms // 1000):
                continue
            per_count = float(term.unit_per_count) * _KWH[stream.unit]
            readings = self._tracks[term.source.device, term.source.point].readings(per_count)
            powers = minute_powers(readings, until_ms, HISTORY_MINUTES)
            total = [None if a is None or b is None else a + b for a, b in zip(total, powers, strict=True)]
        return total

    def _burner(self, table: AlertTable, moment: Moment, since: int) -> list[Observation]:
        """A burner over the windows that are over and not yet observed."""
        stream, charge = self._streams[table.stream or ""], self._tracks[_key(table.charge or "")]
        last = moment.now_ms // 1000 - moment.now_ms // 1000 % BURNER_WINDOW_S
        first = max(since - since % BURNER_WINDOW_S, last - _MOST_WINDOWS * BURNER_WINDOW_S)
        if not 0 < since < last + CLOCK_STEP_S:
            first = last - BURNER_WINDOW_S
        found = []
        for start in range(first, last, BURNER_WINDOW_S):
            from_ms, to_ms = start * 1000, (start + BURNER_WINDOW_S) * 1000
            if charge.newest_ms < to_ms and moment.now_ms < to_ms + _PATIENCE_MS:
                break
            idle = charge.stayed_within(table.idle or (), from_ms, to_ms)
            span = Span("", start, start + BURNER_WINDOW_S)
            burner = Burner(span, self._fuel(stream, from_ms, to_ms), None if idle is None else not idle)
            cost = self._costs.of(stream, self._half_hour(stream, moment, start), start)
            found.append(observe_burner(table.id, burner, cost))
        return found

    def _fuel(self, stream: Stream, from_ms: int, to_ms: int) -> float | None:
        total = 0.0
        for term in stream.terms:
            if not term.holds_at(from_ms // 1000):
                continue
            advance = self._tracks[term.source.device, term.source.point].advance(from_ms, to_ms)
            if advance is None:
                return None
            total += advance * float(term.unit_per_count)
        return total

    def _half_hour(self, stream: Stream, moment: Moment, utc_s: int) -> HalfHour | None:
        """The half hour of a stream around a moment, running or stored, or the one before: for the state of its gas."""

        def find(device: str, point: str, start_utc_s: int) -> Interval | None:
            return moment.find(device, point, start_utc_s) or self._stored(device, point, start_utc_s)

        start = utc_s - utc_s % INTERVAL_S
        return half_hour_of(stream, start, find) or half_hour_of(stream, start - INTERVAL_S, find)

    def _tracked(self) -> Iterable[PointKey]:
        """The points whose last hours are needed, as far as meters measure them."""
        wanted: list[PointKey] = []
        for table in self._tables:
            name = table.stream if table.kind is AlertKind.IDLE_BURNER else None
            if table.kind is AlertKind.DEMAND and self._site.file.demand is not None:
                name = self._site.file.demand.stream
            if name is not None:
                wanted += [(term.source.device, term.source.point) for term in self._streams[name].terms]
            if table.charge is not None:
                wanted.append(_key(table.charge))
        return dict.fromkeys(wanted)


def _is_of_the_moment(table: AlertTable) -> bool:
    if table.kind is AlertKind.IDLE_BURNER:
        return table.charge is not None
    return table.kind in {AlertKind.DEMAND, AlertKind.SILENT, AlertKind.STUCK}


def _terms_at(stream: Stream, utc_s: int) -> list[PointKey]:
    return [(term.source.device, term.source.point) for term in stream.terms if term.holds_at(utc_s)]


def _key(name: str) -> PointKey:
    device, _, point = name.partition(".")
    return device, point
