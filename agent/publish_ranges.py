"""Which numbers of the journal's sequence are known to be stored. Pure: knows no broker, no task, no disk."""

import re
from bisect import insort
from dataclasses import dataclass

_NAME = re.compile(rb"([0-9]{1,19})-([0-9]{1,19})/(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """The numbers from `first_seq` to `last_seq`, both included."""

    first_seq: int
    last_seq: int

    def name(self, run: str) -> bytes:
        """The correlation data of the message that carries the stretch, sent by one run of the publisher."""
        return f"{self.first_seq}-{self.last_seq}/{run}".encode()

    @classmethod
    def named(cls, correlation: bytes, run: str) -> "Stretch | None":
        """The stretch that `name` named in the same run; None for anything else."""
        match = _NAME.fullmatch(correlation)
        if match is None or match[3] != run.encode():
            return None
        return cls(int(match[1]), int(match[2]))


class Confirmed:
    """Everything up to `cursor_seq`, and the stretches in `ahead` of it behind a gap.

    The stretches are in order and do not touch, so there are never more of them than gaps.
    """

    def __init__(self, cursor_seq: int) -> None:
        self.cursor_seq = cursor_seq
        self.ahead: list[Stretch] = []

    def add(self, stretch: Stretch) -> bool:
        """Note that a stretch is stored, also one that overlaps what was; returns whether the cursor moved."""
        if stretch.last_seq <= self.cursor_seq:
            return False
        insort(self.ahead, stretch)
        self._merge()
        if self.ahead[0].first_seq > self.cursor_seq + 1:
            return False
        self.cursor_seq = self.ahead.pop(0).last_seq
        return True

    def forget(self, stretch: Stretch) -> None:
        """No longer know whether these numbers, all above the cursor, are stored."""
        kept: list[Stretch] = []
        for known in self.ahead:
            below = Stretch(known.first_seq, min(known.last_seq, stretch.first_seq - 1))
            above = Stretch(max(known.first_seq, stretch.last_seq + 1), known.last_seq)
            kept.extend(part for part in (below, above) if part.first_seq <= part.last_seq)
        self.ahead = kept

    @property
    def gaps(self) -> list[Stretch]:
        """What is missing below the highest number that is stored, in order."""
        ends = [self.cursor_seq, *(known.last_seq for known in self.ahead)]
        return [Stretch(end + 1, known.first_seq - 1) for end, known in zip(ends, self.ahead, strict=False)]

    @property
    def highest_seq(self) -> int:
        """The highest number that is stored."""
        return self.ahead[-1].last_seq if self.ahead else self.cursor_seq

    def _merge(self) -> None:
        """Join stretches that touch or overlap."""
        merged = self.ahead[:1]
        for stretch in self.ahead[1:]:
            last = merged[-1]
            if stretch.first_seq > last.last_seq + 1:
                merged.append(stretch)
            else:
                merged[-1] = Stretch(last.first_seq, max(last.last_seq, stretch.last_seq))
        self.ahead = merged

    def covers(self, stretch: Stretch) -> bool:
        """Whether all of a stretch is known to be stored."""
        return stretch.last_seq <= self.cursor_seq or any(
            known.first_seq <= stretch.first_seq and stretch.last_seq <= known.last_seq for known in self.ahead
        )
