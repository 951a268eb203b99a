"""What an entry speaks of, and what it cannot stand beside. Pure: knows neither the site nor the clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from agent.accounting.calendar import fiscal_year_of
from agent.accounting.entries import (
    Answer,
    Assertion,
    BookedQuantity,
    Closing,
    Content,
    Draft,
    Entry,
    Exclusion,
    Invoice,
    MeterReplacement,
    Reading,
    Substitution,
    Withdrawal,
)

OfStream = Invoice | Assertion | Exclusion | Substitution
OfPoint = Reading | BookedQuantity | MeterReplacement
OfMoment = Reading | MeterReplacement
OfGas = Invoice | Assertion | Substitution
Spanned = Invoice | Assertion | Exclusion | Substitution | BookedQuantity
Quantified = Invoice | Assertion | Substitution | BookedQuantity
_OnePerTime = Invoice | Exclusion | Substitution
"""What takes the place of registers. Sheets and bills may look at a month and at each of its days."""


_SPEAKS_OF: Mapping[type[Content], tuple[str, ...]] = {
    Reading: ("point", "time_utc_s"),
    MeterReplacement: ("point", "time_ms"),
    BookedQuantity: ("point", "from_utc_s", "to_utc_s"),
    Assertion: ("stream", "from_utc_s", "to_utc_s"),
    Invoice: ("stream",),
    Exclusion: ("stream",),
    Substitution: ("stream",),
    Answer: ("finding",),
    Closing: ("fiscal_year", "revision"),
    Withdrawal: ("number",),
}


@dataclass(frozen=True, slots=True)
class ToCloseAgain:
    """A closed fiscal year that a new entry touches: the entry that closed it, and the revision that it now needs."""

    fiscal_year: int
    closed_by: int
    revision: int


def years_to_close_again(drafts: Iterable[Draft], entries: Sequence[Entry], zone: ZoneInfo) -> list[ToCloseAgain]:
    """The closed fiscal years whose figures the drafts may change."""
    closings = {e.content.fiscal_year: (e.number, e.content) for e in entries if isinstance(e.content, Closing)}
    touched = {year for draft in drafts for year in years_touched(draft.content, entries, zone)}
    return [
        ToCloseAgain(year, number, closing.revision + 1)
        for year, (number, closing) in sorted(closings.items())
        if year in touched
    ]


def years_touched(content: Content, entries: Sequence[Entry], zone: ZoneInfo) -> Iterable[int]:
    """The fiscal years whose figures a content may change; `entries` are those that it may withdraw."""
    if isinstance(content, Withdrawal):
        withdrawn = [entry.content for entry in entries if entry.number == content.number]
        return [year for what in withdrawn for year in years_touched(what, entries, zone)]
    if isinstance(content, Spanned) and not isinstance(content, Assertion):
        return range(fiscal_year_of(content.from_utc_s, zone), fiscal_year_of(content.to_utc_s - 1, zone) + 1)
    if isinstance(content, OfMoment):
        at_utc_s = content.time_utc_s if isinstance(content, Reading) else content.time_ms // 1000
        return {fiscal_year_of(at_utc_s - 1, zone), fiscal_year_of(at_utc_s, zone)}
    return ()


def conflict_key(content: Content) -> tuple[object, ...]:
    """What a content speaks of: contents of different keys never contradict each other."""
    return type(content), *(getattr(content, name) for name in _SPEAKS_OF[type(content)])


def contradict(one: Content, other: Content) -> bool:
    """Whether two contents of one key cannot both stand: of invoices and the like only one can hold at a time."""
    if isinstance(one, _OnePerTime) and isinstance(other, _OnePerTime):
        return one.from_utc_s < other.to_utc_s and other.from_utc_s < one.to_utc_s
    return True
