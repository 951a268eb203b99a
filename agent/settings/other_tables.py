"""Checks the tables that speak of streams and points by name: replacements, balances, allocations."""

import difflib
from collections.abc import Iterable, Mapping, Sequence

from agent.accounting.coil_account import CoilRule
from agent.accounting.counters import Replacement
from agent.accounting.streams import Stream
from agent.settings.mistakes import Mistake
from agent.settings.model import AllocationTable, BalanceTable, CoilTable, ReplacementTable
from agent.settings.replacements import in_counts
from agent.settings.toml_source import KeyPath, TomlSource
from collectors.frame import Layout


def build_replacements(
    source: TomlSource, tables: Sequence[ReplacementTable], layouts: Mapping[str, Layout]
) -> tuple[tuple[Replacement, ...], list[Mistake]]:
    """The declared replacements in raw counts, and what is wrong with them."""
    built, mistakes = [], []
    for index, table in enumerate(tables):
        ends = (table.old_end, table.new_start)
        swap = in_counts(layouts, table.point, int(table.at.timestamp() * 1000), ends, table.document)
        if swap is None:
            hint = "a replacement speaks of a counter, written device.point"
            mistakes.append(source.mistake(("replacement", index, "point"), f"no counter {table.point!r}", hint))
        else:
            built.append(swap)
    return tuple(built), mistakes


def build_coils(
    source: TomlSource, tables: Sequence[CoilTable], layouts: Mapping[str, Layout]
) -> tuple[tuple[CoilRule, ...], list[Mistake]]:
    """The rules by which coils are counted, and what is wrong with them."""
    built, mistakes = [], []
    for index, table in enumerate(tables):
        (device, _, number), (other, _, weight) = table.number.partition("."), table.weight.partition(".")
        layout = layouts.get(device)
        if layout is None or device != other or not {number, weight} <= set(layout.position):
            hint = "number and weight are points of one device, written device.point"
            mistakes.append(source.mistake(("coil", index), f"no coils in {table.number} and {table.weight}", hint))
        elif table.id in layout.position:
            mistakes.append(source.mistake(("coil", index, "id"), f"{device} has a point {table.id} already"))
        else:
            built.append(CoilRule(device, table.id, number, layout.points[layout.position[weight]]))
    return tuple(built), mistakes


def with_coils(layouts: Mapping[str, Layout], coils: Sequence[CoilRule]) -> dict[str, Layout]:
    """The layouts with the counters that coils add up to, for those who name points."""
    extra = {device: tuple(rule.as_point() for rule in coils if rule.device == device) for device in layouts}
    return {device: Layout(device, layout.points + extra[device]) for device, layout in layouts.items()}


def find_mistakes(
    source: TomlSource,
    balances: Sequence[BalanceTable],
    allocations: Sequence[AllocationTable],
    streams: Sequence[Stream],
) -> list[Mistake]:
    """What is wrong with balances and allocations."""
    checker = _Checker(source, {stream.id: stream for stream in streams})
    for index, balance in enumerate(balances):
        checker.check_balance(("balance", index), balance)
    for index, allocation in enumerate(allocations):
        checker.check_allocation(("allocation", index), allocation)
    return checker.mistakes


class _Checker:
    def __init__(self, source: TomlSource, streams: Mapping[str, Stream]) -> None:
        self._source = source
        self._streams = streams
        self.mistakes: list[Mistake] = []

    def check_balance(self, path: KeyPath, table: BalanceTable) -> None:
        """Every stream is there, once, and all count the same unit."""
        named = [("supply", name) for name in table.supply] + [("uses", name) for name in table.uses]
        found = [self._find((*path, key), name) for key, name in named]
        units = {stream.unit for stream in found if stream is not None}
        if len(units) > 1:
            self._tell(
                path, f"balance {table.id} mixes the units {', '.join(sorted(units))}", "balance one unit at a time"
            )
        if len(set(named)) != len(named) or set(table.supply) & set(table.uses):
            self._tell(path, f"balance {table.id} names a stream twice", "")

    def check_allocation(self, path: KeyPath, table: AllocationTable) -> None:
        """One key, by shares or by streams, and shares of at most one."""
        self._find((*path, "stream"), table.stream)
        if bool(table.shares) == bool(table.by):
            self._tell(path, f"allocation of {table.stream}: one key is needed", "give shares, or by, not both")
        if sum(table.shares.values()) > 1:
            self._tell(
                (*path, "shares"), f"shares of {table.stream} come to more than 1", "what is left stays where it is"
            )
        for name in table.by:
            self._find((*path, "by"), name)
        areas = {stream.area for stream in self._streams.values()}
        for area in table.shares:
            if area not in areas:
                self._tell((*path, "shares", area), f"no stream has the area {area!r}", _close_to(area, areas))

    def _find(self, path: KeyPath, name: str) -> Stream | None:
        if name not in self._streams:
            self._tell(path, f"no stream {name!r}", _close_to(name, self._streams))
        return self._streams.get(name)

    def _tell(self, path: KeyPath, message: str, hint: str) -> None:
        self.mistakes.append(self._source.mistake(path, message, hint))


def _close_to(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {close[0]!r}?" if close else ""
