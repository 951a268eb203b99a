"""What was published of a year: the sums that readers of earlier forms know. They are secret: they name companies."""

import json
from collections.abc import Iterable
from fractions import Fraction

from sqlalchemy import insert, select

from agent.association.holdings import Item
from agent.association.inbox.database import Database
from agent.association.inbox.schema import publication
from agent.association.recover import Amount, PublishedSum


class Publications:
    """The published forms of a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, fiscal_year: int, sums: Iterable[PublishedSum], person: str, now_utc_s: int) -> None:
        """Note a published form's sums."""
        written = json.dumps([_plain(each) for each in sums], ensure_ascii=False)
        values = {"fiscal_year": fiscal_year, "published_utc_s": now_utc_s, "person": person[:200], "sums": written}
        with self._database.writing() as connection:
            connection.execute(insert(publication).values(values))

    def sums(self, fiscal_year: int) -> tuple[PublishedSum, ...]:
        """The sums of all forms of a year that were published, oldest first."""
        query = select(publication.c.sums).where(publication.c.fiscal_year == fiscal_year).order_by(publication.c.id)
        rows = self._database.rows(query)
        return tuple(_sum(name, parts) for row in rows for name, parts in json.loads(row.sums))


def _plain(published: PublishedSum) -> tuple[str, list[tuple[str, str, str, str]]]:
    parts = [
        (amount.company, amount.item.group, amount.item.name, str(coefficient))
        for amount, coefficient in published.parts.items()
    ]
    return published.name, parts


def _sum(total: str, parts: Iterable[tuple[str, str, str, str]]) -> PublishedSum:
    return PublishedSum(
        total, {Amount(company, Item(group, item)): Fraction(number) for company, group, item, number in parts}
    )
