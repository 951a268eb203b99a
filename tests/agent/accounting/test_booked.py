"""What people wrote down fills the half hours that nobody read, and nothing else; what does not fit is listed."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.accounting.booked import BookedDifference, BookedHistory, find_holes
from agent.accounting.booked_spans import BookProblem, BookProblemKind, read_points
from agent.accounting.calendar import month_starts_utc_s
from agent.accounting.counters import Replacement
from agent.accounting.entries import BookedQuantity, Content, Entry, MeterReplacement, Reading
from agent.accounting.interval import INTERVAL_MS, INTERVAL_S, Interval, Method
from agent.storage.history import SiteHistory
from agent.storage.journal import Batch, Journal
from agent.storage.ledger import Ledger
from collectors.frame import Kind, Point

TOKYO = ZoneInfo("Asia/Tokyo")
APRIL = month_starts_utc_s(2023, TOKYO)[0]
HOUR_S, DAY_S = 3600, 86_400
KEY = ("meter", "energy")
NAME = "meter.energy"
ENERGY = Point("energy", Kind.COUNTER, "kWh", Decimal("0.1"), modulus=1_000_000)
"""A count is 0.1 kWh; the register turns over at 100,000 kWh."""
POINTS = {NAME: ENERGY, "meter.power": Point("power", Kind.GAUGE, "kW")}


def entries(*contents: Content) -> list[Entry]:
    return [
        Entry(number, 0, "energy-manager", "sheet", "sheet 4", content) for number, content in enumerate(contents, 1)
    ]


def reading(at: int, register: str) -> Reading:
    return Reading(NAME, at, Decimal(register))


def quantity(start: int, end: int, kwh: str) -> BookedQuantity:
    return BookedQuantity(NAME, start, end, Decimal(kwh))


def stored(start: int, advance: float, spanned_ms: int = INTERVAL_MS) -> Interval:
    return Interval(*KEY, start, 0.0, advance, advance, Method.MEASURED, spanned_ms, spanned_ms, 1, 2)


@contextmanager
def history_of(*intervals: Interval) -> Iterator[SiteHistory]:
    """A journal on disk that holds these half hours."""
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal.sqlite3", TOKYO)
        journal.commit(Batch(intervals=list(enumerate(intervals, 1))))
        journal.close()
        ledger = Ledger(Path(folder) / "journal.sqlite3")
        yield SiteHistory(ledger, TOKYO)
        ledger.close()


def booked(history: SiteHistory, *contents: Content) -> BookedHistory:
    points, problems = read_points(entries(*contents), POINTS)
    assert problems == []
    return BookedHistory(history, points)


def counts(history: BookedHistory, start: int, end: int) -> dict[str, tuple[float, int]]:
    """Raw counts and minutes by method."""
    sums = history.sums(*KEY, start, end)
    return {part.method.value: (part.advance_raw, part.spanned_ms // 60_000) for part in sums}


def problems_of(*contents: Content, points: dict[str, Point] | None = None) -> list[BookProblem]:
    return read_points(entries(*contents), points or POINTS)[1]


def test_a_quantity_of_time_that_nobody_read_is_shared_out_in_whole_counts() -> None:
    """100 kWh are 1,000 counts over three half hours: 333, 333 and 334. None of it is measured."""
    end = APRIL + 3 * INTERVAL_S
    with history_of() as nothing:
        history = booked(nothing, quantity(APRIL, end, "100"))
        found = list(history.intervals([KEY], APRIL, end + DAY_S))
        assert counts(history, APRIL, end) == {"recovered": (1000, 90)}
    assert [(one.start_utc_s, one.advance_raw) for one in found] == [
        (APRIL, 333),
        (APRIL + INTERVAL_S, 333),
        (APRIL + 2 * INTERVAL_S, 334),
    ]
    assert {(one.method, one.spanned_ms, one.observed_ms) for one in found} == {(Method.RECOVERED, INTERVAL_MS, 0)}


def test_what_was_read_stays_and_the_rest_goes_where_nothing_was() -> None:
    """Two hours of 100 kWh; one half hour was read as 40 kWh: 60 kWh are left for three half hours, 200 counts each."""
    end = APRIL + 2 * HOUR_S
    with history_of(stored(APRIL + INTERVAL_S, 400)) as known:
        history = booked(known, quantity(APRIL, end, "100"))
        assert counts(history, APRIL, end) == {"measured": (400, 30), "recovered": (600, 90)}
        found = {one.start_utc_s: one.advance_raw for one in history.intervals([KEY], APRIL, end)}
        assert [found[start] for start in range(APRIL, end, INTERVAL_S)] == [200, 400, 200, 200]
        assert history.numbers(*KEY, APRIL, end) == {1}
        assert history.differences() == []


def test_registers_read_before_the_agent_began_give_exact_totals() -> None:
    """25,000.0 kWh at midnight, 25,960.0 at the next, 26,000.0 at 12:00; the agent reads from 12:00 on."""
    noon = APRIL + DAY_S + 12 * HOUR_S
    contents = (reading(APRIL, "25000.0"), reading(APRIL + DAY_S, "25960.0"), reading(noon, "26000.0"))
    with history_of(stored(noon, 50)) as known:
        history = booked(known, *contents)
        assert counts(history, APRIL, APRIL + DAY_S) == {"recovered": (9600, 1440)}
        assert counts(history, APRIL + DAY_S, noon + HOUR_S) == {"recovered": (400, 720), "measured": (50, 30)}
        assert history.numbers(*KEY, APRIL, APRIL + DAY_S) == {1, 2}


def test_a_register_that_turned_over() -> None:
    """From 99,990 to 20 kWh with a register of 100,000 are 30 kWh."""
    with history_of() as nothing:
        history = booked(nothing, reading(APRIL, "99990"), reading(APRIL + HOUR_S, "20"))
        assert counts(history, APRIL, APRIL + DAY_S) == {"recovered": (300, 60)}


@pytest.mark.parametrize(("is_in_site_file", "is_in_book"), [(True, False), (False, True), (True, True)])
def test_a_meter_that_was_replaced_between_two_readings(is_in_site_file: bool, is_in_book: bool) -> None:
    """Old meter from 500 to 620 kWh, new one from 5 to 45: 160 kWh, wherever the replacement is declared."""
    at_ms = (APRIL + 1234) * 1000
    said = entries(reading(APRIL, "500"), reading(APRIL + HOUR_S, "45"))
    swap = MeterReplacement(NAME, at_ms, Decimal(620), Decimal(5))
    declared = [Replacement(*KEY, at_ms, 6200.0, 50.0, "work order 7")] if is_in_site_file else []
    if is_in_book:
        said.append(Entry(3, 0, "energy-manager", "worn out", "work order 7", swap))
    points, problems = read_points(said, {NAME: Point("energy", Kind.COUNTER, "kWh", Decimal("0.1"))}, declared)
    assert problems == []
    assert [span.quantity for span in points[KEY].spans] == [Decimal(160)]


@pytest.mark.parametrize(("at_swap", "advances"), [("620", [120, 40]), ("5", [120, 40])])
def test_a_reading_at_the_very_replacement_is_of_the_register_that_it_shows(at_swap: str, advances: list[int]) -> None:
    swap_utc_s = APRIL + HOUR_S
    contents = (
        MeterReplacement(NAME, swap_utc_s * 1000, Decimal(620), Decimal(5)),
        reading(APRIL, "500"),
        reading(swap_utc_s, at_swap),
        reading(APRIL + 2 * HOUR_S, "45"),
    )
    points, problems = read_points(entries(*contents), POINTS)
    assert problems == []
    assert [span.quantity for span in points[KEY].spans] == advances


def test_a_fall_that_nothing_explains_has_no_number() -> None:
    """The readings on both sides of it still count."""
    end = APRIL + 3 * HOUR_S
    said = entries(*(reading(APRIL + n * HOUR_S, text) for n, text in enumerate(("500", "510", "400", "430"))))
    points, problems = read_points(said, {NAME: Point("energy", Kind.COUNTER, "kWh")})
    assert problems == [
        BookProblem(NAME, APRIL + HOUR_S, APRIL + 2 * HOUR_S, BookProblemKind.FALL, (2, 3)),
    ]
    with history_of() as nothing:
        assert counts(BookedHistory(nothing, points), APRIL, end) == {"recovered": (40, 120)}


def test_more_than_the_plant_can_use_has_no_number() -> None:
    """100 kWh an hour at the most: 1,000 kWh in an hour are a slip of the pen, or a turn that never was."""
    limited = {NAME: Point("energy", Kind.COUNTER, "kWh", modulus=10_000, maximum_per_hour=Decimal(100))}
    (problem,) = problems_of(reading(APRIL, "500"), reading(APRIL + HOUR_S, "1500"), points=limited)
    assert problem.kind is BookProblemKind.TOO_FAST
    assert problems_of(reading(APRIL, "500"), reading(APRIL + HOUR_S, "600"), points=limited) == []


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (BookedQuantity("meter.enrgy", APRIL, APRIL + DAY_S, Decimal(1)), BookProblemKind.NO_SUCH_POINT),
        (BookedQuantity("meter.power", APRIL, APRIL + DAY_S, Decimal(1)), BookProblemKind.NO_COUNTER),
        (quantity(APRIL, APRIL + 1000, "1"), BookProblemKind.OFF_THE_HALF_HOUR),
        (quantity(APRIL, APRIL, "1"), BookProblemKind.OFF_THE_HALF_HOUR),
        (reading(APRIL + 1, "1"), BookProblemKind.OFF_THE_HALF_HOUR),
    ],
)
def test_what_gives_no_number(content: BookedQuantity | Reading, kind: BookProblemKind) -> None:
    (problem,) = problems_of(content)
    assert (problem.kind, problem.numbers) == (kind, (1,))


def test_more_measured_than_booked_stays_measured_and_is_listed() -> None:
    """The sheet says 30 kWh for an hour of which one half hour was read as 40 kWh."""
    end = APRIL + HOUR_S
    with history_of(stored(APRIL, 400)) as known:
        history = booked(known, quantity(APRIL, end, "30"))
        assert counts(history, APRIL, end) == {"measured": (400, 30)}
        assert history.differences() == [BookedDifference(NAME, APRIL, end, Decimal(30), Decimal("40.0"), (1,))]


def test_a_time_that_is_measured_throughout_stays_so() -> None:
    """Within the last digit of the sheet, 0.5 kWh here, there is nothing to list; beyond it there is."""
    end = APRIL + HOUR_S
    with history_of(stored(APRIL, 400), stored(APRIL + INTERVAL_S, 405)) as known:
        near = booked(known, quantity(APRIL, end, "81"))
        assert (near.differences(), counts(near, APRIL, end)) == ([], {"measured": (805, 60)})
        far = booked(known, quantity(APRIL, end, "82"))
        assert counts(far, APRIL, end) == {"measured": (805, 60)}
        (difference,) = far.differences()
        assert (difference.booked, difference.measured) == (Decimal(82), Decimal("80.5"))


def test_a_rounded_sheet_may_have_a_little_less_than_was_measured() -> None:
    with history_of(stored(APRIL, 405)) as known:
        history = booked(known, quantity(APRIL, APRIL + HOUR_S, "40"))
        assert counts(history, APRIL, APRIL + HOUR_S) == {"measured": (405, 30), "recovered": (0, 30)}
        assert history.differences() == []


def test_a_day_within_a_month_keeps_its_own_sheet() -> None:
    """10 days of 1,000 kWh; the third has its own sheet of 190 kWh: 810 kWh are left for the nine others, 90 each."""
    end, third = APRIL + 10 * DAY_S, APRIL + 2 * DAY_S
    with history_of() as nothing:
        history = booked(nothing, quantity(APRIL, end, "1000"), quantity(third, third + DAY_S, "190"))
        days = [counts(history, start, start + DAY_S)["recovered"][0] for start in range(APRIL, end, DAY_S)]
        assert days == [900, 900, 1900, *[900] * 7]
        assert history.numbers(*KEY, third, third + DAY_S) == {2}


def test_a_later_entry_of_the_same_time_holds() -> None:
    end = APRIL + HOUR_S
    with history_of() as nothing:
        history = booked(nothing, quantity(APRIL, end, "10"), quantity(APRIL, end, "12"))
        assert counts(history, APRIL, end) == {"recovered": (120, 60)}
        assert history.differences() == []


def test_points_without_entries_are_asked_for_as_they_are() -> None:
    with history_of(stored(APRIL, 400)) as known:
        history = BookedHistory(known, {})
        assert history.sums(*KEY, APRIL, APRIL + DAY_S) == known.sums(*KEY, APRIL, APRIL + DAY_S)
        assert list(history.intervals([KEY], APRIL, APRIL + DAY_S)) == [stored(APRIL, 400)]
        assert history.numbers(*KEY, APRIL, APRIL + DAY_S) == set()
        assert history.differences() == []


places = st.integers(0, 95)


@given(read=st.sets(places, max_size=60), ends=st.sets(st.integers(1, 95), max_size=6))
@settings(max_examples=40, deadline=None)
def test_holes_are_the_half_hours_that_nothing_is_stored_of(read: set[int], ends: set[int]) -> None:
    cuts = [APRIL + place * INTERVAL_S for place in (0, *sorted(ends), 96)]
    with history_of(*(stored(APRIL + place * INTERVAL_S, 1) for place in sorted(read))) as known:
        holes = list(find_holes(known, KEY, cuts))
    inside = {start for hole in holes for start in range(*hole, INTERVAL_S)}
    assert inside == {APRIL + place * INTERVAL_S for place in range(96) if place not in read}


spans = st.tuples(places, st.integers(1, 60), st.integers(0, 5000))


@given(
    read=st.dictionaries(places, st.integers(0, 100), max_size=40),
    sheets=st.lists(spans, min_size=1, max_size=5),
    cuts=st.sets(st.integers(1, 95), max_size=8),
)
@settings(max_examples=60, deadline=None)
def test_any_cut_gives_the_same_total_and_a_total_is_kept(
    read: dict[int, int], sheets: Sequence[tuple[int, int, int]], cuts: set[int]
) -> None:
    """Sums by any cut are the sums of half hours; a sheet alone in its time, that finds room, is there to the count."""
    contents = [
        quantity(APRIL + place * INTERVAL_S, APRIL + (place + length) * INTERVAL_S, str(kwh))
        for place, length, kwh in sheets
    ]
    intervals = [stored(APRIL + place * INTERVAL_S, advance) for place, advance in read.items()]
    edges = [APRIL, *(APRIL + cut * INTERVAL_S for cut in sorted(cuts)), APRIL + 160 * INTERVAL_S]
    with history_of(*intervals) as known:
        history = booked(known, *contents)
        rows = list(history.intervals([KEY], edges[0], edges[-1]))
        by_cut = [counts(history, *time) for time in pairwise(edges)]
        whole = counts(history, edges[0], edges[-1])
        listed = {number for found in history.differences() for number in found.numbers}
        first_alone = [c for c in contents[:1] if len({(x.from_utc_s, x.to_utc_s) for x in contents}) == 1]
        for content in first_alone if not listed else []:
            total = sum(raw for raw, _ in counts(history, content.from_utc_s, content.to_utc_s).values())
            assert abs(Decimal(total) / 10 - contents[-1].quantity) <= 1
    assert len({row.start_utc_s for row in rows}) == len(rows)
    for method in ("measured", "recovered"):
        expected = sum(row.advance_raw for row in rows if row.method.value == method)
        assert sum(found.get(method, (0, 0))[0] for found in by_cut) == expected
        assert whole.get(method, (0, 0))[0] == expected
        minutes = 30 * sum(row.method.value == method for row in rows)
        assert sum(found.get(method, (0, 0))[1] for found in by_cut) == minutes
    assert sum(row.advance_raw for row in rows if row.method is Method.MEASURED) == sum(read.values())
