"""The journal's one writer: frames, accounts, intervals and events in one transaction. Knows no tasks, no network."""

import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.accounting.interval import Event, Interval, interval_start_ms
from agent.storage.bounds import Bounds, keep_within
from agent.storage.checksums import open_state, seal_state
from agent.storage.database import open_for_writing
from agent.storage.day_sums import add_to_day
from agent.storage.folders import sync_folder
from agent.storage.frames import FRAME_COLUMNS, frame_row, read_frame, read_layout
from agent.storage.refusal import refusals
from agent.storage.salvage import NewJournal, make_sound
from agent.storage.seal import SealedInterval, seal
from collectors.frame import Frame, Layout, is_good

_SEARCHED_FRAMES = 100_000
"""So far back a good reading of each point is looked for: more than 11 days at a poll every ten seconds."""

_READ_CONTENT = (
    "SELECT opening_raw, closing_raw, advance_raw, method, spanned_ms, observed_ms, revision FROM interval "
    "WHERE point_id = ? AND start_utc_s = ?"
)
_FIND_POINT = "SELECT id FROM point WHERE device = ? AND point = ?"
_SUPERSEDE = "INSERT INTO superseded SELECT * FROM interval WHERE point_id = ? AND start_utc_s = ?"


@dataclass(frozen=True, slots=True)
class AccountState:
    """The packed accounts of a device after its frame `seq`."""

    layout: str
    seq: int
    state: bytes


