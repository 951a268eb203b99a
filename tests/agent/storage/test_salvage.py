"""A damaged journal never stops the agent: what can be read is kept, the file is moved aside, all is recorded."""

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.accounting.interval import Interval, Method
from agent.recorder import Recorder
from agent.storage.history import SiteHistory
from agent.storage.journal import AccountState, Batch, Journal
from agent.storage.ledger import Ledger
from collectors.frame import Frame, Kind, Layout, Point

TOKYO = ZoneInfo("Asia/Tokyo")
LAYOUT = Layout("meter", tuple(Point(f"p{number}", Kind.COUNTER, "kWh") for number in range(20)))
FRAMES = 5000
NINE_S = 1_696_204_800


def frame(seq: int) -> Frame:
    return Frame.pack(LAYOUT, NINE_S * 1000 + seq * 1000, [float(seq + i) for i in range(20)], [0] * 20)


def interval(number: int) -> Interval:
    start = NINE_S + number * 1800
    return Interval("meter", f"p{number % 20}", start, number, number + 7.0, 7.0, Method.MEASURED, 1_800_000, 1, 1, 2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of 5,000 frames and 1,000 half hours that was not closed in order."""
    found = tmp_path / "journal.sqlite3"
    journal = Journal(found, TOKYO)
    rows = [(seq, frame(seq)) for seq in range(1, FRAMES + 1)]
    halves = [(FRAMES + 1 + number, interval(number)) for number in range(1000)]
    journal.commit(
        Batch([LAYOUT], rows, halves, {"meter": AccountState(LAYOUT.digest, FRAMES, b"x")}, [], {"mqtt": 99})
    )
    journal.close()
    (tmp_path / "journal.sqlite3.open").touch()
    return found


def flip_bits(path: Path) -> None:
    """Overwrite 40 pages in the middle with noise."""
    dice = random.Random(7)
    with path.open("r+b") as file:
        for page in dice.sample(range(100, path.stat().st_size // 4096 - 20), 40):
            file.seek(page * 4096)
            file.write(dice.randbytes(4096))


def cut_off(path: Path) -> None:
    """What a file system may leave of a file: the first two thirds."""
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size * 2 // 3)


def zero_middle(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 3)
        file.write(bytes(size // 6))


def no_header(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\0" * 4096)


@pytest.mark.parametrize(
    ("damage", "something_is_kept"), [(flip_bits, True), (cut_off, True), (zero_middle, True), (no_header, False)]
)
def test_the_good_part_of_a_damaged_journal_is_kept(
    path: Path, damage: Callable[[Path], None], something_is_kept: bool
) -> None:
    damage(path)
    journal = Journal(path, TOKYO)
    assert journal.salvaged is not None
    assert journal.salvaged.moved_to.exists()
    ledger = Ledger(path)
    kept = [row for row in ledger.outgoing(0, 10**6) if isinstance(row.item, Frame)]
    assert all(row.item == frame(row.seq) for row in kept)
    assert (len(kept) > 500) is something_is_kept
    history = SiteHistory(ledger, TOKYO)
    for number in range(20):
        halves = list(history.intervals([("meter", f"p{number}")], NINE_S, NINE_S + 10**7))
        assert all(half == interval((half.start_utc_s - NINE_S) // 1800) for half in halves)
        days = history.sums("meter", f"p{number}", *(-9 * 3600 + day * 86_400 for day in (19_000, 21_000)))
        assert sum(day.advance_raw for day in days) == 7 * len(halves)
    journal.commit(Batch([LAYOUT], [(10**6, frame(1))]))
    journal.close()
    ledger.close()


def test_a_sound_journal_that_was_not_closed_is_left_alone(path: Path) -> None:
    journal = Journal(path, TOKYO)
    assert journal.salvaged is None
    assert journal.last_seq() == FRAMES + 1000
    journal.close()
    assert sorted(item.name for item in path.parent.iterdir()) == ["journal.sqlite3"]


def test_a_second_damage_does_not_overwrite_the_first(path: Path) -> None:
    for number in (1, 2):
        no_header(path)
        journal = Journal(path, TOKYO)
        assert journal.salvaged is not None
        assert journal.salvaged.moved_to.name == f"journal.sqlite3.damaged-{number}"
        journal.close()


def test_sequence_numbers_are_not_given_twice(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript("DELETE FROM outbox; DELETE FROM cursor; DELETE FROM frame; DELETE FROM account; VACUUM;")
    connection.close()
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 4096)
    journal = Journal(path, TOKYO)
    assert journal.salvaged is not None
    ledger = Ledger(path)
    found = (ledger.find("meter", f"p{n % 20}", NINE_S + n * 1800) for n in range(1000))
    assert journal.last_seq() >= max(row[0] for row in found if row is not None)
    ledger.close()
    journal.close()


async def test_the_recorder_goes_on_and_lists_the_damage(path: Path) -> None:
    cut_off(path)
    recorder = Recorder(path, TOKYO, 120_000)
    await recorder.open({"meter": LAYOUT})
    recorder.record(frame(FRAMES + 10))
    await recorder.commit()
    await recorder.close()
    ledger = Ledger(path)
    (event,) = [event for event in ledger.events() if event.kind == "journal_damaged"]
    assert "moved to journal.sqlite3.damaged-1" in event.detail
    ledger.close()
