"""The agent's status in a small file beside its journal: what only its memory has, for another process's pages."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """How reading a device goes. `error` is empty while it answers; `answer_ms` is how long its last answer took."""

    endpoint: str
    frames: int
    failures: int
    error: str
    answer_ms: float | None = None


@dataclass(frozen=True, slots=True)
class AgentStatus:
    """The agent at a moment (UTC, ms). Errors are empty while all is well."""

    time_ms: int
    durable_seq: int
    confirmed_seq: int
    backlog_rows: int
    broker_error: str
    disk_error: str
    missed_polls: Mapping[str, int] = field(default_factory=dict)
    devices: Mapping[str, DeviceStatus] = field(default_factory=dict)


_ADAPTER = TypeAdapter(AgentStatus)


def status_path(journal: Path) -> Path:
    """Where the status of a journal's agent lies."""
    return journal.with_name(f"{journal.name}.status.json")


def write_status(journal: Path, status: AgentStatus) -> None:
    """Put the status there as a whole. A disk that refuses loses nothing: the next one is a few seconds away."""
    path = status_path(journal)
    fresh = path.with_name(f"{path.name}.new")
    with suppress(OSError):
        fresh.write_text(json.dumps(asdict(status), ensure_ascii=False), encoding="utf-8")
        fresh.replace(path)


def read_status(journal: Path) -> AgentStatus | None:
    """The status that was written last; None where there is none that can be read."""
    try:
        return _ADAPTER.validate_json(status_path(journal).read_bytes())
    except (OSError, ValidationError):
        return None
