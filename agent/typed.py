"""Numbers, times and units as people type them: what has one meaning is taken, all else refused with a hint.

Knows no site and no figure.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from agent.texts.refusal import RefusalError
from agent.texts.sentences import Sentence, say

_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,60})?")
"""As many digits as a submission has; no exponent, no signs but minus."""
_GROUPED = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")


class TypedError(RefusalError):
    """What was typed cannot be understood in exactly one way. The sentence says what to write."""


def number_or_plain(text: str) -> Decimal | str:
    """A number in plain digits with a decimal point; else the plain form of what is meant, empty where nothing is."""
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    narrow = narrowed(text).replace("\N{MINUS SIGN}", "-")
    if _GROUPED.fullmatch(narrow):
        narrow = narrow.replace(",", "")
    return narrow if _NUMBER.fullmatch(narrow) else ""


def read_number(text: str) -> Decimal:
    """A number in plain digits with a decimal point. Raises TypedError, with the plain form where one is meant."""
    number = number_or_plain(text)
    if isinstance(number, Decimal):
        return number
    raise TypedError(
        say("not_plain_digits", text=text, plain=number) if number else say("not_a_typed_number", text=text)
    )


def read_entry_number(text: str) -> int:
    """The number of an entry. Raises TypedError."""
    number = read_number(text)
    if number < 1 or number != number.to_integral_value():
        raise TypedError(say("no_entry_number", text=text))
    return int(number)


def read_instant(text: str, zone: ZoneInfo) -> int:
    """UTC seconds of a local date (its midnight) or local time, or a time with its offset. Raises TypedError."""
    try:
        moment = datetime.fromisoformat(text if text.isascii() else "")
    except ValueError:
        plain = narrowed(text)
        is_meant = plain.isascii() and plain != text
        raise TypedError(
            say("not_plain_time", text=text, plain=plain) if is_meant else say("no_time", text=text)
        ) from None
    if moment.microsecond:
        raise TypedError(say("part_of_second", text=text))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
        if moment.utcoffset() != moment.replace(fold=1).utcoffset():
            raise TypedError(say("clocks_change", text=text))
    return int(moment.timestamp())


def check_unit(written: str, declared: str, name: str) -> None:
    """A unit is the one in which something is declared; ㎥ and m³ are m3. Raises TypedError for any other."""
    narrow = narrowed(written)
    if narrow == declared:
        return
    is_normal_gas = declared == "m3" and narrow.lower() in {"nm3", "m3(n)"}
    kind = "normal_gas_unit" if is_normal_gas else "other_unit"
    raise TypedError(say(kind, name=name, declared=declared, written=written))


def read_text(text: str) -> str:
    """A line of text without superfluous white space. Raises TypedError for bytes that are no text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise TypedError(say("not_utf8", text=text)) from None
    return " ".join(text.split())


def narrowed(text: str) -> str:
    """Text without full-width characters and blanks around it."""
    return unicodedata.normalize("NFKC", text).strip()


def close_to(name: str, known: Iterable[str]) -> Sentence | None:
    """The hint at the known name that is most like one that is not known; None when none is like it."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return say("did_you_mean", name=close[0]) if close else None
