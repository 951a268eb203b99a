"""Makes the directory of a new site from templates. Overwrites nothing."""

from dataclasses import dataclass
from pathlib import Path
from string import Template

from agent.settings.mistakes import Mistake, SettingsError
from agent.settings.resources import configs_folder
from agent.texts.sentences import say


@dataclass(frozen=True, slots=True)
class NewSite:
    """What a new site is called, and the scheme of its live figures."""

    id: str
    name_ja: str
    name_en: str
    scheme: str


def make_site(folder: Path, site: NewSite, fiscal_year: int) -> list[Path]:
    """Write site.toml, the year's file, and the folders of device profiles and factors; gives what was written.

    Raises SettingsError when there is a site already.
    """
    if (folder / "site.toml").exists():
        raise SettingsError([Mistake(folder / "site.toml", 0, 0, say("site_there"), say("another_folder"))])
    templates = configs_folder() / "templates"
    quoted = {name: _quoted(getattr(site, name)) for name in ("id", "name_ja", "name_en", "scheme")}
    written = {
        folder / "site.toml": Template(_read(templates / "site.toml")).substitute(quoted),
        folder / "years" / f"{fiscal_year}.toml": _read(templates / "year.toml").replace("2023", str(fiscal_year)),
    }
    for name in ("devices", "factors"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for path, text in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    return list(written)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _quoted(text: str) -> str:
    """The inside of a TOML basic string."""
    return text.replace("\\", "\\\\").replace('"', '\\"')
