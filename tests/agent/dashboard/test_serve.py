"""The dashboard as a program: it listens, streams, speaks TLS, and stops when told."""

import asyncio
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.clock import FastClock
from agent.dashboard.auth import people_of
from agent.dashboard.serve import serve_dashboard
from agent.dashboard.setup import Setup, setup_of
from agent.dashboard.status_file import AgentStatus, DeviceStatus, read_status, status_path, write_status
from agent.settings.dashboard_table import DashboardTable
from agent.settings.mistakes import SettingsError
from agent.settings.site import load_site
from agent.web.server import CannotListenError

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


async def test_tls(plant: Any, tmp_path: Path) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
    files = ["-keyout", str(tmp_path / "k.pem"), "-out", str(tmp_path / "c.pem")]
    await asyncio.to_thread(subprocess.run, [*command, *names, *files], check=True, capture_output=True, timeout=30)
    table = {"certificate_file": tmp_path / "c.pem", "key_file": tmp_path / "k.pem"}
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


async def test_a_mistake_in_the_file_of_people_is_told_before_serving(peopled: Any) -> None:
    """Exit 78: starting again would not help."""
    (peopled.site.folder / "people").write_text("boss secret Mallory\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"people:1:1: is no person .*manager or reader"):
        await serve_dashboard(Setup(peopled.site, FastClock(0, 1.0), DashboardTable(port=free_port())))


async def test_an_open_address_without_people_is_a_wrong_configuration(plant: Any) -> None:
    table = DashboardTable(host="0.0.0.0", port=free_port(), certificate_file=Path("c.pem"), key_file=Path("k.pem"))
    with pytest.raises(SettingsError, match="people: cannot be read"):
        await serve_dashboard(Setup(plant.site, FastClock(0, 1.0), table))


def test_the_credential_people_comes_before_the_file_of_the_folder(
    peopled: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service manager's folder of credentials is one for settings too: there, `people` is none of them."""
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "people").write_text("reader $argon2id$x tanaka\n", encoding="utf-8")
    (credentials / "people").chmod(0o400)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    setup = setup_of(load_site(peopled.site.folder), FastClock(0, 1.0))
    assert list(people_of(setup).by_name()) == ["tanaka"]
    (credentials / "people").unlink()
    assert len(people_of(setup).by_name()) == 2


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
