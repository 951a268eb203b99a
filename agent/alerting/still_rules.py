"""Observations of silent devices and stuck registers. Counts only time in which the agent was reading meters."""

from collections.abc import Iterable, Mapping, Sequence

from agent.accounting.spans import Span
from agent.alerting.stillness import RegisterStillness, Stillness
from agent.alerting.usual import UsualAmounts
from agent.alerts.observe import observe_still
from agent.alerts.rules import AlertKind, Observation, Unmeasured
from agent.settings.dashboard_tables import AlertTable
from agent.settings.site import Site
from collectors.frame import Frame, Layout, is_good

PRODUCING_S = 1800.0
"""The mill produces while one of its products has moved within so long: coils are weighed now and then."""
_S_PER_MINUTE = 60

Fresh = Mapping[str, Sequence[tuple[Layout, Frame]]]
"""The frames of each device since the last look."""
UnknownSince = Mapping[str, int]
"""Since when (UTC seconds) nothing is known, by the rules whose alert stands."""


class StillRules:
    """The rules of the kinds silent and stuck."""

    def __init__(self, site: Site, tables: Iterable[AlertTable], usual: UsualAmounts) -> None:
        self._usual = usual
        self._told_utc_s: dict[str, int] = {}
        self._raw: dict[str, float] = {}
        self._tables = [table for table in tables if table.kind in {AlertKind.SILENT, AlertKind.STUCK}]
        self._devices = {t.id: Stillness() for t in self._tables if t.kind is AlertKind.SILENT}
        self._registers = {t.id: RegisterStillness() for t in self._tables if t.kind is AlertKind.STUCK}
        self._products = _product_points(site) if any(table.while_producing for table in self._tables) else []
        self._production = Stillness()
        self._counts: dict[tuple[str, str], float] = {}

    def devices(self) -> set[str]:
        """The devices whose frames are needed."""
        named = {(table.device or table.point or "").partition(".")[0] for table in self._tables}
        return named | {device for device, _ in self._products}

    def observe(
        self, fresh: Fresh, span: Span, watched_s: float, unknown_since: UnknownSince, *, is_first: bool
    ) -> list[Observation]:
        """What is seen after a look. Frames that were there before the first look say nothing of now."""
        is_producing = self._is_producing(fresh, watched_s)
        for table in self._tables:
            frames = fresh.get((table.device or table.point or "").partition(".")[0], ())
            if table.kind is AlertKind.SILENT:
                self._look_at_device(table.id, frames, watched_s, is_first=is_first)
            else:
                should_move = is_producing or not table.while_producing
                values = _values(frames, table.point or "")
                self._look_at_register(table.id, values, watched_s if should_move else 0.0, is_first=is_first)
        if span.start_utc_s == span.end_utc_s:
            return []
        return [self._observation(table, span, unknown_since) for table in self._tables]

    def _look_at_device(
        self, rule: str, frames: Sequence[tuple[Layout, Frame]], watched_s: float, *, is_first: bool
    ) -> None:
        answered_ms = [frame.time_ms for _, frame in frames if any(map(is_good, frame.read_quality()))]
        if answered_ms:
            self._told_utc_s[rule] = answered_ms[-1] // 1000
        if answered_ms and not is_first:
            self._devices[rule].move()
        else:
            self._devices[rule].stay(watched_s)

    def _look_at_register(
        self, rule: str, readings: Sequence[tuple[int, float]], watched_s: float, *, is_first: bool
    ) -> None:
        for time_ms, raw in readings:
            if self._raw.setdefault(rule, raw) != raw:
                self._raw[rule], self._told_utc_s[rule] = raw, time_ms // 1000
        values = [raw for _, raw in readings]
        self._registers[rule].look(values[-1:] if is_first else values, watched_s)

    def _is_producing(self, fresh: Fresh, watched_s: float) -> bool:
        """Whether a product has moved lately; not so while nobody knows."""
        has_moved = False
        for device, point in self._products:
            for _, value in _values(fresh.get(device, ()), f"{device}.{point}"):
                has_moved |= self._counts.get((device, point), value) != value
                self._counts[device, point] = value
        if has_moved:
            self._production.move()
        else:
            self._production.stay(watched_s)
        still_s = self._production.known_s(float("inf"))
        return still_s is not None and still_s < PRODUCING_S

    def _observation(self, table: AlertTable, span: Span, unknown_since: UnknownSince) -> Observation:
        limit_s = (table.for_min or 0) * _S_PER_MINUTE
        found: Stillness | RegisterStillness
        found = self._devices[table.id] if table.kind is AlertKind.SILENT else self._registers[table.id]
        still_s = found.known_s(limit_s)
        if still_s is None:
            return observe_still(table.id, span.start_utc_s, span.end_utc_s, None)
        last, unmeasured = span.end_utc_s - round(still_s), None
        if still_s >= limit_s:
            unmeasured = self._unmeasured(table, span.end_utc_s, min(last, unknown_since.get(table.id, last)))
        return observe_still(table.id, span.start_utc_s, span.end_utc_s, last, unmeasured)

    def _unmeasured(self, table: AlertTable, now_utc_s: int, since_utc_s: int) -> Unmeasured:
        """What is not known since the last good reading; the agent's own stops and time without a mill are in it."""
        device, _, point = (table.device or table.point or "").partition(".")
        since = min(since_utc_s, self._told_utc_s.get(table.id, since_utc_s))
        return self._usual.unmeasured(device, point or None, since, now_utc_s)


def _values(frames: Sequence[tuple[Layout, Frame]], name: str) -> list[tuple[int, float]]:
    """Times and raw values of a point, written `device.point`, where it was read well."""
    point, found = name.partition(".")[2], []
    for layout, frame in frames:
        index = layout.position.get(point)
        if index is not None and is_good(frame.read_quality()[index]):
            found.append((frame.time_ms, frame.read_values()[index]))
    return found


def _product_points(site: Site) -> list[tuple[str, str]]:
    """The registers that move when something is made; of coils that are weighed one by one, their number."""
    coils = {(rule.device, rule.id): rule.number for rule in site.coils}
    named = [term.source for product in site.products for term in product.terms]
    points = [(ref.device, coils.get((ref.device, ref.point), ref.point)) for ref in named]
    return [key for key in dict.fromkeys(points) if key[0] in site.layouts]
