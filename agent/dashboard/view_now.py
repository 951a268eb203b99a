"""View 1, Now: the last hour, the shift, the day; power, fuels and production at this moment; the last day's course."""

from collections.abc import Mapping

from agent.accounting.calendar import fiscal_year_of
from agent.accounting.interval import INTERVAL_S
from agent.dashboard.now import Now, Readings, Window
from agent.dashboard.printing import Shown, difference, hours_between, local, number
from agent.dashboard.rates import Rate
from agent.dashboard.setup import Setup
from agent.dashboard.texts import DASHBOARD_TEXTS, DashboardTexts
from agent.dashboard.view_alerts import raised_lines
from agent.reports.columns import ratio
from agent.reports.energy import SiteSpan
from agent.reports.table import Column, Table

WINDOWS = ("hour", "shift", "day")
STALE_MS = 120_000
_EARLY_MS = 60_000


def show_now(say: DashboardTexts, setup: Setup, now: Now) -> Shown:
    """Every text of the view that changes, by key."""
    shown = Shown()
    _show_age(say, setup, shown, now.readings)
    _show_readings(say, shown, now.readings)
    _show_last_week(shown, now)
    for name, window in zip(WINDOWS, now.windows, strict=True):
        _show_window(say, setup, shown, name, window)
    shown.put("problem", now.problem, "bad" if now.problem else "")
    raised = raised_lines(say, setup.site, now.readings.raised)
    shown.put("alerts", raised, "bad" if raised else "")
    shown.put("newest_ms", str(now.readings.newest_ms))
    shown.put("history_end", str(now.history[-1][0].end_utc_s) if now.history else "")
    return shown


def history_table(say: DashboardTexts, setup: Setup, now: Now) -> Table:
    """The site by half hour; the table behind the chart."""
    zone = setup.site.file.site.zone
    columns = (
        Column("from", say("time")),
        Column("energy_intensity_gj_per_t", say("energy_intensity"), 2, unit="GJ/t"),
        Column("production_t", say("production"), 1, unit="t"),
        Column("energy_gj", say("energy"), 1, unit="GJ"),
        Column("co2_intensity_t_per_t", say("co2_intensity"), 3, unit="t-CO2/t"),
    )
    rows = [
        (
            local(span.start_utc_s, zone, "%H:%M"),
            ratio(site.energy_gj, site.production_t),
            site.production_t,
            site.energy_gj,
            ratio(site.co2_t, site.production_t),
        )
        for span, site in now.history
    ]
    return Table(say("history"), columns, tuple(rows), "history")


def now_record(now: Now) -> Mapping[str, object]:
    """The figures of the view for JSON, unrounded."""
    readings = now.readings
    return {
        "time_ms": readings.time_ms,
        "newest_ms": readings.newest_ms,
        "rates": [_rate(rate) for rate in readings.rates],
        "production": _rate(readings.production) if readings.production else None,
        "last_week_rates": [_rate(rate) for rate in now.last_week],
        "windows": {name: _window(window) for name, window in zip(WINDOWS, now.windows, strict=True)},
        "problem": now.problem,
    }


def _rate(rate: Rate) -> Mapping[str, object]:
    per_hour = None if rate.per_hour is None else float(rate.per_hour)
    return {"carrier": rate.carrier, "unit": rate.unit, "per_hour": per_hour}


def _window(window: Window) -> Mapping[str, object]:
    return {
        "from_utc_s": window.span.start_utc_s,
        "to_utc_s": window.span.end_utc_s,
        "now": _site(window.site),
        "last_week": _site(window.last_week),
        "expected_gj_per_t": None if window.expected_gj_per_t is None else float(window.expected_gj_per_t),
        "target_gj_per_t": window.target_gj_per_t,
        "target_co2_t_per_t": window.target_co2_t_per_t,
    }


def _site(site: SiteSpan | None) -> Mapping[str, float | None] | None:
    if site is None:
        return None
    figures = {
        "energy_gj": site.energy_gj,
        "co2_t": site.co2_t,
        "production_t": site.production_t,
        "energy_intensity_gj_per_t": ratio(site.energy_gj, site.production_t),
        "co2_intensity_t_per_t": ratio(site.co2_t, site.production_t),
    }
    return {key: None if value is None else float(value) for key, value in figures.items()}


