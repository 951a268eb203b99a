"""A small disk of its own for the journal, so that it can be filled up without harm. Knows no journal."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

NEEDS_ROOT = "a small disk needs root and the right to mount"


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[bool]:
    """A small disk of its own for the journal where the user may mount one; else a plain folder. Tells which."""
    folder.mkdir()
    if not can_mount():
        yield False
        return
    size = f"size={megabytes}m"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "atsuen-faults", str(folder)], check=True)
    try:
        yield True
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill_disk(folder: Path) -> None:
    """Leave no byte free on the disk of a folder."""
    with (folder / "ballast").open("ab", buffering=0) as ballast, contextlib.suppress(OSError):
        while True:
            ballast.write(bytes(4096))


def free_disk(folder: Path) -> None:
    """Take away what `fill_disk` wrote."""
    (folder / "ballast").unlink(missing_ok=True)


def make_read_only(folder: Path) -> None:
    """Let a small disk take nothing more. Nobody may have a file open for writing on it."""
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)


def can_mount() -> bool:
    """Whether a small disk can be had. With CI=true root has to be able to."""
    if os.geteuid() != 0:
        return False
    if os.environ.get("CI") == "true":
        return True
    with tempfile.TemporaryDirectory() as folder:
        command = ["mount", "-t", "tmpfs", "-o", "size=1m", "atsuen-probe", folder]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode == 0:
            subprocess.run(["umount", folder], check=True)
    return done.returncode == 0
