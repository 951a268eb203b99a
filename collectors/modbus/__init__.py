"""Modbus TCP endpoints: settings, the planned reads, and the collector. Imports no client library by itself."""

from collectors.collector import Collector, NowMs
from collectors.modbus.plan import describe_plan
from collectors.modbus.settings import Settings

__all__ = ["Settings", "describe_plan", "open_collector"]


def open_collector(settings: Settings, now_ms: NowMs) -> Collector:
    """A collector for one Modbus endpoint, not yet connected. Imports pymodbus."""
    from collectors.modbus.client import ModbusCollector  # noqa: PLC0415 - an unused protocol must cost no import

    return ModbusCollector(settings, now_ms)
