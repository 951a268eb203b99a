"""Long lists on the officer's pages, so many at a time. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

AT_ONCE = 200

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Part(Generic[_Item]):
    """What is shown of a list, and where that is: part `number` of `count`, the first is 1."""

    items: Sequence[_Item]
    number: int
    count: int


def part_of(found: Sequence[_Item], wanted: str, at_once: int = AT_ONCE) -> Part[_Item]:
    """The part of a list that a request asks for: the first where it asks for none, the last where there is no such."""
    count = max(1, -(-len(found) // at_once))
    asked = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 9 else 1
    number = min(max(asked, 1), count)
    return Part(found[(number - 1) * at_once : number * at_once], number, count)
