"""For tests that run the program as a user does."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ATSUEN = Path(sys.executable).parent / "atsuen"


def run_atsuen(
    arguments: Sequence[str | Path], limit_s: float = 90, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    command = [str(ATSUEN), *map(str, arguments)]
    full = {**os.environ, "LANG": "C.UTF-8", **(environment or {})}
    return subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False, env=full)
