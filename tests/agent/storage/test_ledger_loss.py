"""A ledger that lost rows to real damage says what it lost, holds for good, and does not take tampering for a loss."""

import shutil
import sqlite3
import struct
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from agent.accounting.interval import Event, Interval, Method
from agent.storage.copies import Salvage, damaged_copies
from agent.storage.journal import Batch, Journal
from agent.storage.ledger import Ledger, read_head
from agent.storage.ledger_loss import LEDGER_LOSS, SealLoss
from agent.storage.seal import seal
from agent.storage.verify import Anchor, Verified
from collectors.frame import Frame, Kind, Layout, Point

TOKYO = ZoneInfo("Asia/Tokyo")
PAGE = 4096
POINTS = ("energy", "gas", "water")
LAYOUT = Layout("meter", tuple(Point(name, Kind.COUNTER, "kWh") for name in POINTS))
APRIL = 1_680_274_800
"""2023-04-01T00:00+09:00."""
COMMITS = 240
"""Five days of half hours, a commit for each."""
DAY_S = 86_400

Content = dict[tuple[str, int], float]
"""Advance by point and start."""


def advance(point: str, commit: int) -> float:
    return 100.0 * (POINTS.index(point) + 1) + commit


def batch(commit: int) -> Batch:
    """The half hours of all three points, a frame, and now and then an event."""
    start, first = APRIL + commit * 1800, commit * 10 + 1
    halves = [
        Interval("meter", point, start, 0.0, 1.0, advance(point, commit), Method.MEASURED, 1_800_000, 9, 1, 2)
        for point in POINTS
    ]
    frame = Frame.pack(LAYOUT, start * 1000 + 1, [1.0, 2.0, 3.0], [0, 0, 0])
    events = [Event(start * 1000, "meter", "", "late", f"commit {commit}")] if commit % 10 == 0 else []
    return Batch([LAYOUT], [(first, frame)], list(enumerate(halves, first + 1)), events=events)


