"""Reads the devices of an OPC UA server, or listens to them, over one session. The only file that knows asyncua."""

import asyncio
import logging
import struct
import time
from collections.abc import Mapping, Sequence

from asyncua import ua
from asyncua.client.client import Client
from asyncua.client.ua_client import UaClientState
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.uaerrors import UaError, UaStatusCodeError

from collectors.cancel import not_swallowing_cancel
from collectors.collector import BadAnswer, CollectorError, DeviceRefused, EndpointLost, NoAnswer, NowMs
from collectors.frame import Frame, Layout, Quality
from collectors.opcua.nodes import NodeName, find_namespace, read_time_ms, read_value
from collectors.opcua.plan import DevicePlan, plan_device, plan_pace
from collectors.opcua.settings import Settings

logging.getLogger("asyncua").setLevel(logging.CRITICAL + 1)
"""Everything that asyncua would report is reported by us as a CollectorError."""

SESSION_TIMEOUT_S = 120
"""After this long without a request the server forgets a session that could not be closed."""
PROBE_S = SESSION_TIMEOUT_S / 3
"""How often asyncua reads the state of the server, which keeps the session of a slow poll alive."""
FAREWELL_S = 1.0
"""How long a server that may be dead is given to confirm the end of the session."""

Sample = ua.DataValue | int
"""What is known of a point: what the server said, or the quality code of why it said nothing."""
Nodes = Mapping[str, Sequence[ua.NodeId | None]]
"""The nodes of each device in the order of its layout; None where the server does not have the namespace."""

MALFORMED = (UaError, ValueError, LookupError, TypeError, AttributeError, AssertionError, struct.error)
"""What asyncua raises for refusals and, as damaged answers showed, for what it cannot read."""


class OpcuaCollector:
    """Polls all devices of one server over one session.

    Reconnecting is done here and nowhere else: a session with anything wrong is closed, and the next poll builds a
    new one from nothing, with namespaces and subscription.
    """

    def __init__(self, settings: Settings, now_ms: NowMs) -> None:
        self._settings = settings
        self._now_ms = now_ms
        self._plans = {device.id: plan_device(device) for device in settings.devices}
        self._layouts = {device: plan.layout for device, plan in self._plans.items()}
        self._session: _Session | None = None

    @property
    def layouts(self) -> Mapping[str, Layout]:
        """The layout of each device, in the order of the site file."""
        return self._layouts

    async def poll(self, device: str) -> Frame:
        """Read the device in one request, or take the latest values that the subscription brought.

        Connects at most once; each request within the time-out. Raises CollectorError when there was no answer.
        """
        layout = self._layouts[device]
        samples = await not_swallowing_cancel(self._samples(device))
        values, quality, source_times_ms = zip(*map(_read_sample, samples), strict=True)
        return Frame.pack(layout, self._now_ms(), values, quality, source_times_ms)

    async def close(self) -> None:
        """End the session, if there is one."""
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def _samples(self, device: str) -> Sequence[Sample]:
        if self._session is not None and not self._session.is_usable():
            await self.close()
        if self._session is None:
            self._session = await self._open_session(device)
        try:
            return await self._session.fetch(device)
        except (OSError, *MALFORMED) as error:
            await self.close()
            raise self._failed_read(device, error) from error

    async def _open_session(self, device: str) -> "_Session":
        session = _Session(self._settings)
        opened = False
        try:
            await session.open(self._plans)
            opened = True
        except (OSError, *MALFORMED) as error:
            reason = f"no session with {self._settings.url}: {_describe(error, self._settings.timeout_s)}"
            raise EndpointLost(self._settings.id, device, reason, _hint(error)) from error
        finally:
            if not opened:
                await session.close()
        return session

    def _failed_read(self, device: str, error: Exception) -> CollectorError:
        reason = f"the read failed: {_describe(error, self._settings.timeout_s)}"
        if isinstance(error, TimeoutError):
            return NoAnswer(self._settings.id, device, reason)
        if isinstance(error, OSError):
            return EndpointLost(self._settings.id, device, reason)
        if isinstance(error, UaStatusCodeError):
            refusal = DeviceRefused(self._settings.id, device, reason)
            refusal.quality = error.code
            return refusal
        return BadAnswer(self._settings.id, device, reason)


