"""Damaged files that were moved aside: evidence stays; what the journal has whole goes in time, or for room."""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from agent.storage.copies import damaged_copies
from agent.storage.database import open_for_writing
from agent.storage.journal import Journal
from agent.storage.refusal import DiskRefuses
from agent.storage.salvage import NewJournal, make_sound
from tests.agent.storage.journal_steps import LAST_STEP, TOKYO, take_steps
from tests.faults.disk import NEEDS_ROOT, can_mount, fill_disk, free_disk, small_disk

PAGE = 4096
DAY_S = 86_400
needs_root = pytest.mark.skipif(not can_mount(), reason=NEEDS_ROOT)

Damage = Callable[[Path], None]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("written") / "journal.sqlite3"
    with closing(Journal(path, TOKYO)) as journal:
        list(take_steps(journal, 1, LAST_STEP))
    return path


@pytest.fixture
def path(written: Path, tmp_path: Path) -> Path:
    shutil.copy(written, tmp_path / "journal.sqlite3")
    return tmp_path / "journal.sqlite3"


def damage_harmlessly(path: Path) -> None:
    """The first page, which is the same in every journal: everything can be read without it."""
    overwrite(path, 0)


def damage_an_index(path: Path) -> None:
    """Everything can be read without it too, and what earlier salvages have told."""
    overwrite_root(path, "frame_by_time")


def damage_events(path: Path) -> None:
    overwrite_root(path, "event")


def overwrite_root(path: Path, name: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    overwrite(path, root - 1)


def overwrite(path: Path, page: int) -> None:
    with path.open("r+b") as file:
        file.seek(page * PAGE)
        file.write(Random(page).randbytes(PAGE))


def start(path: Path, *damages: Damage, in_days: float = 0.0) -> None:
    """A start after each damage, and one more; `in_days` from now."""
    new = NewJournal(open_for_writing, TOKYO, now_utc_s=lambda: time.time() + in_days * DAY_S)
    for damage in damages:
        damage(path)
        assert make_sound(path, new, in_order=False) is not None
    assert make_sound(path, new, in_order=False) is None


def numbers(path: Path) -> list[int]:
    return [copy.number for copy in damaged_copies(path)]


def test_copies_are_told_with_their_size(path: Path) -> None:
    assert damaged_copies(path) == []
    size = path.stat().st_size
    start(path, damage_harmlessly, damage_events)
    first, second = damaged_copies(path)
    assert (first.path.name, first.total_bytes) == ("journal.sqlite3.damaged-1", size)
    assert second.path.name == "journal.sqlite3.damaged-2"
    assert first.moved_utc_s <= second.moved_utc_s <= time.time()


@pytest.mark.parametrize(("in_days", "left"), [(29, [1, 2, 3, 4, 5]), (31, [3, 4, 5])])
def test_of_copies_that_lost_nothing_the_newest_three_stay_and_the_others_for_thirty_days(
    path: Path, in_days: float, left: list[int]
) -> None:
    start(path, *[damage_harmlessly] * 5)
    start(path, in_days=in_days)
    assert numbers(path) == left


def test_a_copy_of_a_journal_that_lost_something_stays(path: Path) -> None:
    """So does the first: what told that nothing was lost of it is in the page that the second damage took."""
    start(path, damage_harmlessly, damage_events, *[damage_harmlessly] * 4)
    start(path, in_days=1000)
    assert numbers(path) == [1, 2, 4, 5, 6]


def test_a_number_is_not_given_again(path: Path) -> None:
    start(path, *[damage_harmlessly] * 5)
    start(path, in_days=31)
    start(path, damage_harmlessly)
    assert numbers(path) == [3, 4, 5, 6]


def fill_all_but_a_little(folder: Path) -> None:
    """Leave what the reserve gives for a start, and not enough for a salvage."""
    fill_disk(folder)
    ballast = folder / "ballast"
    os.truncate(ballast, ballast.stat().st_size - 100_000)


@needs_root
def test_on_a_full_disk_copies_that_lost_nothing_make_room_for_a_salvage(written: Path, tmp_path: Path) -> None:
    """The new one in the making takes the room of three: itself and its log."""
    megabytes = 8 * written.stat().st_size // 1_000_000 + 1
    with small_disk(tmp_path / "disk", megabytes=megabytes):
        path = tmp_path / "disk" / "journal.sqlite3"
        shutil.copy(written, path)
        start(path, *[damage_harmlessly] * 3)
        damage_an_index(path)
        fill_all_but_a_little(path.parent)
        assert make_sound(path, NewJournal(open_for_writing, TOKYO), in_order=False) is not None
        assert numbers(path) == [4]
        free_disk(path.parent)


@needs_root
def test_on_a_full_disk_evidence_stays_and_the_start_is_refused(written: Path, tmp_path: Path) -> None:
    megabytes = 8 * written.stat().st_size // 1_000_000 + 1
    with small_disk(tmp_path / "disk", megabytes=megabytes):
        path = tmp_path / "disk" / "journal.sqlite3"
        shutil.copy(written, path)
        start(path, damage_events)
        damage_an_index(path)
        fill_all_but_a_little(path.parent)
        with pytest.raises(DiskRefuses):
            make_sound(path, NewJournal(open_for_writing, TOKYO), in_order=False)
        assert numbers(path) == [1]
        assert path.exists()
        free_disk(path.parent)
