"""What a cell may hold, and what is refused with the way to write it."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from agent.sheets.cell import Cell, Content
from agent.sheets.values import WrongCell, moment_in, month_in, number_in
from agent.texts.sentences import Sentence, say

WIDE = str.maketrans({char: chr(ord(char) + 0xFEE0) for char in "0123456789.,-"})


def cell(content: Content, problem: Sentence | None = None) -> Cell:
    return Cell(content, "sheet.xlsx:A!B2", problem)


@pytest.mark.parametrize(
    ("content", "number"),
    [("1234.5", "1234.5"), ("-0", "-0"), (" 007 ", "7"), (Decimal("0.30"), "0.30"), ("1234567890123456789.25",) * 2],
)
def test_plain_numbers_are_taken_digit_for_digit(content: Content, number: str) -> None:
    assert number_in(cell(content)) == Decimal(number)


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        ("1234.5".translate(WIDE), "full-width", "write 1234.5"),
        ("1,234".translate(WIDE), "full-width", "write 1234"),
        ("1,234", "commas", "write 1234"),
        ("1.234,5", "no number", "digits with a point"),
        ("1e6", "no number", "digits with a point"),
        ("12 kL", "no number", "a place of its own"),
        ("NaN", "no number", ""),
        ("±5", "no number", ""),
        ("٣", "no number", ""),
        (None, "is empty", "unknown is not zero"),
        (datetime(2023, 4, 1), "is a date", "format to number"),
    ],
)
def test_what_is_not_plainly_a_number_is_refused(content: Content, message: str, hint: str) -> None:
    with pytest.raises(WrongCell, match=message) as caught:
        number_in(cell(content))
    assert hint in str(caught.value.hint or "")


def test_a_cell_with_a_problem_never_becomes_a_value() -> None:
    for take in (number_in, moment_in, month_in):
        with pytest.raises(WrongCell, match="#REF!"):
            take(cell(None, say("formula_error", text="#REF!")))


@pytest.mark.parametrize(
    ("content", "moment"),
    [
        ("2023-04-01", datetime(2023, 4, 1)),
        ("2023/4/1", datetime(2023, 4, 1)),
        ("2023年4月1日", datetime(2023, 4, 1)),
        ("2024-02-29 09:30", datetime(2024, 2, 29, 9, 30)),
        ("2024-02-29T09:30:00", datetime(2024, 2, 29, 9, 30)),
        (datetime(2023, 4, 1, 8), datetime(2023, 4, 1, 8)),
    ],
)
def test_dates_are_read_in_the_ways_people_write_them(content: Content, moment: datetime) -> None:
    assert moment_in(cell(content)) == moment


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        ("令和5年4月1日", "era", "write 2023-04-01"),
        ("令和元年5月1日", "era", "write 2019-05-01"),
        ("R5.4.1", "era", "write 2023-04-01"),
        ("平成31年4月30日", "era", "write 2019-04-30"),
        ("H31/4/30", "era", "write 2019-04-30"),
        ("2023-04-01".translate(WIDE), "full-width", "write 2023-04-01"),
        ("2023-02-29", "no date", ""),
        ("1/4/2023", "no date", "write 2023-04-01"),
        ("23-04-01", "no date", ""),
        (Decimal(45017), "is a number", "format to date"),
        (None, "is empty", ""),
    ],
)
def test_other_dates_are_refused_with_the_way_to_write_them(content: Content, message: str, hint: str) -> None:
    with pytest.raises(WrongCell, match=message) as caught:
        moment_in(cell(content))
    assert hint in str(caught.value.hint or "")


@pytest.mark.parametrize("content", ["2023-04", "2023/4", "2023年4月", datetime(2023, 4, 17)])
def test_months(content: Content) -> None:
    assert month_in(cell(content)) == date(2023, 4, 1)


@pytest.mark.parametrize(
    ("content", "hint"), [("令和5年4月", "write 2023-04"), ("2023-13", "write 2023-04"), ("4月", "write 2023-04")]
)
def test_other_months_are_refused(content: Content, hint: str) -> None:
    with pytest.raises(WrongCell) as caught:
        month_in(cell(content))
    assert str(caught.value.hint or "") == hint
