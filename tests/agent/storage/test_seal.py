"""A ledger whose rows were changed, removed, inserted or put in another order does not verify."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.accounting.interval import Event, Interval, Method
from agent.storage.bounds import Bounds
from agent.storage.journal import Batch, Journal
from agent.storage.ledger import Ledger
from agent.storage.verify import Verified
from agent.storage.verify import verify as verify_ledger
from collectors.frame import Frame, Kind, Layout, Point

TOKYO = ZoneInfo("Asia/Tokyo")
LAYOUT = Layout("meter", (Point("energy", Kind.COUNTER, "kWh"),))


def half_hour(number: int, advance: float) -> Interval:
    return Interval("meter", "energy", number * 1800, 0.5, 10, advance, Method.MEASURED, 1_800_000, 1_800_000, 1, 2)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six commits: half hours, one revised twice, events, a thinning that lists itself."""
    path = tmp_path_factory.mktemp("ledger") / "journal.sqlite3"
    journal = Journal(path, TOKYO)
    journal.commit(Batch([LAYOUT], [], [(1, half_hour(1, 5)), (2, half_hour(2, 6.25))]))
    journal.commit(Batch(events=[Event(1, "meter", "energy", "wrapped", "999 to 3")]))
    journal.commit(Batch(intervals=[(3, half_hour(1, 7))], events=[Event(2, "meter", "", "late", "圧延")]))
    journal.commit(Batch(intervals=[(4, half_hour(1, 8)), (5, half_hour(3, 1))]))
    journal.commit(Batch(frames=[(seq, Frame.pack(LAYOUT, seq, [1.0], [0])) for seq in range(6, 60)]))
    journal.keep_within(Bounds(10**9, 1, 0), 0, 100)
    journal.close()
    return path


def verify(path: Path) -> Verified:
    ledger = Ledger(path)
    found = ledger.verify(TOKYO)
    ledger.close()
    return found


def test_an_untouched_ledger_holds(written: Path) -> None:
    found = verify(written)
    assert found.problems == ()
    assert (found.seals, found.rows) == (5, 5 + 3)
    assert len(found.head) == 64


SEALED = ("interval", "superseded", "event", "seal", "point", "day_sum")
"""The tables of the ledger, what names their points, and what is kept up beside them and long spans are read from."""


def columns_of(path: Path, table: str) -> list[tuple[str, str]]:
    """Name and type of each column."""
    with closing(sqlite3.connect(path)) as connection:
        return [(row[1], row[2]) for row in connection.execute(f"PRAGMA table_info({table})")]


def keys_of(path: Path, table: str) -> list[str]:
    """What tells one row of a table from the others, for each row."""
    with closing(sqlite3.connect(path)) as connection:
        key = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[5]]
        rows = connection.execute(f"SELECT {', '.join(key)} FROM {table}").fetchall()
    return [" AND ".join(f"{name} = {value!r}" for name, value in zip(key, row, strict=True)) for row in rows]


def tamper(written: Path, path: Path, *statements: str) -> tuple[str, ...]:
    """Change a copy of the ledger; gives what verifying says."""
    shutil.copy(written, path)
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount > 0, statement
        connection.commit()
    return verify(path).problems


OTHER = {"INTEGER": "{0} + 1000", "REAL": "{0} * 1.000001 + 1e-6", "TEXT": "{0} || '.'", "BLOB": "x'00'"}
"""Another value of a column."""


@pytest.mark.parametrize("table", SEALED)
def test_a_change_of_any_field_is_found(written: Path, tmp_path: Path, table: str) -> None:
    rows = keys_of(written, table)
    assert rows
    for row in rows:
        for name, kind in columns_of(written, table):
            change = f"UPDATE {table} SET {name} = {OTHER[kind].format(name)} WHERE {row}"
            assert tamper(written, tmp_path / "journal.sqlite3", change), change


@pytest.mark.parametrize("table", SEALED)
def test_a_row_that_is_removed_is_found(written: Path, tmp_path: Path, table: str) -> None:
    for row in keys_of(written, table):
        assert tamper(written, tmp_path / "journal.sqlite3", f"DELETE FROM {table} WHERE {row}"), row


@pytest.mark.parametrize(
    "planted",
    [
        "INSERT INTO event VALUES (99, 1, 'meter', '', 'planted', '')",
        "INSERT INTO event VALUES (-1, 1, 'meter', '', 'planted', '')",
        "INSERT INTO interval SELECT point_id, 9000, 0, 0, 0, 'measured', 1, 1, 1, 1, 99, 0 FROM interval LIMIT 1",
        "INSERT INTO interval SELECT point_id, 9000, 0, 0, 0, 'measured', 1, 1, 1, 1, 0, 0 FROM interval LIMIT 1",
        "INSERT INTO interval SELECT 7, 9000, 0, 0, 0, 'measured', 1, 1, 1, 1, 2, 0 FROM interval LIMIT 1",
        "INSERT INTO superseded SELECT point_id, 1800, 0, 0, 0, 'measured', 1, 1, 1, 1, 2, 0 FROM interval LIMIT 1",
        "INSERT INTO superseded SELECT point_id, 1800, 0, 0, 0, 'measured', 1, 1, 1, 1, 99, 0 FROM interval LIMIT 1",
        "INSERT INTO seal SELECT 99, first_seq, last_seq, last_event, hash FROM seal WHERE id = 5",
        "INSERT INTO seal SELECT 0, 0, 0, 0, hash FROM seal WHERE id = 5",
        "INSERT INTO day_sum SELECT point_id, day_utc_s, 'replaced', 1, 5, 5, 5, 5 FROM day_sum LIMIT 1",
        "INSERT INTO day_sum SELECT point_id, day_utc_s - 86400, method, 1, 5, 5, 5, 5 FROM day_sum LIMIT 1",
    ],
)
def test_a_row_that_is_planted_is_found(written: Path, tmp_path: Path, planted: str) -> None:
    assert tamper(written, tmp_path / "journal.sqlite3", planted)


