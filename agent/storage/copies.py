"""The damaged files that salvages have moved aside: which there are, how large they are, which may go by themselves.

A copy from which everything could be carried over holds nothing that the journal lacks: it goes when three newer ones
are there and it is older than thirty days, or when a salvage finds the disk full. A copy of a journal that lost
something is evidence, and perhaps more can be read of it by other means: only a person removes it.
"""

import re
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from agent.storage.losses import Loss
from agent.storage.rows import UNREADABLE

SUFFIXES = ("-wal", "-shm", "-journal", "")
"""What SQLite puts behind the name of a file of which several make one database; the file itself comes last."""
_NEWEST_KEPT = 3
_KEPT_S = 30 * 86_400
_NOTHING = "nothing that can be told"
_MOVED = re.compile(r".*; moved to (?P<name>.+?); kept: .*; lost: (?P<lost>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Salvage:
    """What became of a damaged journal: where it lies now, what was wrong, how many rows are kept, what is lost."""

    moved_to: Path
    reason: str
    kept: dict[str, int]
    losses: tuple[Loss, ...]

    def __str__(self) -> str:
        rows = ", ".join(f"{number} {table}" for table, number in self.kept.items() if number)
        lost = ", ".join(map(str, self.losses))
        told = f"kept: {rows or 'nothing'}; lost: {lost or _NOTHING}"
        return f"{self.reason}; moved to {self.moved_to.name}; {told}"


@dataclass(frozen=True, slots=True)
class DamagedCopy:
    """A damaged journal that was moved aside at some time (UTC): all its files together."""

    path: Path
    number: int
    total_bytes: int
    moved_utc_s: float


def damaged_copies(journal: Path) -> list[DamagedCopy]:
    """The copies beside a journal, the oldest first."""
    begin = f"{journal.name}.damaged-"
    names = [file.name for file in journal.parent.iterdir()] if journal.parent.is_dir() else []
    numbers = {int(found[1]) for name in names if (found := re.match(re.escape(begin) + r"(\d+)(?!\d)", name))}
    return [_copy(journal, number) for number in sorted(numbers)]


def next_copy(journal: Path) -> int:
    """The number that the next copy gets: above all that are there."""
    return max((copy.number for copy in damaged_copies(journal)), default=0) + 1


def tidy(journal: Path, now_utc_s: float) -> list[Path]:
    """Remove what is old and of which everything is in the journal; gives what was removed."""
    surplus = damaged_copies(journal)[:-_NEWEST_KEPT]
    return _remove(journal, [copy for copy in surplus if now_utc_s - copy.moved_utc_s > _KEPT_S])


def give_up_spare(journal: Path) -> bool:
    """Make room: remove every copy of which everything is in the journal; gives whether there was one."""
    return bool(_remove(journal, damaged_copies(journal)))


def _remove(journal: Path, copies: list[DamagedCopy]) -> list[Path]:
    spare = _spare(journal) if copies else set()
    removed = [copy.path for copy in copies if copy.path.name in spare]
    for file in (file for path in removed for file in _files(path)):
        file.unlink(missing_ok=True)
    return removed


def _spare(journal: Path) -> set[str]:
    """The names of the copies of which nothing was lost, as far as the journal's events can be read."""
    spare: dict[str, bool] = {}
    with suppress(*UNREADABLE), closing(sqlite3.connect(f"{journal.resolve().as_uri()}?immutable=1", uri=True)) as db:
        query = "SELECT detail FROM event WHERE kind = 'journal_damaged' ORDER BY id"
        for (detail,) in db.execute(query).fetchall():  # immutable: needs no file beside it, on a full disk
            if (found := _MOVED.fullmatch(str(detail))) is not None:
                spare[found["name"]] = found["lost"] == _NOTHING
    return {name for name, is_spare in spare.items() if is_spare}


def _copy(journal: Path, number: int) -> DamagedCopy:
    path = journal.with_name(f"{journal.name}.damaged-{number}")
    states = [file.lstat() for file in _files(path)]
    return DamagedCopy(path, number, sum(s.st_size for s in states), max((s.st_ctime for s in states), default=0.0))


def _files(path: Path) -> list[Path]:
    """The files of a copy that are there; where a folder was put in the journal's place, what lies in it."""
    there = [file for suffix in SUFFIXES if (file := path.with_name(path.name + suffix)).exists()]
    return [file for one in there for file in ([one] if one.is_file() else one.rglob("*"))]
