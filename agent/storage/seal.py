"""Seals what is added to the ledger: half hours and events, in the order in which they are written.

Each commit that adds to the ledger is sealed: the SHA-256 of the seal before it and of all new rows in canonical JSON.
A half hour that is drawn up again leaves its old version in `superseded`, so that every row ever sealed can be hashed
again. What is changed, removed or inserted later no longer fits its seal. The newest hash, noted elsewhere, also proves
that nothing was cut off at the end.
"""

import hashlib
import json
import sqlite3
from collections.abc import Sequence

_LEDGER_ROWS = (
    "device, point, start_utc_s, opening_raw, closing_raw, advance_raw, method, spanned_ms, observed_ms, "
    "first_seq, last_seq, revision, seq"
)
_EVENT_ROWS = "id, time_ms, device, point, kind, detail"
HALF_HOURS = (
    f"SELECT {_LEDGER_ROWS} FROM (SELECT * FROM interval UNION ALL SELECT * FROM superseded) "  # noqa: S608 - constant
    "LEFT JOIN point ON point.id = point_id WHERE seq > ? ORDER BY seq"
)
"""The half hours as they are sealed, from a place in the sequence on: field 3 is `start_utc_s`, the last is `seq`."""
EVENTS = f"SELECT {_EVENT_ROWS} FROM event WHERE id > ? ORDER BY id"  # noqa: S608 - constant
"""The events as they are sealed, from one on: `id` is the first field, `time_ms` the second."""

SealedInterval = tuple[int | float | str, ...]
"""A half hour as it is sealed: the fields of `HALF_HOURS`."""


def seal(db: sqlite3.Connection, intervals: Sequence[SealedInterval]) -> None:
    """Seal the half hours of a transaction and the events that have come since the last seal, if there are any."""
    last_event, previous = _last_seal(db)
    events = db.execute(EVENTS, (last_event,)).fetchall()
    if not intervals and not events:
        return
    seqs = [int(row[-1]) for row in intervals]
    newest_event = events[-1][0] if events else last_event
    db.execute(
        "INSERT INTO seal (first_seq, last_seq, last_event, hash) VALUES (?, ?, ?, ?)",
        (min(seqs, default=0), max(seqs, default=0), newest_event, digest(previous, intervals, events)),
    )


def seal_the_rest(db: sqlite3.Connection) -> int:
    """Seal everything that lies behind the newest seal, where the last seals themselves are lost; gives how many rows.

    To be called before anything is added to the file, whose rows are all sealed as long as it is whole.
    """
    (last_seq,) = db.execute("SELECT coalesce(max(last_seq), 0) FROM seal").fetchone()
    (events,) = db.execute("SELECT count(*) FROM event WHERE id > ?", _last_seal(db)[:1]).fetchone()
    half_hours = db.execute(HALF_HOURS, (last_seq,)).fetchall()
    seal(db, half_hours)
    return len(half_hours) + int(events)


def are_rows_behind_the_seals(db: sqlite3.Connection) -> bool:
    """Whether a file has half hours or events that no seal covers."""
    (found,) = db.execute(
        "SELECT EXISTS (SELECT 1 FROM (SELECT seq FROM interval UNION ALL SELECT seq FROM superseded) "
        "WHERE seq > (SELECT coalesce(max(last_seq), 0) FROM seal)) "
        "OR EXISTS (SELECT 1 FROM event WHERE id > (SELECT coalesce(max(last_event), 0) FROM seal))"
    ).fetchone()
    return bool(found)


def digest(previous: bytes, intervals: Sequence[Sequence[object]], events: Sequence[Sequence[object]]) -> bytes:
    """The hash of a seal: of the seal before it and of the rows that it covers."""
    rows = [[[_as_stored(field) for field in row] for row in intervals], [list(row) for row in events]]
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(previous + text.encode()).digest()


def _last_seal(db: sqlite3.Connection) -> tuple[int, bytes]:
    row = db.execute("SELECT last_event, hash FROM seal ORDER BY id DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else (0, b"")


def _as_stored(field: object) -> object:
    """SQLite gives a zero back without its sign, so it is sealed without."""
    return 0.0 if field == 0.0 and isinstance(field, float) else field
