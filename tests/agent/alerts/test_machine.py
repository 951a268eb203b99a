"""Alerts rise and fall as the rules say, cost what was seen, and a restart changes nothing."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.alerts.machine import AlertEvent, AlertsState, EventKind, Phase, RuleState, step
from agent.alerts.rules import COST_UNKNOWN, NO_COST, TEXT_KEYS, AlertKind, AlertRule, Cost, Observation
from agent.alerts.stored import read_state, write_state

START = 1_696_204_800
MINUTE = 60
RULE = AlertRule("burner", AlertKind.IDLE_BURNER, 20.0, 16.0, 15 * MINUTE, 10 * MINUTE)
"""Raised at 20 m³/h for a quarter of an hour, cleared below 16 m³/h for ten minutes."""


def seen(
    values: Sequence[float | None], start: int = START, cost: Cost = NO_COST, length: int = 5 * MINUTE
) -> list[Observation]:
    """Observations of five minutes each, one after another."""
    return [
        Observation("burner", start + i * length, start + (i + 1) * length, value, cost)
        for i, value in enumerate(values)
    ]


def run(observations: Sequence[Observation], rule: AlertRule = RULE) -> tuple[RuleState, list[AlertEvent]]:
    state, events = step([rule], AlertsState(), observations)
    return state.rules[0], events


def test_raised_after_a_quarter_of_an_hour_since_when_it_began() -> None:
    """Five minutes at 2 GJ each: three of them are 6 GJ when it is raised, 15 minutes after it began."""
    state, events = run(seen([3, 25, 25, 25, 25], cost=Cost(2.0, 100.0, None)))
    assert events == [
        AlertEvent(
            EventKind.RAISED,
            "burner",
            AlertKind.IDLE_BURNER,
            START + 20 * MINUTE,
            START + 5 * MINUTE,
            25,
            Cost(6.0, 300.0, None),
        )
    ]
    assert state.is_raised
    assert state.cost == Cost(8.0, 400.0, None)


def test_a_short_peak_raises_nothing() -> None:
    state, events = run(seen([25, 25, 3, 25, 25, 19]))
    assert (state.phase, events, state.cost) == (Phase.CALM, [], NO_COST)


def test_between_the_limits_nothing_changes() -> None:
    """18 m³/h neither raise nor clear; ten minutes below 16 do."""
    state, events = run(seen([25, 25, 25, 18, 18, 18, 12, 18, 12, 12]))
    assert [event.kind for event in events] == [EventKind.RAISED, EventKind.CLEARED]
    assert events[1].time_utc_s == START + 50 * MINUTE
    assert events[1].since_utc_s == START
    assert (state.phase, state.since_utc_s) == (Phase.CALM, 0)


def test_what_is_unknown_neither_raises_nor_clears() -> None:
    state, events = run(seen([25, None, 25, float("nan"), 25]))
    assert [event.kind for event in events] == [EventKind.RAISED]
    assert events[0].since_utc_s == START
    later, more = step([RULE], AlertsState((state,)), seen([None] * 100, START + 3600))
    assert (later.rules[0].is_raised, more) == (True, [])


def test_a_long_gap_forgets_what_was_building_up_and_keeps_what_stands() -> None:
    state, events = run([*seen([25, 25]), *seen([25], START + 7200)])
    assert (state.phase, state.since_utc_s, state.held_s, events) == (Phase.RISING, START + 7200, 5 * MINUTE, [])
    state, events = run([*seen([25, 25, 25, 3]), *seen([3], START + 7200)])
    assert (state.phase, [event.kind for event in events]) == (Phase.FALLING, [EventKind.RAISED])


def test_without_durations_it_is_raised_and_cleared_at_once() -> None:
    rule = AlertRule("burner", AlertKind.IDLE_BURNER, 20, 20)
    _, events = run(seen([20, 19.9, 30]), rule)
    assert [event.kind for event in events] == [EventKind.RAISED, EventKind.CLEARED, EventKind.RAISED]


def test_a_repeated_observation_changes_nothing_and_an_overlap_counts_once() -> None:
    once = seen([25, 25, 25], cost=Cost(3.0, 3.0, 3.0))
    state, events = run(once)
    assert step([RULE], AlertsState((state,)), once) == (AlertsState((state,)), [])
    half_new = Observation("burner", START + 13 * MINUTE, START + 16 * MINUTE, 25, Cost(3.0, 3.0, 3.0))
    later, more = step([RULE], AlertsState((state,)), [half_new])
    assert later.rules[0].cost == Cost(10.0, 10.0, 10.0)
    assert (len(events), more) == (1, [])


def test_a_clock_that_was_set_back_does_not_stop_alerts() -> None:
    state, _ = run(seen([3], START + 86_400))
    later, events = step([RULE], AlertsState((state,)), seen([25, 25, 25]))
    assert [event.kind for event in events] == [EventKind.RAISED]
    assert later.rules[0].since_utc_s == START


def test_an_alert_whose_rule_is_gone_is_withdrawn_once() -> None:
    state, _ = run(seen([25, 25, 25]))
    later, events = step([], AlertsState((state,)), [])
    assert [(event.kind, event.rule) for event in events] == [(EventKind.WITHDRAWN, "burner")]
    assert later == AlertsState()
    other = AlertRule("burner", AlertKind.RESIDUAL, 5, 5)
    changed, events = step([other], AlertsState((state,)), [])
    assert [event.kind for event in events] == [EventKind.WITHDRAWN]
    assert changed.raised() == []


def test_an_unknown_cost_stays_unknown() -> None:
    state, _ = run([*seen([25, 25]), *seen([25], START + 600, COST_UNKNOWN)])
    assert state.cost == COST_UNKNOWN


def test_the_alerts_that_stand_come_oldest_first() -> None:
    new = RuleState("a", AlertKind.SILENT, Phase.RAISED, 20)
    old, calm = RuleState("b", AlertKind.SILENT, Phase.FALLING, 10), RuleState("c", AlertKind.SILENT)
    assert AlertsState((new, old, calm)).raised() == [old, new]


def test_every_kind_has_a_text() -> None:
    assert set(TEXT_KEYS) == set(AlertKind)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"format": 2, "rules": []}', '{"format": 1, "rules": [{"rule": 1}]}']
)
def test_what_is_no_state_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_state(text)


values = st.lists(st.one_of(st.none(), st.sampled_from([0.0, 15.9, 16.0, 19.9, 20.0, 30.0])), max_size=60)


@given(values, st.integers(0, 60))
def test_a_restart_anywhere_changes_nothing(figures: list[float | None], cut: int) -> None:
    """A restart keeps the text alone, and sees the last observation again."""
    observations = seen(figures, cost=Cost(1.0, None, 0.5))
    whole, events = step([RULE], AlertsState(), observations)
    before, first = step([RULE], AlertsState(), observations[:cut])
    after, second = step([RULE], read_state(write_state(before)), observations[max(0, cut - 1) :])
    assert (after, first + second) == (whole, events)


@given(values, st.integers(0, 1800), st.integers(0, 1800))
def test_raised_and_cleared_take_turns(figures: list[float | None], raise_after: int, clear_after: int) -> None:
    rule = AlertRule("burner", AlertKind.IDLE_BURNER, 20, 16, raise_after, clear_after)
    state, events = run(seen(figures), rule) if figures else (RuleState("burner", rule.kind), [])
    kinds = [event.kind for event in events]
    assert kinds == [EventKind.RAISED, EventKind.CLEARED] * (len(kinds) // 2) + [EventKind.RAISED] * (len(kinds) % 2)
    assert state.is_raised == (len(kinds) % 2 == 1)
    for event in events:
        if event.kind is EventKind.RAISED:
            assert event.time_utc_s - event.since_utc_s >= raise_after
            assert event.value >= 20
        else:
            assert event.value < 16
