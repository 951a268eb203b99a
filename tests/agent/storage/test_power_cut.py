"""After a power cut the journal opens without help, and everything that was said to be durable is there.

A writer runs once under strace. From the calls that it made, disks are drawn as they may be found after a cut at some
moment, and the journal is opened from each. `POWER_CUTS=20000 pytest tests/agent/storage/test_power_cut.py` tries more.
"""

import os
import shutil
import sqlite3
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from agent.storage.copies import Salvage
from agent.storage.journal import Journal
from agent.storage.ledger import Ledger
from tests.agent.conftest import needed
from tests.agent.storage import journal_steps
from tests.agent.storage.journal_steps import LAST_STEP, TOKYO, Row, expected_after, stored_rows
from tests.agent.storage.power_cut import Call, Disk, Fate, lay_out, record

CUTS = int(os.environ.get("POWER_CUTS", "400"))
HONEST_SYNCS = 0.3
"""The share of syncs that a dishonest disk carries out."""

Rows = dict[str, frozenset[Row]]


@dataclass(frozen=True)
class Run:
    """The calls of a writer in a folder, and where among them each step was told to be durable."""

    folder: Path
    calls: list[Call]
    told_at: list[int]

    def told(self, calls: int) -> int:
        """The last step that was told within the first so many calls."""
        return bisect_right(self.told_at, calls - 1)


@dataclass(frozen=True)
class Found:
    """What a journal was after it was opened from the disk of a cut."""

    moment: str
    told: int
    salvaged: Salvage | None
    rows: Rows
    problems: tuple[str, ...]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    needed("strace", "strace")
    folder = tmp_path_factory.mktemp("disk") / "root"
    folder.mkdir()
    calls = record([journal_steps.__file__, folder / "new" / "folder" / "journal.sqlite3"], folder)
    told_at = [index for index, call in enumerate(calls) if call.name == "told"]
    assert [int(calls[index].data) for index in told_at] == list(range(1, LAST_STEP + 1))
    return Run(folder, calls, told_at)


@pytest.fixture(scope="module")
def states() -> list[Rows]:
    """What is stored after each step."""
    return [after.rows() for after in expected_after()]


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: what is tried here is not the disk of this machine."""
    memory = Path("/dev/shm")
    folder = (memory if memory.is_dir() else tmp_path) / f"atsuen-power-cut-{os.getpid()}"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def cuts(run: Run, seed: int, honest_syncs: float) -> Iterator[tuple[int, Fate, dict[str, bytes]]]:
    """Moments in order, how much of what was not synced is there, and the files."""
    dice = Random(seed)
    disk = Disk(run.folder, {})
    moments = sorted(dice.randint(0, len(run.calls)) for _ in range(CUTS))
    done = 0
    for moment in moments:
        for call in run.calls[done:moment]:
            disk.take(call, is_honest=dice.random() < honest_syncs)
        done = moment
        fate = dice.choice(list(Fate))
        yield moment, fate, disk.cut(dice, fate)


def open_each(run: Run, folder: Path, seed: int, honest_syncs: float = 1.0) -> Iterator[Found]:
    for moment, fate, files in cuts(run, seed, honest_syncs):
        lay_out(files, folder)
        path = folder / "new" / "folder" / "journal.sqlite3"
        salvaged, rows = open_as_the_agent_does(path)
        with closing(Ledger(path)) as ledger:
            problems = ledger.verify().problems
        yield Found(f"after call {moment}, {fate.value}", run.told(moment), salvaged, rows, problems)


def open_as_the_agent_does(path: Path) -> tuple[Salvage | None, Rows]:
    """Open and read. An agent that meets a damage while it runs ends, and is started again by the service manager."""
    journal = Journal(path, TOKYO)
    try:
        rows = stored_rows(path)
    except sqlite3.DatabaseError:
        journal.close(in_order=False)
    else:
        journal.close()
        return journal.salvaged, rows
    with closing(Journal(path, TOKYO)) as again:
        return again.salvaged, stored_rows(path)


def test_a_disk_that_keeps_its_word_loses_nothing(run: Run, states: list[Rows], quick: Path) -> None:
    seen = set()
    for found in open_each(run, quick, seed=20_231_002):
        assert found.salvaged is None, found
        holds = {step for step, rows in enumerate(states) if rows == found.rows}
        assert holds & {found.told, found.told + 1}, (found.moment, found.told, holds)
        assert found.problems == (), found.moment
        seen.add(found.told)
    assert len(seen) > 0.7 * LAST_STEP


def test_of_a_disk_that_lies_the_good_part_is_kept_and_the_loss_recorded(
    run: Run, states: list[Rows], quick: Path
) -> None:
    """A whole state of an earlier moment cannot be told from a sound journal; any other is noticed or fits together."""
    ever = {table: frozenset().union(*(rows[table] for rows in states)) for table in states[0]}
    salvaged = older = 0
    for found in open_each(run, quick, seed=20_231_003, honest_syncs=HONEST_SYNCS):
        for table, rows in found.rows.items():
            assert {row for row in rows if not is_from_a_salvage(table, row)} <= ever[table], (found.moment, table)
        if found.salvaged is not None:
            salvaged += 1
            (told,) = [row for row in found.rows["event"] if row[2] == "journal_damaged"]
            assert told[3] == str(found.salvaged)
            if found.salvaged.reason not in {"the file is gone", "the file is empty"}:
                assert found.salvaged.moved_to.exists()
        older += found.rows in states[: found.told]
    assert salvaged > CUTS / 50
    assert older > CUTS / 10


def is_from_a_salvage(table: str, row: Row) -> bool:
    """Its own events and cursor, and accounts without a state, which are drawn up from the frames."""
    return (
        (table == "event" and (row[2] in {"journal_damaged", "ledger_loss"} or str(row[2]).endswith("_lost")))
        or (table == "cursor" and (row[0] == "salvage" or str(row[0]).startswith("lacking ")))
        or (table == "account" and row[2] is None)
    )


_SALVAGE = """
import sys
from pathlib import Path
from zoneinfo import ZoneInfo
from agent.storage.journal import Journal
Journal(Path(sys.argv[1]), ZoneInfo("Asia/Tokyo")).close()
"""


def test_a_power_cut_during_a_salvage_costs_nothing(run: Run, states: list[Rows], quick: Path, tmp_path: Path) -> None:
    """Before, while and after a damaged journal is replaced, the next start ends with the same rows and one event."""
    folder = tmp_path / "root"
    damaged = bytearray((run.folder / "new" / "folder" / "journal.sqlite3").read_bytes())
    damaged[30 * 4096 : 32 * 4096] = Random(1).randbytes(2 * 4096)
    before = {"new/folder/journal.sqlite3": bytes(damaged), "new/folder/journal.sqlite3.open": b""}
    lay_out(before, folder)
    path = folder / "new" / "folder" / "journal.sqlite3"
    disk, dice = Disk(folder, before), Random(5)
    calls = record(["-c", _SALVAGE, path], folder)
    kept = stored_rows(path)
    assert any(row[2] == "journal_damaged" for row in kept["event"])
    assert kept["frame"] < states[-1]["frame"]
    for number, call in enumerate(calls):
        if number % 5 == 0 or call.name in {"rename", "sync", "unlink"}:
            lay_out(disk.cut(dice, dice.choice(list(Fate))), quick)
            again = quick / "new" / "folder" / "journal.sqlite3"
            open_as_the_agent_does(again)
            assert stored_rows(again) == kept, (number, call.name, call.path)
            assert (again.parent / "journal.sqlite3.damaged-1").exists()
        disk.take(call)
