"""Raises and clears alerts: `step` takes a state and observations and gives the next state and what happened.

The state is all there is to keep: whoever stores it together with its events raises nothing twice after a restart.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from agent.alerts.rules import NO_COST, AlertKind, AlertRule, Cost, Observation, Unmeasured

LONGEST_GAP_S = 1800
"""What was building up before a longer time without observation is forgotten; what was raised stays raised."""
CLOCK_STEP_S = 3600
"""An observation that ends so long before the last one comes from a clock that was set back, not from a repeat."""


class Phase(StrEnum):
    """Where a rule stands."""

    CALM = "calm"
    RISING = "rising"
    """At or above the limit, not yet for long enough."""
    RAISED = "raised"
    FALLING = "falling"
    """Raised still, and below the limit, not yet for long enough."""


@dataclass(frozen=True, slots=True)
class RuleState:
    """Where one rule stands. `since_utc_s` is when it began to build up, `held_s` the time seen in this phase.

    `to_utc_s` is the end of the newest observation that had a value; `value` is that value. `unmeasured` is what was
    said last while it was at the limit.
    """

    rule: str
    kind: AlertKind
    phase: Phase = Phase.CALM
    since_utc_s: int = 0
    to_utc_s: int = 0
    held_s: int = 0
    value: float = 0.0
    cost: Cost = NO_COST
    unmeasured: Unmeasured | None = None

    @property
    def is_raised(self) -> bool:
        """Whether the alert stands."""
        return self.phase in {Phase.RAISED, Phase.FALLING}


@dataclass(frozen=True, slots=True)
class AlertsState:
    """Where all rules stand."""

    rules: tuple[RuleState, ...] = ()

    def raised(self) -> list[RuleState]:
        """The alerts that stand, oldest first."""
        return sorted((state for state in self.rules if state.is_raised), key=lambda state: state.since_utc_s)


class EventKind(StrEnum):
    """What happened to an alert."""

    RAISED = "raised"
    CLEARED = "cleared"
    WITHDRAWN = "withdrawn"
    """The site no longer has the rule."""


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """An alert was raised, cleared or withdrawn. `cost` is what it cost from `since_utc_s` up to this event.

    `unmeasured` is what was unknown meanwhile, for a silent device or a stuck register.
    """

    kind: EventKind
    rule: str
    alert: AlertKind
    time_utc_s: int
    since_utc_s: int
    value: float
    cost: Cost
    unmeasured: Unmeasured | None = None


def step(
    rules: Sequence[AlertRule], state: AlertsState, observations: Iterable[Observation]
) -> tuple[AlertsState, list[AlertEvent]]:
    """The next state of all rules, and what happened. Observations of one rule come in order of time.

    An observation that was taken in already changes nothing. Raises KeyError for one of no rule.
    """
    by_id = {rule.id: rule for rule in rules}
    states = {rule.id: RuleState(rule.id, rule.kind) for rule in rules}
    events = []
    for old in state.rules:
        if old.rule in by_id and by_id[old.rule].kind is old.kind:
            states[old.rule] = old
        elif old.is_raised:
            events.append(_event(EventKind.WITHDRAWN, old, old.to_utc_s))
    for observation in observations:
        following, event = _take(by_id[observation.rule], states[observation.rule], observation)
        states[observation.rule] = following
        if event is not None:
            events.append(_event(event, following, observation.to_utc_s))
            if event is EventKind.CLEARED:
                states[observation.rule] = RuleState(
                    following.rule, following.kind, to_utc_s=following.to_utc_s, value=following.value
                )
    return AlertsState(tuple(states.values())), events


def _take(rule: AlertRule, state: RuleState, observation: Observation) -> tuple[RuleState, EventKind | None]:
    """One observation of one rule."""
    value = observation.value
    behind_s = state.to_utc_s - observation.to_utc_s
    if value is None or not math.isfinite(value) or 0 <= behind_s < CLOCK_STEP_S:
        return state, None
    begins = observation.from_utc_s if behind_s > 0 else max(observation.from_utc_s, state.to_utc_s)
    seen_s = observation.to_utc_s - begins
    whole_s = observation.to_utc_s - observation.from_utc_s
    cost = observation.cost.times(seen_s / whole_s) if 0 < seen_s < whole_s else observation.cost
    is_gap = abs(begins - state.to_utc_s) > LONGEST_GAP_S
    unmeasured = observation.unmeasured or state.unmeasured
    new = replace(state, to_utc_s=observation.to_utc_s, value=value, unmeasured=unmeasured)
    if state.is_raised:
        return _go_on(rule, replace(new, cost=state.cost.plus(cost)), seen_s, is_gap=is_gap)
    return _build_up(rule, new, begins, seen_s, cost, is_new=state.phase is Phase.CALM or is_gap)


def _build_up(
    rule: AlertRule, state: RuleState, begins_utc_s: int, seen_s: int, cost: Cost, *, is_new: bool
) -> tuple[RuleState, EventKind | None]:
    """An alert that does not stand: it builds up, is raised, or comes to nothing."""
    if state.value < rule.raise_at:
        return replace(state, phase=Phase.CALM, since_utc_s=0, held_s=0, cost=NO_COST, unmeasured=None), None
    if is_new:
        state = replace(state, since_utc_s=begins_utc_s, held_s=0, cost=NO_COST)
    state = replace(state, held_s=state.held_s + seen_s, cost=state.cost.plus(cost))
    if state.held_s >= rule.raise_after_s:
        return replace(state, phase=Phase.RAISED, held_s=0), EventKind.RAISED
    return replace(state, phase=Phase.RISING), None


def _go_on(rule: AlertRule, state: RuleState, seen_s: int, *, is_gap: bool) -> tuple[RuleState, EventKind | None]:
    """An alert that stands: it stays, or is cleared once it was below the limit for long enough."""
    if state.value >= rule.clear_at:
        return replace(state, phase=Phase.RAISED, held_s=0), None
    held_s = seen_s if is_gap or state.phase is Phase.RAISED else state.held_s + seen_s
    state = replace(state, phase=Phase.FALLING, held_s=held_s)
    return state, EventKind.CLEARED if held_s >= rule.clear_after_s else None


def _event(kind: EventKind, state: RuleState, time_utc_s: int) -> AlertEvent:
    facts = (state.rule, state.kind, time_utc_s, state.since_utc_s, state.value, state.cost)
    return AlertEvent(kind, *facts, state.unmeasured)
