"""A file beside the journal that holds room on the disk, to be given up when the disk is full. Knows no journal."""

import os
from contextlib import suppress
from pathlib import Path

RESERVE_BYTES = 24_000_000
"""Room for all that may wait in memory, with the indexes and half a week of a large site's half hours beside it."""

_PARTS = 16


class Reserve:
    """Room that is set aside. It is given up in parts, so that some of it is left for the next time."""

    def __init__(self, journal: Path, wanted_bytes: int = RESERVE_BYTES) -> None:
        """Name the file after the journal; nothing is written before `fill`. 0 bytes: no reserve at all."""
        self._path = journal.with_name(journal.name + ".reserve")
        self._wanted_bytes = wanted_bytes

    def held_bytes(self) -> int:
        """How much is set aside now."""
        try:
            return self._path.stat().st_size
        except OSError:
            return 0

    def fill(self) -> None:
        """Set aside what is lacking, if as much again stays free; a disk that refuses is left alone until next time."""
        held_bytes = self.held_bytes()
        lacking_bytes = self._wanted_bytes - held_bytes
        if lacking_bytes <= 0:
            return
        with suppress(OSError):
            disk = os.statvfs(self._path.parent)
            if disk.f_bavail * disk.f_frsize < 2 * lacking_bytes:
                return
            self._allocate(held_bytes, lacking_bytes)

    def _allocate(self, held_bytes: int, lacking_bytes: int) -> None:
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            os.posix_fallocate(file, held_bytes, lacking_bytes)
        except OSError:
            os.ftruncate(file, held_bytes)
            raise
        finally:
            os.close(file)

    def give(self) -> bool:
        """Give up a part, for others to write; False when there is nothing left to give."""
        held_bytes = self.held_bytes()
        if not held_bytes:
            return False
        try:
            os.truncate(self._path, max(0, held_bytes - -(-self._wanted_bytes // _PARTS)))
        except OSError:
            return False
        return True
