"""Steps of a counter are classified as the plant engineer would."""

from decimal import Decimal

import pytest

from agent.accounting.counters import CounterRules, Verdict, classify
from collectors.frame import Kind, Point

HOUR_MS = 3_600_000
MINUTE_MS = 60_000

METER = Point("energy", Kind.COUNTER, "kWh", Decimal("0.01"), 1_000_000_000, Decimal(10_000))
"""Panasonic KW2G style: 0 to 999,999,999 counts of 0.01 kWh; here at most 10 MW, so 1,000,000 counts an hour."""

RULES = CounterRules.of(METER)
NO_MAXIMUM = CounterRules.of(Point("energy", Kind.COUNTER, "kWh", Decimal("0.01"), 1_000_000_000))


@pytest.mark.parametrize(
    ("previous", "current", "elapsed_ms", "advance", "verdict"),
    [
        (100, 100, 1000, 0, Verdict.NORMAL),
        (100, 370, 1000, 270, Verdict.NORMAL),
        (0, 1_000_000, HOUR_MS, 1_000_000, Verdict.NORMAL),
        (0, 1_000_002, HOUR_MS, None, Verdict.TOO_FAST),
        (999_999_990, 5, 1000, 15, Verdict.WRAPPED),
        (999_999_999, 0, 1000, 1, Verdict.WRAPPED),
        (500_000, 0, 1000, None, Verdict.RESET),
        (500_000, 250, 1000, None, Verdict.RESET),
        (500_000, 250_000, 1000, None, Verdict.FALL),
        (500_000, 499_999, 1000, 0, Verdict.DIP),
        (500_000, 499_500, 1000, None, Verdict.FALL),
    ],
)
def test_a_step(previous: int, current: int, elapsed_ms: int, advance: int | None, verdict: Verdict) -> None:
    step = classify(previous, current, elapsed_ms, RULES)
    assert (step.advance, step.verdict) == (advance, verdict)


def test_several_turns_in_a_long_gap_when_only_one_number_is_possible() -> None:
    # 1,000 counts a turn, at most 600 an hour: in 1.9 hours at most 1,140, so 900 → 100 is one turn, not two.
    small = CounterRules.of(Point("gas", Kind.COUNTER, "m3", Decimal(1), 1000, Decimal(600)))
    assert classify(900, 100, 2 * HOUR_MS - 6 * MINUTE_MS, small).advance == 200
    # In 3.5 hours at most 2,100: 200 and 1,200 are both possible, so there is no number.
    step = classify(900, 100, 3 * HOUR_MS + HOUR_MS // 2, small)
    assert (step.advance, step.verdict) == (None, Verdict.AMBIGUOUS)


def test_a_rise_that_could_hide_a_whole_turn_has_no_number() -> None:
    small = CounterRules.of(Point("gas", Kind.COUNTER, "m3", Decimal(1), 1000, Decimal(600)))
    assert classify(100, 300, HOUR_MS, small).advance == 200
    assert classify(100, 300, 2 * HOUR_MS, small).verdict is Verdict.AMBIGUOUS


def test_without_a_declared_maximum_a_fall_is_never_taken_for_a_wrap() -> None:
    step = classify(999_999_990, 5, 1000, NO_MAXIMUM)
    assert (step.advance, step.verdict) == (None, Verdict.FALL)


def test_binary_moduli_turn_too() -> None:
    point = Point("energy", Kind.COUNTER, "Wh", Decimal(1), 2**32, Decimal(20_000_000))
    step = classify(2**32 - 10, 25, MINUTE_MS, CounterRules.of(point))
    assert (step.advance, step.verdict) == (35, Verdict.WRAPPED)
