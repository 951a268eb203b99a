"""The chain of hashes over the ledger: half hours and events, in the order in which they were written.

Each commit that adds to the ledger is sealed: the SHA-256 of the seal before it and of all new rows in canonical JSON.
A half hour that is drawn up again leaves its old version in `superseded`, so that every row ever sealed can be hashed
again. What is changed, removed or inserted later no longer fits its seal. The newest hash, noted elsewhere, also proves
that nothing was cut off at the end.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_LEDGER_ROWS = (
    "device, point, start_utc_s, opening_raw, closing_raw, advance_raw, method, spanned_ms, observed_ms, "
    "first_seq, last_seq, revision, seq"
)
_EVENT_ROWS = "id, time_ms, device, point, kind, detail"

SealedInterval = tuple[int | float | str, ...]
"""A half hour as it is sealed: the columns of `_LEDGER_ROWS`."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What came out of verifying: seals and rows that hold, the newest hash, and what does not fit, one line each."""

    seals: int
    rows: int
    head: str
    problems: tuple[str, ...]


def seal(db: sqlite3.Connection, intervals: Sequence[SealedInterval]) -> None:
    """Seal the half hours of a transaction and the events that have come since the last seal, if there are any."""
    last_event, previous = _last_seal(db)
    events = db.execute(f"SELECT {_EVENT_ROWS} FROM event WHERE id > ? ORDER BY id", (last_event,)).fetchall()  # noqa: S608 - constant
    if not intervals and not events:
        return
    seqs = [int(row[-1]) for row in intervals]
    digest = _digest(previous, intervals, events)
    newest_event = events[-1][0] if events else last_event
    db.execute(
        "INSERT INTO seal (first_seq, last_seq, last_event, hash) VALUES (?, ?, ?, ?)",
        (min(seqs, default=0), max(seqs, default=0), newest_event, digest),
    )


def verify(db: sqlite3.Connection) -> Verified:
    """Hash everything again, seal by seal. A seal that does not fit is named with the rows that it covers."""
    intervals = _Ahead(
        db.execute(
            f"SELECT {_LEDGER_ROWS} FROM (SELECT * FROM interval UNION ALL SELECT * FROM superseded) "  # noqa: S608 - constant
            "JOIN point ON point.id = point_id ORDER BY seq"
        ),
        key=-1,
    )
    events = _Ahead(db.execute(f"SELECT {_EVENT_ROWS} FROM event ORDER BY id"), key=0)  # noqa: S608 - constant
    problems: list[str] = []
    previous, seals, rows, head = b"", 0, 0, ""
    for number, first_seq, last_seq, last_event, stored in db.execute("SELECT * FROM seal ORDER BY id").fetchall():
        covered = intervals.up_to(last_seq) if last_seq else []
        told = events.up_to(last_event)
        if _digest(previous, covered, told) != stored:
            what = f"half hours of sequence {first_seq} to {last_seq}" if last_seq else "events"
            problems.append(f"seal {number}: {what} (events up to {last_event}) are not what was sealed")
        previous, head = stored, stored.hex()
        seals, rows = seals + 1, rows + len(covered) + len(told)
    left = len(intervals.rest()) + len(events.rest())
    if left:
        problems.append(f"{left} rows behind the last seal were never sealed")
    return Verified(seals, rows, head, tuple(problems))


def _last_seal(db: sqlite3.Connection) -> tuple[int, bytes]:
    row = db.execute("SELECT last_event, hash FROM seal ORDER BY id DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else (0, b"")


def _digest(previous: bytes, intervals: Sequence[Sequence[object]], events: Sequence[Sequence[object]]) -> bytes:
    rows = [[list(row) for row in intervals], [list(row) for row in events]]
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(previous + text.encode()).digest()


class _Ahead:
    """Rows in order of a key, taken in stretches."""

    def __init__(self, rows: Iterator[tuple[object, ...]], key: int) -> None:
        self._rows = rows
        self._key = key
        self._next = next(self._rows, None)

    def up_to(self, last: int) -> list[tuple[object, ...]]:
        """The next rows whose key is at most `last`."""
        taken = []
        while self._next is not None and int(str(self._next[self._key])) <= last:
            taken.append(self._next)
            self._next = next(self._rows, None)
        return taken

    def rest(self) -> list[tuple[object, ...]]:
        """What is left."""
        return ([] if self._next is None else [self._next]) + list(self._rows)
