"""Whose keys are on file, and for which sites and fiscal years each may sign. Reads the folder `keys` once."""

from collections.abc import Mapping
from dataclasses import dataclass

from agent.association.aggregate import SiteName
from agent.association.inbox.reasons import Reason, ReasonKind
from agent.association.load import Association
from agent.association.settings_tables import KeyTable, Role
from agent.settings.mistakes import Mistake, SettingsError
from agent.submission.keys import KeyFileError, KeyRing, read_key_ring

KEYS = "keys"
"""The folder of public keys beside `association.toml`: a file for each, as `atsuen key show --json` prints it."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A key may sign for one site in some fiscal years."""

    company: str
    site: str
    key: KeyTable

    @property
    def name(self) -> SiteName:
        """Company and site."""
        return self.company, self.site


@dataclass(frozen=True, slots=True)
class Roster:
    """The sites that submit, the public keys on file, and what each key may sign, by its thumbprint."""

    sites: frozenset[SiteName]
    ring: KeyRing
    grants: Mapping[str, tuple[Grant, ...]]

    def objection(self, name: SiteName, fiscal_year: int, thumbprint: str) -> Reason | None:
        """Why a key may not sign for a site's year, or None when it may."""
        if name not in self.sites:
            return Reason(ReasonKind.NOT_ON_ROSTER, ("/".join(name),))
        own = [grant for grant in self.grants.get(thumbprint, ()) if grant.name == name]
        if not own:
            return Reason(ReasonKind.KEY_OF_ANOTHER_SITE, (f"{'/'.join(name)}, {thumbprint}",))
        if not any(grant.key.holds(fiscal_year) for grant in own):
            spans = [f"{grant.key.from_fiscal_year}–{grant.key.to_fiscal_year or ''}" for grant in own]
            return Reason(ReasonKind.KEY_YEARS, (f"{fiscal_year}", thumbprint, ", ".join(spans)))
        return None


def load_roster(association: Association) -> Roster:
    """The roster of a checked folder.

    Raises SettingsError for key files that cannot be read, keys that nobody is given, and keys that are not on file.
    """
    folder = association.folder / KEYS
    granted: dict[str, list[Grant]] = {}
    sites: set[SiteName] = set()
    for company in association.file.company:
        for site in company.site:
            if (site.role or company.role) is Role.PARTICIPANT:
                sites.add((company.id, site.id))
            for key in site.key:
                granted.setdefault(key.thumbprint, []).append(Grant(company.id, site.id, key))
    try:
        ring = read_key_ring(folder) if folder.is_dir() and any(folder.iterdir()) else {}
    except KeyFileError as error:
        raise SettingsError([Mistake(folder, 0, 0, reason) for reason in error.reasons]) from None
    mistakes = [
        Mistake(folder, 0, 0, f"the key {kid} of {grants[0].company}/{grants[0].site} is not here", "add its file")
        for kid, grants in granted.items()
        if kid not in ring
    ]
    hint = "add it to the site as [[company.site.key]] with its thumbprint, or take the file away"
    mistakes += [
        Mistake(folder, 0, 0, f"the key {kid} ({key.name}) may sign for no site", hint)
        for kid, key in ring.items()
        if kid not in granted
    ]
    if mistakes:
        raise SettingsError(mistakes)
    return Roster(frozenset(sites), ring, {kid: tuple(grants) for kid, grants in granted.items()})
