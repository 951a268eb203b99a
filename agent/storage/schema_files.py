"""The numbered SQL files that make up the schema of a journal, and what a database of some version has to look like."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from importlib import resources

Schema = frozenset[tuple[str, str, str | None]]
"""Kind, name and SQL of each table and index."""


def schema_scripts() -> list[tuple[int, str]]:
    """The number and the SQL of each file, in order."""
    return sorted(_read_scripts())


def _read_scripts() -> Iterator[tuple[int, str]]:
    for entry in resources.files("agent.storage").joinpath("schema").iterdir():
        if entry.name.endswith(".sql"):
            yield int(entry.name.removesuffix(".sql")), entry.read_text(encoding="utf-8")


@cache
def schema_of(version: int) -> Schema:
    """The tables and indexes of a database of some version; none for version 0."""
    with closing(sqlite3.connect(":memory:")) as empty:
        for number, sql in schema_scripts():
            if number <= version:
                empty.executescript(sql)
        return read_schema(empty)


def read_schema(db: sqlite3.Connection) -> Schema:
    """The tables and indexes that a database has."""
    return frozenset(db.execute("SELECT type, name, sql FROM sqlite_master"))
