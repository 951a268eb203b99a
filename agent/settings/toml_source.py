"""TOML files with positions, so that every mistake can be named by file, line and column."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import tree_sitter
import tree_sitter_toml

from agent.settings.mistakes import Mistake, SettingsError
from agent.texts.sentences import Words, say

KeyPath = tuple[str | int, ...]

_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_toml.language()))
_KEYS = {"bare_key", "quoted_key", "dotted_key"}


@dataclass(frozen=True)
class TomlSource:
    """A TOML file: what it says, and where each key stands."""

    path: Path
    data: dict[str, Any]
    text: str

    @cached_property
    def positions(self) -> dict[KeyPath, tuple[int, int]]:
        """Line and column of each key, from 1; looked for when asked for, since a file without mistakes needs none."""
        return dict(_positions(_PARSER.parse(self.text.encode()).root_node))

    def position(self, key_path: KeyPath) -> tuple[int, int]:
        """Where the key stands, or the nearest key around it; the file's start when none is known."""
        for length in range(len(key_path), 0, -1):
            if key_path[:length] in self.positions:
                return self.positions[key_path[:length]]
        return (1, 1)

    def mistake(self, key_path: KeyPath, message: Words, hint: Words | None = None) -> Mistake:
        """A mistake at a key of this file."""
        line, column = self.position(key_path)
        return Mistake(self.path, line, column, message, hint)


def read_toml(path: Path, *, exact: bool = False) -> TomlSource:
    """Read a TOML file. Raises SettingsError when it is missing or is not TOML, with the line.

    With `exact`, a number with a point is a Decimal of the digits that stand there.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError([Mistake(path, 0, 0, say("no_file"), say("copy_the_demo"))]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([Mistake(path, 0, 0, say("unreadable", said=error))]) from error
    try:
        data = tomllib.loads(text, parse_float=Decimal if exact else float)
    except tomllib.TOMLDecodeError as error:
        line, column = _position_of(str(error))
        raise SettingsError([Mistake(path, line, column, say("not_toml", said=error))]) from error
    return TomlSource(path, data, text)


def _position_of(message: str) -> tuple[int, int]:
    """The position that tomllib writes at the end of its messages: `(at line 3, column 5)`."""
    digits = "".join(character if character.isdigit() else " " for character in message.rpartition("(at ")[2]).split()
    return (int(digits[0]), int(digits[1])) if len(digits) == 2 else (0, 0)


def _positions(root: tree_sitter.Node) -> Iterator[tuple[KeyPath, tuple[int, int]]]:
    counts: dict[KeyPath, int] = {}
    for node in root.named_children:
        if node.type == "pair":
            yield from _pair(node, ())
        elif node.type in {"table", "table_array_element"}:
            key = next(child for child in node.named_children if child.type in _KEYS)
            path = _table_path(key, counts, is_array=node.type == "table_array_element")
            yield path, _start(key)
            for child in node.named_children:
                if child.type == "pair":
                    yield from _pair(child, path)


def _table_path(key: tree_sitter.Node, counts: dict[KeyPath, int], *, is_array: bool) -> KeyPath:
    """The path of a table header; a name on the way that is an array of tables means its last element."""
    parts = _key_parts(key)
    path: KeyPath = ()
    for number, part in enumerate(parts):
        path = (*path, part)
        if is_array and number == len(parts) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _pair(node: tree_sitter.Node, outer: KeyPath) -> Iterator[tuple[KeyPath, tuple[int, int]]]:
    key, value = node.named_children[0], node.named_children[-1]
    path = outer
    for part in _key_parts(key):
        path = (*path, part)
        yield path, _start(key)
    yield from _value(value, path)


def _value(node: tree_sitter.Node, path: KeyPath) -> Iterator[tuple[KeyPath, tuple[int, int]]]:
    if node.type == "inline_table":
        for child in node.named_children:
            if child.type == "pair":
                yield from _pair(child, path)
    elif node.type == "array":
        items = [child for child in node.named_children if child.type != "comment"]
        for index, child in enumerate(items):
            yield (*path, index), _start(child)
            yield from _value(child, (*path, index))


def _key_parts(key: tree_sitter.Node) -> list[str]:
    if key.type == "dotted_key":
        return [part for child in key.named_children for part in _key_parts(child)]
    text = (key.text or b"").decode()
    return [text[1:-1] if key.type == "quoted_key" else text]


def _start(node: tree_sitter.Node) -> tuple[int, int]:
    return node.start_point.row + 1, node.start_point.column + 1
