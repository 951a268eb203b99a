"""The stored half hours of a site as accounting asks for them: sums where they are kept, else half hours."""

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from agent.accounting.calendar import local_day_utc_s
from agent.accounting.interval import Interval, Sum
from agent.storage.ahead import LONGEST_S, ReadAhead
from agent.storage.ledger import Ledger


class SiteHistory:
    """The history in a ledger, for the site's time zone. Implements `accounting.draw.History`."""

    def __init__(self, ledger: Ledger, zone: ZoneInfo) -> None:
        self._ledger = ledger
        self._zone = zone
        self._ahead = ReadAhead(ledger)

    def sums(self, device: str, point: str, from_utc_s: int, to_utc_s: int) -> list[Sum]:
        """The half hours of a point that start within [from, to), summed up by method."""
        ends = (from_utc_s, to_utc_s)
        if to_utc_s - from_utc_s <= LONGEST_S:
            return self._ahead.sums((device, point), *ends)
        whole_days = all(local_day_utc_s(end, self._zone) == end for end in ends)
        if whole_days and local_day_utc_s(to_utc_s - 1, self._zone) == from_utc_s:
            return self._ahead.day((device, point), from_utc_s)
        return self._ledger.sums(device, point, *ends, whole_days=whole_days)

    def intervals(self, points: Sequence[tuple[str, str]], from_utc_s: int, to_utc_s: int) -> Iterable[Interval]:
        """Half hours of some points that start within [from, to)."""
        if to_utc_s - from_utc_s <= LONGEST_S:
            return self._ahead.intervals(points, from_utc_s, to_utc_s)
        return self._ledger.intervals(points, from_utc_s, to_utc_s)
