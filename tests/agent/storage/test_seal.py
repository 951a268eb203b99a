"""A ledger whose rows were changed, removed, inserted or put in another order does not verify."""

import shutil
import sqlite3
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.accounting.interval import Event, Interval, Method
from agent.storage.bounds import Bounds
from agent.storage.journal import Batch, Journal
from agent.storage.ledger import Ledger
from agent.storage.seal import Verified
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
    found = ledger.verify()
    ledger.close()
    return found


def test_an_untouched_ledger_holds(written: Path) -> None:
    found = verify(written)
    assert found.problems == ()
    assert (found.seals, found.rows) == (5, 5 + 3)
    assert len(found.head) == 64


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE interval SET advance_raw = 5.0000001 WHERE start_utc_s = 3600",
        "UPDATE interval SET method = 'wrapped' WHERE start_utc_s = 5400",
        "UPDATE interval SET start_utc_s = 7200 WHERE start_utc_s = 5400",
        "UPDATE superseded SET advance_raw = 8 WHERE seq = 3",
        "DELETE FROM superseded WHERE seq = 1",
        "DELETE FROM interval WHERE start_utc_s = 3600",
        "DELETE FROM event WHERE id = 1",
        "UPDATE event SET detail = '' WHERE id = 2",
        "UPDATE event SET time_ms = 0 WHERE id = 3",
        "INSERT INTO event VALUES (99, 1, 'meter', '', 'planted', '')",
        "INSERT INTO interval SELECT point_id, 9000, 0, 0, 0, 'measured', 1, 1, 1, 1, 99, 0 FROM interval LIMIT 1",
        "UPDATE interval SET seq = 9 WHERE seq = 2",
        "UPDATE point SET point = 'other'",
        "DELETE FROM seal WHERE id = 2",
        "UPDATE seal SET hash = x'00' WHERE id = 5",
    ],
)
def test_any_tampering_is_found(written: Path, tmp_path: Path, tampering: str) -> None:
    path = tmp_path / "journal.sqlite3"
    shutil.copy(written, path)
    connection = sqlite3.connect(path)
    assert connection.execute(tampering).rowcount > 0
    connection.commit()
    connection.close()
    assert verify(path).problems


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
