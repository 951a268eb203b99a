"""Room that is set aside and given up part by part."""

from pathlib import Path

import pytest

from agent.storage.reserve import Reserve
from tests.faults.disk import NEEDS_ROOT, can_mount, fill_disk, free_disk, small_disk


def test_it_is_given_up_in_parts_until_nothing_is_left(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "journal.sqlite3", 1_000_000)
    assert (reserve.held_bytes(), reserve.give()) == (0, False)
    reserve.fill()
    file = tmp_path / "journal.sqlite3.reserve"
    assert file.stat().st_blocks * 512 >= 1_000_000  # room, not a hole
    held = [reserve.held_bytes()]
    while reserve.give():
        held.append(reserve.held_bytes())
    assert held == [1_000_000 - part * 62_500 for part in range(17)]
    reserve.fill()
    assert reserve.held_bytes() == 1_000_000


def test_a_folder_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "none" / "journal.sqlite3", 1_000_000)
    reserve.fill()
    assert reserve.held_bytes() == 0


@pytest.mark.skipif(not can_mount(), reason=NEEDS_ROOT)
def test_it_takes_no_room_from_a_disk_that_has_little(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=3):
        too_large = Reserve(tmp_path / "disk" / "large", 2_000_000)
        too_large.fill()
        assert too_large.held_bytes() == 0
        reserve = Reserve(tmp_path / "disk" / "journal.sqlite3", 1_000_000)
        reserve.fill()
        fill_disk(tmp_path / "disk")
        assert reserve.give()
        (tmp_path / "disk" / "written").write_bytes(bytes(60_000))
        reserve.fill()
        assert reserve.held_bytes() == 937_500
        free_disk(tmp_path / "disk")
        reserve.fill()
        assert reserve.held_bytes() == 1_000_000
