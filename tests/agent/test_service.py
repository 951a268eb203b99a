"""The services: they start when nothing else is up, say so, catch up, and stop in order."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.storage.ledger import Ledger
from collectors.frame import is_good
from collectors.simulated.mill import Mill
from collectors.simulated.serve import serve_mill
from tests.agent.conftest import ATSUEN
from tests.conftest import Series, StartMosquitto, StartVictoriaMetrics, find_free_port, find_free_ports_in_a_row, until

SITE = """\
[site]
id = "test"
scheme = "association"

[journal]
path = "journal.sqlite3"

[mqtt]
port = {broker}
resend_s = 2

[influx]
url = "http://127.0.0.1:{database}"

[bridge]
refused = "refused"

[[endpoint]]
id = "substation"
protocol = "modbus"
host = "127.0.0.1"
port = {modbus}
poll_s = 0.2
timeout_s = 1
device = [{{ id = "incoming", unit = 1, profile = "incoming-meter" }}]
"""


@dataclass
class Service:
    """A running service and its notify socket."""

    process: subprocess.Popen[str]
    notifications: socket.socket
    log: Path

    def heard(self) -> list[str]:
        """The lines that the service manager has been sent so far."""
        lines = []
        while True:
            try:
                lines += self.notifications.recv(4096).decode().splitlines()
            except BlockingIOError:
                return lines

    def logged(self, event: str) -> list[dict[str, str]]:
        """The log records of one kind."""
        records = [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]
        return [record for record in records if record["event"] == event]


@contextmanager
def running(command: str, folder: Path) -> Iterator[Service]:
    log = folder / f"{command}.log"
    address = folder / f"{command}.socket"
    address.unlink(missing_ok=True)
    notifications = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notifications.bind(str(address))
    notifications.setblocking(False)
    environment = {**os.environ, "NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": "30000000"}
    with log.open("w", encoding="utf-8") as sink:
        process = subprocess.Popen(
            [str(ATSUEN), command, "-c", str(folder)], stdout=sink, stderr=sink, text=True, env=environment
        )
    service = Service(process, notifications, log)
    try:
        yield service
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(10)
        notifications.close()


def make_site(folder: Path, broker: int, database: int, modbus: int) -> None:
    text = SITE.format(broker=broker, database=database, modbus=modbus)
    (folder / "site.toml").write_text(text, encoding="utf-8")
    (folder / "devices").symlink_to(Path(__file__).parents[2] / "configs" / "demo" / "devices")


def wait_for(condition: Callable[[], bool], limit_s: float = 30) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def wait_until_degraded(service: Service) -> None:
    wait_for(lambda: "READY=1" in service.heard())
    wait_for(lambda: bool(service.logged("degraded")))


def stop_in_order(service: Service) -> None:
    service.heard()
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(10) == 0
    assert "STOPPING=1" in service.heard()


@pytest.mark.mosquitto
@pytest.mark.victoriametrics
async def test_everything_away_at_first_then_all_of_it_arrives(
    tmp_path: Path, start_mosquitto: StartMosquitto, start_victoria_metrics: StartVictoriaMetrics
) -> None:
    broker_port, modbus_port = find_free_port(), find_free_ports_in_a_row(4)
    database = start_victoria_metrics()
    make_site(tmp_path, broker_port, database.port, modbus_port)
    with running("run", tmp_path) as agent, running("bridge", tmp_path) as bridge:
        for service in (agent, bridge):
            wait_until_degraded(service)
        problems = [record["problem"] for record in agent.logged("degraded")]
        assert any(f"broker 127.0.0.1:{broker_port}" in problem for problem in problems)
        assert any("substation/incoming" in problem for problem in problems)
        start_mosquitto(f"listener {broker_port} 127.0.0.1\n", port=broker_port)
        mill = Mill(3, now_ms() - 1000)
        async with serve_mill(mill, now_ms, modbus_port):
            await until(lambda: agent_read(tmp_path) >= 10, 90)
        await until(lambda: bool(bridge.logged("all_well_again")), 90)
        await until(lambda: any("WATCHDOG=1" in line for line in agent.heard()), 90)
        await until(lambda: stored_points(database.export("reading_energy_import")) == agent_read(tmp_path), 90)
        stop_in_order(agent)
        stop_in_order(bridge)
    assert stored_points(database.export("reading_energy_import")) == agent_read(tmp_path) >= 10
    assert not (tmp_path / "refused").exists() or not list((tmp_path / "refused").iterdir())


def agent_read(folder: Path) -> int:
    """How many good frames the journal holds."""
    ledger = Ledger(folder / "journal.sqlite3")
    try:
        return sum(is_good(frame.read_quality()[0]) for frame in ledger.frames("incoming"))
    finally:
        ledger.close()


def stored_points(series: list[Series]) -> int:
    return sum(len(one.values) for one in series)
