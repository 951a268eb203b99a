"""A PostgreSQL server of a test's or benchmark's own: in a folder under /tmp, on a free loopback port, no passwords."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

HOW_TO_INSTALL = "needs PostgreSQL: apt-get install postgresql"
_VERSIONS = Path("/usr/lib/postgresql")
_NOBODY = 65_534
_LIMIT_S = 60


def find_postgresql() -> Path | None:
    """Debian's folder of the newest PostgreSQL's programs, or None."""
    found = sorted(_VERSIONS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


class OwnPostgresql:
    """A server that is running, and may be stopped and started again. All of it is gone at the end."""

    def __init__(self, programs: Path, *, is_synced: bool = True) -> None:
        """`is_synced` False gives the safety of a commit away: faster where only the order of things is tested."""
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="atsuen-postgresql-", dir="/tmp"))
        self._port = _free_port()
        self._fsync = "on" if is_synced else "off"

    def __enter__(self) -> Self:
        if os.geteuid() == 0:
            os.chown(self._folder, _NOBODY, _NOBODY)
        try:
            made = ("-D", self._data, "-U", "officer", "-A", "trust", "-N", "--locale=C.UTF-8", "-E", "UTF8")
            self._run("initdb", *made)
            self.start()
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._control("-m", "immediate", "stop")
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-p {self._port} -k {self._folder} -c listen_addresses=127.0.0.1 -c fsync={self._fsync}"
        self._control("-l", str(self._folder / "log"), "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop it in a mode of pg_ctl: `fast` ends transactions, `immediate` is like a power cut."""
        self._control("-m", mode, "stop")

    def new_database(self) -> str:
        """The URL of a database without tables."""
        name = f"test_{os.urandom(6).hex()}"
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self._port), "-U", "officer", name)
        return f"postgresql+psycopg://officer@127.0.0.1:{self._port}/{name}"

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", self._data, "-w", *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        """Run one of its programs to the end: as nobody where we are root, which PostgreSQL refuses to run as."""
        user = _NOBODY if os.geteuid() == 0 else None
        others: list[int] | None = [] if user else None
        with (self._folder / "told").open("w+b") as told:  # a pipe would stay open as long as the server runs
            command = [str(self._programs / program), *arguments]
            done = subprocess.run(
                command,
                cwd=self._folder,
                user=user,
                group=user,
                extra_groups=others,
                stdout=told,
                stderr=told,
                timeout=_LIMIT_S,
                check=False,
            )
            told.seek(0)
            if done.returncode != 0:
                raise RuntimeError(f"{program}: {told.read().decode(errors='replace')}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
