"""Draws a chart of a table as SVG: bars and lines over categories, two axes, readable in black and white.

Every text in it is escaped. An unknown figure has a dash where its bar would stand, one that is left blank has nothing,
and a line has a gap there.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from xml.etree import ElementTree as ET

from agent.reports.report import Chart, Series, axis_title
from agent.reports.sheet_plan import width_of
from agent.reports.table import UNDEFINED, Column, Table, rounded

WIDTH, HEIGHT = 420, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 52, 30, 78
_EDGE, _KEY = 8, 24
_LETTER = 6
"""The width of a letter in the picture, about."""
_PLOT_WIDTH, _PLOT_HEIGHT = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
_FILLS = ("#c4c4c4", "#8a8a8a", "#4d4d4d")
_DASHES = ("", "7 4", "2 3")
_TICKS = 5


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from `low` to `high` in equal steps; the decimals that its figures need."""

    low: float
    high: float
    step: float

    @property
    def decimals(self) -> int:
        """How many decimals the steps have."""
        return max(0, -math.floor(math.log10(self.step) + 1e-9) + (0 if _is_round(self.step) else 1))

    def ticks(self) -> list[float]:
        """The figures along the axis."""
        count = round((self.high - self.low) / self.step)
        return [self.low + self.step * number for number in range(count + 1)]

    def height(self, value: float) -> float:
        """Where a value stands in the picture."""
        return _TOP + _PLOT_HEIGHT * (self.high - value) / (self.high - self.low)


def _is_round(step: float) -> bool:
    """Whether a step is 1, 2 or 5 of some power of ten, and not 2.5."""
    digits = step / 10 ** math.floor(math.log10(step) + 1e-9)
    return math.isclose(digits, round(digits))


def scale_for(values: Sequence[float]) -> Scale:
    """An axis that has zero and all values on it, in about five steps of 1, 2, 2.5 or 5."""
    low, high = min([0.0, *values]), max([0.0, *values])
    if low == high:
        return Scale(0.0, 1.0, 0.2)
    rough = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * digits for digits in (1, 2, 2.5, 5, 10) if power * digits >= rough * (1 - 1e-9))
    return Scale(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, step)


def draw_chart(chart: Chart, table: Table, name: str) -> str:
    """The chart as an `svg` element. `name` is unlike that of any other chart on the page."""
    titles = {"role": "img", "aria-labelledby": f"{name}-title {name}-desc"}
    svg = ET.Element("svg", {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "class": "chart", **titles})
    _child(svg, "title", {"id": f"{name}-title"}, chart.title)
    _child(svg, "desc", {"id": f"{name}-desc"}, describe(chart, table))
    _Drawing(svg, chart, table).draw()
    return ET.tostring(svg, encoding="unicode")


def describe(chart: Chart, table: Table) -> str:
    """The chart in words: every row of values with its figures as printed."""
    labels = [str(row[_index(table, chart.categories)].printed) for row in table.body()]
    told = []
    for series in chart.series:
        index = _index(table, series.column)
        pairs = (f"{label} {row[index].printed}" for label, row in zip(labels, table.body(), strict=True))
        told.append(f"{table.columns[index].heading}: {', '.join(pairs)}")
    return "; ".join(told)


