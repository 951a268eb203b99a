"""Reads the journal: what is to be published, and the half hours. Never writes; safe beside the writer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agent.accounting.interval import Event, Interval, Method, Sum
from agent.storage.database import open_for_reading
from agent.storage.frames import FRAME_COLUMNS, read_frame, read_layout
from agent.storage.ledger_loss import LedgerLoss
from agent.storage.verify import Anchor, Verified, find_contradicted, stated_losses, verify
from collectors.frame import Frame, Layout

_INTERVAL_COLUMNS = (
    "point.device, point.point, start_utc_s, opening_raw, closing_raw, advance_raw, method, "
    "spanned_ms, observed_ms, first_seq, last_seq, revision"
)

_LAST_SEQ = 2**63 - 1
_METHODS = {method.value: method for method in Method}
"""Looked up for each row of a year; calling Method costs ten times as much."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One row of the sequence that destinations receive: a frame or an interval."""

    seq: int
    item: Frame | Interval


class Ledger:
    """A reading view of the journal. Every method is called from one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._db = open_for_reading(path)
        self._path = path
        self._layouts: dict[str, Layout] = {}

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def layout(self, digest: str) -> Layout:
        """The layout with this digest. Raises KeyError when no frame ever had it, StorageError when it is damaged."""
        if digest not in self._layouts:
            row = self._db.execute("SELECT digest, device, content FROM layout WHERE digest = ?", (digest,)).fetchone()
            if row is None:
                raise KeyError(digest)
            self._layouts[digest] = read_layout(row, self._path)
        return self._layouts[digest]

    def outgoing(self, after_seq: int, limit: int, up_to_seq: int = _LAST_SEQ) -> list[Outgoing]:
        """Frames and intervals with a sequence number above `after_seq` and not above `up_to_seq`, at most `limit`.

        They are in order. Both are read from one state of the journal, so that nothing below the last is left out.
        Raises StorageError for a frame that is damaged.
        """
        chosen = (after_seq, up_to_seq, limit)
        self._db.execute("BEGIN")
        try:
            rows = [*self._outgoing_frames(chosen), *self._outgoing_intervals(chosen)]
        finally:
            self._db.execute("COMMIT")
        return sorted(rows, key=lambda row: row.seq)[:limit]

    def _outgoing_frames(self, chosen: tuple[int, int, int]) -> list[Outgoing]:
        rows = self._db.execute(
            f"SELECT {FRAME_COLUMNS} FROM frame WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?",  # noqa: S608 - constant
            chosen,
        )
        return [Outgoing(*read_frame(row, self._path)) for row in rows]

    def _outgoing_intervals(self, chosen: tuple[int, int, int]) -> list[Outgoing]:
        rows = self._db.execute(
            f"SELECT outbox.seq, {_INTERVAL_COLUMNS} FROM outbox "  # noqa: S608 - the columns are a constant above
            "JOIN interval USING (point_id, start_utc_s) JOIN point ON point.id = point_id "
            "WHERE outbox.seq > ? AND outbox.seq <= ? ORDER BY outbox.seq LIMIT ?",
            chosen,
        )
        return [Outgoing(row[0], _interval(row[1:])) for row in rows]

    def intervals(self, points: Sequence[tuple[str, str]], from_utc_s: int, to_utc_s: int) -> Iterator[Interval]:
        """The stored intervals of some (device, point) pairs that start within [from, to), by point and time."""
        query = (
            f"SELECT {_INTERVAL_COLUMNS} FROM interval JOIN point ON point.id = point_id "  # noqa: S608 - constant
            "WHERE point.device = ? AND point.point = ? AND start_utc_s >= ? AND start_utc_s < ? "
            "AND method <> 'missing' ORDER BY start_utc_s"
        )
        for device, point in points:
            for row in self._db.execute(query, (device, point, from_utc_s, to_utc_s)):
                yield _interval(row)

    def find(self, device: str, point: str, start_utc_s: int) -> tuple[int, Interval] | None:
        """The interval of a point that starts then, with its place in the sequence; None where there is none."""
        row = self._db.execute(
            f"SELECT interval.seq, {_INTERVAL_COLUMNS} FROM interval JOIN point ON point.id = point_id "  # noqa: S608 - constant
            "WHERE point.device = ? AND point.point = ? AND start_utc_s = ? AND method <> 'missing'",
            (device, point, start_utc_s),
        ).fetchone()
        return None if row is None else (row[0], _interval(row[1:]))

    def sums(self, device: str, point: str, from_utc_s: int, to_utc_s: int, *, whole_days: bool) -> list[Sum]:
        """The half hours of a point that start within [from, to), summed up by method.

        With `whole_days` both ends are local midnights, and the kept sums of the days are added up.
        """
        table, start, count = ("day_sum", "day_utc_s", "half_hours") if whole_days else ("interval", "start_utc_s", "1")
        weighted = "weighted_raw" if whole_days else "advance_raw * spanned_ms"
        rows = self._db.execute(
            f"SELECT method, sum({count}), sum(advance_raw), sum({weighted}), sum(spanned_ms), sum(observed_ms) "  # noqa: S608 - constants
            f"FROM {table} WHERE point_id = (SELECT id FROM point WHERE device = ? AND point = ?) "
            f"AND {start} >= ? AND {start} < ? GROUP BY method HAVING sum({count}) > 0",
            (device, point, from_utc_s, to_utc_s),
        )
        return [Sum(Method(method), *sums) for method, *sums in rows]

    def day_sums(self, device: str, point: str, from_utc_s: int, to_utc_s: int) -> dict[int, list[Sum]]:
        """The kept sums of a point's local days that begin within [from, to), by the beginning of the day."""
        rows = self._db.execute(
            "SELECT day_utc_s, method, half_hours, advance_raw, weighted_raw, spanned_ms, observed_ms FROM day_sum "
            "WHERE point_id = (SELECT id FROM point WHERE device = ? AND point = ?) "
            "AND day_utc_s >= ? AND day_utc_s < ? AND half_hours > 0 ORDER BY day_utc_s, method",
            (device, point, from_utc_s, to_utc_s),
        )
        found: dict[int, list[Sum]] = {}
        for day, method, *sums in rows:
            found.setdefault(day, []).append(Sum(_METHODS[method], *sums))
        return found

    def frames(self, device: str) -> Iterator[Frame]:
        """The frames of a device that are still kept, oldest first. Raises StorageError for one that is damaged."""
        query = f"SELECT {FRAME_COLUMNS} FROM frame WHERE device = ? ORDER BY seq"  # noqa: S608 - constant
        for row in self._db.execute(query, (device,)):
            yield read_frame(row, self._path)[1]

    def events(self) -> list[Event]:
        """All events, oldest first."""
        rows = self._db.execute("SELECT time_ms, device, point, kind, detail FROM event ORDER BY id")
        return [Event(*row) for row in rows]

    def verify(self, zone: ZoneInfo | None = None, anchors: Sequence[Anchor] = ()) -> Verified:
        """Hash the whole ledger again, and hold it against its seals; also tells of a file that cannot be read.

        Give the site's time zone: without it a half hour may be in the sum of a day next to its own. `anchors` are
        hashes that were noted elsewhere, and have to be in the chain.
        """
        return verify(self._db, zone, anchors)


def count_frames(path: Path) -> int:
    """How many frames a journal keeps. Raises StorageError."""
    db = open_for_reading(path)
    try:
        return int(db.execute("SELECT count(*) FROM frame").fetchone()[0])
    finally:
        db.close()


def read_head(path: Path) -> str:
    """The newest hash of the chain in a journal; empty where nothing is sealed yet. Raises StorageError."""
    db = open_for_reading(path)
    try:
        row = db.execute("SELECT hash FROM seal ORDER BY id DESC LIMIT 1").fetchone()
    finally:
        db.close()
    return "" if row is None else row[0].hex()


def read_statements(path: Path, anchors: Sequence[Anchor]) -> tuple[list[LedgerLoss], list[Anchor]]:
    """The losses that are stated in a journal, and the noted hashes that are not in its chain; nothing is hashed.

    Raises StorageError.
    """
    db = open_for_reading(path)
    try:
        return stated_losses(db), find_contradicted(db, anchors)
    finally:
        db.close()


def _interval(row: Sequence[Any]) -> Interval:
    device, point, start_utc_s, opening, closing, advance, method, *rest = row
    return Interval(device, point, start_utc_s, opening, closing, advance, _METHODS[method], *rest)
