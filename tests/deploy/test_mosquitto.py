"""The shipped Mosquitto configuration: what survives a kill, what it refuses, and who may do what."""

import asyncio
import contextlib
import re
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.mqtt import NO_MATCHING_SUBSCRIBERS, Broker, Message, MqttClient, PublishRefused, Subscription, Tls
from tests.conftest import Authority, Server, StartMosquitto, find_free_port, until

pytestmark = pytest.mark.mosquitto

SHIPPED = Path(__file__).parents[2] / "deploy" / "mosquitto"
USERS = {user: f"pw-{user}" for user in ("east", "west", "bridge", "association")}


@dataclass(frozen=True)
class Deployment:
    """The shipped files with this test's folders and ports in place of the documented ones."""

    server: Server
    data: Path

    def broker(self, user: str, client_id: str | None = None) -> Broker:
        return Broker("127.0.0.1", client_id or user, self.server.port, user, USERS[user], first_pause_s=0.02)


@pytest.fixture
def deploy(start_mosquitto: StartMosquitto, tmp_path: Path) -> Callable[..., Deployment]:
    """Start Mosquitto with `mosquitto.conf`, and with `tls.conf` when it is given a port for it."""
    etc, data = tmp_path / "etc", tmp_path / "data"
    for folder in (etc, etc / "conf.d", etc / "certs", data):
        folder.mkdir()
    (etc / "acl").write_text(read("acl"), encoding="utf-8")
    passwords = etc / "passwords"
    passwords.touch(mode=0o600)
    for user, password in USERS.items():
        subprocess.run(["mosquitto_passwd", "-b", passwords, user, password], check=True, capture_output=True)

    def start(tls_port: int | None = None) -> Deployment:
        if tls_port is not None:
            settings = read("tls.conf").replace("/etc/mosquitto", str(etc))
            settings = settings.replace("listener 8883", f"listener {tls_port} 127.0.0.1")
            (etc / "conf.d" / "tls.conf").write_text(settings, encoding="utf-8")
        port = find_free_port()
        settings = read("mosquitto.conf").replace("/etc/mosquitto", str(etc)).replace("/var/lib/mosquitto", str(data))
        return Deployment(start_mosquitto(settings.replace("listener 1883", f"listener {port}"), port=port), data)

    return start


@pytest.fixture
def deployed(deploy: Callable[..., Deployment]) -> Deployment:
    return deploy()


def read(name: str) -> str:
    return (SHIPPED / name).read_text(encoding="utf-8")


@contextlib.asynccontextmanager
async def connected(broker: Broker) -> AsyncIterator[MqttClient]:
    async with MqttClient(broker) as client, asyncio.timeout(20):
        await client.connected.wait()
        yield client


@contextlib.asynccontextmanager
async def subscribed(broker: Broker, topic_filter: str) -> AsyncIterator[Subscription]:
    client = MqttClient(broker)
    messages = client.subscribe(topic_filter)
    async with client, asyncio.timeout(20):
        await client.connected.wait()
        yield messages


def saved_since(data: Path, moment_s: float) -> bool:
    database = data / "mosquitto.db"
    return database.exists() and database.stat().st_mtime > moment_s


async def test_every_acknowledged_message_is_there_after_kill_9(deployed: Deployment) -> None:
    """2,000 messages of 5 kB wait for an absent bridge; the broker is killed after its next snapshot."""
    async with subscribed(deployed.broker("bridge"), "atsuen/+/lines"):
        pass
    payloads = [b"%06d" % number + b"x" * 5000 for number in range(2000)]
    async with connected(deployed.broker("east")) as east:
        await east.publish(Message("atsuen/east/status", b'"online"', retain=True))
        codes = await asyncio.gather(*(east.publish(Message("atsuen/east/lines", payload)) for payload in payloads))
        assert set(codes) == {0}
        acknowledged_s = time.time()
        await until(lambda: saved_since(deployed.data, acknowledged_s), limit_s=15)
        deployed.server.kill()
    deployed.server.start()
    async with subscribed(deployed.broker("bridge"), "atsuen/+/lines") as messages:
        returned: list[bytes] = []
        while len(returned) < len(payloads):
            received = await anext(messages)
            received.ack()
            returned.append(received.message.payload)
    assert returned == payloads


