"""`atsuen bridge` as a service: TLS with the plant's authority, a certificate, credentials, status and last will."""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.mqtt import NO_MATCHING_SUBSCRIBERS, Broker, Message, MqttClient, Tls
from tests.agent.conftest import ATSUEN
from tests.conftest import Authority, Server, StartMosquitto, find_free_port

pytestmark = pytest.mark.mosquitto

SITE = """\
[site]
id = "test"
scheme = "association"

[mqtt]
port = {port}
ca_file = "{authority}"
certificate_file = "{certificate}"
key_file = "{key}"

[bridge]
sink = "files"
group = "bridges"
refused = "refused"

[files]
folder = "lines"
"""

ACL = """\
user east
topic readwrite #
user bridge
topic read atsuen/+/lines
topic write atsuen/+/confirmed
topic read atsuen/+/confirmed
topic read atsuen/+/status
topic write atsuen/bridge/+/status
"""


@pytest.fixture
def broker(start_mosquitto: StartMosquitto, authority: Authority, tmp_path: Path) -> Server:
    """TLS only, a certificate of every client, a password, and the least rights."""
    passwords, acl = tmp_path / "passwords", tmp_path / "acl"
    passwords.touch(mode=0o600)
    for user in ("east", "bridge"):
        subprocess.run(["mosquitto_passwd", "-b", passwords, user, f"pw-{user}"], check=True, capture_output=True)
    acl.write_text(ACL, encoding="utf-8")
    certificate, key = authority.sign("broker")
    port = find_free_port()
    settings = [
        f"listener {port} 127.0.0.1",
        f"cafile {authority.file}",
        f"certfile {certificate}",
        f"keyfile {key}",
        "require_certificate true",
        "allow_anonymous false",
        f"password_file {passwords}",
        f"acl_file {acl}",
    ]
    return start_mosquitto("\n".join(settings), port=port)


@contextmanager
def bridge_service(broker: Server, authority: Authority, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The command, with user and password in credential files as systemd hands them over."""
    certificate, key = authority.sign("bridge")
    site = SITE.format(port=broker.port, authority=authority.file, certificate=certificate, key=key)
    (folder / "site.toml").write_text(site, encoding="utf-8")
    credentials = folder / "credentials"
    credentials.mkdir()
    (credentials / "mqtt__username").write_text("bridge", encoding="utf-8")
    (credentials / "mqtt__password").write_text("pw-bridge", encoding="utf-8")
    environment = {**os.environ, "CREDENTIALS_DIRECTORY": str(credentials)}
    command = [str(ATSUEN), "bridge", "-c", str(folder)]
    with (folder / "bridge.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


async def test_the_service_takes_lines_over_tls_and_its_end_is_seen(
    broker: Server, authority: Authority, tmp_path: Path
) -> None:
    tls = Tls(authority.file, *authority.sign("east"))
    about = Broker("127.0.0.1", "east", broker.port, "east", "pw-east", tls, first_pause_s=0.02)
    client = MqttClient(about)
    heard = client.subscribe("atsuen/bridge/+/status", "atsuen/east/confirmed")
    folder = tmp_path / "site"
    folder.mkdir()
    with bridge_service(broker, authority, folder) as process:
        async with client, asyncio.timeout(40):
            lines = Message(
                "atsuen/east/lines", b"m kwh=1 1", response_topic="atsuen/east/confirmed", correlation=b"1-1/r1"
            )
            while not client.connected.is_set() or await client.publish(lines) == NO_MATCHING_SUBSCRIBERS:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            states: list[str] = []
            told: list[bytes] = []
            while states != ["online", "offline"]:
                received = await anext(heard)
                received.ack()
                if received.message.topic.endswith("confirmed"):
                    told.append(received.message.payload)
                else:
                    state = json.loads(received.message.payload)["state"]
                    states += [state] * (state not in states)
                if told and states == ["online"]:
                    process.send_signal(signal.SIGKILL)
    assert told == [b"accepted"]
    (stored,) = (folder / "lines").glob("*.lp")
    assert stored.read_bytes() == b"m kwh=1 1\n"
    assert b"status_refused" not in (folder / "bridge.log").read_bytes()
