"""Query parameters, read strictly: a value is of the form that is asked for, or the answer says what to write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from agent.accounting.calendar import fiscal_year_of
from agent.accounting.interval import INTERVAL_S
from agent.accounting.spans import SIZES
from agent.texts.refusal import RefusalError
from agent.texts.sentences import say
from agent.typed import TypedError, read_instant

FIRST_YEAR, LAST_YEAR = 1990, 2100
LONGEST_S: Mapping[str, int] = {
    "half-hour": 366 * 86_400,
    "hour": 366 * 86_400,
    "day": 3 * 366 * 86_400,
    "month": 30 * 366 * 86_400,
    "year": 30 * 366 * 86_400,
}
"""How much time may be asked for at once, by the size of its spans."""
SHORTEST_S: Mapping[str, int] = {
    "half-hour": 1_800,
    "hour": 3_600,
    "day": 23 * 3_600,
    "month": 28 * 86_400,
    "year": 365 * 86_400,
}
"""The shortest span of each size."""
_MOST_CHARACTERS = 100
_MOST_PAGES = 100_000


class ParamError(RefusalError):
    """A parameter cannot be understood. The sentence names it and says what to write."""


def too_many_units(units: Sequence[str]) -> ParamError:
    """What a picture with more than two axes would need."""
    return ParamError(say("param_units", units=", ".join(units)))


def nothing_since() -> ParamError:
    """A time to compare with that has not come."""
    return ParamError(say("param_nothing_since"))


def no_such_stream(name: str, known: Sequence[str]) -> ParamError:
    """A stream that the site does not have."""
    return ParamError(say("no_such_stream", value=name, known=", ".join(known)))


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time that half hours cut, in spans of a size."""

    size: str
    from_utc_s: int
    to_utc_s: int


class Params:
    """The parameters of one request. Every method raises ParamError for what it cannot read."""

    def __init__(self, given: Mapping[str, str], zone: ZoneInfo, now_utc_s: int) -> None:
        self._given = given
        self._zone = zone
        self._now_utc_s = now_utc_s

    def text(self, name: str) -> str:
        """A short text in one line; empty where nothing is given."""
        value = self._given.get(name, "")
        if len(value) > _MOST_CHARACTERS or not value.isprintable():
            raise ParamError(say("param_too_long", name=name, most=_MOST_CHARACTERS))
        return value

    def choice(self, name: str, choices: Sequence[str], default: str) -> str:
        """One of some words."""
        value = self.text(name) or default
        if value not in choices:
            raise ParamError(say("param_no_choice", name=name, value=value, choices=", ".join(choices)))
        return value

    def several(self, name: str, given: Sequence[str], choices: Sequence[str], most: int) -> tuple[str, ...]:
        """Some of many words, each once, in the order in which they are given."""
        if len(given) > most:
            raise ParamError(say("param_too_many", name=name, most=most))
        for value in given:
            if value not in choices:
                shown = value[:_MOST_CHARACTERS]
                raise ParamError(say("param_unknown", name=name, value=shown, count=len(choices)))
        return tuple(dict.fromkeys(given))

    def fiscal_year(self) -> int:
        """`fiscal_year`: the running one where none is given."""
        value = self.text("fiscal_year")
        if not value:
            return fiscal_year_of(self._now_utc_s, self._zone)
        if not (value.isascii() and value.isdigit() and len(value) == 4 and FIRST_YEAR <= int(value) <= LAST_YEAR):
            raise ParamError(say("param_no_year", value=value, first=FIRST_YEAR, last=LAST_YEAR))
        return int(value)

    def page(self) -> int:
        """`page`: counted from 1."""
        value = self.text("page") or "1"
        if not (value.isascii() and value.isdigit() and len(value) <= 6 and 1 <= int(value) <= _MOST_PAGES):
            raise ParamError(say("param_no_page", value=value, last=_MOST_PAGES))
        return int(value)

    def instant(self, name: str, default_utc_s: int) -> int:
        """A local date or time on :00 or :30, in UTC seconds."""
        value = self.text(name)
        if not value:
            return default_utc_s
        try:
            utc_s = read_instant(value, self._zone)
            year = datetime.fromtimestamp(utc_s, self._zone).year
        except TypedError as error:
            raise ParamError(*(say("param_said", name=name, said=reason) for reason in error.reasons)) from None
        except (OverflowError, OSError, ValueError):
            raise ParamError(say("param_no_calendar", name=name, value=value)) from None
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise ParamError(say("param_outside", name=name, value=value, first=FIRST_YEAR, last=LAST_YEAR))
        if utc_s % INTERVAL_S:
            raise ParamError(say("param_off_half_hour", name=name, value=value))
        return utc_s

    def period(self, default_size: str, default_from_utc_s: int, default_to_utc_s: int) -> Period:
        """`by`, `from` and `to`: not beyond the last closed half hour, and not longer than is served at once."""
        size = self.choice("by", SIZES, default_size)
        start = self.instant("from", default_from_utc_s)
        end = min(self.instant("to", default_to_utc_s), self._now_utc_s - self._now_utc_s % INTERVAL_S)
        if start >= end:
            raise ParamError(say("param_nothing_passed", name="from, to"))
        if end - start > LONGEST_S[size]:
            raise ParamError(say("param_too_much_time", size=size, days=LONGEST_S[size] // 86_400))
        return Period(size, start, end)