async def test_strangers_and_wrong_passwords_stay_outside(deployed: Deployment) -> None:
    for broker in (
        Broker("127.0.0.1", "stranger", deployed.server.port),
        Broker("127.0.0.1", "east", deployed.server.port, "east", "wrong"),
    ):
        async with MqttClient(broker) as client:
            await until(lambda client=client: "Not authorized" in client.last_error)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("user", "topic", "is_allowed"),
    [
        ("east", "atsuen/east/lines", True),
        ("east", "atsuen/east/status", True),
        ("east", "atsuen/east/confirmed", False),
        ("east", "atsuen/west/lines", False),
        ("east", "atsuen/west/status", False),
        ("east", "elsewhere", False),
        ("bridge", "atsuen/east/confirmed", True),
        ("bridge", "atsuen/west/confirmed", True),
        ("bridge", "atsuen/east/lines", False),
        ("bridge", "atsuen/east/status", False),
        ("bridge", "elsewhere", False),
        ("bridge", "atsuen/bridge/mill-bridge/status", True),
        ("east", "atsuen/bridge/mill-bridge/status", False),
        ("east", "atsuen/submission/company_a/east/2023", True),
        ("east", "atsuen/submission/company_a/west/2023", False),
        ("association", "atsuen/submission/company_a/east/2023", False),
    ],
)
async def test_who_may_publish_what(deployed: Deployment, user: str, topic: str, is_allowed: bool) -> None:
    async with connected(deployed.broker(user)) as client:
        if is_allowed:
            assert await client.publish(Message(topic, b"x")) == NO_MATCHING_SUBSCRIBERS
        else:
            with pytest.raises(PublishRefused, match="Not authorized"):
                await client.publish(Message(topic, b"x"))


@pytest.mark.parametrize(
    ("reader", "writer", "topic", "is_allowed"),
    [
        ("bridge", "east", "atsuen/east/lines", True),
        ("bridge", "west", "atsuen/west/lines", True),
        ("east", "bridge", "atsuen/east/confirmed", True),
        ("west", "bridge", "atsuen/east/confirmed", False),
        ("west", "east", "atsuen/east/lines", False),
        ("east", "east", "atsuen/east/lines", False),
        ("bridge", "bridge", "atsuen/east/confirmed", True),
        ("bridge", "east", "atsuen/east/status", True),
        ("association", "east", "atsuen/submission/company_a/east/2023", True),
        ("west", "east", "atsuen/submission/company_a/east/2023", False),
        ("association", "east", "atsuen/east/lines", False),
    ],
)
async def test_who_may_read_what(deployed: Deployment, reader: str, writer: str, topic: str, is_allowed: bool) -> None:
    """Read as `#`, alone and in a group: neither may open what the topic alone does not."""
    client = MqttClient(deployed.broker(reader, f"{reader}-group"))
    shared = client.subscribe("#", group="any")
    async with (
        client,
        subscribed(deployed.broker(reader), "#") as messages,
        connected(deployed.broker(writer, "writer")) as publisher,
    ):
        await until(client.connected.is_set)
        await publisher.publish(Message(topic, b"x"))
        assert [await arrives(messages), await arrives(shared)] == [is_allowed, is_allowed]


async def arrives(messages: Subscription) -> bool:
    try:
        async with asyncio.timeout(0.3):
            (await anext(messages)).ack()
    except TimeoutError:
        return False
    return True


async def test_a_message_that_is_too_large_is_refused_and_the_connection_stays(deployed: Deployment) -> None:
    async with connected(deployed.broker("east")) as east:
        with pytest.raises(PublishRefused, match="do not fit its packets of 1048576"):
            await east.publish(Message("atsuen/east/lines", bytes(2_000_000)))
        assert await east.publish(Message("atsuen/east/lines", bytes(1_040_000))) == NO_MATCHING_SUBSCRIBERS
        assert east.connections == 1


async def test_other_machines_come_in_with_tls_and_a_password(
    deploy: Callable[..., Deployment], authority: Authority, tmp_path: Path
) -> None:
    certificate, key = authority.sign("broker")
    certs = tmp_path / "etc" / "certs"
    for source, name in ((authority.file, "ca.crt"), (certificate, "broker.crt"), (key, "broker.key")):
        shutil.copy(source, certs / name)
    port = find_free_port()
    deploy(tls_port=port)
    about = Broker("127.0.0.1", "east", port, "east", USERS["east"], Tls(certs / "ca.crt"))
    async with connected(about) as east:
        assert await east.publish(Message("atsuen/east/lines", b"x")) == NO_MATCHING_SUBSCRIBERS
    stranger = Broker("127.0.0.1", "stranger", port, tls=Tls(certs / "ca.crt"))
    async with MqttClient(stranger) as client:
        await until(lambda: "Not authorized" in client.last_error)


def test_nothing_listens_off_this_machine_before_tls_is_set_up() -> None:
    assert re.findall(r"^listener (.*)$", read("mosquitto.conf"), re.MULTILINE) == ["1883 127.0.0.1"]
    assert not list(SHIPPED.glob("*passw*")), "no password is shipped"
