"""Puts a site's submission together: draws the year, reads book and annual data, builds; and hands it to the broker."""

import os
import socket
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version

from agent.accounting.calendar import months_of
from agent.accounting.entries import Answer, Closing, Entry, standing
from agent.accounting.gate import FindingKind
from agent.annual import annual_path, read_annual
from agent.query import YearFigures, query_year
from agent.run import broker_of
from agent.settings.site import Site
from agent.storage.book import Book, book_path
from agent.storage.ledger import Ledger, read_head
from agent.submission.annual_parts import AnnualData
from agent.submission.book_records import assertion_records, correction_records
from agent.submission.build import BookRecords, Head, build_submission
from agent.submission.canonical import SubmissionError
from agent.submission.document import Submission
from agent.submission.parts import Approval, Evidence, FindingRecord, Participant, Status
from agent.submission.send import send_by_mqtt


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be submitted. A provisional year may end with a month, `through` (2023-09).

    Without a revision it is the one after the newest closing in the book.
    """

    fiscal_year: int
    company: str
    approval: Approval
    is_provisional: bool = False
    through: str | None = None
    revision: int | None = None
    scheme: str | None = None


@dataclass(frozen=True, slots=True)
class _Period:
    """What a submission covers, in UTC seconds. `through` is its last month where that is not the year's."""

    from_utc_s: int
    to_utc_s: int
    through: str | None


def program_name() -> str:
    """Who writes a submission."""
    return f"atsuen {version('atsuen')}"


def build_for_site(
    site: Site, wanted: Wanted, now_utc_s: int, findings: Sequence[FindingRecord] = (), *, verify: bool = True
) -> Submission:
    """The submission of a site's year, not signed yet. `findings` are those of the completeness gate, with answers.

    With `verify` the whole ledger is hashed again first.

    Raises SubmissionError for what cannot be submitted, SettingsError, StorageError, or ValueError without factors.
    """
    period = _period(site, wanted, now_utc_s)
    book = Book(book_path(site.path(site.file.journal.path)))
    entries = book.entries()
    figures = query_year(site, wanted.fiscal_year, period.to_utc_s, wanted.scheme, entries)
    evidence = Evidence(
        ledger_head=ledger_head(site, verified=verify) or None,
        book_head=book.head() or None,
        factor_digest=figures.statement.factors.digest,
        program=program_name(),
    )
    table = site.file.site
    head = Head(
        Participant(company=wanted.company, site=table.id, name_ja=table.name_ja, name_en=table.name_en),
        wanted.revision or next_revision(entries, wanted.fiscal_year),
        Status.PROVISIONAL if wanted.is_provisional else Status.FINAL,
        wanted.approval,
        evidence,
        period.through,
        _annual(site, wanted.fiscal_year),
    )
    records = _book_records(site, figures, entries, period, findings)
    return build_submission(figures.statement, head, records)


def next_revision(entries: Sequence[Entry], fiscal_year: int) -> int:
    """The revision after the newest that was closed."""
    closings = [entry.content for entry in entries if isinstance(entry.content, Closing)]
    return 1 + max((closing.revision for closing in closings if closing.fiscal_year == fiscal_year), default=0)


def topic_of(site: Site, submission: Submission) -> str:
    """Where the association's program looks for a submission on the broker."""
    who = submission.participant
    return f"{site.file.mqtt.topic_root}/submission/{who.company}/{who.site}/{submission.fiscal_year}"


async def hand_to_broker(site: Site, submission: Submission, file: bytes, limit_s: float = 60.0) -> bool:
    """Leave a signed file with the site's broker, retained; returns whether somebody listens. Raises SendError."""
    client_id = f"atsuen-submission-{site.file.site.id}-{socket.gethostname()}-{os.getpid()}"
    broker = broker_of(site.file.mqtt, client_id, site.folder)
    return await send_by_mqtt(broker, topic_of(site, submission), file, limit_s)


def _period(site: Site, wanted: Wanted, now_utc_s: int) -> _Period:
    months = list(months_of(wanted.fiscal_year, site.file.site.zone))
    start, end = months[0][1], months[-1][2]
    if not wanted.is_provisional:
        if end > now_utc_s:
            hint = "a provisional submission (--provisional) may come before"
            raise SubmissionError(f"fiscal year {wanted.fiscal_year} is not over; {hint}")
        return _Period(start, end, None)
    over = {name: month_end for name, _, month_end in months if month_end <= now_utc_s}
    through = wanted.through or next(reversed(over), "")
    if through not in over:
        which = ", ".join(over) or "none"
        raise SubmissionError(f"{through or 'no month'} of fiscal year {wanted.fiscal_year} is over; over: {which}")
    return _Period(start, over[through], None if over[through] == end else through)


def ledger_head(site: Site, *, verified: bool) -> str:
    """The newest hash of the ledger; the whole chain is hashed again first where that is asked for.

    Raises SubmissionError for a ledger that does not hold. A year of 500 points takes most of a minute to hash.
    """
    journal = site.path(site.file.journal.path)
    if not verified:
        return read_head(journal)
    with closing(Ledger(journal)) as ledger:
        found = ledger.verify(site.file.site.zone)
    if found.problems:
        raise SubmissionError(*found.problems)
    return found.head


def _book_records(
    site: Site, figures: YearFigures, entries: Sequence[Entry], period: _Period, findings: Sequence[FindingRecord]
) -> BookRecords:
    statement = figures.statement
    touching = {number for line in statement.lines for number in line.corrections}
    touching |= {number for line in statement.products for number in line.corrections}
    units = {stream.id: stream.unit for stream in (*site.streams, *site.products)}
    answers = _answers(entries)

    def explain(entry: Entry) -> str:
        return answers.get(f"{FindingKind.ASSERTION_FAILS}:{entry.number}", "")

    return BookRecords(
        correction_records(entries, touching, period.from_utc_s, period.to_utc_s),
        tuple(assertion_records(figures.book.assertions, site.file.site.zone, units.__getitem__, explain)),
        tuple(findings),
    )


def _annual(site: Site, fiscal_year: int) -> AnnualData:
    """The year's file of the site; nothing is known of what no meter has where there is none."""
    path = annual_path(site.folder, fiscal_year)
    return AnnualData() if path is None else read_annual(path, fiscal_year)


def _answers(entries: Sequence[Entry]) -> dict[str, str]:
    """The explanations that were given, by the finding that they answer; a later one holds."""
    return {entry.content.finding: entry.reason for entry in standing(entries) if isinstance(entry.content, Answer)}
