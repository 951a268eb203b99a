"""Whole spans from a day on: none is counted before it has ended, and a week begins with the day that is named."""

import itertools
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from agent.accounting.spans import midnight_utc_s, whole_spans

TOKYO = ZoneInfo("Asia/Tokyo")


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=TOKYO).timestamp())


@pytest.mark.parametrize(
    ("size", "until", "names"),
    [
        ("day", "2023-04-03T00:00", ["2023-04-01", "2023-04-02"]),
        ("day", "2023-04-02T23:30", ["2023-04-01"]),
        ("day", "2023-04-01T00:00", []),
        ("day", "2023-03-01T00:00", []),
        ("week", "2023-04-15T00:00", ["2023-04-01", "2023-04-08"]),
        ("week", "2023-04-14T23:30", ["2023-04-01"]),
        ("month", "2023-06-30T23:30", ["2023-04", "2023-05"]),
        ("month", "2023-07-01T00:00", ["2023-04", "2023-05", "2023-06"]),
        ("year", "2024-03-31T23:30", []),
        ("year", "2024-04-01T00:00", ["FY2023"]),
    ],
)
def test_a_span_counts_once_it_has_ended(size: str, until: str, names: list[str]) -> None:
    spans = whole_spans(size, date(2023, 4, 1), at(until), TOKYO)
    assert [span.name for span in spans] == names
    assert [span.start_utc_s for span in spans[:1]] == [at("2023-04-01T00:00")][: len(names)]
    assert all(earlier.end_utc_s == later.start_utc_s for earlier, later in itertools.pairwise(spans))


def test_a_week_over_a_clock_change_has_seven_local_days() -> None:
    """In Berlin 2023-03-26 has 23 hours: the week from Monday the 20th has 167."""
    berlin = ZoneInfo("Europe/Berlin")
    (week,) = whole_spans("week", date(2023, 3, 20), midnight_utc_s(date(2023, 3, 28), berlin), berlin)
    assert week.end_utc_s - week.start_utc_s == 167 * 3600
