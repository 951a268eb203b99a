"""The OPC UA client against an asyncua server: types, status, time stamps, changed namespaces, subscriptions, users."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC

import pytest
from asyncua import ua
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.server import Server
from asyncua.server.user_managers import UserManager

from collectors.collector import Collector, CollectorError, EndpointLost, NoAnswer
from collectors.frame import UNKNOWN_TIME_MS, Frame, Quality
from collectors.opcua import Settings, open_collector

NAMESPACE = "urn:example:mill"
SOURCE_TIME = ua.DateTime(2023, 11, 14, 22, 13, 20, 123000, tzinfo=UTC)
SOURCE_TIME_MS = 1_700_000_000_123
WAITING = Quality.BAD_WAITING_FOR_INITIAL_DATA
MODES = ["read", "subscribe"]
Listening = Callable[..., AbstractAsyncContextManager[int]]


class Mill:
    """A server whose variables are set with status and time stamp as a test wants them."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._server: Server | None = None
        self._index = 0

    async def start(self, namespaces_before: int = 0, users: UserManager | None = None) -> None:
        server = Server(user_manager=users)
        await server.init()
        server.set_endpoint(f"opc.tcp://127.0.0.1:{self.port}")
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        for number in range(namespaces_before):
            await server.register_namespace(f"urn:example:other:{number}")
        self._index = await server.register_namespace(NAMESPACE)
        await server.start()
        self._server = server

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop()
            self._server = None

    async def add(self, name: str, value: object, variant: ua.VariantType) -> None:
        assert self._server is not None
        await self._server.nodes.objects.add_variable(self._node(name), name, value, variant)

    async def write(self, name: str, value: ua.DataValue) -> None:
        assert self._server is not None
        await self._server.write_attribute_value(self._node(name), value)

    async def forget_subscriptions(self) -> None:
        assert self._server is not None
        service = self._server.iserver.subscription_service
        await service.delete_subscriptions(list(service.subscriptions))

    def _node(self, name: str) -> ua.NodeId:
        return ua.NodeId.from_string(f"ns={self._index};s={name}")


@pytest.fixture
async def mill(free_port: int) -> AsyncIterator[Mill]:
    made = Mill(free_port)
    yield made
    await made.stop()


@pytest.fixture
async def open_for(mill: Mill, now_ms: Callable[[], int]) -> AsyncIterator[Callable[..., Collector]]:
    """Open a collector for the variables of these names."""
    opened: list[Collector] = []

    def make(*names: str, **given: object) -> Collector:
        points = [{"id": name, "kind": "gauge", "unit": "kW", "node": f"nsu={NAMESPACE};s={name}"} for name in names]
        settings = {"id": "plc", "protocol": "opcua", "url": f"opc.tcp://127.0.0.1:{mill.port}", "poll_s": 0.1}
        devices = {"timeout_s": 2, "devices": [{"id": "press", "points": points}]}
        opened.append(open_collector(Settings.model_validate(settings | devices | given), now_ms))
        return opened[-1]

    yield make
    for collector in opened:
        await collector.close()


async def poll_until(collector: Collector, wanted: Callable[[Frame], bool]) -> Frame:
    async with asyncio.timeout(15):
        for _ in range(1000):
            try:
                frame = await collector.poll("press")
            except CollectorError:
                frame = None
            if frame is not None and wanted(frame):
                return frame
            await asyncio.sleep(0.02)
    raise AssertionError("the wanted frame did not come")


def has_all_values(frame: Frame) -> bool:
    return WAITING not in frame.read_quality()


async def test_types(mill: Mill, open_for: Callable[..., Collector]) -> None:
    await mill.start()
    numbers = {
        "yes": (True, ua.VariantType.Boolean, 1),
        "no": (False, ua.VariantType.Boolean, 0),
        "u8": (255, ua.VariantType.Byte, 255),
        "s16": (-32768, ua.VariantType.Int16, -32768),
        "u32": (4294967295, ua.VariantType.UInt32, 4294967295),
        "s64": (-(2**53), ua.VariantType.Int64, -(2**53)),
        "f32": (0.5, ua.VariantType.Float, 0.5),
        "f64": (0.1, ua.VariantType.Double, 0.1),
    }
    others = {
        "text": ("17", ua.VariantType.String, Quality.BAD_DECODING_ERROR),
        "series": ([1.0, 2.0], ua.VariantType.Double, Quality.BAD_DECODING_ERROR),
        "large": (2**53 + 2, ua.VariantType.UInt64, Quality.BAD_OUT_OF_RANGE),
        "nan": (math.nan, ua.VariantType.Double, Quality.BAD_OUT_OF_RANGE),
    }
    for name, (value, variant, _) in (numbers | others).items():
        await mill.add(name, value, variant)
    expected_codes = [0] * len(numbers) + [quality for _, _, quality in others.values()]
    for mode in MODES:
        collector = open_for(*numbers, *others, mode=mode)
        frame = await poll_until(collector, has_all_values)
        assert frame.read_values()[: len(numbers)] == tuple(expected for _, _, expected in numbers.values())
        assert all(math.isnan(value) for value in frame.read_values()[len(numbers) :])
        assert list(frame.read_quality()) == expected_codes


