"""What goes wrong in a simulated year, planted by seed: outages, wrong readings, a replaced meter. Pure."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from agent.accounting.counters import Replacement

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Outage:
    """Devices that are not read after `from_ms` and before `to_ms`; both are moments of the last and next reading."""

    devices: tuple[str, ...]
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Glitch:
    """A counter that reads zero once."""

    device: str
    point: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Faults:
    """Everything that is planted in a year."""

    outages: tuple[Outage, ...] = ()
    glitches: tuple[Glitch, ...] = ()
    replacements: tuple[Replacement, ...] = ()

    def hides(self, device: str) -> list[tuple[int, int]]:
        """The open stretches of time in which a device is not read."""
        return [(outage.from_ms, outage.to_ms) for outage in self.outages if device in outage.devices]


def plant_outages(seed: int, devices: Sequence[str], start_ms: int, end_ms: int, cadence_ms: int) -> tuple[Outage, ...]:
    """One outage of three days for all devices, and one of each device between half an hour and a day long.

    No two outages of a device touch each other or the ends of the year.
    """
    dice = random.Random(seed)  # noqa: S311 - a simulation that must be repeatable
    weeks = list(range(1, (end_ms - start_ms) // (7 * DAY_MS) - 1))
    dice.shuffle(weeks)
    common = start_ms + weeks.pop() * 7 * DAY_MS + dice.randrange(24) * HOUR_MS + cadence_ms
    outages = [Outage(tuple(devices), common, common + 3 * DAY_MS)]
    for device in devices:
        begin = start_ms + weeks.pop() * 7 * DAY_MS + dice.randrange(0, 5 * DAY_MS, cadence_ms)
        length = dice.randrange(30 * 60_000, DAY_MS, cadence_ms) // cadence_ms * cadence_ms
        outages.append(Outage((device,), begin, begin + length))
    return tuple(outages)


def plant_glitches(
    seed: int, counters: Sequence[tuple[str, str]], outages: Sequence[Outage], start_ms: int, cadence_ms: int
) -> tuple[Glitch, ...]:
    """One zero for every second counter, a day or more away from the device's outages."""
    dice = random.Random(seed + 1)  # noqa: S311 - a simulation that must be repeatable
    planted = []
    for device, point in counters[::2]:
        hidden = [(o.from_ms - DAY_MS, o.to_ms + DAY_MS) for o in outages if device in o.devices]
        while True:
            at_ms = start_ms + dice.randrange(10 * DAY_MS, 350 * DAY_MS, cadence_ms)
            if not any(begin <= at_ms <= end for begin, end in hidden):
                break
        planted.append(Glitch(device, point, at_ms))
    return tuple(planted)
