"""Keeps lines in files of its own, a new one by size and age. Knows no MQTT and no database.

A name is `<name>-<number>-<UTC start>.lp`: the number orders the files, whatever the clock does. A file always ends
with a whole line: what a crash or a full disk leaves of a write is cut off before the next.
"""

import asyncio
import mmap
import os
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from agent.clock import Clock, SystemClock
from agent.sinks import SinkMisconfigured, SinkUnavailable

START_FORMAT = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class FileRules:
    """When a new file begins and how many may lie in the folder.

    With `remove_oldest` the oldest file makes room; without it a full folder refuses lines until a person has
    looked at them.
    """

    max_bytes: int = 16_000_000
    max_age_s: float = 86_400.0
    keep: int = 30
    remove_oldest: bool = True


@dataclass(slots=True)
class _Current:
    """The file that is being written. While `torn`, it may end with a part of a line."""

    path: Path
    number: int
    start_s: float
    size_bytes: int
    torn: bool


class FileSink:
    """Appends lines to the newest file of a folder and accepts them when they are on the disk."""

    def __init__(
        self, folder: Path, name: str = "lines", rules: FileRules | None = None, clock: Clock | None = None
    ) -> None:
        self.removed_files = 0
        self._folder = folder
        self._name = name
        self._rules = rules or FileRules()
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._current: _Current | None = None

    async def write(self, lines: bytes, line_count: int) -> None:
        """Append lines and wait until they are on the disk. See `Sink.write`; never raises LinesRefused."""
        await asyncio.to_thread(self._write, lines if lines.endswith(b"\n") else lines + b"\n")

    async def close(self) -> None:
        """Nothing stays open between writes."""

    def _write(self, lines: bytes) -> None:
        with self._lock:  # a write whose caller was cancelled may still be at work
            try:
                _append(self._file_for(len(lines)), lines)
            except (FileNotFoundError, FileExistsError, NotADirectoryError, PermissionError) as error:
                hint = "create the folder and let the service's user write to it"
                raise SinkMisconfigured(f"{error.filename or self._folder}: {error.strerror}", hint) from error
            except OSError as error:
                raise SinkUnavailable(f"{self._folder}: {error.strerror}") from error

    def _file_for(self, byte_count: int) -> _Current:
        now_s = self._clock.now_ms() / 1000
        current = self._current or self._resume()
        if current is None:
            current = self._begin(1, now_s)
        elif current.size_bytes > 0 and (
            current.size_bytes + byte_count > self._rules.max_bytes or now_s - current.start_s > self._rules.max_age_s
        ):
            current = self._begin(current.number + 1, now_s)
        self._current = current
        return current

    def _resume(self) -> _Current | None:
        """The newest file that an earlier run left."""
        files = self._files()
        if not files:
            return None
        _, number, start = files[-1].stem.rsplit("-", 2)
        start_s = datetime.strptime(start, START_FORMAT).replace(tzinfo=UTC).timestamp()
        return _Current(files[-1], int(number), start_s, files[-1].stat().st_size, torn=True)

    def _begin(self, number: int, now_s: float) -> _Current:
        """The next file, once the folder has room for it. Raises SinkUnavailable when it has none."""
        files = self._files()
        surplus = files[: max(0, len(files) + 1 - self._rules.keep)]
        if surplus and not self._rules.remove_oldest:
            raise SinkUnavailable(f"{self._folder} is full: look at its {len(files)} files, then move them away")
        for path in surplus:
            path.unlink()
            self.removed_files += 1
        if not self._folder.is_dir():
            self._folder.mkdir(exist_ok=True)
            _sync_folder(self._folder.parent)
        start = datetime.fromtimestamp(now_s, UTC).strftime(START_FORMAT)
        return _Current(self._folder / f"{self._name}-{number:08d}-{start}.lp", number, now_s, 0, torn=False)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f"{self._name}-????????-????????T??????Z.lp"))


def _append(current: _Current, lines: bytes) -> None:
    if current.torn:
        _cut_torn_line(current.path)
    current.torn = True
    with current.path.open("ab", buffering=0) as file:
        rest = memoryview(lines)
        while rest:
            rest = rest[file.write(rest) :]
        os.fsync(file.fileno())
    if current.size_bytes == 0:
        _sync_folder(current.path.parent)
    current.size_bytes += len(lines)
    current.torn = False


def _sync_folder(folder: Path) -> None:
    """Make a new file's name survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cut_torn_line(path: Path) -> None:
    """Cut off what follows the last whole line: it was never accepted."""
    with path.open("r+b") as file:
        if os.fstat(file.fileno()).st_size == 0:
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            whole_bytes = content.rfind(b"\n") + 1
        file.truncate(whole_bytes)
