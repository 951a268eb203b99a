"""What the registers of a stream say of some time: its amount, or for a gas its volume in a reference state.

Knows no factor and no correction.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from agent.accounting.booked import BookedHistory
from agent.accounting.convert_units import EXACT
from agent.accounting.energy import amount_in
from agent.accounting.filling import GasLine
from agent.accounting.gas_volume import ReferenceState
from agent.accounting.history import UNROUNDED, Volume
from agent.accounting.interval import INTERVAL_MS, INTERVAL_S, Sum
from agent.accounting.shares import Shares
from agent.accounting.streams import FindInterval, PointRef, Stream, Term, find_among, half_hour_of

MS_PER_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Measured:
    """An amount in the stream's unit and how well it is known."""

    amount: Decimal
    shares: Shares


class MeteredStream:
    """A stream as its registers count it, over any time that half hours cut."""

    def __init__(self, stream: Stream, history: BookedHistory) -> None:
        self.stream = stream
        self._history = history

    def amount(self, from_utc_s: int, to_utc_s: int) -> Measured:
        """The amount as metered: each register over the part of the time for which its term holds."""
        amount, shares = Decimal(0), []
        for term in self.stream.terms:
            start = max(from_utc_s, term.from_utc_s or from_utc_s)
            end = min(to_utc_s, term.to_utc_s or to_utc_s)
            if start >= end:
                continue
            sums = self._history.sums(term.source.device, term.source.point, start, end)
            amount += sum((_amount_of(term, part) for part in sums), Decimal(0))
            shares.append(Shares.of((end - start) * 1000, ((part.method, part.spanned_ms) for part in sums)))
        return Measured(amount, Shares.total(shares))

    def volume(self, state: ReferenceState, from_utc_s: int, to_utc_s: int) -> Measured:
        """A gas volume in a reference state, each half hour with its own pressure and temperature.

        A half hour whose volume is known and whose pressure or temperature is not is missing. Each half hour is
        expected once, however many registers it has; as metered, each register is.
        """
        if state is ReferenceState.AS_METERED:
            return self.amount(from_utc_s, to_utc_s)
        draw = partial(self._drawn_volume, state)
        drawn = self._history.volume(self.stream, state, from_utc_s, to_utc_s, draw)
        return Measured(EXACT.plus(drawn.m3), drawn.shares)

    def _drawn_volume(self, state: ReferenceState, from_utc_s: int, to_utc_s: int) -> Volume:
        find = self.finder(from_utc_s, to_utc_s)
        volume, spanned, expected_ms = Decimal(0), [], 0
        for start_utc_s in range(from_utc_s, to_utc_s, INTERVAL_S):
            expected_ms += INTERVAL_MS if any(term.holds_at(start_utc_s) for term in self.stream.terms) else 0
            half_hour = half_hour_of(self.stream, start_utc_s, find)
            if half_hour is not None:
                volume = UNROUNDED.add(volume, amount_in(half_hour, state))
                spanned.append((half_hour.method, half_hour.spanned_ms))
        return Volume(volume, Shares.of(expected_ms, spanned))

    def numbers(self, from_utc_s: int, to_utc_s: int) -> set[int]:
        """The entries on which the stream's points rest."""
        found = set[int]()
        for ref in self.stream.points():
            found |= self._history.numbers(ref.device, ref.point, from_utc_s, to_utc_s)
        return found

    def mean_line(self, times: Iterable[tuple[int, int]]) -> GasLine:
        """Pressure and temperature of a gas over some stretches of time, each the mean of what was read of it."""
        line = self.stream.line
        if line is None:
            return GasLine()
        stretches = list(times)
        pressure = self._mean(line.gauge_pressure_kpa, line.pressure_scale, stretches)
        return GasLine(pressure, self._mean(line.temperature_c, line.temperature_scale, stretches))

    def _mean(
        self, source: PointRef | Decimal | None, scale: Decimal, times: Iterable[tuple[int, int]]
    ) -> Decimal | None:
        if not isinstance(source, PointRef):
            return source
        sums = [part for time in times for part in self._history.sums(source.device, source.point, *time)]
        spanned_ms = sum(part.spanned_ms for part in sums)
        weighted_raw = sum((Decimal(part.weighted_raw) for part in sums), Decimal(0))
        return weighted_raw / spanned_ms * scale if spanned_ms else None

    def finder(self, from_utc_s: int, to_utc_s: int) -> FindInterval:
        """Finds the half hours of the stream's points within some time, which are read at once."""
        points = [(ref.device, ref.point) for ref in dict.fromkeys(self.stream.points())]
        return find_among(self._history.intervals(points, from_utc_s, to_utc_s))


def _amount_of(term: Term, part: Sum) -> Decimal:
    if term.is_rate:
        return Decimal(part.weighted_raw) * term.unit_per_count / MS_PER_HOUR
    return Decimal(part.advance_raw) * term.unit_per_count
