"""The state of the alerts as text, and back: what is kept over a restart."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from agent.alerts.machine import AlertsState, Phase, RuleState
from agent.alerts.rules import AlertKind, Cost, Obstacle, Unmeasured, Unwatched, UsualAmount

FORMAT = 1


def write_state(state: AlertsState) -> str:
    """The state as one line of JSON."""
    return json.dumps({"format": FORMAT, "rules": [asdict(rule) for rule in state.rules]}, allow_nan=False)


def read_state(text: str) -> AlertsState:
    """The state that `write_state` wrote. Raises ValueError for anything else."""
    try:
        stored = json.loads(text)
        if stored["format"] != FORMAT:
            raise ValueError(f"alerts in format {stored['format']}, not {FORMAT}")
        return AlertsState(
            tuple(
                RuleState(
                    **{
                        **rule,
                        "kind": AlertKind(rule["kind"]),
                        "phase": Phase(rule["phase"]),
                        "cost": Cost(**rule["cost"]),
                        "unmeasured": _unmeasured(rule.get("unmeasured")),
                    }
                )
                for rule in stored["rules"]
            )
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a state of alerts: {error!r}") from error


def write_unmeasured(unmeasured: Unmeasured | None) -> str | None:
    """What is not known, as one line of JSON; None stays None."""
    return None if unmeasured is None else json.dumps(asdict(unmeasured), allow_nan=False)


def read_unmeasured(text: str | None) -> Unmeasured | None:
    """What `write_unmeasured` wrote. Raises ValueError for anything else."""
    try:
        return None if text is None else _unmeasured(json.loads(text))
    except (KeyError, TypeError) as error:
        raise ValueError(f"not what an alert leaves unknown: {error!r}") from error


def write_unwatched(unwatched: Unwatched | None) -> str | None:
    """Why a rule cannot be watched, as one line of JSON; None stays None."""
    return None if unwatched is None else json.dumps(asdict(unwatched), ensure_ascii=False)


def read_unwatched(text: str | None) -> Unwatched | None:
    """What `write_unwatched` wrote. Raises ValueError for anything else."""
    if text is None:
        return None
    try:
        stored = json.loads(text)
        return Unwatched(Obstacle(stored["obstacle"]), stored["points"], stored["detail"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"not why a rule is not watched: {error!r}") from error


def _unmeasured(stored: Mapping[str, Any] | None) -> Unmeasured | None:
    if stored is None:
        return None
    return Unmeasured(**{**stored, "usual": tuple(UsualAmount(**each) for each in stored["usual"])})
