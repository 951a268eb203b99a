"""Demand (デマンド): the mean power of a half hour, its forecast while it runs, and what to switch off first.

Demand is twice the kWh of a half hour that begins at :00 or :30; it must not pass the contract power (契約電力).
Pure: readings come in, figures go out; knows neither meters nor clocks.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate, pairwise
from statistics import NormalDist, fmean

from agent.accounting.interval import INTERVAL_MS, Method
from agent.accounting.streams import HalfHour

LEVEL_MINUTES = 10
"""The power of the rest of the half hour is taken to be the mean of so many minutes."""
HISTORY_MINUTES = 240
"""From so many minutes it is seen how far that guess goes wrong."""
BAND_SHARE = 0.9
"""The share of half hours whose demand ends within the band, if the next minutes are as restless as the last."""

_FEWEST_REPLAYS = 10
_MINUTE_MS = 60_000
_MINUTES = INTERVAL_MS / _MINUTE_MS
_LONGEST_GAP_MS = 5 * _MINUTE_MS
_DEVIATIONS = NormalDist().inv_cdf(0.5 + BAND_SHARE / 2)
_KWH = {"kWh": 1.0, "MWh": 1e3, "GWh": 1e6}
_READ = {Method.MEASURED, Method.WRAPPED, Method.REPLACED, Method.INTEGRATED}
"""A recovered half hour is a share by time of a longer gap: its energy is known, its demand is not."""


class DemandProblem(StrEnum):
    """Why there is no forecast."""

    NOT_READ = "not_read"
    """The half hour was not read from its beginning, or a gap reaches into it from before: its energy is a share."""
    STALE = "stale"
    """The meter has not answered for more than two minutes."""
    TOO_SHORT = "too_short"
    """Too few minutes were read before to say how restless the power is."""


class DemandLevel(StrEnum):
    """How near the running half hour comes to the alarm's power."""

    UNKNOWN = "unknown"
    CALM = "calm"
    POSSIBLE = "possible"
    """The upper edge of the band reaches it."""
    EXPECTED = "expected"
    """The forecast itself reaches it."""
    EXCEEDED = "exceeded"
    """The contract power is passed already, whatever happens until the end."""


@dataclass(frozen=True, slots=True)
class Contract:
    """The contract power, and from which share of it on the alarm is raised."""

    contract_kw: float
    alarm_percent: float

    @property
    def alarm_kw(self) -> float:
        """The demand at which the alarm is raised."""
        return self.contract_kw * self.alarm_percent / 100


@dataclass(frozen=True, slots=True)
class Band:
    """A forecast demand in kW, with the band in which it ends in `BAND_SHARE` of all cases."""

    forecast_kw: float
    low_kw: float
    high_kw: float


@dataclass(frozen=True, slots=True)
class DemandNow:
    """The running half hour. `reached_kw` is the demand if nothing more were used; `mean_kw` the mean power so far.

    `band` is None when `problem` says why there can be none.
    """

    start_utc_s: int
    minutes_left: float
    reached_kw: float | None
    mean_kw: float | None
    band: Band | None
    contract: Contract
    problem: DemandProblem | None = None

    @property
    def level(self) -> DemandLevel:
        """How near it comes to the alarm's power."""
        if self.reached_kw is not None and self.reached_kw > self.contract.contract_kw:
            return DemandLevel.EXCEEDED
        if self.band is None:
            return DemandLevel.UNKNOWN
        if self.band.forecast_kw >= self.contract.alarm_kw:
            return DemandLevel.EXPECTED
        return DemandLevel.POSSIBLE if self.band.high_kw >= self.contract.alarm_kw else DemandLevel.CALM

    @property
    def is_alarm(self) -> bool:
        """Whether the demand may end at the alarm's power or above: true before it does."""
        return self.level in {DemandLevel.POSSIBLE, DemandLevel.EXPECTED, DemandLevel.EXCEEDED}

    @property
    def margin_kw(self) -> float | None:
        """What the forecast leaves of the contract power; negative when it passes it."""
        return None if self.band is None else self.contract.contract_kw - self.band.forecast_kw

    @property
    def reduction_kw(self) -> float | None:
        """What must go from now to the end so that the forecast comes down to the alarm's power (調整電力)."""
        if self.band is None or self.minutes_left <= 0:
            return None
        return max(0.0, self.band.forecast_kw - self.contract.alarm_kw) * _MINUTES / self.minutes_left


def demand_of(half_hour: HalfHour) -> float | None:
    """The demand of a closed half hour in kW; None unless all of it was read: recovered energy is no demand."""
    if half_hour.method not in _READ or half_hour.spanned_ms < INTERVAL_MS:
        return None
    return _kwh(half_hour) * 2


def peak_demand(half_hours: Iterable[HalfHour]) -> tuple[int, float] | None:
    """The start (UTC seconds) and kW of the highest demand among half hours; None when none of them is known."""
    known = [(demand, -each.start_utc_s) for each in half_hours if (demand := demand_of(each)) is not None]
    if not known:
        return None
    demand, negative_start = max(known)
    return -negative_start, demand


