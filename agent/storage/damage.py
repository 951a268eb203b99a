"""Looks for damage in a journal file before it is used. Changes nothing that is stored, and decides nothing.

What the disk does for now (full, busy, read-only) is no damage and comes out as the error of SQLite that it is.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from agent.accounting.interval import Method
from agent.storage.checksums import is_frame, open_state
from agent.storage.frames import is_layout
from agent.storage.lacking import find_disagreement
from agent.storage.schema_files import read_schema, schema_of, schema_scripts
from agent.storage.wal import read_wal

HEADER = b"SQLite format 3\0"
_FIXED = bytes((64, 32, 32))
"""Bytes 21 to 23 of every SQLite file (https://sqlite.org/fileformat2.html, section 1.3)."""
_NOT_THE_DISK = {
    0,  # from Python's module: text that is none
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_TOOBIG,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_FORMAT,
}
_HIGHEST_VERSION = 9999
"""The files of the schema are numbered with four digits."""
_ACCOUNTS_HAVE_CHECKSUMS = 2
"""From this version of the schema on."""
_FRAMES_THAT_DO_NOT_FIT = (
    "SELECT count(*), min(seq) FROM frame LEFT JOIN layout ON digest = layout "
    "WHERE NOT is_frame(seq, frame.device, layout, time_ms, raw_values, quality, source_times, checksum) "
    "OR layout.device IS NOT frame.device"
)


def find_damage(path: Path, *, thorough: bool) -> str:
    """What is wrong with a journal file; empty for a sound one, and for none where none is expected.

    A thorough look reads the whole file: every page, every index, the checksum of every frame. The other reads the
    header, the tables and both ends of each. A file that was closed in order has no log: one that has is looked
    through in any case.
    """
    if path.is_dir():
        return "it is a folder"
    wal = read_wal(path.with_name(path.name + "-wal"))
    if not path.exists() or path.stat().st_size == 0:
        what = "empty" if path.exists() else "gone"
        return f"the file is {what}" if thorough or wal.pages else ""
    if commits := wal.lost_commits():
        return f"the write-ahead log is damaged in front of its last {commits} transactions"
    return _damage_in_header(path) or _damage_within(path, thorough=thorough or bool(wal.pages))


def _damage_in_header(path: Path) -> str:
    with path.open("rb") as file:
        header = file.read(24)
    sound = header.startswith(HEADER) and header[18] in {1, 2} and header[19] in {1, 2} and header[21:24] == _FIXED
    return "" if sound else "the file does not begin as a journal does"


def _damage_within(path: Path, *, thorough: bool) -> str:
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            found = _damage_in_schema(db) or _damage_at_ends(db) or _damage_in_accounts(db)
            found = found or (_damage_anywhere(db) if thorough else "")
            return found or _damage_in_length(db, path)
    except UnicodeDecodeError:
        return "its tables have names that are no text"
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0)
        if code & 0xFF in _NOT_THE_DISK or code == sqlite3.SQLITE_IOERR_READ:
            return str(error)
        raise


def _damage_in_schema(db: sqlite3.Connection) -> str:
    """A newer version is none: to refuse what another program wrote is left to the one who opens the file."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (encoding,) = db.execute("PRAGMA encoding").fetchone()
    if schema_scripts()[-1][0] < version <= _HIGHEST_VERSION:
        return ""
    is_ours = read_schema(db) == schema_of(version) and encoding == "UTF-8" and version <= _HIGHEST_VERSION
    return "" if is_ours else "its tables are not those of a journal"


def _damage_at_ends(db: sqlite3.Connection) -> str:
    """Reads the first and the last row of each table; raises what SQLite says."""
    for kind, table, _ in read_schema(db):
        if kind == "table":
            keys = [name for _, name, *_, place in db.execute(f"PRAGMA table_info({table})") if place]
            for order in ("", " DESC"):
                ordering = ", ".join(key + order for key in keys)
                db.execute(f"SELECT * FROM {table} ORDER BY {ordering} LIMIT 1").fetchall()  # noqa: S608 - own names
    return ""


def _damage_in_accounts(db: sqlite3.Connection) -> str:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version < _ACCOUNTS_HAVE_CHECKSUMS:
        return ""
    states = db.execute("SELECT device, state FROM account WHERE state <> x''").fetchall()
    damaged = [device for device, state in states if not open_state(state)]
    return f"the account of {damaged[0]} is not as it was written" if damaged else ""


def _damage_in_length(db: sqlite3.Connection, path: Path) -> str:
    """Brings what the log holds into the file, so that no part of an unfinished transaction stays behind."""
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (pages,), (page_bytes,) = (db.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size"))
    missing = pages * page_bytes - path.stat().st_size
    return f"{missing} bytes are cut off at its end" if missing > 0 else ""


def _damage_anywhere(db: sqlite3.Connection) -> str:
    verdict = "\n".join(row[0] for row in db.execute("PRAGMA integrity_check(1)"))
    if verdict != "ok":
        return next(line for line in verdict.splitlines() if not line.startswith("***"))
    if db.execute("PRAGMA foreign_key_check").fetchone() is not None:
        return "a row refers to one that is not there"
    if ("table", "frame") not in {row[:2] for row in read_schema(db)}:
        return ""
    return find_disagreement(db) or _damage_in_texts(db) or _damage_in_frames(db)


def _damage_in_texts(db: sqlite3.Connection) -> str:
    """Also reads every text that is not within the many rows, which raises for one that is none."""
    for digest, device, content in db.execute("SELECT * FROM layout"):
        if not is_layout(digest, device, content):
            return f"the layout {digest} of {device} is not as it was written"
    for table in ("point", "event", "cursor"):
        for _ in db.execute(f"SELECT * FROM {table}"):  # noqa: S608 - constants
            pass
    methods = {row[0] for row in db.execute("SELECT method FROM interval UNION SELECT method FROM day_sum")}
    unknown = sorted(methods - set(Method))
    return f"{unknown[0]} is no method of a half hour" if unknown else ""


def _damage_in_frames(db: sqlite3.Connection) -> str:
    db.create_function("is_frame", 8, is_frame, deterministic=True)
    count, first_seq = db.execute(_FRAMES_THAT_DO_NOT_FIT).fetchone()
    return f"{count} frames from sequence {first_seq} on are not as they were written" if count else ""
