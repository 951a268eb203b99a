"""Keeps the journal within its bounds: what goes first, and the account of what went. Half hours and events never go.

In this order, oldest first, a few thousand frames at a time:

1. confirmed frames that are older than the site wants to keep them;
2. when the file is too large or the disk too full: confirmed frames, whatever their age;
3. then frames that nobody has confirmed: all but the first of each device in each minute;
4. then the oldest of those.

The energy of a frame is in its half hour before the frame can go. What goes in steps 3 and 4 is a loss of detail for
the database, and is listed: device, span of time, count, reason.
"""

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.accounting.interval import Event
from agent.storage.seal import seal

_ROWS = 5000
_THINNED = "thinned"
"""A cursor of our own: up to there the unconfirmed frames are thinned already."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long confirmed frames are kept, how large the file may become, how much of the disk stays free."""

    keep_ms: int
    max_bytes: int
    free_bytes: int


def keep_within(db: sqlite3.Connection, path: Path, bounds: Bounds, confirmed_seq: int, now_ms: int) -> int:
    """Take away what the bounds ask for, at most a few thousand frames; gives how many.

    Calling it again goes on. Raises sqlite3.OperationalError when the disk refuses even that.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        gone = _delete_confirmed(db, confirmed_seq, before_ms=now_ms - bounds.keep_ms)
        reason = _pressure(db, path, bounds)
        if reason and not gone:
            gone = _delete_confirmed(db, confirmed_seq, before_ms=None)
        if reason and not gone:
            gone = _thin_out(db, confirmed_seq, now_ms, reason) or _delete_oldest(db, now_ms, reason)
        db.execute("DELETE FROM outbox WHERE seq <= ?", (confirmed_seq,))
        seal(db, [])
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    if gone:
        db.executescript(f"PRAGMA incremental_vacuum({2 * _ROWS})")  # execute() would free a single page
    return gone


def _pressure(db: sqlite3.Connection, path: Path, bounds: Bounds) -> str:
    """Why frames have to go before their time; empty while there is room."""
    pages, free_pages, page_size = (
        db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    used = (pages - free_pages) * page_size
    if used > bounds.max_bytes:
        return f"the journal holds {used / 1e6:.0f} MB, allowed are {bounds.max_bytes / 1e6:.0f} MB"
    disk = os.statvfs(path.parent)
    free = disk.f_bavail * disk.f_frsize
    if free < bounds.free_bytes:
        return f"the disk has {free / 1e6:.0f} MB left, {bounds.free_bytes / 1e6:.0f} MB are to stay free"
    return ""


def _delete_confirmed(db: sqlite3.Connection, confirmed_seq: int, before_ms: int | None) -> int:
    chosen = "SELECT seq FROM frame WHERE seq <= ? AND (? IS NULL OR time_ms < ?) ORDER BY seq LIMIT ?"
    done = db.execute(f"DELETE FROM frame WHERE seq IN ({chosen})", (confirmed_seq, before_ms, before_ms, _ROWS))  # noqa: S608 - constant
    return int(done.rowcount)


def _thin_out(db: sqlite3.Connection, confirmed_seq: int, now_ms: int, reason: str) -> int:
    """Of the oldest unconfirmed frames not looked at yet, keep the first of each device in each minute."""
    row = db.execute("SELECT seq FROM cursor WHERE destination = ?", (_THINNED,)).fetchone()
    after_seq = max(confirmed_seq, row[0] if row else 0)
    looked_at = db.execute(
        "SELECT seq, device, time_ms FROM frame WHERE seq > ? ORDER BY seq LIMIT ?", (after_seq, 2 * _ROWS)
    ).fetchall()
    if not looked_at:
        return 0
    kept: set[tuple[str, int]] = set()
    surplus = []
    for seq, device, time_ms in looked_at:
        minute = (device, time_ms // 60_000)
        if minute in kept:
            surplus.append((seq, device, time_ms))
        kept.add(minute)
    db.executemany("DELETE FROM frame WHERE seq = ?", [(seq,) for seq, _, _ in surplus])
    db.execute("INSERT OR REPLACE INTO cursor VALUES (?, ?)", (_THINNED, looked_at[-1][0]))
    _list(db, surplus, now_ms, "frames_thinned", reason)
    return len(surplus)


def _delete_oldest(db: sqlite3.Connection, now_ms: int, reason: str) -> int:
    oldest = db.execute("SELECT seq, device, time_ms FROM frame ORDER BY seq LIMIT ?", (_ROWS,)).fetchall()
    db.executemany("DELETE FROM frame WHERE seq = ?", [(seq,) for seq, _, _ in oldest])
    _list(db, oldest, now_ms, "frames_discarded", reason)
    return len(oldest)


def _list(db: sqlite3.Connection, gone: list[tuple[int, str, int]], now_ms: int, kind: str, reason: str) -> None:
    db.executemany(
        "INSERT INTO event (time_ms, device, point, kind, detail) VALUES (?, ?, '', ?, ?)",
        [(event.time_ms, event.device, event.kind, event.detail) for event in _discards(gone, now_ms, kind, reason)],
    )


def _discards(gone: list[tuple[int, str, int]], now_ms: int, kind: str, reason: str) -> Iterator[Event]:
    for device in dict.fromkeys(device for _, device, _ in gone):
        times = [time_ms for _, name, time_ms in gone if name == device]
        span = f"{len(times)} frames from {min(times)} to {max(times)} (UTC ms)"
        yield Event(now_ms, device, "", kind, f"{span}: {reason}")
