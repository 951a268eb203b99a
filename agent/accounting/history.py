"""What accounting asks of stored half hours. Knows no storage."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Protocol

from agent.accounting.convert_units import EXACT
from agent.accounting.gas_volume import ReferenceState
from agent.accounting.interval import Interval, Sum
from agent.accounting.shares import Shares
from agent.accounting.streams import Stream

UNROUNDED = Context(prec=3 * EXACT.prec)
"""Adds gas volumes up without rounding, so that a sum is the same however the time is cut."""


@dataclass(frozen=True, slots=True)
class Volume:
    """A gas volume in a reference state, not rounded, and how well its time is known."""

    m3: Decimal
    shares: Shares

    @classmethod
    def total(cls, parts: Sequence["Volume"]) -> "Volume":
        """The volume of several times together."""
        m3 = Decimal(0)
        for part in parts:
            m3 = UNROUNDED.add(m3, part.m3)
        return cls(m3, Shares.total(part.shares for part in parts))


DrawVolume = Callable[[int, int], Volume]
"""Draws the volume of [from, to) in UTC seconds from half hours."""


class History(Protocol):
    """The stored half hours of a site."""

    def sums(self, device: str, point: str, from_utc_s: int, to_utc_s: int) -> Sequence[Sum]:
        """The half hours of a point that start within [from, to), summed up by method."""
        ...

    def intervals(self, points: Sequence[tuple[str, str]], from_utc_s: int, to_utc_s: int) -> Iterable[Interval]:
        """Half hours that start within [from, to)."""
        ...

    def volume(self, stream: Stream, state: ReferenceState, from_utc_s: int, to_utc_s: int, draw: DrawVolume) -> Volume:
        """The volume of a gas stream as `draw` gives it; a part of the time that was drawn before need not be again."""
        ...
