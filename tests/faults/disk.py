"""A small disk of its own for the journal, so that it can be filled up without harm. Knows no journal."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

_DISK_MB = 48


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A small disk of its own for the journal where the user may mount one; else a plain folder. Tells which."""
    folder.mkdir()
    if not can_mount():
        yield False
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_DISK_MB}m", "atsuen-faults", str(folder)], check=True)
    try:
        yield True
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def can_mount() -> bool:
    """Whether the full disk can be tried. With CI=true root has to be able to."""
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
