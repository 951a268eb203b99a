"""What stands in for a stream's missing half hours: last week's, the mean of the weeks around, or a stated quantity.

A half hour is missing when it is excluded, or one of its registers, or the pressure or temperature of a gas, is not
known. Only half hours that are known for all of their time, and are not excluded, stand in for others.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from agent.accounting.entries import Substitution, SubstitutionMethod
from agent.accounting.filling import Filling, GasLine, SharedQuantity, StandIns
from agent.accounting.interval import INTERVAL_MS, INTERVAL_S, Method
from agent.accounting.metered import MeteredStream
from agent.accounting.streams import HalfHour, half_hour_of

WEEK_S = 7 * 86_400
AROUND_S = 2 * WEEK_S
"""The 28 days around missing time: so much before its beginning, and as much behind its end."""

Times = list[tuple[int, int]]
"""Stretches of time [start, end) in UTC seconds, in order."""


def without(times: Iterable[tuple[int, int]], cut: Iterable[tuple[int, int]]) -> Times:
    """What is left of some stretches of time, in order, without others."""
    left = sorted(times)
    for from_utc_s, to_utc_s in cut:
        before = [(start, min(end, from_utc_s)) for start, end in left]
        behind = [(max(start, to_utc_s), end) for start, end in left]
        left = sorted((start, end) for start, end in {*before, *behind} if start < end)
    return left


def is_within(utc_s: int, times: Iterable[tuple[int, int]]) -> bool:
    """Whether an instant lies within one of some stretches of time."""
    return any(start <= utc_s < end for start, end in times)


def stand_in(
    metered: MeteredStream, substitution: Substitution, excluded: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int, Filling]]:
    """The time that a substitution fills and with what; what cannot be filled is left out."""
    known = _Known(metered, excluded, substitution.from_utc_s - AROUND_S, substitution.to_utc_s + AROUND_S)
    missing = known.missing(substitution.from_utc_s, substitution.to_utc_s)
    if not missing:
        return
    filling: Filling
    if substitution.method is SubstitutionMethod.VALUE:
        filling = known.share(substitution, len(missing))
    else:
        found = known.last_week(missing) if substitution.method is SubstitutionMethod.LAST_WEEK else known.mean(missing)
        filling = StandIns({half_hour.start_utc_s: half_hour for half_hour in found})
        missing = [half_hour.start_utc_s for half_hour in found]
    for start, end in _in_a_row(missing):
        yield start, end, filling


class _Known:
    """What is known of a stream around a substitution."""

    def __init__(
        self, metered: MeteredStream, excluded: Sequence[tuple[int, int]], from_utc_s: int, to_utc_s: int
    ) -> None:
        self._stream = metered.stream
        self._excluded = excluded
        self._starts = range(from_utc_s, to_utc_s, INTERVAL_S)
        self._find = metered.finder(from_utc_s, to_utc_s)

    def missing(self, from_utc_s: int, to_utc_s: int) -> list[int]:
        """The half hours within some time in which the stream counts and is not known."""
        starts = range(from_utc_s, to_utc_s, INTERVAL_S)
        expected = [start for start in starts if any(term.holds_at(start) for term in self._stream.terms)]
        return [
            start
            for start in expected
            if is_within(start, self._excluded) or half_hour_of(self._stream, start, self._find) is None
        ]

    def last_week(self, missing: Sequence[int]) -> list[HalfHour]:
        """The half hours of the week before, seven times 24 hours earlier, as far as they are known."""
        earlier = [(start, self._whole(start - WEEK_S)) for start in missing]
        return [self._stand_in(start, half_hour) for start, half_hour in earlier if half_hour is not None]

    def mean(self, missing: Sequence[int]) -> list[HalfHour]:
        """The mean of what is known around each stretch of missing half hours; left out where nothing is known."""
        known, found = self._known(), list[HalfHour]()
        for start, end in _in_a_row(missing):
            around = [h for h in known if start - AROUND_S <= h.start_utc_s < end + AROUND_S]
            if around:
                mean = _mean_of(around)
                found.extend(self._stand_in(at, mean) for at in range(start, end, INTERVAL_S))
        return found

    def share(self, substitution: Substitution, half_hours: int) -> SharedQuantity:
        """The stated quantity; a gas as metered is taken at the mean pressure and temperature of what is known."""
        meter, quantity = self._stream.gas_meter, substitution.quantity
        line = GasLine() if meter is None else _mean_line(self._known())
        return SharedQuantity(quantity or Decimal(0), half_hours, substitution.state, meter, line)

    def _known(self) -> list[HalfHour]:
        return [half_hour for half_hour in map(self._whole, self._starts) if half_hour is not None]

    def _whole(self, start_utc_s: int) -> HalfHour | None:
        half_hour = half_hour_of(self._stream, start_utc_s, self._find)
        if half_hour is None or half_hour.spanned_ms < INTERVAL_MS or is_within(start_utc_s, self._excluded):
            return None
        return half_hour

    def _stand_in(self, start_utc_s: int, other: HalfHour) -> HalfHour:
        """Another half hour in the place of a missing one; a volume that only lacks its pressure is kept."""
        own = half_hour_of(replace(self._stream, line=None), start_utc_s, self._find)
        is_kept = own is not None and own.spanned_ms == INTERVAL_MS and not is_within(start_utc_s, self._excluded)
        amount = own.amount if own is not None and is_kept else other.amount
        return replace(other, start_utc_s=start_utc_s, amount=amount, method=Method.SUBSTITUTED, observed_ms=0)


def _mean_of(known: Sequence[HalfHour]) -> HalfHour:
    """A half hour with the mean amount, pressure and temperature of several."""
    amount, line = sum((half_hour.amount for half_hour in known), Decimal(0)) / len(known), _mean_line(known)
    state = (line.gauge_pressure_kpa, line.temperature_c)
    return replace(known[0], amount=amount, gauge_pressure_kpa=state[0], temperature_c=state[1])


def _mean_line(known: Sequence[HalfHour]) -> GasLine:
    pressures = [h.gauge_pressure_kpa for h in known if h.gauge_pressure_kpa is not None]
    temperatures = [h.temperature_c for h in known if h.temperature_c is not None]
    return GasLine(_mean(pressures), _mean(temperatures))


def _mean(numbers: Sequence[Decimal]) -> Decimal | None:
    return sum(numbers, Decimal(0)) / len(numbers) if numbers else None


def _in_a_row(starts: Sequence[int]) -> Times:
    """Half hours that follow each other, as stretches of time."""
    rows: Times = []
    for start in starts:
        if rows and rows[-1][1] == start:
            rows[-1] = (rows[-1][0], start + INTERVAL_S)
        else:
            rows.append((start, start + INTERVAL_S))
    return rows
