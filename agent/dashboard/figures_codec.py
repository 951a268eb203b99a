"""Figures of months that are over, kept in a file beside the journal: a year of gas meters takes seconds to draw.

What is kept holds for one mark: of the journal's days, the book, the site's streams and the factors. The file may go at
any time, and one that cannot be read or written is as good as none: the figures are drawn anew.
"""

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from decimal import Decimal, InvalidOperation
from importlib.metadata import version
from pathlib import Path
from typing import Any

from agent.accounting.convert import Converted
from agent.accounting.factors import Factor, FactorSet
from agent.accounting.shares import Shares
from agent.accounting.spans import Span
from agent.accounting.statement import SpanFigures, StatementLine
from agent.accounting.streams import Stream
from agent.factor_files import load_factor_set
from agent.query import TimeFigures
from agent.settings.site import Site

_SCHEMA = "CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, mark TEXT NOT NULL, content BLOB NOT NULL) STRICT"
_UNREADABLE = (sqlite3.Error, OSError, zlib.error, ValueError, LookupError, TypeError, InvalidOperation)


def kept_path(journal: Path) -> Path:
    """Where the figures of a journal are kept."""
    return journal.with_name(f"{journal.name}.drawn")


class KeptFigures:
    """Keeps figures by name and mark. Used from any thread; each call opens the file anew."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._path = kept_path(site.path(site.file.journal.path))
        self._sets: dict[tuple[int, str], FactorSet] = {}
        self._own = hashlib.sha256(repr((version("atsuen"), site.streams, site.products, site.replacements)).encode())

    def get(self, name: Hashable, mark: Hashable, fiscal_year: int, scheme: str | None) -> TimeFigures | None:
        """What is kept under a name, if it is of this mark; None else."""
        factors = self._factors(fiscal_year, scheme)
        with suppress(*_UNREADABLE), self._opened() as db:
            row = db.execute("SELECT mark, content FROM kept WHERE name = ?", (repr(name),)).fetchone()
            if row is not None and row[0] == self._mark(mark, factors):
                return _Reader(self._site, factors).figures(json.loads(zlib.decompress(row[1])))
        return None

    def put(self, name: Hashable, mark: Hashable, fiscal_year: int, scheme: str | None, drawn: TimeFigures) -> None:
        """Keep figures; a disk that refuses loses nothing but time."""
        factors = self._factors(fiscal_year, scheme)
        content = zlib.compress(json.dumps(_Writer(factors).figures(drawn)).encode(), 6)
        with suppress(sqlite3.Error, OSError), self._opened() as db:
            db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", (repr(name), self._mark(mark, factors), content))

    def _mark(self, mark: Hashable, factors: FactorSet) -> str:
        whole = self._own.copy()
        whole.update(repr((mark, factors.digest)).encode())
        return whole.hexdigest()

    def _factors(self, fiscal_year: int, scheme: str | None) -> FactorSet:
        """The factors of a year. Raises what `load_factor_set` raises."""
        table = self._site.file.site
        wanted = (fiscal_year, scheme or table.scheme)
        if wanted not in self._sets:
            self._sets[wanted] = load_factor_set(self._site.factor_folders, wanted[1], fiscal_year, table.revision)
        return self._sets[wanted]

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=1.0, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous = OFF")
            db.execute(_SCHEMA)
            yield db


class _Writer:
    """Figures as plain JSON; factors by their place in the set, streams by their place in the site."""

    def __init__(self, factors: FactorSet) -> None:
        self._places = {factor.key: place for place, factor in enumerate(factors.factors)}

    def figures(self, drawn: TimeFigures) -> Mapping[str, object]:
        """All of it."""
        spans = [(span.name, span.start_utc_s, span.end_utc_s) for span in drawn.spans]
        lines = [self._line(line) for line in drawn.lines]
        return {"spans": spans, "lines": lines, "products": [self._line(line) for line in drawn.products]}

    def _line(self, line: StatementLine) -> list[object]:
        return [line.stream.id, line.problem, [self._span(span) for span in line.spans]]

    def _span(self, span: SpanFigures) -> list[object]:
        shares, done = span.shares, span.converted
        known = [shares.expected_ms, shares.measured_ms, shares.recovered_ms, shares.substituted_ms]
        figures = None if done is None else [str(done.energy_gj), _text(done.co2_kg), *self._factors(done)]
        return [str(span.amount), _text(span.counted), known, list(span.corrections), figures]

    def _factors(self, done: Converted) -> list[int | None]:
        return [
            self._places[done.heat_factor.key],
            None if done.co2_factor is None else self._places[done.co2_factor.key],
        ]


class _Reader:
    """The same, read. Every method raises one of `_UNREADABLE` for what was not written by `_Writer`."""

    def __init__(self, site: Site, factors: FactorSet) -> None:
        self._streams = {stream.id: stream for stream in (*site.streams, *site.products)}
        self._factors: Sequence[Factor] = factors.factors

    def figures(self, content: Mapping[str, Any]) -> TimeFigures:
        """All of it."""
        spans = [Span(name, start, end) for name, start, end in content["spans"]]
        lines = [self._line(spans, *line) for line in content["lines"]]
        return TimeFigures(spans, lines, [self._line(spans, *line) for line in content["products"]])

    def _line(self, spans: Sequence[Span], stream_id: str, problem: str, parts: list[list[Any]]) -> StatementLine:
        stream: Stream = self._streams[stream_id]
        figures = tuple(self._span(span.name, part) for span, part in zip(spans, parts, strict=True))
        return StatementLine(stream, figures, problem)

    def _span(self, name: str, part: list[Any]) -> SpanFigures:
        amount, counted, known, numbers, done = part
        converted = None if done is None else self._converted(*done)
        return SpanFigures(name, Decimal(amount), converted, Shares(*known), tuple(numbers), _number(counted))

    def _converted(self, energy_gj: str, co2_kg: str | None, heat: int, co2: int | None) -> Converted:
        co2_factor = None if co2 is None else self._factors[co2]
        return Converted(Decimal(energy_gj), _number(co2_kg), self._factors[heat], co2_factor)


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
