"""View 7, Devices: every device and point with its newest value, age and quality; the backlog; the disk."""

import shutil
import struct
from dataclasses import dataclass
from pathlib import Path

from agent.dashboard.journal_view import JournalView
from agent.dashboard.printing import local, number
from agent.dashboard.setup import Setup
from agent.dashboard.status_file import AgentStatus, DeviceStatus, read_status
from agent.dashboard.texts import DashboardTexts
from agent.reports.table import UNDEFINED
from agent.storage.copies import damaged_copies
from collectors.frame import UNKNOWN_TIME_MS, Frame, Layout, Quality, is_good

_HOUR_MS = 3_600_000
_LATE_POLLS = 3
_STATUS_OLD_MS = 30_000
_QUALITIES = {code.value: f"quality_{code.name.removeprefix('BAD_').lower()}" for code in Quality}
"""The keys of their words; those without a reason have none of their own."""


@dataclass(frozen=True, slots=True)
class PointRow:
    """One point as it was read last."""

    point: str
    value: str
    unit: str
    raw: str
    quality: str
    state: str
    delay: str


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One device: how it reads, and its points."""

    device: str
    endpoint: str
    state: str
    age: str
    last_hour: str
    answer: str
    error: str
    points: tuple[PointRow, ...]


@dataclass(frozen=True, slots=True)
class Machine:
    """The agent and its disk, as facts: (name, value, state)."""

    facts: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class DevicesPage:
    """All of the view."""

    machine: Machine
    devices: tuple[DeviceRow, ...]


def read_devices(say: DashboardTexts, setup: Setup, view: JournalView) -> DevicesPage:
    """The view as it stands; called in the thread that reads the journal. Raises StorageError."""
    site, now_ms = setup.site, setup.clock.now_ms()
    journal = site.path(site.file.journal.path)
    status = read_status(journal)
    newest = view.newest(list(site.layouts))
    rows = []
    for endpoint in site.endpoints:
        for device, layout in endpoint.layouts.items():
            told = status.devices.get(device) if status is not None else None
            known = newest.get(device)
            hour = view.qualities(device, now_ms - _HOUR_MS)
            late_ms = max(30_000, int(_LATE_POLLS * endpoint.poll_s * 1000))
            rows.append(
                _device(say, (device, endpoint.id), layout, known, now_ms=now_ms, late_ms=late_ms, hour=hour, told=told)
            )
    return DevicesPage(_machine(say, setup, view, journal, status), tuple(rows))


def _device(
    say: DashboardTexts,
    names: tuple[str, str],
    layout: Layout,
    known: tuple[Layout, Frame] | None,
    *,
    now_ms: int,
    late_ms: int,
    hour: list[bytes],
    told: DeviceStatus | None,
) -> DeviceRow:
    polls = say("device_polls", polls=len(hour), bad=sum(_all_bad(codes) for codes in hour))
    answer = number(told.answer_ms, 0) + " ms" if told is not None and told.answer_ms is not None else UNDEFINED
    error = told.error if told is not None else ""
    if known is None:
        missing = tuple(
            PointRow(p.id, UNDEFINED, p.unit, UNDEFINED, say("device_never"), "bad", "") for p in layout.points
        )
        return DeviceRow(*names, "bad", say("device_never"), polls, answer, error, missing)
    read_under, frame = known
    age_ms = now_ms - frame.time_ms
    state = "bad" if _all_bad(frame.quality) else "late" if age_ms > late_ms else "good"
    return DeviceRow(*names, state, say.age(age_ms), polls, answer, error, _points(say, read_under, frame))


def _points(say: DashboardTexts, layout: Layout, frame: Frame) -> tuple[PointRow, ...]:
    values, codes, times = frame.read_values(), frame.read_quality(), frame.read_source_times_ms()
    rows = []
    for index, point in enumerate(layout.points):
        good = is_good(codes[index])
        value, raw = (float(point.scale) * values[index], values[index]) if good else (None, None)
        decimals = max(0, -int(point.scale.normalize().as_tuple().exponent))
        delay_ms = frame.time_ms - times[index] if times and times[index] != UNKNOWN_TIME_MS else None
        delay = "" if delay_ms is None else f"{number(delay_ms / 1000, 1)} s"
        state = "good" if good else "uncertain" if codes[index] >> 30 == 1 else "bad"
        row = (
            point.id,
            number(value, min(3, decimals)),
            point.unit,
            number(raw, 0),
            _quality(say, codes[index]),
            state,
        )
        rows.append(PointRow(*row, delay))
    return tuple(rows)


def _quality(say: DashboardTexts, code: int) -> str:
    """A status code in words: its name where it has one of ours, else its number."""
    if is_good(code):
        return say("good")
    kind = say("uncertain") if code >> 30 == 1 else say("bad")
    if code in {Quality.BAD, Quality.UNCERTAIN}:
        return kind
    return f"{kind}: {say(_QUALITIES[code]) if code in _QUALITIES else f'0x{code:08X}'}"


def _all_bad(codes: bytes) -> bool:
    """Whether nothing of a frame was read well."""
    return all(not is_good(code) for (code,) in struct.iter_unpack("<I", codes))


def _machine(
    say: DashboardTexts, setup: Setup, view: JournalView, journal: Path, status: AgentStatus | None
) -> Machine:
    zone, now_ms, table = setup.site.file.site.zone, setup.clock.now_ms(), setup.site.file.journal
    highest, cursors, oldest_ms = view.progress()
    waiting = highest - cursors.get("mqtt", 0)
    free_mb = shutil.disk_usage(journal.parent).free / 1e6
    size_mb = (
        sum(path.stat().st_size for path in (journal, journal.with_name(f"{journal.name}-wal")) if path.exists()) / 1e6
    )
    since = UNDEFINED if oldest_ms is None else local(oldest_ms // 1000, zone)
    facts = [
        (say("agent_state"), *_agent(say, setup, status, now_ms)),
        (
            say("backlog_rows"),
            number(waiting, 0),
            "late" if waiting > 10 * setup.site.file.mqtt.backlog_after_rows else "",
        ),
        (
            say("journal_size"),
            f"{number(size_mb, 0)} / {number(table.max_mb, 0)} MB",
            "late" if size_mb > table.max_mb else "",
        ),
        *_copies(say, journal),
        (say("disk_free"), f"{number(free_mb, 0)} MB", "bad" if free_mb < table.free_mb else ""),
        (say("frames_since"), since, ""),
    ]
    if status is not None:
        facts += [
            (say("agent_state"), problem, "bad") for problem in (status.broker_error, status.disk_error) if problem
        ]
    return Machine(tuple(facts))


def _copies(say: DashboardTexts, journal: Path) -> list[tuple[str, str, str]]:
    """The damaged journals that lie beside the journal, which take disk and are evidence; nothing where none is."""
    copies = damaged_copies(journal)
    if not copies:
        return []
    size_mb = number(sum(copy.total_bytes for copy in copies) / 1e6, 0)
    return [(say("journal_copies"), say("journal_copies_kept", count=len(copies), size_mb=size_mb), "late")]


def _agent(say: DashboardTexts, setup: Setup, status: AgentStatus | None, now_ms: int) -> tuple[str, str]:
    if status is None:
        return say("agent_unknown"), ""
    if abs(now_ms - status.time_ms) > _STATUS_OLD_MS:
        return say("agent_silent", time=local(status.time_ms // 1000, setup.site.file.site.zone)), "bad"
    return say("agent_running"), "good"
