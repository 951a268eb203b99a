"""The entries of the book (帳簿): what people declare about the figures, each with person, reason and document.

An entry is never changed; another entry withdraws it. Pure: knows neither files nor how entries are sealed.
Times are UTC seconds, half-open, on half hours; quantities are in the unit of the point or stream that they name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from agent.accounting.gas_volume import ReferenceState


class SubstitutionMethod(StrEnum):
    """What stands in for time that nothing is known of."""

    LAST_WEEK = "last_week"
    """The same half hours of the week before."""
    MEAN = "mean"
    """The mean of the known half hours of the 28 days around."""
    VALUE = "value"
    """A quantity that an engineer states, for all the missing time together."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A register as somebody read it off the display: exact at that moment. `point` is written device.point."""

    point: str
    time_utc_s: int
    register: Decimal


@dataclass(frozen=True, slots=True)
class BookedQuantity:
    """What a point advanced in some time, from a sheet: production of a class, a tank's deliveries."""

    point: str
    from_utc_s: int
    to_utc_s: int
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Invoice:
    """A supplier's invoice that takes the place of what the site's own meters say.

    A gas volume may name the reference state that it is billed in; None means as metered.
    """

    stream: str
    from_utc_s: int
    to_utc_s: int
    quantity: Decimal
    state: ReferenceState | None = None


@dataclass(frozen=True, slots=True)
class Assertion:
    """An invoice or bill that the figures are held against. It changes nothing; what does not hold is listed."""

    stream: str
    from_utc_s: int
    to_utc_s: int
    quantity: Decimal
    tolerance_percent: Decimal
    state: ReferenceState | None = None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Time in which a stream's readings do not count: the meter was on test. It is then missing."""

    stream: str
    from_utc_s: int
    to_utc_s: int


@dataclass(frozen=True, slots=True)
class Substitution:
    """What stands in for a stream's missing half hours within some time. `quantity` belongs to `VALUE` alone."""

    stream: str
    from_utc_s: int
    to_utc_s: int
    method: SubstitutionMethod
    quantity: Decimal | None = None
    state: ReferenceState | None = None


@dataclass(frozen=True, slots=True)
class MeterReplacement:
    """A counter's meter that was replaced: the registers as their displays showed them."""

    point: str
    time_ms: int
    old_end: Decimal
    new_start: Decimal


@dataclass(frozen=True, slots=True)
class Answer:
    """The explanation of a finding of the completeness gate, named by its key. The entry's reason is the answer."""

    finding: str


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """An earlier entry that no longer holds. The entry's reason says why."""

    number: int


@dataclass(frozen=True, slots=True)
class Closing:
    """A fiscal year that was closed: SHA-256 of its submission's payload, of its factors, and the ledger's head."""

    fiscal_year: int
    revision: int
    is_provisional: bool
    document_digest: str
    factor_digest: str
    ledger_head: str


Content = (
    Reading
    | BookedQuantity
    | Invoice
    | Assertion
    | Exclusion
    | Substitution
    | MeterReplacement
    | Answer
    | Withdrawal
    | Closing
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its number in the book, when it was written (UTC), who says so, why, and on what document."""

    number: int
    time_ms: int
    person: str
    reason: str
    document: str
    content: Content


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person declares, before it is an entry: it has no number and no time yet."""

    person: str
    reason: str
    document: str
    content: Content

    def as_entry(self, number: int, time_ms: int) -> Entry:
        """The entry that this becomes under a number, at a time (UTC)."""
        return Entry(number, time_ms, self.person, self.reason, self.document, self.content)


def standing(entries: Iterable[Entry]) -> list[Entry]:
    """The entries that were not withdrawn, in order, without the withdrawals themselves."""
    every = list(entries)
    withdrawn = {entry.content.number for entry in every if isinstance(entry.content, Withdrawal)}
    return [e for e in every if e.number not in withdrawn and not isinstance(e.content, Withdrawal)]
