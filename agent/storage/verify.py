"""Holds the ledger against its seals, against the losses that are stated in it, and against hashes noted elsewhere.

What does not fit and is not stated is a problem: damage, or somebody's hand. What is stated is a loss. A hash that was
noted elsewhere and is not in the chain contradicts it, whatever is stated.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from agent.accounting.interval import Event
from agent.storage.chain import Chain, Link
from agent.storage.day_sums import find_wrong_days
from agent.storage.ledger_loss import LEDGER_LOSS, LedgerLoss, Pin, in_force, read_losses

_MISPLACED = (
    "SELECT device, point, start_utc_s FROM superseded AS old LEFT JOIN interval AS now USING (point_id, start_utc_s) "
    "LEFT JOIN point ON point.id = point_id WHERE now.seq IS NULL OR now.revision <= old.revision"
)
_STATED = "SELECT id, time_ms, device, point, kind, detail FROM event WHERE kind IN ('ledger_loss', 'half_hours_lost')"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A hash of the chain that was noted elsewhere: what was closed with it, and the hash."""

    name: str
    head: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What came out of verifying: seals and rows that are there, the newest hash, and what does not fit.

    `problems` are neither sealed so nor stated, one line each. `losses` are stated. `contradicted` are the anchors
    whose hash is not in the chain; `undermined` those over which a loss came later, by the number of the loss.
    """

    seals: int
    rows: int
    head: str
    problems: tuple[str, ...]
    losses: tuple[LedgerLoss, ...] = ()
    contradicted: tuple[Anchor, ...] = ()
    undermined: tuple[tuple[int, Anchor], ...] = ()


def verify(db: sqlite3.Connection, zone: ZoneInfo | None = None, anchors: Sequence[Anchor] = ()) -> Verified:
    """Hash everything again, seal by seal, and hold what is drawn from it against it: the valid versions, the day sums.

    A seal that does not fit is named with the rows that it covers. A file that cannot be read to its end does not hold.
    Only with the site's time zone is each half hour known to be in the sum of its day.
    """
    found = _Findings(anchors)
    try:
        with _one_state(db):
            found.follow(db)
            for device, point, start_utc_s in db.execute(_MISPLACED).fetchall():
                found.problems.append(f"{device}/{point}: the half hour at {start_utc_s} is not its newest version")
            found.problems += find_wrong_days(db, zone)
    except (sqlite3.DatabaseError, TypeError, ValueError) as error:  # a damaged row has any type, and text that is none
        found.problems.append(f"the journal cannot be read to its end: {error}")
    return found.verified()


def stated_losses(db: sqlite3.Connection) -> list[LedgerLoss]:
    """The losses that are stated in a ledger, the oldest first; whether they are so is not looked at."""
    return read_losses((number, Event(*told)) for number, *told in db.execute(f"{_STATED} ORDER BY id"))


def find_contradicted(db: sqlite3.Connection, anchors: Sequence[Anchor]) -> list[Anchor]:
    """The anchors whose hash no seal has."""
    stored = {row[0].hex() for row in db.execute("SELECT hash FROM seal")} if anchors else set()
    return [anchor for anchor in anchors if anchor.head not in stored]


class _Findings:
    """What following the chain has given so far."""

    def __init__(self, anchors: Sequence[Anchor]) -> None:
        self.problems: list[str] = []
        self._anchors = anchors
        self._anchored: list[tuple[int, Anchor]] = []
        self._contradicted = tuple(anchors)
        self._seals = self._rows = 0
        self._head = b""
        self._losses: list[LedgerLoss] = []

    def follow(self, db: sqlite3.Connection) -> None:
        """Follow the chain from the first seal to the last."""
        self._losses = stated_losses(db)
        self._contradicted = tuple(find_contradicted(db, self._anchors))
        pins = [(loss, Pin()) for loss in in_force(self._losses)]
        chain = Chain(db)
        for link in chain:
            self._take(link, [pin for loss, pin in pins if loss.seals.holds(link.number)])
        self.problems += [_not_as_stated(loss) for loss, pin in pins if not pin.fits(loss.seals)]
        self.problems += _unread(db, self._losses)
        if chain.unsealed:
            self.problems.append(f"{chain.unsealed} rows behind the last seal were never sealed")

    def _take(self, link: Link, pins: list[Pin]) -> None:
        for pin in pins:
            pin.add(link)
        if not link.fits and not pins:
            self.problems.append(f"{link.what} are not what was sealed")
        head = link.stored.hex()
        self._anchored += [(link.number, anchor) for anchor in self._anchors if anchor.head == head]
        self._head = link.stored
        self._seals, self._rows = self._seals + 1, self._rows + link.rows

    def verified(self) -> Verified:
        """All of it."""
        undermined = [
            (loss.number, anchor)
            for loss in self._losses
            for number, anchor in self._anchored
            if 0 < loss.seals.first <= number and loss.seals.found >= number
        ]
        told = (tuple(self.problems), tuple(self._losses), self._contradicted, tuple(undermined))
        return Verified(self._seals, self._rows, self._head.hex(), *told)


def _not_as_stated(loss: LedgerLoss) -> str:
    seals = loss.seals
    return f"seals {seals.first} to {seals.last}: what event {loss.number} says was left of them is not what is there"


def _unread(db: sqlite3.Connection, losses: Sequence[LedgerLoss]) -> Iterator[str]:
    read = {loss.number for loss in losses}
    for (number,) in db.execute("SELECT id FROM event WHERE kind = ?", (LEDGER_LOSS,)):
        if number not in read:
            yield f"event {number} states no loss that can be read"


@contextmanager
def _one_state(db: sqlite3.Connection) -> Iterator[None]:
    """All that is read within is of one moment, also beside a writer."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        if db.in_transaction:
            db.execute("COMMIT")
