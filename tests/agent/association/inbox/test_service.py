"""The service as a program: three ways in at once, killed and started again, two side by side, ended in order."""

import os
import signal
import subprocess
import sys

import httpx
import pytest

from agent.association.inbox.office import Office
from agent.mqtt import Broker
from agent.submission.send import put_file, send_by_mqtt
from agent.web.people import person_line
from tests.agent.association.inbox.conftest import LIMIT_S, PEOPLE, PROGRAM, House, OpenOffice, Start, set_up, wait_for
from tests.conftest import StartMosquitto


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
