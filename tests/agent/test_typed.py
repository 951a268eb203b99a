"""Numbers as people and sheets write them: plain digits are taken, what is meant is said, all else has no number."""

from decimal import Decimal

import pytest

from agent.sheets.cell import Cell
from agent.sheets.values import WrongCell, number_in
from agent.typed import TypedError, number_or_plain, read_number

PLAIN = ["0", "-0", "007", "52100.5", "-5", "1" * 30, "0." + "1" * 60]
MEANT = [
    ("52,100.5", "52100.5"),
    ("５２１００．５", "52100.5"),
    ("１，０００", "1000"),
    ("\N{MINUS SIGN}5", "-5"),
    (" 5", "5"),
]
NO_NUMBER = ["", " ", "5e4", "1_000", "0x10", "nan", "inf", "52.100,5", "1,00", "+5", ".5", "5.", "5 kg", "٣", "1" * 31]


@pytest.mark.parametrize("text", PLAIN)
def test_plain_digits_are_the_number_for_both(text: str) -> None:
    assert number_or_plain(text) == Decimal(text)
    assert read_number(text) == number_in(Cell(text, "a.csv:2:1")) == Decimal(text)


@pytest.mark.parametrize(("text", "plain"), MEANT)
def test_what_is_meant_is_never_taken_but_said(text: str, plain: str) -> None:
    assert number_or_plain(text) == plain
    with pytest.raises(TypedError, match=f"is not in plain digits: write {plain}$"):
        read_number(text)


@pytest.mark.parametrize(("text", "plain"), MEANT[:4])
def test_a_sheet_says_the_same_plain_form(text: str, plain: str) -> None:
    with pytest.raises(WrongCell) as refused:
        number_in(Cell(text, "a.csv:2:1"))
    assert str(refused.value.hint) == f"write {plain}"


@pytest.mark.parametrize("text", NO_NUMBER)
def test_everything_else_is_no_number_for_both(text: str) -> None:
    assert number_or_plain(text) == ""
    with pytest.raises(TypedError, match="is no number"):
        read_number(text)
    with pytest.raises(WrongCell, match="is no number"):
        number_in(Cell(text, "a.csv:2:1"))
