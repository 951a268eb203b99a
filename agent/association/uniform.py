"""The uniform factors of the association, applied to a participant's quantities. Knows no document and no total.

A participant's own factors never enter: only carrier, kind, quantity, unit and reference state do.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from agent.accounting.convert import ActivityQuantity, convert
from agent.accounting.convert_units import EXACT, convert_amount, is_gas_volume, split_factor_unit
from agent.accounting.factors import ElectricityKind, FactorSet, Quantity
from agent.accounting.gas_volume import ReferenceState, change_reference

ELECTRICITY = "electricity"
_KWH_PER_MWH = 1000


@dataclass(frozen=True, slots=True, order=True)
class Flow:
    """A carrier, and for electricity its kind: what quantities of all participants are added up by."""

    carrier: str
    kind: ElectricityKind | None = None

    def __str__(self) -> str:
        return self.carrier if self.kind is None else f"{self.carrier}.{self.kind}"


@dataclass(frozen=True, slots=True)
class FlowFactors:
    """What one unit of a flow gives, exactly; `unit` is that of the heat factor."""

    flow: Flow
    unit: str
    reference_state: ReferenceState | None
    energy_gj: Fraction
    co2_kg: Fraction
    co2_adjusted_kg: Fraction | None
    electricity_kwh: Fraction


class NoUniformFactor(ValueError):  # noqa: N818 - names the state of the data
    """The association has no factor for a quantity, or the quantity cannot be brought to the factor's unit."""


@dataclass(slots=True)
class UniformFactors:
    """The factor sets of one fiscal year. Gives every flow's amount in one unit, and what that unit is worth."""

    basic: FactorSet
    adjusted: FactorSet | None
    _flows: dict[Flow, FlowFactors] = field(default_factory=dict)
    _sizes: dict[tuple[Flow, str, ReferenceState | None], Decimal] = field(default_factory=dict)

    def of(self, flow: Flow) -> FlowFactors:
        """The factors of a flow. Raises NoUniformFactor."""
        if flow not in self._flows:
            self._flows[flow] = self._look_up(flow)
        return self._flows[flow]

    def amount(self, flow: Flow, quantity: Decimal, unit: str, state: ReferenceState | None) -> Decimal:
        """A quantity in the unit and reference state of the flow's factors. Raises NoUniformFactor."""
        key = (flow, unit, state)
        if key not in self._sizes:
            self._sizes[key] = self._size(flow, unit, state)
        return EXACT.multiply(quantity, self._sizes[key])

    def electricity_factor(self, *, adjusted: bool = False) -> Decimal | None:
        """The CO2 factor of electricity from the grid in kg-CO2/kWh, or None without an adjusted set."""
        factors = self.adjusted if adjusted else self.basic
        if factors is None:
            return None
        activity = ActivityQuantity(ELECTRICITY, Decimal(1), "kWh", kind=ElectricityKind.GRID)
        return convert(activity, factors).co2_kg

    def _look_up(self, flow: Flow) -> FlowFactors:
        try:
            heat = self.basic.lookup(flow.carrier, Quantity.HEAT, kind=flow.kind)
            _, unit = split_factor_unit(heat.unit)
            one = ActivityQuantity(flow.carrier, Decimal(1), unit, heat.reference_state, kind=flow.kind)
            basic = convert(one, self.basic)
            adjusted = None if self.adjusted is None else convert(one, self.adjusted).co2_kg
        except ValueError as problem:
            raise NoUniformFactor(str(problem)) from None
        if basic.co2_kg is None:
            raise NoUniformFactor(f"the scheme {self.basic.scheme} states no CO2")
        kwh = Fraction(_KWH_PER_MWH if unit == "MWh" else 1) if flow.carrier == ELECTRICITY else Fraction(0)
        return FlowFactors(
            flow,
            unit,
            heat.reference_state,
            Fraction(basic.energy_gj),
            Fraction(basic.co2_kg),
            None if adjusted is None else Fraction(adjusted),
            kwh,
        )

    def _size(self, flow: Flow, unit: str, state: ReferenceState | None) -> Decimal:
        """How many of the factor's unit one of the given unit is."""
        factors = self.of(flow)
        is_gas = is_gas_volume(factors.unit)
        if is_gas and (state is None or factors.reference_state is None):
            raise NoUniformFactor(f"a gas volume must say whether it is {', '.join(ReferenceState)}")
        try:
            size = convert_amount(Decimal(1), unit, factors.unit)
            if is_gas and state is not None and factors.reference_state is not None:
                return change_reference(size, state, factors.reference_state)
        except ValueError as problem:
            raise NoUniformFactor(str(problem)) from None
        return size
