"""Opens the site's SQLite file and brings its schema up to date. The only file that sets pragmas."""

import sqlite3
from importlib import resources
from pathlib import Path


class StorageError(Exception):
    """The file on disk can not be used. The message says which file, why, and what to do."""


def open_for_writing(path: Path) -> sqlite3.Connection:
    """The one writing connection: write-ahead log, full sync at every commit, schema up to date.

    Raises StorageError when the folder cannot be written or the file is newer than this program.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA busy_timeout = 10000")
        _migrate(connection, path)
    except (sqlite3.DatabaseError, OSError) as error:
        raise StorageError(
            f"{path}: cannot open the journal: {error}; check the folder's owner and free space"
        ) from error
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A connection that can not write. Raises StorageError when there is no such file."""
    try:
        return sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)
    except sqlite3.OperationalError as error:
        raise StorageError(f"{path}: cannot read the journal: {error}; has the agent run yet?") from error


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    scripts = sorted(
        (
            entry
            for entry in resources.files("agent.storage").joinpath("schema").iterdir()
            if entry.name.endswith(".sql")
        ),
        key=lambda entry: entry.name,
    )
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    newest = int(scripts[-1].name.removesuffix(".sql"))
    if version > newest:
        raise StorageError(
            f"{path}: written by a newer Atsuen (schema {version}, this one knows {newest}); install that version again"
        )
    for script in scripts:
        number = int(script.name.removesuffix(".sql"))
        if number > version:
            sql = script.read_text(encoding="utf-8")
            connection.executescript(f"BEGIN; {sql} PRAGMA user_version = {number}; COMMIT;")
