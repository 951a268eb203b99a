"""What the ledger itself gives a reader to know: losses that are stated in it, and hashes that it contradicts.

Puts them into the values of the texts that people read; decides nothing about them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from agent.accounting.entries import Closing, Entry
from agent.accounting.gate import FindingKind, Remark
from agent.storage.ledger_loss import LedgerLoss, LostHalfHours
from agent.storage.verify import Anchor

_MOST_POINTS = 10
_NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Span:
    """Some time [from_ms, to_ms), UTC."""

    from_ms: int
    to_ms: int


def anchors_of(entries: Sequence[Entry]) -> list[Anchor]:
    """The hashes of the ledger that years were closed with, named as 2023-r1."""
    closings = [entry.content for entry in entries if isinstance(entry.content, Closing)]
    return [Anchor(f"{one.fiscal_year}-r{one.revision}", one.ledger_head) for one in closings if one.ledger_head]


def remarks_of(
    losses: Iterable[LedgerLoss], contradicted: Iterable[Anchor], year: Span, zone: ZoneInfo
) -> list[Remark]:
    """What the gate of a year is told: the losses that may touch it, and every hash that the chain contradicts."""
    touching = [loss for loss in losses if loss.touches(year.from_ms, year.to_ms)]
    return [
        *(head_remark(anchor) for anchor in contradicted),
        *(loss_remark(loss, zone, year) for loss in touching),
    ]


def loss_remark(loss: LedgerLoss, zone: ZoneInfo, within: Span | None = None) -> Remark:
    """A loss, with the half hours that it took; of some time only where that is given."""
    lost = [one for one in loss.half_hours if within is None or one.touches(within.from_ms, within.to_ms)]
    told = [_half_hours(one, zone) for one in lost[:_MOST_POINTS]]
    if len(lost) > _MOST_POINTS:
        told.append(f"… (+{len(lost) - _MOST_POINTS})")
    details = {
        "when": _day(loss.time_ms, zone),
        "lost": ", ".join(told) or _NOTHING,
        "rows": str(loss.seals.rows),
        "seals": f"{loss.seals.first}–{loss.seals.last}" if loss.seals.last else _NOTHING,
    }
    return Remark(FindingKind.LEDGER_LOSS, loss.key, details)


def head_remark(anchor: Anchor) -> Remark:
    """A hash that a year was closed with, and that is not in the chain."""
    details = {"closing": anchor.name, "head": anchor.head[:16]}
    return Remark(FindingKind.HEAD_MISSING, f"{FindingKind.HEAD_MISSING}:{anchor.name}", details)


def _half_hours(lost: LostHalfHours, zone: ZoneInfo) -> str:
    name = "/".join(part for part in (lost.device, lost.point) if part)
    count = f"{'?' if lost.count is None else lost.count} × 30 min"
    if lost.from_ms is None or lost.to_ms is None:
        return f"{name} {count}".strip()
    return f"{name} {count} ({_day(lost.from_ms, zone)} … {_day(lost.to_ms - 1, zone)})"


def _day(time_ms: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(time_ms // 1000, zone).date().isoformat()