class _Session:
    """One client with its session, its resolved nodes and perhaps a subscription; thrown away as a whole."""

    def __init__(self, settings: Settings) -> None:
        self._client = _build_client(settings)
        self._nodes: Nodes = {}
        self._subscription = _Subscription(settings) if settings.mode == "subscribe" else None

    async def open(self, plans: Mapping[str, DevicePlan]) -> None:
        """Connect, resolve the namespaces, subscribe. Raises OSError or MALFORMED; then only `close` may follow.

        A server that was asked for a session and left alone keeps one that nobody knows. So when this is cancelled,
        the server may answer for a moment; `close` can then end the session.
        """
        opening = asyncio.create_task(self._open(plans))
        opening.add_done_callback(lambda task: task.cancelled() or task.exception())
        try:
            await asyncio.shield(opening)
        except asyncio.CancelledError:
            await asyncio.wait([opening], timeout=FAREWELL_S)
            raise
        finally:
            if opening.cancel():
                await asyncio.wait([opening], timeout=FAREWELL_S)

    async def _open(self, plans: Mapping[str, DevicePlan]) -> None:
        await self._client.connect()
        uris = await self._client.get_namespace_array()
        self._nodes = {device: [_resolve(name, uris) for name in plan.names] for device, plan in plans.items()}
        if self._subscription is not None:
            await self._subscription.open(self._client, self._nodes)

    def is_usable(self) -> bool:
        """Whether the connection stands and, with a subscription, the server has been heard lately."""
        connected = self._client.state is UaClientState.CONNECTED
        return connected and (self._subscription is None or self._subscription.is_alive())

    async def fetch(self, device: str) -> Sequence[Sample]:
        """What is known of each point: read in one request, or brought by the subscription before."""
        if self._subscription is not None:
            return self._subscription.latest[device]
        nodes = self._nodes[device]
        wanted = [_value_of(node) for node in nodes if node is not None]
        answers = await self._client.uaclient.read(ua.ReadParameters(NodesToRead=wanted)) if wanted else []
        if len(answers) != len(wanted):
            raise ValueError(f"{len(answers)} values answered the read of {len(wanted)} nodes")
        remaining = iter(answers)
        return [Quality.BAD_NODE_ID_UNKNOWN if node is None else next(remaining) for node in nodes]

    async def close(self) -> None:
        """End the session in order, or without the server's consent if it does not answer soon."""
        protocol = self._client.uaclient.protocol
        try:
            async with asyncio.timeout(FAREWELL_S):
                await self._client.disconnect()
        except TimeoutError:
            self._client.disconnect_socket()
        finally:
            # asyncua leaves the socket open when it had noticed the loss of the connection itself
            if protocol is not None and protocol.transport is not None:
                protocol.transport.close()
        await asyncio.sleep(0)  # the tasks of asyncua and the transport end in the next turn of the loop


