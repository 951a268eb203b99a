"""The demonstration put together: mill, broker, agent and bridge in one process, on 127.0.0.1 and on a fast clock."""

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.live import Live as Screen
from rich.progress import Progress

from agent.bridge import Stats
from agent.carry import carry_lines
from agent.clock import FastClock
from agent.dashboard.serve import serve_dashboard
from agent.dashboard.setup import Setup, setup_of
from agent.demo.broker import DemoBrokerMissing, serve_broker
from agent.demo.past import START_MS, Past
from agent.demo.summary import Summary, summarise
from agent.demo.view import live_view, plain_line, summary_view
from agent.keep_status import keep_status
from agent.mqtt import MqttClient
from agent.run import Agent, broker_of, open_agent
from agent.settings.endpoints import Endpoint
from agent.settings.resources import configs_folder
from agent.settings.site import Site, load_site
from agent.signals import until_signal
from agent.storage.ledger import count_frames
from agent.texts import Texts
from agent.web.server import CannotListenError
from collectors.simulated.mill import Mill
from collectors.simulated.serve import serve_mill

_SCREEN_S = 0.5
_LINE_S = 5.0
_DRAIN_S = 60.0
_DECIDE_LOOKS, _DECIDE_LOOK_S = 250, 0.02


class DemoFailed(Exception):  # noqa: N818 - what happened to the demonstration
    """The demonstration could not be carried through; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the command line asks for. `mqtt` is an outside broker (host, port), `data` a new folder to keep."""

    seconds: float | None
    speed: float
    first_port: int | None
    influx: str | None
    mqtt: tuple[str, int] | None
    data: Path | None
    texts: Texts
    past: Past
    has_dashboard: bool = True


async def run_demo(options: DemoOptions, *, quiet: bool) -> Summary:
    """Run the demonstration; with `quiet` nothing is drawn. Raises DemoFailed."""
    console = Console(quiet=quiet)
    try:
        async with _open_demo(options, console) as demo:
            console.print(options.texts("demo_start", speed=options.speed, folder=demo.agent.site.folder))
            if options.past.days:
                console.print(options.texts("demo_past", days=options.past.days))
            if demo.dashboard is not None:
                table = demo.dashboard.table
                console.print(options.texts("demo_dashboard", url=f"http://{table.host}:{table.port}/"))
            summary = await demo.run(options, console)
    except (DemoBrokerMissing, OSError) as error:
        raise DemoFailed(str(error)) from error
    except ExceptionGroup as group:
        taken = group.subgroup(CannotListenError)
        if taken is None:
            raise
        raise DemoFailed(str(taken.exceptions[0])) from group
    console.print(summary_view(options.texts, summary))
    return summary


@asynccontextmanager
async def _open_demo(options: DemoOptions, console: Console) -> AsyncIterator["_Demo"]:
    clock = FastClock(START_MS, options.speed)
    mill = options.past.mill()
    async with AsyncExitStack() as stack:
        folder = options.data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="atsuen-demo-")))
        folder.mkdir(parents=True, exist_ok=True)
        shipped = replace(load_site(configs_folder() / "demo"), folder=folder)
        past_frames = await _write_past(options, shipped, mill, console)
        servers = await stack.enter_async_context(serve_mill(mill, clock.now_ms, options.first_port))
        address = options.mqtt
        if address is None:
            port = None if options.first_port is None else options.first_port + len(servers.ports)
            address = ("127.0.0.1", stack.enter_context(serve_broker(folder, port)))
        site = _placed(shipped, dict(servers.ports), address, options.influx)
        dashboard = None
        if options.has_dashboard:
            after = None if options.first_port is None else options.first_port + len(servers.ports) + 1
            dashboard = setup_of(site, clock, after or _free_port())
        client = await stack.enter_async_context(MqttClient(broker_of(site.file.mqtt, "atsuen-bridge-demo", folder)))
        agent = await stack.enter_async_context(open_agent(site, clock))
        clock.begin()
        yield _Demo(agent, client, mill, clock, dashboard, past_frames=past_frames)


async def _write_past(options: DemoOptions, site: Site, mill: Mill, console: Console) -> int:
    """Fill the journal with the mill's past, with a bar on a terminal; gives how many readings are kept of it.

    Raises FileExistsError for a journal that is there.
    """
    path = site.path(site.file.journal.path)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(options.texts("demo_writes_past"), total=1.0)
        await asyncio.to_thread(options.past.write, site, path, mill, lambda share: bar.update(task, completed=share))
    return count_frames(path) if options.past.days else 0


