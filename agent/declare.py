"""A person's draft becomes an entry of the book: held against site and book, and an answer against the year's gate."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from agent.accounting.calendar import FIRST_MONTH, fiscal_year_of
from agent.accounting.entries import Answer, Assertion, Draft, Entry
from agent.accounting.entry_rules import years_touched
from agent.close import examine_year
from agent.corrections import CorrectionError, check_drafts
from agent.settings.mistakes import SettingsError
from agent.settings.site import Site
from agent.storage.book import Book, book_path
from agent.storage.ledger import Ledger
from agent.texts.sentences import Sentence, listed, say
from agent.typed import close_to

_MONTH_OF_KEY = re.compile(r":([0-9]{4})-(0[1-9]|1[0-2])$")
_YEAR_OF_KEY = re.compile(r":FY([0-9]{4})$")
_ENTRY_OF_KEY = re.compile(r"^(?:assertion_fails|conflict:[^:]+):([0-9]{1,9})$")
_NAMED = 20
"""So many open findings are named when one is not there."""
_EVER_UTC_S = 2**40


@dataclass(frozen=True, slots=True)
class Declaration:
    """What stood in the book before, and the entries that come to it."""

    before: Sequence[Entry]
    added: Sequence[Entry]


def declare(site: Site, draft: Draft, now_ms: int, *, is_trial: bool = False) -> Declaration:
    """Append one entry, or with `is_trial` say what it would be.

    Raises CorrectionError for what may not stand, StorageError for a book or journal that cannot be used, and for an
    answer what `examine_year` raises.
    """

    def check(entries: list[Entry]) -> None:
        check_drafts(site, [draft], entries, now_ms // 1000)

    book = Book(book_path(site.path(site.file.journal.path)))
    before = book.entries()
    check(before)  # before a book is begun for something that may not stand
    if isinstance(draft.content, Answer):
        _check_answer(site, draft.content.finding, before, now_ms // 1000)
    if is_trial:
        return Declaration(before, [draft.as_entry(len(before) + 1, now_ms)])
    return Declaration(before, book.append([draft], now_ms, check))


def _check_answer(site: Site, key: str, entries: Sequence[Entry], now_utc_s: int) -> None:
    """An answer is to a finding of the gate as it stands. Examining a year may take seconds."""
    is_open: list[str] = []
    looked: list[Sentence] = []
    for year in _years_of(site, key, entries, now_utc_s):
        try:
            gate = examine_year(site, year, now_utc_s)
        except (SettingsError, ValueError) as error:  # of a year without factors nothing is drawn
            looked.append(say("year_not_drawn", year=year, said=error))
            continue
        found = next((finding for finding in gate.findings if finding.key == key), None)
        if found is not None and found.can_be_answered:
            return
        if found is not None:
            raise CorrectionError(say("no_explanation", key=key))
        looked.append(say("year", year=year))
        is_open += [finding.key for finding in gate.holds_up if finding.can_be_answered]
    raise CorrectionError(_no_such(key, looked, is_open))


def _no_such(key: str, looked: Sequence[Sentence], is_open: Sequence[str]) -> Sentence:
    no_finding = say("no_finding_in", key=key, years=listed(looked)) if looked else say("no_finding", key=key)
    what, keys = no_finding.hinting(close_to(key, is_open)), ", ".join(is_open[:_NAMED])
    if not is_open:
        return say("nothing_open", what=what)
    if len(is_open) > _NAMED:
        return say("more_open_findings", what=what, keys=keys, more=len(is_open) - _NAMED)
    return say("open_findings", what=what, keys=keys)


def _years_of(site: Site, key: str, entries: Sequence[Entry], now_utc_s: int) -> list[int]:
    """The fiscal years, newest first, that a finding may be of: that of its key, else those that have figures."""
    zone = site.file.site.zone
    if month := _MONTH_OF_KEY.search(key):
        return [int(month[1]) if int(month[2]) >= FIRST_MONTH else int(month[1]) - 1]
    if year := _YEAR_OF_KEY.search(key):
        return [int(year[1])]
    if entry := _ENTRY_OF_KEY.match(key):
        return _newest_first(_years_of_entries([e for e in entries if e.number == int(entry[1])], zone))
    running = fiscal_year_of(now_utc_s, zone)
    first = _first_read_utc_s(site)
    read = range(fiscal_year_of(first, zone), running + 1) if first is not None else ()
    known = _newest_first(year for year in (*_years_of_entries(entries, zone), *read) if year <= running)
    return known or [running, running - 1]


def _newest_first(years: Iterable[int]) -> list[int]:
    return sorted(set(years), reverse=True)


def _years_of_entries(entries: Sequence[Entry], zone: ZoneInfo) -> Iterator[int]:
    """The fiscal years that entries speak of."""
    for entry in entries:
        if isinstance(entry.content, Assertion):
            yield from range(
                fiscal_year_of(entry.content.from_utc_s, zone), fiscal_year_of(entry.content.to_utc_s - 1, zone) + 1
            )
        else:
            yield from years_touched(entry.content, entries, zone)


def _first_read_utc_s(site: Site) -> int | None:
    """When the first half hour begins that the ledger has of any point; None where it has none."""
    with closing(Ledger(site.path(site.file.journal.path))) as ledger:
        points = [(device, point) for device, _, point in (name.rpartition(".") for name in site.points)]
        firsts = (next(ledger.intervals([each], 0, _EVER_UTC_S), None) for each in points)
        return min((first.start_utc_s for first in firsts if first is not None), default=None)
