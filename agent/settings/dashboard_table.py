"""`[dashboard]` of the site file: where the pages are served, and who may see them and declare corrections."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from agent.settings.model import Table

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class DashboardTable(Table):
    """`[dashboard]`: on this machine alone unless said otherwise.

    `password_hash` is what `atsuen dashboard password` prints; leave it to the credential `dashboard__password_hash`.
    A reverse proxy that has asked who somebody is may name them in `proxy_header`, from `proxy_addresses` alone.
    `names` are the host names under which the pages are asked for, beside the address itself.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8484
    certificate_file: Path | None = None
    key_file: Path | None = None
    password_hash: SecretStr | None = None
    proxy_header: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*$", max_length=64)] | None = None
    proxy_addresses: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    language: Literal["ja", "en"] = "ja"

    @field_validator("proxy_addresses")
    @classmethod
    def _are_addresses(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        for address in addresses:
            ip_address(address)
        return addresses

    @field_validator("password_hash")
    @classmethod
    def _is_argon2(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith("$argon2id$"):
            raise ValueError("not an argon2id hash: take what `atsuen dashboard password` prints")
        return value

    @model_validator(mode="after")
    def _is_safe(self) -> "DashboardTable":
        """Another address than this machine's needs TLS with a password, or a proxy that says who asks."""
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError("certificate_file and key_file belong together")
        if (self.proxy_header is None) != (not self.proxy_addresses):
            raise ValueError("proxy_header and proxy_addresses belong together")
        has_tls = self.certificate_file is not None
        if not self.is_loopback and self.proxy_header is None and not (has_tls and self.password_hash is not None):
            raise ValueError(
                f"host {self.host} is open to the network: give certificate_file, key_file and password_hash, "
                "or proxy_header and proxy_addresses, or leave it at 127.0.0.1"
            )
        return self

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can ask."""
        return self.host in LOOPBACK

    @property
    def has_tls(self) -> bool:
        """Whether the pages are served over HTTPS."""
        return self.certificate_file is not None
