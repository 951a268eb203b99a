"""What the headings of imported sheets mean, in English and Japanese."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class Heading(StrEnum):
    """What a column holds."""

    NAME = "name"
    """A point (device.point), a sheet, a stream or a product."""
    TIME = "time"
    """When a register was read."""
    DATE = "date"
    """The local day that a quantity belongs to."""
    MONTH = "month"
    FROM = "from"
    TO = "to"
    """The last day, or the instant that no longer counts."""
    REGISTER = "register"
    QUANTITY = "quantity"
    UNIT = "unit"
    STATE = "state"
    TOLERANCE = "tolerance"
    DOCUMENT = "document"


_WORDS = {
    Heading.NAME: ("name", "point", "stream", "product", "sheet", "計測点", "名称", "系統", "製品", "品種"),
    Heading.TIME: ("time", "日時", "検針日時", "検針日"),
    Heading.DATE: ("date", "day", "日付", "年月日"),
    Heading.MONTH: ("month", "年月", "月"),
    Heading.FROM: ("from", "開始", "開始日", "自"),
    Heading.TO: ("to", "終了", "終了日", "至"),
    Heading.REGISTER: ("register", "reading", "指示値", "指針"),
    Heading.QUANTITY: ("quantity", "amount", "数量", "使用量", "生産量"),
    Heading.UNIT: ("unit", "単位"),
    Heading.STATE: ("state", "reference state", "基準状態"),
    Heading.TOLERANCE: ("tolerance percent", "tolerance", "許容差", "許容差%"),
    Heading.DOCUMENT: ("document", "書類", "伝票番号", "請求書番号"),
}
_HEADING_OF = {word: heading for heading, words in _WORDS.items() for word in words}
_NAMED = re.compile(r"\s*(?P<name>[^\[\]()]+?)\s*[\[(](?P<unit>[^\[\]()]+)[\])]\s*")


@dataclass(frozen=True, slots=True)
class NamedColumn:
    """A column that belongs to one point or stream: its heading is the name and the unit, `sheet.coils [t]`."""

    name: str
    unit: str


def meaning_of(text: str) -> Heading | NamedColumn | None:
    """What a heading means; None for what is neither a known word nor a name with a unit in brackets."""
    plain = unicodedata.normalize("NFKC", text).strip()
    heading = _HEADING_OF.get(plain.lower().replace("_", " "))
    if heading is not None:
        return heading
    named = _NAMED.fullmatch(plain)
    return NamedColumn(named["name"], named["unit"].strip()) if named else None


def known_words() -> str:
    """The known headings, for a hint."""
    return ", ".join(f"{words[0]} ({words[-1]})" for words in _WORDS.values())
