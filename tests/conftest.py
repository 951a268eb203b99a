"""Shared by all tests: real servers on free loopback ports, a strict InfluxDB, and what a missing program means."""

import asyncio
import datetime as dt
import ipaddress
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.strict_influx import StrictInflux

FOREIGN = Path(__file__).parent / "foreign" / "node_modules"

HOW_TO_INSTALL = {
    "mosquitto": "apt-get install mosquitto",
    "victoriametrics": "apt-get install victoria-metrics",
    "node": "install Node 20 and npm, then run tests/setup/foreign.sh",
    "systemd": "apt-get install systemd",
}
"""What a marker needs; the key is the marker."""


def is_installed(marker: str) -> bool:
    if marker == "node":
        return shutil.which("node") is not None and FOREIGN.is_dir()
    programs = {"victoriametrics": "victoria-metrics", "systemd": "systemd-analyze"}
    return shutil.which(programs.get(marker, marker)) is not None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test whose program is missing is left out, with the reason; where CI=true that is a failure."""
    for marker, how in HOW_TO_INSTALL.items():
        if item.get_closest_marker(marker) is None or is_installed(marker):
            continue
        reason = f"needs {marker}: {how}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


@pytest.fixture
def free_port() -> int:
    """A loopback port that nothing listens on."""
    return find_free_port()


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def find_free_ports_in_a_row(count: int) -> int:
    """The first of some loopback ports in a row that nothing listens on, below those that the system hands out."""
    for first in random.sample(range(20_000, 30_000, count), 200):
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    pytest.fail(f"no {count} free ports in a row between 20000 and 30000", pytrace=False)


async def until(condition: Callable[[], bool], limit_s: float = 10.0) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(limit_s):
        while not condition():  # noqa: ASYNC110 - the condition may be about a server of another maker
            await asyncio.sleep(0.005)


class Server:
    """A program of another maker. It listens on a loopback port and is ended by its own process id."""

    def __init__(self, command: list[str], port: int, folder: Path) -> None:
        self.port = port
        self.folder = folder
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        return (self.folder / "server.log").read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        """Start it, or start it again on the same port and folder, and wait until it accepts connections."""
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        deadline = time.monotonic() + 15
        while not self._accepts():
            if self._process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{self._command[0]} did not start:\n{self.log}", pytrace=False)
            time.sleep(0.01)

    def _accepts(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def send(self, which: signal.Signals) -> None:
        """Send a signal, for instance SIGSTOP and SIGCONT to freeze and thaw it."""
        assert self._process is not None
        self._process.send_signal(which)

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        self._process = None


class StartMosquitto(Protocol):
    """Starts Mosquitto. `settings` are lines of its configuration; without a listener among them one is added."""

    def __call__(self, settings: str = "", *, port: int | None = None) -> Server: ...


@pytest.fixture
def start_mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartMosquitto]:
    started: list[Server] = []

    def start(settings: str = "", *, port: int | None = None) -> Server:
        folder = tmp_path_factory.mktemp("mosquitto")
        port = port or find_free_port()
        if not re.search(r"^listener ", settings, re.MULTILINE):
            settings += f"\nlistener {port} 127.0.0.1\n"
        if "allow_anonymous" not in settings:
            settings += "\nallow_anonymous true\n"
        if "persistence_location" not in settings:
            settings += f"\npersistence_location {folder}/\n"
        if os.geteuid() == 0:
            settings += "\nuser root\n"  # else it changes to a user who may not read the test's folder
        (folder / "mosquitto.conf").write_text(settings, encoding="utf-8")
        server = Server(["mosquitto", "-c", str(folder / "mosquitto.conf")], port, folder)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.stop()


@dataclass(frozen=True)
class Series:
    """One exported time series of VictoriaMetrics."""

    labels: Mapping[str, str]
    values: tuple[float, ...]
    times_ms: tuple[int, ...]


class VictoriaMetrics(Server):
    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def export(self, selector: str = '{__name__!=""}') -> list[Series]:
        """Everything stored, also what was written a moment ago."""
        self._get("/internal/force_flush")
        query = urllib.parse.urlencode({"match[]": selector})
        rows = [json.loads(line) for line in self._get(f"/api/v1/export?{query}").splitlines()]
        return [Series(row["metric"], tuple(row["values"]), tuple(row["timestamps"])) for row in rows]

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            body: bytes = answer.read()
            return body


StartVictoriaMetrics = Callable[[], VictoriaMetrics]


@pytest.fixture
def start_victoria_metrics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartVictoriaMetrics]:
    started: list[VictoriaMetrics] = []

    def start() -> VictoriaMetrics:
        folder, port = tmp_path_factory.mktemp("victoria-metrics"), find_free_port()
        options = {
            "storageDataPath": folder / "data",
            "httpListenAddr": f"127.0.0.1:{port}",
            "retentionPeriod": "100y",
            "dedup.minScrapeInterval": "1ms",  # without it a repeated point is stored twice
            "search.latencyOffset": "0s",  # without it the last 30 s are hidden
            "memory.allowedBytes": "64MB",
            "loggerLevel": "ERROR",
        }
        command = ["victoria-metrics", *(f"-{name}={value}" for name, value in options.items())]
        server = VictoriaMetrics(command, port, folder)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def strict_influx() -> Iterator[StrictInflux]:
    server = StrictInflux()
    yield server
    server.stop()


@dataclass(frozen=True)
class Authority:
    """A certification authority that a test makes, in a folder, and what it signed."""

    folder: Path
    name: str
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def file(self) -> Path:
        return self.folder / f"{self.name}.crt"

    def sign(self, name: str, host: str = "127.0.0.1") -> tuple[Path, Path]:
        """Write a certificate for a host and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
        builder = unsigned(name, self.certificate.subject, key).add_extension(address, critical=False)
        certificate, secret = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        write_certificate(certificate, builder.sign(self.key, hashes.SHA256()))
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return certificate, secret


def unsigned(name: str, issuer: x509.Name | None, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime.now(dt.UTC) - dt.timedelta(days=1))
        .not_valid_after(dt.datetime.now(dt.UTC) + dt.timedelta(days=1))
    )


def write_certificate(path: Path, certificate: x509.Certificate) -> None:
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def found_authority(folder: Path, name: str) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = unsigned(name, None, key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    authority = Authority(folder, name, key, builder.sign(key, hashes.SHA256()))
    write_certificate(authority.file, authority.certificate)
    return authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return found_authority(tmp_path, "plant-ca")
