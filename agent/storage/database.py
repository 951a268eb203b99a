"""Opens the site's SQLite file and brings its schema up to date. The only file that sets pragmas."""

import sqlite3
from pathlib import Path

from agent.storage.folders import make_folder
from agent.storage.refusal import DiskRefuses, StorageError, refusals
from agent.storage.schema_files import schema_scripts

__all__ = ["DiskRefuses", "StorageError", "open_for_reading", "open_for_writing"]


def open_for_writing(path: Path) -> sqlite3.Connection:
    """The one writing connection: write-ahead log, full sync at every commit, schema up to date.

    Raises DiskRefuses when the disk is full, read-only or fails, StorageError when the file is newer than this program.
    """
    with refusals(path):
        make_folder(path.parent)
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            _set_up(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def _set_up(connection: sqlite3.Connection, path: Path) -> None:
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    if not pages:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # writes to the file; later it changes nothing
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA busy_timeout = 10000")
    _migrate(connection, path)


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A connection that can not write. Raises StorageError when there is no such file."""
    try:
        return sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)
    except sqlite3.OperationalError as error:
        raise StorageError(f"{path}: cannot read the journal: {error}; has the agent run yet?") from error


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    scripts = schema_scripts()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    newest = scripts[-1][0]
    if version > newest:
        raise StorageError(
            f"{path}: written by a newer Atsuen (schema {version}, this one knows {newest}); install that version again"
        )
    for number, sql in scripts:
        if number > version:
            connection.executescript(f"BEGIN; {sql} PRAGMA user_version = {number}; COMMIT;")
