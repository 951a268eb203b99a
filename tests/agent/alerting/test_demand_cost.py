"""Energy above the alarm's power is counted once, however often somebody looks, and never guessed."""

from collections.abc import Callable, Sequence

import pytest

from agent.alerting.demand_cost import DemandCost
from tests.agent.alerting.conftest import at

NINE_MS = at("2023-10-03T09:00") * 1000
MINUTE_MS = 60_000


def steady(kw: float, gaps: Sequence[tuple[int, int]] = ()) -> Callable[[int, int], float | None]:
    """The energy of so many kW; nothing is known at times within gaps (minutes after nine)."""

    def energy(from_ms: int, to_ms: int) -> float | None:
        for time_ms in (from_ms, to_ms):
            if any(first < (time_ms - NINE_MS) / MINUTE_MS < last for first, last in gaps):
                return None
        return kw * (to_ms - from_ms) / 3_600_000

    return energy


@pytest.mark.parametrize("step_min", [1, 5, 7, 30])
def test_half_hours_at_1200_kw_are_125_kwh_over_950_kw_each(step_min: int) -> None:
    cost, total, minute = DemandCost(), 0.0, 0
    assert cost.excess_kwh(steady(1_200), 0, NINE_MS, 950) == 0
    while minute < 90:
        minute = min(90, minute + step_min)
        total += cost.excess_kwh(steady(1_200), 0, NINE_MS + minute * MINUTE_MS, 950) or 0
    assert total == pytest.approx(3 * 125)


def test_a_start_goes_on_where_the_rule_was_observed_last() -> None:
    """Seen up to 09:26: 520 of 475 kWh are 45 kWh over; up to 09:28 there are 85."""
    seen_ms, now_ms = NINE_MS + 26 * MINUTE_MS, NINE_MS + 28 * MINUTE_MS
    assert DemandCost().excess_kwh(steady(1_200), seen_ms, now_ms, 950) == pytest.approx(40)


def test_a_gap_over_the_end_of_a_half_hour_is_not_known_and_what_follows_is() -> None:
    cost, gap = DemandCost(), steady(1_200, [(28, 33)])
    assert cost.excess_kwh(gap, NINE_MS + 27 * MINUTE_MS, NINE_MS + 35 * MINUTE_MS, 950) is None
    cost = DemandCost()
    cost.excess_kwh(steady(1_200), NINE_MS, NINE_MS + 60 * MINUTE_MS, 950)
    assert cost.excess_kwh(steady(1_200), 0, NINE_MS + 90 * MINUTE_MS, 950) == pytest.approx(125)


def test_a_clock_that_was_set_back_begins_anew() -> None:
    cost = DemandCost()
    cost.excess_kwh(steady(1_200), 0, NINE_MS + 10_000 * MINUTE_MS, 950)
    assert cost.excess_kwh(steady(1_200), 0, NINE_MS, 950) == 0
    assert cost.excess_kwh(steady(1_200), 0, NINE_MS + 30 * MINUTE_MS, 950) == pytest.approx(125)
