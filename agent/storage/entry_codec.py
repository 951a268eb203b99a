"""Contents of the book as a kind and canonical JSON, and back. Knows the types' fields, not what they mean.

Numbers with decimals are written as strings, so that no digit is lost. What is read must be exactly what could have
been written: an unknown kind or field, a wrong type, a number that is none is refused, never guessed.
"""

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Union, get_args, get_origin, get_type_hints

from agent.accounting.entries import (
    Answer,
    Assertion,
    BookedQuantity,
    Closing,
    Content,
    Exclusion,
    Invoice,
    MeterReplacement,
    Reading,
    Substitution,
    Withdrawal,
)

KINDS: Mapping[str, type[Content]] = {
    "reading": Reading,
    "quantity": BookedQuantity,
    "invoice": Invoice,
    "assertion": Assertion,
    "exclusion": Exclusion,
    "substitution": Substitution,
    "replacement": MeterReplacement,
    "answer": Answer,
    "withdrawal": Withdrawal,
    "closing": Closing,
}
"""The names of the types in the book. They are part of what is hashed: a name is never changed or used again."""

_NAMES = {target: name for name, target in KINDS.items()}
_HINTS = {name: get_type_hints(target) for name, target in KINDS.items()}

Plain = str | int | bool | None
"""What a field looks like in JSON."""


def kind_of(content: Content) -> str:
    """The name of a content's type."""
    return _NAMES[type(content)]


def plain(content: Content) -> dict[str, Plain]:
    """The fields as JSON has them."""
    return {field.name: _plain(getattr(content, field.name)) for field in fields(content)}


def encode(content: Content) -> str:
    """The fields as canonical JSON."""
    return canonical(plain(content))


def canonical(value: object) -> str:
    """JSON with sorted keys and nothing superfluous: equal values are equal texts."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)


def decode(kind: str, text: str) -> Content:
    """The content that `encode` wrote. A field with a default may be absent: older books do not have it.

    Raises ValueError, saying what is wrong.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}; written by a newer Atsuen?")
    target = KINDS[kind]
    written = json.loads(text, object_pairs_hook=_without_repeats, parse_float=_refuse, parse_constant=_refuse)
    if not isinstance(written, dict):
        raise ValueError(f"{kind}: no table of fields")  # noqa: TRY004 - one error for all that is wrong in a text
    expected = {field.name: field for field in fields(target)}
    if unknown := sorted(written.keys() - expected.keys()):
        raise ValueError(f"{kind}: unknown field {unknown[0]!r}; written by a newer Atsuen?")
    if absent := [name for name, field in expected.items() if name not in written and _is_required(field)]:
        raise ValueError(f"{kind}: the field {absent[0]!r} is missing")
    hints = _HINTS[kind]
    build: Callable[..., Content] = target
    return build(**{name: _read(f"{kind}.{name}", hints[name], value) for name, value in written.items()})


def _plain(value: object) -> Plain:
    match value:
        case Decimal() if value.is_finite():
            return str(value)
        case StrEnum():
            return value.value
        case str() | int() | None:
            return value
    raise TypeError(f"{value!r} cannot stand in the book")


def _read(where: str, hint: object, value: object) -> object:
    """A field's value in its type."""
    if get_origin(hint) in {Union, types.UnionType}:
        if value is None:
            return None
        (hint,) = (part for part in get_args(hint) if part is not types.NoneType)
    if hint in {str, int, bool}:
        if type(value) is hint:
            return value
    elif isinstance(value, str):
        if hint is Decimal:
            return _decimal(where, value)
        if isinstance(hint, type) and issubclass(hint, StrEnum) and value in list(hint):
            return hint(value)
    raise ValueError(f"{where}: {value!r} cannot stand here")


def _decimal(where: str, text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{where}: {text!r} is no number") from None
    if not number.is_finite() or str(number) != text:
        raise ValueError(f"{where}: {text!r} is not written as a number is")
    return number


def _is_required(field: "Field[object]") -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a field stands there twice")
    return table


def _refuse(text: str) -> object:
    raise ValueError(f"the number {text} is not written as text")