class _Drawing:
    """Draws the parts of one chart into an svg element."""

    def __init__(self, svg: ET.Element, chart: Chart, table: Table) -> None:
        self._svg = svg
        self._chart = chart
        self._table = table
        self._slot = _PLOT_WIDTH / max(len(table.rows), 1)
        self._left = scale_for(self._values_on(is_right=False))
        self._right = scale_for(self._values_on(is_right=True))

    def draw(self) -> None:
        """Axes, bars, lines over them, and the legend."""
        self._axis(is_right=False)
        if any(series.is_right for series in self._chart.series):
            self._axis(is_right=True)
        self._categories()
        bars = [series for series in self._chart.series if series.kind == "bar"]
        for number, series in enumerate(bars):
            self._bars(series, number, len(bars))
        for number, series in enumerate(s for s in self._chart.series if s.kind == "line"):
            self._line(series, number)
        self._legend()

    def _values(self, series: Series) -> list[float | None]:
        index = _index(self._table, series.column)
        return [_number(row[index].value) for row in self._table.body()]

    def _values_on(self, *, is_right: bool) -> list[float]:
        found = [self._values(series) for series in self._chart.series if series.is_right is is_right]
        return [value for values in found for value in values if value is not None]

    def _scale(self, series: Series) -> Scale:
        return self._right if series.is_right else self._left

    def _axis(self, *, is_right: bool) -> None:
        scale = self._right if is_right else self._left
        edge, anchor, aside = (WIDTH - _RIGHT, "start", 6) if is_right else (_LEFT, "end", -6)
        for tick in scale.ticks():
            y = scale.height(tick)
            if not is_right:
                self._stroke(edge, y, WIDTH - _RIGHT, y, "#000" if abs(tick) < scale.step / 2 else "#ccc")
            self._text(edge + aside, y + 4, rounded(tick, scale.decimals), anchor)
        columns = [self._column(series) for series in self._chart.series if series.is_right is is_right]
        start, end = (WIDTH - _EDGE, "end") if is_right else (_EDGE, "start")
        self._text(start, _TOP - 12, axis_title(columns), end)
        self._stroke(edge, _TOP, edge, HEIGHT - _BOTTOM, "#000")

    def _categories(self) -> None:
        index = _index(self._table, self._chart.categories)
        longest = max((len(row[index].printed) for row in self._table.body()), default=0)
        is_narrow = longest * _LETTER > self._slot
        self._text(WIDTH - _EDGE, HEIGHT - _BOTTOM + 32, self._table.columns[index].heading, "end")
        for number, row in enumerate(self._table.body()):
            x, y, text = self._middle(number), HEIGHT - _BOTTOM + 14, row[index].printed
            if is_narrow:
                turned = self._text(x + 4, y - 2, text, "end")
                turned.set("transform", f"rotate(-45 {_px(x + 4)} {_px(y - 2)})")
            else:
                self._text(x, y, text, "middle")

    def _bars(self, series: Series, number: int, count: int) -> None:
        width = self._slot * 0.64 / count
        scale, index = self._scale(series), _index(self._table, series.column)
        for slot, value in enumerate(self._values(series)):
            x = self._middle(slot) + (number - count / 2) * width
            if value is None:
                if self._table.body()[slot][index].printed == UNDEFINED:
                    self._text(x + width / 2, scale.height(0) - 4, UNDEFINED, "middle")
                continue
            top, bottom = sorted((scale.height(value), scale.height(0)))
            look = {"fill": _FILLS[number % len(_FILLS)], "stroke": "#000", "stroke-width": "0.8"}
            place = {"x": _px(x), "y": _px(top), "width": _px(width), "height": _px(bottom - top)}
            _child(self._svg, "rect", place | look)

    def _line(self, series: Series, number: int) -> None:
        scale = self._scale(series)
        runs: list[list[tuple[float, float]]] = [[]]
        for slot, value in enumerate(self._values(series)):
            if value is None:
                runs.append([])
            else:
                runs[-1].append((self._middle(slot), scale.height(value)))
        for run in runs:
            points = " ".join(f"{_px(x)},{_px(y)}" for x, y in run)
            look = {"fill": "none", "stroke": "#000", "stroke-width": "2"}
            _child(
                self._svg, "polyline", {"points": points, **look, "stroke-dasharray": _DASHES[number % len(_DASHES)]}
            )
            for x, y in run:
                self._marker(x, y, number)

    def _marker(self, x: float, y: float, number: int) -> None:
        look = {"fill": "#fff" if number % 2 == 0 else "#000", "stroke": "#000", "stroke-width": "1.4"}
        _child(self._svg, "circle", {"cx": _px(x), "cy": _px(y), "r": "3.4", **look})

    def _legend(self) -> None:
        """The titles of all rows of values one after another, in as many lines as they need."""
        counts = {"bar": 0, "line": 0}
        x, line = _EDGE, 0
        for series in self._chart.series:
            title = self._column(series).title
            width = _KEY + 6 + _text_width(title) + 14
            if x > _EDGE and x + width > WIDTH:
                x, line = _EDGE, line + 1
            self._key(series, counts[series.kind], x, HEIGHT - 24 + 16 * line)
            self._text(x + _KEY + 6, HEIGHT - 24 + 16 * line, title, "start")
            counts[series.kind] += 1
            x += width

    def _key(self, series: Series, number: int, x: int, y: int) -> None:
        """What a row of values looks like."""
        if series.kind == "bar":
            look = {"fill": _FILLS[number % len(_FILLS)], "stroke": "#000", "stroke-width": "0.8"}
            _child(self._svg, "rect", {"x": _px(x), "y": _px(y - 9), "width": _px(_KEY), "height": "11", **look})
            return
        drawn = self._stroke(x, y - 4, x + _KEY, y - 4, "#000")
        drawn.attrib |= {"stroke-width": "2", "stroke-dasharray": _DASHES[number % len(_DASHES)]}
        self._marker(x + _KEY / 2, y - 4, number)

    def _column(self, series: Series) -> Column:
        return self._table.columns[_index(self._table, series.column)]

    def _middle(self, slot: int) -> float:
        return _LEFT + self._slot * (slot + 0.5)

    def _stroke(self, x1: float, y1: float, x2: float, y2: float, colour: str) -> ET.Element:
        ends = {"x1": _px(x1), "y1": _px(y1), "x2": _px(x2), "y2": _px(y2)}
        return _child(self._svg, "line", ends | {"stroke": colour, "stroke-width": "1"})

    def _text(self, x: float, y: float, text: str, anchor: str) -> ET.Element:
        return _child(self._svg, "text", {"x": _px(x), "y": _px(y), "text-anchor": anchor}, text)


def _child(parent: ET.Element, tag: str, attributes: dict[str, str], text: str = "") -> ET.Element:
    child = ET.SubElement(parent, tag, attributes)
    child.text = text or None
    return child


def _text_width(text: str) -> int:
    """The width of a text in the picture, about; Japanese letters are twice as wide."""
    return width_of(text) * _LETTER


def _index(table: Table, key: str) -> int:
    return [column.key for column in table.columns].index(key)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float | Decimal) else None


def _px(value: float) -> str:
    return f"{value:.1f}"
