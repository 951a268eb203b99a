"""The day sums of a damaged journal: a second account of its half hours. It tells what is gone, and what is as it was.

Where a seal no longer fits, a half hour is kept if the sums of its point's day are those that were kept beside it. They
prove its advance, its times and its method, not the registers at its ends.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import chain
from zoneinfo import ZoneInfo

from agent.accounting.calendar import local_day_utc_s
from agent.storage.losses import Loss
from agent.storage.rows import IndexRows, ReadableRows, Row, Table

_LONGEST_DAY_S = 25 * 3600
_TOLERANCE = 1e-6
"""Far above what rounding leaves in a sum that was added to and taken from, far below what a reading may be wrong."""
_TOLD = "CREATE TEMP TABLE told_day AS SELECT * FROM day_sum WHERE 0"
_KEY_OF_TOLD = "CREATE UNIQUE INDEX told_day_by_key ON told_day (point_id, day_utc_s, method)"
_MISSING = (
    "SELECT point_id, sum(number), min(day_utc_s), max(day_utc_s) FROM ("
    "SELECT point_id, day_utc_s, sum(half_hours) AS number FROM ("
    "SELECT point_id, day_utc_s, half_hours FROM told_day "
    "UNION ALL SELECT point_id, day_utc_s, -half_hours FROM day_sum) "
    "GROUP BY point_id, day_utc_s HAVING number > 0) GROUP BY point_id"
)
_AGREE = " AND ".join(
    f"abs(told.{name} - now.{name}) <= {_TOLERANCE} * (abs(told.{name}) + abs(now.{name}))"
    for name in ("half_hours", "advance_raw", "weighted_raw", "spanned_ms", "observed_ms")
)
_DOUBTFUL = (
    "SELECT point_id, day_utc_s FROM told_day AS told LEFT JOIN day_sum AS now USING (point_id, day_utc_s, method) "  # noqa: S608 - constants
    f"WHERE now.half_hours IS NULL OR NOT ({_AGREE}) UNION "
    "SELECT point_id, day_utc_s FROM day_sum LEFT JOIN told_day AS told USING (point_id, day_utc_s, method) "
    "WHERE told.half_hours IS NULL"
)
_OF_A_DAY = "SELECT start_utc_s, seq FROM interval WHERE point_id = ? AND start_utc_s >= ? AND start_utc_s < ?"


def read_day_sums(damaged: sqlite3.Connection, fresh: sqlite3.Connection) -> bool:
    """Keep the day sums of a damaged file in a temporary table, `told_day`; gives whether all could be read."""
    table = Table.of(fresh, "day_sum")
    fresh.execute(_TOLD)
    fresh.execute(_KEY_OF_TOLD)
    in_order = IndexRows(damaged, "SELECT * FROM day_sum ORDER BY point_id, day_utc_s, method")
    fresh.execute("BEGIN IMMEDIATE")
    from_both_ends = (row for row in ReadableRows(damaged, table) if in_order.was_stopped)
    fresh.executemany(
        "INSERT OR IGNORE INTO told_day VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (row for row in chain(in_order, from_both_ends) if table.fits(row) and _counts(row)),
    )
    fresh.execute("COMMIT")
    return not in_order.was_stopped


def _counts(row: Row) -> bool:
    """A sum that everything was taken from again says nothing."""
    return row[3] != 0


def find_missing_half_hours(fresh: sqlite3.Connection) -> Iterator[Loss]:
    """By point, those that the days had and the sums of the new file lack, with the span of these days."""
    names = {row[0]: row[1:] for row in fresh.execute("SELECT id, device, point FROM point")}
    for point_id, count, first_day, last_day in fresh.execute(_MISSING).fetchall():
        device, point = names.get(point_id, ("", f"point {point_id}"))
        yield Loss("half hours", count, device, point, first_day * 1000, (last_day + _LONGEST_DAY_S) * 1000)


def drop_unproved(fresh: sqlite3.Connection, spans: Sequence[tuple[int, int]], zone: ZoneInfo) -> int:
    """Take out half hours that may not be as they were, of those numbered within (after, last]; gives how many.

    Earlier versions are in no sum: nothing proves them there.
    """
    dropped = 0
    for span in spans:
        dropped += fresh.execute("DELETE FROM superseded WHERE seq > ? AND seq <= ?", span).rowcount
    for point, day in fresh.execute(_DOUBTFUL).fetchall():
        of_the_day = fresh.execute(_OF_A_DAY, (point, day, day + _LONGEST_DAY_S)).fetchall()
        for start_utc_s, seq in of_the_day:
            is_within = any(after_seq < seq <= last_seq for after_seq, last_seq in spans)
            if is_within and local_day_utc_s(start_utc_s, zone) == day:
                fresh.execute("DELETE FROM interval WHERE point_id = ? AND start_utc_s = ?", (point, start_utc_s))
                dropped += 1
    return dropped
