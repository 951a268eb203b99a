"""All that the association does with what it has received: status, questions, the form. Commands and pages call it."""

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from agent.accounting.factors import MissingFactor
from agent.association.aggregate import Aggregation
from agent.association.checks import check_all
from agent.association.inbox.asked import Asked, Questions, Reply
from agent.association.inbox.database import Database
from agent.association.inbox.held import HeldFiles
from agent.association.inbox.publications import Publications
from agent.association.inbox.receive import Receiver
from agent.association.inbox.service import Service
from agent.association.inbox.status import Known, YearStatus, status_of
from agent.association.inbox.store import Store
from agent.association.publish import DocumentFact, FormResult, publish_form
from agent.association.recover import PublishedSum
from agent.association.site_years import SiteYear, site_year
from agent.association.stated import Stated, stated_in
from agent.association.uniform import UniformFactors
from agent.submission.document import Submission
from agent.submission.parts import shown_as_written


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """What is kept of a document that was read: for the checks, for the totals, and for the form's list."""

    year: SiteYear
    stated: Stated
    fact: DocumentFact


class Office:
    """An association at work: settings, database, clock."""

    def __init__(self, service: Service, now_utc_s: Callable[[], int]) -> None:
        """Opens the database. Raises StoreAway, StorageError."""
        self.service = service
        self.now_utc_s = now_utc_s
        self._database = Database(service.store_url)
        self.store = Store(self._database)
        self.held = HeldFiles(self._database)
        self.questions = Questions(self._database)
        self.publications = Publications(self._database)
        self.receiver = Receiver(service, self.store, self.held, now_utc_s)
        self._printing, self._asking, self._reading = threading.Lock(), threading.Lock(), threading.Lock()
        self._printed: dict[int, tuple[tuple[int, ...], FormResult]] = {}
        self._known: dict[int, dict[str, ReadDocument]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def status(self, fiscal_year: int) -> YearStatus:
        """How a year stands."""
        known = Known(self.store.entries(fiscal_year), self.held.open(fiscal_year), self.questions.of_year(fiscal_year))
        deadlines = self.service.year(fiscal_year)
        return status_of(self.service.association.file, fiscal_year, deadlines, known, self.now_utc_s())

    def ask(self, fiscal_year: int) -> list[Asked]:
        """Check a year's documents against each other and last year's, and keep the questions that come of it.

        Raises MissingFactor without the association's factors of the year, SettingsError for mistakes in their files.
        """
        with self._asking:
            documents = sum(self.store.state(year)[0] for year in (fiscal_year - 1, fiscal_year))
            this_year = self._site_years(fiscal_year)
            last_year: list[SiteYear] = []
            with suppress(MissingFactor):  # nothing of last year can be compared that its factors do not reach
                last_year = self._site_years(fiscal_year - 1)
            by_name = {(year.company, year.site): year for year in last_year}
            raised = check_all(this_year, by_name, self.service.association.file.checks)
            self.questions.ask(fiscal_year, raised, documents, self.now_utc_s())
        return self.questions.of_year(fiscal_year)

    def answer(self, reply: Reply) -> None:
        """Keep an answer. Raises NoSuchQuestion, and ValueError for words that a screen would not show as written."""
        shown = replace(reply, text=shown_as_written(reply.text), person=shown_as_written(reply.person))
        self.questions.answer(shown, self.now_utc_s())

    def print_year(self, fiscal_year: int) -> FormResult:
        """The form of a year from the documents in force; printed again only when something changed.

        What was published of the year before is taken into account in what is withheld. Raises MissingFactor,
        SettingsError.
        """
        with self._printing:
            published = self.publications.sums(fiscal_year)
            state = (*self.store.state(fiscal_year), len(published))
            known = self._printed.get(fiscal_year)
            if known is None or known[0] != state:
                known = state, printed_year(self.service, fiscal_year, self._documents(fiscal_year), published)
                self._printed = {fiscal_year: known}
            return known[1]

    def publish(self, result: FormResult, person: str) -> None:
        """Note that a form goes out of the house: what it gives away, later forms of the year must not add to."""
        self.publications.add(result.form.fiscal_year, result.sums, person, self.now_utc_s())

    def _site_years(self, fiscal_year: int) -> list[SiteYear]:
        """Of participants alone: what came before a site left the roster is not compared."""
        sites = self.service.roster.sites
        years = (document.year for document in self._documents(fiscal_year))
        return [year for year in years if (year.company, year.site) in sites]

    def _documents(self, fiscal_year: int) -> list[ReadDocument]:
        """A year's documents in force, for the checks and for the form.

        A document is read once: of the next one that comes, all the others are known.
        """
        with self._reading:
            factors = self.service.association.uniform_factors(fiscal_year)
            known = self._known.get(fiscal_year, {})
            digests = self.store.digests_in_force(fiscal_year)
            fresh = self.store.documents([digest for digest in digests if digest not in known])
            known |= {digest: _read(document, digest, factors) for document, digest in fresh}
            self._known[fiscal_year] = {digest: known[digest] for digest in digests}
            return list(self._known[fiscal_year].values())


def _read(document: Submission, digest: str, factors: UniformFactors) -> ReadDocument:
    stated = stated_in(document, factors)
    name = stated.company, stated.site
    fact = DocumentFact(*name, stated.revision, stated.status, digest, document.approval.day)
    return ReadDocument(site_year(document, factors), stated, fact)


def printed_year(
    service: Service,
    fiscal_year: int,
    documents: Iterable[ReadDocument],
    already: Sequence[PublishedSum] = (),
) -> FormResult:
    """The form of a year from its documents."""
    association = service.association
    participants = association.participants()
    aggregation = Aggregation(fiscal_year, association.uniform_factors(fiscal_year), participants)
    facts = []
    for document in documents:
        aggregation.add_stated(document.stated)
        if (document.fact.company, document.fact.site) in participants:
            facts.append(document.fact)
    return publish_form(association, aggregation.finish(), facts, already)
