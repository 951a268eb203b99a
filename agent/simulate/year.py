"""Runs a fiscal year of the simulated mill: readings with planted faults, accounts, journal. Judges nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.accounting.calendar import month_starts_utc_s
from agent.accounting.counters import Replacement
from agent.accounting.device_account import DeviceAccount
from agent.accounting.interval import Event, Interval
from agent.settings.site import Site
from agent.simulate.faults import Faults, plant_glitches, plant_outages
from agent.storage.journal import Batch, Journal
from collectors.frame import Kind, Layout, Point, Quality
from collectors.simulated.mill import Mill

CADENCE_MS = 600_000
GAP_MS = 900_000
_ROWS_AT_ONCE = 20_000
_REPLACED = ("solar", "energy")
_NEW_START_RAW = 17.0


@dataclass(frozen=True, slots=True)
class SimulatedYear:
    """A year that was run: the mill with the truth, what was planted, and how many readings were made."""

    mill: Mill
    fiscal_year: int
    start_ms: int
    end_ms: int
    faults: Faults
    readings: int


def plant(mill: Mill, devices: list[str], seed: int, start_ms: int, end_ms: int) -> Faults:
    """The faults of a year: outages, zeros, and one meter replaced in its 23rd week and declared."""
    outages = plant_outages(seed, devices, start_ms, end_ms, CADENCE_MS)
    glitches = plant_glitches(seed, mill.counters(), outages, start_ms, CADENCE_MS)
    at_ms = start_ms + 160 * 86_400_000 + CADENCE_MS // 2
    old_end = float(mill.register(*_REPLACED, at_ms))
    swap = Replacement(*_REPLACED, at_ms, old_end, _NEW_START_RAW, "simulated work order")
    return Faults(outages, glitches, (swap,))


def run_year(
    site: Site, path: Path, fiscal_year: int, seed: int, *, with_faults: bool, progress: Callable[[float], None]
) -> SimulatedYear:
    """Run the year into a new journal. `progress` is told the share that is done."""
    starts = month_starts_utc_s(fiscal_year, site.file.site.zone)
    start_ms, end_ms = starts[0] * 1000, starts[-1] * 1000
    mill = Mill(seed, start_ms)
    faults = plant(mill, list(site.layouts), seed, start_ms, end_ms) if with_faults else Faults()
    writer = _Writer(Journal(path, site.file.site.zone), list(site.layouts.values()))
    readings = 0
    for index, layout in enumerate(site.layouts.values()):
        account = DeviceAccount(layout, GAP_MS, faults.replacements)
        for time_ms, values in _readings(mill, layout, faults, start_ms, end_ms):
            readings += 1
            outcome = account.take(time_ms, values, [Quality.GOOD] * len(values), readings)
            writer.add(outcome.intervals, outcome.events)
        progress((index + 1) / len(site.layouts))
    writer.close()
    return SimulatedYear(mill, fiscal_year, start_ms, end_ms, faults, readings)


def _readings(
    mill: Mill, layout: Layout, faults: Faults, start_ms: int, end_ms: int
) -> Iterator[tuple[int, list[float]]]:
    """What a poll of the device every ten minutes reads, in raw counts, from the year's first moment to its last."""
    hidden = faults.hides(layout.device)
    readers = [_reader(mill, layout.device, point, faults) for point in layout.points]
    for time_ms in range(start_ms, end_ms + 1, CADENCE_MS):
        if not any(begin < time_ms < end for begin, end in hidden):
            yield time_ms, [read(time_ms) for read in readers]


def _reader(mill: Mill, device: str, point: Point, faults: Faults) -> Callable[[int], float]:
    """How one point is read: a counter's register with what was planted in it, a gauge in raw counts."""
    name, scale = point.id, float(point.scale)
    if point.kind is Kind.STATE:
        return lambda _: 0.0
    if point.kind is Kind.GAUGE:
        return lambda time_ms: mill.gauge(device, name, time_ms) / scale
    zeros = {glitch.at_ms for glitch in faults.glitches if (glitch.device, glitch.point) == (device, name)}
    swap = next((r for r in faults.replacements if (r.device, r.point) == (device, name)), None)

    def read(time_ms: int) -> float:
        if time_ms in zeros:
            return 0.0
        if swap is not None and time_ms >= swap.at_ms:
            return swap.new_start_raw + mill.truth_counts(device, name, swap.at_ms, time_ms)
        return float(mill.register(device, name, time_ms))

    return read


class _Writer:
    """Puts half hours and events into a journal, many at a time."""

    def __init__(self, journal: Journal, layouts: list[Layout]) -> None:
        self._journal = journal
        self._batch = Batch(layouts=layouts)
        self._seq = 0

    def add(self, intervals: list[Interval], events: list[Event]) -> None:
        """Take what one reading gave."""
        for interval in intervals:
            self._seq += 1
            self._batch.intervals.append((self._seq, interval))
        self._batch.events.extend(events)
        if len(self._batch.intervals) >= _ROWS_AT_ONCE:
            self._commit()

    def close(self) -> None:
        """Write the rest."""
        self._commit()
        self._journal.close()

    def _commit(self) -> None:
        self._journal.commit(self._batch)
        self._batch = Batch()
