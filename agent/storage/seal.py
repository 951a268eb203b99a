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
from contextlib import contextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from agent.storage.day_sums import find_wrong_days

_LEDGER_ROWS = (
    "device, point, start_utc_s, opening_raw, closing_raw, advance_raw, method, spanned_ms, observed_ms, "
    "first_seq, last_seq, revision, seq"
)
_EVENT_ROWS = "id, time_ms, device, point, kind, detail"
_HALF_HOURS = (
    f"SELECT {_LEDGER_ROWS} FROM (SELECT * FROM interval UNION ALL SELECT * FROM superseded) "  # noqa: S608 - constant
    "LEFT JOIN point ON point.id = point_id WHERE seq > ? ORDER BY seq"
)
_EVENTS = f"SELECT {_EVENT_ROWS} FROM event WHERE id > ? ORDER BY id"  # noqa: S608 - constant
_MISPLACED = (
    "SELECT device, point, start_utc_s FROM superseded AS old LEFT JOIN interval AS now USING (point_id, start_utc_s) "
    "LEFT JOIN point ON point.id = point_id WHERE now.seq IS NULL OR now.revision <= old.revision"
)
_FIRST = -(2**63)

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
    events = db.execute(_EVENTS, (last_event,)).fetchall()
    if not intervals and not events:
        return
    seqs = [int(row[-1]) for row in intervals]
    digest = _digest(previous, intervals, events)
    newest_event = events[-1][0] if events else last_event
    db.execute(
        "INSERT INTO seal (first_seq, last_seq, last_event, hash) VALUES (?, ?, ?, ?)",
        (min(seqs, default=0), max(seqs, default=0), newest_event, digest),
    )


def seal_the_rest(db: sqlite3.Connection) -> None:
    """Seal everything that lies behind the newest seal: what is left where the last seals themselves are lost."""
    (last_seq,) = db.execute("SELECT coalesce(max(last_seq), 0) FROM seal").fetchone()
    seal(db, db.execute(_HALF_HOURS, (last_seq,)).fetchall())


def verify(db: sqlite3.Connection, zone: ZoneInfo | None = None) -> Verified:
    """Hash everything again, seal by seal, and hold what is drawn from it against it: the valid versions, the day sums.

    A seal that does not fit is named with the rows that it covers. A file that cannot be read to its end does not hold.
    Only with the site's time zone is each half hour known to be in the sum of its day.
    """
    chain = _Chain()
    try:
        with _one_state(db):
            chain.follow(db)
            for device, point, start_utc_s in db.execute(_MISPLACED).fetchall():
                chain.problems.append(f"{device}/{point}: the half hour at {start_utc_s} is not its newest version")
            chain.problems += find_wrong_days(db, zone)
    except (sqlite3.DatabaseError, TypeError, ValueError) as error:  # a damaged row has any type, and text that is none
        chain.problems.append(f"the journal cannot be read to its end: {error}")
    return Verified(chain.seals, chain.rows, chain.head.hex(), tuple(chain.problems))


class _Chain:
    """What following the seals has given so far."""

    def __init__(self) -> None:
        self.seals = 0
        self.rows = 0
        self.head = b""
        self.problems: list[str] = []

    def follow(self, db: sqlite3.Connection) -> None:
        """Hash the rows of every seal again."""
        intervals = _Ahead(db.execute(_HALF_HOURS, (_FIRST,)), key=-1)
        events = _Ahead(db.execute(_EVENTS, (_FIRST,)), key=0)
        previous, previous_event = 0, 0
        for number, first_seq, last_seq, last_event, stored in db.execute("SELECT * FROM seal ORDER BY id").fetchall():
            covered = intervals.up_to(last_seq) if last_seq else []
            told = events.up_to(last_event)
            seqs = [int(str(row[-1])) for row in covered]
            bounds = (previous + 1, min(seqs, default=0), max(seqs, default=0))
            newest_event = told[-1][0] if told else previous_event
            if (_digest(self.head, covered, told), *bounds, newest_event) != (
                stored,
                number,
                first_seq,
                last_seq,
                last_event,
            ):
                what = f"half hours of sequence {first_seq} to {last_seq}" if last_seq else "events"
                self.problems.append(f"seal {number}: {what} (events up to {last_event}) are not what was sealed")
            self.head, previous, previous_event = stored, number, last_event
            self.seals, self.rows = self.seals + 1, self.rows + len(covered) + len(told)
        if left := len(intervals.rest()) + len(events.rest()):
            self.problems.append(f"{left} rows behind the last seal were never sealed")


@contextmanager
def _one_state(db: sqlite3.Connection) -> Iterator[None]:
    """All that is read within is of one moment, also beside a writer."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        if db.in_transaction:
            db.execute("COMMIT")


def _last_seal(db: sqlite3.Connection) -> tuple[int, bytes]:
    row = db.execute("SELECT last_event, hash FROM seal ORDER BY id DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else (0, b"")


def _digest(previous: bytes, intervals: Sequence[Sequence[object]], events: Sequence[Sequence[object]]) -> bytes:
    rows = [[[_as_stored(field) for field in row] for row in intervals], [list(row) for row in events]]
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(previous + text.encode()).digest()


def _as_stored(field: object) -> object:
    """SQLite gives a zero back without its sign, so it is sealed without."""
    return 0.0 if field == 0.0 and isinstance(field, float) else field


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
