"""What the service manager receives, by its own socket (sd_notify(3), sd_watchdog_enabled(3))."""

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.notify import Notifier


@dataclass(frozen=True)
class Manager:
    """The service manager's end, and what it puts into the environment of a service."""

    channel: socket.socket
    variable: str

    def hears(self) -> str:
        return self.channel.recv(1000).decode()


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    """As a file and in Linux's abstract namespace, whose names begin with a zero byte and are written with `@`."""
    path = str(tmp_path / "notify")
    address, variable = (
        (path, path) if request.param == "path" else (f"\0atsuen-{os.getpid()}", f"@atsuen-{os.getpid()}")
    )
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(address)
        channel.settimeout(5)
        yield Manager(channel, variable)


def test_each_state_is_one_datagram_with_the_words_of_sd_notify(manager: Manager) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": manager.variable})
    notifier.ready("12 devices,\nbacklog 0")
    assert manager.hears() == "READY=1\nSTATUS=12 devices, backlog 0"
    notifier.alive("圧延機 3 台")
    assert manager.hears() == "WATCHDOG=1\nSTATUS=圧延機 3 台"
    notifier.status("broker away\nREADY=1")
    assert manager.hears() == "STATUS=broker away READY=1", "a text cannot become a state"
    notifier.stopping()
    assert manager.hears() == "STOPPING=1"


def test_outside_of_a_service_nothing_happens() -> None:
    for environment in ({}, {"NOTIFY_SOCKET": ""}):
        Notifier(environment).ready("up")


def test_a_service_manager_that_is_gone_or_does_not_listen_stops_nobody(manager: Manager, tmp_path: Path) -> None:
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready("up")
    notifier = Notifier({"NOTIFY_SOCKET": manager.variable})
    for _ in range(5000):  # far more than the socket's queue holds
        notifier.alive("up")
    assert manager.hears() == "WATCHDOG=1\nSTATUS=up"


@pytest.mark.parametrize(
    ("value", "expected"), [("60000000", 60.0), ("1500000", 1.5), ("0", None), ("", None), ("soon", None)]
)
def test_the_watchdogs_period_is_given_in_microseconds(value: str, expected: float | None) -> None:
    assert Notifier({"WATCHDOG_USEC": value}).watchdog_s == expected
    assert Notifier({}).watchdog_s is None
