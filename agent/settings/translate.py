"""Turns what pydantic says of a value into mistakes with positions and hints."""

import types
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from agent.settings.mistakes import Mistake
from agent.settings.toml_source import KeyPath
from agent.texts.fields import FieldKind, field_kind, field_values
from agent.texts.mistakes import COLLECTORS_SENTENCES
from agent.texts.sentences import Sentence, Words, say
from agent.typed import close_to
from collectors.wrong import WrongSettings

Locate = Callable[[KeyPath, Words, Words | None], Mistake]
"""Makes a mistake out of a key path, a message and a hint, in whatever file the path came from."""


def mistakes_of(error: ValidationError, model: type[BaseModel], locate: Locate) -> list[Mistake]:
    """All that pydantic found, one mistake each."""
    found = []
    for detail in error.errors(include_url=False):
        if detail["type"] == "too_short" and detail["input"]:
            continue  # its items are there, but wrong: they have their own entries
        path = _readable(detail["loc"])
        hint = _hint(detail, path, model)
        found += [locate(path, message, hint) for message in _messages(detail, path)]
    return found


def _messages(detail: ErrorDetails, path: KeyPath) -> Iterator[Sentence]:
    name = ".".join(part for part in path if isinstance(part, str))
    context, kind = detail.get("ctx", {}), field_kind(detail["type"])
    if detail["type"] == "extra_forbidden":
        yield say("unknown_key", key=path[-1])
    elif detail["type"] == "missing":
        yield say("key_missing", name=name)
    elif kind is not FieldKind.FIELD_FORM:
        yield say(kind, **dict(field_values(detail["msg"], context))).at(name)
    else:
        for message in _of_validator(context.get("error"), detail["msg"]):
            yield message.at(name)


def _of_validator(error: object, said: str) -> Iterator[Sentence]:
    """What a validator refuses: one of ours says a sentence, a collector's what has one of its kind, others English."""
    if isinstance(error, WrongSettings):
        for wrong in error.found:
            told = f"{error.where}: {wrong.said}" if error.where else wrong.said
            kind = wrong.kind if wrong.kind in COLLECTORS_SENTENCES else "said_elsewhere"
            yield say(kind, **{**dict(wrong.values), "said": told})
    elif isinstance(error, ValueError) and error.args and isinstance(error.args[0], Sentence):
        yield error.args[0]
    else:
        yield say("said_elsewhere", said=said.removeprefix("Value error, "))


def _hint(detail: ErrorDetails, path: KeyPath, model: type[BaseModel]) -> Words | None:
    if detail["type"] == "extra_forbidden":
        return _did_you_mean(str(path[-1]), _keys_at(model, path[:-1]))
    if detail["type"] == "missing":
        return say("add_key", key=path[-1])
    return None if isinstance(detail["input"], dict | BaseModel) else say("it_says", found=repr(detail["input"]))


def _readable(location: Sequence[str | int]) -> KeyPath:
    """Pydantic's location without its own marks for the branch of a union or a validator."""
    return tuple(part for part in location if isinstance(part, int) or part.replace("_", "a").isalnum())


def _did_you_mean(key: str, known: Sequence[str]) -> Sentence | None:
    return close_to(key, known) or (say("known_keys", known=", ".join(known)) if known else None)


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