def _placed(site: Site, ports: dict[str, int], broker: tuple[str, int], influx: str | None) -> Site:
    """The shipped demo site at the ports of this run."""
    file = site.file
    mqtt = file.mqtt.model_copy(update={"host": broker[0], "port": broker[1]})
    bridge = file.bridge if influx is None else file.bridge.model_copy(update={"sink": "influx"})
    database = file.influx if influx is None else file.influx.model_copy(update={"url": influx})
    placed = file.model_copy(update={"mqtt": mqtt, "bridge": bridge, "influx": database})
    endpoints = tuple(_at_port(endpoint, ports[endpoint.id]) for endpoint in site.endpoints)
    return replace(site, file=placed, endpoints=endpoints)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _at_port(endpoint: Endpoint, port: int) -> Endpoint:
    address = {"port": port} if hasattr(endpoint.settings, "port") else {"url": f"opc.tcp://127.0.0.1:{port}"}
    return replace(endpoint, settings=endpoint.settings.model_copy(update=address))


class _Demo:
    """A running demonstration."""

    def __init__(
        self,
        agent: Agent,
        client: MqttClient,
        mill: Mill,
        clock: FastClock,
        dashboard: Setup | None,
        *,
        past_frames: int,
    ) -> None:
        self.agent = agent
        self.dashboard = dashboard
        self._client = client
        self._mill = mill
        self._clock = clock
        self._bridge = Stats()
        self._past_frames = past_frames

    async def run(self, options: DemoOptions, console: Console) -> Summary:
        """Poll for the asked time or until a signal, wait until everything read is stored, and sum up."""
        async with asyncio.TaskGroup() as group:
            carrying = [
                group.create_task(self.agent.forward()),
                group.create_task(carry_lines(self.agent.site, self._client, self._bridge)),
                group.create_task(keep_status(self.agent, self._clock)),
            ]
            if self.dashboard is not None:
                carrying.append(group.create_task(serve_dashboard(self.dashboard)))
            polling = [group.create_task(self.agent.poll()), group.create_task(self._show(options.texts, console))]
            with suppress(TimeoutError):
                await asyncio.wait_for(until_signal(), options.seconds)
            await self._until_decided()
            await _cancel(polling)
            end_ms = self._clock.now_ms()
            await self.agent.recorder.commit()
            await self._drain()
            await _cancel(carrying)
        return summarise(self.agent, self._mill, self._bridge, START_MS, end_ms, past_frames=self._past_frames)

    async def _until_decided(self) -> None:
        """Read on until no reading waits for the next one: a register that wrapped is believed when it goes on."""
        for _ in range(_DECIDE_LOOKS):
            if not self.agent.recorder.accounts.is_undecided:
                return
            await asyncio.sleep(_DECIDE_LOOK_S)

    async def _show(self, texts: Texts, console: Console) -> None:
        if not console.is_terminal:
            while True:
                await asyncio.sleep(_LINE_S)
                figures = await self.agent.live.figures()
                console.print(plain_line(texts, self._local_time(), figures, self.agent.publisher.stats))
        with Screen(console=console, auto_refresh=False, screen=False) as screen:
            while True:
                figures = await self.agent.live.figures()
                health = [poller.health for poller in self.agent.pollers]
                stats = self.agent.publisher.stats
                view = live_view(texts, self._local_time(), figures, health, publishing=stats, bridge=self._bridge)
                screen.update(view, refresh=True)
                await asyncio.sleep(_SCREEN_S)

    def _local_time(self) -> str:
        moment = datetime.fromtimestamp(self._clock.now_ms() / 1000, self.agent.site.file.site.zone)
        return moment.strftime("%Y-%m-%d %H:%M:%S %Z")

    async def _drain(self) -> None:
        """Wait until the bridge has confirmed everything that is in the journal."""
        try:
            await asyncio.wait_for(self.agent.publisher.drained(), _DRAIN_S)
        except TimeoutError:
            problem = self.agent.publisher.stats.last_error or self._bridge.last_error or "no reason is known"
            raise DemoFailed(f"not everything could be stored within {_DRAIN_S:.0f} s: {problem}") from None


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
