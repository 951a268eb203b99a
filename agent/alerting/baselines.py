"""The baseline that intensity is held against, fitted once from the stored days of its period. Reads the journal."""

from agent.accounting.baseline import Baseline, fit_baseline
from agent.accounting.energy_points import energy_point
from agent.accounting.interval import INTERVAL_S
from agent.accounting.spans import midnight_utc_s, whole_spans
from agent.alerts.rules import Obstacle, Unwatched
from agent.query import TimeFigures, query_time
from agent.settings.dashboard_tables import BaselineTable
from agent.settings.mistakes import SettingsError
from agent.settings.site import Site

_AGAIN_S = 21_600
"""A baseline that could not be fitted is tried again after so long: days of its period may have come since."""


class BaselineKeeper:
    """The baseline of a site; `problem` says why there is none."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._table = site.file.baseline
        self._baseline: Baseline | None = None
        self._tried_utc_s: int | None = None
        self.problem: Unwatched | None = None

    def at(self, now_utc_s: int) -> Baseline | None:
        """The baseline, or None. Raises StorageError."""
        if self._table is None or self._baseline is not None:
            return self._baseline
        if self._tried_utc_s is None or not 0 <= now_utc_s - self._tried_utc_s < _AGAIN_S:
            self._tried_utc_s = now_utc_s
            self._fit(self._table, now_utc_s)
        return self._baseline

    def _fit(self, table: BaselineTable, now_utc_s: int) -> None:
        zone = self._site.file.site.zone
        end_utc_s = min(midnight_utc_s(table.to_day, zone), now_utc_s - now_utc_s % INTERVAL_S)
        spans = whole_spans(table.by, table.from_day, end_utc_s, zone)
        totals = [stream.id for stream in self._site.streams if stream.is_total]
        try:
            figures = query_time(self._site, spans, None, totals) if spans else TimeFigures([], [], [])
        except (SettingsError, ValueError) as error:
            self.problem = Unwatched(Obstacle.NO_FIGURES, detail=str(error).splitlines()[0])
            return
        fitted = fit_baseline(
            [energy_point(span, figures.lines, figures.products, index) for index, span in enumerate(spans)]
        )
        if isinstance(fitted, Baseline):
            self._baseline, self.problem = fitted, None
        else:
            self.problem = Unwatched(Obstacle(fitted.reason.value), fitted.points)
