"""The Modbus client against a device that does, byte by byte, what the test says: late, wrong, short and broken."""

import asyncio
import logging
import math
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import pytest

from collectors.collector import BadAnswer, Collector, CollectorError, DeviceRefused, EndpointLost, NoAnswer
from collectors.frame import Quality
from collectors.modbus import Settings, open_collector

TIMEOUT_S = 0.3
GUARD_S = 5


@dataclass(frozen=True)
class Request:
    transaction: int
    unit: int
    function: int
    address: int
    count: int

    def answer(self, pdu: str, transaction: int | None = None, unit: int | None = None) -> bytes:
        """An answer on the wire: header, unit, and the function code with what follows as hexadecimal digits."""
        content = bytes.fromhex(pdu)
        head = self.transaction if transaction is None else transaction, 0, len(content) + 1
        return struct.pack(">HHHB", *head, self.unit if unit is None else unit) + content


Behaviour = Callable[[Request], Awaitable[bytes | None]]
Listening = Callable[..., AbstractAsyncContextManager[int]]


@dataclass
class Device:
    """Answers each request with what `behave` returns; None means silence, nothing at all ends the connection."""

    port: int
    behave: Behaviour
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            transaction, _, _, *rest = struct.unpack(">HHHBBHH", await reader.readexactly(12))
            request = Request(transaction, *rest)
            self.requests.append(request)
            answer = await self.behave(request)
            if answer == b"":
                return
            writer.write(answer or b"")


@pytest.fixture
async def device(free_port: int, listening: Listening) -> AsyncIterator[Device]:
    async def show_address(request: Request) -> bytes:
        words = "".join(f"{request.address + index:04x}" for index in range(request.count))
        return request.answer(f"{request.function:02x} {2 * request.count:02x} {words}")

    made = Device(free_port, show_address)
    async with listening(made.serve, free_port):
        yield made


@pytest.fixture
async def open_for(device: Device, now_ms: Callable[[], int]) -> AsyncIterator[Callable[..., Collector]]:
    """Open a collector for points at these addresses, each in a block of its own."""
    opened: list[Collector] = []

    def make(*addresses: int, timeout_s: float = TIMEOUT_S, units: tuple[int, ...] = (1,)) -> Collector:
        points = [
            {"id": f"r{address}", "kind": "gauge", "unit": "kW", "address": address, "type": "u16"}
            for address in addresses
        ]
        devices = [{"id": f"unit{unit}", "unit": unit, "max_gap": 0, "points": points} for unit in units]
        settings = {"id": "line", "protocol": "modbus", "host": "127.0.0.1", "port": device.port, "poll_s": 1}
        given = Settings.model_validate(settings | {"timeout_s": timeout_s, "devices": devices})
        opened.append(open_collector(given, now_ms))
        return opened[-1]

    yield make
    for collector in opened:
        await collector.close()


async def poll(collector: Collector, name: str = "unit1") -> tuple[tuple[float, ...], tuple[int, ...]]:
    async with asyncio.timeout(GUARD_S):
        frame = await collector.poll(name)
    return frame.read_values(), frame.read_quality()


def first_then(device: Device, first: Behaviour) -> None:
    """Behave so once, and as the device did before from then on."""
    usual = device.behave

    async def behave(request: Request) -> bytes | None:
        device.behave = usual
        return await first(request)

    device.behave = behave


def always(device: Device, pdu: str, **given: int) -> None:
    async def behave(request: Request) -> bytes:
        return request.answer(pdu, **given)

    device.behave = behave


async def test_all_units_share_one_connection_and_are_asked_in_order(
    device: Device, open_for: Callable[..., Collector]
) -> None:
    collector = open_for(5, 9, units=(0, 1, 255))
    for name in ("unit0", "unit1", "unit255", "unit1"):
        assert await poll(collector, name) == ((5, 9), (0, 0))
    assert device.connections == 1
    assert [(r.unit, r.function, r.address, r.count) for r in device.requests[:4]] == [
        (0, 3, 5, 1),
        (0, 3, 9, 1),
        (1, 3, 5, 1),
        (1, 3, 9, 1),
    ]


