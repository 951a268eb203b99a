"""A stretch of time cut into half hours, hours, days, months or fiscal years of a place."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from agent.accounting.calendar import fiscal_year_of, month_starts_utc_s, next_local_day_utc_s
from agent.accounting.interval import INTERVAL_S


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time that half hours cut, with a name (`2023-04`): beginning and end in UTC seconds."""

    name: str
    start_utc_s: int
    end_utc_s: int


SIZES = ("half-hour", "hour", "day", "month", "year")
WEEK = "week"
_SEVEN_DAYS = timedelta(days=7)

_FORMATS = {"half-hour": "%Y-%m-%d %H:%M", "hour": "%Y-%m-%d %H:%M", "day": "%Y-%m-%d", "month": "%Y-%m"}


def cut_spans(size: str, from_utc_s: int, to_utc_s: int, zone: ZoneInfo) -> list[Span]:
    """The spans that fill [from, to), the first and the last shortened where the ends cut them.

    Both ends are half-hour boundaries. Raises KeyError for a size that does not exist.
    """
    following = _FOLLOWING[size]
    spans, start = [], from_utc_s
    while start < to_utc_s:
        end = min(following(start, zone), to_utc_s)
        spans.append(Span(_name(size, start, zone), start, end))
        start = end
    return spans


def whole_spans(size: str, from_day: date, until_utc_s: int, zone: ZoneInfo) -> list[Span]:
    """The whole days, weeks, months or years from a local day on that end by an instant.

    A week has seven local days and the name of its first; the first begins with `from_day`.
    """
    if size != WEEK:
        spans = cut_spans(size, midnight_utc_s(from_day, zone), until_utc_s, zone)
        is_whole = spans and _FOLLOWING[size](spans[-1].start_utc_s, zone) <= until_utc_s
        return spans if is_whole else spans[:-1]
    found, day = [], from_day
    while midnight_utc_s(day + _SEVEN_DAYS, zone) <= until_utc_s:
        found.append(Span(day.isoformat(), midnight_utc_s(day, zone), midnight_utc_s(day + _SEVEN_DAYS, zone)))
        day += _SEVEN_DAYS
    return found


def midnight_utc_s(day: date, zone: ZoneInfo) -> int:
    """The beginning of a local day."""
    return int(datetime.combine(day, time(), zone).timestamp())


def split_by_fiscal_year(spans: list[Span], zone: ZoneInfo) -> Iterator[tuple[int, list[Span]]]:
    """The spans of each fiscal year; a year's factors hold for all of them."""
    years: dict[int, list[Span]] = {}
    for span in spans:
        years.setdefault(fiscal_year_of(span.start_utc_s, zone), []).append(span)
    yield from years.items()


def _name(size: str, start_utc_s: int, zone: ZoneInfo) -> str:
    if size == "year":
        return f"FY{fiscal_year_of(start_utc_s, zone)}"
    return datetime.fromtimestamp(start_utc_s, zone).strftime(_FORMATS[size])


def _next_hour(utc_s: int, zone: ZoneInfo) -> int:
    """The next full local hour; from the middle of one it is half an hour away."""
    return utc_s + (3600 if datetime.fromtimestamp(utc_s, zone).minute == 0 else INTERVAL_S)


def _next_month(utc_s: int, zone: ZoneInfo) -> int:
    return next(start for start in month_starts_utc_s(fiscal_year_of(utc_s, zone), zone) if start > utc_s)


def _next_year(utc_s: int, zone: ZoneInfo) -> int:
    return month_starts_utc_s(fiscal_year_of(utc_s, zone), zone)[-1]


_FOLLOWING: dict[str, Callable[[int, ZoneInfo], int]] = {
    "half-hour": lambda utc_s, _: utc_s + INTERVAL_S,
    "hour": _next_hour,
    "day": next_local_day_utc_s,
    "month": _next_month,
    "year": _next_year,
}
