"""Stamps never go back and never leap further than an outage explains; every step of the clock is an event."""

import pytest

from agent.accounting.interval import Event
from agent.timekeeper import Timekeeper

NOON_MS = 1_700_000_000_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class HandClock:
    """A clock that the test moves."""

    def __init__(self, wall_ms: int) -> None:
        self.wall_ms = wall_ms
        self.steady = 1000.0

    def now_ms(self) -> int:
        return self.wall_ms

    def steady_s(self) -> float:
        return self.steady

    async def sleep_until(self, steady_s: float) -> None:
        self.advance(steady_s - self.steady)

    def advance(self, seconds: float, step_ms: int = 0) -> None:
        self.steady += seconds
        self.wall_ms += int(seconds * 1000) + step_ms


def keeper_of(clock: HandClock, last_ms: int = 0) -> tuple[Timekeeper, list[Event]]:
    events: list[Event] = []
    return Timekeeper(clock, last_ms, events.append), events


def test_stamps_follow_a_clock_that_runs_on() -> None:
    clock = HandClock(NOON_MS)
    keeper, events = keeper_of(clock)
    assert keeper.now_ms() == NOON_MS
    clock.advance(10, step_ms=400)  # slewed a little by the time service
    assert keeper.now_ms() == NOON_MS + 10_400
    assert events == []


@pytest.mark.parametrize("back_ms", [10_000, HOUR_MS, 20 * 365 * DAY_MS])
def test_a_step_back_is_held_until_the_wall_clock_has_caught_up(back_ms: int) -> None:
    clock = HandClock(NOON_MS)
    keeper, events = keeper_of(clock)
    keeper.now_ms()
    clock.advance(5, step_ms=-back_ms)
    assert keeper.now_ms() == NOON_MS + 5000
    clock.advance(5)
    assert keeper.now_ms() == NOON_MS + 10_000
    assert [event.kind for event in events] == ["clock_back"]


def test_after_a_small_step_back_the_wall_clock_is_followed_again() -> None:
    clock = HandClock(NOON_MS)
    keeper, _ = keeper_of(clock)
    keeper.now_ms()
    clock.advance(1, step_ms=-3000)
    assert keeper.now_ms() == NOON_MS + 1000
    clock.advance(1, step_ms=3000)  # the time service puts it right
    assert keeper.now_ms() == NOON_MS + 2000


def test_a_step_ahead_that_an_outage_could_explain_is_followed_and_told() -> None:
    clock = HandClock(NOON_MS)
    keeper, events = keeper_of(clock)
    keeper.now_ms()
    clock.advance(1, step_ms=3 * DAY_MS)
    assert keeper.now_ms() == NOON_MS + 3 * DAY_MS + 1000
    assert [event.kind for event in events] == ["clock_forward"]


def test_a_leap_of_twenty_years_is_not_followed_when_it_is_put_right() -> None:
    clock = HandClock(NOON_MS)
    keeper, events = keeper_of(clock)
    keeper.now_ms()
    leap_ms = 20 * 365 * DAY_MS
    clock.advance(1, step_ms=leap_ms)
    assert keeper.now_ms() == NOON_MS + 1000
    clock.advance(300)
    assert keeper.now_ms() == NOON_MS + 301_000
    clock.advance(10, step_ms=-leap_ms)
    assert keeper.now_ms() == NOON_MS + 311_000
    assert [event.kind for event in events] == ["clock_suspect"]


def test_a_leap_that_lasts_is_followed_after_ten_minutes() -> None:
    clock = HandClock(946_684_800_000)  # a machine without a battery: 1 January 2000
    keeper, events = keeper_of(clock)
    keeper.now_ms()
    leap_ms = NOON_MS - clock.wall_ms
    clock.advance(1, step_ms=leap_ms)
    keeper.now_ms()
    clock.advance(599)
    assert keeper.now_ms() < 946_684_800_000 + HOUR_MS
    clock.advance(2)
    assert keeper.now_ms() == NOON_MS + 602_000
    assert [event.kind for event in events] == ["clock_suspect", "clock_forward"]


def test_a_clock_behind_the_journal_goes_on_from_the_journal() -> None:
    clock = HandClock(946_684_800_000)
    keeper, events = keeper_of(clock, last_ms=NOON_MS)
    assert keeper.now_ms() == NOON_MS
    clock.advance(7)
    assert keeper.now_ms() == NOON_MS + 7000
    assert [event.kind for event in events] == ["clock_back"]


def test_a_start_after_a_long_outage_is_no_step() -> None:
    clock = HandClock(NOON_MS)
    keeper, events = keeper_of(clock, last_ms=NOON_MS - 10 * DAY_MS)
    assert keeper.now_ms() == NOON_MS
    assert events == []
