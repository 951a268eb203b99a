"""The agent put together: opens everything, one task group, no logic of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from agent.accounting.counters import Replacement
from agent.alerting.watch import Alerting
from agent.clock import Clock
from agent.declared_replacements import declared_replacements
from agent.encoder import Encoder
from agent.live import Live
from agent.mqtt import Broker, Message, MqttClient, Tls
from agent.poll import Poller
from agent.polling import Polling
from agent.publish import DESTINATION, Publisher, topic_of
from agent.recorder import Recorder, Resumed
from agent.settings.model import MqttTable
from agent.settings.site import Site
from agent.site_factors import SiteFactors
from agent.storage.bounds import Bounds
from agent.storage.ledger import Ledger
from agent.storage.refusal import DiskRefuses
from agent.storage.reserve import RESERVE_BYTES
from agent.timekeeper import Timekeeper

log = structlog.get_logger(__name__)

_BOUNDS_S = 10.0
_DAY_MS = 86_400_000


def broker_of(settings: MqttTable, client_id: str, folder: Path) -> Broker:
    """The broker that a site file names; relative paths of certificates start at the site's folder."""
    tls = None
    if settings.ca_file is not None:
        certificate = folder / settings.certificate_file if settings.certificate_file else None
        key = folder / settings.key_file if settings.key_file else None
        tls = Tls(folder / settings.ca_file, certificate, key)
    password = settings.password.get_secret_value() if settings.password is not None else None
    return Broker(settings.host, client_id, settings.port, settings.username, password, tls, window=settings.window)


class NeedsRestart(Exception):  # noqa: N818 - what is to be done
    """The changed site has something new that a running agent can not take over."""


_FIXED: Mapping[str, Callable[[Site], object]] = {
    "site.id": lambda site: site.file.site.id,
    "site.time_zone": lambda site: site.file.site.time_zone,
    "journal.path": lambda site: site.path(site.file.journal.path),
    "journal.gap_s": lambda site: site.file.journal.gap_s,
    "mqtt": lambda site: site.file.mqtt,
}


class Agent:
    """The parts of a running agent. Made by `open_agent`."""

    def __init__(
        self,
        site: Site,
        clock: Clock,
        recorder: Recorder,
        resumed: Resumed,
        client: MqttClient,
        *,
        replacements: tuple[Replacement, ...],
    ) -> None:
        keeper = Timekeeper(clock, resumed.last_time_ms, recorder.note)
        self.site = site
        self._replacements = replacements
        self._keeper = keeper
        self.recorder = recorder
        self.client = client
        self._polling = Polling(site.endpoints, clock, keeper, recorder)
        path = site.path(site.file.journal.path)
        factors = SiteFactors(site)
        self._ledgers = (Ledger(path), Ledger(path))
        self._encoder = Encoder(site.file.site.id, (*site.streams, *site.products), self._ledgers[0], factors)
        self.publisher = Publisher(
            site.file.site.id,
            site.file.mqtt,
            resumed.cursors.get(DESTINATION, 0),
            client=client,
            recorder=recorder,
            encoder=self._encoder,
            clock=clock,
        )
        self.live = Live(site, clock, recorder, self._ledgers[1], factors)
        self.alerting = Alerting(site, clock, keeper.now_ms, recorder, client)
        self._clock = clock

    @property
    def pollers(self) -> list[Poller]:
        """How polling goes, by endpoint."""
        return self._polling.pollers

    async def poll(self) -> None:
        """Poll every endpoint until cancelled."""
        await self._polling.run()

    async def reload(self, site: Site) -> list[str]:
        """Go on with a changed site; gives what was touched. Counters, cursors and untouched endpoints go on.

        Raises NeedsRestart, and changes nothing, for what only a restart can change.
        """
        fixed = [name for name, read in _FIXED.items() if read(site) != read(self.site)]
        if fixed:
            raise NeedsRestart(f"{', '.join(fixed)} changed: restart the agent for that")
        declared = declared_replacements(site)
        changed = set(declared) ^ set(self._replacements)
        factors = SiteFactors(site)
        self._encoder.adopt((*site.streams, *site.products), factors)
        self.live = Live(site, self._clock, self.recorder, self._ledgers[1], factors)
        self.site = site

        def adopt_accounts() -> None:
            self.recorder.accounts.adopt(site.layouts, declared, site.coils)

        touched = await self._polling.adopt(site.endpoints, adopt_accounts)
        self._replacements = declared
        self.alerting.adopt(site)
        for swap in changed:
            self.recorder.draw_again(swap.device, swap.at_ms)
        return touched

    async def forward(self) -> None:
        """Commit, publish, watch for alerts and hold the journal within its bounds until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.recorder.run(), name="commit")
            group.create_task(self.publisher.run(), name="publish")
            group.create_task(self.alerting.run(), name="alerts")
            group.create_task(self._keep_within(), name="keep within bounds")

    async def _keep_within(self) -> None:
        """Hold the journal within its bounds; a disk that refuses even that is asked again."""
        table = self.site.file.journal
        bounds = Bounds(int(table.keep_days * _DAY_MS), int(table.max_mb * 1e6), int(table.free_mb * 1e6))
        while True:
            await asyncio.sleep(_BOUNDS_S)
            try:
                await self.recorder.keep_within(bounds, self.publisher.stats.confirmed_seq, self._keeper.now_ms())
            except DiskRefuses as refusal:
                log.error("journal_cannot_shrink", reason=refusal.reason, hint=refusal.hint)

    def close(self) -> None:
        """Close the reading connections."""
        for ledger in self._ledgers:
            ledger.close()


@asynccontextmanager
async def open_agent(site: Site, clock: Clock) -> AsyncIterator[Agent]:
    """An agent whose journal and broker connection are open. Raises StorageError, or ValueError for TLS files."""
    settings, declared = site.file.journal, declared_replacements(site)
    recorder = Recorder(
        site.path(settings.path),
        site.file.site.zone,
        int(settings.gap_s * 1000),
        commit_s=settings.commit_s,
        replacements=declared,
        coils=site.coils,
        reserve_bytes=RESERVE_BYTES,
    )
    resumed = await recorder.open(site.layouts)
    site_id = site.file.site.id
    in_order = False
    try:
        will = Message(topic_of(site.file.mqtt, site_id, "status"), b'{"state": "offline"}', retain=True)
        broker = broker_of(site.file.mqtt, f"atsuen-agent-{site_id}", site.folder)
        async with MqttClient(broker, will) as client:
            agent = Agent(site, clock, recorder, resumed, client, replacements=declared)
            try:
                yield agent
                in_order = True
            finally:
                agent.close()
    finally:
        await recorder.close(in_order=in_order)
