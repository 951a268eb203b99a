"""A file beside the journal for what takes long to draw. Whatever is in it can be drawn again.

What is kept holds for one mark. The file may go at any time, and one that cannot be read or written is as good as none.
"""

import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from decimal import InvalidOperation
from pathlib import Path

UNREADABLE = (sqlite3.Error, OSError, zlib.error, ValueError, LookupError, TypeError, InvalidOperation)
"""What the reading of a damaged file, or of a file of another release, may raise."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, mark TEXT NOT NULL, content BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS volume (
    gas TEXT NOT NULL, day_utc_s INTEGER NOT NULL, seal TEXT NOT NULL, m3 TEXT NOT NULL, shares TEXT NOT NULL,
    PRIMARY KEY (gas, day_utc_s)
) STRICT, WITHOUT ROWID;
"""


_MOST_KEPT = 2_000
"""So many drawings are kept; the oldest go."""


@dataclass(frozen=True, slots=True)
class KeptVolume:
    """A gas volume of a local day, as text: unrounded cubic metres, the shares of the day, and what seals both."""

    gas: str
    day_utc_s: int
    seal: str
    m3: str
    shares: str


def kept_path(journal: Path) -> Path:
    """Where the figures of a journal are kept."""
    return journal.with_name(f"{journal.name}.drawn")


class KeptFile:
    """Used from any thread; each call opens the file anew. A disk that refuses loses nothing but time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, name: str, mark: str) -> bytes | None:
        """What is kept under a name, if it is of this mark; None else."""
        with suppress(sqlite3.Error, OSError), self._opened() as db:
            row = db.execute("SELECT content FROM kept WHERE name = ? AND mark = ?", (name, mark)).fetchone()
            return None if row is None else bytes(row[0])
        return None

    def has(self, name: str, mark: str) -> bool:
        """Whether something is kept under a name that is of this mark."""
        with suppress(sqlite3.Error, OSError), self._opened() as db:
            return db.execute("SELECT 1 FROM kept WHERE name = ? AND mark = ?", (name, mark)).fetchone() is not None
        return False

    def put(self, name: str, mark: str, content: bytes) -> None:
        """Keep it in place of what was there under this name."""
        with suppress(sqlite3.Error, OSError), self._opened() as db:
            db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", (name, mark, content))
            db.execute("DELETE FROM kept WHERE rowid <= (SELECT max(rowid) FROM kept) - ?", (_MOST_KEPT,))

    def volumes(self) -> list[KeptVolume]:
        """All volumes."""
        with suppress(sqlite3.Error, OSError), self._opened() as db:
            return [KeptVolume(*row) for row in db.execute("SELECT gas, day_utc_s, seal, m3, shares FROM volume")]
        return []

    def put_volumes(self, volumes: Iterable[KeptVolume]) -> None:
        """Keep volumes in place of what was there of these days."""
        rows = [(each.gas, each.day_utc_s, each.seal, each.m3, each.shares) for each in volumes]
        with suppress(sqlite3.Error, OSError), self._opened() as db, db:
            db.execute("BEGIN")
            db.executemany("INSERT OR REPLACE INTO volume VALUES (?, ?, ?, ?, ?)", rows)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=1.0, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous = OFF")
            db.executescript(_SCHEMA)
            yield db