def test_an_earlier_version_put_in_the_place_of_the_newest_is_found(written: Path, tmp_path: Path) -> None:
    """All rows are there then, each as it was sealed; the figure would be the old one."""
    swap = (
        "CREATE TABLE held AS SELECT * FROM interval WHERE start_utc_s = 1800",
        "INSERT OR REPLACE INTO interval SELECT * FROM superseded WHERE seq = 1",
        "DELETE FROM superseded WHERE seq = 1",
        "INSERT INTO superseded SELECT * FROM held",
    )
    path = tmp_path / "journal.sqlite3"
    shutil.copy(written, path)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(";".join(swap))
    assert any(
        "meter/energy: the half hour at 1800 is not its newest version" in said for said in verify(path).problems
    )


def test_a_half_hour_put_away_among_the_earlier_versions_is_found(written: Path, tmp_path: Path) -> None:
    move = (
        "INSERT INTO superseded SELECT * FROM interval WHERE start_utc_s = 3600",
        "DELETE FROM interval WHERE start_utc_s = 3600",
    )
    said = tamper(written, tmp_path / "journal.sqlite3", *move)
    assert any("the half hour at 3600 is not its newest version" in problem for problem in said)


def test_two_points_whose_names_are_exchanged_are_found(tmp_path: Path) -> None:
    path = tmp_path / "written.sqlite3"
    with closing(Journal(path, TOKYO)) as journal:
        other = replace(half_hour(1, 6), point="water")
        journal.commit(Batch([LAYOUT], [], [(1, half_hour(1, 5)), (2, other)]))
    exchange = (
        "UPDATE point SET point = 'held' WHERE point = 'water'",
        "UPDATE point SET point = 'water' WHERE point = 'energy'",
        "UPDATE point SET point = 'energy' WHERE point = 'held'",
    )
    assert tamper(path, tmp_path / "journal.sqlite3", *exchange)


def test_a_day_moved_into_the_month_before_is_found(written: Path, tmp_path: Path) -> None:
    """It begins a day there too, and its sums are those of its half hours."""
    move = "UPDATE day_sum SET day_utc_s = day_utc_s - 86400"
    said = tamper(written, tmp_path / "journal.sqlite3", move)
    assert any("are in the sum of" in problem for problem in said)


def test_day_sums_after_many_revisions_are_no_tampering(tmp_path: Path) -> None:
    """What is added and taken away again leaves the rounding of a float64 behind."""
    path = tmp_path / "journal.sqlite3"
    with closing(Journal(path, TOKYO)) as journal:
        for seq in range(1, 200):
            advance = 0.1 * seq if seq % 3 else 1e9 / seq
            journal.commit(Batch(intervals=[(seq, half_hour(seq % 5, advance))]))
    assert verify(path).problems == ()


def test_a_ledger_that_cannot_be_read_to_its_end_does_not_hold(written: Path, tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    content = bytearray(written.read_bytes())
    with closing(sqlite3.connect(written)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'event'").fetchone()
    content[(page - 1) * 4096 : page * 4096] = b"\x55" * 4096
    path.write_bytes(content)
    (problem,) = verify(path).problems
    assert "cannot be read to its end" in problem


def test_beside_a_writer_one_moment_is_verified(tmp_path: Path) -> None:
    """Seals that come while the rows are being hashed are of a later moment."""
    path = tmp_path / "journal.sqlite3"
    with closing(Journal(path, TOKYO)) as journal, closing(sqlite3.connect(path, isolation_level=None)) as reader:

        def write(*_: object) -> int:
            seq = journal.last_seq() + 1
            if seq < 20:
                journal.commit(Batch(intervals=[(seq, half_hour(seq, 1))]))
            return 0

        reader.set_progress_handler(write, 50)
        assert verify_ledger(reader).problems == ()
    assert verify(path).rows > 2


def test_what_is_cut_off_at_the_end_shows_in_the_newest_hash(written: Path, tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    shutil.copy(written, path)
    connection = sqlite3.connect(path)
    connection.executescript("DELETE FROM seal WHERE id = 5; DELETE FROM event WHERE id = 3;")
    connection.close()
    found = verify(path)
    assert found.problems == ()
    assert found.head != verify(written).head


def test_a_restart_goes_on_with_the_chain(written: Path, tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    shutil.copy(written, path)
    journal = Journal(path, TOKYO)
    journal.commit(Batch(intervals=[(100, half_hour(9, 1))]))
    journal.close()
    found = verify(path)
    assert (found.problems, found.seals) == ((), 6)
