"""What each instrument counts and shows: count size, modulus, resolution. Knows no registers of a protocol."""

from collections.abc import Mapping
from dataclasses import dataclass

from collectors.simulated.plant import FINE_UNITS
from collectors.simulated.rolling import PRODUCTS

VT_CT_RATIO = 48_000
"""Of the incoming meter: 66,000/110 V × 400/5 A. It counts on the secondary side."""

_WH = FINE_UNITS["kwh"] // 1000
_M3 = FINE_UNITS["m3"]
_KG = FINE_UNITS["kg"]
_PULSE = VT_CT_RATIO * FINE_UNITS["kwh"] // 50_000
"""One pulse of a service meter: 1/50,000 kWh on the secondary side, 0.96 kWh on the primary side."""

KeyOfPoint = tuple[str, str]
"""Device and point."""


@dataclass(frozen=True, slots=True)
class Counter:
    """A register that counts a quantity.

    `count_size` is one count in the fine unit of the quantity; after `modulus` counts the register shows zero again.
    A register that `wraps_soon` starts so close to its end that it wraps within ten minutes of the start.
    """

    quantity: str
    count_size: int
    modulus: int
    wraps_soon: bool = False


@dataclass(frozen=True, slots=True)
class Gauge:
    """A value at a moment: the rate of a series × `times`, in whole steps of `step`, `per_unit` of them one unit.

    When `minus` names a series, its rate is subtracted first.
    """

    source: str
    step: int = 1
    per_unit: int = 1
    times: int = 1
    minus: str = ""


def _meter(device: str, energy: Counter, power: Gauge) -> Mapping[KeyOfPoint, Counter | Gauge]:
    return {(device, "energy"): energy, (device, "power"): power}


def _gas_meter(device: str, line: str, *, wraps_soon: bool = False) -> Mapping[KeyOfPoint, Counter | Gauge]:
    """An uncorrected gas meter in 0.01 m³ at line pressure and temperature, and the two gauges that correct it."""
    return {
        (device, "gas_volume"): Counter(f"{device}_m3", _M3 // 100, 2**32, wraps_soon),
        (device, "gas_pressure"): Gauge(f"{line}_gas_pressure", per_unit=100),
        (device, "gas_temperature"): Gauge(f"{line}_gas_temperature", per_unit=10),
        (device, "phase"): Gauge(f"{device}_code"),
    }


_INSTRUMENTS: Mapping[KeyOfPoint, Counter | Gauge] = {
    ("incoming", "energy_import"): Counter("incoming_kwh", _PULSE, 10**8),
    ("incoming", "energy_export"): Counter("export_kwh", _PULSE, 10**8),
    ("incoming", "power"): Gauge("incoming_kwh", step=VT_CT_RATIO // 1000, per_unit=1000, minus="export_kwh"),
    ("incoming", "frequency"): Gauge("frequency", step=10, per_unit=100),
    **_meter("solar", Counter("solar_kwh", _WH, 10**12), Gauge("solar_kwh")),
    **_meter("hot_mill", Counter("hot_mill_kwh", _WH, 10**12), Gauge("hot_mill_kwh", per_unit=1000)),
    **_meter("cold_mill_1", Counter("cold_mill_1_kwh", _WH, 10**12), Gauge("cold_mill_1_kwh")),
    **_meter("cold_mill_2", Counter("cold_mill_2_kwh", 10 * _WH, 10**9), Gauge("cold_mill_2_kwh", 10, 100)),
    **_meter(
        "auxiliaries",
        Counter("auxiliaries_kwh", 10 * _WH, 10**9, wraps_soon=True),
        Gauge("auxiliaries_kwh", 10, 100),
    ),
    **_meter("offices", Counter("offices_kwh", _WH, 2**32), Gauge("offices_kwh", per_unit=10, times=10)),
    **_meter("compressors", Counter("compressors_kwh", 100 * _WH, 10**9), Gauge("compressors_kwh", per_unit=1000)),
    ("compressors", "running"): Gauge("compressors_code"),
    **_gas_meter("melting_1", "melting_shop", wraps_soon=True),
    **_gas_meter("melting_2", "melting_shop"),
    **_gas_meter("holding", "melting_shop"),
    **_gas_meter("annealing", "annealing"),
    ("soaking", "lpg_mass"): Counter("soaking_kg", _KG // 10, 10**9),
    ("soaking", "lpg_flow"): Gauge("soaking_kg", per_unit=1_000_000, times=3600),
    ("soaking", "phase"): Gauge("soaking_code"),
    ("boiler", "gas_volume"): Counter("boiler_nm3", _M3 // 10, 10**8),
    ("boiler", "gas_flow"): Gauge("boiler_nm3", per_unit=1_000_000, times=3600),
    **{("line", product): Counter(f"{product}_kg", _KG, 10**8) for product in PRODUCTS},
    **{("line", f"{mill}_phase"): Gauge(f"{mill}_code") for mill in ("hot_mill", "cold_mill_1", "cold_mill_2")},
}

COUNTERS: Mapping[KeyOfPoint, Counter] = {
    key: instrument for key, instrument in _INSTRUMENTS.items() if isinstance(instrument, Counter)
}
GAUGES: Mapping[KeyOfPoint, Gauge] = {
    key: instrument for key, instrument in _INSTRUMENTS.items() if isinstance(instrument, Gauge)
}
