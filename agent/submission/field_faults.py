"""What pydantic says of the fields of a document, as faults with a path. The only reader of pydantic's error types."""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from agent.submission.fault import Fault, Place
from agent.submission.fault_kinds import FaultKind, PlaceKind

_LONGEST_PATH = 200

_KINDS: Mapping[str, FaultKind] = {
    "missing": FaultKind.MISSING,
    "extra_forbidden": FaultKind.UNKNOWN_FIELD,
    "string_type": FaultKind.NOT_TEXT,
    "string_unicode": FaultKind.NOT_TEXT,
    "int_type": FaultKind.NOT_WHOLE,
    "int_parsing": FaultKind.NOT_WHOLE,
    "int_parsing_size": FaultKind.NOT_WHOLE,
    "int_from_float": FaultKind.NOT_WHOLE,
    "bool_type": FaultKind.NOT_BOOLEAN,
    "bool_parsing": FaultKind.NOT_BOOLEAN,
    "model_type": FaultKind.NOT_TABLE,
    "model_attributes_type": FaultKind.NOT_TABLE,
    "dict_type": FaultKind.NOT_TABLE,
    "tuple_type": FaultKind.NOT_LIST,
    "list_type": FaultKind.NOT_LIST,
    "greater_than_equal": FaultKind.AT_LEAST,
    "less_than_equal": FaultKind.AT_MOST,
    "string_too_long": FaultKind.TOO_LONG,
    "too_long": FaultKind.TOO_LONG,
    "string_too_short": FaultKind.TOO_SHORT,
    "too_short": FaultKind.TOO_SHORT,
    "string_pattern_mismatch": FaultKind.PATTERN,
    "enum": FaultKind.NOT_ONE_OF,
    "literal_error": FaultKind.NOT_ONE_OF,
}
"""Error types of https://docs.pydantic.dev/latest/errors/validation_errors/."""

_OWN: frozenset[str] = frozenset(
    {
        FaultKind.NUMBER_AS_TEXT,
        FaultKind.PLAIN_DIGITS,
        FaultKind.NO_NUMBER,
        FaultKind.CONTROL_CHARACTER,
        FaultKind.NO_DAY,
        FaultKind.NO_TIME,
    }
)
"""The checks of `parts` name the kind of fault themselves."""

_LIMITS = ("ge", "le", "max_length", "min_length")


def field_faults(error: ValidationError) -> list[Fault]:
    """All that is wrong with the fields."""
    return [_fault(detail) for detail in error.errors(include_url=False)]


def _fault(detail: ErrorDetails) -> Fault:
    kind = _kind(detail["type"])
    values = {} if kind in {FaultKind.MISSING, FaultKind.UNKNOWN_FIELD} else dict(_values(detail))
    return Fault.of(kind, Place(PlaceKind.FIELD, _path(detail["loc"])), **values)


def _kind(error_type: str) -> FaultKind:
    return FaultKind(error_type) if error_type in _OWN else _KINDS.get(error_type, FaultKind.FIELD_FORM)


def _values(detail: ErrorDetails) -> Iterator[tuple[str, object]]:
    """Pydantic's own sentence, and of its context what our sentences name."""
    yield "said", detail["msg"].removeprefix("Value error, ")
    for name, value in detail.get("ctx", {}).items():
        if name in _LIMITS:
            yield "limit", value
        elif name == "expected":
            yield name, str(value).replace(" or ", ", ")
        elif name in {"pattern", "digits", "character"}:
            yield name, value


def _path(location: Sequence[str | int]) -> str:
    return ascii(".".join(str(part) for part in location))[1:-1][:_LONGEST_PATH]
