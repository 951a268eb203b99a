"""The book on disk: an append-only chain of what people declare. Knows no figures.

It is a file of its own beside the journal: the journal has one writer, the agent, and may be moved aside when the disk
damaged it, while people write the book at any time, the agent running or not, and a book is never salvaged by leaving
rows out: it is evidence. One file without a write-ahead log beside it, so that a copy of the file is a whole copy.

Each row has the SHA-256 of the hash before it and of itself in canonical JSON. What is changed, removed, inserted or
put in another order no longer fits. The newest hash, noted elsewhere, also proves that nothing was cut off at the end.
"""

import hashlib
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from agent.accounting.entries import Draft, Entry
from agent.storage.database import StorageError
from agent.storage.entry_codec import canonical, decode, encode, kind_of
from agent.storage.folders import make_folder

_SCHEMA = 1
_WAIT_S = 10.0
"""How long one writer waits for another."""

_RESTORE = "it is evidence and nothing in it is repaired or left out: put your newest copy in its place"
_HINTS = {
    "SQLITE_BUSY": "somebody else is writing it; try again in a moment",
    "SQLITE_READONLY": "write as the user to whom it belongs",
    "SQLITE_CANTOPEN": "check the folder, its owner and its rights",
    "SQLITE_PERM": "write as the user to whom it belongs",
    "SQLITE_FULL": "nothing was written: free disk space",
    "SQLITE_IOERR": "nothing was written: check the disk",
}

Check = Callable[[list[Entry]], None]
"""Looks at what the book holds before a row is added, and raises to refuse."""

_Row = tuple[Any, ...]
"""number, time_ms, person, reason, document, kind, content, hash"""


class BookError(StorageError):
    """The book cannot be used. The message says which file, why, and what to do."""


@dataclass(frozen=True, slots=True)
class VerifiedBook:
    """What came out of verifying: the entries that there are, the newest hash, what does not fit, one line each."""

    entries: int
    head: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Examined:
    entries: list[Entry]
    head: bytes
    problems: list[str]


def book_path(journal: Path) -> Path:
    """Where the book of a journal lies: `x.sqlite3` has `x.book.sqlite3`."""
    return journal.with_name(f"{journal.stem}.book{journal.suffix}")


def verify_book(path: Path) -> VerifiedBook:
    """Hash the whole book again. A book that nobody has written yet holds. Raises BookError when it cannot be read."""
    return Book(path).verify()


def accept_all(_: list[Entry]) -> None:
    """Refuses nothing."""


