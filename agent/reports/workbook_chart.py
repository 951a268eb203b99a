"""What a native chart of a workbook is made of, as the options that the library takes. Readable in black and white."""

from collections.abc import Sequence

from agent.reports.report import Chart, Series, axis_title
from agent.reports.sheet_plan import TablePlan
from agent.reports.table import Column

Options = dict[str, object]

_BARS = ({"color": "#BFBFBF"}, {"color": "#7F7F7F"}, {"color": "#404040"})
_DASHES = ("solid", "dash", "round_dot")
_TENS, _TENTHS = 8, 0.8
"""Above the first an axis has steps of one and more, above the second of a tenth and more."""
_UPRIGHT = 8
"""So many labels have room side by side."""
_MARKERS = ("circle", "square", "triangle")


def column_of(plan: TablePlan, key: str) -> tuple[int, Column]:
    """A column of the table and its number. Raises KeyError."""
    index = plan.find_column(key)
    return index, plan.table.columns[index]


def has_unknown(plan: TablePlan, key: str) -> bool:
    """Whether a figure of the column is unknown: as the dash that it is in the table, a chart would draw it as zero."""
    index, _ = column_of(plan, key)
    return any(row[index].value is None for row in plan.body)


def body_range(sheet: str, plan: TablePlan, column: int) -> list[object]:
    """The cells of a column of the sheet in the rows of the table's body, as the library takes them."""
    return [sheet, plan.body_row, column, plan.body_row + len(plan.table.rows) - 1, column]


def range_options(sheet: str, plan: TablePlan, chart: Chart, series: Series) -> Options:
    """What a row of values is called, what it goes along, and on which side it is measured."""
    index, _ = column_of(plan, series.column)
    categories, _ = column_of(plan, chart.categories)
    return {
        "name": [sheet, plan.heading_row(index), index],
        "categories": body_range(sheet, plan, categories),
        "y2_axis": series.is_right,
    }


def look_options(series: Series, number: int) -> Options:
    """How a row of values is drawn; `number` tells it from others of its kind, of which later ones are finer."""
    if series.kind == "bar":
        return {"fill": _BARS[number % len(_BARS)], "border": {"color": "#000000"}, "gap": 60}
    fill = {"color": "#FFFFFF" if number % 2 == 0 else "#000000"}
    return {
        "line": {"color": "#000000", "width": 1.75, "dash_type": _DASHES[number % len(_DASHES)]},
        "marker": {
            "type": _MARKERS[number % len(_MARKERS)],
            "size": 6 if number == 0 else 4,
            "fill": fill,
            "border": {"color": "#000000"},
        },
    }


def axis_options(plan: TablePlan, series: Sequence[Series], *, is_right: bool) -> Options:
    """The axis of one side, named by the columns that are measured on it; from zero, so that bars do not exaggerate."""
    columns = [column_of(plan, one.column)[1] for one in series if one.is_right is is_right]
    name = axis_title(columns)
    return _from_zero(plan, [column.key for column in columns]) | {
        "name": plain_label(name),
        "name_font": {"bold": False, "size": 9},
        "num_font": {"size": 9},
        "num_format": _tick_format(plan, [column.key for column in columns]),
        "major_gridlines": {"visible": not is_right, "line": {"color": "#D9D9D9"}},
    }


def category_options(plan: TablePlan, chart: Chart) -> Options:
    """The lower axis, named by its column; below the figures, also where some are negative."""
    _, column = column_of(plan, chart.categories)
    font = {"size": 9, "rotation": -45} if len(plan.body) > _UPRIGHT else {"size": 9}
    return {
        "name": plain_label(column.heading),
        "name_font": {"bold": False, "size": 9},
        "num_font": font,
        "label_position": "low",
    }


def _from_zero(plan: TablePlan, keys: Sequence[str]) -> Options:
    """An axis that begins at zero, unless a figure is negative."""
    return {} if any(figure < 0 for figure in _figures(plan, keys)) else {"min": 0}


def _tick_format(plan: TablePlan, keys: Sequence[str]) -> str:
    """As many decimals as the steps of an axis need that ends at the largest figure."""
    largest = max((abs(figure) for figure in _figures(plan, keys)), default=0.0)
    return "#,##0" if largest > _TENS else "0.0" if largest > _TENTHS else "0.00"


def _figures(plan: TablePlan, keys: Sequence[str]) -> list[float]:
    values = [row[column_of(plan, key)[0]].value for key in keys for row in plan.body]
    return [float(value) for value in values if not isinstance(value, str | None)]


def plain_label(text: str) -> str:
    """A text that the library does not take for the address of a cell."""
    return text.replace("!", "！").lstrip("=")
