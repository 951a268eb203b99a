"""Checks the tables that speak of streams and points by name: replacements, balances, allocations."""

from collections.abc import Mapping, Sequence

from agent.accounting.coil_account import CoilRule
from agent.accounting.counters import Replacement
from agent.accounting.streams import Stream
from agent.settings.mistakes import Mistake
from agent.settings.model import AllocationTable, BalanceTable, CoilTable, ReplacementTable
from agent.settings.replacements import in_counts
from agent.settings.toml_source import KeyPath, TomlSource
from agent.texts.sentences import Words, say
from agent.typed import close_to
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
            message = say("no_counter", name=table.point)
            mistakes.append(source.mistake(("replacement", index, "point"), message, say("replacement_counter")))
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
            message = say("no_coils", number=table.number, weight=table.weight)
            mistakes.append(source.mistake(("coil", index), message, say("coil_points")))
        elif table.id in layout.position:
            mistakes.append(source.mistake(("coil", index, "id"), say("point_there", device=device, name=table.id)))
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
            message = say("balance_units", name=table.id, units=", ".join(sorted(units)))
            self._tell(path, message, say("one_unit"))
        if len(set(named)) != len(named) or set(table.supply) & set(table.uses):
            self._tell(path, say("balance_twice", name=table.id))

    def check_allocation(self, path: KeyPath, table: AllocationTable) -> None:
        """One key, by shares or by streams, and shares of at most one."""
        self._find((*path, "stream"), table.stream)
        if bool(table.shares) == bool(table.by):
            self._tell(path, say("allocation_key", name=table.stream), say("shares_or_by"))
        if sum(table.shares.values()) > 1:
            self._tell((*path, "shares"), say("shares_exceed", name=table.stream), say("rest_stays"))
        for name in table.by:
            self._find((*path, "by"), name)
        areas = {stream.area for stream in self._streams.values()}
        for area in table.shares:
            if area not in areas:
                self._tell((*path, "shares", area), say("no_area", name=area), close_to(area, areas))

    def _find(self, path: KeyPath, name: str) -> Stream | None:
        if name not in self._streams:
            self._tell(path, say("no_stream", name=name), close_to(name, self._streams))
        return self._streams.get(name)

    def _tell(self, path: KeyPath, message: Words, hint: Words | None = None) -> None:
        self.mistakes.append(self._source.mistake(path, message, hint))
