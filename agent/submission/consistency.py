"""Whether a submission agrees with itself: ids, references, periods, shares, assertions. Figures are `recompute`'s."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from agent.accounting.convert_units import EXACT
from agent.submission.document import Submission
from agent.submission.fault import Fault, Place
from agent.submission.fault_kinds import FaultKind, PlaceKind
from agent.submission.parts import AssertionRecord, EnergyLine, Origin, ProductRecord, Status
from agent.submission.recompute import figure_deviations

_SHARES_OF = {PlaceKind.ENERGY_LINE: PlaceKind.ENERGY_SHARES, PlaceKind.PRODUCT: PlaceKind.PRODUCT_SHARES}


def deviations_of(submission: Submission) -> tuple[Fault, ...]:
    """Everything in a submission that does not hold; nothing when it can be believed as far as it goes."""
    return tuple(_all(submission))


def assertion_holds(stated: Decimal, found: Decimal | None, tolerance_percent: Decimal) -> bool:
    """Whether a bill agrees with what was found, within per cent of the bill; what was not found does not agree."""
    if found is None:
        return False
    apart = EXACT.abs(EXACT.subtract(found, stated))
    return EXACT.multiply(apart, Decimal(100)) <= EXACT.multiply(EXACT.abs(stated), tolerance_percent)


def _all(submission: Submission) -> Iterator[Fault]:
    yield from figure_deviations(submission)
    yield from _period(submission)
    yield from _twice(PlaceKind.ENERGY_LINE, (line.id for line in submission.energy))
    yield from _twice(PlaceKind.PRODUCT, (product.id for product in submission.production))
    yield from _twice(PlaceKind.CORRECTION, (str(entry.number) for entry in submission.corrections))
    entries = {entry.number: entry for entry in submission.corrections}
    valid = {number for number, entry in entries.items() if not entry.is_withdrawn}
    for line in submission.energy:
        yield from _line(PlaceKind.ENERGY_LINE, line, submission.origin, valid)
    for product in submission.production:
        yield from _line(PlaceKind.PRODUCT, product, submission.origin, valid)
    lines = {line.id for line in submission.energy} | {product.id for product in submission.production}
    for assertion in submission.assertions:
        yield from _assertion(assertion, lines)


def _period(submission: Submission) -> Iterator[Fault]:
    """A final document covers its year; a provisional one may end with a month of it."""
    through, year = submission.through, submission.fiscal_year
    if submission.status is Status.FINAL and submission.approval.day < f"{year + 1}-04-01":
        yield Fault(FaultKind.APPROVED_EARLY, Place(PlaceKind.APPROVAL), stated=submission.approval.day)
    if through is None:
        return
    if submission.status is Status.FINAL:
        yield Fault(FaultKind.WHOLE_YEAR, Place(PlaceKind.THROUGH), stated=through)
    elif not f"{year}-04" <= through <= f"{year + 1}-03":
        yield replace(Fault.of(FaultKind.NO_MONTH, Place(PlaceKind.THROUGH), year=year), stated=through)


def _twice(what: PlaceKind, names: Iterable[str]) -> Iterator[Fault]:
    for name, count in Counter(names).items():
        if count > 1:
            yield Fault.of(FaultKind.TWICE, Place(what, name), count=count)


def _line(what: PlaceKind, line: EnergyLine | ProductRecord, origin: Origin, valid: set[int]) -> Iterator[Fault]:
    place = Place(what, line.id)
    for number in line.corrections:
        if number not in valid:
            yield Fault.of(FaultKind.NO_CORRECTION, place, number=number)
    shares = line.shares
    if shares is None:
        if origin is Origin.METERED:
            yield Fault(FaultKind.NO_SHARES, place)
        return
    known_ms = shares.measured_ms + shares.recovered_ms + shares.substituted_ms
    if known_ms > shares.expected_ms:
        in_shares = Place(_SHARES_OF[what], line.id)
        yield Fault(FaultKind.SHARES_EXCEED, in_shares, stated=str(shares.expected_ms), recomputed=str(known_ms))


def _assertion(assertion: AssertionRecord, lines: set[str]) -> Iterator[Fault]:
    place = Place(PlaceKind.ASSERTION, str(assertion.entry))
    if assertion.line not in lines:
        yield Fault.of(FaultKind.NO_LINE, place, line=assertion.line)
    if assertion.first_day > assertion.last_day:
        yield Fault(FaultKind.ENDS_EARLY, place)
    holds = assertion_holds(assertion.stated, assertion.found, assertion.tolerance_percent)
    if assertion.holds != holds:
        yield Fault.of_figure(place, "holds", str(assertion.holds).lower(), str(holds).lower())
