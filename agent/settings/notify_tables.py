"""`[notify]` of the site file: how people are told of alerts, beside the pages."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from agent.settings.model import Table
from agent.texts.sentences import say

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
Address = Annotated[str, Field(pattern=r"^[A-Za-z0-9._%+'-]+@[A-Za-z0-9.-]+$", max_length=254)]
"""An e-mail address as it stands between SMTP's angle brackets, in ASCII."""
Seconds = Annotated[float, Field(gt=0, le=30)]


class EmailTable(Table):
    """`[notify.email]`: a mail server and who is told.

    The password belongs into the credential `notify__email__password`. `starttls` begins in the clear and refuses to
    go on so; `tls` is encrypted from the first byte; `none` is for a server on this machine alone.
    """

    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: SecretStr | None = None
    sender: Address
    recipients: Annotated[tuple[Address, ...], Field(min_length=1, max_length=20)]
    ca_file: Path | None = None
    timeout_s: Seconds = 10

    @model_validator(mode="after")
    def _is_safe(self) -> "EmailTable":
        if (self.username is None) != (self.password is None):
            raise ValueError(say("username_and_password"))
        if self.security == "none" and self.host not in LOOPBACK:
            raise ValueError(say("mail_in_clear", host=self.host))
        return self

    @property
    def usual_port(self) -> int:
        """The port, or that of the security (RFC 6409, RFC 8314)."""
        return self.port or {"starttls": 587, "tls": 465, "none": 25}[self.security]


class WebhookTable(Table):
    """`[notify.webhook]`: an address that takes JSON by POST over HTTPS.

    Whoever knows the address of a chat's webhook may write there: leave it to the credential `notify__webhook__url`.
    `token` is sent as `Authorization: Bearer`.
    """

    url: SecretStr
    token: SecretStr | None = None
    ca_file: Path | None = None
    timeout_s: Seconds = 10

    @model_validator(mode="after")
    def _is_https(self) -> "WebhookTable":
        address = urlsplit(self.url.get_secret_value().strip())
        if address.scheme != "https" or not address.hostname:
            raise ValueError(say("no_https"))
        if self.token is not None and not self.token.get_secret_value().strip().isascii():
            raise ValueError(say("token_characters"))
        return self


class NotifyTable(Table):
    """`[notify]`: in which language people are told, and by which ways."""

    language: Literal["ja", "en"] = "ja"
    mqtt: bool = True
    email: EmailTable | None = None
    webhook: WebhookTable | None = None
