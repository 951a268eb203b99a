"""Days, months and Japanese fiscal years of a place, as instants in UTC seconds. Knows no clock."""

from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

FIRST_MONTH = 4
"""A Japanese fiscal year begins on 1 April."""


def fiscal_year_of(utc_s: int, zone: ZoneInfo) -> int:
    """The fiscal year (1 April to 31 March) that an instant falls into at a place."""
    local = datetime.fromtimestamp(utc_s, zone)
    return local.year if local.month >= FIRST_MONTH else local.year - 1


@lru_cache(maxsize=4096)
def local_day_utc_s(utc_s: int, zone: ZoneInfo) -> int:
    """The beginning of the local day that an instant falls into."""
    local = datetime.fromtimestamp(utc_s, zone)
    return int(datetime(local.year, local.month, local.day, tzinfo=zone).timestamp())


def next_local_day_utc_s(utc_s: int, zone: ZoneInfo) -> int:
    """The beginning of the local day after the one that an instant falls into; days have 23 to 25 hours."""
    local = datetime.fromtimestamp(utc_s, zone).date() + timedelta(days=1)
    return int(datetime(local.year, local.month, local.day, tzinfo=zone).timestamp())


def month_starts_utc_s(fiscal_year: int, zone: ZoneInfo) -> tuple[int, ...]:
    """The beginnings of the twelve months of a fiscal year, and its end."""
    months = [(fiscal_year + (FIRST_MONTH - 1 + i) // 12, (FIRST_MONTH - 1 + i) % 12 + 1) for i in range(13)]
    return tuple(int(datetime(year, month, 1, tzinfo=zone).timestamp()) for year, month in months)


def months_of(fiscal_year: int, zone: ZoneInfo) -> tuple[tuple[str, int, int], ...]:
    """The twelve months of a fiscal year: name (`2023-04`), beginning and end."""
    starts = month_starts_utc_s(fiscal_year, zone)
    return tuple((datetime.fromtimestamp(start, zone).strftime("%Y-%m"), start, end) for start, end in pairwise(starts))