@pytest.mark.parametrize("transaction", [None, 0], ids=["its own number", "number zero"])
async def test_a_late_answer_is_never_taken_for_a_later_request(
    device: Device, open_for: Callable[..., Collector], transaction: int | None
) -> None:
    async def late(request: Request) -> bytes:
        await asyncio.sleep(1.5 * TIMEOUT_S)
        return request.answer("03 02 0BAD", transaction)

    first_then(device, late)
    collector = open_for(7)
    with pytest.raises(NoAnswer, match=r"^line/unit1: no answer within 0\.3 s to the read of holding registers 7 to 7"):
        await poll(collector)
    for _ in range(30):
        assert await poll(collector) == ((7,), (0,))
        await asyncio.sleep(TIMEOUT_S / 10)
    assert device.connections == 2


async def test_the_answer_to_a_cancelled_poll_is_never_taken_for_a_later_request(
    device: Device, open_for: Callable[..., Collector]
) -> None:
    asked = asyncio.Event()

    async def late(request: Request) -> bytes:
        asked.set()
        await asyncio.sleep(TIMEOUT_S / 3)
        return request.answer("03 02 0BAD", transaction=0)

    first_then(device, late)
    collector = open_for(7)
    waiting = asyncio.create_task(collector.poll("unit1"))
    await asked.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    for _ in range(10):
        assert await poll(collector) == ((7,), (0,))
        await asyncio.sleep(TIMEOUT_S / 10)
    assert device.connections == 2


async def test_an_answer_with_another_number_is_passed_over(device: Device, open_for: Callable[..., Collector]) -> None:
    async def stray_first(request: Request) -> bytes:
        return request.answer("03 02 0BAD", transaction=request.transaction + 1) + request.answer("03 02 0007")

    device.behave = stray_first
    assert await poll(open_for(7)) == ((7,), (0,))


async def test_an_answer_in_pieces(device: Device, open_for: Callable[..., Collector], listening: Listening) -> None:
    async def dribble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readexactly(12)
        for byte in request[:4] + bytes.fromhex("0005 01 03 02 1234"):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.005)
        await reader.read()

    async with listening(dribble) as device.port:
        collector = open_for(7)
        assert await poll(collector) == ((0x1234,), (0,))
        await collector.close()


@pytest.mark.parametrize(
    ("pdu", "reason"),
    [
        ("04 02 0007", "function 4 answered the read of holding registers 7 to 7"),
        ("2A 02 0007", "function 42 answered"),
        ("83", "function 131 answered"),
        ("03", "0 bytes instead of 2"),
        ("03 02 00", "1 bytes instead of 2"),
        ("03 04 0007 0008", "4 bytes instead of 2"),
        ("03 04 0007", "2 bytes instead of 2"),
        ("03 02 0007 0008", "4 bytes instead of 2"),
    ],
)
async def test_an_answer_of_another_form_is_refused(
    device: Device, open_for: Callable[..., Collector], caplog: pytest.LogCaptureFixture, pdu: str, reason: str
) -> None:
    usual = device.behave
    always(device, pdu)
    collector = open_for(7)
    with caplog.at_level(logging.WARNING), pytest.raises(BadAnswer, match=reason):
        await poll(collector)
    assert caplog.records == []
    device.behave = usual
    assert await poll(collector) == ((7,), (0,))


async def test_an_answer_of_another_unit_is_refused(device: Device, open_for: Callable[..., Collector]) -> None:
    always(device, "03 02 0007", unit=9)
    collector = open_for(7, units=(0, 1))
    with pytest.raises(BadAnswer, match="unit 9 answered the read of unit 0"):
        await poll(collector, "unit0")
    with pytest.raises(NoAnswer):
        await poll(collector, "unit1")


@pytest.mark.parametrize(
    ("code", "error", "quality", "reason"),
    [
        ("01", DeviceRefused, Quality.BAD_DEVICE_FAILURE, r"exception 1 \(illegal function\) to the read of holding"),
        ("02", DeviceRefused, Quality.BAD_CONFIGURATION_ERROR, r"exception 2 \(illegal data address\)"),
        ("03", DeviceRefused, Quality.BAD_CONFIGURATION_ERROR, r"exception 3 \(illegal data value\)"),
        ("06", DeviceRefused, Quality.BAD_DEVICE_FAILURE, r"exception 6 \(device busy\)"),
        ("77", DeviceRefused, Quality.BAD_DEVICE_FAILURE, r"exception 119 \(unknown\)"),
        ("0A", NoAnswer, Quality.BAD_TIMEOUT, r"exception 10 \(the gateway has no path to the unit\)"),
        ("0B", NoAnswer, Quality.BAD_TIMEOUT, r"exception 11 \(the unit did not answer the gateway\)"),
    ],
)
async def test_exceptions(
    device: Device,
    open_for: Callable[..., Collector],
    code: str,
    error: type[CollectorError],
    quality: Quality,
    reason: str,
) -> None:
    always(device, f"83 {code}")
    collector = open_for(7)
    for _ in range(2):
        with pytest.raises(error, match=reason) as raised:
            await poll(collector)
        assert raised.value.quality == quality
    assert device.connections == 1


