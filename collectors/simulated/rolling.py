"""The hot mill, the two cold mills and the coils that are finished: power in W, coils in µg. Knows no meters.

Sizes are set so that a fiscal year comes to about 150,000 t of coils and, with everything else in the mill, to the
intensities that `plant` states.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from collectors.simulated.dice import Dice
from collectors.simulated.shifts import HOUR_MS, is_worked, minutes, steady, vary
from collectors.simulated.timeline import DAY_MS, Phase, cut, day_start_ms

PRODUCTS = ("can_body", "foil_stock", "general_sheet", "car_panel")
_COILS_PERMILLE = (500, 150, 230, 120)
_COIL_KG = ((8_000, 12_000), (5_000, 9_000), (5_000, 10_000), (6_000, 10_000))
_UG_PER_KG = 10**9

STOPPED, BETWEEN_COILS, THREADING, ROLLING, ROLL_CHANGE = range(5)
"""What a mill does, in the order of the codes that its state shows."""


@dataclass(frozen=True, slots=True)
class ColdMill:
    """A cold mill: the power of each part of a coil's pass in W, and how many minutes the pass at speed takes."""

    stopped_w: int
    waiting_w: int
    threading_w: int
    rolling_w: int
    pass_minutes: tuple[int, int]
    works_at_night: bool


COLD_MILL_1 = ColdMill(120_000, 900_000, 1_600_000, 8_900_000, (9, 14), works_at_night=True)
COLD_MILL_2 = ColdMill(90_000, 750_000, 1_400_000, 7_900_000, (7, 12), works_at_night=False)
_DAY_SHIFTS_MS = 16 * HOUR_MS
"""06:00 to 22:00 JST, when a mill that does not work at night works."""


def hot_mill_day(dice: Dice, day: int) -> list[Phase]:
    """The power of the hot mill: slab after slab, with a roll change every few hours."""
    if not is_worked(day):
        return list(cut(steady(dice, DAY_MS, 150_000), DAY_MS))
    return list(cut(_slabs(dice), DAY_MS))


def _slabs(dice: Dice) -> Iterator[Phase]:
    while True:
        for _ in range(dice.between(18, 24)):
            yield Phase(dice.between(100_000, 160_000), vary(dice, 15_900_000, 90), ROLLING)
            yield Phase(dice.between(65_000, 105_000), vary(dice, 18_000_000, 70), ROLLING)
            yield Phase(dice.between(110_000, 190_000), vary(dice, 2_500_000, 120), BETWEEN_COILS)
        yield Phase(minutes(dice, 20, 30), vary(dice, 650_000, 50), ROLL_CHANGE)


def cold_mill_day(mill: ColdMill, dice: Dice, day: int) -> list[Phase]:
    """The power of a cold mill: coil after coil while it works, else only its pumps and heaters."""
    stopped = steady(dice, DAY_MS, mill.stopped_w, STOPPED)
    if not is_worked(day):
        return list(cut(stopped, DAY_MS))
    if mill.works_at_night:
        return list(cut(_coils(mill, dice), DAY_MS))
    return list(chain(cut(_coils(mill, dice), _DAY_SHIFTS_MS), cut(stopped, DAY_MS - _DAY_SHIFTS_MS)))


def _coils(mill: ColdMill, dice: Dice) -> Iterator[Phase]:
    while True:
        for _ in range(dice.between(6, 9)):
            yield Phase(minutes(dice, 2, 4), vary(dice, mill.threading_w, 60), THREADING)
            yield Phase(minutes(dice, *mill.pass_minutes), vary(dice, mill.rolling_w, 120), ROLLING)
            yield Phase(minutes(dice, 1, 2), vary(dice, mill.threading_w, 60), THREADING)
            yield Phase(minutes(dice, 3, 5), vary(dice, mill.waiting_w, 50), BETWEEN_COILS)
        yield Phase(minutes(dice, 10, 16), vary(dice, mill.waiting_w, 50), ROLL_CHANGE)


def finished_coils(dice: Dice, day: int) -> dict[str, list[tuple[int, int]]]:
    """The coils of a production day by product: (moment of weighing in UTC ms, weight in µg, a whole number of kg)."""
    coils: dict[str, list[tuple[int, int]]] = {product: [] for product in PRODUCTS}
    if not is_worked(day):
        return coils
    time_ms, end_ms = day_start_ms(day), day_start_ms(day + 1)
    while (time_ms := time_ms + minutes(dice, 16, 27)) < end_ms:
        product = dice.one_of(_COILS_PERMILLE)
        coils[PRODUCTS[product]].append((time_ms, dice.between(*_COIL_KG[product]) * _UG_PER_KG))
    return coils
