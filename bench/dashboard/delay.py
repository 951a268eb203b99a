"""How long it takes from a poll until the pages are told, over the simulated mill in real time.

    python bench/dashboard/delay.py [--seconds 30]

Agent and dashboard are processes of their own, as systemd runs them; no, one and then 20 pages listen to `/api/events`.
The delay of a poll is the time from its stamp to the first event, at each listener, that tells of a reading not older.
Beside it stands how regular the polls were meanwhile. At least 30 s a run. Needs the extra `atsuen[demo]`. Prints one
line of JSON.
"""

import argparse
import asyncio
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles

import httpx

from agent.clock import SystemClock
from agent.demo.broker import serve_broker
from agent.settings.resources import configs_folder
from agent.settings.site import load_site
from agent.storage.ledger import Ledger
from collectors.simulated.mill import Mill
from collectors.simulated.serve import serve_mill

LIMIT_S = 2.0
LISTENERS = (0, 1, 20)
FACTORS = """\
name = "bench"
scheme = "bench"
fiscal_years = [{year}]
revision = 2026-01-01
basis = "inferred"
reason = "for this measurement alone"
source = "bench/dashboard/delay.py"
"""
FACTOR = """
[[factor]]
carrier = "{carrier}"
quantity = "{quantity}"
value = "{value}"
unit = "{unit}"
name_ja = "{carrier}"
name_en = "{carrier}"
{more}
"""
KINDS, STATE = 'kinds = ["grid", "own_solar"]', 'reference_state = "satp"'
VALUES = (
    ("electricity", "heat", "9.76", "GJ/MWh", KINDS),
    ("electricity", "co2", "0.42", "kg-CO2/kWh", KINDS),
    ("city_gas", "heat", "40.0", "GJ/1000 m3", STATE),
    ("city_gas", "co2", "0.0140", "tC/GJ", ""),
    ("lpg", "heat", "50.1", "GJ/t", ""),
    ("lpg", "co2", "0.0163", "tC/GJ", ""),
)
ATSUEN = str(Path(sys.executable).parent / "atsuen")


@dataclass
class Listener:
    """What one page was told: the newest reading (ms) of each event, and when it arrived (ms)."""

    newest_ms: list[int] = field(default_factory=list)
    arrived_ms: list[float] = field(default_factory=list)

    async def listen(self, client: httpx.AsyncClient) -> None:
        """Note every event until cancelled."""
        async with client.stream("GET", "/api/events", timeout=None) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data: "):
                    self.arrived_ms.append(time.time() * 1000)
                    self.newest_ms.append(int(json.loads(line.removeprefix("data: "))["text"]["newest_ms"]))

    def delays_s(self, polls_ms: Sequence[int]) -> list[float]:
        """The delay of each poll after the first event; one that nothing told of counts up to the last event."""
        known = [poll for poll in polls_ms if self.newest_ms[0] < poll <= self.newest_ms[-1]]
        return [(self.arrived_ms[bisect_left(self.newest_ms, poll)] - poll) / 1000 for poll in known]


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_site(folder: Path, ports: dict[str, int], broker_port: int) -> None:
    """The demonstration's site at some ports, with factors for the running year."""
    shutil.copytree(configs_folder() / "demo", folder, dirs_exist_ok=True)
    text = (folder / "site.toml").read_text(encoding="utf-8").replace('scheme = "association"', 'scheme = "bench"')
    numbers = {15021: "substation", 15022: "feeders", 15023: "furnaces", 15024: "line"}
    for written, name in numbers.items():
        text = text.replace(str(written), str(ports[name]))
    text = text.replace("port = 15029", f'port = {broker_port}\nconfirm = "broker"')
    (folder / "site.toml").write_text(text, encoding="utf-8")
    (folder / "factors").mkdir(exist_ok=True)
    now = datetime.now().astimezone()
    year = now.year if now.month >= 4 else now.year - 1
    keys = ("carrier", "quantity", "value", "unit", "more")
    rows = [FACTOR.format(**dict(zip(keys, row, strict=True))) for row in VALUES]
    table = "".join([FACTORS.format(year=f"{year - 1}, {year}"), *rows])
    (folder / "factors" / "bench.toml").write_text(table, encoding="utf-8")


