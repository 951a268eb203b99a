"""Keeps the accepted documents of each site's fiscal year, revision by revision. Knows no signature and no roster.

In force is the newest final document, and the newest provisional one while there is no final one: whatever came first.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, case, func, select, update

from agent.accounting.convert_units import EXACT
from agent.association.inbox.database import Database
from agent.association.inbox.parcel import Channel, Identity, Outcome, Parcel, one_line
from agent.association.inbox.reasons import Reason, ReasonKind
from agent.association.inbox.schema import document, slot
from agent.storage.refusal import StorageError
from agent.submission.canonical import digest_of
from agent.submission.document import Submission
from agent.submission.parts import ShareRecord, Status
from agent.submission.sign import SignatureError, decode

_ROWS_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a document: accepted, known, or held with a reason.

    Of revisions, `replaced` was in force until now, and `stays` is in force still, before this document.
    """

    outcome: Outcome
    replaced: int | None = None
    stays: int | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An accepted document without its content."""

    identity: Identity
    through: str | None
    known_percent: Decimal | None
    measured_percent: Decimal | None
    kid: str
    channel: Channel
    origin: str
    received_utc_s: int
    times_seen: int
    is_in_force: bool


class Store:
    """The documents of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, submission: Submission, identity: Identity, kid: str, parcel: Parcel, now_utc_s: int) -> Kept:
        """Add a verified document, unless its revision is there already. Raises StoreAway.

        Two programs that keep documents of the same site's year come one after the other.
        """
        with self._database.writing() as connection:
            slot_id, found = self._slot(connection, identity)
            same = next((row for row in found if row.revision == identity.revision), None)
            if same is not None:
                return _again(connection, same, identity)
            values = {
                "slot_id": slot_id,
                "revision": identity.revision,
                "status": identity.status.value,
                "through": submission.through,
                "known_percent": _text_of(known_percent(submission)),
                "measured_percent": _text_of(measured_percent(submission)),
                "digest": identity.digest,
                "kid": kid,
                "channel": parcel.channel.value,
                "origin": one_line(parcel.origin),
                "received_utc_s": now_utc_s,
                "times_seen": 1,
                "file": parcel.data,
            }
            if self._database.insert_new(connection, document, values) is None:
                raise StorageError(f"{self._database.name}: {identity} came twice at once; a lock does not hold")
            return _accepted(found, identity)

    def see_again(self, digest: str) -> Identity | None:
        """The document of a digest that is there already, counted once more; None when it is not there."""
        found = self._database.rows(_OF_DIGEST, {"wanted": digest})
        if not found:
            return None
        with self._database.writing() as connection:
            _count(connection, found[0].id)
        return _identity(found[0])

    def digests_in_force(self, fiscal_year: int) -> list[str]:
        """The digest of every site's document in force, in no order."""
        query = select(document.c.digest).join(slot).where(_is_in_force(), slot.c.fiscal_year == fiscal_year)
        return [row.digest for row in self._database.rows(query)]

    def documents(self, digests: Sequence[str]) -> Iterator[tuple[Submission, str]]:
        """The documents of digests, one at a time, in no order.

        Raises StorageError for one that was changed in the database.
        """
        for start in range(0, len(digests), _ROWS_AT_ONCE):
            wanted = document.c.digest.in_(digests[start : start + _ROWS_AT_ONCE])
            for row in self._database.rows(select(document.c.file, document.c.digest).where(wanted)):
                yield self._read(row), row.digest

    def entries(self, fiscal_year: int | None = None, limit: int | None = None) -> list[Entry]:
        """Accepted documents, the last to arrive first."""
        query = _entries().order_by(document.c.received_utc_s.desc(), document.c.id.desc()).limit(limit)
        if fiscal_year is not None:
            query = query.where(slot.c.fiscal_year == fiscal_year)
        return [_entry(row) for row in self._database.rows(query)]

    def revisions(self, company: str, site: str, fiscal_year: int) -> list[tuple[Entry, Submission]]:
        """All documents of a site's year, the first revision first."""
        is_meant = and_(slot.c.company == company, slot.c.site == site, slot.c.fiscal_year == fiscal_year)
        query = _entries().add_columns(document.c.file).where(is_meant).order_by(document.c.revision)
        return [(_entry(row), self._read(row)) for row in self._database.rows(query)]

    def state(self, fiscal_year: int) -> tuple[int, int]:
        """How many documents of a year there are and the newest's number: a change of them changes this."""
        query = select(func.count(), func.coalesce(func.max(document.c.id), 0)).select_from(document).join(slot)
        count, newest = self._database.rows(query.where(slot.c.fiscal_year == fiscal_year))[0]
        return int(count), int(newest)

    def _slot(self, connection: Connection, identity: Identity) -> tuple[int, Sequence[Any]]:
        """The row of the site's year, held until the transaction ends, and the documents that it has."""
        name = {"company": identity.company, "site": identity.site, "fiscal_year": identity.fiscal_year}
        added = self._database.insert_new(connection, slot, name)
        if added is not None:
            return added, ()  # whoever else wants to add it waits for us, and nobody sees it
        slot_id = int(connection.execute(_SLOT_HELD, {f"the_{key}": value for key, value in name.items()}).scalar_one())
        return slot_id, connection.execute(_OF_SLOT, {"the_slot": slot_id}).all()

    def _read(self, row: Any) -> Submission:
        """The document of a row, which was verified when it came; its digest tells that it is still the same."""
        data = _document_in(bytes(row.file))
        if digest_of(data) != row.digest:
            raise StorageError(f"{self._database.name}: the document {row.digest} was changed in the database")
        return Submission.model_validate_json(data)


