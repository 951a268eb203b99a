"""Who has submitted a fiscal year, how final, how late, what is held and asked, and the reminders to send. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from agent.association.inbox.asked import Asked
from agent.association.inbox.held import HeldFile
from agent.association.inbox.names import Names
from agent.association.inbox.service_file import YearTable
from agent.association.inbox.store import Entry
from agent.association.settings_tables import AssociationFile, CompanyTable, Role, SiteTable
from agent.submission.parts import Status

_OfSite = TypeVar("_OfSite", HeldFile, Asked)
JAPAN = ZoneInfo("Asia/Tokyo")
"""Deadlines are days in Japan."""


class State(StrEnum):
    """How a site's year stands."""

    MISSING = "missing"
    PROVISIONAL = "provisional"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """One site's year.

    `is_late`: no final document, and the deadline is over, or none at all, and the one for provisional ones is;
    `came_late`: a final one, but after the deadline; `held`: files that the site itself has signed.
    """

    company: str
    site: str
    state: State
    in_force: Entry | None
    is_late: bool
    came_late: bool
    held: tuple[HeldFile, ...]
    questions: tuple[Asked, ...]

    @property
    def open_questions(self) -> tuple[Asked, ...]:
        """Questions that nobody has answered as they stand now."""
        return tuple(asked for asked in self.questions if asked.answer is None)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do for the site."""
        return self.state is State.FINAL and not self.held and not self.open_questions


@dataclass(frozen=True, slots=True)
class YearStatus:
    """The whole year. `strangers` are held files that no participant's site has signed, whatever site they name."""

    fiscal_year: int
    deadline: date | None
    names: Names
    sites: tuple[SiteStatus, ...]
    strangers: tuple[HeldFile, ...]

    def count(self, state: State) -> int:
        """How many sites are in a state."""
        return sum(site.state is state for site in self.sites)

    @property
    def is_complete(self) -> bool:
        """Whether every site has submitted finally and nothing is open."""
        return all(site.is_complete for site in self.sites)


@dataclass(frozen=True, slots=True)
class Known:
    """What the database holds of a year."""

    entries: Sequence[Entry]
    held: Sequence[HeldFile]
    questions: Sequence[Asked]


def status_of(
    file: AssociationFile, fiscal_year: int, deadlines: YearTable | None, known: Known, now_utc_s: int
) -> YearStatus:
    """How a year stands now, in the order of the roster."""
    in_force = {(e.identity.company, e.identity.site): e for e in known.entries if e.is_in_force}
    first_final = _first_finals(known.entries)
    held_of, asked_of = _by_site(held for held in known.held if held.is_the_sites_own), _by_site(known.questions)
    end_s = None if deadlines is None else _end_of(deadlines.deadline)
    first = None if deadlines is None else deadlines.provisional_deadline
    first_end_s = None if first is None else _end_of(first)
    sites = []
    for company, site in _participants(file):
        name = company.id, site.id
        entry = in_force.get(name)
        is_final = entry is not None and entry.identity.status is Status.FINAL
        is_over = end_s is not None and now_utc_s >= end_s
        is_provisional_over = first_end_s is not None and now_utc_s >= first_end_s
        final_s = first_final.get(name)
        sites.append(
            SiteStatus(
                *name,
                State.MISSING if entry is None else State(entry.identity.status.value),
                entry,
                (is_over and not is_final) or (is_provisional_over and entry is None),
                end_s is not None and is_final and final_s is not None and final_s >= end_s,
                tuple(held_of.get(name, ())),
                tuple(asked_of.get(name, ())),
            )
        )
    told = {held.id for site in sites for held in site.held}
    strangers = tuple(held for held in known.held if held.id not in told)
    deadline = None if deadlines is None else deadlines.deadline
    return YearStatus(fiscal_year, deadline, Names(file), tuple(sites), strangers)


def reminders(status: YearStatus, language: str, companies: Collection[str] | None = None) -> list[str]:
    """A text for each company, or each of some, that has something left to do, ready to be sent."""
    unfinished: dict[str, list[SiteStatus]] = {}
    for site in status.sites:
        if not site.is_complete and (companies is None or site.company in companies):
            unfinished.setdefault(site.company, []).append(site)
    return [_reminder(status, company, sites, language) for company, sites in unfinished.items()]


def _reminder(status: YearStatus, company: str, sites: Sequence[SiteStatus], language: str) -> str:
    is_ja = language == "ja"
    deadline = "–" if status.deadline is None else f"{status.deadline:%Y-%m-%d}"
    late = any(site.is_late for site in sites)
    name = status.names.company(company, language)
    if is_ja:
        head = f"{name} ご担当者様\n\n{status.fiscal_year}年度の提出について(期限 {deadline})"
        head += "\n期限を過ぎています。至急ご対応をお願いします。" if late else ""
    else:
        head = f"To {name}\n\nFiscal year {status.fiscal_year}, due {deadline}"
        head += "\nThe deadline is over: please act now." if late else ""
    return "\n".join([head, "", *(line for site in sites for line in _todo(status.names, site, language))])


def _todo(names: Names, site: SiteStatus, language: str) -> Iterable[str]:
    is_ja = language == "ja"
    what = {
        State.MISSING: "提出書が届いていません。" if is_ja else "no document has arrived.",
        State.PROVISIONAL: "速報のみです。確定版を提出してください。"
        if is_ja
        else "provisional; send the final document.",
        State.FINAL: "確定版を受領しました。" if is_ja else "the final document has arrived.",
    }[site.state]
    yield f"- {names.site(site.company, site.site, language)}: {what}"
    for held in site.held:
        day = datetime.fromtimestamp(held.last_utc_s, JAPAN).strftime("%Y-%m-%d")
        yield f"  {day} {'保留中のファイル' if is_ja else 'held file'}: {held.origin}"
        yield from (f"    {line}" for reason in held.reasons for line in reason.text(language).splitlines())
    for asked in site.open_questions:
        yield f"  {'質問' if is_ja else 'question'} [{asked.key}]: {asked.text(language)}"


def _participants(file: AssociationFile) -> Iterable[tuple[CompanyTable, SiteTable]]:
    for company in file.company:
        for site in company.site:
            if (site.role or company.role) is Role.PARTICIPANT:
                yield company, site


def _by_site(found: Iterable[_OfSite]) -> dict[tuple[str | None, str | None], list[_OfSite]]:
    sorted_out: dict[tuple[str | None, str | None], list[_OfSite]] = {}
    for each in found:
        sorted_out.setdefault((each.company, each.site), []).append(each)
    return sorted_out


def _first_finals(entries: Iterable[Entry]) -> dict[tuple[str, str], int]:
    """When the first final document of each site came; a later correction does not make it late."""
    first: dict[tuple[str, str], int] = {}
    for entry in entries:
        if entry.identity.status is Status.FINAL:
            name = entry.identity.company, entry.identity.site
            first[name] = min(entry.received_utc_s, first.get(name, entry.received_utc_s))
    return first


def _end_of(day: date) -> int:
    """The first second after a day in Japan."""
    return int(datetime.combine(day + timedelta(days=1), time(), JAPAN).timestamp())
