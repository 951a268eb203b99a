"""Files that are held: what came, why it does not count, and whether somebody has settled it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Update, bindparam, delete, func, or_, select, update

from agent.association.inbox.database import Database
from agent.association.inbox.parcel import Channel, Identity, Parcel, one_line
from agent.association.inbox.reasons import NOT_THE_SITES_OWN, Reason
from agent.association.inbox.schema import held

MOST_FROM_STRANGERS = 1000
"""Files that no key on file signed: anybody can send them, so their content is not kept, and the oldest go."""

MOST_CONTENTS = 200
"""Held files whose content is kept, the newest: a member that sends nonsense again and again fills no disk either."""


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file that does not count. Who and which year are what it says itself, which nobody may have signed."""

    id: int
    sha256: str
    size_bytes: int
    channel: Channel
    origin: str
    first_utc_s: int
    last_utc_s: int
    times_seen: int
    company: str | None
    site: str | None
    fiscal_year: int | None
    revision: int | None
    reasons: tuple[Reason, ...]
    is_from_known_key: bool
    settled_utc_s: int | None
    settled_by: str | None

    @property
    def is_the_sites_own(self) -> bool:
        """Whether the site that it names has signed it, with a key of that year; else it is a stranger's file."""
        return self.is_from_known_key and not any(reason.kind in NOT_THE_SITES_OWN for reason in self.reasons)


class HeldFiles:
    """The held files of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hold(
        self,
        parcel: Parcel,
        reasons: Sequence[Reason],
        identity: Identity | None,
        now_utc_s: int,
        *,
        is_known_key: bool,
    ) -> int:
        """Note a file, or that it came again; gives its number. Raises StoreAway."""
        content = parcel.data if is_known_key else None
        values = _row(parcel, reasons, identity, now_utc_s) | {"is_from_known_key": is_known_key, "file": content}
        with self._database.writing() as connection:
            while (added := self._database.insert_new(connection, held, values)) is None:
                known = _again(connection, values)
                if known is not None:
                    return known
            if is_known_key:
                _forget_contents(connection)
            else:
                _forget_oldest(connection)
            return added

    def settle(self, held_id: int, person: str, now_utc_s: int) -> bool:
        """Note that somebody has dealt with a file; whether it was open until now."""
        return self._settle(_SETTLED.where(held.c.id == bindparam("which")), held_id, person, now_utc_s)

    def settle_file(self, parcel: Parcel, now_utc_s: int) -> bool:
        """Note that a held file was accepted after all."""
        return self._settle(_SETTLED_FILE, sha256_of(parcel), Channel(parcel.channel).value, now_utc_s)

    def open(self, fiscal_year: int | None = None, limit: int | None = None) -> list[HeldFile]:
        """Files that nobody has settled, the last to come first. Of a year: those that say so, or say no year."""
        query = _OPEN.limit(limit)
        if fiscal_year is not None:
            query = query.where(or_(held.c.fiscal_year == fiscal_year, held.c.fiscal_year.is_(None)))
        return [_held(row) for row in self._database.rows(query)]

    def open_with_content(self) -> list[HeldFile]:
        """Open files whose content was kept: those that can be looked at again, one by one since each may be large."""
        return [_held(row) for row in self._database.rows(_OPEN.where(held.c.file.is_not(None)))]

    def content(self, held_id: int) -> Parcel | None:
        """A held file as it came, where it was kept."""
        found = self._database.rows(select(held).where(held.c.id == held_id, held.c.file.is_not(None)))
        if not found:
            return None
        row = found[0]
        return Parcel(bytes(row.file), row.size_bytes, Channel(row.channel), row.origin)

    def _settle(self, statement: Update, which: int | str, person: str, now_utc_s: int) -> bool:
        values = {"which": which, "settled_utc_s": now_utc_s, "settled_by": one_line(person)[:200]}
        with self._database.writing() as connection:
            return connection.execute(statement, values).rowcount > 0


def sha256_of(parcel: Parcel) -> str:
    """The file's own digest, of a file that is too large that of its beginning and size."""
    if parcel.size_bytes == len(parcel.data):
        return hashlib.sha256(parcel.data).hexdigest()
    return hashlib.sha256(parcel.data + f"\n{parcel.size_bytes}".encode()).hexdigest()


_SETTLED = update(held).where(held.c.settled_utc_s.is_(None))
_SETTLED_FILE = _SETTLED.where(held.c.sha256 == bindparam("which"))
"""Runs for every file that is accepted, and is put together once."""

_COLUMNS = tuple(column for column in held.c if column.name != "file")
_OPEN = select(*_COLUMNS).where(held.c.settled_utc_s.is_(None)).order_by(held.c.last_utc_s.desc(), held.c.id.desc())


def _row(parcel: Parcel, reasons: Sequence[Reason], identity: Identity | None, now_utc_s: int) -> dict[str, object]:
    return {
        "sha256": sha256_of(parcel),
        "size_bytes": parcel.size_bytes,
        "channel": parcel.channel.value,
        "origin": one_line(parcel.origin),
        "first_utc_s": now_utc_s,
        "last_utc_s": now_utc_s,
        "times_seen": 1,
        "company": identity.company if identity else None,
        "site": identity.site if identity else None,
        "fiscal_year": identity.fiscal_year if identity else None,
        "revision": identity.revision if identity else None,
        "reasons": _write(reasons),
    }


def _again(connection: Connection, values: Mapping[str, object]) -> int | None:
    """Count a file that is there already; its reasons are those of now, and its content is kept once a key is known.

    None when another program has forgotten it at this moment.
    """
    again = {"times_seen": held.c.times_seen + 1, "last_utc_s": values["last_utc_s"], "reasons": values["reasons"]}
    if values["is_from_known_key"]:
        again |= {"is_from_known_key": True, "file": values["file"]}
    statement = update(held).where(held.c.sha256 == values["sha256"]).values(again).returning(held.c.id)
    found = connection.execute(statement).scalar_one_or_none()
    return None if found is None else int(found)


def _forget_oldest(connection: Connection) -> None:
    strangers = held.c.is_from_known_key.is_(False)
    count = connection.execute(select(func.count()).select_from(held).where(strangers)).scalar_one()
    if count > MOST_FROM_STRANGERS:
        oldest = select(held.c.id).where(strangers).order_by(held.c.last_utc_s, held.c.id)
        connection.execute(delete(held).where(held.c.id.in_(oldest.limit(count - MOST_FROM_STRANGERS))))


def _forget_contents(connection: Connection) -> None:
    kept = select(held.c.id).where(held.c.file.is_not(None)).order_by(held.c.last_utc_s.desc(), held.c.id.desc())
    oldest = kept.offset(MOST_CONTENTS).limit(MOST_CONTENTS)
    connection.execute(update(held).where(held.c.id.in_(oldest)).values(file=None))


def _write(reasons: Sequence[Reason]) -> str:
    return json.dumps([reason.plain() for reason in reasons], ensure_ascii=False)


def _held(row: Row[Any]) -> HeldFile:
    reasons = tuple(map(Reason.of_plain, json.loads(row.reasons)))
    values = row._asdict() | {"channel": Channel(row.channel), "reasons": reasons}
    return HeldFile(**values)
