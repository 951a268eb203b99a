"""A damaged journal is moved aside and its good part carried into a new one. Knows the tables, not what they mean.

The new file is made beside the damaged one and takes its place when it is complete. A salvage that is cut off, at
whatever moment, is begun anew or brought to its end by the next start. What is lost is in the new file as events.
"""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.accounting.interval import INTERVAL_S, Method
from agent.storage.checksums import is_frame, open_state
from agent.storage.copies import SUFFIXES, Salvage, give_up_spare, next_copy, tidy
from agent.storage.damage import find_damage
from agent.storage.day_proof import drop_unproved, find_missing_half_hours, read_day_sums
from agent.storage.day_sums import sum_up_days
from agent.storage.folders import sync_folder
from agent.storage.frames import is_layout
from agent.storage.lacking import note_what_lacks
from agent.storage.ledger_loss import LEDGER_LOSS, SealLoss, read_statement
from agent.storage.losses import (
    Loss,
    concern_the_ledger,
    drop_misnumbered,
    find_missing_names,
    find_missing_rows,
    with_unknown,
)
from agent.storage.refusal import DiskRefuses, refusals
from agent.storage.rows import UNREADABLE, IndexRows, ReadableRows, Row, Table, open_damaged
from agent.storage.schema_files import read_schema
from agent.storage.seal import are_rows_behind_the_seals, seal_the_rest
from agent.storage.state_loss import state_loss, unproved_spans, withdraw_what_lost_its_newest
from agent.storage.wal import PAGE_BYTES, read_wal
from collectors.frame import Layout

_ROWS_AT_ONCE = 5000
_TABLES = ("layout", "point", "account", "cursor", "event", "interval", "superseded", "seal", "outbox", "frame")
"""The frames come last. The day sums follow from the half hours and are drawn up again."""
_MADE, _MENDED = ".salvaging", ".readable"
_METHODS = frozenset(Method)
_NUMBERS = " UNION ALL ".join(
    f"SELECT max({column}) AS seq FROM {table}"  # noqa: S608 - constants
    for table, column in (
        ("frame", "seq"),
        ("interval", "seq"),
        ("superseded", "seq"),
        ("outbox", "seq"),
        ("account", "seq"),
        ("seal", "last_seq"),
    )
)
_GIVEN = f"{_NUMBERS} UNION ALL SELECT max(seq) FROM cursor WHERE seq < {2**53}"  # noqa: S608 - constants
_NEWEST = f"(SELECT coalesce(max(seq), 0) FROM ({_NUMBERS}))"  # noqa: S608 - constants
_SETTLE = (
    "DELETE FROM frame WHERE layout NOT IN (SELECT digest FROM layout)",
    "DELETE FROM account WHERE layout NOT IN (SELECT digest FROM layout)",
    "DELETE FROM interval WHERE point_id NOT IN (SELECT id FROM point)",
    "DELETE FROM superseded WHERE point_id NOT IN (SELECT id FROM point)",
    "DELETE FROM outbox WHERE (point_id, start_utc_s) NOT IN (SELECT point_id, start_utc_s FROM interval)",
    f"INSERT OR REPLACE INTO cursor SELECT 'salvage', coalesce(max(seq), 0) FROM ({_GIVEN})",  # noqa: S608 - constants
    f"DELETE FROM cursor WHERE destination <> 'salvage' AND seq > {_NEWEST}",  # noqa: S608 - constants
    "UPDATE account SET state = x'' WHERE seq < (SELECT max(seq) FROM frame WHERE frame.device = account.device)",
    "INSERT OR IGNORE INTO account SELECT device, layout, max(seq), x'' FROM frame GROUP BY device",
)
"""What refers to something lost goes; no number is given twice, and a cursor that has run ahead begins anew; an account
that is lost or older than its frames is drawn up from them at the start."""


@dataclass(frozen=True, slots=True)
class NewJournal:
    """What a new journal is made with: what opens it, the site's time zone, and the layouts that the site has now.

    Frames whose layout is lost can be kept where the site still has it. The clock tells how old a damaged copy is.
    """

    create: Callable[[Path], sqlite3.Connection]
    zone: ZoneInfo
    layouts: Sequence[Layout] = ()
    now_utc_s: Callable[[], float] = time.time


def make_sound(path: Path, new: NewJournal, *, in_order: bool) -> Salvage | None:
    """See to it that a journal can be opened; gives what was done about one that was damaged.

    `in_order` says that it was closed so. Raises what SQLite or the system say when the disk refuses; then nothing was
    moved.
    """
    _end_what_was_begun(path)
    damage = find_damage(path, thorough=not in_order)
    done = _salvage(path, damage, new) if damage else None
    tidy(path, new.now_utc_s())
    return done


