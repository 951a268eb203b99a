"""The mill as its instruments show it, with the truth beside it. Knows no sockets and no wall clock.

Two registers wrap between the seventh and the ninth minute after any start, or after a later moment that is asked for:
`auxiliaries` `energy` at 10⁹ counts and `melting_1` `gas_volume` at 2³² counts.
"""

from fractions import Fraction

from collectors.simulated.dice import Dice
from collectors.simulated.instruments import COUNTERS, GAUGES, Counter
from collectors.simulated.plant import FINE_UNITS, QUANTITY_NAMES, SUMS, build_plant
from collectors.simulated.shifts import minutes


class Mill:
    """An aluminium rolling mill from a moment on (UTC milliseconds); what happens in it depends on the seed alone."""

    def __init__(self, seed: int, start_ms: int, *, wraps_after_ms: int | None = None) -> None:
        self._start_ms = start_ms
        self._wraps_after_ms = start_ms if wraps_after_ms is None else wraps_after_ms
        self._plant = build_plant(seed, start_ms)
        self._before_start = {name: series.total(start_ms) for name, series in self._plant.quantities.items()}
        self._offsets = {key: self._offset(counter, Dice(seed, "offset", *key)) for key, counter in COUNTERS.items()}

    def counters(self) -> tuple[tuple[str, str], ...]:
        """Device and point of every counter."""
        return tuple(COUNTERS)

    def register(self, device: str, point: str, time_ms: int) -> int:
        """The raw count that a counter shows at a moment. Raises KeyError for a point that is no counter."""
        return self._count(device, point, time_ms) % COUNTERS[device, point].modulus

    def gauge(self, device: str, point: str, time_ms: int) -> float:
        """The value in its unit that a gauge or state shows at a moment. Raises KeyError for a point that is none."""
        return self.gauge_steps(device, point, time_ms) / GAUGES[device, point].per_unit

    def gauge_steps(self, device: str, point: str, time_ms: int) -> int:
        """The same value in whole steps of the instrument's resolution."""
        gauge = GAUGES[device, point]
        rate = self._rate(gauge.source, time_ms) - (self._rate(gauge.minus, time_ms) if gauge.minus else 0)
        return rate * gauge.times // gauge.step

    def truth_counts(self, device: str, point: str, from_ms: int, to_ms: int) -> int:
        """How many counts a counter advances between two moments, wraps undone.

        Raises KeyError for a point that is no counter.
        """
        return self._count(device, point, to_ms) - self._count(device, point, from_ms)

    def true_quantity(self, name: str, from_ms: int, to_ms: int) -> Fraction:
        """A quantity of `plant.QUANTITY_NAMES` between two moments, exactly, in the unit that ends its name."""
        if name not in QUANTITY_NAMES:
            raise KeyError(f"no quantity {name!r}; there are {', '.join(QUANTITY_NAMES)}")
        terms = SUMS.get(name, ((1, name),))
        advance = sum(sign * (self._true(term, to_ms) - self._true(term, from_ms)) for sign, term in terms)
        return Fraction(advance, FINE_UNITS[name.rsplit("_", 1)[1]])

    def _true(self, quantity: str, time_ms: int) -> int:
        if time_ms < self._start_ms:
            raise ValueError(f"{time_ms} ms is before the model's start at {self._start_ms} ms")
        return self._plant.quantities[quantity].total(time_ms) - self._before_start[quantity]

    def _rate(self, source: str, time_ms: int) -> int:
        return (self._plant.quantities.get(source) or self._plant.conditions[source]).rate(time_ms)

    def _count(self, device: str, point: str, time_ms: int) -> int:
        counter = COUNTERS[device, point]
        return (self._offsets[device, point] + self._true(counter.quantity, time_ms)) // counter.count_size

    def _offset(self, counter: Counter, dice: Dice) -> int:
        end = counter.modulus * counter.count_size
        if counter.wraps_soon:
            return end - self._true(counter.quantity, self._wraps_after_ms + minutes(dice, 7, 9))
        return dice.between(0, end - 1)
