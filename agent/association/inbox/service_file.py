"""What `service.toml` may say: how the association's program takes documents in and keeps them. Reads no file.

What the industry is stands in `association.toml`. Environment (`ATSUEN_ASSOCIATION_STORE__URL`) and credential files
(`store__url`, `mqtt__password`) override the file.
"""

import os
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NestedSecretsSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from agent.association.settings_tables import FiscalYear
from agent.settings.dashboard_table import LOOPBACK
from agent.settings.model import MqttTable, Table

POSTGRESQL = "postgresql+psycopg://"


class YearTable(Table):
    """`[[year]]`: a fiscal year whose documents are taken, and the last days for them in Japan."""

    fiscal_year: FiscalYear
    deadline: date
    provisional_deadline: date | None = None


class StoreTable(Table):
    """`[store]`: a SQLite file beside `service.toml`, or the URL of a PostgreSQL database."""

    path: Path = Path("submissions.sqlite3")
    url: SecretStr | None = None

    @field_validator("url")
    @classmethod
    def _is_postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(POSTGRESQL):
            raise ValueError(f"a URL of PostgreSQL begins with {POSTGRESQL}; for SQLite give path")
        return value


class FolderTable(Table):
    """`[folder]`: a watched folder; files go on to its folders `accepted` and `held`."""

    path: Path
    every_s: Annotated[float, Field(ge=0.1, le=3600)] = 5.0


class UploadTable(Table):
    """`[upload]`: how often one address may send a file, and how many may come one after the other."""

    per_minute: Annotated[int, Field(ge=1, le=10_000)] = 30
    burst: Annotated[int, Field(ge=1, le=10_000)] = 60


class WebTable(Table):
    """`[web]`: where pages and uploads are served. Beyond this machine only with a certificate.

    `people` is a file that `atsuen association password` writes lines for. A credential file `people` comes before it.
    `names` are host names under which the pages are asked for.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8485
    certificate_file: Path | None = None
    key_file: Path | None = None
    names: tuple[str, ...] = ()
    language: Literal["ja", "en"] = "ja"
    people: Path = Path("people")

    @model_validator(mode="after")
    def _is_safe(self) -> "WebTable":
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError("certificate_file and key_file belong together")
        if self.host not in LOOPBACK and self.certificate_file is None:
            raise ValueError(f"host {self.host} is open to the network: give certificate_file and key_file")
        return self


class ServiceFile(BaseSettings):
    """`service.toml`. Without `[mqtt]` or `[folder]` nothing is taken in that way."""

    model_config = SettingsConfigDict(
        env_prefix="ATSUEN_ASSOCIATION_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    year: tuple[YearTable, ...] = ()
    store: StoreTable = StoreTable()
    web: WebTable = WebTable()
    upload: UploadTable = UploadTable()
    mqtt: MqttTable | None = None
    folder: FolderTable | None = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then credential files (systemd's LoadCredential), then the file."""
        folder = os.environ.get("CREDENTIALS_DIRECTORY")
        if folder is None:
            return (env_settings, init_settings)
        credentials = NestedSecretsSettingsSource(
            file_secret_settings, secrets_dir=folder, secrets_prefix="", secrets_nested_delimiter="__"
        )
        return (env_settings, credentials, init_settings)