PLANNED: Content = {
    (point, APRIL + commit * 1800): advance(point, commit) for commit in range(COMMITS) for point in POINTS
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("written") / "journal.sqlite3"
    with closing(Journal(path, TOKYO)) as journal:
        for commit in range(COMMITS):
            journal.commit(batch(commit))
    return path


@pytest.fixture
def path(written: Path, tmp_path: Path) -> Path:
    """A journal that was not closed in order."""
    shutil.copy(written, tmp_path / "journal.sqlite3")
    (tmp_path / "journal.sqlite3.open").touch()
    return tmp_path / "journal.sqlite3"


def run(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in statements:
            assert db.execute(statement).rowcount > 0, statement


def ask(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(query).fetchall()


def content(path: Path) -> Content:
    rows = ask(path, "SELECT point, start_utc_s, advance_raw FROM interval JOIN point ON id = point_id")
    return {(str(point), int(str(start))): float(str(value)) for point, start, value in rows}


def root_of(path: Path, name: str) -> int:
    return int(str(ask(path, f"SELECT rootpage FROM sqlite_master WHERE name = '{name}'")[0][0]))


def leaves_of(path: Path, name: str) -> list[int]:
    """The leaf pages of a table whose root is an interior page (https://sqlite.org/fileformat2.html, section 1.6)."""
    file, root = path.read_bytes(), root_of(path, name)
    page = file[(root - 1) * PAGE : root * PAGE]
    assert page[0] in {2, 5}, f"{name} is not larger than a page"
    (cells,) = struct.unpack(">H", page[3:5])
    offsets = struct.unpack(f">{cells}H", page[12 : 12 + 2 * cells])
    return [*(struct.unpack(">I", page[offset : offset + 4])[0] for offset in offsets)]


def overwrite(path: Path, page: int) -> None:
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(Random(page).randbytes(PAGE))


def damage_half_hours(path: Path, place: int = 1) -> None:
    overwrite(path, leaves_of(path, "interval")[place])


def damage_seals(path: Path) -> None:
    overwrite(path, leaves_of(path, "seal")[1])


def damage_all_seals(path: Path) -> None:
    overwrite(path, root_of(path, "seal"))


def damage_events(path: Path) -> None:
    overwrite(path, root_of(path, "event"))


def salvage(path: Path) -> Salvage:
    """Start as an agent does after it was killed."""
    path.with_name(path.name + ".open").touch()
    with closing(Journal(path, TOKYO)) as journal:
        assert journal.salvaged is not None
        return journal.salvaged


def verify(path: Path, *anchors: Anchor) -> Verified:
    with closing(Ledger(path)) as ledger:
        return ledger.verify(TOKYO, anchors)


def go_on(path: Path) -> None:
    """The agent lives on: a commit, a kill, a start, a commit."""
    for number in (300, 301):
        journal = Journal(path, TOKYO)
        assert journal.salvaged is None
        commit = batch(number)
        shift = journal.last_seq() + 1 - commit.frames[0][0]
        journal.commit(
            Batch(
                [LAYOUT],
                [(seq + shift, frame) for seq, frame in commit.frames],
                [(seq + shift, half) for seq, half in commit.intervals],
            )
        )
        journal.close(in_order=False)


def test_a_lost_page_of_half_hours_is_stated_and_the_ledger_holds_apart_from_it(path: Path) -> None:
    head, seals = read_head(path), int(str(ask(path, "SELECT count(*) FROM seal")[0][0]))
    damage_half_hours(path)
    salvage(path)
    left = content(path)
    lost = PLANNED.keys() - left.keys()
    assert len(lost) > 20
    assert left.items() <= PLANNED.items()
    found = verify(path)
    assert found.problems == ()
    (loss,) = found.losses
    assert {half.point for half in loss.half_hours} == {point for point, _ in lost}
    assert sum(half.count or 0 for half in loss.half_hours) == len(lost)
    starts_ms = [start * 1000 for _, start in lost]
    for half in loss.half_hours:
        assert half.from_ms is not None
        assert half.to_ms is not None
        own = [start * 1000 for point, start in lost if point == half.point]
        assert half.from_ms <= min(own) < half.from_ms + DAY_S * 1000  # the day of the first
        assert max(own) < half.to_ms <= max(own) + 25 * 3_600_000
    assert (loss.seals.found, loss.seals.head, loss.seals.anew) == (seals, head, 0)
    assert loss.seals.unfit == len({start for _, start in lost})
    commits = [(start - APRIL) // 1800 for _, start in lost]
    assert (loss.seals.first, loss.seals.last) == (min(commits) + 1, max(commits) + 1)
    assert loss.touches(min(starts_ms), max(starts_ms) + 1)
    assert not loss.touches(0, min(starts_ms) - 2 * DAY_S * 1000)


def test_what_is_stated_stays_so_while_the_agent_goes_on(path: Path) -> None:
    damage_half_hours(path)
    salvage(path)
    (loss,) = verify(path).losses
    go_on(path)
    found = verify(path)
    assert (found.problems, found.losses) == ((), (loss,))
    assert found.seals == COMMITS + 1 + 2


@pytest.mark.parametrize(
    "damage", [damage_half_hours, damage_seals, damage_all_seals, damage_events], ids=lambda damage: damage.__name__
)
def test_a_loss_is_no_new_damage_at_each_start(path: Path, damage: Callable[[Path], None]) -> None:
    damage(path)
    salvage(path)
    assert verify(path).problems == ()
    assert len(verify(path).losses) == 1
    go_on(path)
    assert [copy.number for copy in damaged_copies(path)] == [1]


@pytest.mark.parametrize(
    "tampering",
    [
        ("UPDATE interval SET advance_raw = advance_raw + 1 {}", "UPDATE day_sum SET advance_raw = advance_raw + 1 {}"),
        ("DELETE FROM interval {}",),
        ("UPDATE interval SET start_utc_s = start_utc_s + 7 {}",),
    ],
)
def test_what_is_left_is_proved_as_it_was_left(path: Path, tampering: Sequence[str]) -> None:
    """Rows of other points under seals that no longer fit: without the statement nothing would prove them."""
    damage_half_hours(path)
    salvage(path)
    (start,) = sorted({start for _, start in PLANNED.keys() - content(path).keys()})[5:6]
    left = [point for point in POINTS if (point, start) in content(path)]
    assert left
    point_id = POINTS.index(left[0]) + 1
    run(path, tampering[0].format(f"WHERE point_id = {point_id} AND start_utc_s = {start}"))
    for sums in tampering[1:]:
        day = f"point_id = {point_id} AND day_utc_s = {start - (start - APRIL) % DAY_S}"
        weighted = "UPDATE day_sum SET weighted_raw = weighted_raw + 1800000"
        run(path, sums.format(f"WHERE {day}"), f"{weighted} WHERE {day}")
    (problem, *_) = verify(path).problems
    assert "says was left of them is not what is there" in problem


def test_a_second_damage_takes_more_and_is_stated_too(path: Path) -> None:
    damage_half_hours(path, 1)
    salvage(path)
    damage_half_hours(path, 3)
    salvage(path)
    found = verify(path)
    assert found.problems == ()
    first, second = found.losses
    assert second.number > first.number
    assert content(path).items() <= PLANNED.items()
    lost = len(PLANNED) - len(content(path))
    assert sum(half.count or 0 for loss in found.losses for half in loss.half_hours) == lost
    go_on(path)
    assert verify(path).problems == ()


def test_a_changed_half_hour_is_not_carried_where_its_seal_is_broken(path: Path) -> None:
    """Its page can be read: only the sum of its day tells that it is not what was written."""
    run(path, f"UPDATE interval SET advance_raw = advance_raw + 1000 WHERE point_id = 2 AND start_utc_s = {APRIL}")
    damage_events(path)
    salvage(path)
    left = content(path)
    assert left.items() <= PLANNED.items()
    day = {key for key in PLANNED if key[0] == "gas" and key[1] < APRIL + DAY_S}
    broken = {APRIL + commit * 1800 for commit in range(0, COMMITS, 10)}  # those whose event is lost
    assert PLANNED.keys() - left.keys() == {key for key in day if key[1] in broken}
    (loss,) = verify(path).losses
    assert [(half.point, half.count) for half in loss.half_hours] == [("gas", 5)]


def test_seals_that_are_lost_leave_rows_that_are_sealed_anew(path: Path) -> None:
    damage_all_seals(path)
    salvage(path)
    assert content(path) == PLANNED
    found = verify(path)
    assert found.problems == ()
    (loss,) = found.losses
    assert (loss.seals.found, loss.seals.head) == (0, "")
    assert loss.seals.anew == len(PLANNED) + COMMITS // 10
    assert loss.touches(APRIL * 1000, APRIL * 1000 + 1)


def test_where_the_newest_version_is_lost_the_half_hour_is_missing(path: Path) -> None:
    """The earlier version was found wrong: it must not come back. What is drawn up later is the newest again."""
    start = APRIL + 100 * 1800
    half = Interval("meter", "gas", start, 0.0, 1.0, 777.0, Method.MEASURED, 1_800_000, 9, 1, 2)
    with closing(Journal(path, TOKYO)) as journal:
        journal.commit(Batch(intervals=[(journal.last_seq() + 1, half)]))
    where = f"point_id = 2 AND start_utc_s = {start}"
    run(path, f"DELETE FROM interval WHERE {where}")  # as an old page from a disk that lies
    salvage(path)
    assert ask(path, f"SELECT method FROM interval WHERE {where}") == [("missing",)]
    assert verify(path).problems == ()
    with closing(Journal(path, TOKYO)) as journal:
        journal.commit(Batch(intervals=[(journal.last_seq() + 1, half)]))
    assert ask(path, f"SELECT method, advance_raw FROM interval WHERE {where}") == [("measured", 777.0)]
    assert verify(path).problems == ()


def test_a_journal_that_is_gone_is_a_loss_of_unknown_size(path: Path) -> None:
    path.unlink()
    salvage(path)
    found = verify(path)
    assert found.problems == ()
    (loss,) = found.losses
    assert [half.count for half in loss.half_hours] == [None]
    assert loss.touches(APRIL * 1000, APRIL * 1000 + 1)


def test_tampering_is_not_stated_as_a_loss_by_a_damage_elsewhere(path: Path) -> None:
    day = "WHERE point_id = 2 AND day_utc_s"
    run(
        path,
        f"UPDATE interval SET advance_raw = advance_raw + 1000 WHERE point_id = 2 AND start_utc_s = {APRIL}",
        f"UPDATE day_sum SET advance_raw = advance_raw + 1000, weighted_raw = weighted_raw + 1.8e9 {day} = {APRIL}",
    )
    overwrite(path, root_of(path, "frame_by_time"))
    salvage(path)
    found = verify(path)
    assert found.losses == ()
    assert ["seal 1: half hours" in problem for problem in found.problems] == [True]


def close_year(path: Path) -> Anchor:
    """Note the newest hash, as closing a year does, and let the agent go on."""
    anchor = Anchor("2022-r1", read_head(path))
    go_on(path)
    return anchor


STATEMENT = str(SealLoss(1, 1, 1, 0, 1, "0" * 64, 0, "0" * 64, 0, 0, APRIL * 1000))


def chain_anew(path: Path, *changes: str) -> None:
    """Change rows and write every seal anew, as somebody can who has the file and the program."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        seals = db.execute("SELECT last_seq, last_event FROM seal ORDER BY id").fetchall()
        for change in changes:
            assert db.execute(change).rowcount > 0
        events = db.execute("SELECT * FROM event ORDER BY id").fetchall()
        db.execute("DELETE FROM seal")
        db.execute("DELETE FROM event")
        query = (
            "SELECT device, point, start_utc_s, opening_raw, closing_raw, advance_raw, method, spanned_ms, "
            "observed_ms, first_seq, last_seq, revision, seq FROM interval JOIN point ON id = point_id "
            "WHERE seq > ? AND seq <= ? ORDER BY seq"
        )
        after = 0
        for last_seq, last_event in seals:
            db.executemany(
                "INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?, ?)", [row for row in events if row[0] <= last_event]
            )
            seal(db, db.execute(query, (after, last_seq)).fetchall())
            after = max(after, last_seq)


REMOVED = f"point_id = 2 AND start_utc_s = {APRIL}"
WITHOUT_ITS_SUM = (
    "UPDATE day_sum SET half_hours = half_hours - 1, advance_raw = advance_raw - 200, "
    "weighted_raw = weighted_raw - 200 * 1800000, spanned_ms = spanned_ms - 1800000, observed_ms = observed_ms - 9 "
    f"WHERE point_id = 2 AND day_utc_s = {APRIL}"
)


def test_a_row_removed_and_the_chain_written_anew_contradicts_a_closed_year(path: Path) -> None:
    closed = close_year(path)
    chain_anew(path, f"DELETE FROM interval WHERE {REMOVED}", WITHOUT_ITS_SUM)
    assert verify(path).problems == ()  # the file alone cannot tell
    assert verify(path, closed).contradicted == (closed,)


def test_a_loss_that_is_faked_into_the_past_contradicts_a_closed_year(path: Path) -> None:
    """As if the year had been closed with the loss known: the statement stands in front of the noted hash."""
    closed = close_year(path)
    fake = f"UPDATE event SET kind = '{LEDGER_LOSS}', detail = '{STATEMENT}', device = '' WHERE id = 1"
    chain_anew(path, f"DELETE FROM interval WHERE {REMOVED}", WITHOUT_ITS_SUM, fake)
    assert verify(path, closed).contradicted == (closed,)


def test_a_loss_that_is_faked_behind_a_closed_year_is_told_as_later_than_it(path: Path) -> None:
    """Damage by hand and damage of the disk look alike; neither can be put in front of what was noted."""
    closed = close_year(path)
    assert verify(path, closed).undermined == ()
    run(path, f"DELETE FROM interval WHERE {REMOVED}")
    salvage(path)
    found = verify(path, closed)
    assert (found.problems, found.contradicted) == ((), ())
    (loss,) = found.losses
    assert found.undermined == ((loss.number, closed),)


def test_a_faked_statement_that_does_not_fit_what_is_there_excuses_nothing(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"DELETE FROM interval WHERE {REMOVED}")
        db.execute(WITHOUT_ITS_SUM)
        db.execute("INSERT INTO event SELECT max(id) + 1, 0, '', '', ?, ? FROM event", (LEDGER_LOSS, STATEMENT))
        seal(db, [])
    (problem,) = verify(path).problems
    assert "seals 1 to 1: what event" in problem


def test_a_year_closed_after_a_loss_knew_of_it(path: Path) -> None:
    damage_half_hours(path)
    salvage(path)
    closed = close_year(path)
    found = verify(path, closed)
    assert (found.contradicted, found.undermined, len(found.losses)) == ((), (), 1)