def _salvage(path: Path, damage: str, new: NewJournal) -> Salvage:
    number = next_copy(path)
    made = _beside(path, _MADE)
    told = (_beside(path, f".damaged-{number}"), damage)
    try:
        with refusals(path):
            done = _fill_from_nothing(path, made, told, new)
    except DiskRefuses as refusal:
        if not (refusal.is_full and give_up_spare(path)):
            raise
        done = _fill_from_nothing(path, made, told, new)
    made.rename(_beside(path, f".salvaged-{number}"))
    _clear(path)
    sync_folder(path.parent)
    _end_what_was_begun(path)
    return done


def _fill_from_nothing(path: Path, made: Path, told: tuple[Path, str], new: NewJournal) -> Salvage:
    """Fill a new file, durably; where that fails the disk is as it was."""
    _clear(path)
    try:
        done = _fill(path, made, told, new)
        _sync_file(made)
    except BaseException:
        _clear(path)
        raise
    return done


def _sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _clear(path: Path) -> None:
    """Remove what a salvage works with."""
    for name, suffix in product((_MADE, _MENDED), SUFFIXES):
        _beside(path, name + suffix).unlink(missing_ok=True)


def _end_what_was_begun(path: Path) -> None:
    """Where a complete new file lies beside the journal, move the journal aside and the new one into its place."""
    begin = f"{path.name}.salvaged-"
    folder = path.parent
    ready = [name for name in (folder.iterdir() if folder.is_dir() else ()) if name.name.startswith(begin)]
    for complete in ready:
        aside = _beside(path, f".damaged-{complete.name.removeprefix(begin)}")
        for suffix in SUFFIXES:
            if _beside(path, suffix).exists():
                _beside(path, suffix).rename(_beside(aside, suffix))
        sync_folder(folder)
        complete.rename(path)
        sync_folder(folder)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _fill(path: Path, made: Path, told: tuple[Path, str], new: NewJournal) -> Salvage:
    """Fill a new file with what can be read of the damaged one, and with the account of what is lost."""
    aside, damage = told
    with closing(new.create(made)) as fresh:
        fresh.execute("PRAGMA foreign_keys = OFF")
        fresh.execute("PRAGMA synchronous = OFF")  # all of it is synced at the end, before it is named as complete
        stopped = _carry_all(_readable_form(path, fresh, made), fresh, new.layouts)
        names = find_missing_names(fresh)
        fresh.execute("BEGIN IMMEDIATE")
        for statement in _SETTLE:
            fresh.execute(statement)
        sum_up_days(fresh, new.zone)
        losses = _account_for_losses(fresh, names, stopped, new.zone)
        kept = {table: fresh.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in _TABLES}  # noqa: S608 - constants
        done = Salvage(aside, damage, kept, losses)
        _state(fresh, done, path, new.zone)
        fresh.execute("COMMIT")
        fresh.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return done


def _carry_all(source: Path | None, fresh: sqlite3.Connection, layouts: Sequence[Layout]) -> set[str]:
    """Copy every table; gives the tables and indexes that could not be read to their end."""
    with closing(open_damaged(source) if source else sqlite3.connect(":memory:")) as damaged:
        stopped = {table for table in _TABLES if not (source and _carry(damaged, fresh, table))}
        if not drop_misnumbered(damaged, fresh):
            stopped.add("frame_by_time")
        if not read_day_sums(damaged, fresh):
            stopped.add("day_sum")
    known = [(layout.digest, layout.device, layout.to_json()) for layout in layouts]
    fresh.executemany("INSERT OR IGNORE INTO layout VALUES (?, ?, ?)", known)
    return stopped


def _account_for_losses(
    fresh: sqlite3.Connection, names: list[Loss], stopped: set[str], zone: ZoneInfo
) -> tuple[Loss, ...]:
    """What is lost. Half hours whose seal does not fit, and that nothing else proves, are taken out and are lost too.

    Where no damage explains a seal that does not fit, everything stays as it is: verifying tells of it.
    """
    behind = [Loss("seals", None)] if are_rows_behind_the_seals(fresh) else []

    def found() -> tuple[Loss, ...]:
        return with_unknown(
            [*names, *find_missing_rows(fresh), *behind, *find_missing_half_hours(fresh)],
            stopped,
        )

    losses = found()
    if concern_the_ledger(losses) and drop_unproved(fresh, unproved_spans(fresh), zone):
        sum_up_days(fresh, zone)
        losses = found()
    return losses


def _state(fresh: sqlite3.Connection, done: Salvage, path: Path, zone: ZoneInfo) -> None:
    """Bring ledger and chain to where they can go on, and put what happened into the events."""
    time_ms = _newest_ms(fresh, path)
    seals = None
    if concern_the_ledger(done.losses):
        seals = state_loss(fresh, time_ms)
        withdraw_what_lost_its_newest(fresh)
    _list(fresh, done, seals, time_ms)
    seal_the_rest(fresh)
    sum_up_days(fresh, zone)
    note_what_lacks(fresh)


