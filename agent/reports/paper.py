"""How a sheet goes on A4: upright or across, on how many pages, with page breaks that leave tables whole.

Knows no workbook library. Widths are those of Excel's standard font; other programs are off by a few per cent.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from agent.reports.sheet_plan import SheetPlan

CHART_ROWS = 18
_ROW_PIXELS, _CHARACTER_PIXELS, _EDGE_PIXELS, _COLUMN_PIXELS, _NARROWEST_CHART = 20, 7, 5, 64, 360
CHART_PIXELS = (CHART_ROWS - 1) * _ROW_PIXELS
_PIXEL_POINTS = 0.75
MARGINS_INCHES = {"left": 0.4, "right": 0.4, "top": 0.8, "bottom": 0.7}
_SHORT_SIDE, _LONG_SIDE, _INCH = 595, 842, 72
"""A4 and an inch in points."""
_SMALLEST = 0.5
"""What would have to be smaller than this for a single page goes on several."""


@dataclass(frozen=True, slots=True)
class Paper:
    """How a sheet is printed: on one page, or as wide as the page on several, each beginning with one of the rows."""

    is_upright: bool
    is_one_page: bool
    breaks: tuple[int, ...] = ()


def end_row(plan: SheetPlan) -> int:
    """The last row that tables and charts take."""
    return plan.end_row + CHART_ROWS * -(-len(plan.charts) // 2)


def chart_pixels(plan: SheetPlan) -> int:
    """The width of a chart: two go beside each other, as wide as the tables where these are wide enough."""
    return max(_NARROWEST_CHART, _table_pixels(plan) // 2)


def columns_of(plan: SheetPlan) -> int:
    """How many columns tables and charts take."""
    missing = chart_pixels(plan) * min(len(plan.charts), 2) - _table_pixels(plan)
    return max(len(plan.widths), 1) + max(0, math.ceil(missing / _COLUMN_PIXELS))


def plan_paper(plan: SheetPlan) -> Paper:
    """The way that leaves the sheet largest; across where both do. One table alone breaks where the page ends."""
    across, upright = _one_page_size(plan, is_upright=False), _one_page_size(plan, is_upright=True)
    is_upright, is_one_page = upright > across, max(across, upright) >= _SMALLEST
    if is_one_page or len(plan.tables) == 1:
        return Paper(is_upright, is_one_page)
    return Paper(is_upright, is_one_page, tuple(_breaks(plan, is_upright=is_upright)))


def _one_page_size(plan: SheetPlan, *, is_upright: bool) -> float:
    """How large the sheet is on one page; at most its own size."""
    width, height = _room(is_upright=is_upright)
    return min(1.0, width / _width_points(plan), height / plan.points(0, end_row(plan) + 1))


def _breaks(plan: SheetPlan, *, is_upright: bool) -> Iterator[int]:
    """The rows that begin a page: a table that does not fit below the one before it."""
    width, height = _room(is_upright=is_upright)
    room = height / min(1.0, width / _width_points(plan))
    top = 0
    for first, end in _blocks(plan):
        if first > top and plan.points(top, end) > room:
            yield first
            top = first


def _blocks(plan: SheetPlan) -> Iterator[tuple[int, int]]:
    """First row and end of what stays together: tables, and rows of charts."""
    yield from ((table.title_row, table.end_row) for table in plan.tables)
    for row in range(plan.end_row, end_row(plan), CHART_ROWS):
        yield row, row + CHART_ROWS


def _room(*, is_upright: bool) -> tuple[float, float]:
    """Width and height between the margins, in points."""
    sides = (_SHORT_SIDE, _LONG_SIDE) if is_upright else (_LONG_SIDE, _SHORT_SIDE)
    lost = (MARGINS_INCHES["left"] + MARGINS_INCHES["right"], MARGINS_INCHES["top"] + MARGINS_INCHES["bottom"])
    return sides[0] - lost[0] * _INCH, sides[1] - lost[1] * _INCH


def _table_pixels(plan: SheetPlan) -> int:
    return sum(width * _CHARACTER_PIXELS + _EDGE_PIXELS for width in plan.widths)


def _width_points(plan: SheetPlan) -> float:
    beside = columns_of(plan) - len(plan.widths)
    return max(1.0, (_table_pixels(plan) + beside * _COLUMN_PIXELS) * _PIXEL_POINTS)
