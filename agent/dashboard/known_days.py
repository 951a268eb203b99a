"""How well each stream and product is known, day by day: what a calendar needs, a letter for a day. Knows no page."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agent.accounting.shares import Shares
from agent.accounting.statement import StatementLine
from agent.query import TimeFigures

_WHOLE, _MOST = 0.995, 0.9
KINDS = {"f": "future", "s": "substituted", "n": "none", "a": "all", "m": "most", "p": "some"}
"""The class of a day by its letter: how much of it is known, and whether somebody stood in for the rest."""


@dataclass(frozen=True, slots=True)
class KnownLine:
    """A stream or product over some days: a letter for each, the shares of them together, and what is missing when.

    `missing_ms` has the days (by their place) of which something is missing.
    """

    line_id: str
    letters: str
    shares: Shares
    missing_ms: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class KnownDays:
    """Local days in a row, by their beginnings in UTC seconds."""

    days_utc_s: tuple[int, ...]
    lines: tuple[KnownLine, ...]


def known_days(drawn: TimeFigures) -> KnownDays:
    """From figures by day."""
    lines = tuple(_line(line) for line in (*drawn.lines, *drawn.products))
    return KnownDays(tuple(span.start_utc_s for span in drawn.spans), lines)


def _line(line: StatementLine) -> KnownLine:
    every = [span.shares for span in line.spans]
    missing = tuple((place, shares.missing_ms) for place, shares in enumerate(every) if shares.missing_ms)
    return KnownLine(line.stream.id, "".join(map(_letter, every)), Shares.total(every), missing)


def metered_share(shares: Shares) -> float:
    """The share of the time that a meter accounts for, 0 to 1."""
    return shares.share(shares.measured_ms + shares.recovered_ms)


def _letter(shares: Shares) -> str:
    if not shares.expected_ms:
        return "f"
    if shares.substituted_ms:
        return "s"
    if shares.missing_ms >= shares.expected_ms:
        return "n"
    share = metered_share(shares)
    return "a" if share >= _WHOLE else "m" if share >= _MOST else "p"


def join_days(parts: Sequence[KnownDays]) -> KnownDays:
    """Days that follow each other, of the same streams."""
    days = tuple(day for part in parts for day in part.days_utc_s)
    return KnownDays(days, tuple(_joined(parts, place) for place in range(len(parts[0].lines))))


def _joined(parts: Sequence[KnownDays], place: int) -> KnownLine:
    lines, missing, offset = [part.lines[place] for part in parts], list[tuple[int, int]](), 0
    for part, line in zip(parts, lines, strict=True):
        missing += [(offset + day, missing_ms) for day, missing_ms in line.missing_ms]
        offset += len(part.days_utc_s)
    letters = "".join(line.letters for line in lines)
    return KnownLine(lines[0].line_id, letters, Shares.total(line.shares for line in lines), tuple(missing))


def write_days(known: KnownDays) -> bytes:
    """As bytes."""
    lines = [(line.line_id, line.letters, _numbers(line.shares), line.missing_ms) for line in known.lines]
    return zlib.compress(json.dumps([known.days_utc_s, lines]).encode(), 6)


def read_days(content: bytes) -> KnownDays:
    """The same again. Raises one of `kept_file.UNREADABLE` for what `write_days` did not write."""
    days, lines = json.loads(zlib.decompress(content))
    return KnownDays(tuple(days), tuple(_read_line(*line) for line in lines))


def _read_line(line_id: str, letters: str, shares: list[int], missing: list[list[Any]]) -> KnownLine:
    return KnownLine(line_id, letters, Shares(*shares), tuple((place, missing_ms) for place, missing_ms in missing))


def _numbers(shares: Shares) -> tuple[int, int, int, int]:
    return shares.expected_ms, shares.measured_ms, shares.recovered_ms, shares.substituted_ms
