"""The demonstration without its dashboard: no page is served, and all else is as it was."""

import asyncio
import json
import os
import subprocess
from pathlib import Path

from tests.agent.conftest import ATSUEN
from tests.conftest import find_free_ports_in_a_row, until

SERVERS = ("substation", "feeders", "furnaces", "line", "broker")
"""In the order of their ports; the dashboard's follows."""


async def listens(port: int) -> bool:
    """Whether somebody takes connections at a port."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def test_no_dashboard_serves_no_pages(tmp_path: Path) -> None:
    first = find_free_ports_in_a_row(len(SERVERS) + 1)
    words = ["demo", "--seconds", "6", "--speed", "60", "--past", "0", "--port", str(first), "--no-dashboard"]
    words += ["--lang", "en", "--data", str(tmp_path / "data"), "--summary", str(tmp_path / "out.json")]
    environment = {**os.environ, "LANG": "C.UTF-8"}
    demo = await asyncio.create_subprocess_exec(
        str(ATSUEN), *words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
    )
    try:
        lines = tmp_path / "data" / "lines"
        await until(lambda: lines.is_dir() and any(lines.iterdir()), 60)  # the whole line runs by now
        taken = [await listens(first + index) for index in range(len(SERVERS) + 1)]
        async with asyncio.timeout(90):
            printed, _ = await demo.communicate()
    finally:
        if demo.returncode is None:
            demo.kill()
            await demo.wait()
    assert taken == [*[True] * len(SERVERS), False]
    assert demo.returncode == 0, printed.decode()
    assert b"http://" not in printed
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["frames_durable"] > 0
