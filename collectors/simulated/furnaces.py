"""Furnaces and the boiler: city gas in normal cm³/s (0 °C, 101.325 kPa), LPG in mg/s. Knows no meters.

Batches are those one recognises on a trend: charge, melt, refine and tap; heat, soak and discharge. Over the weekend
every furnace is held at temperature.
"""

from collections.abc import Iterator
from itertools import chain

from collectors.simulated.dice import Dice
from collectors.simulated.shifts import HOUR_MS, is_worked, minutes, month_of, steady, vary
from collectors.simulated.timeline import DAY_MS, Phase, cut

HELD, CHARGING, MELTING, REFINING, TAPPING = range(5)
"""What a melting furnace does, in the order of the codes that its state shows."""
HEATING, SOAKING, DISCHARGING = 1, 2, 3
"""What an annealing furnace or a soaking pit does; 0 is held, as above."""

_SECONDS_PER_HOUR = 3600
_BOILER_NM3_PER_H = (620, 600, 540, 450, 390, 360, 340, 340, 360, 420, 500, 580)
"""Average burn of the boiler on a worked day, January to December: process steam and, in winter, heating."""


def cm3_per_s(m3_per_h: int) -> int:
    """A flow in m³/h as whole cm³/s."""
    return m3_per_h * 1_000_000 // _SECONDS_PER_HOUR


def melting_day(dice: Dice, day: int, *, begins_refining: bool) -> list[Phase]:
    """City gas of a melting furnace. Of two furnaces one begins the day refining, so that they do not melt together."""
    if not is_worked(day):
        return list(cut(steady(dice, DAY_MS, cm3_per_s(330), HELD, 60), DAY_MS))
    lead = steady(dice, minutes(dice, 150, 190), cm3_per_s(540), REFINING) if begins_refining else iter(())
    return list(cut(chain(lead, _melts(dice)), DAY_MS))


def _melts(dice: Dice) -> Iterator[Phase]:
    while True:
        yield from steady(dice, minutes(dice, 40, 60), cm3_per_s(700), CHARGING, 80)
        yield from steady(dice, minutes(dice, 170, 210), cm3_per_s(1_880), MELTING)
        yield from steady(dice, minutes(dice, 60, 85), cm3_per_s(540), REFINING)
        yield from steady(dice, minutes(dice, 30, 45), cm3_per_s(220), TAPPING)


def holding_day(dice: Dice, day: int) -> list[Phase]:
    """City gas of the holding furnace: harder while metal is in it, gently while it is cast."""
    if not is_worked(day):
        return list(cut(steady(dice, DAY_MS, cm3_per_s(130), HELD), DAY_MS))
    return list(cut(_casts(dice), DAY_MS))


def _casts(dice: Dice) -> Iterator[Phase]:
    while True:
        yield from steady(dice, minutes(dice, 70, 100), cm3_per_s(430), HEATING)
        yield from steady(dice, minutes(dice, 90, 120), cm3_per_s(230), DISCHARGING)


def annealing_day(dice: Dice, day: int) -> list[Phase]:
    """City gas of the annealing furnaces together: heat, soak, discharge."""
    if not is_worked(day):
        return list(cut(steady(dice, DAY_MS, cm3_per_s(190), HELD, 60), DAY_MS))
    return list(cut(_charges(dice, cm3_per_s(1_180), cm3_per_s(630), cm3_per_s(210)), DAY_MS))


def soaking_day(dice: Dice, day: int) -> list[Phase]:
    """LPG of the soaking pits together."""
    if not is_worked(day):
        return list(cut(steady(dice, DAY_MS, 36_000, HELD, 60), DAY_MS))
    return list(cut(_charges(dice, 176_000, 94_000, 34_000), DAY_MS))


def _charges(dice: Dice, heating: int, soaking: int, discharging: int) -> Iterator[Phase]:
    while True:
        yield from steady(dice, minutes(dice, 170, 230), heating, HEATING)
        yield from steady(dice, minutes(dice, 180, 240), soaking, SOAKING)
        yield from steady(dice, minutes(dice, 40, 70), discharging, DISCHARGING)


def boiler_day(dice: Dice, day: int) -> list[Phase]:
    """City gas of the boiler: steam for the shifts, less at night, a third on the weekend."""
    flow = cm3_per_s(_BOILER_NM3_PER_H[month_of(day) - 1])
    if not is_worked(day):
        return list(cut(steady(dice, DAY_MS, flow // 3, spread_permille=90), DAY_MS))
    by_day = steady(dice, 16 * HOUR_MS, vary(dice, flow * 11 // 10, 30), spread_permille=90)
    by_night = steady(dice, 8 * HOUR_MS, vary(dice, flow * 8 // 10, 30), spread_permille=90)
    return [*by_day, *by_night]
