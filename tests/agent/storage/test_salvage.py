"""A damaged journal never stops the agent: what can be read is kept, the file is moved aside, the loss is recorded."""

import random
import shutil
import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from agent.recorder import Recorder
from agent.storage.copies import Salvage
from agent.storage.history import SiteHistory
from agent.storage.journal import Journal
from agent.storage.ledger import Ledger
from agent.storage.refusal import StorageError
from tests.agent.storage.journal_steps import (
    LAST_STEP,
    LAYOUTS,
    TOKYO,
    Row,
    expected_after,
    make_batch,
    stored_rows,
    take_steps,
)

PAGE = 4096
WAL_HEADER, WAL_FRAME = 32, 24
LAST_SEQ = expected_after()[-1].last_seq
WHOLE = expected_after()[-1]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two journals: one that was closed in order, and one of a killed agent with a log beside it."""
    folder = tmp_path_factory.mktemp("written")
    for name in ("closed", "killed"):
        path = folder / f"{name}.sqlite3"
        journal = Journal(path, TOKYO)
        list(take_steps(journal, 1, LAST_STEP - 10))
        journal._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        list(take_steps(journal, LAST_STEP - 9, LAST_STEP))
        if name == "killed":
            for file in sorted(folder.glob("killed.sqlite3*")):
                shutil.copy(file, folder / file.name.replace("killed", "left"))
        journal.close()
    return folder


@pytest.fixture
def path(written: Path, tmp_path: Path) -> Path:
    """A journal that was not closed in order, all of it in one file."""
    shutil.copy(written / "closed.sqlite3", tmp_path / "journal.sqlite3")
    (tmp_path / "journal.sqlite3.open").touch()
    return tmp_path / "journal.sqlite3"


@pytest.fixture
def with_log(written: Path, tmp_path: Path) -> Path:
    """The same, with the last ten steps in the log."""
    for suffix in ("", "-wal", ".open"):
        shutil.copy(written / f"left.sqlite3{suffix}", tmp_path / f"journal.sqlite3{suffix}")
    return tmp_path / "journal.sqlite3"


@dataclass(frozen=True)
class Opened:
    salvaged: Salvage | None
    rows: dict[str, frozenset[Row]]
    problems: tuple[str, ...]

    def lost(self, what: str) -> int | None:
        """How many rows the salvage says are lost, None where it says that it does not know."""
        assert self.salvaged is not None
        counts = [loss.count for loss in self.salvaged.losses if loss.what == what]
        return None if None in counts else sum(count for count in counts if count is not None)


def open_twice(path: Path) -> Opened:
    """Open as an agent does, commit, and open once more: after a salvage the journal is sound, and says the same."""
    with closing(Journal(path, TOKYO)) as journal:
        with closing(Ledger(path)) as ledger:
            opened = Opened(journal.salvaged, stored_rows(path), ledger.verify().problems)
        seq = journal.last_seq()
        journal.commit(replace(make_batch(LAST_STEP + 2, seq + 1), layouts=list(LAYOUTS)))
    with closing(Journal(path, TOKYO)) as journal:
        assert journal.salvaged is None
        assert journal.last_seq() > seq
    if opened.salvaged is not None:
        again = stored_rows(path)
        assert [row for row in again["event"] if row[2] == "journal_damaged"] == [
            row for row in opened.rows["event"] if row[3] == str(opened.salvaged)
        ]
        assert opened.rows["frame"] <= again["frame"]
    return opened


def page_with(path: Path, *marks: bytes, kind: int | None = None) -> int:
    """The number, from 0, of a page in the middle of those that hold all of some bytes and are of some kind."""
    content = path.read_bytes()
    pages = [content[start : start + PAGE] for start in range(0, len(content), PAGE)]
    found = [
        number
        for number, page in enumerate(pages)
        if all(mark in page for mark in marks) and (kind is None or page[0] == kind)
    ]
    return found[len(found) // 2]


def root_of(path: Path, name: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        return int(connection.execute(query, (name,)).fetchone()[0]) - 1


def overwrite(path: Path, page: int, count: int = 1) -> None:
    with path.open("r+b") as file:
        file.seek(page * PAGE)
        file.write(random.Random(page).randbytes(count * PAGE))


def in_the_frames(path: Path) -> None:
    """The page of one of the frames in the middle."""
    frame = sorted(WHOLE.frames.values(), key=str)[len(WHOLE.frames) // 2]
    overwrite(path, page_with(path, bytes(frame[4])[:64]))  # type: ignore[call-overload] # packed values


def in_a_root(name: str) -> Callable[[Path], None]:
    return lambda path: overwrite(path, root_of(path, name))


def first_page(path: Path) -> None:
    overwrite(path, 0)


def in_the_header(path: Path) -> None:
    """The version for writing: SQLite would open the file for reading only."""
    with path.open("r+b") as file:
        file.seek(18)
        file.write(b"\x09\x09")


def version_number(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(60)
        file.write(struct.pack(">I", 2**20))


def first_two_thirds(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size * 2 // 3)


def within_a_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - PAGE // 2)


def zeros_in_the_middle(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 3)
        file.write(bytes(size // 6))


@pytest.mark.parametrize(
    ("damage", "frames_lost_at_most"),
    [
        (in_the_frames, 8),
        (in_a_root("frame_by_time"), 0),
        (in_a_root("frame"), 10**6),
        (in_a_root("interval"), 0),
        (in_a_root("point"), 0),
        (in_a_root("sqlite_autoindex_point_1"), 0),
        (in_a_root("event"), 0),
        (in_a_root("seal"), 0),
        (in_a_root("superseded"), 0),
        (in_a_root("account"), 0),
        (in_a_root("cursor"), 0),
        (in_a_root("outbox"), 0),
        (in_a_root("day_sum"), 0),
        (in_a_root("layout"), 10**6),
        (first_page, 0),
        (in_the_header, 0),
        (version_number, 0),
        (first_two_thirds, 10**6),
        (within_a_page, 8),
        (zeros_in_the_middle, 10**6),
    ],
)
def test_the_good_part_is_kept_and_the_rest_counted(
    path: Path, damage: Callable[[Path], None], frames_lost_at_most: int
) -> None:
    damage(path)
    opened = open_twice(path)
    assert opened.salvaged is not None
    assert opened.salvaged.moved_to.exists()
    whole = WHOLE.rows()
    for table in ("frame", "interval", "superseded"):
        assert opened.rows[table] <= whole[table], table
    missing = len(whole["frame"]) - len(opened.rows["frame"])
    assert missing <= frames_lost_at_most
    assert opened.lost("frames") in {missing, None}
    missing = len(whole["interval"]) - len(opened.rows["interval"])
    assert opened.lost("half hours") in {missing, None}


def test_what_is_lost_of_a_device_is_an_event_of_it(path: Path) -> None:
    in_the_frames(path)
    opened = open_twice(path)
    lost = {row[0]: row[3] for row in WHOLE.rows()["frame"] - opened.rows["frame"]}
    assert lost
    with closing(Ledger(path)) as ledger:
        told = [event for event in ledger.events() if event.kind == "frames_lost"]
    assert sum(int(event.detail.split()[0]) for event in told) == len(lost)
    for event in told:
        own = [int(str(row[3])) for row in WHOLE.rows()["frame"] if row[0] in lost and row[1] == event.device]
        assert event.detail.startswith(f"{len(own)} frames of {event.device} from {min(own)} to {max(own)} (UTC ms)")


def test_frames_whose_layout_is_lost_are_kept_where_the_site_still_has_it(path: Path) -> None:
    in_a_root("layout")(path)
    with closing(Journal(path, TOKYO, LAYOUTS)) as journal:
        assert journal.salvaged is not None
        assert stored_rows(path)["frame"] == WHOLE.rows()["frame"]
    with closing(Ledger(path)) as ledger:
        assert all(ledger.layout(layout.digest) == layout for layout in LAYOUTS)


def test_a_device_whose_account_is_lost_goes_on_from_its_frames(path: Path) -> None:
    in_a_root("account")(path)
    with closing(Journal(path, TOKYO)) as journal:
        for layout in LAYOUTS:
            stored = journal.account(layout.device)
            assert stored is not None
            assert stored[0] == layout
            assert stored[1].state == b""


def test_sums_of_days_are_those_of_the_half_hours_that_are_left(path: Path) -> None:
    zeros_in_the_middle(path)
    opened = open_twice(path)
    assert opened.salvaged is not None
    with closing(Ledger(path)) as ledger:
        assert not [problem for problem in ledger.verify().problems if "sum" in problem]
        history = SiteHistory(ledger, TOKYO)
        for layout in LAYOUTS:
            halves = history.intervals([(layout.device, "p1")], 0, 2**33)
            days = history.sums(layout.device, "p1", *(-9 * 3600 + day * 86_400 for day in (19_000, 21_000)))
            assert sum(day.advance_raw for day in days) == sum(half.advance_raw for half in halves)


def flip_in_log(path: Path, frame: int, offset: int) -> None:
    """Flip a bit of one page of the log."""
    with path.with_name(path.name + "-wal").open("r+b") as file:
        position = WAL_HEADER + frame * (WAL_FRAME + PAGE) + offset
        file.seek(position)
        (byte,) = file.read(1)
        file.seek(position)
        file.write(bytes([byte ^ 4]))


@pytest.mark.parametrize("offset", [0, 4, 8, 16, 24, 2000])
@pytest.mark.parametrize("frame", [0, 3, 10])
def test_behind_a_damage_in_the_log_is_kept_what_is_whole(with_log: Path, frame: int, offset: int) -> None:
    """SQLite would pass over everything behind the flipped bit, without a word."""
    flip_in_log(with_log, frame, offset)
    opened = open_twice(with_log)
    assert opened.salvaged is not None
    assert "the write-ahead log is damaged" in opened.salvaged.reason
    assert opened.rows["frame"] <= WHOLE.rows()["frame"]
    assert len(opened.rows["frame"]) >= len(WHOLE.frames) - 16
    assert LAST_SEQ in {row[0] for row in opened.rows["frame"]} | {row[3] for row in opened.rows["interval"]}


def test_a_log_whose_header_is_damaged_is_kept_whole(with_log: Path) -> None:
    with with_log.with_name(with_log.name + "-wal").open("r+b") as file:
        file.write(b"\0" * WAL_HEADER)
    opened = open_twice(with_log)
    assert opened.salvaged is not None
    assert opened.rows["frame"] == WHOLE.rows()["frame"]
    assert opened.rows["interval"] == WHOLE.rows()["interval"]


@pytest.mark.parametrize("suffix", ["", "-wal"])
def test_a_sound_journal_that_was_not_closed_is_left_alone(path: Path, with_log: Path, suffix: str) -> None:
    found = path if not suffix else with_log
    opened = open_twice(found)
    assert opened.salvaged is None
    assert opened.rows == WHOLE.rows()
    assert opened.problems == ()
    assert sorted(item.name for item in found.parent.iterdir()) == ["journal.sqlite3"]


def no_bytes(path: Path) -> None:
    path.write_bytes(b"")


def gone(path: Path) -> None:
    path.unlink()


def random_bytes(path: Path) -> None:
    path.write_bytes(random.Random(3).randbytes(50_000))


def text(path: Path) -> None:
    path.write_text("energy;kWh\n" * 1000, encoding="utf-8")


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "note.txt").write_text("put here by mistake", encoding="utf-8")


def another_database(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE frame (seq, note); INSERT INTO frame VALUES (7, 'not ours');")


@pytest.mark.parametrize("damage", [no_bytes, gone, random_bytes, text, folder, another_database])
def test_where_nothing_can_be_kept_the_agent_begins_anew_and_says_so(
    path: Path, damage: Callable[[Path], None]
) -> None:
    damage(path)
    opened = open_twice(path)
    assert opened.salvaged is not None
    assert not any(opened.salvaged.kept[table] for table in ("frame", "interval", "point", "layout"))
    assert "an unknown number of frames" in str(opened.salvaged)
    assert opened.salvaged.moved_to.exists() is (damage is not gone)
    assert opened.problems == ()


@pytest.mark.parametrize("damage", [first_page, in_the_header, version_number, first_two_thirds, random_bytes, folder])
def test_also_of_a_journal_that_was_closed_in_order(path: Path, damage: Callable[[Path], None]) -> None:
    path.with_name(path.name + ".open").unlink()
    damage(path)
    assert open_twice(path).salvaged is not None


def test_a_newer_version_is_no_damage(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE later (id INTEGER PRIMARY KEY); PRAGMA user_version = 9999;")
    with pytest.raises(StorageError, match="newer Atsuen"):
        Journal(path, TOKYO)
    assert sorted(item.name for item in path.parent.iterdir()) == ["journal.sqlite3", "journal.sqlite3.open"]


def test_a_second_damage_does_not_overwrite_the_first(path: Path) -> None:
    for number in (1, 2):
        overwrite(path, 0)
        path.with_name(path.name + ".open").touch()
        with closing(Journal(path, TOKYO)) as journal:
            assert journal.salvaged is not None
            assert journal.salvaged.moved_to.name == f"journal.sqlite3.damaged-{number}"
            assert stored_rows(path)["frame"] == WHOLE.rows()["frame"]


def test_sequence_numbers_are_not_given_twice(path: Path) -> None:
    """Also where frames, accounts, cursors and the outbox are gone, and only the ledger is left."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("DELETE FROM outbox; DELETE FROM cursor; DELETE FROM frame; DELETE FROM account;")
    highest = max(int(str(row[3])) for row in WHOLE.intervals.values())
    in_a_root("cursor")(path)
    with closing(Journal(path, TOKYO)) as journal:
        assert journal.salvaged is not None
        assert journal.last_seq() >= highest


def test_a_cursor_that_ran_ahead_begins_anew(path: Path) -> None:
    """A flipped bit in it must not make the agent believe that all is stored elsewhere already."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"UPDATE cursor SET seq = {2**40};")
    in_the_frames(path)
    with closing(Journal(path, TOKYO)) as journal:
        assert "mqtt" not in journal.read_cursors()
        assert journal.last_seq() >= 2**40


async def test_the_recorder_goes_on_and_lists_the_damage_once(path: Path) -> None:
    first_two_thirds(path)
    recorder = Recorder(path, TOKYO, 120_000)
    await recorder.open({layout.device: layout for layout in LAYOUTS})
    frame = make_batch(LAST_STEP + 2, 1).frames[0][1]
    recorder.record(frame)
    await recorder.commit()
    await recorder.close()
    with closing(Ledger(path)) as ledger:
        (event,) = [event for event in ledger.events() if event.kind == "journal_damaged"]
        assert "moved to journal.sqlite3.damaged-1" in event.detail
        assert ledger.outgoing(recorder.durable_seq - 1, 1)[0].item is not None
