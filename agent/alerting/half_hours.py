"""Observations that closed half hours give: intensity, residuals, base loads, burners that are judged by production.

Reads the ledger; knows no state of an alert but up to when each rule was observed. Used from one thread at a time.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from agent.accounting.baseline import Baseline
from agent.accounting.half_hours import KNOWN_SHARE, SiteBooks, SiteHalfHour, site_half_hours
from agent.accounting.interval import INTERVAL_MS, INTERVAL_S, Interval, Method
from agent.accounting.spans import Span
from agent.accounting.streams import HalfHour, Stream, half_hour_of
from agent.alerting.baselines import BaselineKeeper
from agent.alerting.unit_costs import UnitCosts
from agent.alerts.machine import CLOCK_STEP_S
from agent.alerts.observe import (
    HALF_HOUR_OF_DAY,
    Burner,
    last_weekend,
    observe_base_load,
    observe_burner,
    observe_intensity,
    observe_residual,
)
from agent.alerts.rules import COST_UNKNOWN, NO_COST, AlertKind, Cost, Observation, Unwatched
from agent.settings.dashboard_tables import AlertTable
from agent.settings.site import Site
from agent.site_factors import SiteFactors
from agent.storage.ledger import Ledger

USUAL_WINDOW_H = 4.0
"""Of an alert of intensity, where the site says nothing else: with less, one coil more or less decides."""
_PERIODS = {"day": HALF_HOUR_OF_DAY, "week": HALF_HOUR_OF_DAY / 7, "month": HALF_HOUR_OF_DAY * 12 / 365.25}
_CATCH_UP_S = 86_400
_READ = {Method.MEASURED, Method.WRAPPED, Method.REPLACED, Method.INTEGRATED}
"""A recovered half hour is a share by time of a longer gap: what it is set against may have been elsewhere in it."""
_KWH = {"kWh": 1.0, "MWh": 1e3, "GWh": 1e6}

FromUtcS = Mapping[str, int]
"""Up to when each rule was observed, by its id."""


class HalfHourRules:
    """The rules that look at closed half hours."""

    def __init__(self, site: Site, ledger: Ledger, factors: SiteFactors, costs: UnitCosts) -> None:
        self._site = site
        self._zone = site.file.site.zone
        self._ledger = ledger
        self._factors = factors
        self._costs = costs
        self._streams = {stream.id: stream for stream in site.streams}
        self._balances = {table.id: table for table in site.file.balance}
        self._baseline = BaselineKeeper(site)
        self._found: dict[tuple[str, str, int], Interval | None] = {}
        self._observers: Mapping[AlertKind, Callable[[AlertTable, int], Observation]] = {
            AlertKind.INTENSITY: self._intensity,
            AlertKind.RESIDUAL: self._residual,
            AlertKind.IDLE_BURNER: self._burner,
        }

    @property
    def problem(self) -> Unwatched | None:
        """Why a rule cannot be observed; None while all can."""
        return self._baseline.problem

    def observe(self, closed_utc_s: int, from_utc_s: FromUtcS) -> list[Observation]:
        """What the half hours say that ended by `closed_utc_s`, beginning where each rule was observed up to.

        Raises ValueError without a factor table, StorageError for a journal that cannot be read.
        """
        self._found.clear()
        found = []
        for table in self._site.file.alert:
            since = from_utc_s.get(table.id, 0)
            if table.kind is AlertKind.BASE_LOAD:
                found += self._base_load(table, closed_utc_s, since)
            elif table.kind in self._observers and table.charge is None:
                observer = self._observers[table.kind]
                found += [observer(table, start) for start in _starts(closed_utc_s, since)]
        return found

    def find(self, device: str, point: str, start_utc_s: int) -> Interval | None:
        """A half hour of a register; each is read once a look."""
        key = (device, point, start_utc_s)
        if key not in self._found:
            row = self._ledger.find(device, point, start_utc_s)
            self._found[key] = None if row is None else row[1]
        return self._found[key]

    def _intensity(self, table: AlertTable, start_utc_s: int) -> Observation:
        baseline = self._baseline.at(start_utc_s + INTERVAL_S)
        unknown = Observation(table.id, start_utc_s, start_utc_s + INTERVAL_S, None)
        by = self._site.file.baseline
        if baseline is None or by is None:
            return unknown
        count = max(1, round((table.window_h or USUAL_WINDOW_H) * 2))
        first = start_utc_s - (count - 1) * INTERVAL_S
        window = self._site_half_hours(range(first, start_utc_s + 1, INTERVAL_S))
        return self._against(table, window, baseline, _PERIODS[by.by]) if window else unknown

    def _against(
        self, table: AlertTable, window: Sequence[SiteHalfHour], baseline: Baseline, periods: float
    ) -> Observation:
        newest = window[-1]
        return observe_intensity(table.id, window, baseline, periods, self._yen_per_gj(newest))

    def _site_half_hours(self, starts: range) -> list[SiteHalfHour]:
        """Half hours under the factors of the newest; none without factors."""
        factors = self._factors.at(starts[-1])
        if factors is None:
            return []
        books = SiteBooks(self._site.streams, self._site.products, self._site.expected_gj_per_t, factors)
        return site_half_hours(books, starts, self.find)

    def _yen_per_gj(self, half_hour: SiteHalfHour) -> float | None:
        """The mean price of the energy of a half hour; None as soon as one price is not known."""
        if not half_hour.energy_gj:
            return None
        total = Decimal(0)
        for stream in self._site.streams:
            if not stream.is_total:
                continue
            found = half_hour_of(stream, half_hour.start_utc_s, self.find)
            price = self._costs.price(stream.id, half_hour.start_utc_s)
            if found is None or price is None:
                return None
            total += found.amount * price
        return float(total) / half_hour.energy_gj

    def _residual(self, table: AlertTable, start_utc_s: int) -> Observation:
        balance, span = self._balances[table.balance or ""], Span("", start_utc_s, start_utc_s + INTERVAL_S)
        supply, uses = self._sum(balance.supply, start_utc_s), self._sum(balance.uses, start_utc_s)
        per_unit = self._cost_per_unit(balance.supply, start_utc_s)
        allowed_percent = table.over_percent or 0.0
        return observe_residual(table.id, span, supply, uses, allowed_percent=allowed_percent, cost_per_unit=per_unit)

    def _cost_per_unit(self, names: Sequence[str], start_utc_s: int) -> Cost:
        """What a unit of some streams of one carrier costs on the average of a half hour."""
        total, amount = NO_COST, 0.0
        for stream in (self._streams[name] for name in names):
            half_hour = self._read(stream, start_utc_s)
            if half_hour is None:
                return COST_UNKNOWN
            total = total.plus(self._costs.of(stream, half_hour, start_utc_s).times(float(half_hour.amount)))
            amount += float(half_hour.amount)
        return total.times(1 / amount) if amount > 0 else COST_UNKNOWN

    def _burner(self, table: AlertTable, start_utc_s: int) -> Observation:
        """A burner without a state that tells of charge: without production it has none."""
        stream, span = self._streams[table.stream or ""], Span("", start_utc_s, start_utc_s + INTERVAL_S)
        half_hour = self._read(stream, start_utc_s)
        window = self._site_half_hours(range(start_utc_s, start_utc_s + 1, INTERVAL_S))
        made_t = window[0].production_t if window else None
        burner = Burner(span, None if half_hour is None else float(half_hour.amount), _is_positive(made_t))
        return observe_burner(table.id, burner, self._costs.of(stream, half_hour, start_utc_s))

    def _base_load(self, table: AlertTable, closed_utc_s: int, since: int) -> list[Observation]:
        weekend, stream = last_weekend(closed_utc_s, self._zone), self._streams[table.stream or ""]
        if weekend.end_utc_s <= since or table.limit is None:
            return []
        starts = range(weekend.start_utc_s, weekend.end_utc_s, INTERVAL_S)
        per_kw = 2 * _KWH[stream.unit]
        read = [self._read(stream, start) for start in starts]
        powers = [None if each is None else float(each.amount) * per_kw for each in read]
        per_kwh = self._costs.of(stream, None, weekend.start_utc_s).times(1 / _KWH[stream.unit])
        return [observe_base_load(table.id, weekend, powers, table.limit, per_kwh)]

    def _sum(self, names: Sequence[str], start_utc_s: int) -> Decimal | None:
        read = [self._read(self._streams[name], start_utc_s) for name in names]
        known = [each.amount for each in read if each is not None]
        return sum(known, Decimal(0)) if len(known) == len(read) else None

    def _read(self, stream: Stream, start_utc_s: int) -> HalfHour | None:
        """A half hour of a stream that was read as a whole, not shared out over a gap."""
        found = half_hour_of(stream, start_utc_s, self.find)
        if found is None or found.method not in _READ or found.spanned_ms < KNOWN_SHARE * INTERVAL_MS:
            return None
        return found


def _starts(closed_utc_s: int, since_utc_s: int) -> range:
    """The half hours that were not observed yet: of a day at most, and of a new rule the newest alone.

    A rule that was observed far in the future was so by a clock that has been corrected since: it begins anew.
    """
    if closed_utc_s <= since_utc_s < closed_utc_s + CLOCK_STEP_S:
        return range(0)
    is_new = not 0 < since_utc_s < closed_utc_s
    first = closed_utc_s - INTERVAL_S if is_new else max(closed_utc_s - _CATCH_UP_S, since_utc_s)
    return range(first - first % INTERVAL_S, closed_utc_s, INTERVAL_S)


def _is_positive(amount: float | None) -> bool | None:
    return None if amount is None else amount > 0
