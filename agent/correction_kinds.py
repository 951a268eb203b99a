"""The kinds of corrections that a person can declare: their fields, and the content that these say.

The one description from which `atsuen correct` draws its arguments and the dashboard its forms.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agent.accounting.entries import (
    Answer,
    Assertion,
    BookedQuantity,
    Content,
    Exclusion,
    Invoice,
    MeterReplacement,
    Reading,
    Substitution,
    Withdrawal,
)
from agent.correction_fields import (
    AT,
    FINDING,
    FROM,
    METHOD,
    NEW_START,
    NUMBER,
    OLD_END,
    POINT,
    QUANTITY,
    REGISTER,
    STATE,
    STREAM,
    TO,
    TOLERANCE,
    UNIT,
    Field,
    Typed,
    Words,
    not_among,
)
from agent.settings.site import Site
from agent.typed import TypedError, read_entry_number


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of correction: its name in the book and as a command, what it says, and how its content comes about."""

    name: str
    command: str
    purpose: Words
    fields: tuple[Field, ...]
    describe: Callable[[Typed], Content]

    def content(self, values: Mapping[str, str], site: Site) -> Content:
        """What the values of the fields say. Raises TypedError for what cannot be understood."""
        return self.describe(Typed(values, site))


def _assertion(typed: Typed) -> Assertion:
    return Assertion(typed.name(), *typed.span(), typed.quantity(), typed.plain_number(TOLERANCE.name), typed.state())


def _substitution(typed: Typed) -> Substitution:
    quantity = typed.quantity() if typed.text(QUANTITY.name) else None
    return Substitution(typed.name(), *typed.span(), typed.method(), quantity, typed.state())


def _replacement(typed: Typed) -> MeterReplacement:
    displays = typed.number(OLD_END.name), typed.number(NEW_START.name)
    return MeterReplacement(typed.name(), typed.time(AT.name) * 1000, *displays)


_SPAN = (FROM, TO)
_AMOUNT = (QUANTITY, UNIT, STATE)
_VALUE = (
    QUANTITY.optional(
        ("quantity, if an engineer states it", "数量(推定値の場合)"),
        ("how much, for the method `value`", "方法が `value` の場合の数量"),
    ),
    UNIT.optional(("its unit", "数量の単位"), ("the unit that goes with it", "数量の単位。サイト設定のとおりに書く")),
    STATE,
)

KINDS = (
    Kind(
        "reading",
        "reading",
        ("a register as somebody read it off the display, at :00 or :30", "毎時0分・30分に計器から読み取った指示値"),
        (POINT, AT, REGISTER, UNIT),
        lambda typed: Reading(typed.name(), typed.time(AT.name), typed.number(REGISTER.name)),
    ),
    Kind(
        "quantity",
        "quantity",
        ("what a counter advanced, from a sheet", "帳票による積算計の増分"),
        (POINT, *_SPAN, QUANTITY, UNIT),
        lambda typed: BookedQuantity(typed.name(), *typed.span(), typed.quantity()),
    ),
    Kind(
        "invoice",
        "invoice",
        ("an invoice that takes the place of the site's own meters", "自社計器の値に代えて採用する請求値"),
        (STREAM, *_SPAN, *_AMOUNT),
        lambda typed: Invoice(typed.name(), *typed.span(), typed.quantity(), typed.state()),
    ),
    Kind(
        "assertion",
        "assert",
        (
            "an invoice or bill that the figures are held against; changes nothing",
            "集計値と照合する請求値(集計値は変わらない)",
        ),
        (STREAM, *_SPAN, *_AMOUNT, TOLERANCE),
        _assertion,
    ),
    Kind(
        "exclusion",
        "exclude",
        ("time in which a stream's readings do not count", "系統の計測値を使わない期間"),
        (STREAM, *_SPAN),
        lambda typed: Exclusion(typed.name(), *typed.span()),
    ),
    Kind(
        "substitution",
        "substitute",
        ("what stands in for missing time", "欠測期間の代替"),
        (STREAM, *_SPAN, METHOD, *_VALUE),
        _substitution,
    ),
    Kind(
        "replacement",
        "replace",
        (
            "a counter's meter that was replaced: the displays of the old one and of the new one",
            "積算計の交換(旧計器と新計器の指示値)",
        ),
        (POINT, AT, OLD_END, NEW_START, UNIT),
        _replacement,
    ),
    Kind(
        "answer",
        "answer",
        (
            "the explanation (the reason) of a finding that keeps a year from being closed",
            "年度の締めを妨げている指摘への説明(理由欄に書く)",
        ),
        (FINDING,),
        lambda typed: Answer(typed.text(FINDING.name)),
    ),
    Kind(
        "withdrawal",
        "withdraw",
        ("an earlier entry that no longer holds", "以前の記入の取消"),
        (NUMBER,),
        lambda typed: Withdrawal(read_entry_number(typed.text(NUMBER.name))),
    ),
)


def kind_named(name: str) -> Kind:
    """The kind of a name in the book. Raises TypedError for one that nobody can declare."""
    for kind in KINDS:
        if kind.name == name:
            return kind
    raise TypedError(not_among("kind", name, (kind.name for kind in KINDS)))
