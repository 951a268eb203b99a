"""Gas volumes in the three reference states, and what the reading of a gas meter means. Knows no factor or scheme.

A cubic metre of gas is an amount only together with the pressure and the temperature at which it was counted. The gas
is taken as ideal and dry, as the schemes do.
"""

from dataclasses import dataclass
from decimal import Context, Decimal
from enum import StrEnum

from agent.accounting.convert_units import EXACT

_WIDE = Context(prec=2 * EXACT.prec)
"""Holds the products of `convert_volume` without rounding; the only rounding is its one division."""

ATMOSPHERE_KPA = Decimal("101.325")
ABSOLUTE_ZERO_C = Decimal("-273.15")
BILL_GAUGE_PRESSURE_KPA = Decimal("0.981")
"""100 mm of water: the pressure to which the supply terms for city gas reduce the volume on the bill."""


class ReferenceState(StrEnum):
    """The state in which a gas volume is counted."""

    AS_METERED = "as_metered"
    """As the meter or the bill says, whatever that is: no conversion."""
    NM3 = "nm3"
    """0 °C and 101.325 kPa (標準状態)."""
    SATP = "satp"
    """25 °C and 100 kPa (標準環境状態)."""


class MeterKind(StrEnum):
    """What a gas meter's cubic metre is."""

    UNCORRECTED = "uncorrected"
    """Gas at line pressure and temperature: both are needed."""
    CORRECTED_NM3 = "corrected_nm3"
    CORRECTED_SATP = "corrected_satp"
    BILL_PRESSURE_CORRECTED = "bill_pressure_corrected"
    """Reduced to 0.981 kPa gauge at the gas's own temperature, as on a bill: the temperature is needed."""
    TAKEN_AS_SATP = "taken_as_satp"
    """A reading that the SHK scheme lets count as SATP because pressure or temperature is not measured.

    The operator declares it, so that the statement can say so (Tokyo Gas FAQ 8954, note 1).
    """


class ImpossibleGasStateError(ValueError):
    """A pressure or temperature that no gas can have."""


class GasStateUnknownError(ValueError):
    """A volume cannot be brought to a reference state because pressure or temperature is not known."""


@dataclass(frozen=True, slots=True)
class GasState:
    """An absolute pressure and temperature. Raises ImpossibleGasStateError unless both are above zero."""

    pressure_kpa: Decimal
    temperature_k: Decimal

    def __post_init__(self) -> None:
        """Refuse what no gas can have."""
        if not self.pressure_kpa.is_finite() or self.pressure_kpa <= 0:
            raise ImpossibleGasStateError(f"absolute gas pressure {self.pressure_kpa} kPa: it must be above 0")
        if not self.temperature_k.is_finite() or self.temperature_k <= 0:
            raise ImpossibleGasStateError(f"absolute gas temperature {self.temperature_k} K: it must be above 0")

    @classmethod
    def of_line(cls, gauge_pressure_kpa: Decimal, temperature_c: Decimal) -> "GasState":
        """The state of gas in a line, from gauge pressure in kPa and temperature in °C."""
        return cls(EXACT.add(ATMOSPHERE_KPA, gauge_pressure_kpa), EXACT.subtract(temperature_c, ABSOLUTE_ZERO_C))


_NORMAL = GasState(ATMOSPHERE_KPA, Decimal("273.15"))
_SATP = GasState(Decimal(100), Decimal("298.15"))


def to_nm3(volume_m3: Decimal, gauge_pressure_kpa: Decimal, temperature_c: Decimal) -> Decimal:
    """The volume at 0 °C and 101.325 kPa of gas counted at a gauge pressure (kPa) and a temperature (°C)."""
    return convert_volume(volume_m3, GasState.of_line(gauge_pressure_kpa, temperature_c), _NORMAL)


def to_satp(volume_m3: Decimal, gauge_pressure_kpa: Decimal, temperature_c: Decimal) -> Decimal:
    """The volume at 25 °C and 100 kPa of gas counted at a gauge pressure (kPa) and a temperature (°C)."""
    return convert_volume(volume_m3, GasState.of_line(gauge_pressure_kpa, temperature_c), _SATP)


def to_bill_pressure(volume_m3: Decimal, gauge_pressure_kpa: Decimal) -> Decimal:
    """The volume on the bill, at 0.981 kPa gauge, of gas counted at a gauge pressure (kPa); temperature unchanged.

    The rule of the supply terms for city gas: V = V1 × (101.325 + P) / (101.325 + 0.981).
    """
    any_temperature_c = Decimal(15)
    line = GasState.of_line(gauge_pressure_kpa, any_temperature_c)
    return convert_volume(volume_m3, line, GasState.of_line(BILL_GAUGE_PRESSURE_KPA, any_temperature_c))


def change_reference(volume_m3: Decimal, given: ReferenceState, wanted: ReferenceState) -> Decimal:
    """A volume in another reference state; the ratio of Nm3 and SATP is exact.

    Raises GasStateUnknownError between a metered volume and a standard state, which needs pressure and temperature.
    """
    if given is wanted:
        return volume_m3
    if ReferenceState.AS_METERED in {given, wanted}:
        raise GasStateUnknownError(
            f"a gas volume given as {given} cannot become {wanted} without the gas's state: give the pressure and "
            "temperature at the meter, or say what the meter's own correction is"
        )
    states = {ReferenceState.NM3: _NORMAL, ReferenceState.SATP: _SATP}
    return convert_volume(volume_m3, states[given], states[wanted])


def convert_volume(volume_m3: Decimal, counted: GasState, wanted: GasState) -> Decimal:
    """The volume at `wanted` of the amount of ideal gas that has `volume_m3` at `counted`."""
    dividend = _WIDE.multiply(_WIDE.multiply(volume_m3, counted.pressure_kpa), wanted.temperature_k)
    return EXACT.divide(dividend, _WIDE.multiply(wanted.pressure_kpa, counted.temperature_k))


def read_meter(
    meter: MeterKind,
    reading_m3: Decimal,
    wanted: ReferenceState,
    gauge_pressure_kpa: Decimal | None = None,
    temperature_c: Decimal | None = None,
) -> Decimal:
    """What a meter's reading is in the wanted reference state; pressure in kPa gauge, temperature in °C.

    Raises GasStateUnknownError when the meter needs a pressure or temperature that is not given.
    """
    if wanted is ReferenceState.AS_METERED:
        return reading_m3
    if meter is MeterKind.CORRECTED_NM3:
        return change_reference(reading_m3, ReferenceState.NM3, wanted)
    if meter in {MeterKind.CORRECTED_SATP, MeterKind.TAKEN_AS_SATP}:
        return change_reference(reading_m3, ReferenceState.SATP, wanted)
    if meter is MeterKind.BILL_PRESSURE_CORRECTED:
        gauge_pressure_kpa = BILL_GAUGE_PRESSURE_KPA
    line = GasState.of_line(
        _needed(meter, "pressure", gauge_pressure_kpa), _needed(meter, "temperature", temperature_c)
    )
    return convert_volume(reading_m3, line, _NORMAL if wanted is ReferenceState.NM3 else _SATP)


def _needed(meter: MeterKind, what: str, value: Decimal | None) -> Decimal:
    if value is None:
        raise GasStateUnknownError(
            f"a gas meter of kind {meter} cannot be used without the {what} of the gas: name a point that measures it, "
            "or a constant (a volume without its pressure is wrong by a factor of 2 to 4)"
        )
    return value
