"""Flipped bits anywhere in a journal: no reading comes of them, and what changed in the ledger does not verify.

`DAMAGES=5000 pytest --timeout 0 tests/agent/storage/test_flipped_bits.py` tries more of them.
"""

import os
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from agent.storage.copies import Salvage
from agent.storage.journal import Journal
from agent.storage.ledger import Ledger
from agent.storage.refusal import StorageError
from agent.storage.verify import Verified
from collectors.frame import Frame
from tests.agent.storage.journal_steps import (
    LAST_STEP,
    LAYOUTS,
    START_MS,
    TOKYO,
    Row,
    expected_after,
    stored_rows,
    take_steps,
)

DAMAGES = int(os.environ.get("DAMAGES", "150"))
WHOLE = expected_after()[-1]


@dataclass(frozen=True)
class Flip:
    number: int
    positions: tuple[int, ...]
    was_closed: bool


def flips(size: int) -> Iterator[Flip]:
    for number in range(DAMAGES):
        dice = random.Random(number)
        positions = tuple(dice.randrange(8 * size) for _ in range(dice.choice((1, 1, 2, 8))))
        yield Flip(number, positions, was_closed=dice.random() < 0.3)


def written(path: Path) -> bytes:
    """The file of a journal that was closed in order."""
    with closing(Journal(path, TOKYO)) as journal:
        list(take_steps(journal, 1, LAST_STEP))
    return path.read_bytes()


def test_flipped_bits_never_become_readings_and_what_the_ledger_says_is_proved(tmp_path: Path) -> None:
    sound = written(tmp_path / "sound.sqlite3")
    noticed = 0
    for flip in flips(len(sound)):
        content = bytearray(sound)
        for position in flip.positions:
            content[position // 8] ^= 1 << position % 8
        path = tmp_path / str(flip.number) / "journal.sqlite3"
        path.parent.mkdir()
        path.write_bytes(content)
        if not flip.was_closed:
            path.with_name(path.name + ".open").touch()
        rows, found, salvaged = read_as_the_agent_does(path)
        assert rows["frame"] <= WHOLE.rows()["frame"], flip
        for table in ("interval", "superseded"):
            assert rows[table] <= WHOLE.rows()[table] or found.problems or found.losses, (flip, table)
        assert figures(rows) <= figures(WHOLE.rows()) or found.problems, flip
        assert rows["frame"] == WHOLE.rows()["frame"] or salvaged is not None, flip
        noticed += salvaged is not None
        shutil.rmtree(path.parent)
    assert noticed > DAMAGES / 10


def figures(rows: dict[str, frozenset[Row]]) -> frozenset[Row]:
    """Point, start and advance of the half hours: also where a loss is stated, they are those that were written."""
    return frozenset(row[:3] for row in rows["interval"])


def read_as_the_agent_does(path: Path) -> tuple[dict[str, frozenset[Row]], Verified, Salvage | None]:
    """Open and read everything. Whatever a damage leads to ends the agent, and the next start looks for damage."""
    for _ in range(2):
        journal = Journal(path, TOKYO)
        try:
            with closing(Ledger(path)) as ledger:
                frames = [row.item for row in ledger.outgoing(0, 10**6) if isinstance(row.item, Frame)]
                assert {frame.device for frame in frames} <= {ledger.layout(frame.layout).device for frame in frames}
                for layout in LAYOUTS:
                    journal.frames_from(layout.device, START_MS, 0)
                rows, found = stored_rows(path), ledger.verify(TOKYO)
                assert len(frames) == len(rows["frame"])
        except (sqlite3.DatabaseError, StorageError, LookupError, ValueError):
            journal.close(in_order=False)
            continue
        journal.close()
        return rows, found, journal.salvaged
    raise AssertionError("a start after a damage was met did not mend it")
