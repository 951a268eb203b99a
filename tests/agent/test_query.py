"""Figures of a site are drawn with its book: by year and by time alike, with what does not fit."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.accounting.assertions import Finding
from agent.accounting.booked_spans import BookProblemKind
from agent.accounting.entries import Assertion, BookedQuantity, Content, Entry, Exclusion, Invoice
from agent.query import query_time, query_year, spans_of
from agent.settings.site import Site, load_site
from agent.storage.journal import Journal

TOKYO = ZoneInfo("Asia/Tokyo")

SITE = """\
[site]
id = "mill"
scheme = "association"

[journal]
path = "journal.sqlite3"

[[sheet]]
id = "rolled"
unit = "t"
kind = "quantity"

[[sheet]]
id = "incoming"
unit = "kWh"
kind = "quantity"

[[stream]]
id = "grid"
carrier = "electricity"
kind = "grid"
area = "site"
unit = "kWh"
term = [{ point = "sheet.incoming" }]

[[product]]
id = "plate"
unit = "t"
term = [{ point = "sheet.rolled" }]
"""


def utc_s(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=TOKYO).timestamp())


APRIL, MAY, JUNE = utc_s("2023-04-01"), utc_s("2023-05-01"), utc_s("2023-06-01")
LATER = utc_s("2023-05-16") + 1234


def entries(*contents: Content) -> list[Entry]:
    return [
        Entry(number, 0, "energy-manager", "because", "bill 4", content) for number, content in enumerate(contents, 1)
    ]


BOOK = entries(
    BookedQuantity("sheet.incoming", APRIL, MAY, Decimal(43_200)),
    BookedQuantity("sheet.rolled", APRIL, JUNE, Decimal(6100)),
    Invoice("grid", utc_s("2023-04-21"), utc_s("2023-05-11"), Decimal(48_000)),
    Exclusion("grid", utc_s("2023-04-01"), utc_s("2023-04-02")),
    Assertion("grid", utc_s("2023-04-02"), MAY, Decimal(50_000), Decimal(5)),
    Assertion("grid", utc_s("2022-04-02"), utc_s("2022-05-02"), Decimal(50_000), Decimal(5)),
    Invoice("gird", APRIL, MAY, Decimal(48_000)),
)
"""Sheet: 60 kWh an hour in April, 100 t a day. Invoice: 20 days of 2,400 kWh. 1 April is excluded."""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "site.toml").write_text(SITE, encoding="utf-8")
    Journal(tmp_path / "journal.sqlite3", TOKYO).close()
    return load_site(tmp_path)


def test_a_year_with_its_book(site: Site) -> None:
    """April: 19 days of 1,440 kWh and 10 of 2,400; May: 10 of 2,400. Production: 45 days of 100 t."""
    figures = query_year(site, 2023, LATER, entries=BOOK)
    (grid,) = figures.statement.lines
    assert [span.amount for span in grid.spans] == [19 * 1440 + 24_000, 24_000]
    assert [span.corrections for span in grid.spans] == [(1, 3, 4), (3,)]
    assert grid.energy_gj == Decimal(75_360) * Decimal("0.00976")
    days = [part_ms / 86_400_000 for part_ms in (grid.shares.recovered_ms, grid.shares.missing_ms)]
    assert days == [19 + 20, 1 + 5]
    assert (figures.statement.production_t, figures.statement.products[0].corrections) == (Decimal(4500), (2,))


def test_findings_are_those_of_the_year(site: Site) -> None:
    """29 days of April: 51,360 kWh are 2.72 % more than 50,000."""
    book = query_year(site, 2023, LATER, entries=BOOK).book
    assert [(result.entry.number, result.finding) for result in book.assertions] == [(5, Finding.HOLDS)]
    assert book.assertions[0].difference_percent == Decimal("2.72")
    assert book.differences == []
    assert [(problem.name, problem.kind) for problem in book.problems] == [("gird", BookProblemKind.NO_SUCH_STREAM)]
    before = query_year(site, 2022, LATER, entries=BOOK).book
    assert [(result.entry.number, result.finding) for result in before.assertions] == [(6, Finding.PARTLY_MISSING)]


@pytest.mark.parametrize("size", ["half-hour", "hour", "day", "month"])
def test_any_time_adds_up_to_the_year(site: Site, size: str) -> None:
    year = query_year(site, 2023, LATER, entries=BOOK).statement
    spans = spans_of(site, size, APRIL, utc_s("2023-05-16"))
    figures = query_time(site, spans, entries=BOOK)
    assert len(figures.lines[0].spans) == len(spans)
    assert float(figures.lines[0].amount) == pytest.approx(float(year.lines[0].amount), rel=1e-12)
    assert float(figures.lines[0].energy_gj or 0) == pytest.approx(float(year.lines[0].energy_gj or 0), rel=1e-12)
    assert (figures.lines[0].shares, figures.lines[0].corrections) == (year.lines[0].shares, (1, 3, 4))
    assert float(figures.products[0].amount) == pytest.approx(float(year.production_t), rel=1e-12)


def test_without_a_book_nothing_is_known_here(site: Site) -> None:
    figures = query_year(site, 2023, LATER, entries=[])
    assert figures.statement.lines[0].problem == "nothing is known of it in this time"
    assert (figures.book.assertions, figures.book.differences, figures.book.problems) == ([], [], [])
