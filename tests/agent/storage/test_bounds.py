"""The journal stays within its bounds; what goes is listed, and half hours never go."""

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.accounting.interval import Event, Interval, Method
from agent.storage.bounds import Bounds
from agent.storage.journal import Batch, Journal
from agent.storage.ledger import Ledger
from collectors.frame import Frame, Kind, Layout, Point

TOKYO = ZoneInfo("Asia/Tokyo")
DAY_MS = 86_400_000
ROOMY = Bounds(30 * DAY_MS, 10**12, 0)
LAYOUTS = [Layout(device, tuple(Point(f"p{i}", Kind.GAUGE, "kW") for i in range(50))) for device in ("one", "two")]
START_MS = 1_696_204_800_000


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """12,000 frames, one of each of two devices every second, and one half hour."""
    opened = Journal(tmp_path / "journal.sqlite3", TOKYO)
    rows = []
    for seq in range(1, 12_001):
        layout = LAYOUTS[seq % 2]
        rows.append((seq, Frame.pack(layout, START_MS + (seq - 1) // 2 * 1000, [1.0] * 50, [0] * 50)))
    half = Interval("one", "p1", START_MS // 1000, 0.0, 1.0, 1.0, Method.MEASURED, 1, 1, 1, 2)
    opened.commit(Batch(LAYOUTS, rows, [(12_001, half)]))
    yield opened
    opened.close()


def kept(tmp_path: Path) -> list[tuple[int, str, int]]:
    ledger = Ledger(tmp_path / "journal.sqlite3")
    rows = [
        (row.seq, row.item.device, row.item.time_ms) for row in ledger.outgoing(0, 10**6) if isinstance(row.item, Frame)
    ]
    assert ledger.find("one", "p1", START_MS // 1000) is not None
    ledger.close()
    return rows


def events(tmp_path: Path) -> list[Event]:
    ledger = Ledger(tmp_path / "journal.sqlite3")
    found = ledger.events()
    ledger.close()
    return found


def hold(journal: Journal, bounds: Bounds, confirmed_seq: int, now_ms: int = START_MS + 6_000_000) -> int:
    gone = 0
    while step := journal.keep_within(bounds, confirmed_seq, now_ms):
        gone += step
    return gone


def test_within_the_bounds_nothing_goes(journal: Journal, tmp_path: Path) -> None:
    assert hold(journal, ROOMY, 12_001) == 0
    assert len(kept(tmp_path)) == 12_000


def test_old_confirmed_frames_go_and_unconfirmed_ones_stay(journal: Journal, tmp_path: Path) -> None:
    now_ms = START_MS + 30 * DAY_MS + 2_000_000  # the first 2,000 s are older than 30 days
    assert hold(journal, ROOMY, 3000, now_ms) == 3000
    assert kept(tmp_path)[0][0] == 3001
    assert hold(journal, ROOMY, 12_001, now_ms) == 1000
    assert kept(tmp_path)[0][0] == 4001
    assert events(tmp_path) == []


def test_under_pressure_confirmed_frames_go_first(journal: Journal, tmp_path: Path) -> None:
    journal.keep_within(Bounds(30 * DAY_MS, 6_000_000, 0), 5000, START_MS)
    assert kept(tmp_path)[0][0] == 5001
    assert events(tmp_path) == []


def test_then_unconfirmed_frames_thin_out_to_one_a_minute_and_each_discard_is_listed(
    journal: Journal, tmp_path: Path
) -> None:
    assert journal.keep_within(Bounds(30 * DAY_MS, 1_000_000, 0), 0, START_MS) > 9000
    left = [row for row in kept(tmp_path) if row[0] <= 10_000]
    assert len(left) == 2 * 84  # 5,000 s of two devices, 83 minutes and a third
    assert len({(device, time_ms // 60_000) for _, device, time_ms in left}) == len(left)
    listed = events(tmp_path)
    assert [(event.device, event.kind) for event in listed] == [("two", "frames_thinned"), ("one", "frames_thinned")]
    assert sum(int(event.detail.split()[0]) for event in listed) == 10_000 - len(left)
    assert all("allowed are 1 MB" in event.detail for event in listed)


def test_at_last_the_oldest_go_until_the_bound_holds(journal: Journal, tmp_path: Path) -> None:
    hold(journal, Bounds(30 * DAY_MS, 150_000, 0), 0)
    left = kept(tmp_path)
    assert len(left) < 200
    assert {event.kind for event in events(tmp_path)} >= {"frames_thinned", "frames_discarded"}
    discarded = sum(int(event.detail.split()[0]) for event in events(tmp_path))
    assert discarded + len(left) == 12_000


def test_a_disk_that_is_nearly_full_counts_as_pressure(journal: Journal, tmp_path: Path) -> None:
    assert journal.keep_within(Bounds(30 * DAY_MS, 10**12, 10**18), 12_001, START_MS) > 0
    journal.keep_within(Bounds(30 * DAY_MS, 10**12, 10**18), 0, START_MS)
    assert any("are to stay free" in event.detail for event in events(tmp_path))


def test_the_file_itself_becomes_smaller(journal: Journal, tmp_path: Path) -> None:
    before = (tmp_path / "journal.sqlite3").stat().st_size
    hold(journal, Bounds(0, 10**12, 0), 12_001)
    journal.close()
    assert (tmp_path / "journal.sqlite3").stat().st_size < before / 4
