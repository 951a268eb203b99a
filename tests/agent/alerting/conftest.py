"""A site whose frames come from a test or from the simulated mill, a clock of the test's own, and alerts over it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.alerting.store import AlertsView, alerts_path, read_alerts
from agent.alerting.watch import LOOK_S, Alerting
from agent.recorder import Recorder
from agent.settings.site import Site, load_site
from collectors.frame import Frame, Kind, Layout, Quality
from collectors.simulated.mill import Mill

ROOT = Path(__file__).parents[3]
ZONE = ZoneInfo("Asia/Tokyo")
MARK = "# What the manager's pages and alerts rest on"
DEMO = (ROOT / "configs" / "demo" / "site.toml").read_text(encoding="utf-8").partition(MARK)[0]


def at(text: str) -> int:
    """UTC seconds of a Japanese local time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp())


class HandClock:
    """A clock that a test sets. The wall clock may step; the steady one goes on."""

    def __init__(self, now_s: int) -> None:
        self.wall_ms = now_s * 1000
        self.steady = 0.0

    def now_ms(self) -> int:
        return self.wall_ms

    def steady_s(self) -> float:
        return self.steady

    async def sleep_until(self, steady_s: float) -> None:
        await asyncio.sleep(0.01)

    def go_on(self, seconds: float) -> None:
        self.wall_ms += round(seconds * 1000)
        self.steady += seconds


@dataclass
class NoBroker:
    """A connection that never comes up."""

    connected: asyncio.Event = field(default_factory=asyncio.Event)
    connections: int = 0
    last_error: str = "broker 127.0.0.1:1: no connection"

    async def publish(self, message: object) -> int:
        raise AssertionError(message)


Values = Callable[[Layout, int], list[float]]
"""The raw values of a device at a time in ms."""


@dataclass
class Rig:
    """A recorder with alerts over it."""

    site: Site
    clock: HandClock
    recorder: Recorder
    alerting: Alerting

    async def read(self, values: Values, devices: Iterable[str]) -> None:
        """Read devices at this moment."""
        for device in devices:
            layout, time_ms = self.site.layouts[device], self.clock.now_ms()
            numbers = values(layout, time_ms)
            self.recorder.record(Frame.pack(layout, time_ms, numbers, [Quality.GOOD] * len(numbers)))

    async def look(self) -> None:
        await self.recorder.commit()
        await self.alerting.look()

    async def go_on(self, values: Values, devices: Iterable[str], seconds: float, poll_s: float = 10) -> None:
        """Let time run: devices are read every `poll_s`, and the alerts look as often as they do."""
        devices = list(devices)
        looked = 0.0
        for count in range(round(seconds / poll_s)):
            self.clock.go_on(poll_s)
            await self.read(values, devices)
            if (count + 1) * poll_s - looked >= LOOK_S:
                looked = (count + 1) * poll_s
                await self.look()

    @property
    def view(self) -> AlertsView:
        return read_alerts(alerts_path(self.site.path(self.site.file.journal.path)), 1000)

    def told(self, rule: str) -> list[tuple[str, int]]:
        """What happened to a rule, oldest first, each with its local hour and minute as seconds of the day."""
        return [(e.event.kind.value, e.event.time_utc_s) for e in reversed(self.view.events) if e.event.rule == rule]

    def raised(self) -> Mapping[str, float]:
        return {each.rule: each.value for each in self.alerting.state.raised()}


def of_mill(mill: Mill) -> Values:
    """What the mill's instruments show."""

    def values(layout: Layout, time_ms: int) -> list[float]:
        found = []
        for point in layout.points:
            if point.kind is Kind.COUNTER:
                found.append(float(mill.register(layout.device, point.id, time_ms)))
            elif point.id == "clock":
                found.append(float(time_ms))
            else:
                found.append(round(mill.gauge(layout.device, point.id, time_ms) / float(point.scale)))
        return found

    return values


@asynccontextmanager
async def open_rig(site: Site, clock: HandClock, gap_ms: int = 120_000) -> AsyncIterator[Rig]:
    """The recorder and the alerts of a site, as at a start of the agent."""
    recorder = Recorder(site.path(site.file.journal.path), ZONE, gap_ms)
    await recorder.open(site.layouts)
    alerting = Alerting(site, clock, clock.now_ms, recorder, NoBroker())
    await alerting.resume()
    try:
        yield Rig(site, clock, recorder, alerting)
    finally:
        await recorder.commit()
        await alerting.close()
        await recorder.close()


MakeSite = Callable[..., Site]


@pytest.fixture
def make_site(tmp_path: Path) -> MakeSite:
    """The demo's site with other tables behind it, or another site altogether."""

    def make(tables: str, base: str = DEMO) -> Site:
        shutil.copytree(ROOT / "configs" / "demo" / "devices", tmp_path / "devices", dirs_exist_ok=True)
        (tmp_path / "site.toml").write_text(base + tables, encoding="utf-8")
        return load_site(tmp_path)

    return make


def without_alerts(site: Site) -> Site:
    """The same site after somebody took all alerts out of its file."""
    return replace(site, file=site.file.model_copy(update={"alert": ()}))
