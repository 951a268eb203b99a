"""Questions to the senders and their answers, kept beside the documents that raised them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Insert, Update, and_, bindparam, func, insert, select, update

from agent.association.inbox.database import Database
from agent.association.inbox.schema import answer, asking, question, slot
from agent.association.questions import Question


class NoSuchQuestion(ValueError):  # noqa: N818 - says what is the matter
    """There is no open question of this key; the message names those that there are."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to a question as it was worded then."""

    text: str
    person: str
    answered_utc_s: int


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to be kept: to which question, and who says what."""

    company: str
    site: str
    fiscal_year: int
    key: str
    text: str
    person: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that the newest documents raise, and its answer. Answered and changed since: it is open again."""

    company: str
    site: str
    fiscal_year: int
    key: str
    text_ja: str
    text_en: str
    asked_utc_s: int
    answer: Answer | None
    earlier: Answer | None = None

    def text(self, language: str) -> str:
        """The question in a language."""
        return self.text_ja if language == "ja" else self.text_en


class Questions:
    """The questions of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, fiscal_year: int, raised: Sequence[Question], documents: int, now_utc_s: int) -> None:
        """Take over what the checks raise for a year: new ones, changed ones, and those that are raised no more.

        `documents` is how many the checks knew of. Two programs that ask come one after the other, and what came of
        fewer documents than the questions that stand changes nothing: whoever took in the others asks about them.
        """
        with self._database.writing() as connection:
            if not _may_ask(self._database, connection, fiscal_year, documents):
                return
            of_year = select(slot.c.id, slot.c.company, slot.c.site).where(slot.c.fiscal_year == fiscal_year)
            slots = {(row.company, row.site): row.id for row in connection.execute(of_year)}
            query = select(question).where(question.c.slot_id.in_(of_year.with_only_columns(slot.c.id)))
            known = {(row.slot_id, row.key): row for row in connection.execute(query)}
            wanted = {(slots[each.company, each.site], each.key): each for each in raised}
            added = [_new(place, each, now_utc_s) for place, each in wanted.items() if place not in known]
            changed = [_changed(known[place], each, now_utc_s) for place, each in wanted.items() if place in known]
            gone = [{"which": row.id} for place, row in known.items() if row.is_raised and place not in wanted]
            _execute_each(connection, insert(question), added)
            _execute_each(connection, _OF_ID, [values for values in changed if values])
            _execute_each(connection, _OF_ID.values(is_raised=False), gone)

    def of_year(self, fiscal_year: int) -> list[Asked]:
        """The questions that are raised, by company and site; open ones first."""
        return self._raised(slot.c.fiscal_year == fiscal_year)

    def of_site(self, company: str, site: str, fiscal_year: int) -> list[Asked]:
        """The questions that are raised about a site's year; open ones first."""
        is_meant = and_(slot.c.company == company, slot.c.site == site, slot.c.fiscal_year == fiscal_year)
        return self._raised(is_meant)

    def _raised(self, which: ColumnElement[bool]) -> list[Asked]:
        given = answer.alias("given")
        newest = select(func.max(given.c.id)).where(given.c.question_id == question.c.id).scalar_subquery()
        query = (
            select(question, slot.c.company, slot.c.site, slot.c.fiscal_year)
            .add_columns(answer.c.text, answer.c.person, answer.c.answered_utc_s, answer.c.about)
            .join(slot)
            .outerjoin(answer, answer.c.id == newest)
            .where(which, question.c.is_raised.is_(True))
            .order_by(slot.c.company, slot.c.site, question.c.key)
        )
        return sorted(map(_asked, self._database.rows(query)), key=lambda asked: asked.answer is not None)

    def answer(self, reply: Reply, now_utc_s: int) -> None:
        """Add an answer. Raises NoSuchQuestion."""
        is_meant = and_(
            slot.c.company == reply.company, slot.c.site == reply.site, slot.c.fiscal_year == reply.fiscal_year
        )
        query = select(question.c.id, question.c.key, question.c.text_en).join(slot).where(is_meant)
        with self._database.writing() as connection:
            found = {row.key: row for row in connection.execute(query.where(question.c.is_raised.is_(True)))}
            if reply.key not in found:
                there = ", ".join(sorted(found)) or "none"
                where = f"{reply.company}/{reply.site} FY{reply.fiscal_year}"
                raise NoSuchQuestion(f"{where} has no question {reply.key[:100]!r}; there are: {there}")
            row = found[reply.key]
            values = {"question_id": row.id, "about": row.text_en, "text": reply.text, "person": reply.person}
            connection.execute(insert(answer).values(values | {"answered_utc_s": now_utc_s}))


_OF_ID = update(question).where(question.c.id == bindparam("which"))

_Values = dict[str, object]


def _may_ask(database: Database, connection: Connection, fiscal_year: int, documents: int) -> bool:
    """Note what is asked about, and hold the year until the transaction ends; False when others knew more."""
    row = {"fiscal_year": fiscal_year, "documents": documents}
    if database.insert_new(connection, asking, row) is not None:
        return True
    of_year = asking.c.fiscal_year == fiscal_year
    if connection.execute(select(asking.c.documents).where(of_year).with_for_update()).scalar_one() > documents:
        return False
    connection.execute(update(asking).where(of_year).values(documents=documents))
    return True


def _new(place: tuple[int, str], each: Question, now_utc_s: int) -> _Values:
    return {"slot_id": place[0], "key": place[1], "asked_utc_s": now_utc_s, **_words(each)}


def _changed(known: Any, each: Question, now_utc_s: int) -> _Values:
    """What is new about a question that was asked before; empty when it stands as it did."""
    if (known.text_en, known.is_raised) == (each.text_en, True):
        return {}
    return {"which": known.id, "asked_utc_s": now_utc_s, **_words(each)}


def _words(each: Question) -> _Values:
    return {"text_ja": each.text_ja, "text_en": each.text_en, "is_raised": True}


def _execute_each(connection: Connection, statement: Insert | Update, rows: Sequence[_Values]) -> None:
    if rows:
        connection.execute(statement, rows)


def _asked(row: Any) -> Asked:
    given = None if row.text is None else Answer(row.text, row.person, row.answered_utc_s)
    holds = row.about == row.text_en
    return Asked(
        row.company,
        row.site,
        row.fiscal_year,
        row.key,
        row.text_ja,
        row.text_en,
        row.asked_utc_s,
        given if holds else None,
        None if holds else given,
    )
