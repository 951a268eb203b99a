"""What people are told of a ledger that lost something, and how a year with a loss is answered for and closed."""

import json
import shutil
import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from agent.accounting.interval import Event, Interval, Method
from agent.cli import main
from agent.storage.journal import Batch, Journal

TOKYO = ZoneInfo("Asia/Tokyo")
PAGE, INTERIOR = 4096, 2
APRIL = 1_680_274_800
"""2023-04-01T00:00+09:00."""
HALF_HOURS = 366 * 48
"""Of fiscal year 2023, which has 29 February 2024."""
SITE = """\
[site]
id = "mill"
company = "company_a"
scheme = "association"

[journal]
path = "journal.sqlite3"

[[sheet]]
id = "coils"
unit = "t"
kind = "quantity"

[[endpoint]]
id = "gateway"
protocol = "modbus"
host = "127.0.0.1"
port = 1502
poll_s = 5
device = [{ id = "soaking", unit = 1, profile = "lpg-meter" }]

[[stream]]
id = "lpg_use"
carrier = "lpg"
area = "soaking"
unit = "kg"
term = [{ point = "soaking.lpg_mass" }]

[[product]]
id = "coil"
unit = "t"
term = [{ point = "sheet.coils" }]
"""
MONTHS = [f"2023-{month:02}" for month in range(4, 13)] + [f"2024-{month:02}" for month in range(1, 4)]

