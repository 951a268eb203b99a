"""The two services, agent and bridge, from start to signal. Tells log and service manager how they stand."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from agent.bridge import Stats
from agent.carry import carry_lines
from agent.clock import SystemClock
from agent.keep_status import keep_status
from agent.mqtt import MqttClient
from agent.notify import Notifier
from agent.run import Agent, NeedsRestart, broker_of, open_agent
from agent.settings.mistakes import SettingsError
from agent.settings.site import Site, load_site
from agent.signals import on_hangup, until_signal
from agent.storage.refusal import StorageError

log = structlog.get_logger(__name__)

_LOOK_S = 2.0
_PATIENCE_S = 5.0
"""A connection that is up within this time is not worth a line."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """How a service stands: `beats` moves while it makes progress, `problems` is empty while all is well."""

    beats: Callable[[], int]
    problems: Callable[[], list[str]]
    status: Callable[[], str]


def pid_file_of(site: Site) -> Path:
    """Where a running agent leaves its process id, beside its journal."""
    path = site.path(site.file.journal.path)
    return path.with_name(path.name + ".pid")


def ask_to_reload(site: Site) -> str:
    """Send a running agent SIGHUP. Gives what stands in the way, empty when it was sent."""
    path = pid_file_of(site)
    try:
        os.kill(int(path.read_text(encoding="ascii")), signal.SIGHUP)
    except FileNotFoundError:
        return f"{path}: no agent of this site is running"
    except (ProcessLookupError, ValueError):
        return f"{path}: the agent that wrote this is gone; start it"
    except PermissionError as error:
        return f"{path}: {error.strerror}; ask as the agent's user or root"
    return ""


@contextmanager
def _pid_file(path: Path) -> Iterator[None]:
    """The agent's process id on disk. Reading meters does not wait for it on a disk that refuses."""
    try:
        path.write_text(str(os.getpid()), encoding="ascii")
    except OSError as error:
        hint = "`atsuen reload` will not find this agent; send it SIGHUP, or restart it once the disk takes data again"
        log.error("no_pid_file", file=str(path), reason=str(error.strerror), hint=hint)
        _remove(path)  # made, but empty
    try:
        yield
    finally:
        _remove(path)


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)


async def run_agent_service(site: Site) -> None:
    """The agent until SIGTERM or SIGINT. Devices and broker may be away: it starts, says so, and catches up.

    A disk that refuses while it runs is waited for. Raises StorageError when the journal cannot be opened, is damaged,
    or does not take at the end what was read.
    """
    try:
        async with open_agent(site, SystemClock()) as agent:
            with _pid_file(pid_file_of(site)):
                await _run_agent(agent)
    except ExceptionGroup as group:
        storage, others = group.split(StorageError)
        if storage is None or others is not None:
            raise
        raise _first_of(storage) from None


def _first_of(group: ExceptionGroup[StorageError]) -> StorageError:
    """The first error in a group of groups."""
    first = group.exceptions[0]
    return _first_of(first) if isinstance(first, ExceptionGroup) else first


async def _run_agent(agent: Agent) -> None:
    asked = asyncio.Event()
    on_hangup(asked.set)
    await _run(
        [agent.forward(), agent.poll(), _reload_when_asked(agent, asked), keep_status(agent, SystemClock())],
        _agent_pulse(agent),
    )


async def _reload_when_asked(agent: Agent, asked: asyncio.Event) -> None:
    """Read the site again at every SIGHUP. A site with mistakes changes nothing: the agent goes on as it was."""
    while True:
        await asked.wait()
        asked.clear()
        try:
            touched = await agent.reload(load_site(agent.site.folder))
        except SettingsError as error:
            for mistake in error.mistakes:
                log.error("not_reloaded", mistake=str(mistake))
        except NeedsRestart as error:
            log.error("not_reloaded", mistake=str(error))
        else:
            log.info("reloaded", touched=touched)


async def run_bridge_service(site: Site) -> None:
    """The bridge until SIGTERM or SIGINT. Broker and database may be away."""
    stats = Stats()
    client_id = f"atsuen-bridge-{site.file.site.id}-{socket.gethostname()}"  # bridges of a group are several
    async with MqttClient(broker_of(site.file.mqtt, client_id, site.folder)) as client:
        await _run([carry_lines(site, client, stats)], _bridge_pulse(client, stats))


async def _run(parts: list[Coroutine[None, None, None]], pulse: Pulse) -> None:
    notifier = Notifier()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(part) for part in parts]
        tasks.append(group.create_task(_watch(pulse, notifier)))
        notifier.ready(pulse.status())
        log.info("started", status=pulse.status())
        await until_signal()
        notifier.stopping()
        log.info("stopping")
        for task in tasks:
            task.cancel()


async def _watch(pulse: Pulse, notifier: Notifier) -> None:
    """Log each problem once when it comes and once when it has gone; give a sign of life only on progress."""
    told: set[str] = set()
    beats = pulse.beats()
    await asyncio.sleep(_PATIENCE_S)
    while True:
        problems = set(pulse.problems())
        for problem in sorted(problems - told):
            log.warning("degraded", problem=problem)
        if told and not problems:
            log.info("all_well_again")
        told = problems
        if pulse.beats() != beats:
            beats = pulse.beats()
            notifier.alive("; ".join([*sorted(problems), pulse.status()]))
        await asyncio.sleep(_LOOK_S)


def _agent_pulse(agent: Agent) -> Pulse:
    def problems() -> list[str]:
        broker = "" if agent.client.connected.is_set() else agent.client.last_error
        silent = [
            f"{device.endpoint}/{device.device}: {device.error}"
            for poller in agent.pollers
            for device in poller.health.devices.values()
            if device.error
        ]
        disk = f"journal: {agent.recorder.disk_error}" if agent.recorder.disk_error else ""
        told = (broker, agent.publisher.stats.last_error, disk, *silent, *agent.alerting.problems)
        return [problem for problem in told if problem]

    def status() -> str:
        waiting = agent.recorder.durable_seq - agent.publisher.stats.confirmed_seq
        frames = len(agent.recorder.waiting.batch.frames)
        held_up = f", {frames} frames wait for the disk" if agent.recorder.disk_error else ""
        return f"{agent.recorder.frames_durable} frames read, {waiting} rows not confirmed yet{held_up}"

    return Pulse(lambda: agent.recorder.beats, problems, status)


def _bridge_pulse(client: MqttClient, stats: Stats) -> Pulse:
    def problems() -> list[str]:
        broker = "" if client.connected.is_set() else client.last_error
        return [
            problem
            for problem in (broker, stats.last_error, stats.last_rejection, stats.gap, stats.status_error)
            if problem
        ]

    looks = iter(range(2**62))
    return Pulse(lambda: next(looks), problems, lambda: f"{stats.lines_delivered} lines stored")
