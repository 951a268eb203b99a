"""Each error of a disk is told as what it is. The errors are SQLite's own, brought about by real disks and limits."""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.accounting.interval import Event
from agent.storage.bounds import Bounds
from agent.storage.journal import Batch, Journal
from agent.storage.refusal import DiskRefuses, StorageError, refusals
from collectors.frame import Frame, Kind, Layout, Point
from tests.faults.disk import NEEDS_ROOT, can_mount, fill_disk, free_disk, make_read_only, small_disk

TOKYO = ZoneInfo("Asia/Tokyo")
LARGE = Batch(events=[Event(0, "", "", "large", "x" * 100_000)])
LAYOUT = Layout("meter", (Point("energy", Kind.COUNTER, "kWh", Decimal(1)),))
FRAMES = Batch([LAYOUT], [(seq, Frame.pack(LAYOUT, seq, [seq], [0])) for seq in range(1, 5001)])
needs_root = pytest.mark.skipif(not can_mount(), reason=NEEDS_ROOT)


@contextmanager
def no_file_grows_beyond(size: int) -> Iterator[None]:
    """Writes behind this place in any file fail with EFBIG, as those of a failing disk do with EIO."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@needs_root
def test_a_full_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=2):
        path = tmp_path / "disk" / "journal.sqlite3"
        with closing(Journal(path, TOKYO)) as journal:
            journal.commit(FRAMES)
            fill_disk(path.parent)
            for write in (lambda: journal.commit(LARGE), lambda: journal.keep_within(Bounds(0, 0, 0), 10**9, 10**15)):
                with pytest.raises(DiskRefuses) as caught:
                    write()
                assert caught.value.is_full
            assert str(caught.value) == f"{path}: the disk is full; free space on the disk of {path.parent}"
            free_disk(path.parent)
            journal.commit(LARGE)
        fill_disk(path.parent)
        for closed_or_new in (path, path.with_name("new")):
            with pytest.raises(DiskRefuses, match="the disk is full"):
                Journal(closed_or_new, TOKYO)


@needs_root
def test_a_read_only_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=2):
        path = tmp_path / "disk" / "journal.sqlite3"
        Journal(path, TOKYO).close()
        make_read_only(path.parent)
        for name in ("journal.sqlite3", "new", "folder/new"):
            with pytest.raises(DiskRefuses, match="the disk is read-only; look for disk errors") as caught:
                Journal(path.parent / name, TOKYO)
            assert not caught.value.is_full


def test_a_disk_that_fails(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    with closing(Journal(path, TOKYO)) as journal:
        with (
            no_file_grows_beyond(path.with_name("journal.sqlite3-wal").stat().st_size),
            pytest.raises(
                DiskRefuses, match=r"the disk fails: disk I/O error \(SQLITE_IOERR_WRITE\); look for disk"
            ) as caught,
        ):
            journal.commit(LARGE)
        assert not caught.value.is_full
        journal.commit(LARGE)


def test_another_program_that_writes(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    with closing(Journal(path, TOKYO)), closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with (
            closing(sqlite3.connect(path, timeout=0)) as third,
            pytest.raises(DiskRefuses, match=r"another program holds the journal .*; end the other program"),
            refusals(path),
        ):
            third.execute("BEGIN IMMEDIATE")


def test_damage_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    Journal(path, TOKYO).close()
    with closing(Journal(path, TOKYO)) as journal:
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\x55" * (path.stat().st_size - 4096))
        with pytest.raises(StorageError, match="the journal is damaged") as caught:
            journal.commit(LARGE)
    assert not isinstance(caught.value, DiskRefuses)


def test_a_mistake_of_ours_comes_as_it_is(tmp_path: Path) -> None:
    with closing(Journal(tmp_path / "journal.sqlite3", TOKYO)) as journal:
        with pytest.raises(sqlite3.OperationalError, match="no such table"), refusals(tmp_path):
            journal._db.execute("SELECT * FROM nowhere")
        event = Event(0, "", "", "kind", None)  # type: ignore[arg-type] # what the schema refuses
        with pytest.raises(sqlite3.IntegrityError):
            journal.commit(Batch(events=[event]))
