"""Reads a write-ahead log page by page, also behind a damage at which SQLite would stop without a word.

The format is that of https://sqlite.org/fileformat2.html, section 4: a header of 32 bytes, then frames of 24 bytes
and a page each. The checksum of a frame goes on from the one that the frame before it holds, so that each can be tried
alone. Knows no table.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_HEADER_BYTES = 32
_FRAME_BYTES = 24
_SECTOR_BYTES = 512
_MAGIC = 0x377F0682
_BIG_ENDIAN = 1
"""The lowest bit of the magic number: the checksums read words in this order of bytes."""

PAGE_BYTES = 4096
"""SQLite's own choice, and the one of every journal; taken where a header cannot say it."""


@dataclass(frozen=True, slots=True)
class WalPage:
    """One page of a log: which page of the database it is, and whether it is as it was written.

    `database_pages` is the length of the database after the transaction that ends here, 0 within a transaction.
    """

    number: int
    database_pages: int
    offset: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Wal:
    """The pages that were written to a log since it was last begun anew, damaged ones too."""

    path: Path
    page_bytes: int
    header_is_whole: bool
    pages: tuple[WalPage, ...]

    def lost_commits(self) -> int:
        """How many transactions at most SQLite would pass over because of a damage, 0 for a sound log.

        What a power cut leaves is sound: a part of one transaction at the end that was never said to be durable.
        """
        readable = next((i for i, page in enumerate(self.pages) if not page.is_whole), len(self.pages))
        behind = self.pages[readable if self.header_is_whole else 0 :]
        commits = [index for index, page in enumerate(behind) if page.database_pages]
        is_torn_end = self.header_is_whole and commits == [len(behind) - 1]
        return 0 if is_torn_end else len(commits)

    def write_into(self, database: Path) -> None:
        """Put the whole pages of the finished transactions into a database file, and give the file its length.

        The last transaction counts as finished when all of its pages are whole.
        """
        ends = [index + 1 for index, page in enumerate(self.pages) if page.database_pages]
        if len(ends) > 0 and not all(page.is_whole for page in self.pages[ends[-2] if len(ends) > 1 else 0 : ends[-1]]):
            ends.pop()
        if not ends:
            return
        with self.path.open("rb") as log, database.open("r+b") as file:
            for page in self.pages[: ends[-1]]:
                if page.is_whole:
                    log.seek(page.offset)
                    file.seek((page.number - 1) * self.page_bytes)
                    file.write(log.read(self.page_bytes))
            file.truncate(self.pages[ends[-1] - 1].database_pages * self.page_bytes)


def read_wal(path: Path) -> Wal:
    """The log in a file; one without pages where there is none."""
    content = path.read_bytes() if path.is_file() else b""
    header = content[:_HEADER_BYTES].ljust(_HEADER_BYTES, b"\0")
    magic, _, page_bytes, _, salt_1, salt_2, *checksum = struct.unpack(">8I", header)
    words = ">" if magic & _BIG_ENDIAN else "<"
    is_whole = magic & ~_BIG_ENDIAN == _MAGIC and _checksum(words, (0, 0), header[:24]) == tuple(checksum)
    if not is_whole:
        page_bytes = PAGE_BYTES
        salt_1, salt_2 = struct.unpack_from(">8x2I", content.ljust(_HEADER_BYTES + _FRAME_BYTES, b"\0"), _HEADER_BYTES)
    pages = _pages(content, page_bytes, (salt_1, salt_2), _Sum(words, *checksum))
    return Wal(path, page_bytes, is_whole, tuple(pages))


def _pages(content: bytes, page_bytes: int, salts: tuple[int, int], before: "_Sum") -> Iterator[WalPage]:
    """The pages up to the last with these salts; those of an earlier log, which may lie behind, have others."""
    step = _FRAME_BYTES + page_bytes
    offsets = range(_HEADER_BYTES, len(content) - step + 1, step)
    own = [struct.unpack_from(">8x2I", content, offset) == salts for offset in offsets]
    while own and not own[-1]:
        own.pop()
    for offset, is_own in zip(offsets, own, strict=False):
        number, database_pages, *_, sum_1, sum_2 = struct.unpack_from(">6I", content, offset)
        page = content[offset + _FRAME_BYTES : offset + step]
        is_whole = is_own and before.after(content[offset : offset + 8] + page) == (sum_1, sum_2)
        is_end = is_whole or (is_own and _is_written_at_once(offset))
        yield WalPage(number, database_pages if is_end else 0, offset + _FRAME_BYTES, is_whole)
        before = _Sum(before.words, sum_1, sum_2)


def _is_written_at_once(offset: int) -> bool:
    """Whether the length and the salts of a frame lie in one sector: else a power cut may leave an old length there."""
    return (offset + 4) // _SECTOR_BYTES == (offset + 15) // _SECTOR_BYTES


@dataclass(frozen=True, slots=True)
class _Sum:
    """The two numbers of a checksum, and the order of bytes in which it reads words."""

    words: str
    first: int
    second: int

    def after(self, content: bytes) -> tuple[int, int]:
        """The checksum when it has gone on over some content."""
        return _checksum(self.words, (self.first, self.second), content)


def _checksum(words: str, start: tuple[int, int], content: bytes) -> tuple[int, int]:
    first, second = start
    numbers = struct.unpack(f"{words}{len(content) // 4}I", content)
    for even, odd in zip(numbers[::2], numbers[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second
