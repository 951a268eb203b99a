"""Judges a plant after its faults: the journal beside the database and beside the simulated mill's truth."""

import json
import math
import subprocess
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from collectors.frame import Kind, is_good
from collectors.simulated.mill import Mill
from tests.agent.conftest import ATSUEN
from tests.faults.records import Records, running_intervals

_LAST_UTC_S = 2**32
_TWELVE_DIGITS = 1e-12
"""VictoriaMetrics keeps a fraction as a decimal number of some 13 digits."""

_EXAMPLES = 5

Key = tuple[str, str, str, int]
"""Metric, device, point (of a half hour) and time in ms: what a stored number is known by."""


@dataclass(frozen=True)
class Stored:
    """What the database should hold and does hold, compared number by number. All but `points` should be zero."""

    points: int
    lost: int
    doubled: int
    differing: int
    foreign: int
    examples: list[str]


def compare_stored(records: Records, url: str) -> Stored:
    """Every number of the journal against the database, by identity; `foreign` is there but not in the journal."""
    due = dict(_due(records))
    stored = list(_export(url))
    found = Counter(key for key, _ in stored)
    lost, foreign = due.keys() - found.keys(), found.keys() - due.keys()
    differing = {key for key, value in stored if key in due and not due[key].is_kept_as(value)}
    wrong = {"lost": lost, "foreign": foreign, "differing": differing}
    return Stored(
        points=len(due),
        lost=len(lost),
        doubled=sum(count - 1 for count in found.values()),
        differing=len(differing),
        foreign=len(foreign),
        examples=[f"{what} {key}" for what, keys in wrong.items() for key in sorted(keys, key=_time)[:_EXAMPLES]],
    )


def _time(key: Key) -> int:
    return key[-1]


@dataclass(frozen=True)
class _Due:
    """A number that the database should hold: raw counts and what one of them is worth."""

    raw: float
    scale: Decimal = Decimal(1)

    def is_kept_as(self, value: float) -> bool:
        """Whether the database's number is this one: to the count, or for a fraction to twelve digits."""
        if self.raw.is_integer():
            return round(Decimal(repr(value)) / self.scale) == int(self.raw)
        return math.isclose(value, float(Decimal(self.raw) * self.scale), rel_tol=_TWELVE_DIGITS)


def _due(records: Records) -> Iterator[tuple[Key, _Due]]:
    for frame in records.frames.values():
        layout = records.layouts[frame.layout]
        for point, raw, code in zip(layout.points, frame.read_values(), frame.read_quality(), strict=True):
            if code >> 31 == 0:
                yield (f"reading_{point.id}", frame.device, "", frame.time_ms), _Due(raw, point.scale)
            if code:
                yield (f"reading_{point.id}_quality", frame.device, "", frame.time_ms), _Due(float(code))
    for interval in records.intervals:
        numbers = {
            "opening_raw": interval.opening_raw,
            "closing_raw": interval.closing_raw,
            "advance_raw": interval.advance_raw,
            "spanned_s": interval.spanned_ms / 1000,
            "observed_s": interval.observed_ms / 1000,
        }
        for name, number in numbers.items():
            yield (f"interval_{name}", interval.device, interval.point, interval.start_utc_s * 1000), _Due(number)


def _export(url: str) -> Iterator[tuple[Key, float]]:
    """What VictoriaMetrics holds, also ahead of now. It shows a number that was written again only once."""
    query = {
        "match[]": '{__name__=~"(reading|interval)_.*",__name__!="interval_method"}',
        "start": "0",
        "end": str(_LAST_UTC_S),  # else nothing that is stamped ahead of now
    }
    for path in ("/internal/force_flush", f"/api/v1/export?{urllib.parse.urlencode(query)}"):
        with urllib.request.urlopen(url + path, timeout=60) as answer:
            body = answer.read()
    for line in body.splitlines():
        row = json.loads(line)
        labels = row["metric"]
        for time_ms, value in zip(row["timestamps"], row["values"], strict=True):
            yield (labels["__name__"], labels["device"], labels.get("point", ""), time_ms), float(value)


def wrong_sums(records: Records, journal: Path, mill: Mill) -> list[str]:
    """Counters whose closed half hours and running one do not add up to the truth between first and last reading."""
    booked: Counter[tuple[str, str]] = Counter()
    for interval in (*records.intervals, *running_intervals(records, journal)):
        booked[interval.device, interval.point] += int(interval.advance_raw)  # counts are whole
    wrong = []
    for layout in records.layouts.values():
        for position, point in enumerate(layout.points):
            if point.kind is not Kind.COUNTER:
                continue
            times = _source_times_ms(records, layout.device, position)
            truth = mill.truth_counts(layout.device, point.id, times[0], times[-1])
            counted = booked[layout.device, point.id]
            if counted != truth:
                wrong.append(f"{layout.device}.{point.id}: booked {counted}, truth {truth}")
    return wrong


def _source_times_ms(records: Records, device: str, position: int) -> list[int]:
    """When the meter itself says that it gave each good reading of a point, in the order of reading."""
    frames = (records.frames[seq] for seq in sorted(records.frames) if records.frames[seq].device == device)
    return [frame.read_source_times_ms()[position] for frame in frames if is_good(frame.read_quality()[position])]


def complaints_of_verify(site: Path) -> list[str]:
    """What `atsuen ledger verify` finds wrong."""
    command = [str(ATSUEN), "ledger", "verify", "-c", str(site)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [f"ledger verify: {done.stdout}{done.stderr}".strip()]


def complaints_of_logs(logs: list[Path]) -> list[str]:
    """Logs with a traceback in them, and lines that were refused."""
    found = []
    for log in logs:
        text = log.read_text(encoding="utf-8", errors="replace")
        if "Traceback" in text or "exception was never retrieved" in text:
            found.append(f"{log.name} holds a traceback:\n{text[max(0, text.find('Traceback') - 300) :][:3000]}")
    return found
