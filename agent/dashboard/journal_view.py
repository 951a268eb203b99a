"""What the pages read of the journal beside its half hours: what is newest, and what has changed. Never writes.

One connection, used from one thread at a time. A reader of a write-ahead log never holds up the writer.
"""

import sqlite3
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agent.accounting.interval import Event
from agent.storage.checksums import open_state
from agent.storage.database import StorageError, open_for_reading
from agent.storage.journal import AccountState
from collectors.frame import Frame, Layout

DayMark = tuple[int, int]
"""Of all points together: half hours stored for a local day, and how often one of them was drawn up again."""

_FRAME = "device, layout, time_ms, raw_values, quality, source_times"


@dataclass(frozen=True, slots=True)
class Marks:
    """What tells whether figures drawn before still hold: the file, and a mark for each local day.

    Each half hour that is added or drawn up again changes the mark of its day.
    """

    file: int
    days: Mapping[int, DayMark]

    def over(self, from_utc_s: int, to_utc_s: int) -> tuple[int, int, int]:
        """The mark of some local days together."""
        within = [mark for day, mark in self.days.items() if from_utc_s - 86_400 < day < to_utc_s]
        return self.file, sum(count for count, _ in within), sum(redrawn for _, redrawn in within)


@dataclass(frozen=True, slots=True)
class DeviceAccountRow:
    """The accounts of a device as they were last committed."""

    layout: Layout
    account: AccountState


