"""The account of coils that are weighed one by one: a number that goes up by one, and the weight that belongs to it."""

import math
from dataclasses import dataclass

from agent.accounting.interval import INTERVAL_MS, Event
from agent.accounting.point_account import Outcome, PointAccount
from collectors.frame import Kind, Point


@dataclass(frozen=True, slots=True)
class CoilRule:
    """Which points of a device tell of coils: `number` changes with each coil, `weight` is the newest coil's.

    The coils are booked as if the device had a counter `id` in the weight's unit and scale.
    """

    device: str
    id: str
    number: str
    weight: Point

    def as_point(self) -> Point:
        """The counter that the coils add up to."""
        return Point(self.id, Kind.COUNTER, self.weight.unit, self.weight.scale)


class CoilAccount(PointAccount):
    """Adds up the weights of coils. A coil belongs to the half hour in which its number is first seen.

    When several coils went by between two readings only the last has a weight: the others are listed, and the time
    between the two readings is not accounted for.
    """

    def take(self, raw: float, time_ms: int, seq: int, outcome: Outcome) -> None:
        """Coils are taken as pairs. Raises TypeError."""
        raise TypeError("a coil has a number and a weight; call take_coil")

    def take_coil(self, number: float, weight: float, time_ms: int, seq: int, outcome: Outcome) -> None:
        """Account for one good reading of number and weight; readings come in order of time."""
        if math.isnan(self.running.last_raw):
            self.begin(number, time_ms, seq)
            return
        current = self.running
        coils = number - current.last_raw
        is_gap = time_ms - current.last_ms > self.gap_ms
        crosses = time_ms > current.start_ms + INTERVAL_MS
        self._pass_time(time_ms, seq, outcome, is_known=coils in {0, 1}, is_gap=is_gap)
        if coils not in {0, 1}:
            kind = "coils_missed" if coils > 1 else "coils_renumbered"
            detail = f"coil number from {current.last_raw:.16g} to {number:.16g}; only the last one was weighed"
            outcome.events.append(Event(time_ms, self.device, self.point.id, kind, detail))
        if coils:
            current.content += weight
            current.recovered |= int(is_gap and crosses)
        current.last_raw, current.last_ms, current.last_seq = number, time_ms, seq

    def _pass_time(self, time_ms: int, seq: int, outcome: Outcome, *, is_known: bool, is_gap: bool) -> None:
        """Let time pass up to a reading, closing the half hours that end on the way."""
        current, before_seq = self.running, self.running.last_seq
        current.last_seq = seq
        reached_ms = current.last_ms
        while reached_ms < time_ms:
            end_ms = min(current.start_ms + INTERVAL_MS, time_ms)
            if is_known:
                current.spanned_ms += end_ms - reached_ms
                current.observed_ms += 0 if is_gap else end_ms - reached_ms
            reached_ms = end_ms
            if end_ms == current.start_ms + INTERVAL_MS:
                self.close(current.last_raw, before_seq, outcome)
