"""View 6, Data: how every stream is known, day by day; days with gaps; events; and the way down to the registers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from agent.accounting.calendar import local_day_utc_s, month_starts_utc_s, next_local_day_utc_s
from agent.accounting.shares import Shares
from agent.accounting.spans import Span
from agent.accounting.statement import StatementLine
from agent.dashboard.printing import local
from agent.dashboard.texts import DashboardTexts
from agent.query import TimeFigures
from agent.reports.columns import listed_name
from agent.reports.table import Column, Table

_WHOLE, _MOST = 0.995, 0.9
_MOST_GAPS = 200


@dataclass(frozen=True, slots=True)
class Run:
    """Days in a row that are known alike: the first one's place in the year, how many, and the class."""

    first: int
    days: int
    kind: str


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """One stream or product over the year."""

    line_id: str
    name: str
    metered_percent: float | None
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    """All streams over the days of a fiscal year; `months` are the places where months begin."""

    days: int
    months: tuple[tuple[int, str], ...]
    rows: tuple[CalendarRow, ...]
    first_day: str


@dataclass(frozen=True, slots=True)
class GapRow:
    """Days in a row of which some of a stream is missing. Dates are local; `to_day` no longer counts."""

    line_id: str
    name: str
    from_day: str
    to_day: str
    missing_h: float


def days_of(fiscal_year: int, zone: ZoneInfo) -> list[int]:
    """The beginnings of the local days of a fiscal year, and its end."""
    starts = month_starts_utc_s(fiscal_year, zone)
    days, day = [], starts[0]
    while day < starts[-1]:
        days.append(day)
        day = next_local_day_utc_s(day, zone)
    return [*days, starts[-1]]


def calendar_of(say: DashboardTexts, fiscal_year: int, zone: ZoneInfo, drawn: TimeFigures) -> Calendar:
    """The calendar of a year from its figures by day, as far as they go."""
    days = days_of(fiscal_year, zone)
    place = {day: index for index, day in enumerate(days)}
    starts = month_starts_utc_s(fiscal_year, zone)[:-1]
    months = tuple((place[start], str(datetime.fromtimestamp(start, zone).month)) for start in starts)
    rows = tuple(_row(say, line, drawn.spans, place, zone) for line in (*drawn.lines, *drawn.products))
    return Calendar(len(days) - 1, months, rows, local(days[0], zone, "%Y-%m-%d"))


def _row(
    say: DashboardTexts, line: StatementLine, spans: Sequence[Span], place: dict[int, int], zone: ZoneInfo
) -> CalendarRow:
    kinds = [
        (place[local_day_utc_s(span.start_utc_s, zone)], _kind(part.shares))
        for span, part in zip(spans, line.spans, strict=True)
    ]
    runs, shares = [], Shares.total(part.shares for part in line.spans)
    for kind, group in groupby(kinds, key=lambda pair: pair[1]):
        members = [index for index, _ in group]
        runs.append(Run(members[0], members[-1] - members[0] + 1, kind))
    metered = 100 * _metered(shares) if shares.expected_ms else None
    return CalendarRow(line.stream.id, listed_name(say, line.stream), metered, tuple(runs))


def _metered(shares: Shares) -> float:
    return shares.share(shares.measured_ms + shares.recovered_ms)


def _kind(shares: Shares) -> str:
    """The class of a day: how much of it is known, and whether somebody stood in for the rest."""
    if not shares.expected_ms:
        return "future"
    if shares.substituted_ms:
        return "substituted"
    if shares.missing_ms >= shares.expected_ms:
        return "none"
    share = _metered(shares)
    return "all" if share >= _WHOLE else "most" if share >= _MOST else "some"


def gaps_of(say: DashboardTexts, zone: ZoneInfo, drawn: TimeFigures) -> tuple[list[GapRow], int]:
    """The longest gaps, and how many there are in all."""
    found = [gap for line in (*drawn.lines, *drawn.products) for gap in _gaps(say, zone, line, drawn.spans)]
    found.sort(key=lambda gap: -gap.missing_h)
    return found[:_MOST_GAPS], len(found)


def _gaps(say: DashboardTexts, zone: ZoneInfo, line: StatementLine, spans: Sequence[Span]) -> Iterator[GapRow]:
    registers = max(1, len(line.stream.terms))
    pairs = zip(spans, line.spans, strict=True)
    for has_gap, group in groupby(pairs, key=lambda pair: pair[1].shares.missing_ms > 0):
        if has_gap:
            days = list(group)
            missing_h = sum(part.shares.missing_ms for _, part in days) / 3_600_000 / registers
            begin, end = days[0][0].start_utc_s, next_local_day_utc_s(days[-1][0].start_utc_s, zone)
            dates = (local(begin, zone, "%Y-%m-%d"), local(end, zone, "%Y-%m-%d"))
            yield GapRow(line.stream.id, listed_name(say, line.stream), *dates, missing_h)


def calendar_table(say: DashboardTexts, drawn: TimeFigures) -> Table:
    """Shares of metered time by month; the table behind the calendar."""
    columns = [Column("stream", say("stream"))]
    columns += [Column(f"{span.name}_percent", span.name, 1, unit="%") for span in drawn.spans]
    rows = [
        (
            listed_name(say, line.stream),
            *(100 * _metered(part.shares) if part.shares.expected_ms else None for part in line.spans),
        )
        for line in (*drawn.lines, *drawn.products)
    ]
    return Table(say("calendar"), tuple(columns), tuple(rows), "calendar")
