"""Whether two receivers on one database lose or double a file of 10,000 sites, and how long all takes.

    python bench/association/two_receivers.py [--sites N] [--companies N] [--receivers N] [--undisturbed]
                                              [--url URL | --sqlite]

Each receiver is a process and gets every file, in an order of its own. Halfway the first is killed and started again;
at three quarters the database is cut off as by a power cut and started again (its own PostgreSQL alone). Then the
commands tell the year's status and print its form. Prints one line of JSON; exit status 1 when something was lost.
"""

import argparse
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import TypeVar

from agent.association.inbox.database import StoreAway
from agent.association.inbox.office import Office
from agent.association.inbox.parcel import Channel, Outcome, Parcel
from agent.association.inbox.service import load_service
from bench.association.many_sites import FISCAL_YEAR, Sent, order_of, write_association
from tests.postgresql import OwnPostgresql, find_postgresql

LIMIT_S, LIMIT_MB = 30.0, 500
ATSUEN = Path(sys.executable).parent / "atsuen"
_PAUSE_S = 0.2
_SPAWN = multiprocessing.get_context("spawn")
_Done = TypeVar("_Done")


def receive(folder: Path, number: int, sent: list[Sent]) -> None:
    """A receiver: takes the files that are not in its notes yet, and notes each once it is told what became of it."""
    service, notes = load_service(folder), notes_of(folder, number)
    order = order_of(sent, number)[len(noted(notes)) :]
    with _in_the_end(lambda: Office(service, lambda: 0)) as office, notes.open("a", encoding="ascii") as out:
        began_s = time.monotonic()
        for name in order:
            data = (folder / "files" / name).read_bytes()
            parcel = Parcel(data, len(data), Channel.COMMAND, name)
            receipt = _in_the_end(partial(office.receiver.take, parcel))
            out.write(f"{name} {receipt.outcome.value}\n")
            out.flush()
        told = {"began_s": began_s, "ended_s": time.monotonic()}
    usage = resource.getrusage(resource.RUSAGE_SELF)
    told |= {"peak_mb": usage.ru_maxrss / 1024, "core_s": usage.ru_utime + usage.ru_stime}
    notes.with_suffix(".json").write_text(json.dumps(told), encoding="ascii")


def _in_the_end(act: Callable[[], _Done]) -> _Done:
    """What came of it once the database was there."""
    while True:
        try:
            return act()
        except StoreAway:
            time.sleep(_PAUSE_S)


def notes_of(folder: Path, number: int) -> Path:
    """Where a receiver notes what became of each file."""
    return folder / f"notes-{number}.txt"


def noted(notes: Path) -> list[str]:
    """The lines of a receiver's notes."""
    return notes.read_text(encoding="ascii").splitlines() if notes.exists() else []


def receive_all(folder: Path, sent: list[Sent], receivers: int, disturbances: Sequence[Callable[[], None]]) -> None:
    """Run the receivers. Halfway the first is killed and started again; then come the other disturbances."""

    def start(number: int) -> SpawnProcess:
        process = _SPAWN.Process(target=receive, args=(folder, number, sent), daemon=True)
        process.start()
        return process

    total = len(order_of(sent, 0))
    running = [start(number) for number in range(receivers)]
    for share, disturb in zip((0.5, 0.75), disturbances, strict=False):
        while len(noted(notes_of(folder, 0))) < share * total:
            time.sleep(_PAUSE_S)
            _look_after(running)
        if share == 0.5:
            running[0].kill()
            running[0].join()
            running[0] = start(0)
        disturb()
    for process in running:
        process.join()
    _look_after(running)


def _look_after(running: Sequence[SpawnProcess]) -> None:
    for process in running:
        if process.exitcode:
            raise SystemExit(f"a receiver ended with {process.exitcode}")


