"""Turns the checked tables of the manager's pages into what accounting and alerts work with."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import overload
from zoneinfo import ZoneInfo

from agent.accounting.baseline import Measure
from agent.accounting.demand import Contract
from agent.accounting.prices import Price
from agent.accounting.target import TargetPath
from agent.alerts.rules import AlertKind, AlertRule
from agent.settings.dashboard_tables import AlertTable, DemandTable, MeasureTable, PriceTable, TargetTable

HYSTERESIS_PERCENT = 10.0
"""An alert is cleared so much below its limit, where the site says nothing else."""
DEMAND_HYSTERESIS_PERCENT = 1.0
"""Of the demand alarm: its limit lies so close to the contract power that ten per cent below is another day."""

_S_PER_MINUTE = 60
_STILL = {AlertKind.SILENT, AlertKind.STUCK}
"""Their value is a time that falls to zero at once: no hysteresis, and the time itself is the limit."""


def contract_of(table: DemandTable) -> Contract:
    """The contract power with its alarm."""
    return Contract(table.contract_kw, table.alarm_percent)


def paths_of(tables: Iterable[TargetTable]) -> tuple[TargetPath, ...]:
    """The paths to the targets."""
    return tuple(TargetPath(each.figure, each.base_year, each.base, each.year, each.value) for each in tables)


def prices_of(tables: Iterable[PriceTable], zone: ZoneInfo) -> tuple[Price, ...]:
    """The prices, from local midnight to local midnight."""
    return tuple(
        Price(each.stream, each.yen_per_unit, _midnight(each.valid_from, zone), _midnight(each.valid_to, zone))
        for each in tables
    )


def measures_of(tables: Iterable[MeasureTable], zone: ZoneInfo, language: str) -> tuple[Measure, ...]:
    """The measures, named in a language where they have a name in it."""
    return tuple(
        Measure(_name(each.name_ja, each.name_en, language), _midnight(each.from_day, zone)) for each in tables
    )


def alert_rules_of(tables: Iterable[AlertTable], demand: DemandTable | None) -> tuple[AlertRule, ...]:
    """The rules of alerts whose keys were checked."""
    return tuple(_rule(table, _limit(table, demand)) for table in tables)


def _rule(table: AlertTable, limit: float) -> AlertRule:
    if table.kind in _STILL:
        return AlertRule(table.id, table.kind, limit, limit, 0, round((table.clear_min or 0) * _S_PER_MINUTE))
    usual = DEMAND_HYSTERESIS_PERCENT if table.kind is AlertKind.DEMAND else HYSTERESIS_PERCENT
    percent = usual if table.hysteresis_percent is None else table.hysteresis_percent
    raise_after_s = round((table.for_min or 0) * _S_PER_MINUTE)
    clear_after_s = raise_after_s if table.clear_min is None else round(table.clear_min * _S_PER_MINUTE)
    return AlertRule(table.id, table.kind, limit, limit * (1 - percent / 100), raise_after_s, clear_after_s)


def _limit(table: AlertTable, demand: DemandTable | None) -> float:
    """The limit of a kind. Raises ValueError for a table that was not checked."""
    given = {
        AlertKind.INTENSITY: table.over_percent,
        AlertKind.IDLE_BURNER: table.limit,
        AlertKind.BASE_LOAD: table.limit,
        AlertKind.SILENT: None if table.for_min is None else table.for_min * _S_PER_MINUTE,
        AlertKind.STUCK: None if table.for_min is None else table.for_min * _S_PER_MINUTE,
        AlertKind.DEMAND: None if demand is None else contract_of(demand).alarm_kw,
        AlertKind.RESIDUAL: table.over_percent,
    }[table.kind]
    if given is None:
        raise ValueError(f"alert {table.id} has no limit")
    return given


@overload
def _midnight(day: date, zone: ZoneInfo) -> int: ...
@overload
def _midnight(day: None, zone: ZoneInfo) -> None: ...
@overload
def _midnight(day: date | None, zone: ZoneInfo) -> int | None: ...
def _midnight(day: date | None, zone: ZoneInfo) -> int | None:
    return None if day is None else int(datetime.combine(day, time(), zone).timestamp())


def _name(name_ja: str, name_en: str, language: str) -> str:
    return (name_ja or name_en) if language == "ja" else (name_en or name_ja)
