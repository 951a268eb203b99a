"""What can go wrong: faults are drawn from a seed, strike a plant, and are healed before they return."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.faults.disk import fill_disk, free_disk
from tests.faults.plant import Plant, wait_until
from tests.faults.process import Process

KILLED = ("agent", "broker", "bridge")
ENDED = ("agent", "broker", "bridge", "database")
_LONGEST_LEAD_S = 20 * 3600.0
"""VictoriaMetrics takes nothing that is more than two days ahead, so the agent's clock may not run far ahead."""

_NOT_BELIEVED_S = (40 * 86_400.0, 4000 * 86_400.0, -26 * 365 * 86_400.0)
"""Leaps that no outage explains, and a machine that starts without a battery: in the year 2000."""


@dataclass(frozen=True)
class Fault:
    """One fault: what is done to what, for how long; `amount` is bytes a second, or seconds of a clock step."""

    kind: str
    target: str
    for_s: float
    amount: float = 0.0

    def __str__(self) -> str:
        return f"{self.kind} {self.target} {self.for_s:.2f} s" + (f" {self.amount:.0f}" if self.amount else "")


@dataclass
class Draw:
    """Draws what happens in each cycle. The same seed gives the same faults where the machine can do the same."""

    seed: int
    plant: Plant
    _lead_s: float = 0.0
    _dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._choices: list[tuple[str, Sequence[str]]] = [
            *[("kill", KILLED)] * 4,
            ("end", ENDED),
            ("pause", ENDED),
            *[(kind, tuple(self.plant.links)) for kind in ("cut", "refuse", "slow", "freeze", "freeze_and_cut")],
        ]
        if self.plant.has_own_disk:
            self._choices += [("fill", ("disk",)), ("kill_on_full_disk", ("agent",)), ("end_on_full_disk", ("agent",))]
        if self.plant.clock_file is not None:
            self._choices.append(("step", ("clock",)))

    def next(self) -> list[Fault]:
        """One fault, in every third cycle two at once on different things."""
        first, second = self._one(), self._one()
        targets = {first.target, second.target}
        is_alone = self._dice.random() > 1 / 3 or len(targets) == 1
        return [first] if is_alone else [first, second]

    def pause_s(self) -> float:
        """How long all is well until the next cycle."""
        return self._dice.uniform(0.4, 0.9)

    def _one(self) -> Fault:
        kind, targets = self._dice.choice(self._choices)
        target = self._dice.choice(targets)
        return Fault(kind, target, self._dice.uniform(0.05, 1.0), self._amount(kind))

    def _amount(self, kind: str) -> float:
        if kind == "slow":
            return self._dice.choice((50.0, 500.0, 5000.0))
        if kind != "step":
            return 0.0
        if self._dice.random() < 0.3:
            return self._dice.choice(_NOT_BELIEVED_S)
        if self._dice.random() < 0.4:
            return self._lead_s - self._dice.uniform(2.0, 4000.0)
        self._lead_s = min(_LONGEST_LEAD_S, self._lead_s + self._dice.uniform(2.0, 2400.0))
        return self._lead_s


async def strike(plant: Plant, fault: Fault) -> None:
    """Let a fault happen, and heal it after its time. A stepped clock stays as it is."""
    if fault.target in plant.processes:
        await _strike_process(plant, fault)
    elif fault.target in plant.links:
        await _strike_link(plant, fault)
    elif fault.kind == "fill":
        await asyncio.to_thread(fill_disk, plant.disk)
        await asyncio.sleep(fault.for_s)
        free_disk(plant.disk)
    else:
        plant.step_clock(fault.amount)
        await asyncio.sleep(fault.for_s)


async def _strike_process(plant: Plant, fault: Fault) -> None:
    process = plant.processes[fault.target]
    if fault.kind == "pause":
        process.pause()
        await asyncio.sleep(fault.for_s)
        process.resume()
        return
    if fault.kind.endswith("_on_full_disk"):
        await _end_and_start_on_full_disk(plant, fault)
        return
    await (process.kill() if fault.kind == "kill" else process.stop())
    await asyncio.sleep(fault.for_s / 2)
    process.start()


async def _end_and_start_on_full_disk(plant: Plant, fault: Fault) -> None:
    """Fill the disk, end the agent there and let it start there; there is room again some time after it has."""
    process = plant.processes[fault.target]
    await asyncio.to_thread(fill_disk, plant.disk)
    await asyncio.sleep(fault.for_s)
    await (process.kill() if fault.kind.startswith("kill") else process.stop())
    await asyncio.to_thread(fill_disk, plant.disk)
    started = _starts(process)
    process.start()
    await wait_until(lambda: _starts(process) > started, 15)
    await asyncio.sleep(fault.for_s)
    free_disk(plant.disk)


def _starts(process: Process) -> int:
    """How often a service has said that it started."""
    return process.log.read_bytes().count(b'"started"')


async def _strike_link(plant: Plant, fault: Fault) -> None:
    link = plant.links[fault.target]
    if fault.kind == "cut":
        link.cut()
    elif fault.kind == "refuse":
        link.refuse()
    elif fault.kind == "slow":
        link.slow_down(fault.amount)
    else:
        link.freeze()
    await asyncio.sleep(fault.for_s)
    if fault.kind == "freeze_and_cut":
        link.cut()
    await link.mend()
