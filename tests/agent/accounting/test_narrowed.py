"""Of a book only what decides the figures of some time is kept, and those figures stay the same."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.accounting.booked import BookedHistory
from agent.accounting.booked_spans import BookedPoint, BookedSpan
from agent.accounting.declared import Declared
from agent.accounting.entries import Content, Entry, Exclusion, Invoice, Substitution, SubstitutionMethod
from agent.accounting.interval import INTERVAL_S
from agent.accounting.narrowed import narrow
from agent.storage.history import SiteHistory
from agent.storage.journal import Journal
from agent.storage.ledger import Ledger

NINE = 1_696_204_800
POINT = ("sheet", "rolled")


def spans(*ends: tuple[int, int]) -> tuple[BookedSpan, ...]:
    """Booked spans between half hours counted from nine o'clock, each of ten units an hour and its number more."""
    return tuple(
        BookedSpan(NINE + a * INTERVAL_S, NINE + b * INTERVAL_S, Decimal((b - a) * 5 + i), Decimal(1), (i,))
        for i, (a, b) in enumerate(ends)
    )


def booked(*ends: tuple[int, int]) -> Declared:
    return Declared({POINT: BookedPoint("sheet.rolled", Decimal(1), spans(*ends))})


def kept(declared: Declared, first: int, last: int) -> set[int]:
    """The numbers of what is kept for the half hours [first, last)."""
    narrowed = narrow(declared, NINE + first * INTERVAL_S, NINE + last * INTERVAL_S)
    return {number for point in narrowed.points.values() for span in point.spans for number in span.numbers}


def test_spans_that_overlap_are_kept_with_those_that_overlap_them() -> None:
    declared = booked((0, 10), (8, 12), (10, 20), (20, 30), (40, 50))
    assert kept(declared, 9, 10) == {0, 1, 2}
    assert kept(declared, 25, 26) == {3}
    assert kept(declared, 30, 40) == set()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> SiteHistory:
    """A history in which nothing is stored."""
    path = tmp_path_factory.mktemp("narrow") / "journal.sqlite3"
    Journal(path, ZoneInfo("Asia/Tokyo")).close()
    return SiteHistory(Ledger(path), ZoneInfo("Asia/Tokyo"))


ENDS = st.tuples(st.integers(0, 40), st.integers(1, 20)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(st.lists(ENDS, min_size=1, max_size=8), ENDS)
def test_the_half_hours_of_the_time_stay_the_same(
    empty: SiteHistory, ends: list[tuple[int, int]], asked: tuple[int, int]
) -> None:
    declared = booked(*ends)
    times = (NINE + asked[0] * INTERVAL_S, NINE + asked[1] * INTERVAL_S)
    whole, part = (BookedHistory(empty, each.points) for each in (declared, narrow(declared, *times)))
    assert [i.advance_raw for i in whole.intervals([POINT], *times)] == [
        i.advance_raw for i in part.intervals([POINT], *times)
    ]


def entry(number: int, content: Content) -> Entry:
    return Entry(number, 0, "manager", "because", "bill", content)


def test_excluded_time_is_kept_however_far_and_other_entries_where_they_have_a_part() -> None:
    day = 86_400
    entries = (
        entry(1, Exclusion("grid", NINE - 60 * day, NINE - 59 * day)),
        entry(2, Invoice("grid", NINE - 30 * day, NINE, Decimal(1))),
        entry(3, Invoice("grid", NINE - day, NINE + day, Decimal(1))),
        entry(4, Substitution("grid", NINE + day, NINE + 2 * day, SubstitutionMethod.MEAN)),
    )
    narrowed = narrow(Declared(corrections={"grid": entries, "gas": entries[1:2]}), NINE, NINE + day)
    assert {stream: [each.number for each in found] for stream, found in narrowed.corrections.items()} == {
        "grid": [1, 3]
    }
