"""The simulated Modbus TCP endpoints, on pymodbus. Knows the register maps, not what they mean."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import cast

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from collectors.simulated.mill import Mill
from collectors.simulated.registers import Unit, read_block

_ALL_REGISTERS = 65_536
_ANY_OTHER_UNIT = 0
"""pymodbus asks the device with this number for every unit that is not there."""

_TURNS_OF_AN_ANSWER = 4
"""How often the event loop turns, at most, between a request's arrival and its answer."""


@asynccontextmanager
async def serve_modbus(
    mill: Mill, now_ms: Callable[[], int], units: Sequence[Unit], host: str, port: int
) -> AsyncIterator[int]:
    """One endpoint with its units, listening while the context is open; gives its port, a free one for port 0.

    The registers are answered as of the moment of the request, all of a request from one moment. Writing is refused;
    a unit that is not there gets a gateway's answer, exception 0x0B.
    """
    devices = [_device(mill, now_ms, unit) for unit in units]
    server = ModbusTcpServer([*devices, _nobody()], address=(host, port))
    await server.serve_forever(background=True)
    listener = cast("asyncio.Server", server.transport)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        await _stop(server)
        await listener.wait_closed()


async def _stop(server: ModbusTcpServer) -> None:
    """Take no more requests, let the answers under way go out, then close everything.

    pymodbus would complain of each answer that finds its connection closed.
    """
    for connection in server.active_connections.values():
        transport = cast("asyncio.Transport", connection.transport)
        if not transport.is_closing():
            transport.pause_reading()
    await _turn_loop(_TURNS_OF_AN_ANSWER)
    await server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus leaves this method unannotated
    await _turn_loop(1)  # in which the closed connections leave the loop


async def _turn_loop(times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


def _device(mill: Mill, now_ms: Callable[[], int], unit: Unit) -> SimDevice:
    async def answer(
        function: int,
        _start: int,
        _address: int,
        _count: int,
        registers: list[int],
        _written: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        if function != unit.function:
            return ExcCodes.ILLEGAL_FUNCTION
        registers[: unit.length] = read_block(mill, unit, now_ms())
        return None

    block = SimData(unit.first_address, values=[0] * unit.length, datatype=DataType.REGISTERS)
    return SimDevice(unit.number, simdata=[block], action=answer)


def _nobody() -> SimDevice:
    """Answers for units that are not there, at every address."""

    async def refuse(*_request: object) -> ExcCodes:
        return ExcCodes.GATEWAY_NO_RESPONSE

    every_address = SimData(0, values="\0" * (2 * _ALL_REGISTERS), datatype=DataType.STRING)  # quickest to build
    return SimDevice(_ANY_OTHER_UNIT, simdata=[every_address], action=refuse)
