"""What a salvage has lost, as far as the rest of the damaged file and the new one tell it. Changes nothing.

Frames are counted against the index by time, which holds each one's device and time once more; versions of half hours,
events and seals against the numbers in the rows that are there. What an earlier salvage has found missing is not lost
once more.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.storage.lacking import lacked
from agent.storage.rows import IndexRows


@dataclass(frozen=True, slots=True)
class Loss:
    """What is gone of a device or a point, or of the journal as a whole. `count` is None where nothing tells it."""

    what: str
    count: int | None
    device: str = ""
    point: str = ""
    from_ms: int = 0
    to_ms: int = 0

    @property
    def kind(self) -> str:
        """What is gone, in the words of an event's kind."""
        return self.what.replace(" ", "_")

    def __str__(self) -> str:
        number = "an unknown number of" if self.count is None else f"{self.count}"
        name = "/".join(part for part in (self.device, self.point) if part)
        span = f" from {self.from_ms} to {self.to_ms} (UTC ms)" if self.to_ms else ""
        return f"{number} {self.what}{' of ' + name if name else ''}{span}"


def drop_misnumbered(damaged: sqlite3.Connection, fresh: sqlite3.Connection) -> bool:
    """Take out of the new file the frames that the damaged file's index by time knows under another number or time.

    What the index knows is kept in a temporary table, `told`. Gives whether it could be read to its end.
    """
    fresh.execute("CREATE TEMP TABLE told (device TEXT, time_ms INTEGER, seq INTEGER)")
    indexed = IndexRows(damaged, "SELECT device, time_ms, seq FROM frame INDEXED BY frame_by_time")
    fresh.execute("BEGIN IMMEDIATE")
    fresh.executemany("INSERT INTO told VALUES (?, ?, ?)", indexed)
    fresh.execute(
        "DELETE FROM frame WHERE (seq, device, time_ms) NOT IN (SELECT seq, device, time_ms FROM told) "
        "AND (seq IN (SELECT seq FROM told) OR (device, time_ms) IN (SELECT device, time_ms FROM told))"
    )
    fresh.execute("COMMIT")
    return not indexed.was_stopped


def find_missing_names(fresh: sqlite3.Connection) -> list[Loss]:
    """What other rows of the new file name and is not there."""
    missing = "SELECT count(DISTINCT {0}) FROM {1} WHERE {0} NOT IN (SELECT {2} FROM {3})"
    points = "(SELECT point_id FROM interval UNION SELECT point_id FROM superseded)"
    return [
        *_counted("names of points", fresh, missing.format("point_id", points, "id", "point")),
        *_counted("layouts", fresh, missing.format("layout", "frame", "digest", "layout")),
        *_counted("accounts", fresh, missing.format("device", "frame", "device", "account")),
    ]


def find_missing_rows(fresh: sqlite3.Connection) -> list[Loss]:
    """What the index by time, kept in `told`, and the numbers in the new file say should be there."""
    return [
        *_frames(fresh),
        *_counted("earlier versions of half hours", fresh, _VERSIONS, lacked(fresh, "the earlier versions")),
        *_counted("events", fresh, _EVENTS, lacked(fresh, "the events")),
        *_counted("seals", fresh, _SEALS, lacked(fresh, "the seals")),
    ]


def concern_the_ledger(losses: Sequence[Loss]) -> bool:
    """Whether something that is sealed is gone, or seals, or what names it."""
    return any(loss.what in _OF_THE_LEDGER for loss in losses)


def with_unknown(found: list[Loss], stopped: set[str]) -> tuple[Loss, ...]:
    """The losses, and one without a number for each table that could not be read to its end and that nothing counted.

    Frames are counted when their index by time, `frame_by_time`, could be read to its end; half hours when the sums of
    their days could, `day_sum`.
    """
    counted = {loss.what for loss in found}
    counted -= {_WORDS[table] for table, by in (("frame", "frame_by_time"), ("interval", "day_sum")) if by in stopped}
    return (*found, *(Loss(what, None) for table, what in _WORDS.items() if table in stopped and what not in counted))


_VERSIONS = (
    "SELECT (SELECT coalesce(sum(revision), 0) FROM interval) - (SELECT count(*) FROM superseded "
    "JOIN interval USING (point_id, start_utc_s))"
)
_EVENTS = (
    "SELECT max((SELECT coalesce(max(id), 0) FROM event), (SELECT coalesce(max(last_event), 0) FROM seal)) "
    "- (SELECT count(*) FROM event)"
)
_SEALS = "SELECT coalesce(max(id), 0) - count(*) FROM seal"
_WORDS = {
    "frame": "frames",
    "interval": "half hours",
    "superseded": "earlier versions of half hours",
    "event": "events",
    "seal": "seals",
    "point": "names of points",
    "layout": "layouts",
    "account": "accounts",
    "cursor": "cursors",
    "outbox": "rows that wait to be published",
}


_OF_THE_LEDGER = {_WORDS[table] for table in ("interval", "superseded", "event", "seal", "point")}


def _frames(fresh: sqlite3.Connection) -> Iterator[Loss]:
    """By device, those that the index knows and the new file lacks."""
    for device, count, from_ms, to_ms in fresh.execute(
        "SELECT device, count(*), min(time_ms), max(time_ms) FROM told WHERE seq NOT IN (SELECT seq FROM frame) "
        "AND device IN (SELECT device FROM layout UNION SELECT device FROM point) GROUP BY device"
    ):
        yield Loss("frames", count, device, "", from_ms, to_ms)


def _counted(what: str, fresh: sqlite3.Connection, query: str, known: int = 0) -> Iterator[Loss]:
    (count,) = fresh.execute(query).fetchone()
    if count > known:
        yield Loss(what, count - known)
