"""The site's factor set for any instant. A missing table stops nothing: readings go on, and one clear line says so."""

from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from agent.accounting.calendar import fiscal_year_of
from agent.accounting.convert import Converted
from agent.accounting.energy import convert_half_hour
from agent.accounting.factors import FactorSet
from agent.accounting.streams import HalfHour
from agent.factor_files import load_factor_set
from agent.settings.mistakes import SettingsError
from agent.settings.site import Site
from agent.storage.stamp import FileStamp, file_stamp

log = structlog.get_logger(__name__)


class FactorSets:
    """The factor sets of a site for a program that asks again and again: read anew after a file of them changed."""

    def __init__(self, site: Site) -> None:
        self._folders = site.factor_folders
        self._table = site.file.site
        self._stamps: Mapping[Path, FileStamp] = {}
        self._sets: dict[tuple[str, int], FactorSet] = {}

    def of(self, fiscal_year: int, scheme: str | None = None) -> FactorSet:
        """The set of a year under the site's scheme or another. Raises what `load_factor_set` raises."""
        stamps = self._stamps_now()
        if stamps != self._stamps:
            self._sets, self._stamps = {}, stamps
        wanted, sets = (scheme or self._table.scheme, fiscal_year), self._sets
        if wanted not in sets:
            sets[wanted] = load_factor_set(self._folders, *wanted, self._table.revision)
        return sets[wanted]

    def _stamps_now(self) -> dict[Path, FileStamp]:
        """What tells whether a file has changed, by its path."""
        return {path: file_stamp(path) for folder in self._folders for path in folder.glob("*.toml")}


class SiteFactors:
    """Factor sets of the site's live scheme, read once a fiscal year."""

    def __init__(self, site: Site) -> None:
        self._folders = site.factor_folders
        self._scheme = site.file.site.scheme
        self._revision = site.file.site.revision
        self._zone: ZoneInfo = site.file.site.zone
        self._sets: dict[int, FactorSet | None] = {}
        self._told: set[str] = set()
        self.problem = ""

    def at(self, utc_s: int) -> FactorSet | None:
        """The factor set of the fiscal year of an instant, or None, with the reason in `problem`."""
        year = fiscal_year_of(utc_s, self._zone)
        if year not in self._sets:
            try:
                self._sets[year] = load_factor_set(self._folders, self._scheme, year, self._revision)
            except (SettingsError, ValueError) as error:
                self._sets[year] = None
                self._tell(str(error).splitlines()[0])
        return self._sets[year]

    def convert(self, half_hour: HalfHour) -> Converted | None:
        """Energy and CO2 of a half hour, or None when a factor for it is missing."""
        factors = self.at(half_hour.start_utc_s)
        if factors is None:
            return None
        try:
            return convert_half_hour(half_hour, factors)
        except ValueError as error:
            self._tell(f"stream {half_hour.stream.id}: {error}")
            return None

    def _tell(self, problem: str) -> None:
        self.problem = problem
        if problem not in self._told:
            self._told.add(problem)
            log.error("no_energy_figure", reason=problem)
