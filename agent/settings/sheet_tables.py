"""Turns `[[sheet]]` tables, what people write down, into points that streams and products can name."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from agent.settings.mistakes import Mistake
from agent.settings.model import SheetTable
from agent.settings.stream_tables import RATE_UNITS
from agent.settings.toml_source import TomlSource
from collectors.frame import Kind, Layout, Point

DEVICE = "sheet"
"""What stands for a device in the names of these points."""

_SCALE = Decimal("0.000001")
"""Written quantities are kept in millionths: whole counts with up to six decimals."""


def check_sheets(source: TomlSource, tables: Sequence[SheetTable], layouts: Mapping[str, Layout]) -> list[Mistake]:
    """What is wrong with the sheets."""
    mistakes = []
    if tables and DEVICE in layouts:
        hint = "name the device otherwise, or take the [[sheet]] tables away"
        mistakes.append(source.mistake(("sheet", 0), f"a device is called {DEVICE!r}, as sheets are", hint))
    seen: set[str] = set()
    for index, table in enumerate(tables):
        if table.id in seen:
            mistakes.append(
                source.mistake(("sheet", index, "id"), f"the id {table.id!r} is taken", "each sheet has its own")
            )
        seen.add(table.id)
        if table.unit in RATE_UNITS:
            hint = f"write down {RATE_UNITS[table.unit]}"
            mistakes.append(source.mistake(("sheet", index, "unit"), f"{table.unit} is a rate, not an amount", hint))
        if table.modulus is not None and table.kind == "quantity":
            hint = "only a register turns over"
            mistakes.append(source.mistake(("sheet", index, "modulus"), "a quantity has no modulus", hint))
    return mistakes


def with_sheets(layouts: Mapping[str, Layout], tables: Sequence[SheetTable]) -> dict[str, Layout]:
    """The layouts with the points of the sheets, for those who name points; nobody polls them."""
    points: dict[str, Point] = {}
    for table in tables:
        points.setdefault(table.id, _point(table))
    sheets = {DEVICE: Layout(DEVICE, tuple(points.values()))} if points else {}
    return {**layouts, **sheets}


def _point(table: SheetTable) -> Point:
    modulus = None if table.modulus is None else int(table.modulus / _SCALE)
    return Point(table.id, Kind.COUNTER, table.unit, _SCALE, modulus)
