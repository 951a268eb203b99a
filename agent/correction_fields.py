"""What a person types for one correction: the fields that there are, in both languages, and how each is understood.

Knows neither command line nor web page; both draw their inputs from these fields.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from agent.accounting.entries import SubstitutionMethod
from agent.accounting.gas_volume import ReferenceState
from agent.corrections import unit_of
from agent.settings.site import Site
from agent.texts.sentences import Sentence, say
from agent.typed import TypedError, check_unit, read_instant, read_number, read_text

_MOST_CHARACTERS = 500
Words = tuple[str, str]
"""A text in English and in Japanese, in the order of `agent.texts.LANGUAGES`."""


class Shape(StrEnum):
    """What kind of text a field takes."""

    WORD = "word"
    POINT = "point"
    STREAM = "stream"
    TIME = "time"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the words that a field may have, and what a reader is told."""

    word: str
    label: Words


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to be typed: `label` stands beside it, `meaning` says what is meant.

    `metavar` is for one that the command line takes by its place instead of a flag.
    """

    name: str
    label: Words
    meaning: Words
    shape: Shape = Shape.WORD
    is_needed: bool = True
    choices: tuple[Choice, ...] = ()
    metavar: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """The words to choose from."""
        return tuple(choice.word for choice in self.choices)

    def optional(self, label: Words, meaning: Words) -> "Field":
        """The same, but it may be left out."""
        return replace(self, is_needed=False, label=label, meaning=meaning)


class Typed:
    """What was typed, by the names of the fields. Every method raises TypedError for what cannot be understood."""

    def __init__(self, values: Mapping[str, str], site: Site) -> None:
        self._values = values
        self._site = site

    def text(self, name: str) -> str:
        """A line of text; empty where nothing was given."""
        value = read_text(self._values.get(name, ""))
        if len(value) > _MOST_CHARACTERS or not value.isprintable():
            raise TypedError(say("not_one_line", field=_called(name), limit=_MOST_CHARACTERS))
        return value

    def name(self) -> str:
        """A point, stream or product that the site has."""
        name = self.text(POINT.name)
        unit_of(self._site, name)
        return name

    def time(self, name: str) -> int:
        """A local time, in UTC seconds."""
        try:
            return read_instant(self._values.get(name, ""), self._site.file.site.zone)
        except (OverflowError, OSError) as error:
            raise TypedError(say("beyond_calendar", field=_called(name))) from error

    def span(self) -> tuple[int, int]:
        """From and to, in UTC seconds."""
        return self.time(FROM.name), self.time(TO.name)

    def number(self, name: str) -> Decimal:
        """A number in the unit in which the point or stream is declared."""
        number, declared = read_number(self._values.get(name, "")), unit_of(self._site, self.name())
        if not self.text(UNIT.name):
            raise TypedError(say("no_unit", field=_called(name), name=self.name(), declared=declared))
        check_unit(self.text(UNIT.name), declared, self.name())
        return number

    def quantity(self) -> Decimal:
        """How much."""
        return self.number(QUANTITY.name)

    def plain_number(self, name: str) -> Decimal:
        """A number that has no unit."""
        return read_number(self._values.get(name, ""))

    def state(self) -> ReferenceState | None:
        """The reference state of a gas volume, where one is named."""
        chosen = self._choice(STATE)
        return ReferenceState(chosen) if chosen else None

    def method(self) -> SubstitutionMethod:
        """What stands in."""
        return SubstitutionMethod(self._choice(METHOD))

    def _choice(self, field: Field) -> str:
        chosen = self.text(field.name)
        if chosen not in field.words and (chosen or field.is_needed):
            raise TypedError(not_among(field.name, chosen, field.words))
        return chosen


def not_among(field: str, chosen: str, known: Iterable[str]) -> Sentence:
    """What is said of a word that a field cannot have."""
    return say("not_among", field=_called(field), chosen=chosen, known=", ".join(known))


def _called(field: str) -> Sentence:
    return say(f"field_{field}")


POINT = Field(
    "name",
    ("counter", "積算計"),
    ("the counter, written device.point", "積算計。機器.計測点 の形で書く"),
    Shape.POINT,
    metavar="POINT",
)
STREAM = Field(
    "name",
    ("stream or product", "系統・製品"),
    ("the stream or product", "系統または製品"),
    Shape.STREAM,
    metavar="STREAM",
)
AT = Field("at", ("local time", "日時"), ("local date and time", "現地の日付と時刻"), Shape.TIME)
FROM = Field("from", ("from", "自"), ("local date or time", "現地の日付または日時"), Shape.TIME)
TO = Field(
    "to",
    ("to (no longer counts)", "至(含まない)"),
    ("the first moment that no longer counts", "対象に含まない最初の時点"),
    Shape.TIME,
)
QUANTITY = Field("quantity", ("quantity", "数量"), ("how much, in plain digits", "数量。桁区切りのない半角数字で書く"))
UNIT = Field(
    "unit",
    ("unit", "単位"),
    ("the unit that goes with it, as the site declares it", "数値の単位。サイト設定のとおりに書く"),
)
STATE = Field(
    "state",
    ("gas state", "気体の状態"),
    ("what a gas volume refers to", "気体体積の基準状態"),
    Shape.CHOICE,
    is_needed=False,
    choices=(
        Choice(ReferenceState.AS_METERED, ("as metered", "計器・請求書のとおり")),
        Choice(ReferenceState.NM3, ("Nm³ (0 °C, 101.325 kPa)", "Nm³(0 ℃、101.325 kPa)")),
        Choice(ReferenceState.SATP, ("m³ SATP (25 °C, 100 kPa)", "m³ SATP(25 ℃、100 kPa)")),
    ),
)
METHOD = Field(
    "method",
    ("what stands in", "代替方法"),
    ("what stands in", "欠測の代わりに使うもの"),
    Shape.CHOICE,
    choices=(
        Choice(SubstitutionMethod.LAST_WEEK, ("same time the week before", "前週同時刻")),
        Choice(SubstitutionMethod.MEAN, ("mean of the 28 days around", "前後計28日間の平均")),
        Choice(SubstitutionMethod.VALUE, ("an engineer's value", "技術者の推定値")),
    ),
)
REGISTER = Field("register", ("display", "指示値"), ("what the display showed", "計器の表示値"))
OLD_END = Field(
    "old_end",
    ("old meter's last display", "旧計器の最終指示値"),
    ("the old meter's last display", "旧計器の最終指示値"),
)
NEW_START = Field(
    "new_start",
    ("new meter's first display", "新計器の開始指示値"),
    ("the new meter's first display", "新計器の開始指示値"),
)
TOLERANCE = Field("tolerance", ("tolerance, %", "許容差 %"), ("in per cent", "許容する差(%)"))
FINDING = Field(
    "finding", ("finding", "指摘のキー"), ("the finding's key", "指摘のキー。年度の締めの一覧にある"), metavar="FINDING"
)
NUMBER = Field("number", ("entry", "記入番号"), ("its number in the book", "帳簿での記入番号"), metavar="NUMBER")
