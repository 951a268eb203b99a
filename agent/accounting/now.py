"""The windows that lead up to now: the last hour, the shift and the day so far, and the same of the week before."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from agent.accounting.interval import INTERVAL_S
from agent.accounting.spans import Span


def rolling_hour(now_utc_s: int) -> Span:
    """The two newest closed half hours."""
    end = now_utc_s - now_utc_s % INTERVAL_S
    return Span("hour", end - 2 * INTERVAL_S, end)


def day_so_far(now_utc_s: int, zone: ZoneInfo) -> Span:
    """The closed half hours of the local day; empty in its first half hour."""
    return shift_so_far(now_utc_s, zone, (time(0),), "day")


def shift_so_far(now_utc_s: int, zone: ZoneInfo, starts: Sequence[time], name: str = "shift") -> Span:
    """The closed half hours of the running shift; empty in its first half hour. Shifts begin at local times of day."""
    local = datetime.fromtimestamp(now_utc_s, zone)
    begun = [
        int(datetime.combine(local.date() - timedelta(days=back), start, zone).timestamp())
        for back in (0, 1)
        for start in starts
    ]
    return Span(name, max(start for start in begun if start <= now_utc_s), now_utc_s - now_utc_s % INTERVAL_S)


def week_before(span: Span, zone: ZoneInfo) -> Span:
    """The same local times of day on the same weekdays of the week before."""

    def back(utc_s: int) -> int:
        local = datetime.fromtimestamp(utc_s, zone).replace(tzinfo=None)
        return int((local - timedelta(days=7)).replace(tzinfo=zone).timestamp())

    return Span(span.name, back(span.start_utc_s), back(span.end_utc_s))
