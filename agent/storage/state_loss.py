"""Brings the chain of a salvaged ledger to where it can go on, and states what of it no longer fits.

Knows the new file alone, not the damaged one.
"""

import sqlite3
from collections.abc import Sequence

from agent.storage.chain import Chain, Link
from agent.storage.ledger_loss import LedgerLoss, Pin, SealLoss, in_force
from agent.storage.seal import seal_the_rest
from agent.storage.verify import stated_losses

_WITHOUT_NEWEST = (
    "SELECT old.point_id, old.start_utc_s, max(old.revision) FROM superseded AS old "
    "LEFT JOIN interval AS now USING (point_id, start_utc_s) WHERE now.seq IS NULL GROUP BY 1, 2"
)
_LAST_SEQ = 2**63 - 1
_WITHDRAW = "INSERT INTO interval VALUES (?, ?, 0.0, 0.0, 0.0, 'missing', 0, 0, ?, ?, ?, ?)"


def misfits(links: Sequence[Link], losses: Sequence[LedgerLoss]) -> set[int]:
    """The numbers of the seals that do not fit, and of all in a part that is no longer as an earlier loss states it."""
    stated = [(loss, [link for link in links if loss.seals.holds(link.number)]) for loss in in_force(losses)]
    covered = {link.number for _, part in stated for link in part}
    unfit = {link.number for link in links if not link.fits and link.number not in covered}
    return unfit.union(*({link.number for link in part} for loss, part in stated if not _pinned(part).fits(loss.seals)))


def _pinned(part: Sequence[Link]) -> Pin:
    pin = Pin()
    for link in part:
        pin.add(link)
    return pin


def unproved_spans(fresh: sqlite3.Connection) -> list[tuple[int, int]]:
    """Where in the sequence, as (after, last], half hours lie whose seal does not fit or is lost."""
    chain = Chain(fresh)
    spans = [(link.after_seq, link.last_seq) for link in chain if not link.fits]
    return [*spans, (chain.after_seq, _LAST_SEQ)] if chain.unsealed else spans


def withdraw_what_lost_its_newest(fresh: sqlite3.Connection) -> None:
    """Half hours of which only earlier versions are left become missing: the valid one is gone, the others are not it.

    They take numbers of the sequence that are not published: the database may still hold the valid version.
    """
    (seq,) = fresh.execute("SELECT seq FROM cursor WHERE destination = 'salvage'").fetchone()
    for point, start_utc_s, revision in fresh.execute(_WITHOUT_NEWEST).fetchall():
        seq += 1
        fresh.execute(_WITHDRAW, (point, start_utc_s, seq, seq, seq, revision + 1))
    fresh.execute("UPDATE cursor SET seq = ? WHERE destination = 'salvage'", (seq,))


def state_loss(fresh: sqlite3.Connection, newest_ms: int) -> SealLoss:
    """Seal what lies behind the newest seal that was found, and state which part of the chain the loss has touched.

    `newest_ms` is the time of the newest row that is known. To be called before the loss itself is listed.
    """
    found, head = fresh.execute("SELECT coalesce(max(id), 0), hash FROM seal").fetchone()
    anew = seal_the_rest(fresh)
    links = list(Chain(fresh))
    numbers = misfits(links, stated_losses(fresh))
    unfit = len(numbers)
    if anew:
        numbers.add(links[-1].number)
    part = [link for link in links if numbers and min(numbers) <= link.number <= max(numbers)]
    pin = _pinned(part)
    from_ms, to_ms = _span_ms(links, part) if part else (0, newest_ms)
    return SealLoss(
        first=part[0].follows + 1 if part else 0,
        last=part[-1].number if part else 0,
        unfit=unfit,
        lost=sum(link.number - link.follows - 1 for link in part),
        found=found,
        head=(head or b"").hex(),
        rows=pin.rows,
        pinned=pin.hexdigest(),
        anew=anew,
        from_ms=from_ms,
        to_ms=to_ms if to_ms is not None else newest_ms,
    )


def _span_ms(links: list[Link], part: list[Link]) -> tuple[int, int | None]:
    """When the rows of a part may have been written: from those before it to those behind it, if there are any."""
    before = [link.to_ms for link in links if link.number < part[0].number]
    behind = [link.to_ms for link in links if link.number > part[-1].number and link.rows]
    own = [link for link in part if link.rows]
    from_ms = min([max(before, default=0), *(link.from_ms for link in own)])
    return from_ms, max([behind[0], *(link.to_ms for link in own)]) if behind else None
