"""The whole mill as exact series by name, from one seed. Knows no meters, registers or sockets.

A mill of about 150,000 t of rolled products a year. Over fiscal year 2023 it comes to about 1,047 kWh/t of
electricity (grid and own solar, all that is used) and 19.7 GJ/t of energy, when electricity counts 9.76 GJ/MWh, city
gas 45 GJ per 1,000 m³ at 0 °C and 101.325 kPa, and LPG 50.1 GJ/t: the industry's figures for that year, as the
association's follow-up of 2024 prints them (electricity: 11.4 億kWh over 108.9 万t).

Balance of electricity, exact at every instant: incoming − export + solar = the loads + losses. Losses are those of
the transformers and lines: a constant share and one that grows with the square of the load.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

from collectors.simulated import furnaces, rolling, utilities
from collectors.simulated.dice import Dice
from collectors.simulated.timeline import (
    Phase,
    Series,
    Trace,
    day_of,
    day_start_ms,
    trace_of_codes,
    trace_of_phases,
    trace_of_rates,
    trace_of_steps,
)

FINE_UNITS = {"kwh": 3_600_000_000, "m3": 10**9, "nm3": 10**9, "kg": 10**9}
"""How many of the fine unit (mJ, mm³, normal mm³, µg) one of the unit is, by the last part of a quantity's name."""

LOADS = ("hot_mill", "cold_mill_1", "cold_mill_2", "compressors", "auxiliaries", "offices")
UNCORRECTED_GAS = ("melting_1", "melting_2", "holding", "annealing")
SUMS: Mapping[str, tuple[tuple[int, str], ...]] = {
    "electricity_used_kwh": ((1, "incoming_kwh"), (-1, "export_kwh"), (1, "solar_kwh")),
    "city_gas_nm3": tuple((1, f"{name}_nm3") for name in (*UNCORRECTED_GAS, "boiler")),
    "production_kg": tuple((1, f"{product}_kg") for product in rolling.PRODUCTS),
}
"""Quantities that are sums: sign and name of each term."""

QUANTITY_NAMES = (
    "incoming_kwh",  # taken from the 66 kV grid, primary side
    "export_kwh",  # given to the grid
    "solar_kwh",  # what the roof yields
    "losses_kwh",  # transformers and lines
    *(f"{name}_kwh" for name in LOADS),
    *(f"{name}_m3" for name in UNCORRECTED_GAS),  # as the meter passes it, at line pressure and temperature
    *(f"{name}_nm3" for name in UNCORRECTED_GAS),  # the same gas at 0 °C and 101.325 kPa
    "boiler_nm3",
    "soaking_kg",  # LPG
    *(f"{product}_kg" for product in rolling.PRODUCTS),  # finished coils
    *SUMS,
)

_NO_LOAD_LOSS_W = 60_000
_LOAD_FOR_LOSS_W = 2_000_000_000
"""Load losses are load² over this: 1.25 % at 25 MW."""

PhasesOfDay = Callable[[int], Sequence[Phase]]
TraceOfDay = Callable[[int], Trace]


@dataclass(frozen=True, slots=True)
class Plant:
    """The mill's quantities, which have totals, and its conditions, which have only a value at a moment."""

    quantities: Mapping[str, Series]
    conditions: Mapping[str, Series]


def build_plant(seed: int, start_ms: int) -> Plant:
    """The mill from the production day of a moment on. Its content at any moment depends on the seed alone."""
    phases = {name: _phases_of_day(seed, name, draw) for name, draw in _MACHINES.items()}
    traces = {name: _traced(source) for name, source in phases.items()}
    quantities: dict[str, TraceOfDay] = {f"{name}_kwh": traces[name] for name in (*LOADS, "solar")}
    quantities |= {f"{name}_nm3": traces[name] for name in (*UNCORRECTED_GAS, "boiler")}
    quantities["soaking_kg"] = traces["soaking"]
    quantities |= _balance([traces[name] for name in LOADS], traces["solar"])
    for name in UNCORRECTED_GAS:
        line = "annealing" if name == "annealing" else "melting_shop"
        quantities[f"{name}_m3"] = _line_volume(
            traces[name], traces[f"{line}_gas_pressure"], traces[f"{line}_gas_temperature"]
        )
    coils = cache(lambda day: rolling.finished_coils(Dice(seed, "coils", day), day))
    quantities |= {f"{product}_kg": partial(_coil_trace, coils, product) for product in rolling.PRODUCTS}
    conditions = {name: traces[name] for name in _CONDITIONS}
    conditions |= {f"{name}_code": partial(_code_trace, phases[name]) for name in _STATES}
    first_day = day_of(start_ms)
    return Plant(
        {name: Series(first_day, source) for name, source in quantities.items()},
        {name: Series(first_day, source) for name, source in conditions.items()},
    )


