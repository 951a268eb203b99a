"""An answer is to a finding that the gate has: what is not there is refused, and what is open is named."""

import shutil
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.accounting.entries import Answer, Assertion, BookedQuantity, Content, Draft, Invoice
from agent.accounting.interval import Event, Interval, Method
from agent.corrections import CorrectionError
from agent.declare import declare
from agent.settings.site import Site, load_site
from agent.storage.book import Book, book_path
from agent.storage.journal import Batch, Journal
from tests.agent.conftest import SHEET_SITE

DEMO = Path(__file__).parents[2] / "configs" / "demo"
ZONE = ZoneInfo("Asia/Tokyo")


def utc_s(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp())


START, END = utc_s("2023-04-01"), utc_s("2024-04-01")
NOW = utc_s("2024-06-14")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site whose year 2023 is over, with both sheets from April to September and a fall in April."""
    (tmp_path / "site.toml").write_text(SHEET_SITE, encoding="utf-8")
    journal = Journal(tmp_path / "journal.sqlite3", ZONE)
    journal.commit(Batch(events=[Event(START * 1000, "sheet", "lpg", "fall", "5 kg")]))
    journal.close()
    found = load_site(tmp_path)
    half = utc_s("2023-10-01")
    declare(found, draft(BookedQuantity("sheet.lpg", START, half, Decimal(600))), NOW * 1000)
    return found


def draft(content: Content, reason: str = "as the log says") -> Draft:
    return Draft("計量責任者", reason, "M-10", content)


def answer(site: Site, key: str, now_utc_s: int = NOW) -> str:
    """Answer a finding; gives what is said against it."""
    try:
        declare(site, draft(Answer(key)), now_utc_s * 1000)
    except CorrectionError as error:
        return str(error)
    return ""


def answers(site: Site) -> list[str]:
    entries = Book(book_path(site.folder / "journal.sqlite3")).entries()
    return [entry.content.finding for entry in entries if isinstance(entry.content, Answer)]


@pytest.mark.parametrize(
    "key",
    [
        "fall:sheet.lpg:2023-04",
        "month_incomplete:lpg_use:2023-10",
        "month_incomplete:coil:2024-03",
        "year_incomplete:coil:FY2023",
        "no_production:FY2023",
        "no_annual_data:FY2023",
    ],
)
def test_a_finding_of_the_year_is_answered_once(site: Site, key: str) -> None:
    assert answer(site, key) == ""
    assert answers(site) == [key]
    assert "withdraw it first" in answer(site, key)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("fall:sheet.lpg:2023-05", "no finding 'fall:sheet.lpg:2023-05' in fiscal year 2023: did you mean 'fall:"),
        ("month_incomplete:lpg_use:2023-09", "open are "),
        ("month_incomplete:lpg_use:2024-04", "in fiscal year 2024"),
        ("month_incomplete:lpg_use:1923-04", "1923 (which cannot be drawn"),
        ("year_incomplete:lpg:FY2023", "did you mean 'year_incomplete:lpg_use:FY2023'?"),
        ("assertion_fails:1", "there is no finding 'assertion_fails:1' in fiscal year 2023"),
        ("assertion_fails:7", "there is no finding 'assertion_fails:7'; nothing waits for an answer there"),
        ("gap", "there is no finding 'gap' in fiscal year 2023; open are "),
        ("", "there is no finding ''"),
        ("fall:sheet.lpg:2023-04 ", "there is no finding"),
    ],
)
def test_what_is_no_finding_is_refused(site: Site, key: str, told: str) -> None:
    assert told in answer(site, key)
    assert answers(site) == []


def test_a_japanese_reader_is_told_which_findings_are_open(site: Site) -> None:
    with pytest.raises(CorrectionError) as refused:
        declare(site, draft(Answer("fall:sheet.lpg:2023-05")), NOW * 1000)
    told = refused.value.text("ja")
    assert told.startswith("指摘 'fall:sheet.lpg:2023-05' はありません(調べた年度: 2023)。'fall:")
    assert "ではありませんか。未回答の指摘: " in told
    assert told.endswith("ほか 3 件(`atsuen close --check` で一覧できます)")
    with pytest.raises(CorrectionError) as refused:
        declare(site, draft(Answer("month_incomplete:lpg_use:1923-04")), NOW * 1000)
    assert "(調べた年度: 1923(集計できません))" in refused.value.text("ja")


def test_at_most_twenty_open_findings_are_named(site: Site) -> None:
    """By hand: 1 fall, no production, no annual data, 6 + 12 months and 2 years that are incomplete: 23."""
    assert answer(site, "fall:x:2023-04").endswith(" and 3 more: see `atsuen close --check`")


def test_what_no_explanation_makes_right_is_not_answered(site: Site) -> None:
    assert "no explanation makes this right" in answer(site, "not_over", utc_s("2024-03-31"))
    assert "there is no finding 'not_over'" in answer(site, "not_over")


def test_a_bill_that_does_not_hold_is_found_by_its_entry(site: Site) -> None:
    bill = Assertion("lpg_use", START, utc_s("2023-05-01"), Decimal(5000), Decimal(1))
    number = declare(site, draft(bill), NOW * 1000).added[0].number
    assert answer(site, f"assertion_fails:{number}") == ""


def test_a_year_of_which_the_ledger_alone_knows(tmp_path: Path) -> None:
    """Answered in a site without a book, years later."""
    shutil.copytree(DEMO, tmp_path / "demo")
    site = load_site(tmp_path / "demo")
    halves = [
        (n, Interval("solar", "energy", START + 1800 * n, 0, 1, 1, Method.MEASURED, 1_800_000, 1_800_000, n, n))
        for n in range(1, 4)
    ]
    journal = Journal(tmp_path / "demo" / "journal.sqlite3", ZONE)
    journal.commit(Batch(layouts=[site.layouts["solar"]], intervals=halves))
    journal.close()
    assert answer(site, "no_production:FY2023", utc_s("2025-06-01")) == ""


def test_a_trial_is_held_against_the_gate_too_and_writes_nothing(site: Site) -> None:
    with pytest.raises(CorrectionError, match="no finding"):
        declare(site, draft(Answer("gap")), NOW * 1000, is_trial=True)
    tried = declare(site, draft(Answer("no_production:FY2023")), NOW * 1000, is_trial=True)
    assert ([len(tried.before), len(tried.added)], answers(site)) == ([1, 1], [])


def test_other_entries_need_no_gate(tmp_path: Path) -> None:
    """They are taken while no journal is there yet, which no year can be examined without."""
    (tmp_path / "site.toml").write_text(SHEET_SITE, encoding="utf-8")
    site = load_site(tmp_path)
    declare(site, draft(Invoice("lpg_use", START, END, Decimal(5))), NOW * 1000)
    assert not (tmp_path / "journal.sqlite3").exists()
