"""View 3, Flows: from carriers to areas to products, with what no area accounts for."""

from decimal import Decimal

from agent.accounting.flows import FlowMeasure, FlowNode, Flows, NodeKind
from agent.dashboard.printing import number
from agent.dashboard.setup import Setup
from agent.dashboard.texts import DashboardTexts
from agent.dashboard.view_now import carrier_name
from agent.reports.table import Column, Row, Table
from agent.reports.words import area_name, name_of


def flows_table(say: DashboardTexts, setup: Setup, flows: Flows) -> Table:
    """One row a link; the table that the picture is drawn from."""
    decimals = 0 if flows.measure is FlowMeasure.COST else 1
    columns = (
        Column("source", say("flow_from")),
        Column("source_kind", say("flow_kind")),
        Column("target", say("flow_to")),
        Column("target_kind", say("flow_kind")),
        Column("value", say(f"flow_{flows.measure.value}"), decimals, unit=say(f"unit_{flows.measure.value}")),
        Column("share_percent", say("flow_share"), 1, unit="%"),
    )
    rows: list[Row] = [
        (*_node(say, setup, link.source), *_node(say, setup, link.target), link.value, _share(link.value, flows.total))
        for link in flows.links
    ]
    return Table(say("flows_title"), columns, tuple(rows), "flows")


def _node(say: DashboardTexts, setup: Setup, node: FlowNode) -> tuple[str, str]:
    """A node's name and what it is."""
    return node_name(say, setup, node), say(f"node_{node.kind.value}")


def node_name(say: DashboardTexts, setup: Setup, node: FlowNode) -> str:
    """What a node is called in the reader's language."""
    if node.kind is NodeKind.CARRIER:
        return say("electricity") if node.name == "electricity" else carrier_name(say, node.name)
    if node.kind is NodeKind.AREA:
        return area_name(say, node.name)
    if node.kind is NodeKind.PRODUCT:
        products = {product.id: product for product in setup.site.products}
        return name_of(say, products[node.name])
    return say(f"node_{node.kind.value}")


def flows_notes(say: DashboardTexts, flows: Flows) -> list[str]:
    """What a reader must know of the picture: the residual, by what products are weighed, what is left out."""
    unit = say(f"unit_{flows.measure.value}")
    share = number(_share(flows.residual, flows.total), 1)
    notes = [say("flow_residual", value=number(flows.residual, 0), unit=unit, share=share)]
    notes.append(say(f"flow_key_{flows.product_key.value}"))
    if flows.left_out:
        notes.append(say("flow_left_out", streams=", ".join(flows.left_out)))
    return notes


def total_of(say: DashboardTexts, flows: Flows) -> str:
    """What the carriers bring in, with its unit."""
    return f"{number(flows.total, 0)} {say(f'unit_{flows.measure.value}')}"


def _share(value: Decimal, total: Decimal) -> Decimal | None:
    return 100 * value / total if total else None
