"""View 6, Data: how every stream is known, day by day; days with gaps; events; and the way down to the registers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from agent.accounting.calendar import month_starts_utc_s, next_local_day_utc_s
from agent.accounting.shares import Shares
from agent.dashboard.known_days import KINDS, KnownDays, KnownLine, metered_share
from agent.dashboard.printing import local
from agent.dashboard.texts import DashboardTexts
from agent.reports.columns import listed_name
from agent.reports.table import Column, Table
from agent.settings.site import Site

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


def line_names(say: DashboardTexts, site: Site) -> dict[str, str]:
    """What streams and products are called, by their ids."""
    return {stream.id: listed_name(say, stream) for stream in (*site.streams, *site.products)}


def calendar_of(names: Mapping[str, str], fiscal_year: int, zone: ZoneInfo, known: KnownDays) -> Calendar:
    """The calendar of a year from its days, as far as they go; days begin with the year."""
    days = days_of(fiscal_year, zone)
    place = {day: index for index, day in enumerate(days)}
    starts = month_starts_utc_s(fiscal_year, zone)[:-1]
    months = tuple((place[start], str(datetime.fromtimestamp(start, zone).month)) for start in starts)
    rows = tuple(_row(names, line) for line in known.lines)
    return Calendar(len(days) - 1, months, rows, local(days[0], zone, "%Y-%m-%d"))


def _row(names: Mapping[str, str], line: KnownLine) -> CalendarRow:
    runs, first = [], 0
    for letter, group in groupby(line.letters):
        days = len(list(group))
        runs.append(Run(first, days, KINDS[letter]))
        first += days
    return CalendarRow(line.line_id, names[line.line_id], _metered_percent(line.shares), tuple(runs))


def _metered_percent(shares: Shares) -> float | None:
    return 100 * metered_share(shares) if shares.expected_ms else None


def gaps_of(names: Mapping[str, str], site: Site, known: KnownDays) -> tuple[list[GapRow], int]:
    """The longest gaps, and how many there are in all."""
    registers = {stream.id: max(1, len(stream.terms)) for stream in (*site.streams, *site.products)}
    found = [
        gap
        for line in known.lines
        for gap in _gaps(names[line.line_id], registers[line.line_id], site.file.site.zone, line, known.days_utc_s)
    ]
    found.sort(key=lambda gap: -gap.missing_h)
    return found[:_MOST_GAPS], len(found)


def _gaps(name: str, registers: int, zone: ZoneInfo, line: KnownLine, days: Sequence[int]) -> Iterator[GapRow]:
    numbered = enumerate(line.missing_ms)
    for _, group in groupby(numbered, key=lambda pair: pair[1][0] - pair[0]):
        missing = [day for _, day in group]
        missing_h = sum(missing_ms for _, missing_ms in missing) / 3_600_000 / registers
        begin, end = days[missing[0][0]], next_local_day_utc_s(days[missing[-1][0]], zone)
        yield GapRow(line.line_id, name, local(begin, zone, "%Y-%m-%d"), local(end, zone, "%Y-%m-%d"), missing_h)


def calendar_table(say: DashboardTexts, names: Mapping[str, str], zone: ZoneInfo, parts: Sequence[KnownDays]) -> Table:
    """Shares of metered time by month; the table behind the calendar."""
    by_month = [
        (name, list(group)) for name, group in groupby(parts, key=lambda p: local(p.days_utc_s[0], zone, "%Y-%m"))
    ]
    columns = [Column("stream", say("stream"))]
    columns += [Column(f"{name}_percent", name, 1, unit="%") for name, _ in by_month]
    rows = [
        (
            names[line.line_id],
            *(_metered_percent(Shares.total(part.lines[place].shares for part in month)) for _, month in by_month),
        )
        for place, line in enumerate(parts[0].lines)
    ]
    return Table(say("calendar"), tuple(columns), tuple(rows), "calendar")
