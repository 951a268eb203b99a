"""A damaged journal is moved aside and its good part carried into a new one. Knows the tables, not what they mean.

Damage is what SQLite itself finds: a header that is none, pages that are cut off or do not fit together. Rows are read
from both ends of each table until the damage stops them.
"""

import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path

_ROWS_AT_ONCE = 500
_TABLES: dict[str, tuple[str, ...]] = {
    "layout": ("digest",),
    "point": ("id",),
    "account": ("device",),
    "cursor": ("destination",),
    "event": ("id",),
    "interval": ("point_id", "start_utc_s"),
    "superseded": ("seq",),
    "seal": ("id",),
    "outbox": ("seq",),
    "frame": ("seq",),
}
"""The tables and their keys, those that others refer to first. The day sums are drawn up again from the intervals."""

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Salvage:
    """What became of a damaged journal: where it lies now, what was wrong, and how many rows of each table are kept."""

    moved_to: Path
    reason: str
    kept: dict[str, int]

    def __str__(self) -> str:
        rows = ", ".join(f"{count} {table}" for table, count in self.kept.items() if count)
        return f"{self.reason}; moved to {self.moved_to.name}; kept: {rows or 'nothing'}"


_HEADER = b"SQLite format 3\0"


def is_database(path: Path) -> bool:
    """Whether a file begins as SQLite files do; a missing or empty one is fit to become one."""
    if not path.exists() or path.stat().st_size == 0:
        return True
    with path.open("rb") as file:
        return file.read(len(_HEADER)) == _HEADER


def find_damage(path: Path) -> str:
    """What is wrong with a journal file; empty for a sound one or none."""
    if not path.exists():
        return ""
    try:
        with closing(sqlite3.connect(path)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError:
        return ""  # the disk, a lock or the rights: opening will say so, and nothing is moved for it
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if verdict == "ok" else str(verdict).splitlines()[0]


def salvage(path: Path, reason: str, create: Callable[[Path], sqlite3.Connection]) -> Salvage:
    """Move the damaged file aside, to a numbered name, and fill a new one with what can be read of it."""
    names = (path.with_name(f"{path.name}.damaged-{number}") for number in count(1))
    moved_to = next(name for name in names if not name.exists())
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(moved_to.with_name(moved_to.name + suffix))
    kept = dict.fromkeys(_TABLES, 0)
    with closing(create(path)) as fresh:
        fresh.execute("PRAGMA foreign_keys = OFF")
        fresh.execute("BEGIN IMMEDIATE")
        for table, key in _TABLES.items():
            kept[table] = _carry(moved_to, fresh, table, key)
        fresh.execute("DELETE FROM frame WHERE layout NOT IN (SELECT digest FROM layout)")
        fresh.execute("DELETE FROM account WHERE layout NOT IN (SELECT digest FROM layout)")
        fresh.execute("DELETE FROM interval WHERE point_id NOT IN (SELECT id FROM point)")
        fresh.execute("INSERT OR REPLACE INTO cursor SELECT 'salvage', coalesce(max(seq), 0) FROM interval")
        fresh.execute("COMMIT")
    return Salvage(moved_to, reason, kept)


def checksum(values: bytes, quality: bytes, source_times: bytes) -> int:
    """What is kept beside a frame to know it again."""
    return zlib.crc32(source_times, zlib.crc32(quality, zlib.crc32(values)))


def _is_whole(table: str, row: Row) -> bool:
    """Whether a row can be trusted: a frame's page may have been cut off in the middle of it."""
    if table != "frame":
        return True
    *_, values, quality, source_times, kept = row
    blobs = (values, quality, source_times)
    return all(isinstance(blob, bytes) for blob in blobs) and checksum(*blobs) == kept  # type: ignore[arg-type] # checked


def _carry(damaged: Path, fresh: sqlite3.Connection, table: str, key: tuple[str, ...]) -> int:
    """Copy the rows that can be read from either end of a table; gives how many."""
    kept = 0
    for order in ("", " DESC"):
        for found in _readable(damaged, table, key, order):
            rows = [row for row in found if _is_whole(table, row)]
            if not rows:
                continue
            marks = ", ".join("?" * len(rows[0]))
            done = fresh.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", rows)  # noqa: S608 - constants
            kept += done.rowcount
            if done.rowcount < len(rows):
                return kept  # the two ends have met
    return kept


def _readable(damaged: Path, table: str, key: tuple[str, ...], order: str) -> Iterator[list[Row]]:
    """Rows in the order of their key, some at a time, until the damage."""
    ordering = ", ".join(f"{column}{order}" for column in key)
    try:
        with closing(sqlite3.connect(damaged)) as connection:
            connection.execute("PRAGMA writable_schema = ON")  # lets SQLite read a file that has been cut off
            rows = connection.execute(f"SELECT * FROM {table} ORDER BY {ordering}")  # noqa: S608 - constants
            while found := _fetch(rows):
                yield found
    except sqlite3.DatabaseError:
        return


def _fetch(rows: sqlite3.Cursor) -> list[Row]:
    """The next rows; fewer where the damage begins, none behind it."""
    found: list[Row] = []
    try:
        for row in rows:
            found.append(row)
            if len(found) == _ROWS_AT_ONCE:
                break
    except sqlite3.DatabaseError:
        return found
    return found