def _show_age(say: DashboardTexts, setup: Setup, shown: Shown, readings: Readings) -> None:
    """How old the newest reading is; a sentence where that is not as it should be."""
    zone, age_ms = setup.site.file.site.zone, readings.time_ms - readings.newest_ms
    time = local(readings.newest_ms // 1000, zone, "%Y-%m-%d %H:%M:%S")
    clock = local(readings.time_ms // 1000, zone)
    shown.put("clock", clock)
    if not readings.newest_ms:
        shown.put("age", say("never_read"), "bad")
    elif age_ms < -_EARLY_MS:
        shown.put("age", say("from_the_future", time=time, clock=clock), "bad")
    elif age_ms > STALE_MS:
        shown.put("age", say("stale", time=time, age=say.age(age_ms)), "bad")
    else:
        shown.put("age", say("read_now", age=say.age(age_ms)), "good")


def _show_readings(say: DashboardTexts, shown: Shown, readings: Readings) -> None:
    for rate in readings.every_rate:
        shown.put(f"rate.{rate.carrier}.{rate.unit}", number(rate.per_hour, 1 if rate.unit == "t" else 0))
    start_ms = readings.time_ms - readings.time_ms % (INTERVAL_S * 1000)
    minutes = (readings.time_ms - start_ms) // 60_000
    shown.put("running.minutes", str(minutes))
    shown.put("running.progress", say("minutes_of_30", minutes=minutes))
    running = readings.running
    shown.put("running.energy", number(running.energy_gj if running else None, 1))
    shown.put("running.production", number(running.production_t if running else None, 1))
    shown.put("running.intensity", number(running.energy_intensity_gj_per_t if running else None, 2))


def _show_last_week(shown: Shown, now: Now) -> None:
    """Each rate beside that of a week before. More of it is neither better nor worse: that depends on what is made."""
    readings, hour = now.readings, now.windows[0].last_week
    made = Rate("production", "t", hour.production_t if hour else None)
    before = {(rate.carrier, rate.unit): rate.per_hour for rate in (*now.last_week, made)}
    for rate in readings.every_rate:
        base = before.get((rate.carrier, rate.unit))
        key = f"rate.{rate.carrier}.{rate.unit}"
        shown.put(f"{key}.last_week", number(base, 1 if rate.unit == "t" else 0))
        shown.put(f"{key}.difference", difference(rate.per_hour, base)[0])


def _show_window(say: DashboardTexts, setup: Setup, shown: Shown, name: str, window: Window) -> None:
    site, zone = window.site, setup.site.file.site.zone
    energy_gj, made_t = (site.energy_gj, site.production_t) if site else (None, None)
    intensity, co2 = ratio(energy_gj, made_t), ratio(site.co2_t, made_t) if site else None
    begin, end = hours_between(window.span.start_utc_s, window.span.end_utc_s, zone)
    has_begun = window.span.start_utc_s < window.span.end_utc_s
    shown.put(f"{name}.time", say("window_time", **{"from": begin, "to": end}) if has_begun else say("not_begun"))
    shown.put(f"{name}.intensity", number(intensity, 2))
    shown.put(f"{name}.why", _why_none(say, site) if intensity is None and has_begun else "")
    shown.put(f"{name}.co2", number(co2, 3))
    shown.put(f"{name}.energy", number(energy_gj, 1))
    shown.put(f"{name}.production", number(made_t, 1))
    before = ratio(window.last_week.energy_gj, window.last_week.production_t) if window.last_week else None
    for key, base in (
        ("expected", window.expected_gj_per_t),
        ("last_week", before),
        ("target", window.target_gj_per_t),
    ):
        shown.put(f"{name}.{key}", number(base, 2))
        shown.put(f"{name}.{key}_difference", *difference(intensity, base))
    shown.put(f"{name}.target_name", say("against_target", year=fiscal_year_of(window.span.start_utc_s, zone)))


def _why_none(say: DashboardTexts, site: SiteSpan | None) -> str:
    if site is None or site.energy_gj is None or site.production_t is None:
        return say("nothing_known")
    return say("no_production")


def carrier_name(say: DashboardTexts, carrier: str) -> str:
    """A carrier's name in the reader's language, where we have one."""
    if carrier == "electricity":
        return say("power")
    key = f"rate_{carrier}"
    return say(key) if key in DASHBOARD_TEXTS else carrier.replace("_", " ")


def rate_unit(rate: Rate) -> str:
    """The unit of a rate: kWh an hour are kW."""
    electric = {"kWh": "kW", "MWh": "MW", "GWh": "GW"}
    return electric.get(rate.unit, f"{rate.unit}/h".replace("m3", "m³"))
