"""What the site does now: the running half hour, the day so far, and how reading and forwarding go."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from agent.accounting.interval import INTERVAL_S, Interval
from agent.accounting.window import WindowFigures, figures_over
from agent.clock import Clock
from agent.recorder import Recorder
from agent.settings.site import Site
from agent.site_factors import SiteFactors
from agent.storage.ledger import Ledger


@dataclass(frozen=True, slots=True)
class LiveFigures:
    """Figures of this moment (UTC milliseconds). A window is None while its factors are missing.

    `last_half_hour` is the newest closed half hour, `running` the one that is open, `day` the local day so far.
    """

    time_ms: int
    last_half_hour: WindowFigures | None
    running: WindowFigures | None
    day: WindowFigures | None
    problem: str


class Live:
    """Draws up live figures from the ledger and the recorder's running half hours."""

    def __init__(self, site: Site, clock: Clock, recorder: Recorder, ledger: Ledger, factors: SiteFactors) -> None:
        self._site = site
        self._clock = clock
        self._recorder = recorder
        self._ledger = ledger
        self._factors = factors

    async def figures(self) -> LiveFigures:
        """The figures of this moment."""
        running = {(i.device, i.point, i.start_utc_s): i for i in self._recorder.accounts.running()}
        return await asyncio.to_thread(self._figures, self._clock.now_ms(), running)

    def _figures(self, now_ms: int, running: dict[tuple[str, str, int], Interval]) -> LiveFigures:
        now_s = now_ms // 1000
        start = now_s - now_s % INTERVAL_S
        midnight = self._midnight(now_s)

        def find(device: str, point: str, start_utc_s: int) -> Interval | None:
            found = self._ledger.find(device, point, start_utc_s)
            return found[1] if found is not None else running.get((device, point, start_utc_s))

        def window(starts: range) -> WindowFigures | None:
            factors = self._factors.at(starts[0])
            if factors is None:
                return None
            return figures_over(self._site.streams, self._site.products, starts, find, factors)

        try:
            last = window(range(start - INTERVAL_S, start, INTERVAL_S))
            day = window(range(midnight, start + 1, INTERVAL_S))
            return LiveFigures(now_ms, last, window(range(start, start + 1, INTERVAL_S)), day, self._factors.problem)
        except ValueError as error:
            return LiveFigures(now_ms, None, None, None, str(error))

    def _midnight(self, now_s: int) -> int:
        local = datetime.fromtimestamp(now_s, self._site.file.site.zone)
        return int(local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp())


def mean_power_kw(figures: WindowFigures) -> Decimal | None:
    """The mean electric power drawn and generated over a window, from the electricity of the whole site."""
    spans = [w.spanned_ms for w in figures.streams if w.stream.is_total and w.stream.carrier == "electricity"]
    if not spans or not min(spans):
        return None
    hours = Decimal(timedelta(milliseconds=min(spans)) / timedelta(hours=1))
    return figures.amount_of("electricity") / hours
