"""From a half hour of a stream to GJ and CO2: brings gas to the factor's reference state and calls the conversion."""

from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.convert import ActivityQuantity, Converted, convert
from agent.accounting.factors import FactorSet, Quantity
from agent.accounting.gas_volume import read_meter
from agent.accounting.streams import HalfHour


@dataclass(frozen=True, slots=True)
class Totals:
    """Energy and CO2 of several half hours. CO2 is None when the scheme states none for one of them."""

    energy_gj: Decimal = Decimal(0)
    co2_kg: Decimal | None = Decimal(0)

    def plus(self, converted: Converted) -> "Totals":
        """These totals and one more."""
        co2_kg = None if self.co2_kg is None or converted.co2_kg is None else self.co2_kg + converted.co2_kg
        return Totals(self.energy_gj + converted.energy_gj, co2_kg)


def convert_half_hour(half_hour: HalfHour, factors: FactorSet) -> Converted:
    """Energy and CO2 of a half hour. Raises what `convert` raises."""
    stream = half_hour.stream
    amount, reference_state = half_hour.amount, None
    if stream.gas_meter is not None:
        heat = factors.lookup(stream.carrier, Quantity.HEAT, stream.supplier, stream.menu, stream.kind)
        reference_state = heat.reference_state
        if reference_state is not None:
            state = (half_hour.gauge_pressure_kpa, half_hour.temperature_c)
            amount = read_meter(stream.gas_meter, amount, reference_state, *state)
    activity = ActivityQuantity(
        stream.carrier, amount, stream.unit, reference_state, stream.supplier, stream.menu, stream.kind
    )
    return convert(activity, factors)
