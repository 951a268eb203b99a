"""What takes the place of a stream's registers: a quantity shared out by time, or half hours that stand in.

Knows neither entries nor where the figures come from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from agent.accounting.convert_units import EXACT
from agent.accounting.energy import amount_in
from agent.accounting.gas_volume import GasStateUnknownError, MeterKind, ReferenceState, change_reference, read_meter
from agent.accounting.interval import INTERVAL_S
from agent.accounting.streams import HalfHour


@dataclass(frozen=True, slots=True)
class GasLine:
    """Mean gauge pressure (kPa) and temperature (°C) of a gas over some time; None where not known or not needed."""

    gauge_pressure_kpa: Decimal | None = None
    temperature_c: Decimal | None = None


class Filling(Protocol):
    """What a stream comes to in time that it fills."""

    def amount(self, from_utc_s: int, to_utc_s: int) -> Decimal:
        """The amount in the stream's unit, as metered."""
        ...

    def volume(self, state: ReferenceState, from_utc_s: int, to_utc_s: int) -> Decimal | None:
        """A gas volume in a state; None where it cannot be told."""
        ...


@dataclass(frozen=True, slots=True)
class SharedQuantity:
    """A quantity that is shared out evenly over so many half hours.

    `state` is the one in which a gas volume is stated, None as metered; `meter` the kind of the site's gas meter.
    """

    quantity: Decimal
    half_hours: int
    state: ReferenceState | None = None
    meter: MeterKind | None = None
    line: GasLine = GasLine()

    def amount(self, from_utc_s: int, to_utc_s: int) -> Decimal:
        """What the site's meter would have counted. Where the state of the gas is not known, the quantity as stated."""
        whole = self._whole(ReferenceState.AS_METERED)
        return self._part(self.quantity if whole is None else whole, from_utc_s, to_utc_s)

    def volume(self, state: ReferenceState, from_utc_s: int, to_utc_s: int) -> Decimal | None:
        """The volume in a state; None where that needs a pressure or temperature that is not known."""
        whole = self._whole(state)
        return None if whole is None else self._part(whole, from_utc_s, to_utc_s)

    def _part(self, whole: Decimal, from_utc_s: int, to_utc_s: int) -> Decimal:
        part = EXACT.multiply(whole, Decimal((to_utc_s - from_utc_s) // INTERVAL_S))
        return EXACT.divide(part, Decimal(self.half_hours))

    def _whole(self, wanted: ReferenceState) -> Decimal | None:
        stated = self.state or ReferenceState.AS_METERED
        if self.meter is None or stated is wanted:
            return self.quantity
        line = (self.line.gauge_pressure_kpa, self.line.temperature_c)
        try:
            if stated is ReferenceState.AS_METERED:
                return read_meter(self.meter, self.quantity, wanted, *line)
            if wanted is ReferenceState.AS_METERED:
                return EXACT.divide(self.quantity, read_meter(self.meter, Decimal(1), stated, *line))
            return change_reference(self.quantity, stated, wanted)
        except GasStateUnknownError:
            return None


@dataclass(frozen=True, slots=True)
class StandIns:
    """Half hours that stand in, by their start, each with its own pressure and temperature."""

    half_hours: Mapping[int, HalfHour]

    def amount(self, from_utc_s: int, to_utc_s: int) -> Decimal:
        """The amount as metered."""
        starts = range(from_utc_s, to_utc_s, INTERVAL_S)
        return sum((self.half_hours[start].amount for start in starts), Decimal(0))

    def volume(self, state: ReferenceState, from_utc_s: int, to_utc_s: int) -> Decimal | None:
        """The volume in a state."""
        starts = range(from_utc_s, to_utc_s, INTERVAL_S)
        return sum((amount_in(self.half_hours[start], state) for start in starts), Decimal(0))
