"""A fiscal year is closed by one command, or refused with the list of what is missing."""

import json
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.accounting.entries import Closing
from agent.accounting.interval import Event
from agent.cli import main
from agent.storage.book import Book, book_path
from agent.storage.journal import Batch, Journal
from agent.submission.canonical import digest_of
from tests.agent.conftest import SHEET_SITE

MONTHS = [f"2023-{month:02}" for month in range(4, 13)] + [f"2024-{month:02}" for month in range(1, 4)]
APRIL_MS = 1_680_274_800_000
"""2023-04-01T00:00+09:00."""

Say = Callable[..., dict[str, object]]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "site.toml").write_text(SHEET_SITE, encoding="utf-8")
    (tmp_path / "years").mkdir()
    (tmp_path / "years" / "2023.toml").write_text("fiscal_year = 2023\n")
    Journal(tmp_path / "journal.sqlite3", ZoneInfo("Asia/Tokyo")).close()
    return tmp_path


@pytest.fixture
def say(site: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command and give what it prints as JSON, with its exit code under `code`."""

    def run(*words: str) -> dict[str, object]:
        capsys.readouterr()
        code = main([words[0], "-c", str(site), "--json", "--lang", "en", *words[1:]])
        out = capsys.readouterr()
        said = json.loads(out.out) if out.out else {}
        return {**said, "code": code, "err": out.err}

    return run


def take(site: Path, say: Say, months: list[str], coils_t: int = 100, lpg_kg: int = 1000) -> None:
    """Book so much a month."""
    rows = ["month,coils [t],lpg [kg]", *(f"{month},{coils_t},{lpg_kg}" for month in months)]
    (site / "sheet.csv").write_text("\n".join(rows))
    assert (
        say("import", str(site / "sheet.csv"), "--person", "energy-manager", "--reason", "sheets", "--apply")["code"]
        == 0
    )


def close(say: Say, *more: str) -> dict[str, object]:
    return say("close", "--fiscal-year", "2023", "--approved-by", "works-manager", "--approved-on", "2024-06-14", *more)


def correct(say: Say, *words: str) -> None:
    said = say("correct", *words, "--person", "energy-manager", "--reason", "as the bill says", "--document", "bill 7")
    assert said["code"] == 0, said


def keys(said: dict[str, object]) -> list[str]:
    findings = said["findings"]
    assert isinstance(findings, list)
    return [finding["key"] for finding in findings if finding["holds_up"]]


def test_a_complete_year_is_closed(site: Path, say: Say) -> None:
    take(site, say, MONTHS)
    said = close(say)
    assert (said["code"], said["revision"], said["status"], said["differences"]) == (0, 1, "final", [])
    file = site / "closed" / "2023-r1.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    # 12 months × 1,000 kg of LPG at 50.1 GJ/t
    assert document["totals"]["energy_gj"] == "601.2"
    assert document["totals"]["production_t"] == "1200"
    assert document["approval"] == {"person": "works-manager", "day": "2024-06-14"}
    (entry,) = [e for e in Book(book_path(site / "journal.sqlite3")).entries() if isinstance(e.content, Closing)]
    assert isinstance(entry.content, Closing)
    assert entry.content.document_digest == digest_of(file.read_bytes())
    assert not entry.content.is_provisional


def test_what_is_missing_is_listed_and_nothing_is_closed(site: Path, say: Say) -> None:
    (site / "years" / "2023.toml").unlink()
    take(site, say, MONTHS[:6])
    said = close(say)
    assert said["code"] == 1
    missing = [f"month_incomplete:{line}:{month}" for line in ("lpg_use", "coil") for month in MONTHS[6:]]
    assert set(keys(said)) == {
        *missing,
        "year_incomplete:lpg_use:FY2023",
        "year_incomplete:coil:FY2023",
        "no_annual_data:FY2023",
    }
    assert not (site / "closed").exists()


def test_a_year_without_production_wants_an_answer(site: Path, say: Say) -> None:
    rows = ["month,lpg [kg],coils [t]", *(f"{month},1,0" for month in MONTHS)]
    (site / "sheet.csv").write_text("\n".join(rows))
    assert say("import", str(site / "sheet.csv"), "--person", "energy-manager", "--reason", "x", "--apply")["code"] == 0
    assert keys(close(say)) == ["no_production:FY2023"]
    correct(say, "answer", "no_production:FY2023")
    said = close(say)
    assert said["code"] == 0
    document = json.loads((site / "closed" / "2023-r1.json").read_text(encoding="utf-8"))
    assert document["findings"] == [
        {"answer": "as the bill says", "key": "no_production:FY2023", "message": "no_production"}
    ]


def test_an_unexplained_event_is_answered_once_for_its_month(site: Path, say: Say) -> None:
    take(site, say, MONTHS)
    journal = Journal(site / "journal.sqlite3", ZoneInfo("Asia/Tokyo"))
    events = [Event(APRIL_MS + hour * 3_600_000, "sheet", "lpg", "fall", f"{hour}") for hour in range(3)]
    old = Event(APRIL_MS - 1, "sheet", "lpg", "fall", "the year before")
    harmless = Event(APRIL_MS, "sheet", "lpg", "dip", "1 count")
    elsewhere = Event(APRIL_MS, "other", "lpg", "fall", "not of this site's lines")
    journal.commit(Batch(events=[old, *events, harmless, elsewhere]))
    journal.close()
    said = close(say)
    assert keys(said) == ["fall:sheet.lpg:2023-04"]
    correct(say, "answer", "fall:sheet.lpg:2023-04")
    assert close(say)["code"] == 0


def test_an_assertion_that_does_not_hold_keeps_the_year_open(site: Path, say: Say) -> None:
    take(site, say, MONTHS)
    rows = ("stream,month,quantity,unit,tolerance", "lpg_use,2023-04,1020,kg,1")
    (site / "bill.csv").write_text("\n".join(rows))
    assert (
        say("import", str(site / "bill.csv"), "--person", "energy-manager", "--reason", "bill", "--apply")["code"] == 0
    )
    (key,) = keys(close(say))
    number = key.removeprefix("assertion_fails:")
    correct(say, "withdraw", number)
    assert close(say)["code"] == 0


def test_a_correction_after_closing_gives_revision_2_with_its_difference(site: Path, say: Say) -> None:
    take(site, say, MONTHS)
    close(say)
    first = (site / "closed" / "2023-r1.json").read_bytes()
    assert close(say)["is_new"] is False
    correct(
        say, "invoice", "lpg_use", "--from", "2023-04-01", "--to", "2023-05-01", "--quantity", "900", "--unit", "kg"
    )
    said = close(say, "--reason", "invoice of April")
    assert (said["code"], said["is_new"], said["revision"]) == (0, True, 2)
    found = said["differences"]
    assert isinstance(found, list)
    by_name = {(row["line"], row["field"]): (row["before"], row["after"], row["change"]) for row in found}
    # 100 kg less, at 50.1 GJ/t
    assert by_name["totals", "energy_gj"] == ("601.2", "596.19", "-5.01")
    assert by_name["energy lpg_use", "quantity"] == ("12000", "11900", "-100")
    assert ("totals", "production_t") not in by_name
    assert (site / "closed" / "2023-r1.json").read_bytes() == first


def test_provisional_figures_whatever_the_gate_finds(site: Path, say: Say) -> None:
    take(site, say, MONTHS[:6])
    said = close(say, "--provisional", "--through", "2023-09")
    assert (said["code"], said["status"]) == (0, "provisional")
    document = json.loads((site / "closed" / "2023-r1.json").read_text(encoding="utf-8"))
    assert document["through"] == "2023-09"
    assert document["totals"]["energy_gj"] == "300.6"
    take(site, say, MONTHS[6:])
    final = close(say)
    assert (final["revision"], final["status"]) == (2, "final")


def test_a_closed_document_that_was_changed_is_not_built_upon(site: Path, say: Say) -> None:
    take(site, say, MONTHS)
    close(say)
    file = site / "closed" / "2023-r1.json"
    file.chmod(0o644)
    file.write_bytes(file.read_bytes().replace(b'"601.2"', b'"601.3"'))
    said = close(say)
    assert said["code"] == 1
    assert "is not the document that was closed" in str(said["err"])


def test_a_running_year_and_an_unknown_table_are_refused(site: Path, say: Say) -> None:
    take(site, say, MONTHS)
    running = say("close", "--fiscal-year", "2026", "--approved-by", "works-manager")
    assert running["code"] == 1
    assert "fiscal year 2026" in str(running["err"])


@pytest.mark.parametrize(("language", "words"), [("en", "stays open"), ("ja", "締められません")])
def test_people_are_told_what_to_do(site: Path, capsys: pytest.CaptureFixture[str], language: str, words: str) -> None:
    assert main(["close", "-c", str(site), "--fiscal-year", "2023", "--check", "--lang", language]) == 1
    out = capsys.readouterr().out
    assert words in out
    assert "atsuen correct answer 'no_production:FY2023'" in out
    assert "✗" in out
