"""Tells a disk that refuses for now from a damaged file and from a mistake of ours. Knows no table and no task.

SQLite's result codes are those of https://sqlite.org/rescode.html; the low byte is the primary code.
"""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_IS_FULL = {errno.ENOSPC, errno.EDQUOT}
_IS_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_IS_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_NEEDS_RIGHTS = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}


class StorageError(Exception):
    """The file on disk can not be used. The message says which file, why, and what to do."""


class DiskRefuses(StorageError):  # noqa: N818 - what the disk does
    """The file can not be used for now: the same may be tried again. `is_full`: more room would help."""

    def __init__(self, path: Path, reason: str, hint: str, *, is_full: bool = False) -> None:
        super().__init__(f"{path}: {reason}; {hint}")
        self.reason = reason
        self.hint = hint
        self.is_full = is_full


@contextmanager
def refusals(path: Path) -> Iterator[None]:
    """Raises DiskRefuses for what may pass, StorageError for what needs a hand, and a mistake of ours as it came."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        meaning = _meaning_of_code(_first(error), path)
        if meaning is None:
            raise
        raise meaning from error
    except OSError as error:
        raise _meaning_of_errno(error, path) from error


def _first(error: BaseException) -> BaseException:
    """What SQLite said first: a full disk ends the transaction, and the rollback that follows finds none."""
    while isinstance(error.__context__, sqlite3.Error):
        error = error.__context__
    return error


def _meaning_of_code(error: BaseException, path: Path) -> StorageError | None:
    code = getattr(error, "sqlite_errorcode", 0)  # errors of the Python module itself have none
    primary = code & 0xFF
    if primary in _IS_DAMAGED:
        hint = "at its next start the agent moves it aside and keeps what can be read of it"
        return StorageError(f"{path}: the journal is damaged: {error}; {hint}")
    if primary in _IS_BUSY:
        return DiskRefuses(path, f"another program holds the journal ({error})", "end the other program")
    if primary == sqlite3.SQLITE_FULL or code == sqlite3.SQLITE_IOERR_SHMSIZE:
        return _full(path)
    if primary == sqlite3.SQLITE_IOERR or primary in _NEEDS_RIGHTS:
        return _meaning_of_medium(path) or _other(path, f"{error} ({_name(error)})", primary in _NEEDS_RIGHTS)
    return None


def _meaning_of_errno(error: OSError, path: Path) -> StorageError:
    if error.errno in _IS_FULL:
        return _full(path)
    return _meaning_of_medium(path) or _other(path, str(error), needs_rights=error.errno != errno.EIO)


def _meaning_of_medium(path: Path) -> DiskRefuses | None:
    """What the file system says of itself, where SQLite's code says only that something did not work."""
    try:
        disk = os.statvfs(next(folder for folder in path.absolute().parents if folder.exists()))
    except OSError:
        return None
    if disk.f_flag & os.ST_RDONLY:
        hint = "look for disk errors in the kernel's log (journalctl -k), then mount it for writing again"
        return DiskRefuses(path, "the disk is read-only", hint)
    return _full(path) if disk.f_bavail == 0 else None


def _full(path: Path) -> DiskRefuses:
    return DiskRefuses(path, "the disk is full", f"free space on the disk of {path.parent}", is_full=True)


def _other(path: Path, detail: str, needs_rights: bool) -> DiskRefuses:
    if needs_rights:
        return DiskRefuses(path, f"cannot open the journal: {detail}", "check the folder's owner and free space")
    return DiskRefuses(path, f"the disk fails: {detail}", "look for disk errors in the kernel's log (journalctl -k)")


def _name(error: BaseException) -> str:
    return str(getattr(error, "sqlite_errorname", type(error).__name__))
