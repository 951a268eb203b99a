"""The baseline that intensity is held against, fitted once from the stored days of its period. Reads the journal."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from agent.accounting.baseline import Baseline, fit_baseline
from agent.accounting.energy_points import energy_point
from agent.accounting.interval import INTERVAL_S
from agent.accounting.spans import Span, cut_spans
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
        spans = _periods(table, self._site.file.site.zone, now_utc_s)
        try:
            figures = query_time(self._site, spans) if spans else TimeFigures([], [], [])
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


def _periods(table: BaselineTable, zone: ZoneInfo, now_utc_s: int) -> list[Span]:
    """The whole periods of the baseline that have passed."""
    end = min(_midnight(table.to_day, zone), now_utc_s - now_utc_s % INTERVAL_S)
    if table.by == "week":
        days = [
            table.from_day + timedelta(days=7 * count) for count in range((table.to_day - table.from_day).days // 7)
        ]
        weeks = [Span(day.isoformat(), _midnight(day, zone), _midnight(day + timedelta(days=7), zone)) for day in days]
        return [week for week in weeks if week.end_utc_s <= end]
    start = _midnight(table.from_day, zone)
    whole = cut_spans(table.by, start, _midnight(table.to_day, zone), zone)
    return [span for span in whole if span.end_utc_s <= end]


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp())
