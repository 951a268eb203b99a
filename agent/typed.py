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

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")
"""More digits than any display or invoice has; no exponent, no signs but minus."""
_GROUPED = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")


class TypedError(ValueError):
    """What was typed cannot be understood in exactly one way. The message says what to write."""


def read_number(text: str) -> Decimal:
    """A number in plain digits with a decimal point. Raises TypedError, with the plain form where one is meant."""
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    narrow = unicodedata.normalize("NFKC", text).replace("\N{MINUS SIGN}", "-").strip()
    if _GROUPED.fullmatch(narrow):
        narrow = narrow.replace(",", "")
    if _NUMBER.fullmatch(narrow):
        raise TypedError(f"{text!r} is not in plain digits: write {narrow}")
    raise TypedError(f"{text!r} is no number: write digits and a point, as in 12345.6")


def read_entry_number(text: str) -> int:
    """The number of an entry. Raises TypedError."""
    number = read_number(text)
    if number < 1 or number != number.to_integral_value():
        raise TypedError(f"{text!r} is no entry: entries are numbered 1, 2, 3 …")
    return int(number)


def read_instant(text: str, zone: ZoneInfo) -> int:
    """UTC seconds of a local date (its midnight) or local time, or a time with its offset. Raises TypedError."""
    narrow = unicodedata.normalize("NFKC", text).strip()
    hint = narrow if narrow.isascii() and narrow != text else "2026-11-24 or 2026-11-24T13:30"
    try:
        moment = datetime.fromisoformat(text if text.isascii() else "")
    except ValueError:
        raise TypedError(f"{text!r} is no time: write {hint}") from None
    if moment.microsecond:
        raise TypedError(f"{text!r} has a part of a second: leave it out")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
        if moment.utcoffset() != moment.replace(fold=1).utcoffset():
            raise TypedError(f"{text!r} is there twice or not at all where the clocks change: write it with its offset")
    return int(moment.timestamp())


def check_unit(written: str, declared: str, name: str) -> None:
    """A unit is the one in which something is declared; ㎥ and m³ are m3. Raises TypedError for any other."""
    narrow = unicodedata.normalize("NFKC", written).strip()
    if narrow == declared:
        return
    if declared == "m3" and narrow.lower() in {"nm3", "m3(n)"}:
        hint = "write m3 and the state that it is billed in: --state nm3"
    else:
        hint = f"convert it, and write the {declared}"
    raise TypedError(f"{name} is counted in {declared}, not in {written}: {hint}")


def read_text(text: str) -> str:
    """A line of text without superfluous white space. Raises TypedError for bytes that are no text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise TypedError(f"{text!r} is not UTF-8: set the terminal to UTF-8") from None
    return " ".join(text.split())


def close_to(name: str, known: Iterable[str]) -> str:
    """The hint at the known name that is most like one that is not known; empty when none is like it."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {close[0]!r}?" if close else ""
