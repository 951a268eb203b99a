"""The task that looks at the site, steps the alerts, keeps what came of it, and has people told.

It never delays polling or committing: it reads through connections of its own, in a thread of its own.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

import structlog

from agent.alerting.channel import NotDelivered
from agent.alerting.channels import channels_of, mqtt_of
from agent.alerting.deliver import FIRST_PAUSE_S, Deliverer
from agent.alerting.gather import Gatherer
from agent.alerting.moments import Moment
from agent.alerting.notice import Wording
from agent.alerting.notify_mqtt import Connection
from agent.alerting.one_thread import OneThread
from agent.alerting.records import now_record
from agent.alerting.store import AlertStore, ChannelStanding, alerts_path
from agent.alerts.machine import AlertEvent, AlertsState, step
from agent.alerts.rules import AlertRule, Unwatched
from agent.clock import Clock
from agent.recorder import Recorder
from agent.settings.dashboard_rules import alert_rules_of
from agent.settings.site import Site
from agent.site_factors import SiteFactors
from agent.storage.refusal import StorageError
from agent.texts import texts_for

log = structlog.get_logger(__name__)

LOOK_S = 30.0
TELL_S = 60.0
"""So often what stands now is told on MQTT, and at once when an alert is raised or cleared."""

T = TypeVar("T")


class Alerting:
    """The alerts of a running agent.

    `problems` says what does not go as it should, `unwatched` why a rule cannot be watched; empty while all is well.
    """

    def __init__(
        self,
        site: Site,
        clock: Clock,
        now_ms: Callable[[], int],
        recorder: Recorder,
        connection: Connection,
        *,
        first_pause_s: float = FIRST_PAUSE_S,
    ) -> None:
        """`now_ms` gives stamps that never go back, as readings have them."""
        self._clock = clock
        self._now_ms = now_ms
        self._recorder = recorder
        self._connection = connection
        self._first_pause_s = first_pause_s
        self._path = alerts_path(site.path(site.file.journal.path))
        self._store = AlertStore(self._path)
        self._in_thread = OneThread("alerts")
        self._gatherer: Gatherer | None = None
        self._renewed = asyncio.Event()
        self._told = asyncio.Event()
        self._standings: tuple[ChannelStanding, ...] = ()
        self._storage_problem = ""
        self._last_look_s: float | None = None
        self.state = AlertsState()
        self.looks = 0
        self.unwatched = ""
        self._saved_unwatched: Unwatched | None = None
        self._set_up(site)

    @property
    def problems(self) -> list[str]:
        """What does not go as it should, a line each."""
        untold = [
            f"alerts by {each.channel}: {each.waiting} wait, {each.given_up} given up: {each.error}"
            for each in self._standings
            if each.waiting or each.given_up
        ]
        return [*([f"alerts: {self._storage_problem}"] if self._storage_problem else []), *untold]

    def adopt(self, site: Site) -> None:
        """Go on with a changed site from the next look on."""
        self._set_up(site)
        self._renewed.set()

    async def run(self) -> None:
        """Watch and tell until cancelled. Without rules, now or before, it does nothing."""
        try:
            await self.resume()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._watch(), name="watch")
                group.create_task(self._tell_now(), name="tell what stands")
                while True:
                    await self._deliver_until_renewed()
        finally:
            await self.close()

    async def close(self) -> None:
        """Close what is open, and end the thread."""
        await self._in_thread(self._close)
        self._in_thread.close()

    def _set_up(self, site: Site) -> None:
        notify = site.file.notify
        self._site = site
        self._rules: Sequence[AlertRule] = alert_rules_of(site.file.alert, site.file.demand)
        self._wording = Wording(site, texts_for(notify.language))
        self._channels = channels_of(site, self._connection, self._wording)
        self._mqtt = mqtt_of(site, self._connection, self._wording)
        self._deliverers = [
            Deliverer(channel, self._store, self._in_thread, first_pause_s=self._first_pause_s)
            for channel in self._channels
        ]

    async def resume(self) -> None:
        """Go on from the stored state; a disk that refuses is asked again."""
        while self._path.exists():
            try:
                self.state = await self._in_thread(self._store.load)
                break
            except StorageError as error:
                self._note_storage(str(error))
                await asyncio.sleep(self._first_pause_s)
        self._note_storage("")

    async def _watch(self) -> None:
        due_s = self._clock.steady_s()
        while True:
            if self._rules or self.state.raised():
                await self.look()
            now_s = self._clock.steady_s()
            due_s += LOOK_S * (max(0, int((now_s - due_s) / LOOK_S)) + 1)
            await self._clock.sleep_until(due_s)

    async def look(self) -> None:
        """Look once, and keep what came of it; a disk that refuses is asked again at the next look."""
        moment, site, rules = self._moment(), self._site, self._rules
        channels = [channel.name for channel in self._channels]
        try:
            state, events = await self._in_thread(lambda: self._step(moment, site, rules, channels))
        except StorageError as error:
            self._note_storage(str(error))
            return
        self._note_storage("")
        self._note_unwatched(self._saved_unwatched)
        self.state = state
        self.looks += 1
        for event in events:
            log.info("alert", what=event.kind.value, rule=event.rule, value=event.value, since_utc_s=event.since_utc_s)
        if events:
            self._told.set()
            for deliverer in self._deliverers:
                deliverer.woken.set()

    def _moment(self) -> Moment:
        """What the recorder knows now. Time in which this program stood still was not watched."""
        steady_s = self._clock.steady_s()
        watched_s = 0.0 if self._last_look_s is None else min(steady_s - self._last_look_s, 2 * LOOK_S)
        self._last_look_s = steady_s
        accounts = self._recorder.accounts
        read_ms = {device: accounts[device].last_ms for device in self._site.layouts}
        return Moment(self._now_ms(), watched_s, tuple(accounts.running()), read_ms)

    def _step(
        self, moment: Moment, site: Site, rules: Sequence[AlertRule], channels: Sequence[str]
    ) -> tuple[AlertsState, list[AlertEvent]]:
        """In the thread: gather, step, and store state and events together. Site and rules are of one reading."""
        if self._gatherer is None or self._gatherer.site is not site:
            self._close_gatherer()
            self._store.keep_channels(channels)
            self._gatherer = Gatherer(site, SiteFactors(site))
        state, events = step(rules, self.state, self._gatherer.observe(moment, self.state))
        unwatched = self._gatherer.problem
        if state != self.state or unwatched != self._saved_unwatched or not self.looks:
            self._store.save(state, events, channels, unwatched)
            self._saved_unwatched = unwatched
        self._standings = tuple(self._store.standings())
        return state, events

    async def _deliver_until_renewed(self) -> None:
        self._renewed.clear()
        if not self._path.exists() and not self._rules:
            await self._renewed.wait()
            return
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each.run(), name="deliver") for each in self._deliverers]
            await self._renewed.wait()
            for task in tasks:
                task.cancel()

    async def _tell_now(self) -> None:
        """Keep what stands with the broker: now and then, at every change and on every new connection."""
        while True:
            self._told.clear()
            if self._mqtt is not None and (self._rules or self.looks):
                problem = self._storage_problem or self.unwatched
                record = now_record(self._wording, self._now_ms() // 1000, self.state, self._standings, problem)
                try:
                    await self._mqtt.tell_now(record)
                except NotDelivered as error:
                    log.debug("alerts_not_told", reason=str(error))
            await self._wait_to_tell()

    async def _wait_to_tell(self) -> None:
        """Return when there is something to tell, when the broker is another connection, or after a minute."""
        connections, until_s = self._connection.connections, asyncio.get_running_loop().time() + TELL_S
        while asyncio.get_running_loop().time() < until_s and self._connection.connections == connections:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 1)
                return

    def _note_storage(self, problem: str) -> None:
        if problem and problem != self._storage_problem:
            log.error("alerts_stand_still", reason=problem)
        self._storage_problem = problem

    def _note_unwatched(self, unwatched: Unwatched | None) -> None:
        problem = "" if unwatched is None else self._wording.unwatched(unwatched)
        reason = "" if unwatched is None else Wording(self._site, texts_for("en")).unwatched(unwatched)
        if problem and problem != self.unwatched:
            log.warning("alert_not_watched", reason=reason)
        self.unwatched = problem

    def _close(self) -> None:
        self._close_gatherer()
        self._store.close()

    def _close_gatherer(self) -> None:
        if self._gatherer is not None:
            self._gatherer.close()
            self._gatherer = None
