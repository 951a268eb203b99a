"""The dashboard as a program: it listens, streams, speaks TLS, stops when told, and makes password hashes."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher

from agent.clock import FastClock
from agent.dashboard.serve import serve_dashboard
from agent.dashboard.setup import Setup
from agent.dashboard.status_file import AgentStatus, DeviceStatus, read_status, status_path, write_status
from agent.settings.dashboard_table import DashboardTable
from agent.web_server import CannotListenError

LIMIT_S = 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def serve(plant: Any, **table: Any) -> AsyncIterator[int]:
    port = free_port()
    setup = Setup(plant.site, FastClock(plant.now_s * 1000, 1.0), DashboardTable(port=port, **table))
    serving = asyncio.create_task(serve_dashboard(setup))
    try:
        yield port
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(serving, LIMIT_S)


async def get(client: httpx.AsyncClient, url: str) -> httpx.Response:
    async with asyncio.timeout(LIMIT_S):
        while True:
            with suppress(httpx.ConnectError):
                return await client.get(url)
            await asyncio.sleep(0.02)


async def test_events_stream_and_end_with_the_server(plant: Any) -> None:
    lines: list[str] = []
    async with httpx.AsyncClient() as client:
        async with serve(plant) as port:
            assert (await get(client, f"http://127.0.0.1:{port}/login")).status_code == 200
            async with client.stream("GET", f"http://127.0.0.1:{port}/api/events") as stream:
                assert stream.headers["content-type"].startswith("text/event-stream")
                async for line in stream.aiter_lines():
                    lines.append(line)
                    if line.startswith("data:"):
                        break
        with pytest.raises(httpx.ConnectError):
            await client.get(f"http://127.0.0.1:{port}/")
    assert '"hour.intensity"' in lines[-1]


async def test_tls(plant: Any, tmp_path: Path, password_hash: str) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
    files = ["-keyout", str(tmp_path / "k.pem"), "-out", str(tmp_path / "c.pem")]
    await asyncio.to_thread(subprocess.run, [*command, *names, *files], check=True, capture_output=True, timeout=30)
    table = {"certificate_file": tmp_path / "c.pem", "key_file": tmp_path / "k.pem", "password_hash": password_hash}
    import ssl  # noqa: PLC0415

    trust = ssl.create_default_context(cafile=str(tmp_path / "c.pem"))
    async with httpx.AsyncClient(verify=trust) as client, serve(plant, **table) as port:
        answer = await get(client, f"https://localhost:{port}/")
        assert answer.status_code == 200
        assert "strict-transport-security" in answer.headers


async def test_a_taken_port_is_told(plant: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        table = DashboardTable(port=taken.getsockname()[1])
        with pytest.raises(CannotListenError, match="--port"):
            await serve_dashboard(Setup(plant.site, FastClock(0, 1.0), table))


def test_a_password_becomes_a_hash() -> None:
    code = "import argparse, agent.cli.dashboard as d\nraise SystemExit(d.password(argparse.Namespace(json=False)))"

    def run(password: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code]
        return subprocess.run(command, input=password, capture_output=True, text=True, timeout=30, check=False)

    done = run("correct horse battery\n")
    assert PasswordHasher().verify(done.stdout.strip(), "correct horse battery")
    short = run("short\n")
    assert (short.returncode, short.stdout) == (2, "")


def test_the_status_of_the_agent_is_read_as_written(tmp_path: Path) -> None:
    journal = tmp_path / "journal.sqlite3"
    status = AgentStatus(5, 10, 7, 3, "", "disk full", {"line": 2}, {"line": DeviceStatus("line", 9, 1, "no", 12.5)})
    assert read_status(journal) is None
    write_status(journal, status)
    assert read_status(journal) == status
    status_path(journal).write_text('{"time_ms": "soon"}', encoding="utf-8")
    assert read_status(journal) is None


async def test_the_agents_status_is_on_the_page(plant: Any, open_dashboard: Any) -> None:
    journal = plant.site.folder / "journal.sqlite3"
    solar = DeviceStatus("substation", 9, 1, "no answer within 1 s", 12.0)
    write_status(journal, AgentStatus(plant.now_s * 1000, 10, 7, 3, "broker away", "", {}, {"solar": solar}))
    async with open_dashboard(plant) as client:
        page = await client.get("/devices", headers={"accept-language": "en"})
    for text in ("running", "broker away", "no answer within 1 s", "12 ms"):
        assert text in page.text
