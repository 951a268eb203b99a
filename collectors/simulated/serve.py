"""All servers of the simulated mill, on loopback. Imports the protocol libraries; `mill` does not."""

import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from collectors.simulated.mill import Mill
from collectors.simulated.modbus_server import serve_modbus
from collectors.simulated.opcua_server import serve_opcua
from collectors.simulated.registers import ENDPOINTS

HOST = "127.0.0.1"
OPCUA_ENDPOINT = "line"


@dataclass(frozen=True, slots=True)
class MillServers:
    """Where the servers listen: the port of each endpoint on 127.0.0.1."""

    ports: Mapping[str, int]


@asynccontextmanager
async def serve_mill(
    mill: Mill, now_ms: Callable[[], int], first_port: int | None = None
) -> AsyncIterator[MillServers]:
    """Serve the mill as of `now_ms()` (UTC milliseconds) while the context is open.

    Endpoints in order of their ports: substation, feeders, furnaces (Modbus TCP), line (OPC UA). The ports are free
    ones, or count up from `first_port`. Raises OSError, naming the port, when one of those is in use.
    """
    names = (*ENDPOINTS, OPCUA_ENDPOINT)
    wanted = dict.fromkeys(names, 0)
    if first_port is not None:
        wanted = {name: first_port + index for index, name in enumerate(names)}
        _require_free(wanted)
    async with AsyncExitStack() as stack:
        ports = {
            name: await stack.enter_async_context(serve_modbus(mill, now_ms, units, HOST, wanted[name]))
            for name, units in ENDPOINTS.items()
        }
        ports[OPCUA_ENDPOINT] = await stack.enter_async_context(serve_opcua(mill, now_ms, HOST, wanted[OPCUA_ENDPOINT]))
        yield MillServers(ports)


def _require_free(ports: Mapping[str, int]) -> None:
    for name, port in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                message = f"{HOST}:{port}, wanted for the simulated {name}: {error.strerror}; choose another first port"
                raise OSError(error.errno, message) from error
