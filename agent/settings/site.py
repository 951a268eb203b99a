"""A site: all that its directory says, checked as a whole. Environment and credential files override the file."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from agent.accounting.areas import Allocation
from agent.accounting.balances import Balance
from agent.accounting.coil_account import CoilRule
from agent.accounting.counters import Replacement
from agent.accounting.streams import Stream
from agent.settings.dashboard_checks import DashboardTables, check_dashboard
from agent.settings.dashboard_table import DashboardTable
from agent.settings.dashboard_tables import (
    AlertTable,
    BaselineTable,
    DemandTable,
    MeasureTable,
    PriceTable,
    ShiftsTable,
    TargetTable,
)
from agent.settings.endpoints import Endpoint, read_endpoints
from agent.settings.mistakes import Mistake, SettingsError
from agent.settings.model import (
    AllocationTable,
    BalanceTable,
    BridgeTable,
    CoilTable,
    CompletenessTable,
    FilesTable,
    InfluxTable,
    JournalTable,
    MqttTable,
    ProductTable,
    ReplacementTable,
    SheetTable,
    SiteTable,
    StreamTable,
)
from agent.settings.notify_tables import NotifyTable
from agent.settings.other_tables import build_coils, build_replacements, find_mistakes, with_coils
from agent.settings.resources import configs_folder
from agent.settings.sheet_tables import check_sheets, with_sheets
from agent.settings.stream_tables import build_streams
from agent.settings.toml_source import KeyPath, TomlSource, read_toml
from agent.settings.translate import mistakes_of
from agent.texts.sentences import Words, say
from collectors.frame import Layout, Point


class SiteFile(BaseSettings):
    """`site.toml`, overridden by credential files (`mqtt__password`) and the environment (`ATSUEN_MQTT__HOST`)."""

    model_config = SettingsConfigDict(
        env_prefix="ATSUEN_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
    )

    site: SiteTable
    completeness: CompletenessTable = CompletenessTable()
    journal: JournalTable = JournalTable()
    mqtt: MqttTable = MqttTable()
    bridge: BridgeTable = BridgeTable()
    influx: InfluxTable = InfluxTable()
    files: FilesTable = FilesTable()
    stream: tuple[StreamTable, ...] = ()
    product: tuple[ProductTable, ...] = ()
    replacement: tuple[ReplacementTable, ...] = ()
    coil: tuple[CoilTable, ...] = ()
    sheet: tuple[SheetTable, ...] = ()
    balance: tuple[BalanceTable, ...] = ()
    allocation: tuple[AllocationTable, ...] = ()
    demand: DemandTable | None = None
    baseline: BaselineTable | None = None
    measure: tuple[MeasureTable, ...] = ()
    target: tuple[TargetTable, ...] = ()
    price: tuple[PriceTable, ...] = ()
    shifts: ShiftsTable = ShiftsTable()
    alert: tuple[AlertTable, ...] = ()
    notify: NotifyTable = NotifyTable()
    dashboard: DashboardTable = DashboardTable()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then credential files (systemd's LoadCredential), then the site file."""
        folder = os.environ.get("CREDENTIALS_DIRECTORY")
        if folder is None:
            return (env_settings, init_settings)
        credentials = NestedSecretsSettingsSource(
            file_secret_settings, secrets_dir=folder, secrets_prefix="", secrets_nested_delimiter="__"
        )
        return (env_settings, credentials, init_settings)