async def answer_except(device: Device, address: int, instead: Behaviour) -> None:
    usual = device.behave

    async def behave(request: Request) -> bytes | None:
        return await (instead if request.address == address else usual)(request)

    device.behave = behave


async def test_a_refused_block_does_not_stop_the_others(device: Device, open_for: Callable[..., Collector]) -> None:
    async def refuse(request: Request) -> bytes:
        return request.answer("83 02")

    await answer_except(device, 20, refuse)
    values, quality = await poll(open_for(10, 20, 30))
    assert (values[0], values[2]) == (10, 30)
    assert math.isnan(values[1])
    assert quality == (0, Quality.BAD_CONFIGURATION_ERROR, 0)


async def test_silence_ends_the_poll_and_keeps_what_was_read(
    device: Device, open_for: Callable[..., Collector]
) -> None:
    async def keep_silent(_: Request) -> None:
        return None

    await answer_except(device, 20, keep_silent)
    collector = open_for(10, 20, 30)
    values, quality = await poll(collector)
    assert values[0] == 10
    assert quality == (0, Quality.BAD_TIMEOUT, Quality.BAD_TIMEOUT)
    assert [request.address for request in device.requests] == [10, 20]


async def test_a_gateway_without_the_unit_ends_the_poll(device: Device, open_for: Callable[..., Collector]) -> None:
    always(device, "83 0B")
    with pytest.raises(NoAnswer):
        await poll(open_for(10, 20, 30))
    assert len(device.requests) == 1


async def test_a_lost_connection_is_noticed_at_once(device: Device, open_for: Callable[..., Collector]) -> None:
    async def hang_up(_: Request) -> bytes:
        return b""

    collector = open_for(10, 20, timeout_s=60)
    first_then(device, hang_up)
    with pytest.raises(EndpointLost, match="the connection ended during the read of holding registers 10 to 10"):
        await poll(collector)
    await answer_except(device, 20, hang_up)
    values, quality = await poll(collector)
    assert values[0] == 10
    assert quality == (0, Quality.BAD_NOT_CONNECTED)
    assert device.connections == 2


async def test_a_connection_that_ended_between_polls_is_made_again(
    device: Device,
    open_for: Callable[..., Collector],
    listening: Listening,
    wait_until: Callable[[Callable[[], bool]], Awaitable[None]],
) -> None:
    async def answer_and_hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        device.connections += 1
        request = await reader.readexactly(12)
        writer.write(request[:4] + bytes.fromhex("0005 01 03 02 0007"))

    async with listening(answer_and_hang_up) as device.port:
        collector = open_for(7)
        for number in (1, 2, 3):
            assert await poll(collector) == ((7,), (0,))
            await wait_until(lambda: not is_connected(collector))
            assert device.connections == number


def is_connected(collector: Collector) -> bool:
    client = getattr(collector, "_client", None)
    return client is not None and client.connected


async def test_one_poll_connects_at_most_once(device: Device, open_for: Callable[..., Collector]) -> None:
    async def hang_up(_: Request) -> bytes:
        return b""

    device.behave = hang_up
    collector = open_for(10, 20, 30)
    for number in (1, 2, 3):
        with pytest.raises(EndpointLost):
            await poll(collector)
        assert device.connections == number
        assert len(device.requests) == number


async def test_failures_log_nothing(
    device: Device, open_for: Callable[..., Collector], caplog: pytest.LogCaptureFixture
) -> None:
    async def keep_silent(_: Request) -> None:
        return None

    first_then(device, keep_silent)
    collector = open_for(7)
    with pytest.raises(NoAnswer):
        await poll(collector)
    always(device, "03 02 0007", transaction=9999)
    with pytest.raises(NoAnswer):
        await poll(collector)
    assert caplog.records == []
