"""Meter replacements in raw counts, as the counters take them, wherever they were declared: site file or book."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from agent.accounting.counters import Replacement
from agent.accounting.entries import Entry, MeterReplacement, standing
from collectors.frame import Kind, Layout


def in_counts(
    layouts: Mapping[str, Layout], name: str, at_ms: int, displays: tuple[Decimal, Decimal], document: str
) -> Replacement | None:
    """A replacement of a counter `device.point`, from the old display's end and the new one's start.

    None when the site has no such counter.
    """
    device, _, point_id = name.partition(".")
    layout = layouts.get(device)
    if layout is None or point_id not in layout.position:
        return None
    point = layout.points[layout.position[point_id]]
    if point.kind is not Kind.COUNTER:
        return None
    old_end, new_start = (float(display / point.scale) for display in displays)
    return Replacement(device, point_id, at_ms, old_end, new_start, document)


def replacements_of(layouts: Mapping[str, Layout], entries: Iterable[Entry]) -> tuple[Replacement, ...]:
    """The replacements of the book that stand, in raw counts, for the counters that the site has."""
    found = []
    for entry in standing(entries):
        swap = entry.content
        if isinstance(swap, MeterReplacement):
            document = f"{entry.document}, entry {entry.number}"
            found.append(in_counts(layouts, swap.point, swap.time_ms, (swap.old_end, swap.new_start), document))
    return tuple(swap for swap in found if swap is not None)
