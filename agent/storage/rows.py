"""Reads the rows of a table of a damaged database, around what cannot be read. Knows no table by name."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

Row = tuple[object, ...]

UNREADABLE = (sqlite3.DatabaseError, UnicodeDecodeError)
"""What reading a damaged database raises: the second where SQLite quotes a name that is no text any more."""

_LOWEST = -1
_HIGHEST = 2**62
_MOST_NAMES = 100_000
"""More rows than this the tables that are read from both ends do not have."""
_MOST_TURNS = 100
"""So often rows may come out of order before a table is left: damaged pages can lead round in circles."""
_TYPES: dict[str, type] = {"INTEGER": int, "REAL": float, "TEXT": str, "BLOB": bytes}


@dataclass(frozen=True, slots=True)
class Table:
    """A table as a sound database has it: its columns with their types, and the columns of its key."""

    name: str
    types: tuple[type, ...]
    key: tuple[str, ...]
    key_places: tuple[int, ...]

    @classmethod
    def of(cls, db: sqlite3.Connection, name: str) -> "Table":
        """The table with this name."""
        columns = db.execute(f"PRAGMA table_info({name})").fetchall()
        keys = [(place, column, position) for position, column, _, _, _, place in columns if place]
        in_order = sorted(keys)
        return cls(
            name,
            tuple(_TYPES[column[2]] for column in columns),
            tuple(column for _, column, _ in in_order),
            tuple(position for _, _, position in in_order),
        )

    def fits(self, row: Row) -> bool:
        """Whether each field has its column's type: what a page of another table gives does not."""
        return tuple(map(type, row)) == self.types


def open_damaged(path: Path) -> sqlite3.Connection:
    """A connection that reads as much as it can and writes nothing. Text that is none comes as None."""
    db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
    db.text_factory = _text
    db.execute("PRAGMA writable_schema = ON")  # lets SQLite read a file that has been cut off
    return db


def _text(raw: bytes) -> str | None:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None


class ReadableRows:
    """The rows of a table that can be read, some perhaps twice, in no certain order.

    A table whose key is one number is searched for rows behind each damage. So is one whose key is two numbers, for
    each of the first in `groups`. Others are read from both ends. `was_stopped` tells whether there was a damage.
    """

    def __init__(self, db: sqlite3.Connection, table: Table, groups: Sequence[int] = ()) -> None:
        self._db = db
        self._table = table
        self._groups = groups
        self._turns_left = _MOST_TURNS
        self.was_stopped = False

    def __iter__(self) -> Iterator[Row]:
        table = self._table
        if len(table.key) == 1 and table.types[table.key_places[0]] is int:
            yield from self._around_damage("1", ())
        elif self._groups:
            for group in self._groups:
                yield from self._around_damage(f"{table.key[0]} = ?", (group,))
        else:
            for order in ("", " DESC"):
                ordering = ", ".join(f"{column}{order}" for column in table.key)
                reading = _Reading(self._db, f"SELECT * FROM {table.name} ORDER BY {ordering}", ())  # noqa: S608 - own names
                yield from islice(reading.rows(), _MOST_NAMES)
                self.was_stopped |= reading.was_stopped

    def _around_damage(self, within: str, group: tuple[int, ...]) -> Iterator[Row]:
        """The rows of a group in the order of the last column of the key, which is a number."""
        name, key, place = self._table.name, self._table.key[-1], self._table.key_places[-1]
        reading = _Reading(self._db, f"SELECT * FROM {name} WHERE {within} AND {key} >= ? ORDER BY {key}", group)  # noqa: S608 - own names
        from_key: int | None = _LOWEST
        while from_key is not None:
            last = from_key - 1
            for row in reading.rows(from_key):
                yield row
                found = row[place]
                self._turns_left -= not (isinstance(found, int) and found > last)
                last = found if isinstance(found, int) else last
                if not self._turns_left:
                    return
            self.was_stopped |= reading.was_stopped
            from_key = reading.first_behind(max(last, from_key)) if reading.was_stopped else None


class _Reading:
    """Reads the rows of a query until a damage stops it. Where the query has an argument more, it is the first key."""

    def __init__(self, db: sqlite3.Connection, query: str, group: tuple[int, ...]) -> None:
        self._db = db
        self._query = query
        self._group = group
        self.was_stopped = False

    def rows(self, *key: int) -> Iterator[Row]:
        """The rows from a key on, up to the damage."""
        self.was_stopped = False
        arguments, count = (*self._group, *key), 0
        try:
            for row in self._db.execute(self._query, arguments):
                count += 1
                yield row
        except UNREADABLE:
            self.was_stopped = True
            # Python has already asked for the row that cannot be read when it would give the one ahead of it.
            with suppress(*UNREADABLE):
                yield from self._db.execute(f"{self._query} LIMIT 1 OFFSET {count}", arguments).fetchmany(1)

    def first_behind(self, key: int) -> int | None:
        """The lowest key found, above `key`, from which on something can be read; None where nothing can."""
        unreadable, step = key, 1
        while not self._is_readable(key + step):
            unreadable, step = key + step, step * 2
            if key + step > _HIGHEST:
                return None
        readable = key + step
        while readable - unreadable > 1:
            middle = (readable + unreadable) // 2
            if self._is_readable(middle):
                readable = middle
            else:
                unreadable = middle
        return readable

    def _is_readable(self, key: int) -> bool:
        """Whether the first row from a key on can be read, or there is none."""
        try:
            self._db.execute(f"{self._query} LIMIT 1", (*self._group, key)).fetchone()
        except UNREADABLE:
            return False
        return True


class IndexRows:
    """The rows that an index gives, up to the first that cannot be read or is out of order; then `was_stopped`."""

    def __init__(self, db: sqlite3.Connection, query: str) -> None:
        self._reading = _Reading(db, query, ())
        self.was_stopped = False

    def __iter__(self) -> Iterator[Row]:
        last: Row | None = None
        for row in self._reading.rows():
            if not _follows(row, last):
                self.was_stopped = True
                return
            yield row
            last = row
        self.was_stopped = self._reading.was_stopped


def _follows(row: Row, last: Row | None) -> bool:
    with suppress(TypeError):
        return last is None or last < row
    return False
