"""Half hours add up to days, months and fiscal years of a place, whatever its clocks do, and after every revision."""

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.accounting.calendar import (
    fiscal_year_of,
    local_day_utc_s,
    month_starts_utc_s,
    months_of,
    next_local_day_utc_s,
)
from agent.accounting.interval import INTERVAL_MS, INTERVAL_S, Interval, Method, Sum
from agent.storage.history import SiteHistory
from agent.storage.journal import Batch, Journal
from agent.storage.ledger import Ledger

TOKYO = ZoneInfo("Asia/Tokyo")
ZONES = [TOKYO, *(ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe"))]
YEARS = [2022, 2023]

zones = st.sampled_from(ZONES)
years = st.sampled_from(YEARS)


def utc_s(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def days_of(fiscal_year: int, zone: ZoneInfo) -> list[int]:
    """The beginnings of the days of a fiscal year, and its end."""
    starts = month_starts_utc_s(fiscal_year, zone)
    days = [starts[0]]
    while days[-1] < starts[-1]:
        days.append(next_local_day_utc_s(days[-1], zone))
    return days


@pytest.mark.parametrize(("fiscal_year", "days", "half_hours"), [(2022, 365, 17_520), (2023, 366, 17_568)])
def test_a_japanese_fiscal_year_has_all_its_half_hours(fiscal_year: int, days: int, half_hours: int) -> None:
    """A year that contains a 29 February has 17,568 half hours."""
    months = months_of(fiscal_year, TOKYO)
    assert len(days_of(fiscal_year, TOKYO)) - 1 == days
    assert sum(end - start for _, start, end in months) == half_hours * INTERVAL_S


def test_fiscal_year_2023_begins_and_ends_at_15_utc() -> None:
    months = months_of(2023, TOKYO)
    assert (months[0][0], months[0][1]) == ("2023-04", utc_s("2023-03-31T15:00"))
    assert (months[-1][0], months[-1][2]) == ("2024-03", utc_s("2024-03-31T15:00"))
    assert fiscal_year_of(utc_s("2023-03-31T14:59:59"), TOKYO) == 2022
    assert fiscal_year_of(utc_s("2023-03-31T15:00"), TOKYO) == 2023


@pytest.mark.parametrize(
    ("zone", "noon_utc", "hours"),
    [
        ("Asia/Tokyo", "2023-10-29T03:00", 24),
        ("Europe/Berlin", "2023-10-29T12:00", 25),
        ("Europe/Berlin", "2023-03-26T12:00", 23),
        ("America/New_York", "2023-11-05T17:00", 25),
        ("America/New_York", "2024-03-10T17:00", 23),
        ("Australia/Lord_Howe", "2023-04-02T01:30", 24.5),
        ("Australia/Lord_Howe", "2023-10-01T01:30", 23.5),
    ],
)
def test_the_days_on_which_clocks_change(zone: str, noon_utc: str, hours: float) -> None:
    noon = utc_s(noon_utc)
    start, end = local_day_utc_s(noon, ZoneInfo(zone)), next_local_day_utc_s(noon, ZoneInfo(zone))
    assert start < noon < end
    assert (end - start) / 3600 == hours


@pytest.mark.parametrize("fiscal_year", YEARS)
@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_days_and_months_fill_the_year_without_gap_or_overlap(zone: ZoneInfo, fiscal_year: int) -> None:
    months, days = months_of(fiscal_year, zone), days_of(fiscal_year, zone)
    assert len(months) == 12
    assert all(one[2] == next_one[1] for one, next_one in pairwise(months))
    assert {start for _, start, _ in months} <= set(days)
    assert all(day % INTERVAL_S == 0 and local_day_utc_s(day, zone) == day for day in days)
    assert all(local_day_utc_s(end - 1, zone) == start for start, end in pairwise(days))
    assert len(days) - 1 == (365 if fiscal_year == 2022 else 366)


@given(zone=zones, utc=st.integers(utc_s("2021-01-01"), utc_s("2027-12-31")))
def test_every_instant_lies_in_its_day_and_its_fiscal_year(zone: ZoneInfo, utc: int) -> None:
    assert local_day_utc_s(utc, zone) <= utc < next_local_day_utc_s(utc, zone)
    starts = month_starts_utc_s(fiscal_year_of(utc, zone), zone)
    assert starts[0] <= utc < starts[-1]


# Half hours in the journal --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Written:
    """What one half hour is said to hold."""

    place: int
    """Which half hour: how many after (or, negative, before) a day's beginning."""
    day: int
    advance: int
    method: Method
    spanned_ms: int

    def as_interval(self, start_utc_s: int) -> Interval:
        observed_ms = 0 if self.method is Method.RECOVERED else self.spanned_ms
        ends = (10.0, 10.0 + self.advance)
        return Interval(
            "meter", "energy", start_utc_s, *ends, self.advance, self.method, self.spanned_ms, observed_ms, 1, 2
        )


methods = st.sampled_from([Method.MEASURED, Method.RECOVERED, Method.WRAPPED, Method.SUBSTITUTED])
writes = st.lists(
    st.builds(
        Written,
        place=st.integers(-3, 3),
        day=st.integers(0, 365),
        advance=st.integers(0, 2**24),
        method=methods,
        spanned_ms=st.integers(1, INTERVAL_MS),
    ),
    min_size=1,
    max_size=60,
)
"""Half hours around midnights, often the same one twice: days, months and the year are cut there."""


def sums_of(held: Iterable[Interval]) -> dict[Method, Sum]:
    """Sums by method, in whole numbers."""
    by_method: defaultdict[Method, list[Interval]] = defaultdict(list)
    for interval in held:
        by_method[interval.method].append(interval)
    return {
        method: Sum(
            method,
            len(group),
            sum(int(one.advance_raw) for one in group),
            sum(int(one.advance_raw) * one.spanned_ms for one in group),
            sum(one.spanned_ms for one in group),
            sum(one.observed_ms for one in group),
        )
        for method, group in by_method.items()
    }


def write_all(folder: Path, zone: ZoneInfo, intervals: Iterable[Interval]) -> Mapping[int, Interval]:
    """Write one after another into a journal, and what a dictionary would hold afterwards."""
    journal, model = Journal(folder / "journal.sqlite3", zone), dict[int, Interval]()
    for seq, interval in enumerate(intervals, 1):
        journal.commit(Batch(intervals=[(seq, interval)]))
        model[interval.start_utc_s] = interval
    journal.close()
    return model


def within(model: Mapping[int, Interval], start: int, end: int) -> dict[Method, Sum]:
    return sums_of(interval for at, interval in model.items() if start <= at < end)


@given(zone=zones, fiscal_year=years, written=writes)
@settings(max_examples=40, deadline=None)
def test_days_months_and_year_are_the_sums_of_their_half_hours(
    zone: ZoneInfo, fiscal_year: int, written: list[Written]
) -> None:
    """After any writes and revisions, kept sums of days say what the half hours say, and a dictionary of them."""
    days, months = days_of(fiscal_year, zone), month_starts_utc_s(fiscal_year, zone)
    intervals = [one.as_interval(days[min(one.day, len(days) - 1)] + one.place * INTERVAL_S) for one in written]
    with tempfile.TemporaryDirectory() as folder:
        model = write_all(Path(folder), zone, intervals)
        ledger = Ledger(Path(folder) / "journal.sqlite3")
        history = SiteHistory(ledger, zone)

        def stored(start: int, end: int) -> dict[Method, Sum]:
            return {part.method: part for part in history.sums("meter", "energy", start, end)}

        touched = {local_day_utc_s(at, zone) for at in model}
        for start, end in [
            *pairwise(months),
            (months[0], months[-1]),
            *((d, next_local_day_utc_s(d, zone)) for d in touched),
        ]:
            assert stored(start, end) == within(model, start, end)
            one_by_one = ledger.sums("meter", "energy", start, end, whole_days=False)
            assert {part.method: part for part in one_by_one} == within(model, start, end)
        for at in model:
            assert stored(at, at + INTERVAL_S) == within(model, at, at + INTERVAL_S)
        ledger.close()


@given(zone=zones, fiscal_year=years, written=writes)
@settings(max_examples=20, deadline=None)
def test_years_are_the_sums_of_their_months_and_months_of_their_days(
    zone: ZoneInfo, fiscal_year: int, written: list[Written]
) -> None:
    """Advance and spanned time, added up over days, over months, and over the year at once."""
    days, months = days_of(fiscal_year, zone), month_starts_utc_s(fiscal_year, zone)
    intervals = [one.as_interval(days[min(one.day, len(days) - 2)] + abs(one.place) * INTERVAL_S) for one in written]
    with tempfile.TemporaryDirectory() as folder:
        model = write_all(Path(folder), zone, intervals)
        ledger = Ledger(Path(folder) / "journal.sqlite3")
        history = SiteHistory(ledger, zone)
        totals = []
        for starts in (days, list(months), [months[0], months[-1]]):
            parts = [part for ends in pairwise(starts) for part in history.sums("meter", "energy", *ends)]
            totals.append((sum(part.advance_raw for part in parts), sum(part.spanned_ms for part in parts)))
        ledger.close()
    truth = (sum(one.advance_raw for one in model.values()), sum(one.spanned_ms for one in model.values()))
    assert totals == [truth] * 3
