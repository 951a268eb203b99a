"""What a site file may say. Each class is one table of `site.toml`; unknown keys are mistakes."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, SecretStr

from agent.accounting.factors import ElectricityKind
from agent.accounting.gas_volume import MeterKind
from agent.texts.sentences import say


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(say("no_time_zone", name=name))
    return name


def _not_a_service(name: str) -> str:
    if name in {"bridge", "association", "submission"}:
        raise ValueError(say("service_name", name=name))
    return name


Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
SiteId = Annotated[Identifier, AfterValidator(_not_a_service)]
PointName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
"""A point of a device, written `device.point`."""
Zone = Annotated[str, AfterValidator(_known_zone)]


class Table(BaseModel):
    """A table of the site file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SiteTable(Table):
    """`[site]`: who and where, and the scheme of live figures. `company` is its name in the association's roster."""

    id: SiteId
    company: Identifier | None = None
    name_ja: str = ""
    name_en: str = ""
    time_zone: Zone = "Asia/Tokyo"
    scheme: str
    revision: str | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.time_zone)


class CompletenessTable(Table):
    """`[completeness]`: the least share of time, in per cent, for which a line is metered before a year is closed."""

    month_percent: Annotated[Decimal, Field(ge=0, le=100)] = Decimal(90)
    year_percent: Annotated[Decimal, Field(ge=0, le=100)] = Decimal(95)


class JournalTable(Table):
    """`[journal]`: the file on disk that is the only queue."""

    path: Path = Path("/var/lib/atsuen/journal.sqlite3")
    commit_s: Annotated[float, Field(gt=0, le=5)] = 0.1
    keep_days: Annotated[float, Field(gt=0)] = 30
    max_mb: Annotated[float, Field(gt=0)] = 4000
    free_mb: Annotated[float, Field(ge=0)] = 500
    gap_s: Annotated[float, Field(ge=1, le=900)] = 120


class MqttTable(Table):
    """`[mqtt]`: the broker, and when a message counts as delivered.

    More unsent rows than `backlog_after_rows` (some 30 messages of 60 values a row, which one lane sends in less than a
    second) are a backlog: they no longer hold up new rows, and go out beside them at `backlog_lines_per_s`.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 1883
    username: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    topic_root: str = "atsuen"
    window: Annotated[int, Field(ge=1, le=100)] = 20
    resend_s: Annotated[float, Field(ge=1)] = 60
    confirm: Literal["bridge", "broker"] = "bridge"
    backlog_after_rows: Annotated[int, Field(ge=1)] = 500
    backlog_lines_per_s: Annotated[float, Field(gt=0)] = 2000


class BridgeTable(Table):
    """`[bridge]`: which sink, and how `atsuen bridge` batches."""

    sink: Literal["influx", "files"] = "influx"
    group: Identifier | None = None
    max_lines: Annotated[int, Field(ge=1, le=50_000)] = 5000
    max_wait_s: Annotated[float, Field(ge=0, le=60)] = 0.1
    refused: Path = Path("/var/lib/atsuen-bridge/refused")


class InfluxTable(Table):
    """`[influx]`: the database."""

    url: str = "http://127.0.0.1:8086"
    org: str = "atsuen"
    bucket: str = "atsuen"
    token: SecretStr = SecretStr("")
    ca_file: Path | None = None
    timeout_s: Annotated[float, Field(gt=0)] = 30


class FilesTable(Table):
    """`[files]`: rotated files of line protocol, for a plant without a database."""

    folder: Path = Path("/var/lib/atsuen-bridge/lines")
    max_mb: Annotated[float, Field(gt=0)] = 50
    keep: Annotated[int, Field(ge=1)] = 200


class TermTable(Table):
    """`[[stream.term]]`: a register that a stream adds or subtracts, with its dated ratio."""

    point: PointName
    multiplier: Annotated[Decimal, Field(gt=0)] = Decimal(1)
    sign: Literal["+", "-"] = "+"
    valid_from: date | None = None
    valid_to: date | None = None


class GasTable(Table):
    """`gas` of a stream: what the meter's volume refers to, and where pressure and temperature come from."""

    meter: MeterKind
    gauge_pressure_kpa: PointName | Decimal | None = None
    temperature_c: PointName | Decimal | None = None


class StreamTable(Table):
    """`[[stream]]`: a source stream: a carrier that enters an area of the site."""

    id: Identifier
    name_ja: str = ""
    name_en: str = ""
    carrier: Identifier
    area: Identifier
    unit: str
    kind: ElectricityKind | None = None
    supplier: str | None = None
    menu: str | None = None
    counts: Literal["total", "detail"] = "total"
    gas: GasTable | None = None
    term: Annotated[tuple[TermTable, ...], Field(min_length=1)]


class ReplacementTable(Table):
    """`[[replacement]]`: a meter that was replaced: the registers as their displays showed them, and the document."""

    point: PointName
    at: AwareDatetime
    old_end: Decimal
    new_start: Decimal
    document: Annotated[str, Field(min_length=1)]


class CoilTable(Table):
    """`[[coil]]`: coils weighed one by one. The device gets a counter `id` that streams and products can name."""

    id: Identifier
    number: PointName
    weight: PointName


class SheetTable(Table):
    """`[[sheet]]`: a register or quantity that people write down: the point `sheet.<id>` for whoever names points.

    `modulus` is what a register shows one more than at the most, in its unit: 1000000 for six digits.
    """

    id: Identifier
    name_ja: str = ""
    name_en: str = ""
    unit: Annotated[str, Field(min_length=1)]
    kind: Literal["register", "quantity"]
    modulus: Annotated[int, Field(gt=0)] | None = None


class BalanceTable(Table):
    """`[[balance]]`: streams that supply and streams that use, whose difference is worth knowing."""

    id: Identifier
    name_ja: str = ""
    name_en: str = ""
    supply: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    uses: Annotated[tuple[Identifier, ...], Field(min_length=1)]


class AllocationTable(Table):
    """`[[allocation]]`: a shared utility, given to areas by fixed shares or in proportion to other streams' energy."""

    stream: Identifier
    shares: dict[Identifier, Annotated[Decimal, Field(gt=0, le=1)]] = {}
    by: tuple[Identifier, ...] = ()


class ProductTable(Table):
    """`[[product]]`: production of one class, in kg or t. `expected_gj_per_t` is a benchmark of its energy."""

    id: Identifier
    name_ja: str = ""
    name_en: str = ""
    unit: Literal["kg", "t"]
    expected_gj_per_t: Annotated[Decimal, Field(gt=0)] | None = None
    term: Annotated[tuple[TermTable, ...], Field(min_length=1)]


EndpointTable = dict[str, Any]
"""`[[endpoint]]`: its keys belong to the protocol, which checks them."""
