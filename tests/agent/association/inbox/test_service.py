"""The service as a program: three ways in at once, killed and started again, two side by side, ended in order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from agent.association.inbox.office import Office
from agent.association.web.people import person_line
from agent.mqtt import Broker
from agent.submission.send import put_file, send_by_mqtt
from tests.agent.association.inbox.conftest import SERVICE, House, OpenOffice
from tests.agent.association.inbox.test_web import PEOPLE
from tests.conftest import StartMosquitto, find_free_port

PROGRAM = """
import sys
from argparse import Namespace
from pathlib import Path
from agent.cli.association_commands import COMMANDS
sys.exit(COMMANDS["serve"](Namespace(folder=Path(sys.argv[1]), lang="en", json=False)))
"""
LIMIT_S = 30.0


@dataclass(frozen=True)
class Running:
    """A service and where it serves."""

    process: subprocess.Popen[bytes]
    port: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


Start = Callable[[], Running]


@pytest.fixture(name="start")
def fixture_start(house: House) -> Iterator[Start]:
    started: list[subprocess.Popen[bytes]] = []

    def start() -> Running:
        """Start a service on a port of its own."""
        port = str(find_free_port())
        environment = os.environ | {"ATSUEN_ASSOCIATION_WEB__PORT": port, "PYTHONPATH": os.getcwd()}
        command = [sys.executable, "-c", PROGRAM, str(house.folder)]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        started.append(process)
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/login") or process.poll() is not None)
        assert process.poll() is None
        return Running(process, port)

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def set_up(house: House, mqtt_port: int) -> Path:
    """Settings with all ways in; gives the watched folder."""
    ways = f"[mqtt]\nport = {mqtt_port}\n[folder]\npath = 'incoming'\nevery_s = 0.1\n"
    house.write_settings(service=SERVICE + ways)
    (house.folder / "people").write_text("\n".join(map(person_line, PEOPLE)), encoding="utf-8")
    (house.folder / "people").chmod(0o600)
    (house.folder / "incoming").mkdir()
    return house.folder / "incoming"


def revisions(office: Office, company: str, site: str) -> list[int]:
    return [entry.identity.revision for entry, _ in office.store.revisions(company, site, 2023)]


@pytest.mark.mosquitto
async def test_all_ways_in_and_an_end_in_order(
    house: House, start_mosquitto: StartMosquitto, start: Start, open_office: OpenOffice
) -> None:
    port = start_mosquitto().port
    incoming = set_up(house, port)
    service, office = start(), open_office()
    broker = Broker("127.0.0.1", "site", port)
    await send_by_mqtt(broker, "atsuen/submission/seto/marugame/2023", house.file())
    put_file(house.file("seto", "sakaide"), incoming / "sakaide.jws")
    async with httpx.AsyncClient(base_url=service.url) as client:
        assert (await client.post("/submissions", content=house.file("kinki", "osaka"))).status_code == 201
    wait_for(lambda: len(office.store.entries(2023)) == 3)
    ways = {entry.identity.site: entry.channel.value for entry in office.store.entries(2023)}
    assert ways == {"marugame": "mqtt", "sakaide": "folder", "osaka": "https"}
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(15) == 0


@pytest.mark.mosquitto
async def test_killed_and_started_again_and_two_side_by_side(
    house: House, start_mosquitto: StartMosquitto, start: Start, open_office: OpenOffice
) -> None:
    """Whatever is killed: every document is there once in the end."""
    port = start_mosquitto().port
    incoming = set_up(house, port)
    broker = Broker("127.0.0.1", "site", port)
    first = start()
    for revision in range(1, 6):
        put_file(house.file("seto", "sakaide", revision=revision), incoming / f"{revision}.jws")
        await send_by_mqtt(
            broker, "atsuen/submission/kinki/osaka/2023", house.file("kinki", "osaka", revision=revision)
        )
    first.process.kill()
    first.process.wait(10)
    start()
    start()
    office = open_office()
    await send_by_mqtt(broker, "atsuen/submission/kinki/osaka/2023", house.file("kinki", "osaka", revision=6))
    wait_for(lambda: revisions(office, "seto", "sakaide") == [1, 2, 3, 4, 5])
    wait_for(lambda: revisions(office, "kinki", "osaka") == [1, 2, 3, 4, 5, 6])
    wait_for(
        lambda: sorted(path.name for path in (incoming / "accepted").iterdir()) == [f"{n}.jws" for n in range(1, 6)]
    )
    assert office.held.open() == []


def test_a_port_that_is_taken_is_told(house: House, start: Start) -> None:
    house.write_settings()
    (house.folder / "people").write_text(person_line(PEOPLE[0]), encoding="utf-8")
    (house.folder / "people").chmod(0o600)
    first = start()
    environment = os.environ | {"ATSUEN_ASSOCIATION_WEB__PORT": first.port, "PYTHONPATH": os.getcwd()}
    command = [sys.executable, "-c", PROGRAM, str(house.folder)]
    second = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert second.returncode == 1
    assert "cannot listen at 127.0.0.1" in second.stderr
    assert "Traceback" not in second.stderr
