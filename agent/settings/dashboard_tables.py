"""What a site file may say for the manager's pages: demand, baseline, measures, targets, prices, shifts, alerts."""

from datetime import date, time
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from agent.accounting.target import TargetFigure
from agent.alerts.rules import AlertKind
from agent.settings.model import Identifier, PointName, Table

Percent = Annotated[float, Field(gt=0, le=100)]
Minutes = Annotated[float, Field(ge=0, le=10_080)]


class ShedTable(Table):
    """`shed` of `[demand]`: a load to switch off, the first to go first, and what it must keep."""

    stream: Identifier
    keeps_kw: Annotated[float, Field(ge=0)] = 0


class DemandTable(Table):
    """`[demand]`: the stream that the utility bills by, the contract power (契約電力), and when to warn.

    The alarm is raised when the upper edge of the forecast's band comes to `alarm_percent` of the contract: early, and
    in a restless mill often for nothing. With `alarm_on = "forecast"` the forecast itself must come to it.
    """

    stream: Identifier
    contract_kw: Annotated[float, Field(gt=0)]
    alarm_percent: Percent = 95
    alarm_on: Literal["band", "forecast"] = "band"
    shed: tuple[ShedTable, ...] = ()


class BaselineTable(Table):
    """`[baseline]`: the period of reference. `to_day` is the first day that no longer counts."""

    from_day: date
    to_day: date
    by: Literal["day", "week", "month"] = "day"


class MeasureTable(Table):
    """`[[measure]]`: something done to save energy, and its first day."""

    name_ja: str = ""
    name_en: str = ""
    from_day: date


class TargetTable(Table):
    """`[[target]]`: a figure of a base year and what it is to be in a later one."""

    figure: TargetFigure
    base_year: Annotated[int, Field(ge=1990, le=2100)]
    base: Annotated[float, Field(gt=0)]
    year: Annotated[int, Field(ge=1990, le=2100)] = 2030
    value: Annotated[float, Field(ge=0)]


class PriceTable(Table):
    """`[[price]]`: yen for one unit of a stream as metered. `valid_to` is the first day that no longer counts."""

    stream: Identifier
    yen_per_unit: Annotated[Decimal, Field(ge=0)]
    valid_from: date | None = None
    valid_to: date | None = None


class ShiftsTable(Table):
    """`[shifts]`: the local times at which shifts begin, on half hours."""

    starts: Annotated[tuple[time, ...], Field(min_length=1)] = (time(6), time(14), time(22))


class AlertTable(Table):
    """`[[alert]]`: a rule. Which keys it needs depends on its kind; see `dashboard_checks`.

    `limit` is kW, or fuel an hour in the stream's unit; `idle` are the codes of the state `charge` that mean no charge.
    """

    id: Identifier
    kind: AlertKind
    name_ja: str = ""
    name_en: str = ""
    for_min: Minutes | None = None
    clear_min: Minutes | None = None
    hysteresis_percent: Annotated[float, Field(ge=0, lt=100)] | None = None
    over_percent: Annotated[float, Field(gt=0)] | None = None
    limit: Annotated[float, Field(gt=0)] | None = None
    window_h: Annotated[float, Field(ge=0.5, le=168)] | None = None
    stream: Identifier | None = None
    charge: PointName | None = None
    idle: tuple[int, ...] | None = None
    device: Identifier | None = None
    point: PointName | None = None
    while_producing: bool | None = None
    balance: Identifier | None = None
