"""The alerts on disk: their state, what happened, and who is still to be told. Knows no rule and no channel.

It is a file of its own beside the journal: the journal has one writer, whose commits must not wait for alerts. State
and events go into one transaction, so that a restart raises nothing twice.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import structlog

from agent.alerts.machine import AlertEvent, AlertsState, EventKind
from agent.alerts.rules import AlertKind, Cost, Unwatched
from agent.alerts.stored import (
    read_state,
    read_unmeasured,
    read_unwatched,
    write_state,
    write_unmeasured,
    write_unwatched,
)
from agent.storage.database import open_for_reading
from agent.storage.refusal import DiskRefuses, StorageError, refusals

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 54
"""With pauses that double from half a minute to half an hour this is about a day."""
MOST_EVENTS = 10_000
_SCHEMA = 2
_COLUMNS = "kind, rule, alert, time_utc_s, since_utc_s, value, energy_gj, co2_kg, yen, unmeasured"
_FIRST_COLUMNS = _COLUMNS.replace("unmeasured", "NULL")
"""Of a file that an agent before this version has left."""
_EVENT = f"id, {_COLUMNS}"
_STANDINGS = (
    "SELECT channel, count(*) FILTER (WHERE state = 'waiting' AND attempts > 0), "
    "count(*) FILTER (WHERE state = 'given_up'), "
    "(SELECT error FROM delivery AS last WHERE last.channel = d.channel AND error <> '' "
    "ORDER BY event DESC LIMIT 1) FROM delivery AS d WHERE event > coalesce((SELECT max(event) "
    "FROM delivery AS done WHERE done.channel = d.channel AND done.state = 'done'), 0) "
    "GROUP BY channel ORDER BY channel"
)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event with its number, which never changes and is never given again."""

    id: int
    event: AlertEvent


@dataclass(frozen=True, slots=True)
class ChannelStanding:
    """How telling goes on one channel: events that wait after a failed attempt, events given up since the last success.

    `error` is why the newest of them did not arrive; empty while all is well.
    """

    channel: str
    waiting: int
    given_up: int
    error: str


@dataclass(frozen=True, slots=True)
class AlertsView:
    """All that is stored, events newest first. `unwatched` says why a rule cannot be watched; None while all can."""

    state: AlertsState
    events: tuple[StoredEvent, ...]
    standings: tuple[ChannelStanding, ...]
    unwatched: Unwatched | None = None


def alerts_path(journal: Path) -> Path:
    """Where the alerts of a journal's agent lie."""
    return journal.with_name(f"{journal.name}.alerts")


