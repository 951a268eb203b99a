"""Where energy, CO2 or money goes: from carriers to areas to products, as links that balance to the last digit.

What the site's meters supply and no sub-meter accounts for is the residual, a node of its own. Knows no drawing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from agent.accounting.areas import SITE, Allocation
from agent.accounting.convert_units import convert_amount
from agent.accounting.statement import StatementLine

_STEP = Decimal("0.000001")
"""Links are whole millionths, so that the parts of a sum make up the sum exactly."""
_ZERO = Decimal(0)


class FlowMeasure(StrEnum):
    """What flows."""

    ENERGY = "energy_gj"
    CO2 = "co2_kg"
    COST = "cost_yen"


class NodeKind(StrEnum):
    """What a node stands for."""

    CARRIER = "carrier"
    AREA = "area"
    PRODUCT = "product"
    RESIDUAL = "residual"
    """What the site takes and no area accounts for. Where sub-meters read more than the supply, it gives."""
    NO_PRODUCTION = "no_production"
    """Where the areas' use goes while nothing is produced."""


class ProductKey(StrEnum):
    """By what an area's use is given to the products."""

    BENCHMARK = "benchmark"
    """Tonnes times each product's expected GJ/t: used when every product made has a benchmark."""
    TONNES = "tonnes"
    NONE = "none"


@dataclass(frozen=True, slots=True, order=True)
class FlowNode:
    """A node: a carrier, an area, a product, by name."""

    kind: NodeKind
    name: str = ""


@dataclass(frozen=True, slots=True)
class FlowLink:
    """An amount above zero from one node to another."""

    source: FlowNode
    target: FlowNode
    value: Decimal


@dataclass(frozen=True, slots=True)
class Made:
    """A product and its tonnes over the period."""

    product: str
    tonnes: Decimal
    expected_gj_per_t: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Flows:
    """The links of a period. `total` is what the carriers bring in; `left_out` are sub-meters without a figure."""

    measure: FlowMeasure
    links: tuple[FlowLink, ...]
    total: Decimal
    product_key: ProductKey
    left_out: tuple[str, ...]

    @property
    def nodes(self) -> list[FlowNode]:
        """Every node that a link touches, carriers first."""
        touched = {node for link in self.links for node in (link.source, link.target)}
        return sorted(touched, key=lambda node: (list(NodeKind).index(node.kind), node.name))

    def into(self, node: FlowNode) -> Decimal:
        """What flows into a node."""
        return sum((link.value for link in self.links if link.target == node), _ZERO)

    def out_of(self, node: FlowNode) -> Decimal:
        """What flows out of a node."""
        return sum((link.value for link in self.links if link.source == node), _ZERO)

    @property
    def residual(self) -> Decimal:
        """What no area accounts for; negative where sub-meters read more than the supply."""
        return self.into(RESIDUAL) - self.out_of(RESIDUAL)


RESIDUAL = FlowNode(NodeKind.RESIDUAL)


class FlowUnknownError(ValueError):
    """The supply of these streams is not known in the measure, so there is no picture of the whole."""

    def __init__(self, measure: FlowMeasure, streams: Sequence[str]) -> None:
        super().__init__(f"no {measure} of {', '.join(streams)}")
        self.streams = tuple(streams)


def draw_flows(
    lines: Sequence[StatementLine],
    made: Sequence[Made],
    allocations: Iterable[Allocation],
    measure: FlowMeasure,
    costs_yen: Mapping[str, Decimal | None] | None = None,
) -> Flows:
    """The flows of a period from its lines. `costs_yen` are the streams' costs, for `COST` alone.

    A sub-meter has no price and no factor of its own: it takes its share, by amount, of what its carrier's supply to
    the whole site comes to. Raises FlowUnknownError when a stream of the supply has no figure.
    """
    values = _supply_values(lines, measure, costs_yen or {})
    drawer = _Drawer()
    left_out = drawer.supply(lines, values)
    drawer.allocate(allocations)
    key, weights = _product_weights(made)
    drawer.give_to_products(weights)
    return Flows(measure, drawer.links(), sum(values.values(), _ZERO), key, left_out)


def _supply_values(
    lines: Sequence[StatementLine], measure: FlowMeasure, costs_yen: Mapping[str, Decimal | None]
) -> dict[str, Decimal]:
    values, unknown = {}, []
    for line in lines:
        if not line.stream.is_total:
            continue
        found = {
            FlowMeasure.ENERGY: line.energy_gj,
            FlowMeasure.CO2: line.co2_kg,
            FlowMeasure.COST: costs_yen.get(line.stream.id),
        }[measure]
        if found is None:
            unknown.append(line.stream.id)
        else:
            values[line.stream.id] = found.quantize(_STEP)
    if unknown:
        raise FlowUnknownError(measure, unknown)
    return values


