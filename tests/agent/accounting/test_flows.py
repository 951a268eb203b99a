"""Flows: a mill by hand, what balances whatever the meters say, and what is not known."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.accounting.areas import SITE, Allocation
from agent.accounting.convert import Converted
from agent.accounting.factors import Basis, Factor, Origin, Quantity
from agent.accounting.flows import (
    RESIDUAL,
    FlowMeasure,
    FlowNode,
    Flows,
    FlowUnknownError,
    Made,
    NodeKind,
    ProductKey,
    draw_flows,
)
from agent.accounting.shares import Shares
from agent.accounting.statement import SpanFigures, StatementLine
from agent.accounting.streams import Stream

FACTOR = Factor(
    "any", Quantity.HEAT, Decimal(1), "GJ/GJ", "worked example", Basis.SEEN, "", "", Origin("factors.toml", 1, 1)
)
KNOWN, UNKNOWN = Shares(100, 100), Shares(100, 0)
STEP = Decimal("0.000001")


def power(name: str, area: str, kwh: float, gj: float, *, is_total: bool, is_known: bool = True) -> StatementLine:
    """Electricity; its CO2 is 0.42 kg/kWh."""
    amount = Decimal(str(kwh))
    converted = Converted(Decimal(str(gj)), amount * Decimal("0.42"), FACTOR, None) if is_known else None
    span = SpanFigures("2023-04", amount, converted, KNOWN if is_known else UNKNOWN)
    stream = Stream(name, "electricity", area, "kWh", (), is_total=is_total)
    return StatementLine(stream, (span,), "" if is_known else "nothing is known of it in this time")


def gas(name: str, area: str, gj: float, *, is_total: bool = True) -> StatementLine:
    """City gas, 20 GJ in 500 m³ and so on; its CO2 is 50 kg/GJ."""
    energy = Decimal(str(gj))
    span = SpanFigures("2023-04", energy * 25, Converted(energy, energy * 50, FACTOR, None), KNOWN)
    return StatementLine(Stream(name, "city_gas", area, "m3", (), is_total=is_total), (span,))


MILL = [
    power("grid", SITE, 90_000, 900, is_total=True),
    power("solar", SITE, 10_000, 36, is_total=True),
    gas("furnace_gas", "melting", 2_000),
    power("mill_power", "rolling", 60_000, 600, is_total=False),
    power("air", "utilities", 30_000, 300, is_total=False),
]
AIR = [Allocation("air", {"rolling": Decimal("0.5"), "melting": Decimal("0.25")}, ())]
MADE = [Made("sheet", Decimal(30), Decimal(10)), Made("foil", Decimal(10), Decimal(20)), Made("plate", Decimal(0))]


def links(flows: Flows) -> dict[tuple[str, str], Decimal]:
    return {(str(each.source.name), str(each.target.name)): each.value for each in flows.links}


def balance(flows: Flows, node: FlowNode) -> Decimal:
    return flows.into(node) - flows.out_of(node)


def test_a_mill_by_hand() -> None:
    """936 GJ of electricity in 100,000 kWh: 60 % to rolling, 30 % to utilities, 10 % to nobody that is known.

    Of the utilities' 280.8 GJ half goes to rolling and a quarter to melting. 30 t of sheet at 10 GJ/t and 10 t of foil
    at 20 GJ/t stand as 300 to 200: sheet takes three fifths of every area.
    """
    flows = draw_flows(MILL, MADE, AIR, FlowMeasure.ENERGY)
    assert flows.total == 2_936
    assert flows.product_key is ProductKey.BENCHMARK
    assert links(flows) == {
        ("city_gas", "melting"): 2_000,
        ("electricity", "rolling"): Decimal("561.6"),
        ("electricity", "utilities"): Decimal("280.8"),
        ("electricity", ""): Decimal("93.6"),
        ("utilities", "rolling"): Decimal("140.4"),
        ("utilities", "melting"): Decimal("70.2"),
        ("melting", "sheet"): Decimal("1242.12"),
        ("melting", "foil"): Decimal("828.08"),
        ("rolling", "sheet"): Decimal("421.2"),
        ("rolling", "foil"): Decimal("280.8"),
        ("utilities", "sheet"): Decimal("42.12"),
        ("utilities", "foil"): Decimal("28.08"),
    }
    assert flows.residual == Decimal("93.6")
    assert [node.kind for node in flows.nodes] == [
        *[NodeKind.CARRIER] * 2,
        *[NodeKind.AREA] * 3,
        *[NodeKind.PRODUCT] * 2,
        NodeKind.RESIDUAL,
    ]


def test_co2_flows_as_energy_does() -> None:
    """42,000 kg of electricity, of which mills and air are 90 %; 100,000 kg of gas."""
    flows = draw_flows(MILL, MADE, [], FlowMeasure.CO2)
    assert links(flows)["electricity", "rolling"] == 25_200
    assert (flows.residual, flows.total) == (Decimal(4_200), Decimal(142_000))


def test_money_flows_by_the_costs_of_the_supply_alone() -> None:
    """Sub-meters have no price: the mean of what the site pays for power, here 1.9 million yen for 100,000 kWh."""
    costs = {"grid": Decimal(1_900_000), "solar": Decimal(0), "furnace_gas": Decimal(5_000_000)}
    flows = draw_flows(MILL, MADE, [], FlowMeasure.COST, costs)
    assert links(flows)["electricity", "rolling"] == 1_140_000
    assert (flows.residual, flows.total) == (Decimal(190_000), Decimal(6_900_000))


def test_an_unknown_price_gives_no_yen() -> None:
    with pytest.raises(FlowUnknownError, match="no cost_yen of solar, furnace_gas"):
        draw_flows(MILL, MADE, [], FlowMeasure.COST, {"grid": Decimal(1), "solar": None})


def test_an_unknown_supply_gives_no_picture() -> None:
    silent = power("grid", SITE, 0, 0, is_total=True, is_known=False)
    with pytest.raises(FlowUnknownError) as error:
        draw_flows([silent, *MILL[1:]], MADE, [], FlowMeasure.ENERGY)
    assert error.value.streams == ("grid",)


def test_a_silent_sub_meter_is_named_and_its_part_is_residual() -> None:
    silent = power("air", "utilities", 0, 0, is_total=False, is_known=False)
    flows = draw_flows([*MILL[:4], silent], MADE, AIR, FlowMeasure.ENERGY)
    assert flows.left_out == ("air",)
    assert flows.residual == Decimal("374.4")


def test_sub_meters_that_read_more_than_the_supply_show_as_what_the_residual_gives() -> None:
    lines = [power("grid", SITE, 100, 1, is_total=True), power("mill", "rolling", 110, 1.1, is_total=False)]
    flows = draw_flows(lines, [], [], FlowMeasure.ENERGY)
    assert flows.residual == Decimal("-0.1")
    assert balance(flows, FlowNode(NodeKind.CARRIER, "electricity")) == -1
    assert flows.into(FlowNode(NodeKind.NO_PRODUCTION)) == Decimal("1.1")


def test_without_a_benchmark_tonnes_are_the_key_and_without_production_there_is_none() -> None:
    made = [Made("sheet", Decimal(30), Decimal(10)), Made("foil", Decimal(10))]
    by_tonnes = draw_flows(MILL, made, [], FlowMeasure.ENERGY)
    assert by_tonnes.product_key is ProductKey.TONNES
    assert links(by_tonnes)["melting", "sheet"] == 1_500
    standing = draw_flows(MILL, [Made("sheet", Decimal(0))], [], FlowMeasure.ENERGY)
    assert standing.product_key is ProductKey.NONE
    assert standing.into(FlowNode(NodeKind.NO_PRODUCTION)) == Decimal("2842.4")


def test_a_shared_utility_by_what_others_use() -> None:
    """Air goes to the areas of two streams as 561.6 to 2,000."""
    flows = draw_flows(MILL, MADE, [Allocation("air", {}, ("mill_power", "furnace_gas"))], FlowMeasure.ENERGY)
    found = links(flows)
    rolling, melting = found["utilities", "rolling"], found["utilities", "melting"]
    assert rolling + melting == pytest.approx(Decimal("280.8"), abs=STEP)
    assert rolling / melting == pytest.approx(Decimal("0.2808"), abs=Decimal("0.00001"))


amounts = st.decimals(0, 10**9, places=3)
details = st.lists(st.tuples(st.sampled_from(["rolling", "melting", "utilities", SITE]), amounts), max_size=6)
shares = st.lists(st.decimals("0.01", "0.33", places=2), min_size=3, max_size=3)
products = st.lists(st.tuples(amounts, st.one_of(st.none(), st.decimals(1, 30, places=1))), max_size=5)


@given(st.tuples(amounts, amounts, amounts), details, shares, products)
def test_every_node_balances_exactly(
    supply: tuple[Decimal, Decimal, Decimal],
    uses: list[tuple[str, Decimal]],
    given_away: list[Decimal],
    made: list[tuple[Decimal, Decimal | None]],
) -> None:
    grid, solar, melting_gas = (float(amount) for amount in supply)
    lines = [
        power("grid", SITE, grid, grid / 111, is_total=True),
        power("solar", SITE, solar, solar / 333, is_total=True),
        gas("furnace_gas", "melting", melting_gas),
        *(power(f"use_{i}", area, float(kwh), 1, is_total=False) for i, (area, kwh) in enumerate(uses)),
    ]
    allocations = [
        Allocation("use_0", dict(zip(["rolling", "melting", "finishing"], given_away, strict=True)), ()),
        Allocation("use_1", {}, ("use_2", "furnace_gas")),
    ]
    flows = draw_flows(
        lines, [Made(f"p{i}", tonnes, each) for i, (tonnes, each) in enumerate(made)], allocations, FlowMeasure.ENERGY
    )
    assert all(link.value > 0 for link in flows.links)
    assert len({(link.source, link.target) for link in flows.links}) == len(flows.links)
    sums: dict[NodeKind, Decimal] = {kind: Decimal(0) for kind in NodeKind}
    for node in flows.nodes:
        sums[node.kind] += balance(flows, node)
        if node.kind is NodeKind.AREA:
            assert balance(flows, node) == 0
    assert -sums[NodeKind.CARRIER] == flows.total
    assert sums[NodeKind.PRODUCT] + sums[NodeKind.NO_PRODUCTION] + flows.residual == flows.total
    assert flows.residual == balance(flows, RESIDUAL)
    assert flows.total == pytest.approx(sum(line.energy_gj or Decimal(0) for line in lines[:3]), abs=3 * STEP)
