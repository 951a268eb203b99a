"""Which requests an OPC UA endpoint is sent, and at what pace. Pure."""

from dataclasses import dataclass

from collectors.frame import Layout
from collectors.opcua.nodes import NodeName, parse_node
from collectors.opcua.settings import DeviceSettings, Settings

LONGEST_PUBLISHING_S = 1.0
"""Changes are published at least this often, so that a slow poll does not find a value older than this."""
KEEP_ALIVE_INTERVALS = 10
LIFETIME_KEEP_ALIVES = 10
"""The server may forget a subscription that nobody asked for over this many keep-alive periods."""


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """The nodes of one device, in the order of its layout."""

    layout: Layout
    names: tuple[NodeName, ...]


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a subscription publishes changes, and after how many empty intervals it says that it is alive."""

    publishing_ms: float
    keep_alive_count: int
    lifetime_count: int

    @property
    def keep_alive_s(self) -> float:
        """The longest time between two messages of the subscription."""
        return self.keep_alive_count * self.publishing_ms / 1000


def plan_device(device: DeviceSettings) -> DevicePlan:
    """The nodes that a poll of the device needs."""
    return DevicePlan(device.to_layout(), tuple(parse_node(point.node) for point in device.points))


def plan_pace(settings: Settings) -> Pace:
    """The pace to ask of the server: keep-alives come at least three times within `silence_s`."""
    publishing_s = min(settings.poll_s, LONGEST_PUBLISHING_S, settings.silence_s / 3)
    keep_alive_count = max(1, min(KEEP_ALIVE_INTERVALS, int(settings.silence_s / 3 / publishing_s)))
    return Pace(publishing_s * 1000, keep_alive_count, keep_alive_count * LIFETIME_KEEP_ALIVES)


def describe_plan(settings: Settings) -> list[str]:
    """The requests that one poll of the endpoint sends, one line each, for a person."""
    if settings.mode == "read":
        return [f"{settings.id}/{device.id}: one Read of {_count_nodes(device)}" for device in settings.devices]
    pace = plan_pace(settings)
    rhythm = f"changes every {pace.publishing_ms:g} ms, a keep-alive after {pace.keep_alive_s:g} s without any"
    nodes = _count_nodes(*settings.devices)
    return [f"{settings.id}: one subscription to {nodes}, {rhythm}; a poll sends nothing"]


def _count_nodes(*devices: DeviceSettings) -> str:
    number = sum(len(device.points) for device in devices)
    return "1 node" if number == 1 else f"{number} nodes"