class Book:
    """The book in a file. Nothing is held open: each call sees what everybody has written, and may be made anywhere."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, drafts: Sequence[Draft], time_ms: int, check: Check = accept_all) -> list[Entry]:
        """Add entries, all or none, on disk before this returns; `check` sees the book while nobody else can write it.

        Raises BookError when the book cannot be written or does not verify, and whatever `check` raises.
        """
        if not drafts:
            return []
        self._create()
        with self._opened() as db:
            db.execute("PRAGMA synchronous = EXTRA")
            db.execute("BEGIN IMMEDIATE")
            found = self._sound(db)
            check(found.entries)
            added = [draft.as_entry(len(found.entries) + i, time_ms) for i, draft in enumerate(drafts, start=1)]
            db.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)", _rows_of(added, found.head))
            db.execute("COMMIT")
        return added

    def entries(self) -> list[Entry]:
        """All entries in order; none where nobody has written a book. Raises BookError for one that does not verify."""
        return self._read().entries

    def head(self) -> str:
        """The newest hash; empty where there is no entry. Raises BookError for a book that does not verify."""
        return self._read().head.hex()

    def verify(self) -> VerifiedBook:
        """Hash everything again, and name the entries that do not fit. Raises BookError when it cannot be read."""
        if not self._is_there():
            return VerifiedBook(0, "", ())
        with self._opened() as db:
            db.execute("BEGIN")
            found = self._examined(db)
        return VerifiedBook(len(found.entries), found.head.hex(), tuple(found.problems))

    def _is_there(self) -> bool:
        try:
            return self.path.exists()
        except OSError as error:
            raise BookError(f"{self.path}: cannot see the book: {error}; {_HINTS['SQLITE_CANTOPEN']}") from error

    def _read(self) -> _Examined:
        if not self._is_there():
            return _Examined([], b"", [])
        with self._opened() as db:
            db.execute("BEGIN")
            return self._sound(db)

    def _sound(self, db: sqlite3.Connection) -> _Examined:
        found = self._examined(db)
        if found.problems:
            raise BookError(f"{self.path}: {'; '.join(found.problems)}; {_RESTORE}")
        return found

    def _examined(self, db: sqlite3.Connection) -> _Examined:
        """The rows as they are, in a transaction. Raises BookError where pages are cut off or do not fit together."""
        (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
        (size,) = db.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchone()
        if verdict != "ok" or self.path.stat().st_size < size:
            reason = "it was cut off" if verdict == "ok" else str(verdict).replace("\n", " ")
            raise BookError(f"{self.path}: the book is damaged: {reason}; {_RESTORE}")
        return _examine(_rows(db))

    def _create(self) -> None:
        """Put a book without entries there as a whole, so that an empty file is always a damaged one."""
        if self._is_there():
            return
        fresh = self.path.with_name(f"{self.path.name}.new-{secrets.token_hex(4)}")
        try:
            make_folder(self.path.parent)
            _write_empty(fresh)
            with suppress(FileExistsError):  # somebody else was first: theirs is the book
                os.link(fresh, self.path)
            fresh.unlink()
        except sqlite3.Error as error:
            raise BookError(f"{self.path}: cannot begin the book: {error}; {_hint(error)}") from error
        except OSError as error:
            raise BookError(f"{self.path}: cannot begin the book: {error}; check the folder and its owner") from error

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """A connection for one piece of work. Also a reader may write: it takes back what a crash left half done."""
        try:
            uri = f"{self.path.absolute().as_uri()}?mode=rw"
            with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_WAIT_S)) as db:
                (version,) = db.execute("PRAGMA user_version").fetchone()
                if version != _SCHEMA:
                    raise BookError(f"{self.path}: {_wrong_version(version)}")
                yield db
        except sqlite3.Error as error:
            raise BookError(f"{self.path}: cannot use the book: {error}; {_hint(error)}") from error


def _write_empty(path: Path) -> None:
    script = resources.files("agent.storage").joinpath("book_schema", f"{_SCHEMA:04}.sql").read_text("utf-8")
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.executescript(f"BEGIN; {script} PRAGMA user_version = {_SCHEMA}; COMMIT;")


def _wrong_version(version: int) -> str:
    if version > _SCHEMA:
        return f"written by a newer Atsuen (book {version}, this one knows {_SCHEMA}); install that version again"
    return f"no book, or one that was cut off; {_RESTORE}"


def _hint(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "")
    return next((hint for code, hint in _HINTS.items() if name.startswith(code)), _RESTORE)


def _rows(db: sqlite3.Connection) -> Iterable[_Row]:
    return db.execute(
        "SELECT number, time_ms, person, reason, document, kind, content, hash FROM entry ORDER BY number"
    )


def _rows_of(entries: Iterable[Entry], previous: bytes) -> Iterator[_Row]:
    for entry in entries:
        told = (entry.person, entry.reason, entry.document, kind_of(entry.content), encode(entry.content))
        previous = _digest(previous, (entry.number, entry.time_ms, *told))
        yield (entry.number, entry.time_ms, *told, previous)


def _examine(rows: Iterable[_Row]) -> _Examined:
    entries: list[Entry] = []
    problems: list[str] = []
    previous, expected = b"", 1
    for *told, stored in rows:
        number, time_ms, person, reason, document, kind, content = told
        if number != expected:
            problems.append(_misplaced(number, expected))
        elif _digest(previous, told) != stored:
            problems.append(f"entry {number} is not what was written")
        try:
            entries.append(Entry(number, time_ms, person, reason, document, decode(kind, content)))
        except ValueError as error:
            problems.append(f"entry {number} cannot be read: {error}")
        previous, expected = stored, number + 1
    return _Examined(entries, previous, problems)


def _misplaced(number: int, expected: int) -> str:
    if number < expected:
        return f"entry {number} has no place in the book"
    return (
        f"entry {expected} is missing" if number == expected + 1 else f"entries {expected} to {number - 1} are missing"
    )


def _digest(previous: bytes, told: Sequence[object]) -> bytes:
    return hashlib.sha256(previous + canonical(list(told)).encode()).digest()
