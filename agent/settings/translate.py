"""Turns what pydantic says of a value into mistakes with positions and hints."""

import difflib
import types
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from agent.settings.mistakes import Mistake
from agent.settings.toml_source import KeyPath

Locate = Callable[[KeyPath, str, str], Mistake]
"""Makes a mistake out of a key path, a message and a hint, in whatever file the path came from."""


def mistakes_of(error: ValidationError, model: type[BaseModel], locate: Locate) -> list[Mistake]:
    """All that pydantic found, one mistake each."""
    found = []
    for detail in error.errors(include_url=False):
        if detail["type"] == "too_short" and detail["input"]:
            continue  # its items are there, but wrong: they have their own entries
        path = _readable(detail["loc"])
        name = ".".join(str(part) for part in path if isinstance(part, str))
        if detail["type"] == "extra_forbidden":
            message = f"unknown key {path[-1]!r}"
            hint = _did_you_mean(str(path[-1]), _keys_at(model, path[:-1]))
        elif detail["type"] == "missing":
            message, hint = f"{name} is missing", f"add the key {path[-1]!r}"
        else:
            message = f"{name}: {detail['msg'].removeprefix('Value error, ')}"
            hint = "" if isinstance(detail["input"], dict | BaseModel) else f"it says {detail['input']!r}"
        found.append(locate(path, message, hint))
    return found


def _readable(location: Sequence[str | int]) -> KeyPath:
    """Pydantic's location without its own marks for the branch of a union or a validator."""
    return tuple(part for part in location if isinstance(part, int) or part.replace("_", "a").isalnum())


def _did_you_mean(key: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known keys: {', '.join(known)}" if known else ""


def _keys_at(model: type[BaseModel], path: KeyPath) -> list[str]:
    """The keys that the table at a path may have."""
    for part in path:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        inner = _model_in(field.annotation) if field is not None else None
        if inner is None:
            return []
        model = inner
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation such as `tuple[Model, ...] | None` speaks of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in {Annotated, Union, types.UnionType, tuple, list}:
        for argument in get_args(annotation):
            inner = _model_in(argument)
            if inner is not None:
                return inner
    return None
