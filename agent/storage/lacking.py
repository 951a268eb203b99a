"""Counts of a journal that every transaction keeps equal, and by how much a salvage has left them unequal for good.

Old and new pages that each are sound, from a disk that lies about what it has written, show here. What is lost stays
lost: it must not look like a new damage at each start.
"""

import sqlite3

_THAT_AGREE = {
    "the events": "SELECT count(*), (SELECT coalesce(max(last_event), 0) FROM seal) FROM event",
    "the seals": "SELECT count(*), coalesce(max(id), 0) FROM seal",
    "the half hours": "SELECT count(*), (SELECT coalesce(sum(half_hours), 0) FROM day_sum) FROM interval",
    "the earlier versions": "SELECT count(*), (SELECT coalesce(sum(revision), 0) FROM interval) FROM superseded",
    "the numbers of the half hours": (
        "SELECT coalesce(max(seq), 0), (SELECT coalesce(max(last_seq), 0) FROM seal) FROM "
        "(SELECT max(seq) AS seq FROM interval UNION ALL SELECT max(seq) FROM superseded)"
    ),
}
_CURSOR = "lacking "
"""How the cursors begin in which the differences are kept: rows of a name and a number, which no destination has."""


def find_disagreement(db: sqlite3.Connection) -> str:
    """Counts that differ by more than what is known to be lost; empty where there are none."""
    for what, query in _THAT_AGREE.items():
        one, other = db.execute(query).fetchone()
        if one != other and other - one != lacked(db, what):
            return f"{what} are {one}, and should be {other}"
    return ""


def note_what_lacks(fresh: sqlite3.Connection) -> None:
    """Keep by how much the counts differ now, within the caller's transaction."""
    for what, query in _THAT_AGREE.items():
        one, other = fresh.execute(query).fetchone()
        fresh.execute("DELETE FROM cursor WHERE destination = ?", (_CURSOR + what,))
        if one != other:
            fresh.execute("INSERT INTO cursor VALUES (?, ?)", (_CURSOR + what, other - one))


def lacked(db: sqlite3.Connection, what: str) -> int:
    """How many an earlier salvage has found missing for good."""
    row = db.execute("SELECT seq FROM cursor WHERE destination = ?", (_CURSOR + what,)).fetchone()
    return int(row[0]) if row else 0
