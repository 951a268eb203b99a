"""A campaign: many faults one after the other against a running site, then the verdict on every number.

`python -m tests.faults.campaign --cycles 200 --seed 7`; the exit code is 1 when anything is wrong.
"""

import argparse
import asyncio
import json
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.faults import judge
from tests.faults.disk import can_mount
from tests.faults.fault import Draw, strike
from tests.faults.plant import Plant, running_plant, wait_until
from tests.faults.programs import FAKETIME
from tests.faults.records import confirmed_and_last_seq, gaps_in_sequence, read_records

_DRAIN_S = 240.0
_NEVER_S = 86_400.0


@dataclass(frozen=True)
class Result:
    """What a campaign did and what is wrong; it holds when every count below `points` is zero or empty."""

    seed: int
    cycles: int
    faults: dict[str, int]
    left_out: list[str]
    frames: int
    half_hours: int
    points: int
    lost: int
    doubled: int
    differing: int
    foreign: int
    examples: list[str]
    sequence_gaps: int
    wrong_sums: list[str]
    problems: list[str]
    drained_s: float
    seconds: float

    @property
    def holds(self) -> bool:
        counts = (self.lost, self.doubled, self.differing, self.foreign, self.sequence_gaps)
        return self.frames > 0 and not any(counts) and not self.wrong_sums and not self.problems


async def run_campaign(folder: Path, seed: int, cycles: int, tell: Callable[[str], None]) -> Result:
    """Break the plant in an empty folder for so many cycles, heal it, and judge."""
    started_s = time.monotonic()
    faults: Counter[str] = Counter()
    async with running_plant(folder, seed) as plant:
        await wait_until(lambda: _has_begun(plant), 30)
        draw = Draw(seed, plant)
        for cycle in range(cycles):
            drawn = draw.next()
            faults.update(f"{fault.kind} {fault.target}" for fault in drawn)
            tell(f"cycle {cycle + 1} of {cycles}: {', '.join(map(str, drawn))}")
            await asyncio.gather(*(strike(plant, fault) for fault in drawn))
            await asyncio.sleep(draw.pause_s())
            _start_what_ended(plant, tell)
        healed_s = time.monotonic()
        await _drain(plant)
        drained_s = time.monotonic() - healed_s
        return _verdict(plant, seed, cycles, faults, drained_s, started_s)


def _has_begun(plant: Plant) -> bool:
    """Whether the agent has said that it started; then the journal is there and has its tables."""
    return '"started"' in plant.processes["agent"].log.read_text(encoding="utf-8")


def _start_what_ended(plant: Plant, tell: Callable[[str], None]) -> None:
    """Do as a service manager does; that it was needed is a problem."""
    for process in plant.processes.values():
        if process.has_ended():
            tell(process.problems[-1])
            process.start()


async def _drain(plant: Plant) -> None:
    """Wait until all is stored. The agent ends in order first, and then polls once more and no further."""
    if plant.clock_file is not None:
        plant.step_clock(0)
    reached = _last_seq(plant)
    await wait_until(lambda: _last_seq(plant) > reached, 30)
    await plant.processes["agent"].stop()
    plant.write_site(poll_s=_NEVER_S)
    polled = _last_seq(plant)
    plant.processes["agent"].start()
    await wait_until(lambda: _last_seq(plant) > polled and _is_drained(plant), _DRAIN_S)
    for name in ("agent", "bridge", "broker"):
        await plant.processes[name].stop()
    for path in plant.journal.parent.glob("journal.sqlite3*"):
        shutil.copy(path, plant.folder)  # the small disk goes with the plant


def _last_seq(plant: Plant) -> int:
    return confirmed_and_last_seq(plant.journal)[1]


def _is_drained(plant: Plant) -> bool:
    confirmed, last = confirmed_and_last_seq(plant.journal)
    return confirmed >= last


def _verdict(plant: Plant, seed: int, cycles: int, faults: Counter[str], drained_s: float, started_s: float) -> Result:
    records = read_records(plant.journal)
    stored = judge.compare_stored(records, plant.database.url)
    problems = [problem for process in plant.processes.values() for problem in process.problems]
    problems += judge.complaints_of_verify(plant.folder)
    problems += judge.complaints_of_logs([process.log for process in plant.processes.values()])
    problems += [f"refused lines in {path}" for path in plant.folder.glob("bridge/refused/*")]
    confirmed, last = confirmed_and_last_seq(plant.journal)
    if confirmed < last:
        problems.append(f"not drained within {_DRAIN_S:g} s: confirmed {confirmed} of {last}")
    return Result(
        seed=seed,
        cycles=cycles,
        faults=dict(sorted(faults.items())),
        left_out=left_out(),
        frames=len(records.frames),
        half_hours=len(records.intervals),
        **asdict(stored),
        sequence_gaps=gaps_in_sequence(plant.journal),
        wrong_sums=judge.wrong_sums(records, plant.journal, plant.mill),
        problems=problems,
        drained_s=round(drained_s, 1),
        seconds=round(time.monotonic() - started_s, 1),
    )


def left_out() -> list[str]:
    """The faults that this machine cannot do, with the reason."""
    reasons = [] if can_mount() else ["full disk: mounting a small disk needs root and the right to mount"]
    return reasons + ([] if FAKETIME else ["clock steps: apt-get install libfaketime"])


async def _run_until_told(folder: Path, seed: int, cycles: int) -> Result:
    """A campaign that clears up after SIGTERM too, as it does after Ctrl-C."""
    campaign = asyncio.create_task(run_campaign(folder, seed, cycles, _tell))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, campaign.cancel)
    return await campaign


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None, help="default: a new one, printed")
    parser.add_argument("--keep", type=Path, help="an empty folder that keeps logs and journal (default: not kept)")
    options = parser.parse_args()
    seed = random.randrange(10**6) if options.seed is None else options.seed
    _tell(f"seed {seed}")
    with tempfile.TemporaryDirectory(prefix="atsuen-faults-") as folder:
        result = asyncio.run(_run_until_told(options.keep or Path(folder), seed, options.cycles))
    print(json.dumps({**asdict(result), "holds": result.holds}, ensure_ascii=False))
    return 0 if result.holds else 1


if __name__ == "__main__":
    sys.exit(main())
