"""OPC UA endpoints: settings, the planned requests, and the collector. Imports no client library by itself."""

from collectors.collector import Collector, NowMs
from collectors.opcua.plan import describe_plan
from collectors.opcua.settings import Settings

__all__ = ["Settings", "describe_plan", "open_collector"]


def open_collector(settings: Settings, now_ms: NowMs) -> Collector:
    """A collector for one OPC UA endpoint, not yet connected. Imports asyncua."""
    from collectors.opcua.client import OpcuaCollector  # noqa: PLC0415 - an unused protocol must cost no import

    return OpcuaCollector(settings, now_ms)