@dataclass(frozen=True, slots=True)
class Site:
    """A checked site."""

    folder: Path
    file: SiteFile
    endpoints: tuple[Endpoint, ...]
    streams: tuple[Stream, ...]
    products: tuple[Stream, ...]
    replacements: tuple[Replacement, ...]
    coils: tuple[CoilRule, ...]

    @property
    def expected_gj_per_t(self) -> Mapping[str, Decimal]:
        """The benchmark of each product class that has one."""
        stated = ((table.id, table.expected_gj_per_t) for table in self.file.product)
        return {name: expected for name, expected in stated if expected is not None}

    @property
    def allocations(self) -> tuple[Allocation, ...]:
        """How shared utilities are given to areas."""
        return tuple(Allocation(table.stream, table.shares, table.by) for table in self.file.allocation)

    @property
    def balances(self) -> tuple[Balance, ...]:
        """What is to balance."""
        tables = self.file.balance
        return tuple(Balance(each.id, each.supply, each.uses, each.name_ja, each.name_en) for each in tables)

    @property
    def layouts(self) -> Mapping[str, Layout]:
        """The layout of every device."""
        return {device: layout for endpoint in self.endpoints for device, layout in endpoint.layouts.items()}

    @property
    def points(self) -> Mapping[str, Point]:
        """Every point that streams and the book can name, by `device.point`: measured, of coils, and of sheets."""
        named = with_sheets(with_coils(self.layouts, self.coils), self.file.sheet)
        return {f"{layout.device}.{point.id}": point for layout in named.values() for point in layout.points}

    @property
    def factor_folders(self) -> tuple[Path, ...]:
        """Where factor tables are looked for: those that ship with Atsuen, then the site's own."""
        return (configs_folder() / "factors", self.folder / "factors")

    def path(self, written: Path) -> Path:
        """A path of the site file; a relative one starts at the site's folder."""
        return self.folder / written


def load_site(folder: Path) -> Site:
    """Read and check a site directory. Raises SettingsError with every mistake that was found."""
    source = read_toml(folder / "site.toml")
    mistakes: list[Mistake] = []
    file = _read_file(source, mistakes)
    endpoints, found = read_endpoints(source, (folder / "devices", configs_folder() / "devices"))
    mistakes.extend(found)
    if file is None or mistakes:
        raise SettingsError(mistakes)
    layouts = {device: layout for endpoint in endpoints for device, layout in endpoint.layouts.items()}
    coils, found = build_coils(source, file.coil, layouts)
    mistakes.extend(found)
    mistakes.extend(check_sheets(source, file.sheet, layouts))
    named = with_sheets(with_coils(layouts, coils), file.sheet)
    streams, products, found = build_streams(source, file.site.zone, file.stream, file.product, named)
    mistakes.extend(found)
    mistakes.extend(_turning_too_fast(source, endpoints, file.journal.gap_s))
    replacements, found = build_replacements(source, file.replacement, layouts)
    mistakes.extend(found)
    mistakes.extend(find_mistakes(source, file.balance, file.allocation, streams))
    points = {f"{each.device}.{point.id}": point for each in named.values() for point in each.points}
    tables = DashboardTables(file.demand, file.baseline, file.measure, file.target, file.price, file.shifts, file.alert)
    mistakes.extend(check_dashboard(source, tables, streams, points, [each.id for each in file.balance]))
    if mistakes:
        raise SettingsError(mistakes)
    return Site(folder, file, tuple(endpoints), streams, products, replacements, coils)


def _read_file(source: TomlSource, mistakes: list[Mistake]) -> SiteFile | None:
    data = {key: value for key, value in source.data.items() if key != "endpoint"}

    def locate(path: KeyPath, message: Words, hint: Words | None) -> Mistake:
        variable = "ATSUEN_" + "__".join(str(part).upper() for part in path)
        if variable in os.environ:
            return Mistake(Path(f"environment variable {variable}"), 0, 0, message, hint)
        return source.mistake(path, message, hint)

    try:
        return SiteFile(**data)
    except ValidationError as error:
        mistakes.extend(mistakes_of(error, SiteFile, locate))
        return None


def _turning_too_fast(source: TomlSource, endpoints: list[Endpoint], gap_s: float) -> list[Mistake]:
    """Counters that could turn over within the time that still counts as no gap: their readings tell nothing."""
    mistakes = []
    for index, endpoint in enumerate(endpoints):
        for layout in endpoint.layouts.values():
            for point in layout.points:
                if point.modulus is None or point.maximum_per_hour is None:
                    continue
                turn_s = float(point.modulus * point.scale / point.maximum_per_hour) * 3600
                if turn_s <= 2 * gap_s:
                    message = say("turns_over", name=f"{layout.device}.{point.id}", turn_s=f"{turn_s:.0f}")
                    hint = say("wider_register", half_s=f"{turn_s / 2:.0f}")
                    mistakes.append(source.mistake(("endpoint", index), message, hint))
    return mistakes
