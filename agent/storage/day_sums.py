"""The sums of half hours by local day and method, kept up with every half hour. Long spans of time are read from them.

Knows no seals; what the sums have to be follows from the half hours alone.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from agent.accounting.calendar import local_day_utc_s

_ADD = (
    "INSERT INTO day_sum VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
    "half_hours = half_hours + excluded.half_hours, advance_raw = advance_raw + excluded.advance_raw, "
    "weighted_raw = weighted_raw + excluded.weighted_raw, spanned_ms = spanned_ms + excluded.spanned_ms, "
    "observed_ms = observed_ms + excluded.observed_ms"
)
_DAY = (
    "(SELECT max(day_utc_s) FROM day_sum WHERE day_sum.point_id = half.point_id AND day_utc_s <= half.start_utc_s) AS d"
)
"""The day of a half hour without asking for the time zone: each day that has a half hour has a sum."""
_DRAWN_UP = (
    f"SELECT point_id, {_DAY}, method, count(*), sum(advance_raw), sum(advance_raw * spanned_ms), sum(spanned_ms), "  # noqa: S608 - constants
    "sum(observed_ms) FROM interval AS half GROUP BY point_id, d, method"
)
_SPANS = f"SELECT point_id, {_DAY}, min(start_utc_s), max(start_utc_s) FROM interval AS half GROUP BY point_id, d"  # noqa: S608 - constants
_LONGEST_DAY_S = 25 * 3600
_MAGNITUDES = (
    f"SELECT point_id, {_DAY}, sum(abs(advance_raw)), sum(abs(advance_raw) * spanned_ms) "  # noqa: S608 - constants
    "FROM (SELECT * FROM interval UNION ALL SELECT * FROM superseded) AS half GROUP BY point_id, d"
)
_TOLERANCE = 1e-9
"""Of the magnitude of all that was added and taken away: far above what rounding leaves behind."""

Content = tuple[float, float, float, str, int, int]
"""Of a half hour: opening, closing, advance in raw counts, method, spanned and observed time in ms."""


@dataclass(frozen=True, slots=True)
class _Sums:
    half_hours: int = 0
    advance_raw: float = 0.0
    weighted_raw: float = 0.0
    spanned_ms: int = 0
    observed_ms: int = 0

    def agrees(self, other: "_Sums", advance_magnitude: float, weighted_magnitude: float) -> bool:
        counts = (self.half_hours, self.spanned_ms, self.observed_ms)
        return (
            counts == (other.half_hours, other.spanned_ms, other.observed_ms)
            and abs(self.advance_raw - other.advance_raw) <= _TOLERANCE * advance_magnitude
            and abs(self.weighted_raw - other.weighted_raw) <= _TOLERANCE * weighted_magnitude
        )


def add_to_day(
    db: sqlite3.Connection, zone: ZoneInfo, key: tuple[int, int], content: Content, *, sign: int = 1
) -> None:
    """Add a half hour (its key: point and start) to the sums of its local day, or with sign −1 take it away."""
    point_id, start_utc_s = key
    _, _, advance, method, spanned_ms, observed_ms = content
    sums = (sign, sign * advance, sign * advance * spanned_ms, sign * spanned_ms, sign * observed_ms)
    db.execute(_ADD, (point_id, local_day_utc_s(start_utc_s, zone), method, *sums))


def sum_up_days(db: sqlite3.Connection, zone: ZoneInfo) -> None:
    """Draw the sums of all days up again from the half hours, within the caller's transaction."""
    db.execute("DELETE FROM day_sum")
    rows = db.execute(
        "SELECT point_id, start_utc_s, opening_raw, closing_raw, advance_raw, method, spanned_ms, observed_ms "
        "FROM interval"
    )
    for point_id, start_utc_s, *content in rows.fetchall():
        add_to_day(db, zone, (point_id, start_utc_s), (*content,))


def find_wrong_days(db: sqlite3.Connection, zone: ZoneInfo | None) -> list[str]:
    """The sums that are not those of their half hours, one line each. Only with the zone is every day known."""
    stored = _by_day(db.execute("SELECT * FROM day_sum"))
    drawn_up = _by_day(db.execute(_DRAWN_UP))
    magnitudes = {(point, day): (advance, weighted) for point, day, advance, weighted in db.execute(_MAGNITUDES)}
    names = {row[0]: f"{row[1]}/{row[2]}" for row in db.execute("SELECT id, device, point FROM point")}
    return [*_differences(stored, drawn_up, magnitudes, names), *_foreign_days(db, zone, names)]


_Key = tuple[int, int | None, str]


def _by_day(rows: sqlite3.Cursor) -> dict[_Key, _Sums]:
    return {(point, day, method): _Sums(*sums) for point, day, method, *sums in rows}


def _foreign_days(db: sqlite3.Connection, zone: ZoneInfo | None, names: dict[int, str]) -> Iterator[str]:
    """Sums of half hours that lie in another day; without a zone those that lie too far away for any."""
    for point, day, first, last in db.execute(_SPANS):
        days = {day} if zone is None else {local_day_utc_s(at, zone) for at in (first, last)}
        if days != {day} or (day is not None and last - day >= _LONGEST_DAY_S):
            yield f"{names.get(point, f'point {point}')}: half hours from {first} to {last} are in the sum of {day}"


def _differences(
    stored: dict[_Key, _Sums],
    drawn_up: dict[_Key, _Sums],
    magnitudes: dict[tuple[int, int | None], tuple[float, float]],
    names: dict[int, str],
) -> Iterator[str]:
    for key in sorted(stored.keys() | drawn_up.keys(), key=str):
        point, day, method = key
        magnitude = magnitudes.get((point, day), (0.0, 0.0))
        if not stored.get(key, _Sums()).agrees(drawn_up.get(key, _Sums()), *magnitude):
            begins = "no day" if day is None else f"the day from {datetime.fromtimestamp(day, UTC):%Y-%m-%dT%H:%MZ}"
            yield f"{names.get(point, f'point {point}')}, {begins}: the {method} sum is not that of its half hours"
