"""The form as it may be published, and what a further publication must take into account. Pure: others store it.

What is withheld is decided against this form and against all that was published of the same year before.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from agent.association.confidentiality import published_sum, withhold
from agent.association.findings import Finding
from agent.association.form import Cell, Form, FormTable
from agent.association.form_file import FormFile
from agent.association.industry import Industry
from agent.association.load import Association
from agent.association.print_form import print_form
from agent.association.product_mix import COMPARISON, benchmarks_of, mask, product_mix_table, with_product_mix
from agent.association.recover import PublishedSum
from agent.association.settings_tables import PlanTable
from agent.submission.canonical import digest_of, write_document
from agent.submission.document import Submission
from agent.submission.parts import Status

Place = tuple[str, str, str]
"""A cell: table, row and column, by their identifiers."""


class Reason(StrEnum):
    """Why a cell is withheld, without numbers; where several hold, the first is told."""

    FEW = "few"
    DOMINANT = "dominant"
    SECOND_LARGEST = "second_largest"
    COMBINED = "combined"


_BEGINNINGS = {
    "fewer than": Reason.FEW,
    "one contributor": Reason.DOMINANT,
    "the second largest": Reason.SECOND_LARGEST,
    "with ": Reason.COMBINED,
}
"""How the sentences of the confidentiality rules begin."""


@dataclass(frozen=True, slots=True)
class DocumentFact:
    """A document that was added up. The digest is that of its canonical text (SHA-256, hexadecimal)."""

    company: str
    site: str
    revision: int
    status: Status
    digest: str
    approved_day: str


@dataclass(frozen=True)
class FormResult:
    """A printed form with what belongs to its publication.

    `industry` and `sums` (what readers of the form then know) are confidential: they are never printed.
    """

    form: Form
    settings: Association
    industry: Industry
    documents: tuple[DocumentFact, ...]
    withheld_cells: Mapping[Place, Reason]
    withheld_totals: Mapping[str, Reason]
    sums: tuple[PublishedSum, ...]

    @property
    def file(self) -> FormFile:
        """What the form's tables show."""
        return self.settings.form

    @property
    def plan(self) -> PlanTable:
        """The plan's base and target."""
        return self.settings.file.plan

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with or missing from the documents."""
        return self.industry.findings


def document_fact(document: Submission) -> DocumentFact:
    """What the form records of a document."""
    return DocumentFact(
        document.participant.company,
        document.participant.site,
        document.revision,
        document.status,
        digest_of(write_document(document)),
        document.approval.day,
    )


def publish_form(
    association: Association,
    industry: Industry,
    documents: Sequence[DocumentFact],
    already: Sequence[PublishedSum] = (),
) -> FormResult:
    """The year's form as it may be published. `already` are the sums of the same year that were published before."""
    file = association.form
    industry = with_product_mix(industry, benchmarks_of(file))
    book, own = association.book(industry), association.own_words
    section = next((table.section for table in file.table if table.id == COMPARISON), "")
    mix = product_mix_table(book, section) if section else None
    plain = _with_mix(print_form(file, book, own, lambda _: {}), mix)
    names = frozenset(total for _, cell in _cells(plain) for total in cell.totals)
    withheld = withhold(industry, names, association.file.confidentiality, already)
    form = print_form(file, book, own, lambda _: withheld)
    reasons = {name: reason_of(told) for name, told in withheld.items()}
    published = sorted((names & industry.totals.keys()) - withheld.keys())
    return FormResult(
        _with_mix(form, None if mix is None else mask(mix, frozenset(withheld))),
        association,
        industry,
        tuple(sorted(documents, key=lambda fact: (fact.company, fact.site))),
        dict(_withheld_cells(plain, reasons)),
        reasons,
        tuple(published_sum(industry, industry.totals[name]) for name in published),
    )


def reason_of(told: str) -> Reason:
    """The kind of a reason that the confidentiality rules give. Raises ValueError for a sentence they do not say."""
    for beginning, reason in _BEGINNINGS.items():
        if told.startswith(beginning):
            return reason
    raise ValueError(f"no known reason to withhold: {told!r}")


def _withheld_cells(plain: Form, reasons: Mapping[str, Reason]) -> Iterator[tuple[Place, Reason]]:
    order = list(Reason)
    for place, cell in _cells(plain):
        found = [reasons[total] for total in cell.totals if total in reasons]
        if found:
            yield place, min(found, key=order.index)


def _cells(form: Form) -> Iterator[tuple[Place, Cell]]:
    for table in form.tables.values():
        for row in table.rows:
            for column, cell in zip(table.columns, row.cells, strict=True):
                yield (table.id, row.id, column.id), cell


def _with_mix(form: Form, mix: FormTable | None) -> Form:
    """The form with the table of the product mix behind the compared figures."""
    if mix is None:
        return form
    tables: dict[str, FormTable] = {}
    for name, table in form.tables.items():
        tables[name] = table
        if name == COMPARISON:
            tables[mix.id] = mix
    return replace(form, tables=tables)
