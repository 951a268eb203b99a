"""What a collector is, how it fails, and how one is found by the name of its folder. Knows no protocol."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

from pydantic import BaseModel

import collectors
from collectors.frame import Frame, Layout, Quality

NowMs = Callable[[], int]
"""Gives the wall clock in UTC milliseconds; passed in, so that tests and the demonstration own the time."""


class CollectorError(Exception):
    """A device could not be read.

    The tree::

        CollectorError
        ├── EndpointLost    no connection: nothing behind this endpoint can be read now
        ├── NoAnswer        connected, but this device did not answer in time
        ├── DeviceRefused   the device answered that it cannot or will not
        └── BadAnswer       the answer does not have the form that was asked for

    `quality` is the code that the points of the device get for it.
    """

    quality: int = Quality.BAD_COMMUNICATION_ERROR

    def __init__(self, endpoint: str, device: str, reason: str, hint: str = "") -> None:
        super().__init__(f"{endpoint}/{device}: {reason}" + (f" ({hint})" if hint else ""))
        self.endpoint = endpoint
        self.device = device
        self.reason = reason
        self.hint = hint


class EndpointLost(CollectorError):  # noqa: N818 - the state of the endpoint, not only an error
    """There is no connection to the endpoint."""

    quality = Quality.BAD_NOT_CONNECTED


class NoAnswer(CollectorError):  # noqa: N818
    """The device did not answer within its time-out."""

    quality = Quality.BAD_TIMEOUT


class DeviceRefused(CollectorError):  # noqa: N818
    """The device answered with a refusal."""

    quality = Quality.BAD_DEVICE_FAILURE


class BadAnswer(CollectorError):  # noqa: N818
    """The answer does not have the form that was asked for."""

    quality = Quality.BAD_DECODING_ERROR


class Collector(Protocol):
    """Reads the devices behind one endpoint, one request at a time, and connects on its own when it must.

    A collector is used by one task. It never retries inside a poll: when to ask again is the caller's decision.
    """

    @property
    def layouts(self) -> Mapping[str, Layout]:
        """The layout of each device, by device id, in the order in which the site file names them."""
        ...

    async def poll(self, device: str) -> Frame:
        """Read all points of a device once. Points that failed alone carry their own bad quality.

        Raises CollectorError when nothing could be read; the connection is then in a state from which the next
        poll may start.
        """
        ...

    async def close(self) -> None:
        """Close the connection in the orderly way of the protocol. Never raises CollectorError."""
        ...


class ProtocolFolder(Protocol):
    """What the `__init__` of a protocol's folder offers."""

    Settings: type[BaseModel]
    """The endpoint's settings: connection, and its devices with their points."""

    def open_collector(self, settings: Any, now_ms: NowMs) -> Collector:
        """A collector for one endpoint. Does not connect yet; imports the client library."""
        ...

    def describe_plan(self, settings: Any) -> list[str]:
        """The requests that one poll of the endpoint sends, one line each, for a person."""
        ...


def protocol_names() -> list[str]:
    """The folders of this package that are protocols of real devices."""
    found = (module.name for module in pkgutil.iter_modules(collectors.__path__) if module.ispkg)
    return sorted(name for name in found if name != "simulated")


def load_protocol(name: str) -> ProtocolFolder:
    """The protocol whose folder has this name. Raises KeyError, naming the choices, when there is none."""
    if name not in protocol_names():
        raise KeyError(f"no protocol {name!r}; there are {', '.join(protocol_names())}")
    return cast("ProtocolFolder", importlib.import_module(f"collectors.{name}"))