def problems_of(folder: Path, sent: list[Sent], receivers: int, most_twice: int) -> list[str]:
    """What was lost, doubled or held wrongly. So many files may have been taken once more without being noted."""
    lines = [line.split() for number in range(receivers) for line in noted(notes_of(folder, number))]
    problems = []
    with Office(load_service(folder), lambda: 0) as office:
        entries, held = office.store.entries(FISCAL_YEAR), office.held.open()
    good = {each.digest: each for each in sent if each.digest is not None}
    newest = {(each.company, each.site): each for each in good.values()}  # the second revision comes after the first
    seen = {entry.identity.digest: entry for entry in entries}
    if len(entries) != len(good) or seen.keys() != good.keys():
        problems.append(f"{len(entries)} documents, of them {len(seen.keys() & good.keys())} of {len(good)}")
    in_force = {entry.identity.digest for entry in entries if entry.is_in_force}
    if in_force != {each.digest for each in newest.values()}:
        problems.append(f"{len(in_force)} documents in force, not those of the newest revisions")
    wanted_held = sorted(each.file for each in sent if each.digest is None)
    if sorted(each.origin for each in held) != wanted_held:
        problems.append(f"{len(held)} files are held, not {len(wanted_held)}")
    times = sum(entry.times_seen for entry in entries) + sum(each.times_seen for each in held)
    if not len(lines) <= times <= len(lines) + most_twice:
        problems.append(f"{len(lines)} files were taken, {times} were counted")
    accepted = [name for name, outcome in lines if outcome == Outcome.ACCEPTED.value]
    if len(set(accepted)) != len(accepted) or not len(good) - most_twice <= len(accepted) <= len(good):
        problems.append(f"{len(accepted)} files were told to be accepted, {len(set(accepted))} different ones")
    if len(lines) != receivers * len(order_of(sent, 0)):
        problems.append(f"{len(lines)} files were answered for")
    return problems


def run_command(folder: Path, *arguments: str) -> dict[str, float]:
    """How long a command takes, seconds of a core, and how much memory."""
    began = time.perf_counter()
    command = [str(ATSUEN), "association", *arguments, "-c", str(folder), "--fiscal-year", str(FISCAL_YEAR)]
    with (folder / "printed").open("wb") as printed:
        process = subprocess.Popen(command, stdout=printed, stderr=printed)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit((folder / "printed").read_text(encoding="utf-8")[-2000:])
    seconds, core_seconds = time.perf_counter() - began, usage.ru_utime + usage.ru_stime
    peak_mb = usage.ru_maxrss / 1024
    return {"seconds": round(seconds, 1), "core_seconds": round(core_seconds, 1), "peak_mb": round(peak_mb)}


def measure(folder: Path, asked: argparse.Namespace, url: str, own: OwnPostgresql | None) -> dict[str, object]:
    """Receive everything, look for what went wrong, and run the commands."""

    def cut_power() -> None:
        if own is not None:
            own.stop("immediate")
            own.start()

    sent = write_association(folder, asked.sites, asked.companies, url)
    disturbances = () if asked.undisturbed else (lambda: None, cut_power)
    receive_all(folder, sent, asked.receivers, disturbances)
    told = [json.loads(notes_of(folder, n).with_suffix(".json").read_text()) for n in range(asked.receivers)]
    seconds = max(each["ended_s"] for each in told) - min(each["began_s"] for each in told)
    problems = problems_of(folder, sent, asked.receivers, 0 if asked.undisturbed else 1 + asked.receivers)
    form = run_command(folder, "form", "--out", str(folder / "form"))
    return {
        "what": f"{asked.receivers} receivers, each with all files of {asked.sites} sites",
        "store": "sqlite" if asked.sqlite else "postgresql",
        "files": len(order_of(sent, 0)),
        "receive_seconds": round(seconds, 1),
        "files_per_second": round(asked.receivers * len(order_of(sent, 0)) / seconds),
        "receiver_core_seconds": round(max(each["core_s"] for each in told), 1),
        "receiver_peak_mb": round(max(each["peak_mb"] for each in told)),
        "form": form,
        "limit_seconds": LIMIT_S,
        "limit_mb": LIMIT_MB,
        "status": run_command(folder, "status"),
        "status_json": run_command(folder, "status", "--json"),
        "problems": problems,
        "holds": not problems and form["seconds"] <= LIMIT_S and form["peak_mb"] <= LIMIT_MB,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=10_000)
    parser.add_argument("--companies", type=int, default=2_000)
    parser.add_argument("--receivers", type=int, default=2)
    parser.add_argument("--undisturbed", action="store_true", help="kill nothing")
    parser.add_argument("--folder", type=Path, help="keep everything in this new folder")
    store = parser.add_mutually_exclusive_group()
    store.add_argument("--url", help="a PostgreSQL database without tables (default: a server of its own)")
    store.add_argument("--sqlite", action="store_true", help="a SQLite file")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = asked.folder or Path(stack.enter_context(tempfile.TemporaryDirectory())) / "association"
        own, url = None, asked.url or ""
        if not asked.url and not asked.sqlite:
            programs = find_postgresql()
            if programs is None:
                raise SystemExit("needs PostgreSQL: apt-get install postgresql, or --url, or --sqlite")
            own = stack.enter_context(OwnPostgresql(programs))
            url = own.new_database()
        result = measure(folder, asked, url, own)
    print(json.dumps(result))
    sys.exit(1 if result["problems"] else 0)


if __name__ == "__main__":
    main()
