"""Checks the tables of the manager's pages: every stream, point and balance they name exists; dates and keys fit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from agent.accounting.streams import Stream
from agent.alerts.rules import AlertKind
from agent.settings.dashboard_tables import (
    AlertTable,
    BaselineTable,
    DemandTable,
    MeasureTable,
    PriceTable,
    ShiftsTable,
    TargetTable,
)
from agent.settings.mistakes import Mistake
from agent.settings.toml_source import KeyPath, TomlSource
from agent.texts.sentences import Words, say
from agent.typed import close_to
from collectors.frame import Kind, Point

ELECTRIC_UNITS = ("kWh", "MWh", "GWh")

_COMMON = frozenset({"id", "kind", "name_ja", "name_en", "for_min", "clear_min", "hysteresis_percent"})


@dataclass(frozen=True, slots=True)
class AlertKeys:
    """The keys that alerts of a kind need, and those that they may have, beside the common ones."""

    needed: frozenset[str]
    allowed: frozenset[str] = frozenset()


ALERT_KEYS: Mapping[AlertKind, AlertKeys] = {
    AlertKind.INTENSITY: AlertKeys(frozenset({"over_percent", "for_min"}), frozenset({"window_h"})),
    AlertKind.IDLE_BURNER: AlertKeys(frozenset({"stream", "limit", "for_min"}), frozenset({"charge", "idle"})),
    AlertKind.BASE_LOAD: AlertKeys(frozenset({"stream", "limit"})),
    AlertKind.SILENT: AlertKeys(frozenset({"device", "for_min"})),
    AlertKind.STUCK: AlertKeys(frozenset({"point", "for_min"}), frozenset({"while_producing"})),
    AlertKind.DEMAND: AlertKeys(frozenset()),
    AlertKind.RESIDUAL: AlertKeys(frozenset({"balance", "over_percent"})),
}


@dataclass(frozen=True, slots=True)
class DashboardTables:
    """The tables of a site file that the manager's pages rest on."""

    demand: DemandTable | None = None
    baseline: BaselineTable | None = None
    measure: tuple[MeasureTable, ...] = ()
    target: tuple[TargetTable, ...] = ()
    price: tuple[PriceTable, ...] = ()
    shifts: ShiftsTable = field(default_factory=ShiftsTable)
    alert: tuple[AlertTable, ...] = ()


def check_dashboard(
    source: TomlSource,
    tables: DashboardTables,
    streams: Sequence[Stream],
    points: Mapping[str, Point],
    balances: Iterable[str],
) -> list[Mistake]:
    """What is wrong with these tables. `points` are all that may be named, by `device.point`."""
    checker = _Checker(source, {stream.id: stream for stream in streams}, points, set(balances))
    if tables.demand is not None:
        checker.check_demand(tables.demand)
    if tables.baseline is not None and tables.baseline.from_day >= tables.baseline.to_day:
        checker.tell(("baseline", "to_day"), say("to_day_early"), say("to_day_first"))
    for index, target in enumerate(tables.target):
        checker.check_target(("target", index), target, tables.target[:index])
    for index, price in enumerate(tables.price):
        checker.check_price(("price", index), price, tables.price[:index])
    checker.check_shifts(tables.shifts)
    seen: set[str] = set()
    for index, alert in enumerate(tables.alert):
        checker.check_alert(("alert", index), alert, tables)
        if alert.id in seen:
            checker.tell(("alert", index, "id"), say("id_taken", name=alert.id), say("alert_ids"))
        seen.add(alert.id)
    return checker.mistakes