@dataclass(slots=True)
class Batch:
    """What one commit writes. Frames and intervals carry their sequence numbers."""

    layouts: list[Layout] = field(default_factory=list)
    frames: list[tuple[int, Frame]] = field(default_factory=list)
    intervals: list[tuple[int, Interval]] = field(default_factory=list)
    accounts: dict[str, AccountState] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    cursors: dict[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.layouts or self.frames or self.intervals or self.accounts or self.events or self.cursors)


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored of a device: half hours by point and start, events by point, kind and time in ms."""

    half_hours: frozenset[tuple[str, int]]
    events: frozenset[tuple[str, str, int]]


class Journal:
    """The open journal of a site in a time zone. Every method is called from one thread at a time."""

    def __init__(self, path: Path, zone: ZoneInfo, layouts: Sequence[Layout] = ()) -> None:
        """Open the file. A damaged one is moved aside and its good part kept; `salvaged` and its events then say so.

        A file that was not closed in order is looked through for damage first; a marker beside it tells. `layouts` are
        those that the site has now: they stand in for those that a damage took.
        Raises DiskRefuses where the disk does, StorageError for a file that a newer program wrote.
        """
        self._zone = zone
        self._path = path
        self._marker = path.with_name(path.name + ".open")
        with refusals(path):
            in_order = not self._marker.exists()
            self.salvaged = make_sound(path, NewJournal(open_for_writing, zone, layouts), in_order=in_order)
            self._db = open_for_writing(path)
            try:
                self._marker.touch()
                sync_folder(path.parent)
            except BaseException:
                self._db.close()
                raise
        self._point_ids: dict[tuple[str, str], int] = {}

    def close(self, *, in_order: bool = True) -> None:
        """Close the file; what was committed stays. After an error, not in order: the next start looks for damage.

        A marker that cannot go costs the next start that look too.
        """
        self._db.close()
        if in_order:
            with suppress(OSError):
                self._marker.unlink(missing_ok=True)

    def last_seq(self) -> int:
        """The highest sequence number ever given, 0 for a new journal."""
        given = (("seq", "frame"), ("seq", "outbox"), ("seq", "cursor"), ("seq", "account"), ("last_seq", "seal"))
        found = (self._db.execute(f"SELECT max({column}) FROM {table}").fetchone()[0] for column, table in given)  # noqa: S608 - constants
        return max((seq for seq in found if seq is not None), default=0)

    def last_time_ms(self) -> int:
        """The time of the newest frame, 0 for a new journal."""
        row = self._db.execute("SELECT time_ms FROM frame ORDER BY seq DESC LIMIT 1").fetchone()
        return int(row[0]) if row else 0

    def account(self, device: str) -> tuple[Layout, AccountState] | None:
        """The stored accounts of a device and the layout they belong to; without state where that is damaged."""
        query = "SELECT digest, layout.device, content, seq, state FROM account JOIN layout ON digest = layout"
        row = self._db.execute(f"{query} WHERE account.device = ?", (device,)).fetchone()
        if row is None:
            return None
        *layout, seq, state = row
        return read_layout(layout, self._path), AccountState(layout[0], seq, open_state(state))

    def read_cursors(self) -> dict[str, int]:
        """The sequence number up to which each destination has everything."""
        return dict(self._db.execute("SELECT destination, seq FROM cursor").fetchall())

    def commit(self, batch: Batch) -> None:
        """Write all of a batch or nothing of it. Raises DiskRefuses when the disk does not take it now."""
        with refusals(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._write(batch)
                self._db.execute("COMMIT")
            except BaseException:
                self._point_ids.clear()  # points that were new are not there after all
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _write(self, batch: Batch) -> None:
        run = self._db.executemany
        run(
            "INSERT OR IGNORE INTO layout VALUES (?, ?, ?)",
            [(layout.digest, layout.device, layout.to_json()) for layout in batch.layouts],
        )
        run("INSERT INTO frame VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [frame_row(seq, frame) for seq, frame in batch.frames])
        run(
            "INSERT OR REPLACE INTO account VALUES (?, ?, ?, ?)",
            [
                (device, account.layout, account.seq, seal_state(account.state))
                for device, account in batch.accounts.items()
            ],
        )
        written = [self._write_interval(seq, interval) for seq, interval in batch.intervals]
        run(
            "INSERT INTO event (time_ms, device, point, kind, detail) VALUES (?, ?, ?, ?, ?)",
            [(event.time_ms, event.device, event.point, event.kind, event.detail) for event in batch.events],
        )
        run("INSERT OR REPLACE INTO cursor VALUES (?, ?)", list(batch.cursors.items()))
        seal(self._db, [row for row in written if row is not None])

    def _write_interval(self, seq: int, interval: Interval) -> SealedInterval | None:
        """Write a half hour and put it into the outbox. One that is there is revised, unless it says the same.

        Gives the row to be sealed, or None where nothing changed.
        """
        point_id, start = self._point_id(interval), interval.start_utc_s
        content = (
            float(interval.opening_raw),
            float(interval.closing_raw),
            float(interval.advance_raw),
            interval.method.value,
            interval.spanned_ms,
            interval.observed_ms,
        )
        found = self._db.execute(_READ_CONTENT, (point_id, start)).fetchone()
        if found is not None and found[:-1] == content:
            return None
        revision = 0
        if found is not None:
            *old, revision = found
            revision += 1
            self._db.execute(_SUPERSEDE, (point_id, start))
            add_to_day(self._db, self._zone, (point_id, start), (*old,), sign=-1)
        add_to_day(self._db, self._zone, (point_id, start), content)
        row = (point_id, start, *content, interval.first_seq, interval.last_seq, seq, revision)
        self._db.execute("INSERT OR REPLACE INTO interval VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        self._db.execute("INSERT INTO outbox VALUES (?, ?, ?)", (seq, point_id, start))
        return (interval.device, interval.point, start, *content, interval.first_seq, interval.last_seq, revision, seq)

    def frames_from(self, device: str, from_ms: int, before: int) -> list[tuple[int, Frame]]:
        """The device's frames from a time on, in order of time, and enough of those ahead of it to account anew.

        They reach back over the last two good readings of each point to the beginning of the half hour, over the good
        reading ahead of that, and over `before` frames more. However long an outage was, it lies between them.
        Raises StorageError for a frame that is damaged.
        """
        reached_ms = self._seen_since(device, self._seen_since(device, from_ms))
        whole_ms = self._seen_since(device, interval_start_ms(reached_ms))
        ahead = self._db.execute(
            f"SELECT {FRAME_COLUMNS} FROM frame WHERE device = ? AND time_ms < ? "  # noqa: S608 - the columns are constant
            "ORDER BY time_ms DESC, seq DESC LIMIT ?",
            (device, whole_ms, before),
        ).fetchall()
        since = self._db.execute(
            f"SELECT {FRAME_COLUMNS} FROM frame WHERE device = ? AND time_ms >= ? ORDER BY time_ms, seq",  # noqa: S608
            (device, whole_ms),
        ).fetchall()
        return [read_frame(row, self._path) for row in (*reversed(ahead), *since)]

    def stored_of(self, device: str, from_ms: int) -> Stored:
        """The half hours and events of a device from a time on, withdrawn half hours left out."""
        half_hours = self._db.execute(
            "SELECT point, start_utc_s FROM interval JOIN point ON point.id = point_id "
            "WHERE device = ? AND start_utc_s >= ? AND method <> 'missing'",
            (device, from_ms // 1000),
        ).fetchall()
        events = self._db.execute(
            "SELECT point, kind, time_ms FROM event WHERE device = ? AND time_ms >= ?", (device, from_ms)
        ).fetchall()
        return Stored(frozenset(half_hours), frozenset(events))

    def is_before_the_frames(self, device: str, time_ms: int) -> bool:
        """Whether a time lies before all frames of a device that are still kept, and half hours rest on older ones."""
        earlier = "SELECT 1 FROM frame WHERE device = ? AND time_ms < ? LIMIT 1"
        if self._db.execute(earlier, (device, time_ms)).fetchone() is not None:
            return False
        later = "SELECT min(time_ms) FROM frame WHERE device = ? AND time_ms > ?"
        (oldest_ms,) = self._db.execute(later, (device, time_ms)).fetchone()
        oldest_half_hour = (
            "SELECT min(start_utc_s) FROM interval WHERE point_id IN (SELECT id FROM point WHERE device = ?)"
        )
        (start_utc_s,) = self._db.execute(oldest_half_hour, (device,)).fetchone()
        return None not in {oldest_ms, start_utc_s} and start_utc_s * 1000 < interval_start_ms(oldest_ms)

    def _seen_since(self, device: str, before_ms: int) -> int:
        """The time since which each point had a good reading before a moment; a point that had none does not count."""
        seen: set[int] = set()
        reached_ms = before_ms
        rows = self._db.execute(
            "SELECT time_ms, quality FROM frame WHERE device = ? AND time_ms < ? ORDER BY time_ms DESC LIMIT ?",
            (device, before_ms, _SEARCHED_FRAMES),
        )
        for time_ms, quality in rows:
            codes = [code for (code,) in struct.iter_unpack("<I", quality)]
            good = {index for index, code in enumerate(codes) if is_good(code)}
            if good - seen:
                seen |= good
                reached_ms = time_ms
                if len(seen) == len(codes):
                    break
        return int(reached_ms)

    def _point_id(self, interval: Interval) -> int:
        key = (interval.device, interval.point)
        if key not in self._point_ids:
            (self._point_ids[key],) = (
                self._db.execute(_FIND_POINT, key).fetchone()
                or self._db.execute("INSERT INTO point (device, point) VALUES (?, ?) RETURNING id", key).fetchone()
            )
        return self._point_ids[key]

    def keep_within(self, bounds: Bounds, confirmed_seq: int, now_ms: int) -> int:
        """Take away frames that the bounds do not allow, a few thousand at most; gives how many. See `bounds`.

        Raises DiskRefuses when the disk refuses even that.
        """
        with refusals(self._path):
            return keep_within(self._db, self._path, bounds, confirmed_seq, now_ms)
