"""A TCP link that can be cut, refused, slowed down and frozen. Knows bytes, no protocol."""

import asyncio
import socket
import struct

_PIECE = 4096
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: closing throws away what waits and resets the connection."""


class Link:
    """Listens on a loopback port and carries bytes to another one and back. Starts whole."""

    def __init__(self, name: str, port: int, target_port: int) -> None:
        self.name = name
        self.port = port
        self._target_port = target_port
        self._server: asyncio.Server | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._bytes_per_s = 0.0
        self._carrying: set[asyncio.Task[None]] = set()
        self._transports: set[asyncio.WriteTransport] = set()

    async def mend(self) -> None:
        """Take connections and carry everything at full speed."""
        self._bytes_per_s = 0.0
        self._flowing.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)

    def cut(self) -> None:
        """Reset every connection; what is on its way is lost. New ones are taken at once."""
        for transport in list(self._transports):
            raw = transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            transport.abort()

    def refuse(self) -> None:
        """Reset every connection and refuse new ones until `mend`."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()

    def freeze(self) -> None:
        """Carry nothing until `mend`; connections stay, and new ones are taken."""
        self._flowing.clear()

    def slow_down(self, bytes_per_s: float) -> None:
        """Carry so many bytes a second in each direction of each connection until `mend`."""
        self._bytes_per_s = bytes_per_s

    async def close(self) -> None:
        """End everything."""
        self.refuse()
        self._bytes_per_s = 0.0
        self._flowing.set()  # what waits finds its connection gone
        if self._carrying:
            await asyncio.wait(self._carrying)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until either side ends it."""
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        self._transports.add(writer.transport)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            writer.transport.abort()
        else:
            self._transports.add(far_writer.transport)
            await self._carry_both_ways(reader, writer, far_reader, far_writer)
            self._transports.discard(far_writer.transport)
        finally:
            self._transports.discard(writer.transport)
            self._carrying.discard(task)

    async def _carry_both_ways(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
    ) -> None:
        """Carry until one direction ends, then end both sides."""
        ways = [asyncio.create_task(self._pump(*way)) for way in ((reader, far_writer), (far_reader, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.wait(ways)
            writer.close()
            far_writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(_PIECE):
                await self._let_pass(writer, data)
        except ConnectionError:
            return

    async def _let_pass(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        """Write the bytes at the pace of the moment, also when it changes meanwhile."""
        while data:
            await self._flowing.wait()
            count = len(data) if not self._bytes_per_s else max(1, int(self._bytes_per_s / 20))
            if self._bytes_per_s:
                await asyncio.sleep(0.05)
            writer.write(data[:count])
            data = data[count:]
            await writer.drain()