def _newest_ms(fresh: sqlite3.Connection, path: Path) -> int:
    """The time of the newest frame or event, else of the damaged file."""
    newest = "SELECT max(time_ms) AS time_ms FROM frame UNION ALL SELECT max(time_ms) FROM event"
    (time_ms,) = fresh.execute(f"SELECT max(time_ms) FROM ({newest})").fetchone()  # noqa: S608 - constant
    if time_ms is None:
        return int(path.stat().st_mtime * 1000) if path.exists() else 0
    return int(time_ms)


def _readable_form(path: Path, fresh: sqlite3.Connection, made: Path) -> Path | None:
    """The file that is to be read: the damaged one where SQLite can make sense of it, else a mended copy of it.

    Mended are the log, of which SQLite takes nothing behind a damage, and a first page that holds no tables: it is the
    same in every journal, since the tables are made before there is a row.
    """
    wal = read_wal(_beside(path, "-wal"))
    if not path.is_file() or not (path.stat().st_size or wal.pages):
        return None
    if path.stat().st_size and not wal.lost_commits() and _has_tables_of(path, fresh):
        return path  # of an empty file SQLite would throw the log away
    copy = _beside(path, _MENDED)
    shutil.copyfile(path, copy)
    wal.write_into(copy)
    if not _has_tables_of(copy, fresh):
        fresh.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with made.open("rb") as new, copy.open("r+b") as file:
            page = bytearray(new.read(PAGE_BYTES))
            page[28:40] = (copy.stat().st_size // PAGE_BYTES).to_bytes(4, "big") + bytes(8)  # length; no free pages
            file.write(page)
    return copy


def _has_tables_of(path: Path, fresh: sqlite3.Connection) -> bool:
    try:
        with closing(open_damaged(path)) as damaged:
            return read_schema(damaged) == read_schema(fresh)
    except UNREADABLE:
        return False


def _carry(damaged: sqlite3.Connection, fresh: sqlite3.Connection, name: str) -> bool:
    """Copy the rows of a table that can be read and trusted; gives whether these were all."""
    table = Table.of(fresh, name)
    groups = [row[0] for row in fresh.execute("SELECT id FROM point")] if name == "interval" else []
    readable = ReadableRows(damaged, table, groups)
    rows = iter(_confirmed_first(damaged, readable) if name == "point" else readable)
    marks = ", ".join("?" * len(table.types))
    are_all = True
    while some := list(islice(rows, _ROWS_AT_ONCE)):
        good = [row for row in some if table.fits(row) and _is_whole(name, row)]
        are_all = are_all and len(good) == len(some)
        fresh.execute("BEGIN IMMEDIATE")
        fresh.executemany(f"INSERT OR IGNORE INTO {name} VALUES ({marks})", good)  # noqa: S608 - constants
        fresh.execute("COMMIT")
    return are_all and not readable.was_stopped


def _confirmed_first(damaged: sqlite3.Connection, points: Iterable[Row]) -> list[Row]:
    """The points from the table and once more from the index by name; those in both before those in one of them."""
    by_id = list(points)
    query = "SELECT device, point, id FROM point INDEXED BY sqlite_autoindex_point_1"
    by_name = [(row_id, device, point) for device, point, row_id in IndexRows(damaged, query)]
    return [*(row for row in by_id if row in by_name), *by_id, *by_name]


def _is_whole(table: str, row: Row) -> bool:
    """Whether a row of the right types can be trusted, as far as the row itself tells it."""
    if table == "frame":
        return is_frame(*row)
    if table == "account":
        return open_state(row[3]) != b""  # type: ignore[arg-type] # of the right types
    if table == "layout":
        return is_layout(*map(str, row))
    if table == "event":
        return row[4] != LEDGER_LOSS or read_statement(str(row[5])) is not None
    if table in {"interval", "superseded"}:
        is_aligned = row[1] % INTERVAL_S == 0  # type: ignore[operator] # of the right types
        return is_aligned and row[5] in _METHODS and row[10] > 0  # type: ignore[operator] # likewise
    return True


def _list(fresh: sqlite3.Connection, done: Salvage, seals: SealLoss | None, time_ms: int) -> None:
    """Put what happened and each loss into the events, behind every event that was ever sealed."""
    (last,) = fresh.execute(
        "SELECT max(coalesce((SELECT max(id) FROM event), 0), coalesce((SELECT max(last_event) FROM seal), 0))"
    ).fetchone()
    half_hours_last = sorted(done.losses, key=lambda loss: loss.what == "half hours")
    lost = [(loss.device, loss.point, f"{loss.kind}_lost", f"{loss}: {done.reason}") for loss in half_hours_last]
    rows = [("", "", "journal_damaged", str(done)), *lost]
    if seals is not None:
        rows.append(("", "", LEDGER_LOSS, str(seals)))
    fresh.executemany(
        "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)",
        [(last + number, time_ms, *row) for number, row in enumerate(rows, start=1)],
    )
