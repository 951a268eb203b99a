"""The state of the alerts as text, and back: what is kept over a restart."""

import json
from dataclasses import asdict

from agent.alerts.machine import AlertsState, Phase, RuleState
from agent.alerts.rules import AlertKind, Cost

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
                    }
                )
                for rule in stored["rules"]
            )
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a state of alerts: {error!r}") from error
