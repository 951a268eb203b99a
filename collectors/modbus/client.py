"""Polls the devices of a Modbus TCP endpoint over one connection. The only file that knows pymodbus."""

import asyncio
import logging
from collections.abc import Mapping

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import DecodePDU, ModbusPDU

from collectors.cancel import not_swallowing_cancel
from collectors.collector import BadAnswer, CollectorError, DeviceRefused, EndpointLost, NoAnswer, NowMs
from collectors.frame import Frame, Layout, Quality
from collectors.modbus.plan import build_frame, plan_device
from collectors.modbus.registers import Block
from collectors.modbus.settings import Settings

logging.getLogger("pymodbus").setLevel(logging.CRITICAL + 1)
"""Everything that pymodbus would report is reported by us as a CollectorError."""

EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    5: "accepted, still working",
    6: "device busy",
    8: "memory parity error",
    10: "the gateway has no path to the unit",
    11: "the unit did not answer the gateway",
}
"""Exception codes (Modbus Application Protocol V1.1b3, section 7)."""
WRONG_REQUEST_CODES = {2, 3}
SILENT_UNIT_CODES = {10, 11}


class _Answer(ModbusPDU):
    """An answer as it came: what follows the function code is checked and decoded by us."""

    content = b""


class _ConnectionEnded(_Answer):
    """Put in the place of an answer when the connection ends while a request waits for one."""


class _Decoder(DecodePDU):
    """Takes every answer whole. The decoder of pymodbus raises inside the event loop for one that it does not like."""

    def decode(self, frame: bytes) -> ModbusPDU:
        answer = _Answer()
        answer.function_code, answer.content = frame[0], frame[1:]
        return answer


class ModbusCollector:
    """Reads all units of one endpoint over one connection, one request at a time.

    A request that was not answered in time, or was cancelled, takes its connection with it: an answer that still
    comes can then never be paired with a later request.
    """

    def __init__(self, settings: Settings, now_ms: NowMs) -> None:
        self._settings = settings
        self._now_ms = now_ms
        self._plans = {device.id: plan_device(device) for device in settings.devices}
        self._layouts = {device: plan.layout for device, plan in self._plans.items()}
        self._client: AsyncModbusTcpClient | None = None

    @property
    def layouts(self) -> Mapping[str, Layout]:
        """The layout of each device, in the order of the site file."""
        return self._layouts

    async def poll(self, device: str) -> Frame:
        """Read all blocks of a device. A refused block is bad alone; silence or a lost connection ends the poll.

        Connects at most once, within the time-out. Raises CollectorError when no block was read.
        """
        plan = self._plans[device]
        answers: list[bytes | int] = []
        failure: CollectorError | None = None
        for block in plan.blocks:
            try:
                answers.append(await self._read(device, plan.unit, block))
            except (DeviceRefused, BadAnswer) as error:
                failure = error
                answers.append(error.quality)
            except (NoAnswer, EndpointLost) as error:
                failure = error
                break
        if failure is not None:
            if not any(isinstance(answer, bytes) for answer in answers):
                raise failure
            answers += [failure.quality] * (len(plan.blocks) - len(answers))
        return build_frame(plan, answers, self._now_ms())

    async def close(self) -> None:
        """Close the connection, if there is one."""
        self._drop_connection()
        await asyncio.sleep(0)  # the transport closes its socket in the next turn of the loop

    async def _read(self, device: str, unit: int, block: Block) -> bytes:
        client = await self._connect(device)
        read = client.read_holding_registers if block.function == 3 else client.read_input_registers
        answered = False
        try:
            answer = await not_swallowing_cancel(read(block.address, count=block.count, device_id=unit))
            answered = not isinstance(answer, _ConnectionEnded)
        except ModbusException:
            reason = f"no answer within {self._settings.timeout_s:g} s to the read of {block}"
            hint = f"is unit {unit} switched on, and is {unit} its number?"
            raise NoAnswer(self._settings.id, device, reason, hint) from None
        except (OSError, RuntimeError) as error:  # uvloop raises RuntimeError for a connection that has just closed
            reason = f"the connection ended before the read of {block}"
            raise EndpointLost(self._settings.id, device, reason) from error
        finally:
            if not answered:
                self._drop_connection()
        if not answered:
            raise EndpointLost(self._settings.id, device, f"the connection ended during the read of {block}")
        return self._check(device, unit, block, answer)

    def _check(self, device: str, unit: int, block: Block, answer: ModbusPDU) -> bytes:
        content = answer.content if isinstance(answer, _Answer) else b""
        length = 2 * block.count
        if answer.dev_id != unit:
            reason = f"unit {answer.dev_id} answered the read of unit {unit}"
        elif answer.function_code == block.function | 0x80 and len(content) == 1:
            raise self._refusal(device, unit, block, content[0])
        elif answer.function_code != block.function:
            reason = f"function {answer.function_code} answered the read of {block}"
        elif len(content) != length + 1 or content[0] != length:
            reason = f"{len(content[1:])} bytes instead of {length} answered the read of {block}"
        else:
            return content[1:]
        raise BadAnswer(self._settings.id, device, reason)

    def _refusal(self, device: str, unit: int, block: Block, code: int) -> CollectorError:
        reason = f"exception {code} ({EXCEPTIONS.get(code, 'unknown')}) to the read of {block}"
        if code in SILENT_UNIT_CODES:
            return NoAnswer(self._settings.id, device, reason, f"is unit {unit} switched on and wired?")
        if code in WRONG_REQUEST_CODES:
            hint = "does the device have all of these registers, and does it allow so many at once?"
            refusal = DeviceRefused(self._settings.id, device, reason, hint)
            refusal.quality = Quality.BAD_CONFIGURATION_ERROR
            return refusal
        return DeviceRefused(self._settings.id, device, reason)

    async def _connect(self, device: str) -> AsyncModbusTcpClient:
        if self._client is not None and _is_open(self._client):
            return self._client
        client = self._client = self._build_client()
        if not await not_swallowing_cancel(client.connect()):
            where, limit_s = f"{self._settings.host}:{self._settings.port}", self._settings.timeout_s
            reason = f"no connection to {where} within {limit_s:g} s"
            raise EndpointLost(self._settings.id, device, reason, "is the address right, is the device switched on?")
        if not _is_open(client):
            self._drop_connection()
            reason = "the connection ended as soon as it was made"
            raise EndpointLost(self._settings.id, device, reason, "does the device take one connection more?")
        return client

    def _build_client(self) -> AsyncModbusTcpClient:
        client = AsyncModbusTcpClient(
            self._settings.host,
            port=self._settings.port,
            name=self._settings.id,
            timeout=self._settings.timeout_s,
            retries=0,
            reconnect_delay=0,
            trace_connect=self._note_connection,
        )
        client.ctx.framer.decoder = _Decoder(is_server=False)
        return client

    def _note_connection(self, up: bool) -> None:
        """Wake the request in flight when the connection ends; pymodbus would let it wait for its time-out."""
        if not up and self._client is not None and not self._client.ctx.response_future.done():
            self._client.ctx.response_future.set_result(_ConnectionEnded(dev_id=self._client.ctx.request_dev_id))

    def _drop_connection(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def _is_open(client: AsyncModbusTcpClient) -> bool:
    """Whether a request can be sent. pymodbus also counts a connection that was lost while it was being made."""
    transport = client.ctx.transport
    return client.connected and not transport.is_closing()