class AlertStore:
    """The writing side. Every method is called from one thread at a time, and raises StorageError."""

    def __init__(self, path: Path) -> None:
        """Open the file. A damaged one is moved aside: the alerts are then found anew from the figures."""
        self._path = path
        self._db: sqlite3.Connection | None = None

    def close(self) -> None:
        """Close the file."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def load(self) -> AlertsState:
        """The stored state; an empty one from a new file."""
        with refusals(self._path):
            return self._state(self._open())

    def save(
        self,
        state: AlertsState,
        events: Sequence[AlertEvent],
        channels: Sequence[str],
        unwatched: Unwatched | None = None,
    ) -> None:
        """Keep a state together with what led to it, and note who is to be told: all of it, or nothing."""
        with refusals(self._path), _transaction(self._open()) as db:
            kept = (write_state(state), write_unwatched(unwatched))
            db.execute("INSERT OR REPLACE INTO alert_state (one, content, unwatched) VALUES (1, ?, ?)", kept)
            for event in events:
                _add_event(db, event, channels)
            if events:
                oldest = "SELECT max(id) - ? FROM alert_event"
                db.execute(f"DELETE FROM alert_event WHERE id <= ({oldest})", (MOST_EVENTS,))  # noqa: S608 - constant

    def waiting(self, channel: str, most: int) -> list[StoredEvent]:
        """The oldest events that are still to be told on a channel."""
        with refusals(self._path):
            rows = self._open().execute(
                f"SELECT {_EVENT} FROM alert_event JOIN delivery ON event = id "  # noqa: S608 - the columns are constant
                "WHERE channel = ? AND delivery.state = 'waiting' ORDER BY id LIMIT ?",
                (channel, most),
            )
            return [_event(row) for row in rows]

    def delivered(self, channel: str, events: Sequence[StoredEvent]) -> None:
        """Note that events were told."""
        with refusals(self._path), _transaction(self._open()) as db:
            db.executemany(
                "UPDATE delivery SET state = 'done', error = '' WHERE channel = ? AND event = ?",
                [(channel, each.id) for each in events],
            )

    def failed(self, channel: str, events: Sequence[StoredEvent], error: str) -> None:
        """Note a failed attempt; after the last one an event is given up."""
        with refusals(self._path), _transaction(self._open()) as db:
            db.executemany(
                "UPDATE delivery SET attempts = attempts + 1, error = ?, "
                "state = CASE WHEN attempts + 1 >= ? THEN 'given_up' ELSE 'waiting' END "
                "WHERE channel = ? AND event = ?",
                [(error, MOST_ATTEMPTS, channel, each.id) for each in events],
            )

    def keep_channels(self, channels: Sequence[str]) -> None:
        """Forget what was to be told on channels that the site no longer has."""
        with refusals(self._path), _transaction(self._open()) as db:
            marks = ", ".join("?" for _ in channels)
            db.execute(f"DELETE FROM delivery WHERE channel NOT IN ({marks})", tuple(channels))  # noqa: S608 - marks

    def standings(self) -> list[ChannelStanding]:
        """How telling goes, channel by channel."""
        with refusals(self._path):
            return _standings(self._open())

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            try:
                self._db = _opened(self._path)
            except DiskRefuses:
                raise
            except StorageError as damage:
                aside = self._path.with_name(f"{self._path.name}.damaged")
                log.error("alerts_damaged", reason=str(damage), moved_to=str(aside))
                self._path.replace(aside)
                self._db = _opened(self._path)
        return self._db

    def _state(self, db: sqlite3.Connection) -> AlertsState:
        try:
            return _read(db)
        except ValueError as error:
            log.error("alerts_unreadable", file=str(self._path), reason=str(error), hint="they begin anew")
            return AlertsState()


def read_alerts(path: Path, most: int = 200) -> AlertsView:
    """All that is stored, beside a running agent or without one. Raises StorageError; empty where there is no file."""
    if not path.exists():
        return AlertsView(AlertsState(), (), ())
    with closing(open_for_reading(path)) as db, refusals(path):
        (version,) = db.execute("PRAGMA user_version").fetchone()
        columns = _COLUMNS if version >= _SCHEMA else _FIRST_COLUMNS
        rows = db.execute(f"SELECT id, {columns} FROM alert_event ORDER BY id DESC LIMIT ?", (most,)).fetchall()  # noqa: S608
        try:
            state, events = _read(db), tuple(_event(row) for row in rows)
            unwatched = _read_unwatched(db) if version >= _SCHEMA else None
        except ValueError as error:
            raise StorageError(f"{path}: {error}") from error
        return AlertsView(state, events, tuple(_standings(db)), unwatched)


class _transaction:  # noqa: N801 - reads as a statement
    """All of a block, or nothing of it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> sqlite3.Connection:
        self._db.execute("BEGIN IMMEDIATE")
        return self._db

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if kind is None:
            self._db.execute("COMMIT")
        elif self._db.in_transaction:
            self._db.execute("ROLLBACK")


def _opened(path: Path) -> sqlite3.Connection:
    """The file with its schema. Raises StorageError for one that is damaged or newer than this program."""
    with refusals(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA busy_timeout = 5000")
            _migrate(db, path)
        except BaseException:
            db.close()
            raise
    return db


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > _SCHEMA:
        raise StorageError(f"{path}: written by a newer Atsuen (schema {version}); install that version again")
    for number in range(version + 1, _SCHEMA + 1):
        sql = resources.files("agent.alerting").joinpath("schema", f"{number:04}.sql").read_text(encoding="utf-8")
        db.executescript(f"BEGIN; {sql} PRAGMA user_version = {number}; COMMIT;")


def _add_event(db: sqlite3.Connection, event: AlertEvent, channels: Sequence[str]) -> None:
    facts = (event.kind.value, event.rule, event.alert.value, event.time_utc_s, event.since_utc_s, event.value)
    amounts = (event.cost.energy_gj, event.cost.co2_kg, event.cost.yen)
    query = f"INSERT INTO alert_event ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - constant
    number = db.execute(query, (*facts, *amounts, write_unmeasured(event.unmeasured))).lastrowid
    db.executemany("INSERT INTO delivery (channel, event) VALUES (?, ?)", [(each, number) for each in channels])


def _read(db: sqlite3.Connection) -> AlertsState:
    row = db.execute("SELECT content FROM alert_state").fetchone()
    return AlertsState() if row is None else read_state(row[0])


def _read_unwatched(db: sqlite3.Connection) -> Unwatched | None:
    row = db.execute("SELECT unwatched FROM alert_state").fetchone()
    return None if row is None else read_unwatched(row[0])


def _standings(db: sqlite3.Connection) -> list[ChannelStanding]:
    rows = db.execute(_STANDINGS)
    return [ChannelStanding(channel, waiting, lost, error or "") for channel, waiting, lost, error in rows]


def _event(row: Sequence[Any]) -> StoredEvent:
    """Raises ValueError for a row that no agent wrote."""
    number, kind, rule, alert, time_utc_s, since_utc_s, value, *amounts, unmeasured = row
    facts = (rule, AlertKind(alert), time_utc_s, since_utc_s, value, Cost(*amounts))
    return StoredEvent(number, AlertEvent(EventKind(kind), *facts, read_unmeasured(unmeasured)))