class _Drawer:
    """Books one step of the flow after another. A flow below zero runs the other way."""

    def __init__(self) -> None:
        self._flows: dict[tuple[FlowNode, FlowNode], Decimal] = {}
        self._parts: dict[str, tuple[FlowNode, Decimal]] = {}

    def supply(self, lines: Sequence[StatementLine], values: Mapping[str, Decimal]) -> tuple[str, ...]:
        """Carriers into areas. What is left of a carrier's supply to the site is residual. Names what is left out."""
        pools: dict[str, _Pool] = {}
        for line in lines:
            if not line.stream.is_total:
                continue
            if line.stream.area == SITE:
                pools.setdefault(line.stream.carrier, _Pool()).add(_weight(line), values[line.stream.id])
                self._parts[line.stream.id] = (RESIDUAL, values[line.stream.id])
            else:
                self._bring_in(line, values[line.stream.id])
        left_out = []
        for line in lines:
            if line.stream.is_total:
                continue
            value = pools.get(line.stream.carrier, _Pool()).take(_weight(line))
            if value is None:
                left_out.append(line.stream.id)
            else:
                self._bring_in(line, value)
        for carrier, pool in pools.items():
            self._move(FlowNode(NodeKind.CARRIER, carrier), RESIDUAL, pool.rest)
        return tuple(left_out)

    def allocate(self, allocations: Iterable[Allocation]) -> None:
        """Shared utilities on to the areas that use them; what no share claims stays."""
        for allocation in allocations:
            if allocation.stream not in self._parts:
                continue
            area, value = self._parts[allocation.stream]
            shares = {_area(name): share for name, share in allocation.shares.items()} or self._shares(allocation.by)
            for target, share in shares.items():
                if target != area:
                    self._move(area, target, (value * share).quantize(_STEP))

    def give_to_products(self, weights: Mapping[str, Decimal]) -> None:
        """What has come into each area, on to the products, or to the standstill when there are none."""
        came: dict[FlowNode, Decimal] = {}
        for (source, target), value in self._flows.items():
            came[target] = came.get(target, _ZERO) + value
            came[source] = came.get(source, _ZERO) - value
        for area, value in came.items():
            if area.kind is not NodeKind.AREA:
                continue
            if not weights:
                self._move(area, FlowNode(NodeKind.NO_PRODUCTION), value)
            for product, part in _split(value, weights).items():
                self._move(area, FlowNode(NodeKind.PRODUCT, product), part)

    def links(self) -> tuple[FlowLink, ...]:
        """The links, in the order in which they came up."""
        return tuple(
            FlowLink(source, target, value) if value > 0 else FlowLink(target, source, -value)
            for (source, target), value in self._flows.items()
            if value
        )

    def _bring_in(self, line: StatementLine, value: Decimal) -> None:
        area = _area(line.stream.area)
        self._parts[line.stream.id] = (area, value)
        self._move(FlowNode(NodeKind.CARRIER, line.stream.carrier), area, value)

    def _shares(self, streams: Iterable[str]) -> dict[FlowNode, Decimal]:
        weights: dict[FlowNode, Decimal] = {}
        for area, value in (self._parts[name] for name in streams if name in self._parts):
            weights[area] = weights.get(area, _ZERO) + value
        total = sum(weights.values(), _ZERO)
        return {area: weight / total for area, weight in weights.items()} if total > 0 else {}

    def _move(self, source: FlowNode, target: FlowNode, value: Decimal) -> None:
        if (target, source) in self._flows:
            source, target, value = target, source, -value
        self._flows[source, target] = self._flows.get((source, target), _ZERO) + value


class _Pool:
    """What one carrier supplies to the whole site, to be divided among sub-meters by amount."""

    def __init__(self) -> None:
        self._weight: Decimal | None = _ZERO
        self._value = _ZERO
        self.rest = _ZERO

    def add(self, weight: Decimal | None, value: Decimal) -> None:
        """One more stream of the supply."""
        self._weight = None if weight is None or self._weight is None else self._weight + weight
        self._value += value
        self.rest += value

    def take(self, weight: Decimal | None) -> Decimal | None:
        """The share of a sub-meter; None when its amount or the supply's is not known."""
        if weight is None or not self._weight or self._weight < 0:
            return None
        part = (self._value * weight / self._weight).quantize(_STEP)
        self.rest -= part
        return part


def _area(name: str) -> FlowNode:
    return RESIDUAL if name == SITE else FlowNode(NodeKind.AREA, name)


def _weight(line: StatementLine) -> Decimal | None:
    """By what a carrier is divided: kWh of electricity, of which every kind is the same; GJ of anything else."""
    if not any(span.is_known for span in line.spans):
        return None
    return convert_amount(line.amount, line.stream.unit, "kWh") if _is_electric(line) else line.energy_gj


def _is_electric(line: StatementLine) -> bool:
    return line.stream.carrier == "electricity"


def _product_weights(made: Sequence[Made]) -> tuple[ProductKey, dict[str, Decimal]]:
    some = [each for each in made if each.tonnes > 0]
    if not some:
        return ProductKey.NONE, {}
    if all(each.expected_gj_per_t is not None for each in some):
        return ProductKey.BENCHMARK, {each.product: each.tonnes * (each.expected_gj_per_t or _ZERO) for each in some}
    return ProductKey.TONNES, {each.product: each.tonnes for each in some}


def _split(value: Decimal, weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """A value in parts by weight that make it up exactly: each is rounded against what the ones before it left."""
    parts, rest, left = {}, value, sum(weights.values(), _ZERO)
    for name, weight in weights.items():
        parts[name] = (rest * weight / left).quantize(_STEP)
        rest, left = rest - parts[name], left - weight
    return parts
