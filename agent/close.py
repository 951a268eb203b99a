"""Closes a fiscal year: the completeness gate, the document, the book's entry; or the list of what is missing.

A closed document is never changed. Closing again gives the next revision, with what differs from the one before.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from agent.accounting.calendar import month_starts_utc_s
from agent.accounting.entries import Answer, Assertion, Closing, Draft, Entry, standing
from agent.accounting.gate import Finding, FindingKind, GateRules, Remark, examine
from agent.accounting.interval import Event
from agent.annual import annual_path
from agent.ledger_remarks import Span, anchors_of, remarks_of
from agent.query import YearFigures, query_year
from agent.settings.site import Site
from agent.storage.book import Book, book_path, verify_book
from agent.storage.ledger import Ledger, read_statements
from agent.submission.canonical import SubmissionError, digest_of, read_document, write_document
from agent.submission.difference import Difference, differences
from agent.submission.document import Submission
from agent.submission.parts import FindingRecord, Status
from agent.submission.send import put_file
from agent.submit import Wanted, build_for_site


@dataclass(frozen=True, slots=True)
class Gate:
    """What the completeness gate says of a year, on the figures as they stand."""

    figures: YearFigures
    findings: tuple[Finding, ...]

    @property
    def holds_up(self) -> tuple[Finding, ...]:
        """The findings that keep the year open."""
        return tuple(finding for finding in self.findings if finding.holds_up)


@dataclass(frozen=True, slots=True)
class Closed:
    """A year that was closed: its document and file, and what differs from the revision before; empty for the first.

    `is_new` is False when nothing has changed since the newest revision, which then is the one given here.
    """

    submission: Submission
    path: Path
    differences: tuple[Difference, ...]
    is_new: bool = True


def examine_year(site: Site, fiscal_year: int, now_utc_s: int, *, verify: bool = False) -> Gate:
    """The gate of a year as far as it has passed; with `verify` the whole ledger is hashed again.

    Raises what `query_year` raises.
    """
    journal = site.path(site.file.journal.path)
    booked = Book(book_path(journal)).entries()
    figures = query_year(site, fiscal_year, now_utc_s, entries=booked)
    zone = site.file.site.zone
    starts = month_starts_utc_s(fiscal_year, zone)
    with closing(Ledger(journal)) as ledger:
        problems = [*(ledger.verify(zone).problems if verify else ()), *verify_book(book_path(journal)).problems]
        events = [event for event in ledger.events() if starts[0] <= event.time_ms // 1000 < starts[-1]]
    remarks = [Remark(FindingKind.LEDGER_BROKEN, "ledger_broken", {"reason": problem}) for problem in problems]
    losses, contradicted = read_statements(journal, anchors_of(booked))
    remarks += remarks_of(losses, contradicted, Span(starts[0] * 1000, starts[-1] * 1000), zone)
    if now_utc_s < starts[-1]:
        remarks.append(Remark(FindingKind.NOT_OVER, "not_over", {"year": str(fiscal_year)}))
    if annual_path(site.folder, fiscal_year) is None:
        details = {"file": f"years/{fiscal_year}.toml"}
        remarks.append(Remark(FindingKind.NO_ANNUAL_DATA, f"no_annual_data:FY{fiscal_year}", details))
    remarks += _of_the_book(site, figures)
    table = site.file.completeness
    found = examine(
        figures.statement,
        GateRules(table.month_percent, table.year_percent),
        events=[(_month(site, event), event) for event in events],
        remarks=remarks,
        answers=answers_of(booked),
    )
    return Gate(figures, tuple(found))


def answers_of(entries: Sequence[Entry]) -> dict[str, str]:
    """The answers that stand, by the finding that each is for; the newest where there are several."""
    return {entry.content.finding: entry.reason for entry in standing(entries) if isinstance(entry.content, Answer)}


def close_year(site: Site, wanted: Wanted, gate: Gate, reason: str, now_ms: int) -> Closed:
    """Close a year whose gate was examined just now.

    Raises SubmissionError when a finding keeps it open, unless it is to be provisional, and what `build_for_site`
    raises.
    """
    if gate.holds_up and not wanted.is_provisional:
        raise SubmissionError(*(finding.key for finding in gate.holds_up))
    records = [FindingRecord(key=f.key, message=_plain(f), answer=f.answer) for f in gate.findings]
    submission = build_for_site(site, wanted, now_ms // 1000, records, verify=False)
    before = newest_closed(site, wanted.fiscal_year)
    changed = tuple(differences(before[0], submission)) if before is not None else ()
    if before is not None and not changed:
        return Closed(*before, (), is_new=False)
    document = write_document(submission)
    path = _file(site, wanted.fiscal_year, submission.revision)
    path.parent.mkdir(parents=True, exist_ok=True)
    put_file(document, path)
    evidence = submission.evidence
    content = Closing(
        wanted.fiscal_year,
        submission.revision,
        submission.status is Status.PROVISIONAL,
        digest_of(document),
        evidence.factor_digest or "",
        evidence.ledger_head or "",
    )
    draft = Draft(submission.approval.person, reason, path.name, content)
    Book(book_path(site.path(site.file.journal.path))).append([draft], now_ms)
    return Closed(submission, path, changed)


def newest_closed(site: Site, fiscal_year: int) -> tuple[Submission, Path] | None:
    """The newest closed document of a year, held against the book. Raises SubmissionError when it is not as it was."""
    entries = Book(book_path(site.path(site.file.journal.path))).entries()
    closings = [entry.content for entry in entries if isinstance(entry.content, Closing)]
    of_the_year = [content for content in closings if content.fiscal_year == fiscal_year]
    if not of_the_year:
        return None
    path = _file(site, fiscal_year, of_the_year[-1].revision)
    try:
        document = path.read_bytes()
    except OSError as error:
        raise SubmissionError(f"{path}: the closed document cannot be read ({error.strerror}): put it back") from None
    if digest_of(document) != of_the_year[-1].document_digest:
        raise SubmissionError(f"{path}: is not the document that was closed: put it back from a copy")
    return read_document(document), path


def _file(site: Site, fiscal_year: int, revision: int) -> Path:
    """Where a closed document lies: beside the journal."""
    return site.path(site.file.journal.path).parent / "closed" / f"{fiscal_year}-r{revision}.json"


def _of_the_book(site: Site, figures: YearFigures) -> Iterator[Remark]:
    """Assertions that do not hold, and what sheets and meters contradict each other in."""
    for result in figures.book.assertions:
        content = result.entry.content
        if not result.holds and isinstance(content, Assertion):
            percent = result.difference_percent
            details = {
                "entry": str(result.entry.number),
                "line": content.stream,
                "stated": f"{content.quantity:f}",
                "found": "–" if result.found is None else f"{result.found:.1f}",
                "percent": "–" if percent is None else f"{percent:.2f}",
                "document": result.entry.document,
            }
            yield Remark(FindingKind.ASSERTION_FAILS, f"assertion_fails:{result.entry.number}", details)
    for difference in figures.book.differences:
        numbers = ", ".join(map(str, difference.numbers))
        details = {
            "line": difference.point,
            "stated": f"{difference.booked:f}",
            "found": f"{difference.measured:.1f}",
            "entry": numbers,
        }
        yield Remark(FindingKind.CONFLICT, f"conflict:{difference.point}:{difference.numbers[0]}", details)
    for problem in figures.book.problems:
        numbers = ", ".join(map(str, problem.numbers))
        details = {"line": problem.name, "stated": problem.kind.value, "found": "–", "entry": numbers}
        yield Remark(FindingKind.CONFLICT, f"conflict:{problem.name}:{problem.numbers[0]}", details)


def _month(site: Site, event: Event) -> str:
    return datetime.fromtimestamp(event.time_ms // 1000, site.file.site.zone).strftime("%Y-%m")


def _plain(finding: Finding) -> str:
    """A finding in the document: its kind and what there is to say, in no language."""
    return "; ".join([finding.kind.value, *(f"{name} {value}" for name, value in finding.details.items())])
