"""Compressors, auxiliaries, offices, the sun on the roof and the state of the gas line. Knows no meters.

Power in W, gauge pressure in 10 Pa, temperature in 0.1 °C, frequency in mHz.
"""

from collectors.simulated.dice import Dice
from collectors.simulated.shifts import HOUR_MS, MINUTE_MS, is_worked, minutes, month_of, steady, vary
from collectors.simulated.timeline import DAY_MS, Phase

_COMPRESSOR_W = 640_000
_ROOF_W = 6_000_000
"""What the roof gives under a clear June sky at noon."""
_SUN = (
    (410, 1_010, 560), (390, 1_050, 680), (350, 1_080, 820), (310, 1_105, 920), (280, 1_130, 980), (265, 1_145, 1_000),
    (275, 1_140, 980), (300, 1_110, 950), (325, 1_065, 840), (350, 1_020, 720), (380, 990, 600), (405, 985, 520),
)  # fmt: skip
"""Sunrise and sunset in minutes after 0:00 JST and the clear sky's noon in thousandths, January to December."""
_MEAN_AIR_DECIDEGREES = (40, 45, 80, 135, 185, 220, 258, 270, 232, 172, 112, 63)
"""Monthly mean of the outside air in 0.1 °C, January to December."""
_SUN_STEP_MINUTES = 10


def compressors_day(dice: Dice, day: int) -> list[Phase]:
    """The compressors together; the code is how many of the six run."""
    phases: list[Phase] = []
    left_ms = DAY_MS
    while left_ms > 0:
        running = dice.between(3, 5) if is_worked(day) else 1
        part_ms = min(left_ms, minutes(dice, 9, 17))
        phases.append(Phase(part_ms, vary(dice, running * _COMPRESSOR_W, 60), running))
        left_ms -= part_ms
    return phases


def auxiliaries_day(dice: Dice, day: int) -> list[Phase]:
    """Furnace fans, casting, cooling water, cranes: at work around 3 MW, and half of it only to hold the furnaces."""
    mean_w = 3_090_000 if is_worked(day) else 1_450_000
    return list(steady(dice, DAY_MS, mean_w, spread_permille=70))


def offices_day(dice: Dice, day: int) -> list[Phase]:
    """Offices and lighting: busy from 08:00 to 18:00 JST on weekdays."""
    if not is_worked(day):
        return list(steady(dice, DAY_MS, 230_000, spread_permille=80))
    morning = steady(dice, 2 * HOUR_MS, 480_000, spread_permille=60)
    busy = steady(dice, 10 * HOUR_MS, 980_000, spread_permille=60)
    evening = steady(dice, 12 * HOUR_MS, 450_000, spread_permille=60)
    return [*morning, *busy, *evening]


def solar_day(dice: Dice, day: int) -> list[Phase]:
    """Rooftop solar: a parabola from sunrise to sunset under the day's cloud, dark before and after."""
    sunrise, sunset, noon_permille = _SUN[month_of(day) - 1]
    overcast = dice.between(0, 99) < 38
    clear_w = _ROOF_W * noon_permille * (dice.between(120, 350) if overcast else dice.between(480, 960)) // 1_000_000
    sun = []
    for since_six in range(0, 1_440, _SUN_STEP_MINUTES):
        minute = (360 + since_six) % 1_440
        height = max(0, 4 * (minute - sunrise) * (sunset - minute))
        mean_w = clear_w * height // (sunset - sunrise) ** 2
        sun.append(Phase(_SUN_STEP_MINUTES * MINUTE_MS, vary(dice, mean_w, 120)))
    return sun


def gas_pressure_day(dice: Dice, _day: int, mean_dapa: int) -> list[Phase]:
    """The gauge pressure of a gas line, regulated to its mean and slowly varying."""
    today_dapa = vary(dice, mean_dapa, 15)
    return list(steady(dice, DAY_MS, today_dapa, spread_permille=12))


def gas_temperature_day(dice: Dice, day: int) -> list[Phase]:
    """The temperature of the gas in the line: the month's air, a little milder, warmer by day than by night."""
    mean = _MEAN_AIR_DECIDEGREES[month_of(day) - 1] * 8 // 10 + 40 + dice.between(-25, 25)
    parts = ((4, -5), (4, 30), (4, 45), (4, 10), (4, -20), (4, -35))
    return [
        Phase(part_ms, mean + offset + dice.between(-6, 6))
        for hours, offset in parts
        for part_ms in [15 * MINUTE_MS] * (hours * 4)
    ]


def frequency_day(dice: Dice, _day: int) -> list[Phase]:
    """The grid's frequency in western Japan, around 60 Hz."""
    return [Phase(5 * MINUTE_MS, 60_000 + dice.between(-60, 60)) for _ in range(DAY_MS // (5 * MINUTE_MS))]