def _document_in(file: bytes) -> bytes:
    """The document of a signed file, without a look at header and signature; empty when the file is none any more."""
    parts = file.split(b".")
    try:
        return decode(parts[1].decode("ascii"), "document") if len(parts) == 3 else b""
    except (SignatureError, UnicodeDecodeError):
        return b""


def known_percent(submission: Submission) -> Decimal | None:
    """How much of the time of all total lines is measured or recovered, in per cent; None where nothing says so."""
    return _percent_of_time(submission, lambda share: share.measured_ms + share.recovered_ms)


def measured_percent(submission: Submission) -> Decimal | None:
    """How much of the same time is measured, in per cent."""
    return _percent_of_time(submission, lambda share: share.measured_ms)


def _percent_of_time(submission: Submission, counted_ms: Callable[[ShareRecord], int]) -> Decimal | None:
    shares = [line.shares for line in submission.energy if line.is_total and line.shares is not None]
    expected_ms = sum(share.expected_ms for share in shares)
    return EXACT.divide(Decimal(100 * sum(map(counted_ms, shares))), Decimal(expected_ms)) if expected_ms else None


def _again(connection: Connection, row: Any, identity: Identity) -> Kept:
    if row.digest != identity.digest:
        found = (f"{identity.revision}", row.digest, identity.digest)
        return Kept(Outcome.HELD, reason=Reason(ReasonKind.SAME_REVISION, found))
    _count(connection, row.id)
    return Kept(Outcome.KNOWN)


def _count(connection: Connection, document_id: int) -> None:
    connection.execute(_SEEN_AGAIN, {"the_document": document_id})


def _accepted(found: Sequence[Any], identity: Identity) -> Kept:
    """A document beside those that were there: the one in force until now is replaced, or stays."""
    before = max(found, key=lambda row: _rank(row.status, row.revision), default=None)
    if before is None:
        return Kept(Outcome.ACCEPTED)
    if _rank(identity.status, identity.revision) > _rank(before.status, before.revision):
        return Kept(Outcome.ACCEPTED, replaced=before.revision)
    return Kept(Outcome.ACCEPTED, stays=before.revision)


def _rank(status: str, revision: int) -> tuple[bool, int]:
    """Of two documents of a site's year, the one of the higher rank is in force. `_is_in_force` asks for the same."""
    return status == Status.FINAL, revision


def _is_in_force() -> ColumnElement[bool]:
    other = document.alias("other")
    final = func.max(case((other.c.status == Status.FINAL.value, other.c.revision)))
    chosen = func.coalesce(final, func.max(other.c.revision))
    return document.c.revision == select(chosen).where(other.c.slot_id == document.c.slot_id).scalar_subquery()


def _entries() -> Select[Any]:
    columns = [column for column in document.c if column.name != "file"]
    return select(*columns, slot.c.company, slot.c.site, slot.c.fiscal_year, _is_in_force().label("is_in_force")).join(
        slot
    )


_SLOT_HELD = (
    select(slot.c.id)
    .where(
        slot.c.company == bindparam("the_company"),
        slot.c.site == bindparam("the_site"),
        slot.c.fiscal_year == bindparam("the_fiscal_year"),
    )
    .with_for_update()
)
_OF_SLOT = select(document.c.id, document.c.revision, document.c.status, document.c.digest).where(
    document.c.slot_id == bindparam("the_slot")
)
_OF_DIGEST = (
    select(document.c.id, document.c.revision, document.c.status, document.c.digest)
    .add_columns(slot.c.company, slot.c.site, slot.c.fiscal_year)
    .join(slot)
    .where(document.c.digest == bindparam("wanted"))
)
_SEEN_AGAIN = (
    update(document).where(document.c.id == bindparam("the_document")).values(times_seen=document.c.times_seen + 1)
)
"""What runs for every file is put together once: that takes longer than running it."""


def _identity(row: Any) -> Identity:
    return Identity(row.company, row.site, row.fiscal_year, row.revision, Status(row.status), row.digest)


def _entry(row: Any) -> Entry:
    return Entry(
        _identity(row),
        row.through,
        _number_of(row.known_percent),
        _number_of(row.measured_percent),
        row.kid,
        Channel(row.channel),
        row.origin,
        row.received_utc_s,
        row.times_seen,
        bool(row.is_in_force),
    )


def _text_of(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"[:40]


def _number_of(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