async def test_status_and_time_are_carried_unchanged(mill: Mill, open_for: Callable[..., Collector]) -> None:
    await mill.start()
    uncertain, sensor_failure = 0x40940000, 0x808C0000  # UncertainSubNormal… and BadSensorFailure of Part 6, Annex A
    given = {"good": 0, "uncertain": uncertain, "bad": sensor_failure}
    for name, code in given.items():
        await mill.add(name, 0.0, ua.VariantType.Double)
        value = ua.DataValue(ua.Variant(7.5, ua.VariantType.Double), ua.StatusCode(ua.UInt32(code)), SOURCE_TIME)
        await mill.write(name, value)
    await mill.add("timeless", 1.0, ua.VariantType.Double)
    await mill.write("timeless", ua.DataValue(ua.Variant(2.5, ua.VariantType.Double)))
    for mode in MODES:
        frame = await poll_until(open_for(*given, "timeless", "absent", mode=mode), has_all_values)
        values = frame.read_values()
        assert (values[:2], values[3]) == ((7.5, 7.5), 2.5)
        assert math.isnan(values[2])
        assert math.isnan(values[4])
        assert frame.read_quality() == (0, uncertain, sensor_failure, 0, Quality.BAD_NODE_ID_UNKNOWN)
        assert frame.read_source_times_ms() == (*[SOURCE_TIME_MS] * 3, UNKNOWN_TIME_MS, UNKNOWN_TIME_MS)


async def test_a_namespace_that_the_server_does_not_have(mill: Mill, open_for: Callable[..., Collector]) -> None:
    await mill.start()
    await mill.add("energy", 5.0, ua.VariantType.Double)
    devices = [
        {
            "id": "press",
            "points": [
                {"id": "here", "kind": "gauge", "unit": "kW", "node": f"nsu={NAMESPACE};s=energy"},
                {"id": "elsewhere", "kind": "gauge", "unit": "kW", "node": "nsu=urn:example:elsewhere;s=energy"},
            ],
        },
        {
            "id": "oven",
            "points": [{"id": "all", "kind": "gauge", "unit": "kW", "node": "nsu=urn:example:elsewhere;i=1"}],
        },
    ]
    for mode in MODES:
        collector = open_for(devices=devices, mode=mode)
        frame = await poll_until(collector, has_all_values)
        assert frame.read_values()[0] == 5
        assert frame.read_quality() == (0, Quality.BAD_NODE_ID_UNKNOWN)
        assert (await collector.poll("oven")).read_quality() == (Quality.BAD_NODE_ID_UNKNOWN,)


@pytest.mark.parametrize("mode", MODES)
async def test_namespaces_are_resolved_anew_after_a_restart(
    mill: Mill, open_for: Callable[..., Collector], mode: str
) -> None:
    await mill.start()
    await mill.add("energy", 5.0, ua.VariantType.Double)
    collector = open_for("energy", mode=mode)
    await poll_until(collector, lambda frame: frame.read_values() == (5,))
    await mill.stop()
    with pytest.raises(CollectorError):
        await poll_until_error(collector)
    await mill.start(namespaces_before=3)
    await mill.add("energy", 6.0, ua.VariantType.Double)
    await poll_until(collector, lambda frame: frame.read_values() == (6,))


async def poll_until_error(collector: Collector) -> None:
    for _ in range(100):
        await collector.poll("press")
        await asyncio.sleep(0.05)


async def test_a_subscription_brings_changes_and_a_poll_takes_the_latest(
    mill: Mill, open_for: Callable[..., Collector]
) -> None:
    await mill.start()
    await mill.add("energy", 0.0, ua.VariantType.Double)
    collector = open_for("energy", mode="subscribe")
    first = await collector.poll("press")
    assert first.read_quality() in {(WAITING,), (0,)}
    for value in (1.0, 2.0, 3.0):
        written = ua.DataValue(ua.Variant(value, ua.VariantType.Double), SourceTimestamp=SOURCE_TIME)
        await mill.write("energy", written)
    await poll_until(collector, lambda frame: frame.read_values() == (3,))
    for _ in range(5):
        frame = await collector.poll("press")
        assert (frame.read_values(), frame.read_source_times_ms()) == ((3,), (SOURCE_TIME_MS,))
        await asyncio.sleep(0.05)


