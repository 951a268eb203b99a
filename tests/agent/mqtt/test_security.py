"""Passwords and TLS between the MQTT client and Mosquitto, with a certification authority made by the test."""

import subprocess
from pathlib import Path

import pytest

from agent.mqtt import NO_MATCHING_SUBSCRIBERS, Broker, Message, MqttClient, Tls
from tests.conftest import Authority, Server, StartMosquitto, find_free_port, found_authority, until


def start_with_tls(start: StartMosquitto, authority: Authority, *more: str, host: str = "127.0.0.1") -> Server:
    certificate, key = authority.sign("broker", host)
    port = find_free_port()
    lines = [f"listener {port} 127.0.0.1", f"cafile {authority.file}", f"certfile {certificate}", f"keyfile {key}"]
    return start("\n".join([*lines, *more]), port=port)


def about(server: Server, tls: Tls | None = None, username: str | None = None, password: str | None = None) -> Broker:
    return Broker("127.0.0.1", "agent", server.port, username, password, tls, first_pause_s=0.02, longest_pause_s=0.05)


async def exchange(broker: Broker) -> None:
    """A message goes there and is acknowledged."""
    async with MqttClient(broker) as client:
        await until(client.connected.is_set)
        assert await client.publish(Message("a", b"x" * 100_000)) == NO_MATCHING_SUBSCRIBERS


async def expect_failure(broker: Broker, text: str) -> None:
    async with MqttClient(broker) as client:
        await until(lambda: text in client.last_error)
        assert not client.connected.is_set()


@pytest.fixture
def passwords(tmp_path: Path) -> Path:
    """A password file with one user."""
    path = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-c", "-b", path, "east", "long secret"], check=True, capture_output=True)
    path.chmod(0o600)
    return path


@pytest.mark.mosquitto
async def test_a_password_opens_the_broker_and_a_wrong_one_is_explained(
    start_mosquitto: StartMosquitto, passwords: Path
) -> None:
    server = start_mosquitto(f"allow_anonymous false\npassword_file {passwords}")
    await exchange(about(server, username="east", password="long secret"))
    await expect_failure(about(server, username="east", password="wrong"), "Not authorized; check user name, password")
    await expect_failure(about(server), "Not authorized; check user name, password")


@pytest.mark.mosquitto
async def test_tls_with_the_plants_own_authority(start_mosquitto: StartMosquitto, authority: Authority) -> None:
    await exchange(about(start_with_tls(start_mosquitto, authority), Tls(authority.file)))


@pytest.mark.mosquitto
async def test_a_broker_that_asks_for_a_certificate_gets_it(
    start_mosquitto: StartMosquitto, authority: Authority
) -> None:
    server = start_with_tls(start_mosquitto, authority, "require_certificate true")
    await exchange(about(server, Tls(authority.file, *authority.sign("agent"))))
    await expect_failure(
        about(server, Tls(authority.file)),
        "ended the connection without an answer; does it want TLS or not, a certificate",
    )


@pytest.mark.mosquitto
async def test_a_certificate_of_another_authority_is_not_trusted(
    start_mosquitto: StartMosquitto, authority: Authority, tmp_path: Path
) -> None:
    server = start_with_tls(start_mosquitto, authority)
    other = found_authority(tmp_path, "other-ca")
    await expect_failure(about(server, Tls(other.file)), "its certificate does not hold: ")


@pytest.mark.mosquitto
async def test_a_certificate_of_another_host_is_not_trusted(
    start_mosquitto: StartMosquitto, authority: Authority
) -> None:
    server = start_with_tls(start_mosquitto, authority, host="192.0.2.1")
    await expect_failure(about(server, Tls(authority.file)), "its certificate does not hold: IP address mismatch")


@pytest.mark.mosquitto
async def test_a_plain_connection_to_a_tls_port_is_not_a_connection(
    start_mosquitto: StartMosquitto, authority: Authority
) -> None:
    await expect_failure(
        about(start_with_tls(start_mosquitto, authority)),
        "ended the connection without an answer; does it want TLS or not, a certificate",
    )


def test_files_that_cannot_be_used_are_named_before_connecting(authority: Authority, tmp_path: Path) -> None:
    certificate, _ = authority.sign("agent")
    _, other_key = authority.sign("other")
    missing, empty = tmp_path / "missing.crt", tmp_path / "empty.crt"
    empty.touch()
    with pytest.raises(ValueError, match=f"cannot read {missing}: No such file or directory"):
        MqttClient(Broker("mq", "agent", tls=Tls(missing)))
    with pytest.raises(ValueError, match=f"no usable certificate or key in {empty}"):
        MqttClient(Broker("mq", "agent", tls=Tls(empty)))
    with pytest.raises(ValueError, match="KEY_VALUES_MISMATCH"):
        MqttClient(Broker("mq", "agent", tls=Tls(authority.file, certificate, other_key)))


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(Broker("mq", "agent", password="secret"))