@contextmanager
def running(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command of Atsuen while the block runs."""
    process = subprocess.Popen([ATSUEN, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def polls_of(folder: Path) -> dict[str, list[int]]:
    """The times (ms) of all polls in the journal, by device."""
    site = load_site(folder)
    ledger = Ledger(site.path(site.file.journal.path))
    try:
        return {device: sorted(frame.time_ms for frame in ledger.frames(device)) for device in site.layouts}
    finally:
        ledger.close()


def regularity(polls: dict[str, list[int]], from_ms: float, to_ms: float) -> dict[str, object]:
    """Of the polls within some time: how many, how many were left out, and the largest deviation from the cadence."""
    count, left_out, late_s = 0, 0, [0.0]
    for times in polls.values():
        within = [at for at in times if from_ms <= at <= to_ms]
        gaps = [later - earlier for earlier, later in pairwise(within)]
        if gaps:
            cadence = median(gaps)
            count += len(within)
            left_out += sum(round(gap / cadence) - 1 for gap in gaps)
            late_s += [abs(gap - cadence) / 1000 for gap in gaps if gap < 1.5 * cadence]
    return {"device_polls": count, "polls_left_out": left_out, "largest_jitter_s": round(max(late_s), 3)}


async def until_read(client: httpx.AsyncClient) -> None:
    """Wait until the dashboard answers and something was read. Raises TimeoutError with what it says instead."""
    said, until_s = "nothing", time.monotonic() + 60
    while time.monotonic() < until_s:
        try:
            answer = await client.get("/api/now")
        except httpx.TransportError as error:
            said = str(error)
        else:
            if answer.status_code == 200 and answer.json()["newest_ms"] and not answer.json()["problem"]:
                return
            said = answer.text
        await asyncio.sleep(0.1)
    raise TimeoutError(f"the dashboard says: {said}")


async def listen(port: int, folder: Path, count: int, seconds: float) -> dict[str, object]:
    """The delays with so many pages open."""
    limits = httpx.Limits(max_connections=count + 5)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, limits=limits) as client:
        await until_read(client)
        began_ms = time.time() * 1000
        pages = [Listener() for _ in range(count)]
        tasks = [asyncio.create_task(page.listen(client)) for page in pages]
        await asyncio.sleep(seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    by_device = polls_of(folder)
    regular = {"listeners": count, "seconds": seconds, **regularity(by_device, began_ms, time.time() * 1000)}
    if not count:
        return regular
    polls = sorted({at for times in by_device.values() for at in times})
    delays = [delay for page in pages for delay in page.delays_s(polls)]
    newest = [
        (at - ms) / 1000 for page in pages for ms, at in zip(page.newest_ms[1:], page.arrived_ms[1:], strict=True)
    ]
    return {
        **regular,
        "polls": len(delays) // count,
        "events": len(pages[0].newest_ms),
        "median_s": round(median(delays), 3),
        "p99_s": round(quantiles(delays, n=100, method="inclusive")[-1], 3),
        "max_s": round(max(delays), 3),
        "newest_reading_median_s": round(median(newest), 3),
    }


async def measure(folder: Path, seconds: float) -> list[dict[str, object]]:
    """All runs, over one mill."""
    clock = SystemClock()
    async with serve_mill(Mill(1, clock.now_ms()), clock.now_ms) as servers:
        with serve_broker(folder, None) as broker_port:
            write_site(folder, dict(servers.ports), broker_port)
            port = free_port()
            with running("run", "-c", str(folder)), running("dashboard", "-c", str(folder), "--port", str(port)):
                return [await listen(port, folder, count, seconds) for count in LISTENERS]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="atsuen-delay-") as name:
        runs = asyncio.run(measure(Path(name), asked.seconds))
    longest = [run["max_s"] for run in runs if "max_s" in run]
    holds = all(isinstance(delay, float) and delay <= LIMIT_S for delay in longest)
    what = "from a poll to the event at every open page"
    print(json.dumps({"what": what, "runs": runs, "limit_seconds": LIMIT_S, "holds": holds}))


if __name__ == "__main__":
    main()