Say = Callable[..., dict[str, object]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site whose year is whole: 10 counts, 1 kg of LPG, in every half hour, and 100 t of coils a month."""
    folder = tmp_path_factory.mktemp("whole")
    demo = Path(__file__).parents[2] / "configs/demo/devices/lpg-meter.toml"
    (folder / "devices").mkdir()
    (folder / "devices/lpg-meter.toml").write_text(demo.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "site.toml").write_text(SITE, encoding="utf-8")
    (folder / "years").mkdir()
    (folder / "years" / "2023.toml").write_text("fiscal_year = 2023\n")
    halves = [
        Interval("soaking", "lpg_mass", APRIL + n * 1800, 10 * n, 10 * n + 10, 10, Method.MEASURED, 1_800_000, 9, 1, 2)
        for n in range(HALF_HOURS)
    ]
    with closing(Journal(folder / "journal.sqlite3", TOKYO)) as journal:
        for day in range(0, HALF_HOURS, 48):
            journal.commit(Batch(intervals=list(enumerate(halves[day : day + 48], day + 1))))
        late = Event((APRIL + HALF_HOURS * 1800) * 1000 + 1, "", "", "clock_back", "in fiscal year 2024")
        journal.commit(Batch(events=[late]))
    (folder / "sheet.csv").write_text("\n".join(["month,coils [t]", *(f"{month},100" for month in MONTHS)]))
    words = ["import", str(folder / "sheet.csv"), "-c", str(folder), "--person", "manager", "--reason", "sheet"]
    assert main([*words, "--apply"]) == 0
    return folder


@pytest.fixture
def site(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def say(site: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command; gives what it prints as JSON, with its exit code under `code`."""

    def run(*words: str) -> dict[str, object]:
        capsys.readouterr()
        command = words[:2] if words[0] == "ledger" else words[:1]
        code = main([*command, "-c", str(site), "--json", "--lang", "en", *words[len(command) :]])
        out = capsys.readouterr()
        return {**(json.loads(out.out) if out.out else {}), "code": code, "err": out.err}

    return run


def middle_child(page: bytes) -> int:
    """A page that an interior page of an index points to (https://sqlite.org/fileformat2.html, section 1.6)."""
    (cells,) = struct.unpack(">H", page[3:5])
    pointer = 12 + 2 * (cells // 2)
    (offset,) = struct.unpack(">H", page[pointer : pointer + 2])
    return int(struct.unpack(">I", page[offset : offset + 4])[0])


def damage(site: Path) -> int:
    """Overwrite a page in the middle of the half hours and start the agent's journal; gives how many are gone."""
    path = site / "journal.sqlite3"
    with closing(sqlite3.connect(path)) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'interval'").fetchone()
    file = bytearray(path.read_bytes())
    page = root
    while file[(page - 1) * PAGE] == INTERIOR:
        page = middle_child(bytes(file[(page - 1) * PAGE : page * PAGE]))
    file[(page - 1) * PAGE : page * PAGE] = Random(7).randbytes(PAGE)
    path.write_bytes(file)
    path.with_name("journal.sqlite3.open").touch()
    with closing(Journal(path, TOKYO)) as journal:
        assert journal.salvaged is not None
    with closing(sqlite3.connect(path)) as db:
        return HALF_HOURS - int(db.execute("SELECT count(*) FROM interval").fetchone()[0])


def close(say: Say, *more: str) -> dict[str, object]:
    words = ("--fiscal-year", "2023", "--approved-by", "works-manager", "--approved-on", "2024-06-14")
    return say("close", "--verify", *words, *more)


def answer(say: Say, key: str) -> None:
    said = say("correct", "answer", key, "--person", "manager", "--reason", "disk replaced", "--document", "note 7")
    assert said["code"] == 0, said


def keys(said: dict[str, object]) -> list[str]:
    findings = said["findings"]
    assert isinstance(findings, list)
    return [finding["key"] for finding in findings if finding["holds_up"]]


def test_a_whole_ledger(say: Say) -> None:
    said = say("ledger", "verify")
    assert (said["code"], said["state"], said["holds"], said["losses"]) == (0, "whole", True, [])


def test_a_hash_that_was_noted_has_to_be_in_the_chain(site: Path, say: Say) -> None:
    noted = str(say("ledger", "verify")["head"])
    with closing(Journal(site / "journal.sqlite3", TOKYO)) as journal:
        journal.commit(Batch(events=[Event(0, "", "", "clock_back", "later")]))
    assert say("ledger", "verify", "--head", noted)["code"] == 0
    said = say("ledger", "verify", "--head", noted[::-1])
    assert (said["code"], said["state"], said["contradicted"]) == (
        1,
        "broken",
        [{"name": "--head", "head": noted[::-1]}],
    )


def test_a_year_that_lost_half_hours_is_answered_for_and_closed(site: Path, say: Say) -> None:
    lost = damage(site)
    assert 0 < lost < HALF_HOURS / 50
    refused = close(say)
    (key,) = keys(refused)
    assert (refused["code"], key.split(":")[0]) == (1, "ledger_loss")
    answer(say, key)
    assert close(say)["code"] == 0
    document = json.loads((site / "closed" / "2023-r1.json").read_text(encoding="utf-8"))
    (finding,) = document["findings"]
    assert (finding["key"], finding["answer"]) == (key, "disk replaced")
    assert f"soaking/lpg_mass {lost} × 30 min" in finding["message"]
    (line,) = document["energy"]
    shares = line["shares"]
    known_ms = (HALF_HOURS - lost) * 1_800_000
    assert (shares["expected_ms"], shares["measured_ms"]) == (HALF_HOURS * 1_800_000, known_ms)
    assert (shares["recovered_ms"], shares["substituted_ms"]) == (0, 0)
    assert line["quantity"] == str(HALF_HOURS - lost)  # 1 kg each


def test_what_the_book_puts_in_its_place_is_told_as_substituted(site: Path, say: Say) -> None:
    lost = damage(site)
    (key,) = keys(close(say))
    answer(say, key)
    words = ("lpg_use", "--from", "2023-04-01", "--to", "2024-04-01", "--method", "value", "--quantity", str(lost))
    why = ("--person", "manager", "--reason", "as before", "--document", "note 8")
    assert say("correct", "substitute", *words, "--unit", "kg", *why)["code"] == 0
    assert close(say)["code"] == 0
    (line,) = json.loads((site / "closed" / "2023-r1.json").read_text(encoding="utf-8"))["energy"]
    assert line["shares"]["substituted_ms"] == lost * 1_800_000
    assert line["quantity"] == str(HALF_HOURS)


def test_a_loss_counts_as_looked_at_once_it_is_answered(site: Path, say: Say) -> None:
    damage(site)
    said = say("ledger", "verify")
    assert (said["code"], said["state"], said["holds"]) == (1, "lacking", False)
    losses = said["losses"]
    assert isinstance(losses, list)
    assert [loss["answer"] for loss in losses] == [""]
    answer(say, losses[0]["key"])
    said = say("ledger", "verify")
    assert (said["code"], said["state"], said["holds"]) == (0, "lacking", False)
    assert [loss["answer"] for loss in said["losses"]] == ["disk replaced"]  # type: ignore[attr-defined] # a list


def test_another_year_has_nothing_to_answer_for(site: Path, say: Say) -> None:
    damage(site)
    said = say("close", "--check", "--fiscal-year", "2022")
    assert not [key for key in keys(said) if key.startswith("ledger_loss")]


def test_a_closed_year_whose_hash_is_gone_is_never_taken_for_a_loss(site: Path, say: Say) -> None:
    """The chain is written anew without a row: the file alone holds, the hash in the book does not."""
    assert close(say)["code"] == 0
    assert say("ledger", "verify")["code"] == 0
    with closing(sqlite3.connect(site / "journal.sqlite3", isolation_level=None)) as db:
        db.execute("DELETE FROM seal WHERE id = (SELECT max(id) FROM seal)")
        db.execute("DELETE FROM event")
    said = say("ledger", "verify")
    assert (said["code"], said["state"], said["problems"]) == (1, "broken", [])
    assert keys(close(say)) == ["head_missing:2023-r1"]
    answer(say, "head_missing:2023-r1")
    said = say("ledger", "verify")
    assert (said["code"], said["state"]) == (1, "broken")
    assert keys(say("close", "--check", "--fiscal-year", "2023")) == []


def test_a_loss_after_closing_names_the_year_that_was_closed_over_it(
    site: Path, say: Say, capsys: pytest.CaptureFixture[str]
) -> None:
    assert close(say)["code"] == 0
    damage(site)
    assert main(["ledger", "verify", "-c", str(site), "--lang", "en"]) == 1
    said = capsys.readouterr()
    assert "2023-r1 was closed over these rows before they were lost" in said.err
    assert said.out.startswith("Not whole: 1 losses, 1 unanswered")


@pytest.mark.parametrize(("language", "words"), [("en", "soaking/lpg_mass"), ("ja", "台帳に欠損 1 件")])
def test_people_are_told_what_to_do(site: Path, capsys: pytest.CaptureFixture[str], language: str, words: str) -> None:
    damage(site)
    assert main(["ledger", "verify", "-c", str(site), "--lang", language]) == 1
    said = capsys.readouterr()
    assert words in said.out + said.err
    assert "atsuen correct answer 'ledger_loss:" in said.err


def test_check_tells_the_room_that_damaged_copies_take(site: Path, say: Say) -> None:
    assert say("check")["damaged_copies"] == []
    damage(site)
    size = sum(file.stat().st_size for file in site.glob("journal.sqlite3.damaged-1*"))
    assert size > 1_000_000
    assert say("check")["damaged_copies"] == [{"file": str(site / "journal.sqlite3.damaged-1"), "bytes": size}]
