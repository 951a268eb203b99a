"""Tells the service manager how the service stands: one datagram to $NOTIFY_SOCKET (sd_notify). Knows nothing else."""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress


class Notifier:
    """The service manager's socket; without one, every call does nothing."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        watchdog_us = environment.get("WATCHDOG_USEC", "")
        self.watchdog_s = int(watchdog_us) / 1e6 if watchdog_us.isdigit() and int(watchdog_us) else None
        """How long the manager waits for a sign of life before it restarts the service; None when it does not."""

    def ready(self, status: str) -> None:
        """The service is up."""
        self._send(f"READY=1\nSTATUS={_line(status)}")

    def alive(self, status: str) -> None:
        """The service makes progress."""
        self._send(f"WATCHDOG=1\nSTATUS={_line(status)}")

    def status(self, status: str) -> None:
        """One line for `systemctl status`, and no sign of life."""
        self._send(f"STATUS={_line(status)}")

    def reloading(self, monotonic_us: int) -> None:
        """The service re-reads its settings; `ready` follows."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={monotonic_us}")

    def stopping(self) -> None:
        """The service has begun to stop."""
        self._send("STOPPING=1")

    def _send(self, text: str) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel, suppress(OSError):
            channel.setblocking(False)  # a manager that does not listen must not stop the service
            channel.sendto(text.encode(), address)


def _line(text: str) -> str:
    return " ".join(text.split())
