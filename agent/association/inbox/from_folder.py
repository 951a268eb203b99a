"""Takes files from a watched folder; each goes on to `accepted` or `held`, there with its reason beside it."""

import asyncio
import os
import stat
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from agent.association.inbox.database import StoreAway
from agent.association.inbox.parcel import Channel, Outcome, Parcel, Receipt
from agent.association.inbox.service_file import FolderTable
from agent.submission.sign import MAX_FILE_BYTES

log = structlog.get_logger(__name__)

ACCEPTED, HELD = "accepted", "held"
_AT_ONCE = 200
_SETTLED_S = 1.0
"""A file that did not change for so long is whole; `atsuen submission send` moves whole files here anyway."""

Take = Callable[[Parcel], Awaitable[Receipt]]


class WatchedFolder:
    """Looks into a folder again and again. Hidden files, folders and links are left alone."""

    def __init__(self, folder: Path, table: FolderTable, take: Take) -> None:
        self.problem = ""
        self._unreadable = ""
        self._folder = folder
        self._table = table
        self._take = take

    async def watch(self) -> None:
        """Take files in until cancelled. A folder or database that is away is waited for, and told in `problem`."""
        while True:
            is_more = False
            try:
                self._unreadable = ""
                is_more = await self.look() >= _AT_ONCE
                self.problem = self._unreadable
            except (OSError, StoreAway) as error:
                self.problem = f"{self._folder}: {error}"
            await asyncio.sleep(0 if is_more else self._table.every_s)

    async def look(self) -> int:
        """Take in what is there now; gives the number of files. Raises OSError, StoreAway."""
        names = await asyncio.to_thread(self._names)
        count = 0
        for name in names:
            parcel = await asyncio.to_thread(self._read, name)
            if parcel is None:
                continue
            receipt = await self._take(parcel)
            await asyncio.to_thread(self._put_away, name, receipt)
            count += 1
        return count

    def _names(self) -> list[str]:
        for each in (ACCEPTED, HELD):
            (self._folder / each).mkdir(parents=True, exist_ok=True)
        names = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if not entry.name.startswith(".") and entry.is_file(follow_symlinks=False):
                    names.append(entry.name)
                if len(names) >= _AT_ONCE:
                    break
        return sorted(names)

    def _read(self, name: str) -> Parcel | None:
        """A whole file's beginning, or None for one that is still written to, or has gone meanwhile."""
        try:
            handle = os.open(self._folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                self._unreadable = f"{self._folder / name}: {error.strerror}"
            return None
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            age_s = time.time() - found.st_mtime
            if not stat.S_ISREG(found.st_mode) or 0 <= age_s < _SETTLED_S:
                return None
            return Parcel(file.read(MAX_FILE_BYTES + 1), found.st_size, Channel.FOLDER, name)

    def _put_away(self, name: str, receipt: Receipt) -> None:
        """Move a file on, never over another one."""
        is_held = receipt.outcome is Outcome.HELD
        target = _free_name(self._folder / (HELD if is_held else ACCEPTED) / name)
        try:
            (self._folder / name).rename(target)
        except FileNotFoundError:
            return  # another program took it as well, and has put it away
        if is_held:
            text = "\n\n".join(receipt.text(language) for language in ("ja", "en")) + "\n"
            target.with_name(target.name + ".txt").write_text(text, encoding="utf-8")
        log.info("file", name=name, outcome=receipt.outcome.value, identity=str(receipt.identity or ""))


def _free_name(path: Path) -> Path:
    """The path, or one with a number behind its name where it is taken."""
    candidate, number = path, 1
    while candidate.exists() or candidate.is_symlink() or candidate.with_name(candidate.name + ".txt").exists():
        number += 1
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return candidate
