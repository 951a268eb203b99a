"""What the step from one register reading to the next means. Knows one counter at a time, and no clock.

A step is classified, never guessed. What can not be told apart has no number: its verdict says why.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from collectors.frame import Point

MS_PER_HOUR = 3_600_000
_ROUNDING_COUNTS = 1
"""A register is read up to one count before or after it turns, so a step may seem one count too fast."""


class Verdict(StrEnum):
    """How a step between two readings of a counter is explained."""

    NORMAL = "normal"
    WRAPPED = "wrapped"
    DIP = "dip"
    RESET = "reset"
    TOO_FAST = "too_fast"
    AMBIGUOUS = "ambiguous"
    FALL = "fall"
    REPLACED = "replaced"

    @property
    def has_number(self) -> bool:
        """Whether the advance of such a step is known."""
        return self in {Verdict.NORMAL, Verdict.WRAPPED, Verdict.DIP, Verdict.REPLACED}


@dataclass(frozen=True, slots=True)
class CounterRules:
    """What is declared about a counter, in raw counts.

    `maximum_per_ms` is infinite when the site declares no maximum rate; `step` may come at once on top of it. A fall
    of at most `dip` counts is the instrument's own rounding, not energy. A reading may be up to `slack_ms` older than
    its stamp: meters refresh their registers now and then, and answers take time.
    """

    modulus: int | None
    maximum_per_ms: float
    dip: float
    step: float = 0.0
    slack_ms: int = 0

    @classmethod
    def of(cls, point: Point, slack_ms: int = 0) -> "CounterRules":
        """The rules of a point; its declared maximum is converted to counts."""
        if point.maximum_per_hour is None:
            return cls(point.modulus, math.inf, 1.0)
        per_hour = float(point.maximum_per_hour / point.scale)
        step = float((point.largest_step or 0) / point.scale)
        return cls(point.modulus, per_hour / MS_PER_HOUR, max(1.0, per_hour / 3600), step, slack_ms)

    def limit(self, elapsed_ms: int) -> float:
        """The largest advance that is possible in a time."""
        return self.maximum_per_ms * (elapsed_ms + self.slack_ms) + self.step + _ROUNDING_COUNTS


@dataclass(frozen=True, slots=True)
class Replacement:
    """A meter that was replaced, as a person declared it: the old register's end, the new one's start, the document."""

    device: str
    point: str
    at_ms: int
    old_end_raw: float
    new_start_raw: float
    document: str

    def __str__(self) -> str:
        return f"{self.new_start_raw:.16g} ({self.document})"


@dataclass(frozen=True, slots=True)
class Step:
    """The advance between two readings, in counts; None when it is not known."""

    advance: float | None
    verdict: Verdict


def classify(previous: float, current: float, elapsed_ms: int, rules: CounterRules) -> Step:
    """Explain the step from one reading to a later one.

    A wrap needs a declared modulus and a declared maximum rate under which exactly one number of turns is possible.
    A fall to a value that the counter could have reached from zero in the time is a reset: what it counted before
    the reset was not seen, so the step has no number.
    """
    limit = rules.limit(elapsed_ms)
    rise = current - previous
    if rise >= 0:
        return _explain_rise(rise, limit, rules.modulus)
    if rules.modulus is not None and math.isfinite(limit):
        turns = _possible_turns(rise, limit, rules.modulus)
        if len(turns) == 1:
            return Step(rise + turns[0] * rules.modulus, Verdict.WRAPPED)
        if turns:
            return Step(None, Verdict.AMBIGUOUS)
    if -rise <= rules.dip:
        return Step(0.0, Verdict.DIP)
    if math.isfinite(limit) and current <= limit:
        return Step(None, Verdict.RESET)
    return Step(None, Verdict.FALL)


def _explain_rise(rise: float, limit: float, modulus: int | None) -> Step:
    if rise > limit:
        return Step(None, Verdict.TOO_FAST)
    if modulus is not None and math.isfinite(limit) and rise + modulus <= limit:
        return Step(None, Verdict.AMBIGUOUS)
    return Step(rise, Verdict.NORMAL)


def _possible_turns(rise: float, limit: float, modulus: int) -> list[int]:
    """The numbers of turns (at most two are looked for) that bring the rise within [0, limit]."""
    fewest = math.ceil(-rise / modulus)
    return [turns for turns in (fewest, fewest + 1) if rise + turns * modulus <= limit]
