"""From amounts of a stream to GJ and CO2: brings gas to the factor's reference state and calls the one conversion."""

from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.convert import ActivityQuantity, Converted, convert
from agent.accounting.factors import FactorSet, Quantity
from agent.accounting.gas_volume import ReferenceState, read_meter
from agent.accounting.streams import HalfHour, Stream


@dataclass(frozen=True, slots=True)
class Totals:
    """Energy and CO2 of several half hours. CO2 is None when the scheme states none for one of them."""

    energy_gj: Decimal = Decimal(0)
    co2_kg: Decimal | None = Decimal(0)

    def plus(self, converted: Converted) -> "Totals":
        """These totals and one more."""
        co2_kg = None if self.co2_kg is None or converted.co2_kg is None else self.co2_kg + converted.co2_kg
        return Totals(self.energy_gj + converted.energy_gj, co2_kg)


def reference_state_of(stream: Stream, factors: FactorSet) -> ReferenceState | None:
    """The state in which the scheme wants a gas stream's volume; None for what is no gas. Raises MissingFactor."""
    if stream.gas_meter is None:
        return None
    return factors.lookup(stream.carrier, Quantity.HEAT, stream.supplier, stream.menu, stream.kind).reference_state


def amount_in(half_hour: HalfHour, state: ReferenceState | None) -> Decimal:
    """The amount of a half hour in a reference state. Raises GasStateUnknownError."""
    meter = half_hour.stream.gas_meter
    if meter is None or state is None:
        return half_hour.amount
    return read_meter(meter, half_hour.amount, state, half_hour.gauge_pressure_kpa, half_hour.temperature_c)


def convert_amount_of(stream: Stream, amount: Decimal, state: ReferenceState | None, factors: FactorSet) -> Converted:
    """Energy and CO2 of an amount of a stream, over whatever time of one fiscal year. Raises what `convert` raises."""
    activity = ActivityQuantity(stream.carrier, amount, stream.unit, state, stream.supplier, stream.menu, stream.kind)
    return convert(activity, factors)


def convert_half_hour(half_hour: HalfHour, factors: FactorSet) -> Converted:
    """Energy and CO2 of a half hour. Raises what `convert` raises."""
    state = reference_state_of(half_hour.stream, factors)
    return convert_amount_of(half_hour.stream, amount_in(half_hour, state), state, factors)
