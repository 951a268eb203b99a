"""What accounting asks of stored half hours. Knows no storage."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from agent.accounting.interval import Interval, Sum


class History(Protocol):
    """The stored half hours of a site."""

    def sums(self, device: str, point: str, from_utc_s: int, to_utc_s: int) -> Sequence[Sum]:
        """The half hours of a point that start within [from, to), summed up by method."""
        ...

    def intervals(self, points: Sequence[tuple[str, str]], from_utc_s: int, to_utc_s: int) -> Iterable[Interval]:
        """Half hours that start within [from, to)."""
        ...
