"""All observations of a site at one look, from journal and recorder. Used from one thread at a time."""

from collections.abc import Mapping
from pathlib import Path

from agent.accounting.interval import INTERVAL_S, Interval
from agent.alerting.half_hours import HalfHourRules
from agent.alerting.moments import Moment, MomentRules
from agent.alerting.unit_costs import UnitCosts
from agent.alerting.usual import UsualAmounts
from agent.alerts.machine import AlertsState
from agent.alerts.rules import Observation, Obstacle, Unwatched
from agent.settings.dashboard_rules import prices_of
from agent.settings.site import Site
from agent.site_factors import SiteFactors
from agent.storage.ledger import Ledger
from agent.storage.recent import RecentFrames
from agent.storage.refusal import refusals

SETTLE_S = 60
"""So long after its end a half hour is looked at: each device has been read by then, and it is closed."""
_AGAIN_S = 300
"""What was not known then is looked at again after so long: a device may have been late."""


class Gatherer:
    """Looks at a site. `problem` says why some rule cannot be observed, and is None while all can."""

    def __init__(self, site: Site, factors: SiteFactors) -> None:
        """Open the journal for reading. Raises StorageError."""
        self.site = site
        self._path: Path = site.path(site.file.journal.path)
        self._ledger = Ledger(self._path)
        self._frames = RecentFrames(self._path)
        costs = UnitCosts(factors, prices_of(site.file.price, site.file.site.zone))
        self._factors = factors
        self._half_hours = HalfHourRules(site, self._ledger, factors, costs)
        usual = UsualAmounts(site, self._ledger, costs)
        self._moments = MomentRules(site, self._frames, self._stored, costs, usual)
        self._closed_utc_s = self._looked_utc_s = 0
        self.problem: Unwatched | None = None

    def close(self) -> None:
        """Close the reading connections."""
        self._ledger.close()
        self._frames.close()

    def observe(self, moment: Moment, state: AlertsState) -> list[Observation]:
        """What is seen since the state was reached, rule by rule in order of time. Raises StorageError."""
        since = {rule.rule: rule.to_utc_s for rule in state.rules}
        standing = {state.rule: state.unmeasured.from_utc_s for state in state.raised() if state.unmeasured is not None}
        with refusals(self._path):
            return [
                *self._moments.observe(moment, since, standing),
                *self._look_at_half_hours(moment.now_ms // 1000, since),
            ]

    def _stored(self, device: str, point: str, start_utc_s: int) -> Interval | None:
        found = self._ledger.find(device, point, start_utc_s)
        return None if found is None else found[1]

    def _look_at_half_hours(self, now_utc_s: int, since: Mapping[str, int]) -> list[Observation]:
        settled = now_utc_s - SETTLE_S
        closed = settled - settled % INTERVAL_S
        if closed == self._closed_utc_s and 0 <= now_utc_s - self._looked_utc_s < _AGAIN_S:
            return []
        self._closed_utc_s, self._looked_utc_s = closed, now_utc_s
        try:
            found = self._half_hours.observe(closed, since)
        except ValueError as error:  # a carrier without a factor: the statement names it
            self.problem = Unwatched(Obstacle.NO_FIGURES, detail=str(error))
            return []
        factors = Unwatched(Obstacle.NO_FIGURES, detail=self._factors.problem) if self._factors.problem else None
        self.problem = self._half_hours.problem or factors
        return found
