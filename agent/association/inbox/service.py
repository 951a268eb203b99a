"""An association's folder as the program needs it: settings, roster and keys, checked as a whole."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from agent.association.inbox.roster import Roster, load_roster
from agent.association.inbox.service_file import ServiceFile, YearTable
from agent.association.load import Association, load_association
from agent.settings.mistakes import Mistake, SettingsError
from agent.settings.toml_source import TomlSource, read_toml
from agent.settings.translate import mistakes_of


@dataclass(frozen=True, slots=True)
class Service:
    """A checked folder of the association's program."""

    association: Association
    roster: Roster
    file: ServiceFile

    @property
    def folder(self) -> Path:
        """Where the settings are; relative paths start here."""
        return self.association.folder

    @property
    def open_years(self) -> frozenset[int]:
        """The fiscal years whose documents are taken."""
        return frozenset(year.fiscal_year for year in self.file.year)

    def year(self, fiscal_year: int) -> YearTable | None:
        """The deadlines of a fiscal year; None for one that is not open."""
        return next((year for year in self.file.year if year.fiscal_year == fiscal_year), None)

    def path(self, written: Path) -> Path:
        """A path of the settings; a relative one starts at the folder."""
        return self.folder / written

    @property
    def store_url(self) -> str:
        """Where documents are kept, as a database URL. It may hold a password."""
        table = self.file.store
        return table.url.get_secret_value() if table.url else f"sqlite:///{self.path(table.path)}"


def load_service(folder: Path) -> Service:
    """Read and check the folder. Raises SettingsError with every mistake that was found."""
    mistakes: list[Mistake] = []
    association, roster, file = None, None, None
    try:
        association = load_association(folder)
        roster = load_roster(association)
    except SettingsError as error:
        mistakes += error.mistakes
    try:
        file = _read(folder / "service.toml")
    except SettingsError as error:
        mistakes += error.mistakes
    if mistakes or association is None or roster is None or file is None:
        raise SettingsError(mistakes)
    return Service(association, roster, file)


def _read(path: Path) -> ServiceFile:
    source = read_toml(path)
    try:
        file = ServiceFile(**source.data)
    except ValidationError as error:
        raise SettingsError(mistakes_of(error, ServiceFile, source.mistake)) from None
    mistakes = list(_year_mistakes(source, file.year))
    if mistakes:
        raise SettingsError(mistakes)
    return file


def _year_mistakes(source: TomlSource, years: Sequence[YearTable]) -> Iterator[Mistake]:
    seen: set[int] = set()
    for number, year in enumerate(years):
        if year.fiscal_year in seen:
            yield source.mistake(("year", number, "fiscal_year"), f"{year.fiscal_year} stands here a second time")
        seen.add(year.fiscal_year)
        if year.provisional_deadline is not None and year.provisional_deadline > year.deadline:
            path = ("year", number, "provisional_deadline")
            yield source.mistake(path, "provisional_deadline comes after deadline")
