"""Turns the tables of streams and products into accounting's streams, checking every point they name."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from agent.accounting.gas_volume import MeterKind
from agent.accounting.streams import LineState, PointRef, Stream, Term
from agent.settings.mistakes import Mistake
from agent.settings.model import GasTable, ProductTable, StreamTable, TermTable
from agent.settings.toml_source import KeyPath, TomlSource
from agent.texts.sentences import Words, say
from agent.typed import close_to
from collectors.frame import Kind, Layout, Point

RATE_UNITS = {"kW": "kWh", "MW": "MWh", "m3/h": "m3", "kg/h": "kg", "t/h": "t", "L/h": "L"}
"""What the unit of a gauge becomes when it is integrated over hours."""

Built = tuple[tuple[Stream, ...], tuple[Stream, ...], list[Mistake]]


def build_streams(
    source: TomlSource,
    zone: ZoneInfo,
    streams: Sequence[StreamTable],
    products: Sequence[ProductTable],
    layouts: Mapping[str, Layout],
) -> Built:
    """The streams, the products, and all that is wrong with them."""
    builder = _Builder(source, zone, layouts)
    built = tuple(builder.stream(("stream", index), table) for index, table in enumerate(streams))
    made = tuple(builder.product(("product", index), table) for index, table in enumerate(products))
    ids = [(("stream", i), table.id) for i, table in enumerate(streams)]
    ids += [(("product", i), table.id) for i, table in enumerate(products)]
    seen: set[str] = set()
    for path, name in ids:
        if name in seen:
            builder.mistake((*path, "id"), say("id_taken", name=name), say("stream_ids"))
        seen.add(name)
    return built, made, builder.mistakes


class _Builder:
    """Builds one stream after another and collects mistakes."""

    def __init__(self, source: TomlSource, zone: ZoneInfo, layouts: Mapping[str, Layout]) -> None:
        self._source = source
        self._zone = zone
        self._layouts = layouts
        self.mistakes: list[Mistake] = []

    def mistake(self, path: KeyPath, message: Words, hint: Words | None = None) -> None:
        """Note a mistake."""
        self.mistakes.append(self._source.mistake(path, message, hint))

    def stream(self, path: KeyPath, table: StreamTable) -> Stream:
        """A source stream."""
        line = self._line((*path, "gas"), table.gas) if table.gas is not None else None
        return Stream(
            table.id,
            table.carrier,
            table.area,
            table.unit,
            self._terms(path, table.term, table.unit),
            table.name_ja,
            table.name_en,
            table.kind,
            table.supplier,
            table.menu,
            table.counts == "total",
            table.gas.meter if table.gas is not None else None,
            line,
        )

    def product(self, path: KeyPath, table: ProductTable) -> Stream:
        """A product class."""
        terms = self._terms(path, table.term, table.unit)
        return Stream(table.id, "product", "product", table.unit, terms, table.name_ja, table.name_en)

    def _terms(self, path: KeyPath, tables: Sequence[TermTable], unit: str) -> tuple[Term, ...]:
        terms = []
        for index, table in enumerate(tables):
            term = self._term((*path, "term", index), table, unit)
            if term is not None:
                terms.append(term)
        for index, term in enumerate(terms):
            if any(_overlap(term, other) for other in terms[:index]):
                name = f"{term.source.device}.{term.source.point}"
                self.mistake((*path, "term", index), say("counted_twice", name=name), say("end_with_valid_to"))
        return tuple(terms)

    def _term(self, path: KeyPath, table: TermTable, unit: str) -> Term | None:
        found = self._find((*path, "point"), table.point)
        if found is None:
            return None
        ref, point = found
        if point.kind is Kind.STATE:
            self.mistake((*path, "point"), say("point_is_state", name=table.point), say("stream_counts"))
            return None
        counted = RATE_UNITS.get(point.unit, point.unit + "·h") if point.kind is Kind.GAUGE else point.unit
        if counted != unit:
            message = say("unit_differs", name=table.point, unit=counted, wanted=unit)
            self.mistake((*path, "point"), message, say("units_agree"))
        ratio = point.scale * table.multiplier * (1 if table.sign == "+" else -1)
        start, end = self._midnight(table.valid_from), self._midnight(table.valid_to)
        if start is not None and end is not None and start >= end:
            self.mistake((*path, "valid_to"), say("valid_to_early"), say("valid_to_first"))
        return Term(ref, ratio, point.kind is Kind.GAUGE, start, end)

    def _line(self, path: KeyPath, table: GasTable) -> LineState | None:
        """Pressure and temperature, where the kind of meter needs them."""
        pressure: PointRef | Decimal | None = None
        temperature: PointRef | Decimal | None = None
        pressure_scale = temperature_scale = Decimal(1)
        if table.meter is MeterKind.UNCORRECTED:
            pressure, pressure_scale = self._state((*path, "gauge_pressure_kpa"), table.gauge_pressure_kpa, "kPa")
        if table.meter in {MeterKind.UNCORRECTED, MeterKind.BILL_PRESSURE_CORRECTED}:
            temperature, temperature_scale = self._state((*path, "temperature_c"), table.temperature_c, "degC")
        return LineState(pressure, temperature, pressure_scale, temperature_scale)

    def _state(
        self, path: KeyPath, written: str | Decimal | None, unit: str
    ) -> tuple[PointRef | Decimal | None, Decimal]:
        if written is None:
            self.mistake(path, say("no_gas_state", name=path[-1]), say("gas_state_why"))
            return None, Decimal(1)
        if isinstance(written, Decimal):
            return written, Decimal(1)
        found = self._find(path, written)
        if found is None:
            return None, Decimal(1)
        ref, point = found
        if point.kind is not Kind.GAUGE or point.unit != unit:
            message = say("point_is_other", name=written, kind=point.kind.value, unit=point.unit)
            self.mistake(path, message, say("gauge_needed", unit=unit))
        return ref, point.scale

    def _find(self, path: KeyPath, name: str) -> tuple[PointRef, Point] | None:
        device, _, point = name.partition(".")
        layout = self._layouts.get(device)
        if layout is not None and point in layout.position:
            return PointRef(device, point), layout.points[layout.position[point]]
        known = [f"{item.device}.{candidate.id}" for item in self._layouts.values() for candidate in item.points]
        self.mistake(path, say("no_point", name=name), close_to(name, known))
        return None

    def _midnight(self, day: date | None) -> int | None:
        return None if day is None else int(datetime.combine(day, time(), self._zone).timestamp())


def _overlap(one: Term, other: Term) -> bool:
    if one.source != other.source:
        return False
    starts_before_end = one.from_utc_s is None or other.to_utc_s is None or one.from_utc_s < other.to_utc_s
    ends_after_start = one.to_utc_s is None or other.from_utc_s is None or other.from_utc_s < one.to_utc_s
    return starts_before_end and ends_after_start
