"""The settings of an OPC UA endpoint and its devices, as the site file gives them after profiles are merged in."""

from collections.abc import Iterator
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from collectors.opcua.nodes import parse_node
from collectors.tables import DeviceTable, EndpointTable, PointTable, Seconds
from collectors.wrong import Wrong, WrongSettings


def _check_node(text: str) -> str:
    parse_node(text)
    return text


def _check_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme != "opc.tcp" or not parts.hostname or parts.port is None:
        said = "{text!r} is not an address: write for example 'opc.tcp://192.168.0.10:4840'"
        raise WrongSettings(Wrong.of("no_opc_address", said, text=text))
    if parts.username is not None:
        said = "the name and the password of the user belong into username and password, not into the url"
        raise WrongSettings(Wrong.of("user_in_url", said))
    return text


class PointSettings(PointTable):
    """A quantity, and the node whose value is its raw count."""

    node: Annotated[str, AfterValidator(_check_node)]


class DeviceSettings(DeviceTable):
    """Some nodes of the server that belong to one device."""

    points: tuple[PointSettings, ...] = Field(min_length=1)


class Settings(EndpointTable):
    """An OPC UA server: one session, shared by all devices.

    With mode "read" each poll asks for the values; with "subscribe" the server sends changes and a poll takes the
    latest. After `silence_s` without any message of the subscription the session is closed and built anew.
    """

    protocol: Literal["opcua"]
    url: Annotated[str, AfterValidator(_check_url)]
    timeout_s: Seconds = 5.0
    mode: Literal["read", "subscribe"] = "read"
    silence_s: Seconds = 30.0
    username: str | None = None
    password: SecretStr | None = None
    devices: tuple[DeviceSettings, ...] = Field(min_length=1)

    def find_mistakes(self) -> Iterator[Wrong]:
        """Repeated ids, a password for nobody."""
        yield from super().find_mistakes()
        if self.password is not None and self.username is None:
            yield Wrong.of("password_alone", "there is a password, but no username")
