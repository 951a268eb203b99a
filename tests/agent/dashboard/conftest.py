"""A journal of nine simulated days that a real recorder wrote, and the dashboard over it at a moment of our choice."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from agent.accounting.target import TargetFigure, TargetPath
from agent.clock import FastClock
from agent.dashboard.app import build_app
from agent.dashboard.setup import Setup
from agent.recorder import Recorder
from agent.settings.dashboard_table import DashboardTable
from agent.settings.site import Site, load_site
from agent.web.passwords import hash_password
from agent.web.people import Person, person_line
from collectors.frame import Frame, Kind, Layout, Quality
from collectors.simulated.mill import Mill

ROOT = Path(__file__).parents[3]
ZONE = ZoneInfo("Asia/Tokyo")
PASSWORD = "correct horse battery staple"
MANAGER, READER = "計量 責任者", "reader-1"
BASE = "http://127.0.0.1"


def at(text: str) -> int:
    """UTC seconds of a Japanese local time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp())


START_S, END_S = at("2023-09-25T00:00"), at("2023-10-03T10:10")
CADENCE_MS, LAST_MS = 600_000, 20_000


@dataclass(frozen=True)
class Plant:
    """The site, its mill with the truth, and the moment of the last reading."""

    site: Site
    mill: Mill
    now_s: int = END_S


Open = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


def frame_of(mill: Mill, layout: Layout, time_ms: int) -> Frame:
    values = []
    for point in layout.points:
        if point.kind is Kind.COUNTER:
            values.append(float(mill.register(layout.device, point.id, time_ms)))
        elif point.kind is Kind.GAUGE:
            values.append(round(mill.gauge(layout.device, point.id, time_ms) / float(point.scale)))
        else:
            values.append(0.0)
    return Frame.pack(layout, time_ms, values, [Quality.GOOD] * len(values))


async def record(site: Site, mill: Mill, path: Path) -> None:
    """Ten-minute readings for nine days, 20 s apart for the last three minutes."""
    recorder = Recorder(path, ZONE, 900_000)
    await recorder.open(site.layouts)
    coarse = list(range(START_S * 1000, END_S * 1000 - 180_000, CADENCE_MS))
    fine = list(range(END_S * 1000 - 180_000, END_S * 1000 + 1, LAST_MS))
    for index, time_ms in enumerate(coarse + fine):
        for layout in site.layouts.values():
            recorder.record(frame_of(mill, layout, time_ms))
        if index % 100 == 0:
            await recorder.commit()
    await recorder.commit()
    await recorder.close()


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mill]:
    """A site's folder with its journal; not to be changed. Recorded in a thread: a browser may have a loop here."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "configs" / "demo", folder, dirs_exist_ok=True)
    site = load_site(folder)
    mill = Mill(1, START_S * 1000)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(record(site, mill, folder / "journal.sqlite3"))).result()
    return folder, mill


@pytest.fixture
def plant(recorded: tuple[Path, Mill], tmp_path: Path) -> Plant:
    """A copy of the site for one test."""
    folder, mill = recorded
    shutil.copytree(folder, tmp_path / "site")
    return Plant(load_site(tmp_path / "site"), mill)


@pytest.fixture
def empty(tmp_path: Path) -> Plant:
    """A site whose agent has never run."""
    shutil.copytree(ROOT / "configs" / "demo", tmp_path / "site")
    return Plant(load_site(tmp_path / "site"), Mill(1, 0))


@pytest.fixture(scope="session")
def password_hash() -> str:
    return hash_password(PASSWORD)


@pytest.fixture
def peopled(plant: Plant, password_hash: str) -> Plant:
    """The site with a manager and a reader."""
    people = (Person(MANAGER, "manager", password_hash), Person(READER, "reader", password_hash))
    path = plant.site.folder / "people"
    path.write_text("".join(f"{person_line(person)}\n" for person in people), encoding="utf-8")
    path.chmod(0o600)
    return plant


@pytest.fixture
def open_dashboard() -> Open:
    """Opens a dashboard and a client that talks to it; tables and clock as asked for."""

    @asynccontextmanager
    async def open_it(
        plant: Plant,
        *,
        now_s: int | None = None,
        client: str = "127.0.0.1",
        base: str = BASE,
        **table: object,
    ) -> AsyncIterator[httpx.AsyncClient]:
        clock = FastClock((plant.now_s if now_s is None else now_s) * 1000, 1.0)
        path = TargetPath(TargetFigure.ENERGY_INTENSITY, 2013, 18.0, 2030, 14.0)
        app = build_app(Setup(plant.site, clock, DashboardTable(**table), (path,)))
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(client, 1234))
            async with httpx.AsyncClient(transport=transport, base_url=base) as asking:
                yield asking

    return open_it
