"""Looks for what is wrong with a site beyond its file's form: factors that its streams need and no table has."""

from decimal import Decimal

from agent.accounting.energy import convert_half_hour
from agent.accounting.interval import Method
from agent.accounting.streams import HalfHour
from agent.factor_files import load_factor_set
from agent.settings.mistakes import Mistake, SettingsError
from agent.settings.site import Site
from agent.settings.toml_source import read_toml


def check_factors(site: Site, fiscal_year: int) -> list[Mistake]:
    """What keeps the live scheme from giving figures for the streams in a fiscal year."""
    source = read_toml(site.folder / "site.toml")
    table = site.file.site
    try:
        factors = load_factor_set(site.factor_folders, table.scheme, fiscal_year, table.revision)
    except SettingsError as error:
        return list(error.mistakes)
    except ValueError as error:
        return [source.mistake(("site", "scheme"), str(error))]
    mistakes = []
    for index, stream in enumerate(site.streams):
        needs_state = stream.line is not None
        some_state = Decimal(15) if needs_state else None
        trial = HalfHour(stream, 0, Decimal(1), Method.MEASURED, 0, 0, some_state, some_state)
        try:
            convert_half_hour(trial, factors)
        except ValueError as error:
            mistakes.append(source.mistake(("stream", index), f"stream {stream.id}: {error}"))
    return mistakes
