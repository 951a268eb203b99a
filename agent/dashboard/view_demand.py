"""View 2, Demand: where the running half hour may end against the contract power, and what to switch off first."""

from collections.abc import Mapping
from dataclasses import dataclass

from agent.accounting.demand import Contract, DemandLevel, DemandNow
from agent.accounting.interval import INTERVAL_S
from agent.dashboard.demand import DemandDay, DemandMoment, LoadNow
from agent.dashboard.now import Now
from agent.dashboard.printing import Shown, local, number
from agent.dashboard.setup import Setup
from agent.dashboard.texts import DashboardTexts
from agent.reports.table import Column, Row, Table
from agent.reports.words import name_of

_STATES = {
    DemandLevel.UNKNOWN: "late",
    DemandLevel.CALM: "good",
    DemandLevel.POSSIBLE: "late",
    DemandLevel.EXPECTED: "bad",
    DemandLevel.EXCEEDED: "bad",
}
_S_PER_MINUTE = 60


@dataclass(frozen=True, slots=True)
class ShedLine:
    """A load in the page's list: its number for the texts that change, its name, and what it keeps."""

    number: int
    name: str
    keeps: str


def show_demand(say: DashboardTexts, setup: Setup, now: Now) -> Shown:
    """Every text of the view that changes, by key."""
    shown, demand = Shown(), now.readings.demand
    time_ms = now.readings.time_ms
    shown.put("clock", local(time_ms // 1000, setup.site.file.site.zone, "%Y-%m-%d %H:%M:%S"))
    shown.put("history_end", str(time_ms // 1000 - time_ms // 1000 % INTERVAL_S))
    _show_running(say, shown, demand.now if demand else None, time_ms)
    for index, load in enumerate(demand.loads if demand else (), 1):
        _show_load(say, shown, index, load)
    return shown


def _show_running(say: DashboardTexts, shown: Shown, now: DemandNow | None, time_ms: int) -> None:
    band = now.band if now else None
    shown.put("forecast", number(band.forecast_kw if band else None, 0))
    ends = {"low": number(band.low_kw, 0), "high": number(band.high_kw, 0)} if band else {}
    shown.put("band", say("demand_band", **ends) if ends else "")
    shown.put("mean", number(now.mean_kw if now else None, 0))
    shown.put("reached", number(now.reached_kw if now else None, 0))
    shown.put("margin", number(now.margin_kw if now else None, 0), _sign_of(now.margin_kw if now else None))
    shown.put("reduction", number(now.reduction_kw if now else None, 0))
    passed_min = time_ms // 1000 % INTERVAL_S / _S_PER_MINUTE
    left_min = INTERVAL_S / _S_PER_MINUTE - passed_min
    shown.put("left", number(left_min, 0))
    shown.put("passed", number(passed_min, 1))
    level = now.level if now else DemandLevel.UNKNOWN
    shown.put("level", _level(say, now, level), _STATES[level])


def _level(say: DashboardTexts, now: DemandNow | None, level: DemandLevel) -> str:
    if level is DemandLevel.UNKNOWN:
        return say(f"demand_{now.problem.value}" if now and now.problem else "demand_not_read")
    return say(f"demand_{level.value}")


def _sign_of(margin_kw: float | None) -> str:
    return "bad" if margin_kw is not None and margin_kw < 0 else ""


def _show_load(say: DashboardTexts, shown: Shown, index: int, load: LoadNow) -> None:
    shown.put(f"load{index}.power", number(load.power_kw, 0))
    shown.put(f"load{index}.frees", number(load.step.frees_kw, 0))
    shown.put(f"load{index}.total", number(load.step.total_kw, 0))
    shown.put(f"load{index}.now", say("shed_now") if load.step.is_needed else "", "bad" if load.step.is_needed else "")


def shed_lines(say: DashboardTexts, setup: Setup) -> list[ShedLine]:
    """The loads in the site's order."""
    streams = {stream.id: stream for stream in setup.site.streams}
    table = setup.site.file.demand
    return [
        ShedLine(index, name_of(say, streams[load.stream]), number(load.keeps_kw, 0))
        for index, load in enumerate(table.shed if table else (), 1)
    ]


def day_table(say: DashboardTexts, setup: Setup, day: DemandDay, contract: Contract) -> Table:
    """Today's half hours against the contract; the table behind the chart."""
    columns = (
        Column("from", say("time")),
        Column("demand_kw", say("demand"), 0, unit="kW"),
        Column("contract_kw", say("contract_power"), 0, unit="kW"),
        Column("alarm_kw", say("demand_alarm"), 0, unit="kW"),
    )
    rows: list[Row] = [
        (local(start, setup.site.file.site.zone, "%H:%M"), demand, contract.contract_kw, contract.alarm_kw)
        for start, demand in day.half_hours
    ]
    return Table(say("demand_today"), columns, tuple(rows), "demand")


def peak_text(say: DashboardTexts, setup: Setup, day: DemandDay) -> str:
    """The highest demand of the last days, and when it was."""
    if day.peak is None:
        return say("demand_no_peak")
    start, demand_kw = day.peak
    return say("demand_peak", kw=number(demand_kw, 0), time=local(start, setup.site.file.site.zone))


def demand_record(now: Now, demand: DemandMoment | None) -> Mapping[str, object]:
    """The figures of the view for JSON, unrounded."""
    running = demand.now if demand else None
    band = running.band if running else None
    return {
        "time_ms": now.readings.time_ms,
        "level": running.level.value if running else None,
        "problem": running.problem.value if running and running.problem else None,
        "reached_kw": running.reached_kw if running else None,
        "mean_kw": running.mean_kw if running else None,
        "forecast_kw": band.forecast_kw if band else None,
        "low_kw": band.low_kw if band else None,
        "high_kw": band.high_kw if band else None,
        "contract_kw": running.contract.contract_kw if running else None,
        "margin_kw": running.margin_kw if running else None,
        "reduction_kw": running.reduction_kw if running else None,
        "minutes_left": running.minutes_left if running else None,
        "loads": [_load_record(load) for load in (demand.loads if demand else ())],
    }


def _load_record(load: LoadNow) -> Mapping[str, object]:
    step = load.step
    return {"stream": step.id, "power_kw": load.power_kw, "frees_kw": step.frees_kw, "is_needed": step.is_needed}