async def test_a_quiet_server_that_sends_keep_alives_is_not_taken_for_dead(
    mill: Mill, open_for: Callable[..., Collector]
) -> None:
    await mill.start()
    await mill.add("energy", 5.0, ua.VariantType.Double)
    collector = open_for("energy", mode="subscribe", silence_s=0.6)
    await poll_until(collector, lambda frame: frame.read_values() == (5,))
    for _ in range(40):
        assert (await collector.poll("press")).read_values() == (5,)
        await asyncio.sleep(0.05)


class OneUser(UserManager):
    def get_user(
        self, iserver: object, username: str | None = None, password: str | None = None, certificate: object = None
    ) -> User | None:
        known = (username, password) == ("reader", "right")
        return User(role=UserRole.User, name=username) if known else None


async def test_a_user_with_a_password(mill: Mill, open_for: Callable[..., Collector]) -> None:
    await mill.start(users=OneUser())
    await mill.add("energy", 5.0, ua.VariantType.Double)
    with pytest.raises(EndpointLost, match=r"BadUserAccessDenied.*does the server know this user and password"):
        await open_for("energy", username="reader", password="wrong").poll("press")
    frame = await open_for("energy", username="reader", password="right").poll("press")
    assert frame.read_values() == (5,)


class Tap:
    """Between client and server; the answers of the connections that are open when it is shut never arrive."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._flowing = asyncio.Event()
        self._flowing.set()

    def shut(self) -> None:
        self._flowing.clear()
        self._flowing = asyncio.Event()
        self._flowing.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        back = asyncio.create_task(self._pass_on(server_reader, writer, self._flowing))
        await self._pass_on(reader, server_writer)
        back.cancel()
        await asyncio.wait([back])
        server_writer.close()
        await server_writer.wait_closed()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flowing: asyncio.Event | None = None
    ) -> None:
        while data := await reader.read(65536):
            if flowing is None or flowing.is_set():
                writer.write(data)


@pytest.fixture
async def tap(mill: Mill, listening: Listening) -> AsyncIterator[tuple[Tap, str]]:
    """The tap, and the address at which it listens."""
    await mill.start()
    await mill.add("energy", 5.0, ua.VariantType.Double)
    made = Tap(mill.port)
    async with listening(made.serve) as port:
        yield made, f"opc.tcp://127.0.0.1:{port}"


async def test_a_connection_that_died_unnoticed_is_made_anew(
    tap: tuple[Tap, str], now_ms: Callable[[], int], open_for: Callable[..., Collector]
) -> None:
    collector = open_for("energy", url=tap[1], timeout_s=0.3)
    assert (await collector.poll("press")).read_values() == (5,)
    tap[0].shut()
    with pytest.raises(NoAnswer, match=r"^plc/press: the read failed: no answer within 0\.3 s"):
        await collector.poll("press")
    assert (await collector.poll("press")).read_values() == (5,)
    await collector.close()


async def test_a_subscription_on_a_connection_that_died_unnoticed_is_made_anew(
    tap: tuple[Tap, str], open_for: Callable[..., Collector], mill: Mill
) -> None:
    collector = open_for("energy", url=tap[1], mode="subscribe", silence_s=0.6)
    await poll_until(collector, lambda frame: frame.read_values() == (5,))
    tap[0].shut()
    await mill.write("energy", ua.DataValue(ua.Variant(6.0, ua.VariantType.Double)))
    await poll_until(collector, lambda frame: frame.read_values() == (6,))
    await collector.close()


async def test_a_loss_that_asyncua_notices_itself_leaves_no_socket(
    tap: tuple[Tap, str],
    open_for: Callable[..., Collector],
    mill: Mill,
    leaving_nothing: Callable[[], AbstractAsyncContextManager[None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("collectors.opcua.client.PROBE_S", 0.2)
    async with leaving_nothing():
        collector = open_for("energy", url=tap[1], mode="subscribe", silence_s=60)
        await poll_until(collector, lambda frame: frame.read_values() == (5,))
        tap[0].shut()
        await mill.write("energy", ua.DataValue(ua.Variant(6.0, ua.VariantType.Double)))
        await poll_until(collector, lambda frame: frame.read_values() == (6,))
        await collector.close()


async def test_a_subscription_that_the_server_forgot_is_made_anew(
    mill: Mill, open_for: Callable[..., Collector]
) -> None:
    await mill.start()
    await mill.add("energy", 5.0, ua.VariantType.Double)
    collector = open_for("energy", mode="subscribe", silence_s=0.6)
    await poll_until(collector, lambda frame: frame.read_values() == (5,))
    await mill.forget_subscriptions()
    await mill.write("energy", ua.DataValue(ua.Variant(6.0, ua.VariantType.Double)))
    await poll_until(collector, lambda frame: frame.read_values() == (6,))