class _Checker:
    def __init__(
        self, source: TomlSource, streams: Mapping[str, Stream], points: Mapping[str, Point], balances: set[str]
    ) -> None:
        self._source = source
        self._streams = streams
        self._points = points
        self._balances = balances
        self.mistakes: list[Mistake] = []

    def tell(self, path: KeyPath, message: Words, hint: Words | None = None) -> None:
        """Note a mistake."""
        self.mistakes.append(self._source.mistake(path, message, hint))

    def check_demand(self, table: DemandTable) -> None:
        """The billed stream and the loads are streams of electricity; no load stands there twice."""
        self._check_electric(("demand", "stream"), table.stream)
        seen: set[str] = set()
        for index, load in enumerate(table.shed):
            path = ("demand", "shed", index, "stream")
            self._check_electric(path, load.stream)
            if load.stream in seen:
                self.tell(path, say("shed_twice", name=load.stream), say("shed_once"))
            seen.add(load.stream)

    def check_target(self, path: KeyPath, table: TargetTable, before: Iterable[TargetTable]) -> None:
        """The target lies after its base, and there is one path for a figure."""
        if table.year <= table.base_year:
            self.tell((*path, "year"), say("target_year", year=table.year, base_year=table.base_year))
        if any(other.figure is table.figure for other in before):
            self.tell((*path, "figure"), say("target_twice", figure=table.figure.value), say("one_path"))

    def check_price(self, path: KeyPath, table: PriceTable, before: Iterable[PriceTable]) -> None:
        """The stream is there, and one price holds at a time."""
        self._check_name((*path, "stream"), "stream", table.stream, self._streams)
        if table.valid_from is not None and table.valid_to is not None and table.valid_from >= table.valid_to:
            self.tell((*path, "valid_to"), say("valid_to_early"), say("valid_to_out"))
        if any(other.stream == table.stream and _overlap(other, table) for other in before):
            self.tell(path, say("two_prices", name=table.stream), say("end_with_valid_to"))

    def check_shifts(self, table: ShiftsTable) -> None:
        """Shifts begin on half hours, since the figures are of half hours."""
        for index, start in enumerate(table.starts):
            if start.minute % 30 or start.second or start.microsecond:
                self.tell(("shifts", "starts", index), say("shift_start", start=start), say("half_hours_only"))

    def check_alert(self, path: KeyPath, table: AlertTable, tables: DashboardTables) -> None:
        """The keys fit the kind, and what they name exists."""
        self._check_keys(path, table)
        if table.stream is not None and table.kind is AlertKind.BASE_LOAD:
            self._check_electric((*path, "stream"), table.stream)
        elif table.stream is not None:
            self._check_name((*path, "stream"), "stream", table.stream, self._streams)
        if table.device is not None:
            devices = {name.partition(".")[0] for name in self._points}
            self._check_name((*path, "device"), "device", table.device, devices)
        if table.point is not None:
            self._check_name((*path, "point"), "point", table.point, self._points)
        if table.balance is not None:
            self._check_name((*path, "balance"), "balance", table.balance, self._balances)
        self._check_charge(path, table)
        self._check_other_tables(path, table, tables)

    def _check_charge(self, path: KeyPath, table: AlertTable) -> None:
        if (table.charge is None) != (not table.idle):
            self.tell(path, say("charge_and_idle"), say("charge_hint"))
        if table.charge is None:
            return
        self._check_name((*path, "charge"), "point", table.charge, self._points)
        point = self._points.get(table.charge)
        if point is not None and point.kind is not Kind.STATE:
            self.tell(
                (*path, "charge"),
                say("state_needed_not", name=table.charge, kind=point.kind.value),
                say("state_needed"),
            )

    def _check_other_tables(self, path: KeyPath, table: AlertTable, tables: DashboardTables) -> None:
        if table.kind is AlertKind.DEMAND and tables.demand is None:
            self.tell((*path, "kind"), say("needs_demand"), say("state_contract"))
        if table.kind is AlertKind.INTENSITY and tables.baseline is None:
            self.tell((*path, "kind"), say("needs_baseline"), say("state_days"))

    def _check_keys(self, path: KeyPath, table: AlertTable) -> None:
        keys = ALERT_KEYS[table.kind]
        given = {name for name in AlertTable.model_fields if getattr(table, name) is not None} - {"name_ja", "name_en"}
        for name in sorted(keys.needed - given):
            self.tell(path, say("alert_needs", kind=table.kind.value, key=name), say("add_key", key=name))
        for name in sorted(given - keys.needed - keys.allowed - _COMMON):
            known = ", ".join(sorted(keys.needed | keys.allowed))
            hint = say("its_keys", known=known) if known else say("common_keys")
            self.tell((*path, name), say("alert_no_key", kind=table.kind.value, key=name), hint)

    def _check_electric(self, path: KeyPath, name: str) -> None:
        self._check_name(path, "stream", name, self._streams)
        stream = self._streams.get(name)
        if stream is not None and stream.unit not in ELECTRIC_UNITS:
            message = say("stream_unit", name=name, unit=stream.unit)
            self.tell(path, message, say("electric_unit", known=", ".join(ELECTRIC_UNITS)))

    def _check_name(self, path: KeyPath, what: str, name: str, known: Iterable[str]) -> None:
        names = list(known)
        if name not in names:
            self.tell(path, say(f"no_{what}", name=name), close_to(name, names))


def _overlap(one: PriceTable, other: PriceTable) -> bool:
    starts_before_end = one.valid_from is None or other.valid_to is None or one.valid_from < other.valid_to
    ends_after_start = one.valid_to is None or other.valid_from is None or other.valid_from < one.valid_to
    return starts_before_end and ends_after_start
