"""A program of its own that the campaign starts, kills, stops and pauses. Ended by its own process id only."""

import asyncio
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

_STOP_S = 20.0
_SHARED_MEMORY = Path("/dev/shm")


class Process:
    """One program. Its output is appended to a log. What it does wrong is kept in `problems`."""

    def __init__(self, name: str, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        self.name = name
        self.log = log
        self.problems: list[str] = []
        self._command = command
        self._environment = environment
        self._running: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    def start(self) -> None:
        """Start it; it has to cope with whatever is away."""
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            self._running = subprocess.Popen(self._command, stdout=log, stderr=log, env=self._environment)

    def has_ended(self) -> bool:
        """Whether it ended by itself, which is a problem."""
        if self._running is None or self._running.poll() is None:
            return False
        self.problems.append(f"{self.name} ended by itself with exit code {self._running.returncode}")
        self._forget()
        return True

    def pause(self) -> None:
        """Let it stand still until `resume`."""
        self._send(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._send(signal.SIGCONT)

    async def kill(self) -> None:
        """End it with kill -9."""
        self._send(signal.SIGKILL)
        await self._wait(_STOP_S)

    async def stop(self) -> None:
        """End it with SIGTERM; it has to end in order and soon."""
        self._send(signal.SIGTERM)
        code = await self._wait(_STOP_S)
        if code is None:
            self.problems.append(f"{self.name} did not end within {_STOP_S:g} s of SIGTERM")
            await self.kill()
        elif code != 0 and not self._was_starting(code):
            self.problems.append(f"{self.name} ended with exit code {code} after SIGTERM")

    def _was_starting(self, code: int) -> bool:
        """Whether SIGTERM ended it before it listened to signals, which service managers take for an orderly end."""
        return code == -signal.SIGTERM and b'"started"' not in self.log.read_bytes()[self._log_start :]

    def _send(self, which: signal.Signals) -> None:
        if not self.has_ended() and self._running is not None:
            self._running.send_signal(which)

    async def _wait(self, limit_s: float) -> int | None:
        """The exit code; None while it still runs after the limit, 0 when it was not running."""
        running = self._running
        if running is None:
            return 0
        try:
            code = await asyncio.to_thread(running.wait, limit_s)
        except subprocess.TimeoutExpired:
            return None
        self._forget()
        return code

    def _forget(self) -> None:
        """Clear away what libfaketime leaves behind in shared memory when its process is killed."""
        if self._running is not None:
            for left in _SHARED_MEMORY.glob(f"*faketime_*_{self._running.pid}"):
                left.unlink(missing_ok=True)
        self._running = None
