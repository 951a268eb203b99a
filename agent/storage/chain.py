"""Follows the chain of seals over the rows that are there, and tells of each seal whether it fits. Judges nothing."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.storage.seal import EVENTS, HALF_HOURS, digest

_FIRST = -(2**63)

_Rows = Sequence[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Link:
    """A seal, and the rows that are there of those that it covers: since the seal before it, `follows`.

    `as_it_is` is the hash that the seal before it and these rows give; it fits when that is the stored one. The times
    are those of the rows (UTC ms), 0 where none is there.
    """

    number: int
    follows: int
    after_seq: int
    first_seq: int
    last_seq: int
    last_event: int
    stored: bytes
    as_it_is: bytes
    fits: bool
    rows: int
    from_ms: int
    to_ms: int

    @property
    def what(self) -> str:
        """The seal and what it covers, for people."""
        covered = f"half hours of sequence {self.first_seq} to {self.last_seq}" if self.last_seq else "events"
        return f"seal {self.number}: {covered} (events up to {self.last_event})"


class Chain:
    """The seals of a journal in order. `unsealed` counts the rows behind `after_seq`, once the last has been reached.

    Raises TypeError or ValueError for rows that no journal has written, and what SQLite says of a damaged file.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.unsealed = 0
        self.after_seq = 0

    def __iter__(self) -> Iterator[Link]:
        """Hash the rows of every seal again."""
        intervals = _Ahead(self._db.execute(HALF_HOURS, (_FIRST,)), key=-1)
        events = _Ahead(self._db.execute(EVENTS, (_FIRST,)), key=0)
        head, follows, after_event = b"", 0, 0
        query = "SELECT id, first_seq, last_seq, last_event, hash FROM seal ORDER BY id"
        for number, first_seq, last_seq, last_event, stored in self._db.execute(query).fetchall():
            covered = intervals.up_to(last_seq) if last_seq else []
            told = events.up_to(last_event)
            as_it_is = digest(head, covered, told)
            seqs = [int(str(row[-1])) for row in covered]
            newest_event = told[-1][0] if told else after_event
            bounds = (follows + 1, min(seqs, default=0), max(seqs, default=0), newest_event)
            fits = (as_it_is, *bounds) == (stored, number, first_seq, last_seq, last_event)
            times = _times_ms(covered, told)
            yield Link(
                *(number, follows, self.after_seq, first_seq, last_seq, last_event, stored, as_it_is, fits),
                rows=len(covered) + len(told),
                from_ms=min(times, default=0),
                to_ms=max(times, default=0),
            )
            head, follows, after_event = stored, number, last_event
            self.after_seq = max(self.after_seq, last_seq)
        self.unsealed = len(intervals.rest()) + len(events.rest())


def _times_ms(intervals: _Rows, events: _Rows) -> list[int]:
    return [int(str(row[2])) * 1000 for row in intervals] + [int(str(row[1])) for row in events]


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
