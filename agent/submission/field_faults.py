"""What pydantic says of the fields of a document, as faults with a path."""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from agent.submission.fault import Fault, Place
from agent.submission.fault_kinds import FaultKind, PlaceKind
from agent.texts.fields import field_kind, field_values

_LONGEST_PATH = 200

_NO_VALUES: Mapping[str, FaultKind] = {
    "missing": FaultKind.MISSING,
    "extra_forbidden": FaultKind.UNKNOWN_FIELD,
}

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


def field_faults(error: ValidationError) -> list[Fault]:
    """All that is wrong with the fields."""
    return [_fault(detail) for detail in error.errors(include_url=False)]


def _fault(detail: ErrorDetails) -> Fault:
    kind = _kind(detail["type"])
    values = {} if detail["type"] in _NO_VALUES else dict(_values(detail))
    return Fault.of(kind, Place(PlaceKind.FIELD, _path(detail["loc"])), **values)


def _kind(error_type: str) -> FaultKind:
    if error_type in _NO_VALUES:
        return _NO_VALUES[error_type]
    return FaultKind(error_type if error_type in _OWN else field_kind(error_type))


def _values(detail: ErrorDetails) -> Iterator[tuple[str, object]]:
    context = detail.get("ctx", {})
    yield from field_values(detail["msg"], context)
    yield from ((name, context[name]) for name in ("digits", "character") if name in context)


def _path(location: Sequence[str | int]) -> str:
    return ascii(".".join(str(part) for part in location))[1:-1][:_LONGEST_PATH]