class _Subscription:
    """Keeps the latest value that the server sent for each point, and notices when the server falls silent.

    The answers to the publish requests are taken as they come: there is no queue in which a change could be lost.
    """

    def __init__(self, settings: Settings) -> None:
        self.latest: dict[str, list[Sample]] = {}
        self._pace = plan_pace(settings)
        self._silence_s = settings.silence_s
        self._heard_s = time.monotonic()
        self._ended = False
        self._places: list[tuple[str, int]] = []

    async def open(self, client: Client, nodes: Nodes) -> None:
        """Create the subscription with one item for each node. Raises OSError or MALFORMED."""
        items = []
        for device, device_nodes in nodes.items():
            self.latest[device] = [Quality.BAD_NODE_ID_UNKNOWN] * len(device_nodes)
            for position, node in enumerate(device_nodes):
                if node is not None:
                    self.latest[device][position] = Quality.BAD_WAITING_FOR_INITIAL_DATA
                    items.append(self._monitor(node, handle=len(self._places)))
                    self._places.append((device, position))
        created = await client.uaclient.create_subscription(self._request(), self._take)
        self._silence_s = max(self._silence_s, 2 * _keep_alive_s(created))
        if items:
            request = ua.CreateMonitoredItemsParameters(SubscriptionId=created.SubscriptionId, ItemsToCreate=items)
            self._note_refusals(await client.uaclient.create_monitored_items(request))
        self._heard_s = time.monotonic()

    def is_alive(self) -> bool:
        """Whether the server has sent anything within the allowed silence, and has not ended the subscription."""
        return not self._ended and time.monotonic() - self._heard_s < self._silence_s

    def _request(self) -> ua.CreateSubscriptionParameters:
        return ua.CreateSubscriptionParameters(
            RequestedPublishingInterval=self._pace.publishing_ms,
            RequestedLifetimeCount=self._pace.lifetime_count,
            RequestedMaxKeepAliveCount=self._pace.keep_alive_count,
        )

    def _monitor(self, node: ua.NodeId, handle: int) -> ua.MonitoredItemCreateRequest:
        parameters = ua.MonitoringParameters(
            ClientHandle=handle,
            SamplingInterval=self._pace.publishing_ms,
            QueueSize=1,  # only the latest value counts
            DiscardOldest=True,
        )
        return ua.MonitoredItemCreateRequest(_value_of(node), ua.MonitoringMode.Reporting, parameters)

    def _note_refusals(self, results: Sequence[ua.MonitoredItemCreateResult]) -> None:
        for (device, position), result in zip(self._places, results, strict=True):
            if not result.StatusCode.is_good():
                self.latest[device][position] = result.StatusCode.value

    def _take(self, result: ua.PublishResult) -> None:
        """Note one message of the subscription: changes, a keep-alive (no data), or the end of the subscription."""
        self._heard_s = time.monotonic()
        for notification in result.NotificationMessage.NotificationData or ():
            if isinstance(notification, ua.DataChangeNotification):
                for item in notification.MonitoredItems:
                    device, position = self._places[item.ClientHandle]
                    self.latest[device][position] = item.Value
            elif isinstance(notification, ua.StatusChangeNotification):
                self._ended = True


def _build_client(settings: Settings) -> Client:
    client = Client(settings.url, timeout=settings.timeout_s, watchdog_intervall=PROBE_S, auto_reconnect=False)
    client.name = client.description = f"atsuen {settings.id}"
    client.application_uri = "urn:atsuen:agent"
    client.session_timeout = SESSION_TIMEOUT_S * 1000
    if settings.username is not None:
        client.set_user(settings.username)
    if settings.password is not None:
        client.set_password(settings.password.get_secret_value())
    return client


def _resolve(name: NodeName, namespace_uris: Sequence[str]) -> ua.NodeId | None:
    index = find_namespace(name, namespace_uris)
    if index is None:
        return None
    return ua.NodeId(name.identifier, index)  # type: ignore[arg-type] # asyncua has its own names for int, str, UUID


def _value_of(node: ua.NodeId) -> ua.ReadValueId:
    return ua.ReadValueId(NodeId=node, AttributeId=AttributeIds.Value)


def _keep_alive_s(created: ua.CreateSubscriptionResult) -> float:
    """The longest time between two messages of the subscription, as the server decided it."""
    keep_alive_ms: float = created.RevisedMaxKeepAliveCount * created.RevisedPublishingInterval
    return keep_alive_ms / 1000


def _read_sample(sample: Sample) -> tuple[float, int, int]:
    if isinstance(sample, int):
        return *read_value(None, sample), read_time_ms(None)
    status = Quality.GOOD if sample.StatusCode is None else sample.StatusCode.value
    value = None if sample.Value is None else sample.Value.Value
    return *read_value(value, status), read_time_ms(sample.SourceTimestamp)


def _describe(error: Exception, timeout_s: float) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {timeout_s:g} s"
    return str(error) or type(error).__name__


def _hint(error: Exception) -> str:
    if isinstance(error, UaStatusCodeError):
        return "does the server know this user and password, and does it offer an endpoint without security?"
    return "is the address right, is the server running?"
