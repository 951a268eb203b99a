"""A correction changes what depends on it, and leaves the rest as it was drawn."""

from decimal import Decimal
from typing import Any

from agent.accounting.entries import (
    Answer,
    BookedQuantity,
    Content,
    Draft,
    Exclusion,
    Reading,
    Substitution,
    SubstitutionMethod,
    Withdrawal,
)
from agent.dashboard.book_marks import BookMarks
from agent.storage.book import Book, book_path
from tests.agent.dashboard.conftest import at

APRIL, MAY, JUNE, JULY = at("2023-04-01"), at("2023-05-01"), at("2023-06-01"), at("2023-07-01")
DAY_S = 86_400


def append(plant: Any, *contents: Content) -> None:
    book = Book(book_path(plant.site.path(plant.site.file.journal.path)))
    for content in contents:
        book.append([Draft("energy manager", "test", "", content)], 1_700_000_000_000, lambda _: None)


def point_of(plant: Any, stream_id: str) -> str:
    ref = next(stream for stream in plant.site.streams if stream.id == stream_id).points()[0]
    return f"{ref.device}.{ref.point}"


def test_without_a_book_a_time_depends_on_itself(plant: Any) -> None:
    mark = BookMarks(plant.site).over(MAY, JUNE)
    assert (mark.digest, mark.from_utc_s, mark.to_utc_s) == ("", MAY, JUNE)


def test_an_entry_touches_its_own_time_alone(plant: Any) -> None:
    marks = BookMarks(plant.site)
    before = [marks.over(*time) for time in ((APRIL, MAY), (MAY, JUNE), (JUNE, JULY))]
    append(plant, Exclusion("grid_power", MAY + DAY_S, MAY + 2 * DAY_S))
    after = [marks.over(*time) for time in ((APRIL, MAY), (MAY, JUNE), (JUNE, JULY))]
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, False, True]


def test_what_lies_between_two_readings_depends_on_both(plant: Any) -> None:
    marks, point = BookMarks(plant.site), point_of(plant, "grid_power")
    append(plant, Reading(point, APRIL + DAY_S, Decimal(1)))
    alone = marks.over(MAY, JUNE)
    append(plant, Reading(point, JUNE + DAY_S, Decimal(2)))
    both = marks.over(MAY, JUNE)
    assert alone.digest == ""
    assert both.digest != ""
    assert both.from_utc_s <= APRIL + DAY_S < JUNE + DAY_S <= both.to_utc_s


def test_a_point_tells_of_every_stream_that_rests_on_it(plant: Any) -> None:
    marks, point = BookMarks(plant.site), point_of(plant, "grid_power")
    append(plant, BookedQuantity(point, MAY, MAY + DAY_S, Decimal(5)))
    assert marks.over(MAY, JUNE).digest != ""


def test_a_substitution_depends_on_the_weeks_around(plant: Any) -> None:
    append(plant, Substitution("grid_power", MAY, MAY + DAY_S, SubstitutionMethod.MEAN))
    mark = BookMarks(plant.site).over(MAY, JUNE)
    assert mark.from_utc_s <= MAY - 28 * DAY_S
    assert mark.to_utc_s >= JUNE


def test_a_withdrawal_changes_and_an_answer_does_not(plant: Any) -> None:
    marks = BookMarks(plant.site)
    append(plant, Exclusion("grid_power", MAY, MAY + DAY_S))
    excluded = marks.over(MAY, JUNE)
    append(plant, Answer("gap:grid_power"))
    assert marks.over(MAY, JUNE) == excluded
    append(plant, Withdrawal(1))
    assert marks.over(MAY, JUNE).digest == ""
