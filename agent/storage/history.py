"""The stored half hours of a site as accounting asks for them: sums where they are kept, else half hours."""

from collections.abc import Iterable, Sequence
from typing import Protocol
from zoneinfo import ZoneInfo

from agent.accounting.calendar import local_day_utc_s, next_local_day_utc_s
from agent.accounting.gas_volume import ReferenceState
from agent.accounting.history import DrawVolume, Volume
from agent.accounting.interval import Interval, Method, Sum
from agent.accounting.streams import Stream
from agent.storage.ahead import LONGEST_S, ReadAhead
from agent.storage.ledger import Ledger


class DayVolumes(Protocol):
    """Gas volumes of local days that were drawn before, for whoever asks for the same days again and again."""

    def get(self, stream: Stream, state: ReferenceState, day_utc_s: int) -> Volume | None:
        """The volume of the day that begins then; None unless it is there and still holds."""
        ...

    def put(self, stream: Stream, state: ReferenceState, day_utc_s: int, volume: Volume) -> None:
        """Keep it."""
        ...


class SiteHistory:
    """The history in a ledger, for the site's time zone. Implements `accounting.draw.History`."""

    def __init__(self, ledger: Ledger, zone: ZoneInfo, volumes: DayVolumes | None = None) -> None:
        self._ledger = ledger
        self._zone = zone
        self._volumes = volumes
        self._ahead = ReadAhead(ledger)

    def sums(self, device: str, point: str, from_utc_s: int, to_utc_s: int) -> list[Sum]:
        """The half hours of a point that start within [from, to), summed up by method.

        Whole days inside are summed up apart from the half hours before and after them.
        """
        if to_utc_s - from_utc_s <= LONGEST_S:
            return self._ahead.sums((device, point), from_utc_s, to_utc_s)
        first, last = self._midnight_from(from_utc_s), local_day_utc_s(to_utc_s, self._zone)
        if first >= last:
            return self._ledger.sums(device, point, from_utc_s, to_utc_s, whole_days=False)
        found = self._days(device, point, first, last)
        edges = [(start, end) for start, end in ((from_utc_s, first), (last, to_utc_s)) if start < end]
        for edge in edges:
            found += self._ledger.sums(device, point, *edge, whole_days=False)
        return _by_method(found) if edges else found

    def _days(self, device: str, point: str, from_utc_s: int, to_utc_s: int) -> list[Sum]:
        if local_day_utc_s(to_utc_s - 1, self._zone) == from_utc_s:
            return self._ahead.day((device, point), from_utc_s)
        return self._ledger.sums(device, point, from_utc_s, to_utc_s, whole_days=True)

    def _midnight_from(self, utc_s: int) -> int:
        """The first local midnight that is not before a time."""
        day = local_day_utc_s(utc_s, self._zone)
        return utc_s if day == utc_s else next_local_day_utc_s(day, self._zone)

    def intervals(self, points: Sequence[tuple[str, str]], from_utc_s: int, to_utc_s: int) -> Iterable[Interval]:
        """Half hours of some points that start within [from, to)."""
        if to_utc_s - from_utc_s <= LONGEST_S:
            return self._ahead.intervals(points, from_utc_s, to_utc_s)
        return self._ledger.intervals(points, from_utc_s, to_utc_s)

    def volume(self, stream: Stream, state: ReferenceState, from_utc_s: int, to_utc_s: int, draw: DrawVolume) -> Volume:
        """The volume of a gas stream; whole local days are drawn once where they are kept."""
        volumes = self._volumes
        if volumes is None:
            return draw(from_utc_s, to_utc_s)
        parts, start = [], from_utc_s
        while start < to_utc_s:
            end = min(next_local_day_utc_s(start, self._zone), to_utc_s)
            is_day = local_day_utc_s(start, self._zone) == start and local_day_utc_s(end, self._zone) == end
            kept = volumes.get(stream, state, start) if is_day else None
            part = kept or draw(start, end)
            if is_day and kept is None:
                volumes.put(stream, state, start, part)
            parts.append(part)
            start = end
        return Volume.total(parts)


def _by_method(parts: Iterable[Sum]) -> list[Sum]:
    """One sum for each method."""
    found: dict[Method, Sum] = {}
    for part in parts:
        known = found.get(part.method)
        found[part.method] = part if known is None else known.plus(part)
    return list(found.values())
