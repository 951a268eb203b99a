"""Figures by time as bytes and back, to the last digit. Factors are written by their place in the year's set."""

import json
import zlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from agent.accounting.convert import Converted
from agent.accounting.factors import Factor, FactorSet
from agent.accounting.shares import Shares
from agent.accounting.spans import Span
from agent.accounting.statement import SpanFigures, StatementLine
from agent.accounting.streams import Stream
from agent.query import TimeFigures
from agent.settings.site import Site


def write_figures(drawn: TimeFigures, factors: FactorSet) -> bytes:
    """Figures that were drawn under the factors of one year."""
    return zlib.compress(json.dumps(_Writer(factors).figures(drawn)).encode(), 6)


def read_figures(content: bytes, site: Site, factors: FactorSet) -> TimeFigures:
    """The same again. Raises one of `kept_file.UNREADABLE` for what `write_figures` did not write."""
    return _Reader(site, factors).figures(json.loads(zlib.decompress(content)))


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
    """The same, read. Every method raises one of `UNREADABLE` for what was not written by `_Writer`."""

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
