"""`[dashboard]` of the site file: where the pages are served, and who may see them and declare corrections."""

from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from agent.settings.model import Table
from agent.texts.sentences import say

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Role(StrEnum):
    """A reader sees everything; a manager also declares corrections and answers."""

    MANAGER = "manager"
    READER = "reader"


class DashboardTable(Table):
    """`[dashboard]`: on this machine alone unless said otherwise.

    `people` is a file of lines that `atsuen dashboard password` prints. A credential file `people` comes before it.
    A reverse proxy that has asked who somebody is may name them in `proxy_header`, from `proxy_addresses` alone; those
    whom `people` does not name have the role `proxy_role`.
    `names` are the host names under which the pages are asked for, beside the address itself.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8484
    certificate_file: Path | None = None
    key_file: Path | None = None
    people: Path = Path("people")
    proxy_header: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*$", max_length=64)] | None = None
    proxy_addresses: tuple[str, ...] = ()
    proxy_role: Literal["reader", "manager"] = "reader"
    names: tuple[str, ...] = ()
    language: Literal["ja", "en"] = "ja"

    @field_validator("proxy_addresses")
    @classmethod
    def _are_addresses(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        for address in addresses:
            try:
                ip_address(address)
            except ValueError:
                raise ValueError(say("no_ip_address", name=address)) from None
        return addresses

    @model_validator(mode="after")
    def _is_safe(self) -> "DashboardTable":
        """Another address than this machine's needs TLS, beside people who log in, or a proxy that says who asks."""
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError(say("certificate_and_key"))
        if (self.proxy_header is None) != (not self.proxy_addresses):
            raise ValueError(say("proxy_and_addresses"))
        if not self.is_loopback and self.proxy_header is None and not self.has_tls:
            raise ValueError(say("host_is_open", host=self.host))
        return self

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can ask."""
        return self.host in LOOPBACK

    @property
    def needs_people(self) -> bool:
        """Whether nobody may read without the file of people."""
        return not self.is_loopback and self.proxy_header is None

    @property
    def has_tls(self) -> bool:
        """Whether the pages are served over HTTPS."""
        return self.certificate_file is not None
