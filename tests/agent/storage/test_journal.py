"""The journal keeps all of a batch or nothing, and gives it back in order."""

import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.accounting.interval import Event, Interval, Method
from agent.storage.database import StorageError
from agent.storage.journal import AccountState, Batch, Journal
from agent.storage.ledger import Ledger
from collectors.frame import Frame, Kind, Layout, Point

TOKYO = ZoneInfo("Asia/Tokyo")
LAYOUT = Layout("meter", (Point("energy", Kind.COUNTER, "kWh", Decimal("0.01"), 10**6, Decimal(1000)),))


def frame(time_ms: int, raw: float = 1.0) -> Frame:
    return Frame.pack(LAYOUT, time_ms, [raw], [0])


def interval(start_utc_s: int, advance: float = 5.0) -> Interval:
    return Interval("meter", "energy", start_utc_s, 10.0, 15.0, advance, Method.MEASURED, 1_800_000, 1_790_000, 1, 2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "journal.sqlite3"


def test_what_was_committed_is_there_after_reopening(path: Path) -> None:
    journal = Journal(path, TOKYO)
    event = Event(7, "meter", "energy", "wrapped", "999999 to 3")
    journal.commit(
        Batch(
            [LAYOUT],
            [(1, frame(1000, 42.0)), (3, frame(2000, 43.0))],
            [(2, interval(1800))],
            {"meter": AccountState(LAYOUT.digest, 3, b"state")},
            [event],
            {"mqtt": 2},
        )
    )
    journal.close()
    journal, ledger = Journal(path, TOKYO), Ledger(path)
    assert (journal.last_seq(), journal.last_time_ms(), journal.read_cursors()) == (3, 2000, {"mqtt": 2})
    assert journal.account("meter") == (LAYOUT, AccountState(LAYOUT.digest, 3, b"state"))
    assert journal.account("other") is None
    assert ledger.find("meter", "energy", 1800) == (2, interval(1800))
    assert ledger.events() == [event]
    assert [row.seq for row in ledger.outgoing(0, 10)] == [1, 2, 3]
    assert [row.item for row in ledger.outgoing(1, 10)] == [interval(1800), frame(2000, 43.0)]
    assert [row.seq for row in ledger.outgoing(0, 2)] == [1, 2]
    assert ledger.layout(LAYOUT.digest) == LAYOUT
    journal.close()
    ledger.close()


def test_a_batch_that_fails_leaves_nothing(path: Path) -> None:
    journal = Journal(path, TOKYO)
    journal.commit(Batch([LAYOUT], [(1, frame(1000))]))
    with pytest.raises(sqlite3.IntegrityError):
        journal.commit(Batch([], [(2, frame(2000)), (1, frame(3000))], [], {}, [], {"mqtt": 2}))
    ledger = Ledger(path)
    assert [row.seq for row in ledger.outgoing(0, 10)] == [1]
    assert journal.read_cursors() == {}
    journal.close()
    ledger.close()


def test_a_recomputed_interval_replaces_the_old_one_and_goes_out_again(path: Path) -> None:
    journal = Journal(path, TOKYO)
    journal.commit(Batch(intervals=[(1, interval(1800, 5.0))]))
    journal.commit(Batch(intervals=[(2, interval(1800, 7.0))]))
    ledger = Ledger(path)
    revised = replace(interval(1800, 7.0), revision=1)
    assert ledger.find("meter", "energy", 1800) == (2, revised)
    assert list(ledger.intervals([("meter", "energy")], 0, 3600)) == [revised]
    assert list(ledger.intervals([("meter", "energy")], 1801, 3600)) == []
    assert [row.seq for row in ledger.outgoing(0, 9)] == [1, 2]
    journal.commit(Batch(intervals=[(3, interval(1800, 7.0))]))
    assert ledger.find("meter", "energy", 1800) == (2, revised)
    assert [row.seq for row in ledger.outgoing(0, 9)] == [1, 2]
    journal.close()
    ledger.close()


_WRITER = """
import sys
from pathlib import Path
from zoneinfo import ZoneInfo
from agent.storage.journal import Batch, Journal
from collectors.frame import Frame, Kind, Layout, Point
layout = Layout("meter", (Point("energy", Kind.COUNTER, "kWh"),))
journal = Journal(Path(sys.argv[1]), ZoneInfo("Asia/Tokyo"))
seq = 0
while True:
    rows = [(seq + i, Frame.pack(layout, (seq + i) * 10, [float(seq + i)], [0])) for i in range(1, 51)]
    journal.commit(Batch([layout], rows))
    seq += 50
    print(seq, flush=True)
"""


def test_a_killed_writer_loses_nothing_that_it_had_committed(path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert process.stdout is not None
    told = [int(next(process.stdout)) for _ in range(20)]
    os.kill(process.pid, signal.SIGKILL)
    told += [int(line) for line in process.stdout]
    process.wait()
    process.stdout.close()
    journal, ledger = Journal(path, TOKYO), Ledger(path)
    seqs = [row.seq for row in ledger.outgoing(0, 10**6)]
    assert len(seqs) >= told[-1]
    assert len(seqs) % 50 == 0
    assert seqs == list(range(1, len(seqs) + 1))
    journal.close()
    ledger.close()


def test_a_journal_of_a_newer_version_is_refused_in_words(path: Path) -> None:
    Journal(path, TOKYO).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 9999")
    connection.close()
    with pytest.raises(StorageError, match="newer Atsuen"):
        Journal(path, TOKYO)


def test_a_missing_journal_is_refused_in_words(path: Path) -> None:
    with pytest.raises(StorageError, match="has the agent run yet"):
        Ledger(path)


def test_a_folder_that_cannot_be_made_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot open the journal"):
        Journal(tmp_path / "file" / "journal.sqlite3", TOKYO)