_MACHINES: Mapping[str, Callable[[Dice, int], Sequence[Phase]]] = {
    "hot_mill": rolling.hot_mill_day,
    "cold_mill_1": partial(rolling.cold_mill_day, rolling.COLD_MILL_1),
    "cold_mill_2": partial(rolling.cold_mill_day, rolling.COLD_MILL_2),
    "compressors": utilities.compressors_day,
    "auxiliaries": utilities.auxiliaries_day,
    "offices": utilities.offices_day,
    "solar": utilities.solar_day,
    "melting_1": partial(furnaces.melting_day, begins_refining=False),
    "melting_2": partial(furnaces.melting_day, begins_refining=True),
    "holding": furnaces.holding_day,
    "annealing": furnaces.annealing_day,
    "boiler": furnaces.boiler_day,
    "soaking": furnaces.soaking_day,
    "melting_shop_gas_pressure": partial(utilities.gas_pressure_day, mean_dapa=15_000),
    "melting_shop_gas_temperature": utilities.gas_temperature_day,
    "annealing_gas_pressure": partial(utilities.gas_pressure_day, mean_dapa=9_800),
    "annealing_gas_temperature": utilities.gas_temperature_day,
    "frequency": utilities.frequency_day,
}
_CONDITIONS = (
    "melting_shop_gas_pressure",
    "melting_shop_gas_temperature",
    "annealing_gas_pressure",
    "annealing_gas_temperature",
    "frequency",
)
_STATES = (
    "melting_1",
    "melting_2",
    "holding",
    "annealing",
    "soaking",
    "hot_mill",
    "cold_mill_1",
    "cold_mill_2",
    "compressors",
)


def _phases_of_day(seed: int, name: str, draw: Callable[[Dice, int], Sequence[Phase]]) -> PhasesOfDay:
    """The phases of a machine's day, from random numbers of its own for each day."""
    return lambda day: draw(Dice(seed, name, day), day)


def _traced(source: PhasesOfDay) -> TraceOfDay:
    return cache(lambda day: trace_of_phases(day, source(day)))


def _code_trace(source: PhasesOfDay, day: int) -> Trace:
    return trace_of_codes(day, source(day))


def _coil_trace(coils: Callable[[int], Mapping[str, list[tuple[int, int]]]], product: str, day: int) -> Trace:
    return trace_of_steps(day, coils(day)[product])


def _line_volume(normal: TraceOfDay, pressure_dapa: TraceOfDay, temperature: TraceOfDay) -> TraceOfDay:
    """What a meter without correction passes: normal volume × 101.325/(101.325+P) × (273.15+t)/273.15.

    Whole cm³/s, rounded to the nearest, so that the two volumes agree within half a cm³/s.
    """

    def trace(day: int) -> Trace:
        starts_ms, (flow, p_dapa, t_decidegrees) = _merged([normal(day), pressure_dapa(day), temperature(day)])
        rates = []
        for index in range(len(starts_ms)):
            numerator = flow[index] * 20_265 * (5_463 + 2 * t_decidegrees[index])
            denominator = (20_265 + 2 * p_dapa[index]) * 5_463
            rates.append((2 * numerator + denominator) // (2 * denominator))
        return trace_of_rates(starts_ms, rates, day_start_ms(day + 1))

    return trace


def _balance(loads: Sequence[TraceOfDay], solar: TraceOfDay) -> dict[str, TraceOfDay]:
    """Incoming, export and losses, whose rates follow from the loads and the sun."""

    @cache
    def traces(day: int) -> tuple[Trace, Trace, Trace]:
        starts_ms, (sun, *load) = _merged([solar(day), *(source(day) for source in loads)])
        used = [sum(rates) for rates in zip(*load, strict=True)]
        losses = [_NO_LOAD_LOSS_W + load_w * load_w // _LOAD_FOR_LOSS_W for load_w in used]
        net = [load_w + loss_w - sun_w for load_w, loss_w, sun_w in zip(used, losses, sun, strict=True)]
        end_ms = day_start_ms(day + 1)
        return (
            trace_of_rates(starts_ms, [max(0, net_w) for net_w in net], end_ms),
            trace_of_rates(starts_ms, [max(0, -net_w) for net_w in net], end_ms),
            trace_of_rates(starts_ms, losses, end_ms),
        )

    names = ("incoming_kwh", "export_kwh", "losses_kwh")
    return {name: partial(_part, traces, index) for index, name in enumerate(names)}


def _part(traces: Callable[[int], Sequence[Trace]], index: int, day: int) -> Trace:
    return traces(day)[index]


def _merged(traces: Sequence[Trace]) -> tuple[list[int], list[list[int]]]:
    """The union of the traces' starts, and the rate of each trace from each of those starts on."""
    starts_ms = sorted(set().union(*(trace.starts_ms for trace in traces)))
    columns = []
    for trace in traces:
        column, segment, last = [], 0, len(trace.starts_ms) - 1
        for start_ms in starts_ms:
            if segment < last and trace.starts_ms[segment + 1] == start_ms:
                segment += 1
            column.append(trace.rates[segment])
        columns.append(column)
    return starts_ms, columns
