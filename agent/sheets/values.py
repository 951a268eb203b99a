"""Numbers, times and months out of cells. What can be read in two ways is refused with the way to write it."""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal

from agent.sheets.cell import Cell

_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_GROUPED = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_MONTH = re.compile(r"(\d{4})[-/年](\d{1,2})月?", re.ASCII)
_DAY = re.compile(r"(\d{4})[-/年](\d{1,2})[-/月](\d{1,2})日?(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.ASCII)
_ERA = re.compile(r"(令和|平成|昭和|R|H|S)\.?(元|\d{1,2})[年./-](\d{1,2})(?:[月./-](\d{1,2})日?)?月?")
_ERA_BEFORE_FIRST_YEAR = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988, "昭和": 1925, "S": 1925}


class WrongCell(ValueError):  # noqa: N818 - names the state of the data
    """A cell does not hold what its column needs. `hint` says what to write."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def text_in(cell: Cell) -> str:
    """The text of a cell, without blanks around it. Raises WrongCell for an empty cell or a cell with a problem."""
    if cell.problem:
        raise WrongCell(cell.problem)
    if cell.content is None:
        raise WrongCell("is empty", "unknown is not zero: leave the whole row out, or fill it in")
    return cell.content.strip() if isinstance(cell.content, str) else str(cell.content)


def number_in(cell: Cell) -> Decimal:
    """The number in a cell. Raises WrongCell for everything that is not plainly one."""
    if isinstance(cell.content, Decimal) and not cell.problem:
        return cell.content
    text = text_in(cell)
    if isinstance(cell.content, datetime):
        raise WrongCell(f"{text} is a date, a number is needed", "set the cell's format to number")
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    narrow = unicodedata.normalize("NFKC", text)
    if narrow != text and (_NUMBER.fullmatch(narrow) or _GROUPED.fullmatch(narrow)):
        raise WrongCell(f"{text!r} has full-width characters", f"write {narrow.replace(',', '')}")
    if _GROUPED.fullmatch(text):
        raise WrongCell(f"{text!r} has commas", f"write {text.replace(',', '')}")
    raise WrongCell(f"{text!r} is no number", "digits with a point, such as 1234.5; the unit has a place of its own")


def moment_in(cell: Cell) -> datetime:
    """The local date, or date and time, in a cell. Raises WrongCell."""
    if isinstance(cell.content, datetime) and not cell.problem:
        return cell.content
    text = _narrow_text(cell)
    found = _DAY.fullmatch(text)
    if found is None:
        raise WrongCell(f"{text!r} is no date", "write 2023-04-01 or 2023-04-01 09:30")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - local time of the site
    except ValueError as error:
        raise WrongCell(f"{text!r} is no date: {error}") from None


def month_in(cell: Cell) -> date:
    """The first day of the month in a cell, written 2023-04 or a date in it. Raises WrongCell."""
    if isinstance(cell.content, datetime) and not cell.problem:
        return cell.content.date().replace(day=1)
    text = _narrow_text(cell)
    found = _MONTH.fullmatch(text)
    if found is None or not 1 <= int(found[2]) <= 12:
        raise WrongCell(f"{text!r} is no month", "write 2023-04")
    return date(int(found[1]), int(found[2]), 1)


def _narrow_text(cell: Cell) -> str:
    """The text of a date. Raises WrongCell, with the Western date, for a year of an era or full-width digits."""
    text = text_in(cell)
    if isinstance(cell.content, Decimal):
        raise WrongCell(f"{text} is a number, a date is needed", "set the cell's format to date, or write 2023-04-01")
    narrow = unicodedata.normalize("NFKC", text)
    era = _ERA.fullmatch(narrow)
    if era is not None:
        year = _ERA_BEFORE_FIRST_YEAR[era[1]] + (1 if era[2] == "元" else int(era[2]))
        parts = [f"{int(part):02}" for part in era.groups()[2:] if part]
        raise WrongCell(f"{text!r} counts years by an era", f"write {'-'.join([str(year), *parts])}")
    if narrow != text:
        raise WrongCell(f"{text!r} has full-width characters", f"write {narrow}")
    return text