class JournalView:
    """A reading view that survives the journal's being replaced. Every method raises StorageError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db: sqlite3.Connection | None = None
        self._file = 0
        self._layouts: dict[str, Layout] = {}
        self._sealed: tuple[int, int] | None = None
        self._marks = Marks(0, {})

    def close(self) -> None:
        """Close the file."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def version(self) -> tuple[int, int]:
        """Changes with every commit."""
        with self._opened() as db:
            return self._file, int(db.execute("PRAGMA data_version").fetchone()[0])

    def marks(self) -> Marks:
        """The marks of all days; read again only after half hours were added."""
        with self._opened() as db:
            (seal,) = db.execute("SELECT coalesce(max(id), 0) FROM seal").fetchone()
            if (self._file, seal) != self._sealed:
                self._marks = Marks(self._file, _day_marks(db))
                self._sealed = (self._file, seal)
            return self._marks

    def accounts(self) -> list[DeviceAccountRow]:
        """The committed accounts of all devices: the half hour that is running is in them."""
        with self._opened() as db:
            rows = db.execute("SELECT layout, seq, state FROM account").fetchall()
            return [
                DeviceAccountRow(self._layout(db, digest), AccountState(digest, seq, open_state(state)))
                for digest, seq, state in rows
            ]

    def newest(self, devices: Sequence[str]) -> dict[str, tuple[Layout, Frame]]:
        """The newest frame of each device that has one."""
        query = f"SELECT {_FRAME} FROM frame WHERE device = ? ORDER BY time_ms DESC LIMIT 1"  # noqa: S608 - constant
        with self._opened() as db:
            rows = {device: db.execute(query, (device,)).fetchone() for device in devices}
            return {device: (self._layout(db, row[1]), Frame(*row)) for device, row in rows.items() if row}

    def near(self, device: str, layout: str, from_ms: int, to_ms: int, *, oldest: bool = False) -> Frame | None:
        """The newest frame of a device under a layout within [from, to], or the oldest."""
        query = (
            f"SELECT {_FRAME} FROM frame WHERE device = ? AND time_ms BETWEEN ? AND ? AND layout = ? "  # noqa: S608
            f"ORDER BY time_ms {'ASC' if oldest else 'DESC'} LIMIT 1"
        )
        with self._opened() as db:
            row = db.execute(query, (device, from_ms, to_ms, layout)).fetchone()
            return None if row is None else Frame(*row)

    def after(self, device: str, after_ms: int, to_ms: int) -> list[tuple[Layout, Frame]]:
        """The frames of a device within (after, to], in order of time, each with its layout."""
        query = f"SELECT {_FRAME} FROM frame WHERE device = ? AND time_ms > ? AND time_ms <= ? ORDER BY time_ms, seq"  # noqa: S608 - constant
        with self._opened() as db:
            frames = [Frame(*row) for row in db.execute(query, (device, after_ms, to_ms))]
            return [(self._layout(db, frame.layout), frame) for frame in frames]

    def qualities(self, device: str, since_ms: int) -> list[bytes]:
        """The quality codes of a device's frames since a time."""
        query = "SELECT quality FROM frame WHERE device = ? AND time_ms >= ? ORDER BY time_ms LIMIT 10000"
        with self._opened() as db:
            return [row[0] for row in db.execute(query, (device, since_ms))]

    def events(self, from_ms: int, to_ms: int, limit: int, offset: int) -> tuple[int, list[Event]]:
        """How many events there are within [from, to), and some of them, newest first."""
        with self._opened() as db:
            chosen = (from_ms, to_ms)
            (count,) = db.execute("SELECT count(*) FROM event WHERE time_ms >= ? AND time_ms < ?", chosen).fetchone()
            rows = db.execute(
                "SELECT time_ms, device, point, kind, detail FROM event WHERE time_ms >= ? AND time_ms < ? "
                "ORDER BY time_ms DESC, id DESC LIMIT ? OFFSET ?",
                (*chosen, limit, offset),
            )
            return int(count), [Event(*row) for row in rows]

    def progress(self) -> tuple[int, dict[str, int], int | None]:
        """The highest sequence number, what each destination has everything up to, and the oldest frame's time."""
        with self._opened() as db:
            (frames,) = db.execute("SELECT max(seq) FROM frame").fetchone()
            (outbox,) = db.execute("SELECT max(seq) FROM outbox").fetchone()
            cursors = dict(db.execute("SELECT destination, seq FROM cursor").fetchall())
            row = db.execute("SELECT time_ms FROM frame ORDER BY seq LIMIT 1").fetchone()
            return max(frames or 0, outbox or 0, *cursors.values(), 0), cursors, row[0] if row else None

    def _layout(self, db: sqlite3.Connection, digest: str) -> Layout:
        if digest not in self._layouts:
            row = db.execute("SELECT content FROM layout WHERE digest = ?", (digest,)).fetchone()
            if row is None:
                raise StorageError(f"{self._path}: the journal has no layout {digest}")
            self._layouts[digest] = Layout.from_json(row[0])
        return self._layouts[digest]

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The connection, opened anew when another file lies there now."""
        try:
            file = self._path.stat().st_ino
        except OSError as error:
            raise StorageError(
                f"{self._path}: no journal is there: {error.strerror}; has the agent run yet?"
            ) from error
        if self._db is None or file != self._file:
            self.close()
            self._db, self._file, self._layouts = open_for_reading(self._path), file, {}
        try:
            yield self._db
        except sqlite3.Error as error:
            self.close()
            raise StorageError(f"{self._path}: cannot read the journal: {error}") from error


def _day_marks(db: sqlite3.Connection) -> dict[int, DayMark]:
    counts = dict(db.execute("SELECT day_utc_s, sum(half_hours) FROM day_sum GROUP BY day_utc_s").fetchall())
    redrawn: dict[int, int] = {}
    days = sorted(counts)
    for (start,) in db.execute("SELECT start_utc_s FROM superseded"):
        day = _day_of(days, start)
        redrawn[day] = redrawn.get(day, 0) + 1
    return {day: (int(count), redrawn.get(day, 0)) for day, count in counts.items()}


def _day_of(days: Sequence[int], start_utc_s: int) -> int:
    """The last of some days that has begun at a time."""
    return days[max(0, bisect_right(days, start_utc_s) - 1)]
