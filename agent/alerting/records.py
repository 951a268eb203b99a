"""What programs are told of an alert: one record for JSON, wherever it goes. Knows no channel."""

from collections.abc import Mapping
from dataclasses import asdict

from agent.alerting.notice import UNITS, Wording, one_line
from agent.alerting.store import AlertsView, ChannelStanding, StoredEvent
from agent.alerts.machine import AlertsState, RuleState

EVENT_SCHEMA = "atsuen-alert/1"
NOW_SCHEMA = "atsuen-alerts/1"


def event_record(wording: Wording, stored: StoredEvent) -> Mapping[str, object]:
    """One event."""
    event = stored.event
    state = RuleState(
        event.rule,
        event.alert,
        since_utc_s=event.since_utc_s,
        value=event.value,
        cost=event.cost,
        unmeasured=event.unmeasured,
    )
    return {
        "schema": EVENT_SCHEMA,
        "site": wording.site_id,
        "event": stored.id,
        "what": event.kind.value,
        "time_utc_s": event.time_utc_s,
        **_state_record(wording, state),
        "text": wording.happened(event),
    }


def now_record(
    wording: Wording,
    time_utc_s: int,
    state: AlertsState,
    standings: tuple[ChannelStanding, ...],
    problem: str = "",
) -> Mapping[str, object]:
    """Everything that stands now."""
    return {
        "schema": NOW_SCHEMA,
        "site": wording.site_id,
        "time_utc_s": time_utc_s,
        "raised": [_state_record(wording, each) for each in state.raised()],
        "undelivered": [_standing_record(each) for each in standings if each.waiting or each.given_up],
        "problem": problem,
    }


def view_record(wording: Wording, view: AlertsView, time_utc_s: int) -> Mapping[str, object]:
    """Everything that stands now, and what happened, newest first."""
    events = [event_record(wording, each) for each in view.events]
    problem = "" if view.unwatched is None else wording.unwatched(view.unwatched)
    return {**now_record(wording, time_utc_s, view.state, view.standings, problem), "events": events}


def _state_record(wording: Wording, state: RuleState) -> Mapping[str, object]:
    named = wording.named(state.rule)
    return {
        "alert": state.rule,
        "kind": state.kind.value,
        "name_ja": one_line(named.name_ja),
        "name_en": one_line(named.name_en),
        "since_utc_s": state.since_utc_s,
        "value": state.value,
        "limit": named.limit,
        "unit": named.unit or UNITS.get(state.kind, ""),
        "energy_gj": state.cost.energy_gj,
        "co2_kg": state.cost.co2_kg,
        "yen": state.cost.yen,
        "unmeasured": None if state.unmeasured is None else asdict(state.unmeasured),
        "text": wording.sentence(state.rule, state.kind, state.value),
    }


def _standing_record(standing: ChannelStanding) -> Mapping[str, object]:
    """How telling goes on one channel."""
    return {
        "channel": standing.channel,
        "waiting": standing.waiting,
        "given_up": standing.given_up,
        "error": standing.error,
    }
