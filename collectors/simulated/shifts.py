"""When the mill works, and the weather of the month. Knows the calendar only.

The production day runs from 06:00 to 06:00 JST. Monday to Friday are worked in three shifts, Saturday and Sunday are
the weekend stop, during which the furnaces are held at temperature.
"""

from collections.abc import Iterator
from datetime import date

from collectors.simulated.dice import Dice
from collectors.simulated.timeline import Phase

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
_EPOCH = date(1970, 1, 1).toordinal()


def is_worked(day: int) -> bool:
    """Whether a production day is Monday to Friday."""
    return date.fromordinal(_EPOCH + day).weekday() < 5


def month_of(day: int) -> int:
    """The month in which a production day begins, 1 to 12."""
    return date.fromordinal(_EPOCH + day).month


def minutes(dice: Dice, shortest: int, longest: int) -> int:
    """A length of time between two numbers of minutes, in milliseconds and hardly ever a whole minute."""
    return dice.between(shortest * MINUTE_MS, longest * MINUTE_MS)


def steady(dice: Dice, length_ms: int, rate: int, code: int = 0, spread_permille: int = 30) -> Iterator[Phase]:
    """A rate that wanders a little around its mean, in segments of about ten minutes."""
    while length_ms > 0:
        part_ms = min(length_ms, minutes(dice, 8, 12))
        yield Phase(part_ms, vary(dice, rate, spread_permille), code)
        length_ms -= part_ms


def vary(dice: Dice, rate: int, spread_permille: int) -> int:
    """A rate within a spread around its mean."""
    return rate * dice.between(1000 - spread_permille, 1000 + spread_permille) // 1000
