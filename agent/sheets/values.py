"""Numbers, times and months out of cells. What can be read in two ways is refused with the way to write it."""

import re
from datetime import date, datetime
from decimal import Decimal

from agent.sheets.cell import Cell
from agent.texts.refusal import RefusalError
from agent.texts.sentences import Sentence, say
from agent.typed import narrowed, number_or_plain

_MONTH = re.compile(r"(\d{4})[-/年](\d{1,2})月?", re.ASCII)
_DAY = re.compile(r"(\d{4})[-/年](\d{1,2})[-/月](\d{1,2})日?(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.ASCII)
_ERA = re.compile(r"(令和|平成|昭和|R|H|S)\.?(元|\d{1,2})[年./-](\d{1,2})(?:[月./-](\d{1,2})日?)?月?")
_ERA_BEFORE_FIRST_YEAR = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988, "昭和": 1925, "S": 1925}


class WrongCell(RefusalError):  # noqa: N818 - names the state of the data
    """A cell does not hold what its column needs. `hint` says what to write."""

    def __init__(self, message: Sentence, hint: Sentence | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def text_in(cell: Cell) -> str:
    """The text of a cell, without blanks around it. Raises WrongCell for an empty cell or a cell with a problem."""
    if cell.problem is not None:
        raise WrongCell(cell.problem)
    if cell.content is None:
        raise WrongCell(say("cell_empty"), say("unknown_not_zero"))
    return cell.content.strip() if isinstance(cell.content, str) else str(cell.content)


def number_in(cell: Cell) -> Decimal:
    """The number in a cell. Raises WrongCell for everything that is not plainly one."""
    if isinstance(cell.content, Decimal) and not cell.problem:
        return cell.content
    text = text_in(cell)
    if isinstance(cell.content, datetime):
        raise WrongCell(say("cell_is_date", text=text), say("format_as_number"))
    number = number_or_plain(text)
    if isinstance(number, Decimal):
        return number
    if not number:
        raise WrongCell(say("cell_no_number", text=text), say("digits_with_point"))
    has_commas_alone = text.replace(",", "") == number
    kind = "cell_commas" if has_commas_alone else "cell_full_width"
    raise WrongCell(say(kind, text=text), say("write_plain", plain=number))


def moment_in(cell: Cell) -> datetime:
    """The local date, or date and time, in a cell. Raises WrongCell."""
    if isinstance(cell.content, datetime) and not cell.problem:
        return cell.content
    text = _narrow_text(cell)
    found = _DAY.fullmatch(text)
    if found is None:
        raise WrongCell(say("cell_no_date", text=text), say("write_date"))
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - local time of the site
    except ValueError as error:
        raise WrongCell(say("cell_no_day", text=text, said=error)) from None


def month_in(cell: Cell) -> date:
    """The first day of the month in a cell, written 2023-04 or a date in it. Raises WrongCell."""
    if isinstance(cell.content, datetime) and not cell.problem:
        return cell.content.date().replace(day=1)
    text = _narrow_text(cell)
    found = _MONTH.fullmatch(text)
    if found is None or not 1 <= int(found[2]) <= 12:
        raise WrongCell(say("cell_no_month", text=text), say("write_plain", plain="2023-04"))
    return date(int(found[1]), int(found[2]), 1)


def _narrow_text(cell: Cell) -> str:
    """The text of a date. Raises WrongCell, with the Western date, for a year of an era or full-width digits."""
    text = text_in(cell)
    if isinstance(cell.content, Decimal):
        raise WrongCell(say("cell_is_number", text=text), say("format_as_date"))
    narrow = narrowed(text)
    era = _ERA.fullmatch(narrow)
    if era is not None:
        year = _ERA_BEFORE_FIRST_YEAR[era[1]] + (1 if era[2] == "元" else int(era[2]))
        parts = [f"{int(part):02}" for part in era.groups()[2:] if part]
        raise WrongCell(say("cell_era", text=text), say("write_plain", plain="-".join([str(year), *parts])))
    if narrow != text:
        raise WrongCell(say("cell_full_width", text=text), say("write_plain", plain=narrow))
    return text
