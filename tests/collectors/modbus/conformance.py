"""The Modbus server and settings with which the conformance suite tries the Modbus collector."""

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from collectors.modbus import Settings

VALUES = {"energy": 123456789.0, "power": -250.0}
REGISTERS = [
    SimData(100, values=[0x075B, 0xCD15], datatype=DataType.REGISTERS),  # 123,456,789 = 0x075BCD15
    SimData(102, values=[0xFF06], datatype=DataType.REGISTERS),  # −250 = 0xFF06
]


class Harness:
    """A pymodbus server on a loopback port, with one unit."""

    values = VALUES

    def __init__(self) -> None:
        self._server: ModbusTcpServer | None = None

    def settings(self, port: int, timeout_s: float) -> Settings:
        points = [
            {"id": "energy", "kind": "counter", "unit": "kWh", "type": "u32", "address": 100},
            {"id": "power", "kind": "gauge", "unit": "kW", "type": "s16", "address": 102},
            {"id": "absent", "kind": "gauge", "unit": "kW", "type": "u16", "address": 9000},
        ]
        return Settings.model_validate(
            {
                "id": "line",
                "protocol": "modbus",
                "host": "127.0.0.1",
                "port": port,
                "poll_s": 1,
                "timeout_s": timeout_s,
                "devices": [{"id": "meter", "points": points}],
            }
        )

    async def start(self, port: int) -> None:
        self._server = ModbusTcpServer(SimDevice(1, simdata=REGISTERS), address=("127.0.0.1", port))
        await self._server.serve_forever(background=True)

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.shutdown()  # type: ignore[no-untyped-call] # pymodbus gives it no types
            self._server = None
