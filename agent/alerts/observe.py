"""Turns the site's figures into observations of alert rules, one function a kind. Knows no state of an alert."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from agent.accounting.baseline import Baseline
from agent.accounting.demand import DemandLevel, DemandNow
from agent.accounting.half_hours import SiteHalfHour
from agent.accounting.interval import INTERVAL_S
from agent.accounting.spans import Span
from agent.alerts.rules import COST_UNKNOWN, NO_COST, Cost, Observation, Unmeasured

HALF_HOUR_OF_DAY = 1 / 48
S_PER_HOUR = 3600


def observe_intensity(
    rule: str, window: Sequence[SiteHalfHour], baseline: Baseline, periods: float, yen_per_gj: float | None = None
) -> Observation:
    """By how many per cent a window of half hours, the newest last, lies over the baseline.

    A half hour is `periods` of the baseline's periods. The value is not known unless the whole window is; the cost is
    that of the newest half hour. Raises IndexError for an empty window.
    """
    newest = window[-1]
    start, end = newest.start_utc_s, newest.start_utc_s + INTERVAL_S
    known = [(each.energy_gj, each.production_t) for each in window]
    pairs = [(energy, made) for energy, made in known if energy is not None and made is not None]
    if len(pairs) < len(window):
        return Observation(rule, start, end, None)
    actual = sum(energy for energy, _ in pairs)
    enpi = baseline.enpi(sum(made for _, made in pairs), actual, periods * len(pairs))
    if enpi is None:
        return Observation(rule, start, end, None)
    energy_gj, made_t = pairs[-1]
    excess = max(0.0, energy_gj - baseline.expected_gj(made_t, periods))
    return Observation(rule, start, end, (enpi - 1) * 100, _cost_of_excess(newest, excess, yen_per_gj))


@dataclass(frozen=True, slots=True)
class Burner:
    """What a burner did over some time: fuel in the stream's unit, and whether it had charge. None: not known."""

    span: Span
    fuel: float | None
    has_charge: bool | None


def observe_burner(rule: str, burner: Burner, cost_per_unit: Cost) -> Observation:
    """Fuel per hour that was burnt without charge; 0 with charge."""
    start, end = burner.span.start_utc_s, burner.span.end_utc_s
    if burner.fuel is None or burner.has_charge is None:
        return Observation(rule, start, end, None)
    if burner.has_charge:
        return Observation(rule, start, end, 0.0, NO_COST)
    return Observation(rule, start, end, burner.fuel * S_PER_HOUR / (end - start), cost_per_unit.times(burner.fuel))


def last_weekend(now_utc_s: int, zone: ZoneInfo) -> Span:
    """The newest Saturday and Sunday that are over."""
    local = datetime.fromtimestamp(now_utc_s, zone).date()
    monday = local - timedelta(days=local.weekday())
    start, end = (
        int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())
        for day in (monday - timedelta(days=2), monday)
    )
    return Span((monday - timedelta(days=2)).isoformat(), start, end)


def observe_base_load(
    rule: str, weekend: Span, powers_kw: Sequence[float | None], limit_kw: float, cost_per_kwh: Cost
) -> Observation:
    """The least half-hour power of a weekend. Not known unless half of the half hours are.

    The cost is that of the power above the limit, over the whole weekend: a base load is there all the time.
    """
    start, end = weekend.start_utc_s, weekend.end_utc_s
    known = [power for power in powers_kw if power is not None]
    if not known or len(known) * 2 < len(powers_kw):
        return Observation(rule, start, end, None)
    excess_kwh = max(0.0, min(known) - limit_kw) * (end - start) / S_PER_HOUR
    return Observation(rule, start, end, min(known), cost_per_kwh.times(excess_kwh))


def observe_still(
    rule: str, from_utc_s: int, to_utc_s: int, last_utc_s: int | None, unmeasured: Unmeasured | None = None
) -> Observation:
    """How many seconds ago a device last answered, or a register last moved; None: nobody knows.

    It costs nothing that anybody could count: what is used meanwhile is `unmeasured`.
    """
    value = None if last_utc_s is None else float(max(0, to_utc_s - last_utc_s))
    return Observation(rule, from_utc_s, to_utc_s, value, COST_UNKNOWN, unmeasured)


def observe_demand(
    rule: str,
    from_utc_s: int,
    to_utc_s: int,
    demand: DemandNow,
    cost: Cost = COST_UNKNOWN,
    *,
    on_forecast: bool = False,
) -> Observation:
    """Where the running half hour's demand may end: its band's upper edge, or, `on_forecast`, the forecast alone.

    Once the contract power is passed, what is reached counts even without a forecast. `cost` is that of the energy
    above the alarm's power that came to be since the last look.
    """
    value = None
    if demand.band is not None:
        value = demand.band.forecast_kw if on_forecast else demand.band.high_kw
    elif demand.level is DemandLevel.EXCEEDED:
        value = demand.reached_kw
    return Observation(rule, from_utc_s, to_utc_s, value, cost)


def excess_over_kwh(from_kwh: float, to_kwh: float, alarm_kw: float) -> float:
    """What a half hour that went from one energy to another added above the energy of the alarm's power (kWh)."""
    alarm_kwh = alarm_kw * INTERVAL_S / S_PER_HOUR
    return max(0.0, to_kwh - alarm_kwh) - max(0.0, from_kwh - alarm_kwh)


def observe_residual(
    rule: str,
    span: Span,
    supply: Decimal | None,
    uses: Decimal | None,
    *,
    allowed_percent: float,
    cost_per_unit: Cost = COST_UNKNOWN,
) -> Observation:
    """What a balance does not account for, in per cent of its supply, whichever way it lies.

    The cost is that of what lies beyond the allowed share; a unit of the supply costs `cost_per_unit`.
    """
    if supply is None or uses is None or supply <= 0:
        return Observation(rule, span.start_utc_s, span.end_utc_s, None)
    residual, allowed = float(abs(supply - uses)), float(supply) * allowed_percent / 100
    cost = cost_per_unit.times(max(0.0, residual - allowed))
    return Observation(rule, span.start_utc_s, span.end_utc_s, residual / float(supply) * 100, cost)


def _cost_of_excess(half_hour: SiteHalfHour, excess_gj: float, yen_per_gj: float | None) -> Cost:
    """The cost of energy in excess, with as much CO2 a GJ as the half hour as a whole."""
    if not half_hour.energy_gj or half_hour.energy_gj < 0:
        return COST_UNKNOWN if half_hour.energy_gj is None else NO_COST
    co2_kg = None if half_hour.co2_kg is None else half_hour.co2_kg * excess_gj / half_hour.energy_gj
    return Cost(excess_gj, co2_kg, None if yen_per_gj is None else yen_per_gj * excess_gj)
