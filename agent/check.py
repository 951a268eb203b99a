"""Looks for what is wrong with a site beyond its own file: factors that its streams need, people who may log in."""

from decimal import Decimal
from pathlib import Path

from agent.accounting.energy import convert_half_hour
from agent.accounting.factors import MissingFactor
from agent.accounting.interval import Method
from agent.accounting.streams import HalfHour
from agent.factor_files import load_factor_set
from agent.settings.dashboard_table import Role
from agent.settings.mistakes import Mistake, SettingsError
from agent.settings.site import Site
from agent.settings.toml_source import read_toml
from agent.texts.sentences import Sentence, say
from agent.web.people import PeopleFile, people_path


def check_factors(site: Site, fiscal_year: int) -> list[Mistake]:
    """What keeps the live scheme from giving figures for the streams in a fiscal year."""
    source = read_toml(site.folder / "site.toml")
    table = site.file.site
    try:
        factors = load_factor_set(site.factor_folders, table.scheme, fiscal_year, table.revision)
    except SettingsError as error:
        return list(error.mistakes)
    except MissingFactor as error:
        message = say("no_factor_set", said=error, scheme=error.scheme, year=error.fiscal_year)
        return [source.mistake(("site", "scheme"), message)]
    mistakes = []
    for index, stream in enumerate(site.streams):
        needs_state = stream.line is not None
        some_state = Decimal(15) if needs_state else None
        trial = HalfHour(stream, 0, Decimal(1), Method.MEASURED, 0, 0, some_state, some_state)
        try:
            convert_half_hour(trial, factors)
        except ValueError as error:
            mistakes.append(source.mistake(("stream", index), _unfit(stream.id, error)))
    return mistakes


def check_people(site: Site) -> list[Mistake]:
    """What is wrong with the file of people who may log in to the dashboard, where it is in the site's folder."""
    try:
        PeopleFile(_people(site), tuple(Role), is_needed=False).check()
    except SettingsError as error:
        return list(error.mistakes)
    return []


def lacks_people(site: Site) -> bool:
    """Whether nobody could log in, unless the service manager hands the dashboard the file as a credential."""
    return site.file.dashboard.needs_people and not _people(site).exists()


def _people(site: Site) -> Path:
    return people_path(site.path(site.file.dashboard.people))


def _unfit(stream: str, error: ValueError) -> Sentence:
    """Why a stream's amounts cannot be converted."""
    if not isinstance(error, MissingFactor) or error.key is None:
        return say("stream_fails", name=stream, said=error)
    quantity = say(f"quantity_{error.key.quantity}")
    asked = {"scheme": error.scheme, "year": error.fiscal_year, "carrier": error.key.carrier, "quantity": quantity}
    return say("stream_no_factor", name=stream, said=error, **asked)
