"""Holds the figures against invoices and bills. Changes nothing; knows no factor."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from agent.accounting.booked import BookedHistory, with_book
from agent.accounting.declared import Declared
from agent.accounting.entries import Assertion, Entry
from agent.accounting.history import History
from agent.accounting.streams import Stream


class Finding(StrEnum):
    """What became of an assertion."""

    HOLDS = "holds"
    DIFFERS = "differs"
    """The difference is more than the assertion tolerates."""
    PARTLY_MISSING = "partly_missing"
    """Part of its time is missing: what is known cannot be held against the whole."""


@dataclass(frozen=True, slots=True)
class AssertionResult:
    """An assertion and what the figures say: `found` in the assertion's unit and state, None where nothing is known.

    `difference_percent` is found against asserted; None where either is missing or zero is asserted.
    """

    entry: Entry
    found: Decimal | None
    difference_percent: Decimal | None
    finding: Finding
    missing_ms: int = 0

    @property
    def holds(self) -> bool:
        """Whether the figures agree within the tolerance."""
        return self.finding is Finding.HOLDS


def hold_against(
    assertions: Iterable[Entry], streams: Iterable[Stream], history: History, declared: Declared
) -> list[AssertionResult]:
    """What became of assertions of these streams and products, with all corrections that are declared."""
    booked = with_book(history, declared.points)
    known = {stream.id: stream for stream in streams}
    return [
        _hold(entry, entry.content, declared, known[entry.content.stream], booked)
        for entry in assertions
        if isinstance(entry.content, Assertion) and entry.content.stream in known
    ]


def _hold(
    entry: Entry, asserted: Assertion, declared: Declared, stream: Stream, history: BookedHistory
) -> AssertionResult:
    measure, time = declared.measure(stream, history), (asserted.from_utc_s, asserted.to_utc_s)
    measured = measure.amount(*time) if asserted.state is None else measure.volume(asserted.state, *time)
    missing_ms, expected_ms = measured.shares.missing_ms, measured.shares.expected_ms
    if missing_ms or not expected_ms:
        found = measured.amount if missing_ms < expected_ms else None
        return AssertionResult(entry, found, None, Finding.PARTLY_MISSING, missing_ms)
    difference = measured.amount - asserted.quantity
    is_near = abs(difference) * 100 <= asserted.tolerance_percent * abs(asserted.quantity)
    percent = 100 * difference / abs(asserted.quantity) if asserted.quantity else None
    return AssertionResult(entry, measured.amount, percent, Finding.HOLDS if is_near else Finding.DIFFERS)
