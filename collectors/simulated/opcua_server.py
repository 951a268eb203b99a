"""The simulated OPC UA endpoint, on asyncua: coils, annealing, compressors. Knows nodes, not what they mean."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, timedelta

from asyncua import ua
from asyncua.server.server import Server

from collectors.simulated.instruments import COUNTERS
from collectors.simulated.mill import Mill
from collectors.simulated.rolling import PRODUCTS

NAMESPACE = "urn:atsuen:simulated-mill"
_APPLICATION = "urn:atsuen:simulated-mill:line"
_REFRESH_S = 0.02
_EPOCH = ua.DateTime(1970, 1, 1, tzinfo=UTC)
_CURRENT_TIME = ua.NodeId.from_string("i=2258")
"""Server_ServerStatus_CurrentTime, as the standard address space numbers it."""

_VARIABLES: tuple[tuple[str, str, ua.VariantType], ...] = (
    *(("line", product, ua.VariantType.UInt32) for product in PRODUCTS),
    ("line", "hot_mill_phase", ua.VariantType.Byte),
    ("line", "cold_mill_1_phase", ua.VariantType.Byte),
    ("line", "cold_mill_2_phase", ua.VariantType.Byte),
    ("annealing", "gas_volume", ua.VariantType.UInt32),
    ("annealing", "gas_pressure", ua.VariantType.Double),
    ("annealing", "gas_temperature", ua.VariantType.Float),
    ("annealing", "phase", ua.VariantType.Byte),
    ("compressors", "energy", ua.VariantType.UInt32),
    ("compressors", "power", ua.VariantType.Double),
    ("compressors", "running", ua.VariantType.Byte),
)
"""Device, point and type; the node is `device.point`."""


@dataclass(frozen=True, slots=True)
class _Variable:
    node: ua.NodeId
    device: str
    point: str
    variant: ua.VariantType

    def value_at(self, mill: Mill, time_ms: int, moment: ua.DateTime) -> ua.DataValue:
        """What the node shows at a moment, stamped with it."""
        return ua.DataValue(
            ua.Variant(_number(mill, self, time_ms), self.variant), SourceTimestamp=moment, ServerTimestamp=moment
        )


@asynccontextmanager
async def serve_opcua(mill: Mill, now_ms: Callable[[], int], host: str, port: int) -> AsyncIterator[int]:
    """The endpoint, listening while the context is open; gives its port, a free one for port 0.

    All values are refreshed together, 50 times a second, and carry the model's time that they belong to.
    """
    server = await _prepare(host, port)
    variables = await _build_address_space(server, mill, now_ms)
    await server.start()
    refreshing = asyncio.create_task(_keep_fresh(server, variables, mill, now_ms), name="simulated OPC UA values")
    try:
        yield _port_of(server)
    finally:
        refreshing.cancel()
        with suppress(asyncio.CancelledError):
            await refreshing
        await _stop(server)


async def _prepare(host: str, port: int) -> Server:
    server = Server()
    server.name = "Atsuen simulated mill"
    server.set_endpoint(f"opc.tcp://{host}:{port}/")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    server.set_identity_tokens([ua.AnonymousIdentityToken])
    server.disable_clock()
    await server.init()
    await server.set_application_uri(_APPLICATION)
    return server


async def _stop(server: Server) -> None:
    """Close sessions and subscriptions, which asyncua would leave running, then the connections and the listener."""
    sessions = list(server.iserver._external_sessions.values())  # noqa: SLF001 - asyncua has no public list of them
    for session in sessions:
        await session.close_session(delete_subs=True)
    await server.stop()
    await asyncio.sleep(0)  # the connections, closed above, leave the loop in its next turn
    if server.bserver is not None:
        await asyncio.gather(*server.bserver.closing_tasks)


async def _build_address_space(server: Server, mill: Mill, now_ms: Callable[[], int]) -> list[_Variable]:
    namespace = await server.register_namespace(NAMESPACE)
    plant = await server.get_objects_node().add_folder(_node_id(namespace, "mill"), f"{namespace}:mill")
    devices = {
        device: await plant.add_object(_node_id(namespace, device), f"{namespace}:{device}")
        for device in dict.fromkeys(device for device, _, _ in _VARIABLES)
    }
    variables = []
    for device, point, variant in _VARIABLES:
        node = _node_id(namespace, f"{device}.{point}")
        variable = _Variable(node, device, point, variant)
        variables.append(variable)
        start = ua.Variant(_number(mill, variable, now_ms()), variant)
        await devices[device].add_variable(node, f"{namespace}:{point}", start)
    await _refresh(server, variables, mill, now_ms())
    return variables


def _node_id(namespace: int, name: str) -> ua.NodeId:
    return ua.NodeId.from_string(f"ns={namespace};s={name}")


def _port_of(server: Server) -> int:
    if server.bserver is None:
        raise AssertionError("a started server listens")
    return server.bserver.port


async def _keep_fresh(server: Server, variables: Sequence[_Variable], mill: Mill, now_ms: Callable[[], int]) -> None:
    while True:
        await _refresh(server, variables, mill, now_ms())
        await asyncio.sleep(_REFRESH_S)


async def _refresh(server: Server, variables: Sequence[_Variable], mill: Mill, time_ms: int) -> None:
    moment = _EPOCH + timedelta(milliseconds=time_ms)
    values = [(variable.node, variable.value_at(mill, time_ms, moment)) for variable in variables]
    for node, value in values:
        await server.write_attribute_value(node, value)
    await server.write_attribute_value(_CURRENT_TIME, ua.DataValue(ua.Variant(moment, ua.VariantType.DateTime)))


def _number(mill: Mill, variable: _Variable, time_ms: int) -> int | float:
    if (variable.device, variable.point) in COUNTERS:
        return mill.register(variable.device, variable.point, time_ms)
    if variable.variant is ua.VariantType.Byte:
        return mill.gauge_steps(variable.device, variable.point, time_ms)
    return mill.gauge(variable.device, variable.point, time_ms)
