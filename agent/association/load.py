"""An association's folder: `association.toml`, `history.toml` and the form's file, checked as a whole."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from agent.accounting.factors import FactorSet
from agent.association.aggregate import SiteName
from agent.association.book import Book
from agent.association.file_mistakes import association_mistakes, form_mistakes, history_mistakes, own_words_mistakes
from agent.association.form_file import FormFile
from agent.association.history_tables import HistoryFile, HistoryYear, PublishedFigure
from agent.association.industry import Industry
from agent.association.kinds import figure_kinds
from agent.association.print_form import OwnWords
from agent.association.settings_tables import AssociationFile, IndustryTable, Role
from agent.association.uniform import UniformFactors
from agent.factor_files import available_factor_sets, load_factor_set
from agent.settings.mistakes import Mistake, SettingsError
from agent.settings.resources import configs_folder
from agent.settings.toml_source import TomlSource, read_toml
from agent.settings.translate import mistakes_of

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class SignerOf:
    """The company and site that a public key signs for."""

    company: str
    site: str


@dataclass(frozen=True, slots=True)
class Association:
    """A checked association folder."""

    folder: Path
    file: AssociationFile
    history: Mapping[int, HistoryYear]
    history_file: HistoryFile
    form: FormFile

    @property
    def factor_folders(self) -> tuple[Path, ...]:
        """Where the uniform factors are: the tables that ship with Atsuen, then the folder's own."""
        return (configs_folder() / "factors", self.folder / "factors")

    def participants(self) -> frozenset[SiteName]:
        """The sites that submit and are counted."""
        return frozenset(
            (company.id, site.id)
            for company in self.file.company
            for site in company.site
            if (site.role or company.role) is Role.PARTICIPANT
        )

    def signer(self, thumbprint: str, fiscal_year: int) -> SignerOf | None:
        """Whose key this is in a fiscal year; None when nobody's."""
        for company in self.file.company:
            for site in company.site:
                if any(key.thumbprint == thumbprint and key.holds(fiscal_year) for key in site.key):
                    return SignerOf(company.id, site.id)
        return None

    def industry_table(self, fiscal_year: int) -> IndustryTable | None:
        """What is stated for the whole industry in a year."""
        return next((table for table in self.file.industry if table.fiscal_year == fiscal_year), None)

    def uniform_factors(self, fiscal_year: int) -> UniformFactors:
        """The year's factors. Raises MissingFactor without basic ones, SettingsError for mistakes in their files."""
        table = self.file.uniform_factors
        basic = load_factor_set(self.factor_folders, table.scheme, fiscal_year, table.revision)
        return UniformFactors(basic, self._adjusted(fiscal_year))

    def book(self, industry: Industry) -> Book:
        """What the form of the industry's year is printed from."""
        return Book(
            industry,
            self.file.plan,
            self.history,
            self.industry_table(industry.fiscal_year),
            self._published(industry.fiscal_year),
            self.file.practice,
            self.file.confidentiality.minimum_contributors,
            self.file.uniform_factors.electricity_end,
        )

    @property
    def own_words(self) -> OwnWords:
        """What the association itself ticks and writes."""
        return OwnWords(self.file.answer, self.file.text)

    def _published(self, fiscal_year: int) -> tuple[PublishedFigure, ...]:
        """What the year's own form printed, and what others printed of a single year named by its number."""
        return tuple(
            published
            for published in self.history_file.published
            if published.fiscal_year == fiscal_year
            or (published.column.isdecimal() and figure_kinds()[published.figure].of_one_year)
        )

    def _adjusted(self, fiscal_year: int) -> FactorSet | None:
        """The adjusted factors, where there is a table for the year: without one the adjusted row stays blank."""
        table = self.file.uniform_factors
        folders, scheme = self.factor_folders, table.adjusted_scheme
        named = ((known.scheme, known.fiscal_year) for known in available_factor_sets(folders))
        if scheme is None or (scheme, fiscal_year) not in named:
            return None
        return load_factor_set(folders, scheme, fiscal_year, table.revision)


def load_association(folder: Path) -> Association:
    """Read and check an association's folder. Raises SettingsError with every mistake that was found."""
    mistakes: list[Mistake] = []
    source = _source(folder / "association.toml", mistakes)
    file = None if source is None else _checked(source, AssociationFile, association_mistakes, mistakes)
    history = _read(folder / "history.toml", HistoryFile, history_mistakes, mistakes)
    form = None if file is None else _read_form(folder, file.association.form, mistakes)
    if source is not None and file is not None and form is not None:
        mistakes += own_words_mistakes(source, file, form)
    if mistakes or file is None or history is None or form is None:
        raise SettingsError(mistakes)
    return Association(folder, file, {year.fiscal_year: year for year in history.year}, history, form)


def read_form(path: Path) -> FormFile:
    """Read and check one form file. Raises SettingsError with every mistake."""
    mistakes: list[Mistake] = []
    form = _read(path, FormFile, form_mistakes, mistakes)
    if mistakes or form is None:
        raise SettingsError(mistakes)
    return form


def _read_form(folder: Path, name: str, mistakes: list[Mistake]) -> FormFile | None:
    """The folder's own file of a form, else the one that ships with Atsuen."""
    own = folder / "forms" / f"{name}.toml"
    path = own if own.exists() else configs_folder() / "forms" / f"{name}.toml"
    return _read(path, FormFile, form_mistakes, mistakes)


def _read(
    path: Path,
    model: type[Model],
    further: Callable[[TomlSource, Model], Iterator[Mistake]],
    mistakes: list[Mistake],
) -> Model | None:
    source = _source(path, mistakes)
    return None if source is None else _checked(source, model, further, mistakes)


def _source(path: Path, mistakes: list[Mistake]) -> TomlSource | None:
    try:
        return read_toml(path)
    except SettingsError as error:
        mistakes += error.mistakes
        return None


def _checked(
    source: TomlSource,
    model: type[Model],
    further: Callable[[TomlSource, Model], Iterator[Mistake]],
    mistakes: list[Mistake],
) -> Model | None:
    try:
        content = model.model_validate(source.data)
    except ValidationError as error:
        mistakes += mistakes_of(error, model, source.mistake)
        return None
    mistakes += further(source, content)
    return content
