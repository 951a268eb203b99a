"""What a salvage states of a ledger that lost something, as an event of its own in the chain; and reads it back.

The statement says which seals no longer fit what is left of their rows, and pins what is left: seal by seal, with the
hash that was found and the hash that the rows give now. Knows no database.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.accounting.interval import Event
from agent.storage.chain import Link

LEDGER_LOSS = "ledger_loss"
"""The kind of the event that states a loss."""
_HALF_HOURS_LOST = "half_hours_lost"

_STATEMENT = re.compile(
    r"of seals (\d+) to (\d+), (\d+) do not fit and (\d+) are lost; found up to seal (\d+), ([0-9a-f]{64}|no hash); "
    r"left of them: (\d+) rows, as they are: ([0-9a-f]{64}); sealed anew: (\d+) rows; from (\d+) to (\d+) \(UTC ms\)"
)
_OF_A_POINT = re.compile(
    r"(\d+|an unknown number of) half hours(?: of .+?)?(?: from (\d+) to (\d+) \(UTC ms\))?: .*", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class SealLoss:
    """The part of the chain that a loss has touched, from seal `first` to `last`; 0 where no seal that is left has.

    `found` is the newest seal of the damaged file and `head` its hash. `rows` are left of what these seals cover, and
    `pinned` is the hash of all of it as it is since. `anew` rows lay behind the newest seal that was found, and are
    sealed since. What was lost was written within [from_ms, to_ms], UTC.
    """

    first: int
    last: int
    unfit: int
    lost: int
    found: int
    head: str
    rows: int
    pinned: str
    anew: int
    from_ms: int
    to_ms: int

    def __str__(self) -> str:
        return (
            f"of seals {self.first} to {self.last}, {self.unfit} do not fit and {self.lost} are lost; "
            f"found up to seal {self.found}, {self.head or 'no hash'}; "
            f"left of them: {self.rows} rows, as they are: {self.pinned}; sealed anew: {self.anew} rows; "
            f"from {self.from_ms} to {self.to_ms} (UTC ms)"
        )

    def holds(self, number: int) -> bool:
        """Whether a seal lies within the part."""
        return self.first <= number <= self.last

    def contains(self, other: "SealLoss") -> bool:
        """Whether another part lies within this one."""
        return self.first <= other.first and other.last <= self.last


def read_statement(text: str) -> SealLoss | None:
    """The part of the chain that a statement names; None for a text that is none."""
    match = _STATEMENT.fullmatch(text)
    if match is None:
        return None
    first, last, unfit, lost, found, head, rows, pinned, anew, from_ms, to_ms = match.groups()
    return SealLoss(
        first=int(first),
        last=int(last),
        unfit=int(unfit),
        lost=int(lost),
        found=int(found),
        head="" if head == "no hash" else head,
        rows=int(rows),
        pinned=pinned,
        anew=int(anew),
        from_ms=int(from_ms),
        to_ms=int(to_ms),
    )


@dataclass(frozen=True, slots=True)
class LostHalfHours:
    """Half hours of a point that a salvage found missing, within [from_ms, to_ms). Unknown is None, and no name."""

    device: str
    point: str
    count: int | None
    from_ms: int | None
    to_ms: int | None

    def touches(self, from_ms: int, to_ms: int) -> bool:
        """Whether some of them may lie within [from_ms, to_ms)."""
        return self.from_ms is None or self.to_ms is None or (self.from_ms < to_ms and from_ms < self.to_ms)


@dataclass(frozen=True, slots=True)
class LedgerLoss:
    """A loss as it was stated in the event `number`, at some time (UTC ms): of seals, and of half hours."""

    number: int
    time_ms: int
    seals: SealLoss
    half_hours: tuple[LostHalfHours, ...]

    @property
    def key(self) -> str:
        """What an answer names."""
        return f"{LEDGER_LOSS}:{self.number}"

    def touches(self, from_ms: int, to_ms: int) -> bool:
        """Whether something of the time [from_ms, to_ms) may be lost, or can no longer be proved."""
        proof = self.seals.from_ms < to_ms and from_ms <= self.seals.to_ms
        return proof or any(lost.touches(from_ms, to_ms) for lost in self.half_hours)


def read_losses(events: Iterable[tuple[int, Event]]) -> list[LedgerLoss]:
    """The losses that numbered events state. The half hours lost stand in the events just before the statement."""
    losses: list[LedgerLoss] = []
    before: list[LostHalfHours] = []
    expected = 0
    for number, event in events:
        if number != expected:
            before = []
        expected = number + 1
        if event.kind == _HALF_HOURS_LOST:
            before.append(_lost_half_hours(event))
        elif event.kind == LEDGER_LOSS and (seals := read_statement(event.detail)) is not None:
            losses.append(LedgerLoss(number, event.time_ms, seals, tuple(before)))
            before = []
        else:
            before = []
    return losses


def _lost_half_hours(event: Event) -> LostHalfHours:
    match = _OF_A_POINT.fullmatch(event.detail)
    count, from_ms, to_ms = match.groups() if match is not None else (None, None, None)
    known = int(count) if count is not None and count.isdigit() else None
    span = (None, None) if from_ms is None or to_ms is None else (int(from_ms), int(to_ms))
    return LostHalfHours(event.device, event.point, known, *span)


class Pin:
    """The hash of a part of the chain as it is: of each seal as it is stored, and of the rows that are there."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.rows = 0

    def add(self, link: Link) -> None:
        """Take the next seal."""
        text = f"{link.number} {link.follows} {link.last_seq} {link.last_event} "
        self._hash.update(text.encode() + link.stored + link.as_it_is)
        self.rows += link.rows

    def fits(self, part: SealLoss) -> bool:
        """Whether the part is as it was when the loss was stated."""
        return (self.rows, self.hexdigest()) == (part.rows, part.pinned)

    def hexdigest(self) -> str:
        """The hash of all that was taken."""
        return self._hash.hexdigest()


def in_force(losses: Sequence[LedgerLoss]) -> list[LedgerLoss]:
    """The losses whose part of the chain no later one has taken over whole."""
    return [
        loss
        for place, loss in enumerate(losses)
        if loss.seals.last and not any(later.seals.contains(loss.seals) for later in losses[place + 1 :])
    ]
