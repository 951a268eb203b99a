"""A whole site on loopback: simulated meters, broker, database, agent and bridge, with a breakable link everywhere."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from collectors.simulated.mill import Mill
from collectors.simulated.modbus_server import serve_modbus
from collectors.simulated.registers import ENDPOINTS
from tests.conftest import VictoriaMetrics, find_free_ports_in_a_row
from tests.faults.disk import small_disk
from tests.faults.link import Link
from tests.faults.process import Process
from tests.faults.programs import FAKETIME, ROOT, make_processes

_FIRST_TURN_MS, _LAST_TURN_MS = 7 * 60_000, 9 * 60_000
"""Between these moments after its start, which one the seed says, the simulated mill takes a gas meter over 2^32."""

_DISK_MB = 64

_SITE = """\
[site]
id = "faults"
scheme = "association"

[journal]
path = "disk/journal.sqlite3"
free_mb = 0

[mqtt]
port = {broker}
resend_s = 1

[influx]
url = "http://127.0.0.1:{database}"
timeout_s = 2

[bridge]
refused = "refused"

[[endpoint]]
id = "substation"
protocol = "modbus"
host = "127.0.0.1"
port = {substation}
poll_s = {poll_s}
timeout_s = 0.5
device = [
  {{ id = "incoming", unit = 1, profile = "incoming-meter" }},
  {{ id = "solar", unit = 2, profile = "double-meter" }},
]

[[endpoint]]
id = "furnaces"
protocol = "modbus"
host = "127.0.0.1"
port = {furnaces}
poll_s = {poll_s}
timeout_s = 0.5
device = [
  {{ id = "melting_1", unit = 1, profile = "gas-meter" }},
  {{ id = "melting_2", unit = 2, profile = "gas-meter" }},
  {{ id = "holding", unit = 3, profile = "gas-meter" }},
  {{ id = "soaking", unit = 4, profile = "lpg-meter" }},
  {{ id = "boiler", unit = 5, profile = "boiler-meter" }},
]
"""


@dataclass(frozen=True)
class Plant:
    """The running site. `processes` and `links` are what can be broken, by name."""

    folder: Path
    mill: Mill
    processes: Mapping[str, Process]
    links: Mapping[str, Link]
    database: VictoriaMetrics
    clock_file: Path | None
    has_own_disk: bool

    @property
    def disk(self) -> Path:
        return self.folder / "disk"

    @property
    def journal(self) -> Path:
        return self.disk / "journal.sqlite3"

    def write_site(self, poll_s: float) -> None:
        """Write the site file; it holds from the agent's next start."""
        ports = {
            "broker": self.links["agent-broker"].port,
            "database": self.links["bridge-database"].port,
            "substation": self.links["agent-substation"].port,
            "furnaces": self.links["agent-furnaces"].port,
        }
        (self.folder / "site.toml").write_text(_SITE.format(poll_s=poll_s, **ports), encoding="utf-8")
        bridge = self.folder / "bridge"
        bridge.mkdir(exist_ok=True)
        ports["broker"] = self.links["bridge-broker"].port
        (bridge / "site.toml").write_text(_SITE.format(poll_s=poll_s, **ports), encoding="utf-8")

    def step_clock(self, offset_s: float) -> None:
        """Let the agent's wall clock be so far off the true time, from now on."""
        assert self.clock_file is not None
        fresh = self.clock_file.with_suffix(".new")
        fresh.write_text(f"{offset_s:+.3f}\n", encoding="ascii")
        fresh.rename(self.clock_file)


@asynccontextmanager
async def running_plant(folder: Path, seed: int, poll_s: float = 0.25) -> AsyncIterator[Plant]:
    """A plant that was started and is ended, with all processes, mounts and sockets, when the context closes."""
    mill = _mill_before_turn(seed, _now_ms() + 10_000)
    async with AsyncExitStack() as stack:
        has_own_disk = stack.enter_context(small_disk(folder / "disk", _DISK_MB))
        targets = {
            name: await stack.enter_async_context(serve_modbus(mill, _now_ms, ENDPOINTS[name], "127.0.0.1", 0))
            for name in ("substation", "furnaces")
        }
        first_port = find_free_ports_in_a_row(7)
        broker_port, database_port = first_port, first_port + 1
        ends = {
            "agent-substation": targets["substation"],
            "agent-furnaces": targets["furnaces"],
            "agent-broker": broker_port,
            "bridge-broker": broker_port,
            "bridge-database": database_port,
        }
        links = {name: Link(name, first_port + 2 + i, target) for i, (name, target) in enumerate(ends.items())}
        for link in links.values():
            await link.mend()
            stack.push_async_callback(link.close)
        clock_file = folder / "clock" if FAKETIME is not None else None
        processes = make_processes(folder, broker_port, database_port, clock_file)
        database = VictoriaMetrics([], database_port, folder)
        plant = Plant(folder, mill, processes, links, database, clock_file, has_own_disk)
        _fill_folder(plant)
        for process in processes.values():
            stack.push_async_callback(process.stop)
            process.start()
        yield plant


def _fill_folder(plant: Plant) -> None:
    plant.write_site(0.25)
    if plant.clock_file is not None:
        plant.step_clock(0)
    for folder in (plant.folder, plant.folder / "bridge"):
        (folder / "devices").symlink_to(ROOT / "configs" / "demo" / "devices")


def _mill_before_turn(seed: int, turn_ms: int) -> Mill:
    """A mill whose gas meter starts again at zero at this moment, to a second."""
    trial = Mill(seed, 0)
    shown = [trial.register("melting_1", "gas_volume", ms) for ms in range(_FIRST_TURN_MS, _LAST_TURN_MS, 1000)]
    turn = next(index for index in range(1, len(shown)) if shown[index] < shown[index - 1])
    return Mill(seed, turn_ms - _FIRST_TURN_MS - turn * 1000)


async def wait_until(condition: Callable[[], bool], limit_s: float) -> None:
    """Wait until a condition holds or the limit is over; what is missing then shows in the verdict."""
    deadline_s = time.monotonic() + limit_s
    while not condition() and time.monotonic() < deadline_s:  # noqa: ASYNC110 - the condition is about other processes
        await asyncio.sleep(0.1)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
