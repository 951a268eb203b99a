"""Turns `[[sheet]]` tables, what people write down, into points that streams and products can name."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from agent.settings.mistakes import Mistake
from agent.settings.model import SheetTable
from agent.settings.stream_tables import RATE_UNITS
from agent.settings.toml_source import TomlSource
from agent.texts.sentences import say
from collectors.frame import Kind, Layout, Point

DEVICE = "sheet"
"""What stands for a device in the names of these points."""

_SCALE = Decimal("0.000001")
"""Written quantities are kept in millionths: whole counts with up to six decimals."""


def check_sheets(source: TomlSource, tables: Sequence[SheetTable], layouts: Mapping[str, Layout]) -> list[Mistake]:
    """What is wrong with the sheets."""
    mistakes = []
    if tables and DEVICE in layouts:
        mistakes.append(source.mistake(("sheet", 0), say("sheet_device", name=DEVICE), say("rename_device")))
    seen: set[str] = set()
    for index, table in enumerate(tables):
        if table.id in seen:
            mistakes.append(source.mistake(("sheet", index, "id"), say("id_taken", name=table.id), say("sheet_ids")))
        seen.add(table.id)
        if table.unit in RATE_UNITS:
            hint = say("write_unit", unit=RATE_UNITS[table.unit])
            mistakes.append(source.mistake(("sheet", index, "unit"), say("unit_is_rate", unit=table.unit), hint))
        if table.modulus is not None and table.kind == "quantity":
            mistakes.append(source.mistake(("sheet", index, "modulus"), say("no_modulus"), say("register_turns")))
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