def watch_demand(
    running: HalfHour, read_ms: int, now_ms: int, minute_powers_kw: Sequence[float | None], contract: Contract
) -> DemandNow:
    """The running half hour at a moment, from its advance up to the newest reading (`read_ms`) and the powers before.

    Minutes are given oldest first, the last of them the newest full one, None where nothing was read.
    """
    start_ms = running.start_utc_s * 1000
    left_ms = min(INTERVAL_MS, max(0, start_ms + INTERVAL_MS - now_ms))
    problem = _problem(running, read_ms, now_ms)
    if problem is DemandProblem.NOT_READ:
        return DemandNow(running.start_utc_s, left_ms / _MINUTE_MS, None, None, None, contract, problem)
    kwh, spanned_ms = _kwh(running), running.spanned_ms
    reached_kw = kwh * 2
    mean_kw = kwh * 3_600_000 / spanned_ms if spanned_ms else None
    band = None if problem else _band(reached_kw, INTERVAL_MS - spanned_ms, minute_powers_kw[-HISTORY_MINUTES:])
    if band is None and problem is None:
        problem = DemandProblem.TOO_SHORT
    return DemandNow(running.start_utc_s, left_ms / _MINUTE_MS, reached_kw, mean_kw, band, contract, problem)


def minute_powers(readings: Sequence[tuple[int, float]], until_ms: int, count: int) -> list[float | None]:
    """The mean powers (kW) of the last full minutes before a moment, from a counter's times (ms) and kWh, rising.

    A register is interpolated between two readings that are at most five minutes apart; other minutes are None. A
    counter tells the energy of a gap exactly: over the ten minutes of a level it does not matter how it was spread.
    """
    end_ms = until_ms - until_ms % _MINUTE_MS
    registers, index = list[float | None](), 0
    for at_ms in range(end_ms - count * _MINUTE_MS, end_ms + 1, _MINUTE_MS):
        while index + 1 < len(readings) and readings[index + 1][0] < at_ms:
            index += 1
        registers.append(_register_at(readings[index : index + 2], at_ms))
    return [None if a is None or b is None else (b - a) * 60 for a, b in pairwise(registers)]


@dataclass(frozen=True, slots=True)
class Load:
    """A load that may be switched off, with the power it takes now (None: unknown) and the least it must keep."""

    id: str
    power_kw: float | None
    keeps_kw: float = 0.0


@dataclass(frozen=True, slots=True)
class ShedStep:
    """One load to switch off, in the site's order. `frees_kw` is None when its power is not known."""

    id: str
    frees_kw: float | None
    total_kw: float
    is_needed: bool


def shed_steps(loads: Iterable[Load], reduction_kw: float) -> list[ShedStep]:
    """What switching the loads off one after another frees, and which of them are needed for a reduction."""
    steps, total_kw = [], 0.0
    for load in loads:
        is_needed = total_kw < reduction_kw
        frees_kw = None if load.power_kw is None else max(0.0, load.power_kw - load.keeps_kw)
        total_kw += frees_kw or 0.0
        steps.append(ShedStep(load.id, frees_kw, total_kw, is_needed and frees_kw != 0))
    return steps


def _problem(running: HalfHour, read_ms: int, now_ms: int) -> DemandProblem | None:
    unread_ms = read_ms - running.start_utc_s * 1000 - running.spanned_ms
    if running.method not in _READ or unread_ms > _MINUTE_MS:
        return DemandProblem.NOT_READ
    return DemandProblem.STALE if now_ms - read_ms > 2 * _MINUTE_MS else None


def _band(reached_kw: float, left_ms: int, powers_kw: Sequence[float | None]) -> Band | None:
    """The forecast: what is reached, and for the rest the level of the last minutes, as wrong as it lately was."""
    share = max(0, left_ms) / INTERVAL_MS
    if not share:
        return Band(reached_kw, reached_kw, reached_kw)
    errors = _errors(powers_kw, math.ceil(left_ms / _MINUTE_MS))
    last = [power for power in powers_kw[-LEVEL_MINUTES:] if power is not None]
    if len(last) < LEVEL_MINUTES or len(errors) < _FEWEST_REPLAYS:
        return None
    forecast_kw = reached_kw + fmean(last) * share
    half_kw = _DEVIATIONS * math.sqrt(fmean(error * error for error in errors)) * share
    return Band(forecast_kw, min(forecast_kw, max(reached_kw, forecast_kw - half_kw)), forecast_kw + half_kw)


def _errors(powers_kw: Sequence[float | None], ahead: int) -> list[float]:
    """How far the mean of so many minutes lay from the mean of the minutes before, wherever all of them are known."""
    known = [0, *accumulate(int(power is not None) for power in powers_kw)]
    sums = [0.0, *accumulate(power or 0.0 for power in powers_kw)]
    errors = []
    for now in range(LEVEL_MINUTES, len(powers_kw) - ahead + 1):
        begin, end = now - LEVEL_MINUTES, now + ahead
        if known[end] - known[begin] == end - begin:
            errors.append((sums[end] - sums[now]) / ahead - (sums[now] - sums[begin]) / LEVEL_MINUTES)
    return errors


def _register_at(around: Sequence[tuple[int, float]], at_ms: int) -> float | None:
    exact = next((kwh for time_ms, kwh in around if time_ms == at_ms), None)
    if exact is not None or len(around) < 2:
        return exact
    (before_ms, before), (after_ms, after) = around
    if not before_ms < at_ms < after_ms or after_ms - before_ms > _LONGEST_GAP_MS:
        return None
    return before + (after - before) * (at_ms - before_ms) / (after_ms - before_ms)


def _kwh(half_hour: HalfHour) -> float:
    """The energy of a half hour of electricity. Raises KeyError for a stream in another unit."""
    return float(half_hour.amount) * _KWH[half_hour.stream.unit]
