"""The OPC UA server and settings with which the conformance suite tries the OPC UA collector."""

from asyncua import ua
from asyncua.server.server import Server

from collectors.opcua import Settings

VALUES = {"energy": 123456789.0, "power": -250.0}
NAMESPACE = "urn:example:mill"


class Harness:
    """An asyncua server on a loopback port, without security."""

    values = VALUES

    def __init__(self) -> None:
        self._server: Server | None = None

    def settings(self, port: int, timeout_s: float) -> Settings:
        points = [
            {"id": "energy", "kind": "counter", "unit": "kWh", "node": f"nsu={NAMESPACE};s=Energy"},
            {"id": "power", "kind": "gauge", "unit": "kW", "node": f"nsu={NAMESPACE};s=Power"},
            {"id": "absent", "kind": "gauge", "unit": "kW", "node": f"nsu={NAMESPACE};s=Absent"},
        ]
        return Settings.model_validate(
            {
                "id": "line",
                "protocol": "opcua",
                "url": f"opc.tcp://127.0.0.1:{port}",
                "poll_s": 1,
                "timeout_s": timeout_s,
                "devices": [{"id": "meter", "points": points}],
            }
        )

    async def start(self, port: int) -> None:
        server = Server()
        await server.init()
        server.set_endpoint(f"opc.tcp://127.0.0.1:{port}")
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        index = await server.register_namespace(NAMESPACE)
        objects = server.nodes.objects
        energy, power = (ua.NodeId.from_string(f"ns={index};s={name}") for name in ("Energy", "Power"))
        await objects.add_variable(energy, "Energy", 123456789, ua.VariantType.UInt32)
        await objects.add_variable(power, "Power", -250.0, ua.VariantType.Double)
        await server.start()
        self._server = server

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop()
            self._server = None
