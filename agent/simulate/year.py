"""Runs a fiscal year of the simulated mill: plants its faults and reads it into a journal. Judges nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent.accounting.calendar import month_starts_utc_s
from agent.accounting.counters import Replacement
from agent.settings.site import Site
from agent.simulate.faults import Faults, plant_glitches, plant_outages
from agent.simulate.span import CADENCE_MS, Span, write_span
from collectors.simulated.mill import Mill

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
    readings = write_span(site, path, Span(mill, start_ms, end_ms, faults), progress)
    return SimulatedYear(mill, fiscal_year, start_ms, end_ms, faults, readings)
