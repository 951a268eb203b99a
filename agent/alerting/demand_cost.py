"""What a demand alert has cost: energy above the alarm's power, counted once, between readings. Knows no factor."""

from collections.abc import Callable, Iterator

from agent.accounting.interval import INTERVAL_MS
from agent.alerts.machine import CLOCK_STEP_S
from agent.alerts.observe import excess_over_kwh

EnergyKwh = Callable[[int, int], float | None]
"""Energy (kWh) between two times (UTC ms); None unless a meter was read around both."""


class DemandCost:
    """Energy of half hours above that of the alarm's power, from look to look."""

    def __init__(self) -> None:
        self._counted_ms = 0

    def excess_kwh(self, energy: EnergyKwh, since_ms: int, read_ms: int, alarm_kw: float) -> float | None:
        """The excess up to the newest reading that no look has counted, in the running half hour and the one before.

        `since_ms` is when the rule was observed last, for the first look after a start; 0: never. None where the energy
        of a half hour is not known: a gap over its boundary may belong to either side.
        """
        from_ms = self._counted_ms or since_ms or read_ms
        if from_ms > read_ms + CLOCK_STEP_S * 1000:
            from_ms = read_ms
        earliest_ms = read_ms - read_ms % INTERVAL_MS - INTERVAL_MS
        self._counted_ms = max(from_ms, read_ms)
        total = 0.0
        for start_ms, begin_ms, end_ms in _half_hours(max(from_ms, earliest_ms), read_ms):
            before, reached = energy(start_ms, begin_ms), energy(start_ms, end_ms)
            if before is None or reached is None:
                return None
            total += excess_over_kwh(before, reached, alarm_kw)
        return total


def _half_hours(from_ms: int, to_ms: int) -> Iterator[tuple[int, int, int]]:
    """The half hours of a stretch of time: their start, and the stretch's own beginning and end in them."""
    while from_ms < to_ms:
        start_ms = from_ms - from_ms % INTERVAL_MS
        end_ms = min(start_ms + INTERVAL_MS, to_ms)
        yield start_ms, from_ms, end_ms
        from_ms = end_ms
