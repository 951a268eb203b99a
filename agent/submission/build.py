"""Puts a submission together: numbers the factors that its lines use, and derives every figure that follows.

From the statement of a metered site, or from quantities that somebody typed in. Knows no file and no key.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from pydantic import ValidationError

from agent.accounting.convert import ActivityQuantity, convert
from agent.accounting.energy import reference_state_of
from agent.accounting.factors import Factor, FactorKey, FactorSet
from agent.accounting.shares import Shares
from agent.accounting.statement import ProductLine, Statement, StatementLine
from agent.submission.annual_parts import AnnualData
from agent.submission.canonical import SubmissionError, faults_of, write_document
from agent.submission.consistency import deviations_of
from agent.submission.document import Submission
from agent.submission.parts import (
    Approval,
    AssertionRecord,
    CorrectionRecord,
    EnergyLine,
    Evidence,
    FactorRecord,
    FindingRecord,
    Origin,
    Participant,
    ProductRecord,
    ShareRecord,
    Status,
)
from agent.submission.recompute import exact_sum, plain, totals_of


@dataclass(frozen=True, slots=True)
class Head:
    """What a submission says besides figures: who, which revision, how final, who approved, and on what it rests."""

    participant: Participant
    revision: int
    status: Status
    approval: Approval
    evidence: Evidence
    through: str | None = None
    annual: AnnualData = field(default_factory=AnnualData)


@dataclass(frozen=True, slots=True)
class BookRecords:
    """What the site's book adds: entries that touch the figures, bills held against them, answered findings."""

    corrections: tuple[CorrectionRecord, ...] = ()
    assertions: tuple[AssertionRecord, ...] = ()
    findings: tuple[FindingRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class StatedLine:
    """An energy line before its figures are derived: a quantity in the state that the factors want, and what it is."""

    id: str
    activity: ActivityQuantity
    name_ja: str = ""
    name_en: str = ""
    area: str = "site"
    is_total: bool = True
    metered: Decimal | None = None
    shares: ShareRecord | None = None
    corrections: tuple[int, ...] = ()


def build_submission(statement: Statement, head: Head, book: BookRecords) -> Submission:
    """The submission of a metered site.

    Raises SubmissionError naming every line that has no energy: unknown is never submitted as zero.
    """
    without = [f"{line.stream.id}: {line.problem}" for line in statement.lines if line.problem]
    if without:
        raise SubmissionError(*without)
    lines = [_stated(line, statement.factors) for line in statement.lines]
    products = [_product(line) for line in statement.products]
    return assemble(statement.factors, lines, products, head, origin=Origin.METERED, book=book)


def assemble(
    factors: FactorSet,
    lines: Sequence[StatedLine],
    production: Sequence[ProductRecord],
    head: Head,
    *,
    origin: Origin,
    book: BookRecords = BookRecords(),
) -> Submission:
    """The submission of stated quantities under a factor set.

    Raises SubmissionError when it would not be verified by whoever receives it, with everything that is wrong.
    """
    try:
        submission = _document(factors, lines, production, head, origin=origin, book=book)
    except ValidationError as error:
        raise SubmissionError(*faults_of(error)) from None
    found = deviations_of(submission)
    if found:
        raise SubmissionError(*found)
    write_document(submission)
    return submission


def _document(
    factors: FactorSet,
    lines: Sequence[StatedLine],
    production: Sequence[ProductRecord],
    head: Head,
    *,
    origin: Origin,
    book: BookRecords,
) -> Submission:
    records, derived = _derive(lines, factors)
    return Submission(
        participant=head.participant,
        fiscal_year=factors.fiscal_year,
        revision=head.revision,
        status=head.status,
        through=head.through,
        origin=origin,
        scheme=factors.scheme,
        factor_revision=factors.revision,
        factors=records,
        energy=derived,
        production=tuple(production),
        totals=totals_of(derived, production, gives_co2=factors.gives_co2),
        corrections=book.corrections,
        assertions=book.assertions,
        findings=book.findings,
        annual=head.annual,
        evidence=head.evidence,
        approval=head.approval,
    )


def _derive(lines: Iterable[StatedLine], factors: FactorSet) -> tuple[tuple[FactorRecord, ...], tuple[EnergyLine, ...]]:
    """The factors that are used, numbered in the order of their first use, and the lines with their figures."""
    used: dict[FactorKey, FactorRecord] = {}

    def number_of(factor: Factor) -> int:
        record = used.setdefault(factor.key, _factor_record(len(used) + 1, factor))
        return record.number

    derived = tuple(_energy_line(line, factors, number_of) for line in lines)
    return tuple(used.values()), derived


def _energy_line(line: StatedLine, factors: FactorSet, number_of: Callable[[Factor], int]) -> EnergyLine:
    quantity = replace(line.activity, amount=plain(line.activity.amount))  # convert what is written
    converted = convert(quantity, factors)
    return EnergyLine(
        id=line.id,
        name_ja=line.name_ja,
        name_en=line.name_en,
        area=line.area,
        carrier=quantity.carrier,
        kind=quantity.kind,
        supplier=quantity.supplier,
        menu=quantity.menu,
        is_total=line.is_total,
        quantity=quantity.amount,
        unit=quantity.unit,
        reference_state=quantity.reference_state,
        metered=line.metered,
        heat_factor=number_of(converted.heat_factor),
        co2_factor=None if converted.co2_factor is None else number_of(converted.co2_factor),
        energy_gj=plain(converted.energy_gj),
        co2_kg=None if converted.co2_kg is None else plain(converted.co2_kg),
        shares=line.shares,
        corrections=line.corrections,
    )


def _stated(line: StatementLine, factors: FactorSet) -> StatedLine:
    stream, quantity = line.stream, line.counted
    amount = exact_sum(span.amount for span in line.spans)
    state = reference_state_of(stream, factors)
    return StatedLine(
        stream.id,
        ActivityQuantity(stream.carrier, quantity, stream.unit, state, stream.supplier, stream.menu, stream.kind),
        stream.name_ja,
        stream.name_en,
        stream.area,
        stream.is_total,
        plain(amount) if amount != quantity else None,
        share_record(line.shares),
        line.corrections,
    )


def _product(line: ProductLine) -> ProductRecord:
    return ProductRecord(
        id=line.product.id,
        name_ja=line.product.name_ja,
        name_en=line.product.name_en,
        quantity_t=plain(line.tonnes),
        shares=share_record(Shares.total(span.shares for span in line.spans)),
        corrections=line.corrections,
    )


def share_record(shares: Shares) -> ShareRecord:
    """How the time of a line is known, as the document has it."""
    return ShareRecord(
        expected_ms=shares.expected_ms,
        measured_ms=shares.measured_ms,
        recovered_ms=shares.recovered_ms,
        substituted_ms=shares.substituted_ms,
    )


def _factor_record(number: int, factor: Factor) -> FactorRecord:
    return FactorRecord(
        number=number,
        carrier=factor.carrier,
        quantity=factor.quantity,
        value=factor.value,
        unit=factor.unit,
        reference_state=factor.reference_state,
        supplier=factor.supplier,
        menu=factor.menu,
        kind=factor.kind,
        basis=factor.basis,
        source=factor.source,
    )
