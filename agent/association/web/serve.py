"""The association's service: takes files in by every way that is set up, asks questions, serves the pages."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from agent.accounting.factors import MissingFactor
from agent.association.inbox.database import StoreAway
from agent.association.inbox.from_folder import WatchedFolder
from agent.association.inbox.from_mqtt import Mailbox, client_at
from agent.association.inbox.office import Office
from agent.association.inbox.parcel import Outcome, Parcel, Receipt
from agent.association.inbox.service_file import WebTable
from agent.association.web.app import build_app
from agent.association.web.people import access_of, people_of
from agent.association.web.upload import Upload
from agent.clock import Clock
from agent.notify import Notifier
from agent.run import broker_of
from agent.settings.mistakes import SettingsError
from agent.signals import until_signal
from agent.web.auth import Gatekeeper
from agent.web.server import Address, serve_app

log = structlog.get_logger(__name__)

_LOOK_S = 2.0
_PAUSE_S = 10.0
_GATHER_S = 3.0
"""After a new document, so long until questions are asked: of many that come together they are asked once."""


class _Desk:
    """One file at a time, in a thread; notes which years have new documents to ask about."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._one = asyncio.Lock()
        self._fresh: asyncio.Queue[int] = asyncio.Queue()

    async def take(self, parcel: Parcel) -> Receipt:
        """What became of a file. Raises StoreAway."""
        async with self._one:
            receipt = await asyncio.to_thread(self._office.receiver.take, parcel)
        if receipt.outcome is Outcome.ACCEPTED and receipt.identity is not None:
            self._fresh.put_nowait(receipt.identity.fiscal_year)
        return receipt

    async def ask(self) -> None:
        """Ask about the documents of all open years, then of those that get new ones, until cancelled."""
        async with self._one:
            await asyncio.to_thread(self._look_again)
        years = set(self._office.service.open_years)
        while True:
            for year in sorted(years):
                with suppress(MissingFactor, SettingsError):  # the form says so too; without factors nothing is asked
                    await asyncio.to_thread(self._office.ask, year)
            years = {await self._fresh.get()}
            await asyncio.sleep(_GATHER_S)
            while not self._fresh.empty():
                years.add(self._fresh.get_nowait())

    def _look_again(self) -> None:
        for receipt in self._office.receiver.take_held_again():
            log.info("held_again", outcome=receipt.outcome.value, identity=str(receipt.identity or ""))


async def serve_association(office: Office, clock: Clock) -> None:
    """Serve until cancelled. Raises SettingsError for the people's file, OSError when it cannot listen."""
    service = office.service
    people = people_of(service)
    people.check()
    gatekeeper = Gatekeeper(access_of(service.file.web), people, clock.steady_s)
    desk = _Desk(office)
    app = build_app(office, gatekeeper, Upload(service.file.upload, clock.steady_s, desk.take))
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        ways = await _ways_in(office, desk, stack)
        for part in ways.parts:
            group.create_task(part)
        group.create_task(_tell_problems(ways))
        group.create_task(_again_and_again(desk))
        group.create_task(serve_app(app, _address(service.file.web, service.folder)))


def _address(web: WebTable, folder: Path) -> Address:
    """Where `[web]` says that the pages are served."""
    return Address(
        web.host,
        web.port,
        folder / web.certificate_file if web.certificate_file else None,
        folder / web.key_file if web.key_file else None,
        "choose another port in [web]",
    )


async def run_association_service(office: Office, clock: Clock) -> None:
    """The service until SIGTERM or SIGINT. Raises what `serve_association` raises."""
    web, notifier = office.service.file.web, Notifier()
    scheme = "http" if web.certificate_file is None else "https"
    serving = asyncio.create_task(serve_association(office, clock))
    stopped = asyncio.create_task(until_signal())
    status = f"{scheme}://{web.host}:{web.port}/"
    log.info("association", address=status)
    notifier.ready(status)
    beating = asyncio.create_task(_beat(notifier, status))
    await asyncio.wait([serving, stopped], return_when=asyncio.FIRST_COMPLETED)
    notifier.stopping()
    for task in (stopped, serving, beating):
        task.cancel()
    for result in await asyncio.gather(serving, stopped, beating, return_exceptions=True):
        if isinstance(result, BaseExceptionGroup):
            raise _first_of(result)
        if isinstance(result, Exception):
            raise result


@dataclass(slots=True)
class _Ways:
    """The ways in beside the upload: what they do, and what is the matter with them (empty: nothing)."""

    parts: list[Coroutine[None, None, None]] = field(default_factory=list)
    problems: list[Callable[[], str]] = field(default_factory=list)


async def _ways_in(office: Office, desk: _Desk, stack: AsyncExitStack) -> _Ways:
    file, folder = office.service.file, office.service.folder
    ways = _Ways()
    if file.mqtt is not None:
        name = f"atsuen-association-{socket.gethostname()}-{file.web.port}"  # of two on one machine each has its own
        client = client_at(broker_of(file.mqtt, name, folder))
        mailbox = Mailbox(client, file.mqtt.topic_root, desk.take)
        await stack.enter_async_context(client)
        ways.parts.append(mailbox.empty())
        ways.problems += [lambda: mailbox.problem, lambda: "" if client.connected.is_set() else client.last_error]
    if file.folder is not None:
        watched = WatchedFolder(folder / file.folder.path, file.folder, desk.take)
        ways.parts.append(watched.watch())
        ways.problems.append(lambda: watched.problem)
    return ways


async def _tell_problems(ways: _Ways) -> None:
    """Log each problem once when it comes, and that all is well again."""
    told: set[str] = set()
    while True:
        await asyncio.sleep(_LOOK_S)
        problems = {problem() for problem in ways.problems} - {""}
        for problem in sorted(problems - told):
            log.warning("degraded", problem=problem)
        if told and not problems:
            log.info("all_well_again")
        told = problems


async def _again_and_again(desk: _Desk) -> None:
    """Ask, and go on after the database was away."""
    while True:
        try:
            await desk.ask()
        except StoreAway as error:
            log.warning("store_away", problem=str(error))
            await asyncio.sleep(_PAUSE_S)


async def _beat(notifier: Notifier, status: str) -> None:
    """A sign of life as long as the event loop turns."""
    while True:
        notifier.alive(status)
        await asyncio.sleep(_LOOK_S)


def _first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    first = group.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first
