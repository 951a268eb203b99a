"""Whether a submission agrees with itself: ids, references, periods, shares, assertions. Figures are `recompute`'s."""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal

from agent.accounting.convert_units import EXACT
from agent.submission.document import Submission
from agent.submission.parts import AssertionRecord, EnergyLine, Origin, ProductRecord, Status
from agent.submission.recompute import Deviation, figure_deviations


def deviations_of(submission: Submission) -> tuple[Deviation, ...]:
    """Everything in a submission that does not hold; nothing when it can be believed as far as it goes."""
    return tuple(_all(submission))


def assertion_holds(stated: Decimal, found: Decimal | None, tolerance_percent: Decimal) -> bool:
    """Whether a bill agrees with what was found, within per cent of the bill; what was not found does not agree."""
    if found is None:
        return False
    apart = EXACT.abs(EXACT.subtract(found, stated))
    return EXACT.multiply(apart, Decimal(100)) <= EXACT.multiply(EXACT.abs(stated), tolerance_percent)


def _all(submission: Submission) -> Iterator[Deviation]:
    yield from figure_deviations(submission)
    yield from _period(submission)
    yield from _twice("energy line", (line.id for line in submission.energy))
    yield from _twice("product", (product.id for product in submission.production))
    yield from _twice("correction", (str(entry.number) for entry in submission.corrections))
    entries = {entry.number: entry for entry in submission.corrections}
    valid = {number for number, entry in entries.items() if not entry.is_withdrawn}
    for line in submission.energy:
        yield from _line(f"energy line {line.id}", line, submission.origin, valid)
    for product in submission.production:
        yield from _line(f"product {product.id}", product, submission.origin, valid)
    lines = {line.id for line in submission.energy} | {product.id for product in submission.production}
    for assertion in submission.assertions:
        yield from _assertion(assertion, lines)


def _period(submission: Submission) -> Iterator[Deviation]:
    """A final document covers its year; a provisional one may end with a month of it."""
    through, year = submission.through, submission.fiscal_year
    if submission.status is Status.FINAL and submission.approval.day < f"{year + 1}-04-01":
        yield Deviation("approval", "a final submission is approved after its year", submission.approval.day)
    if through is None:
        return
    if submission.status is Status.FINAL:
        yield Deviation("through", "a final submission covers the whole year", through)
    elif not f"{year}-04" <= through <= f"{year + 1}-03":
        yield Deviation("through", f"is no month of fiscal year {year}", through)


def _twice(what: str, names: Iterable[str]) -> Iterator[Deviation]:
    for name, count in Counter(names).items():
        if count > 1:
            yield Deviation(f"{what} {name}", f"stands there {count} times")


def _line(where: str, line: EnergyLine | ProductRecord, origin: Origin, valid: set[int]) -> Iterator[Deviation]:
    for number in line.corrections:
        if number not in valid:
            yield Deviation(where, f"names correction {number}, which is not there or was withdrawn")
    shares = line.shares
    if shares is None:
        if origin is Origin.METERED:
            yield Deviation(where, "is metered, and does not say how its time is known (shares)")
        return
    known_ms = shares.measured_ms + shares.recovered_ms + shares.substituted_ms
    if known_ms > shares.expected_ms:
        yield Deviation(f"{where}, shares", "known time exceeds expected time", str(shares.expected_ms), str(known_ms))


def _assertion(assertion: AssertionRecord, lines: set[str]) -> Iterator[Deviation]:
    where = f"assertion {assertion.entry}"
    if assertion.line not in lines:
        yield Deviation(where, f"names line {assertion.line}, which is not there")
    if assertion.first_day > assertion.last_day:
        yield Deviation(where, "ends before it begins")
    holds = assertion_holds(assertion.stated, assertion.found, assertion.tolerance_percent)
    if assertion.holds != holds:
        yield Deviation(where, "holds", str(assertion.holds).lower(), str(holds).lower())
