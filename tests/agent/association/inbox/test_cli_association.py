"""The commands of `association` as an officer types them, from files to form."""

import argparse
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.cli.association import add_parsers
from agent.cli.main import _command
from agent.submission.sign import MAX_FILE_BYTES
from tests.agent.association.inbox.conftest import House

Run = Callable[..., int]


@pytest.fixture(name="run")
def fixture_run(house: House) -> Run:
    """Runs one command in English."""

    def run(*words: str | Path) -> int:
        parser = argparse.ArgumentParser()
        add_parsers(parser.add_subparsers(required=True), _command)
        action, *rest = map(str, words)
        where = [] if "--help" in rest else ["-c", str(house.folder), "--lang", "en"]
        options = parser.parse_args(["association", action, *where, *rest])
        return int(options.command(options))

    return run


@pytest.fixture(name="files")
def fixture_files(house: House, tmp_path: Path) -> dict[str, Path]:
    document = house.document()
    document["production"][0]["quantity_t"] = document["totals"]["production_t"] = "361"
    contents = {
        "last": house.file(fiscal_year=2022),
        "jump": house.signed(document),
        "corrected": house.file(revision=2),
        "osaka": house.file("kinki", "osaka"),
        "early": house.file("seto", "sakaide", fiscal_year=2024),
    }
    for name, content in contents.items():
        (tmp_path / f"{name}.jws").write_bytes(content)
    return {name: tmp_path / f"{name}.jws" for name in contents}


def test_files_are_received(run: Run, files: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("receive", files["osaka"], files["osaka"]) == 0
    told = capsys.readouterr().out
    assert "Accepted: kinki/osaka FY2023 r1 (final)" in told
    assert "Already received" in told
    assert run("receive", "--json", files["early"]) == 1
    (record,) = json.loads(capsys.readouterr().out)
    assert (record["outcome"], record["reasons"][0]["kind"]) == ("held", "year_not_open")
    assert run("receive", "--held") == 1
    assert run("receive") == 2
    assert run("receive", "/nowhere.jws") == 1
    assert "/nowhere.jws: cannot be read" in capsys.readouterr().err


def test_a_large_file_is_named(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    large = tmp_path / "large.jws"
    with large.open("wb") as file:
        file.truncate(100_000_000)
    assert run("receive", large) == 1
    assert f"100,000,000 bytes, at most {MAX_FILE_BYTES:,} are accepted" in capsys.readouterr().out


def test_a_question_is_shown_answered_and_gone(
    run: Run, files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("receive", files["last"], files["jump"]) == 0
    capsys.readouterr()
    assert run("status", "--fiscal-year", "2023") == 0
    told = capsys.readouterr().out
    assert told.startswith("FY2023: 1 final, 0 provisional, 2 missing; due 2024-07-31")
    assert "seto/marugame: final, r1, measured 90.0 %" in told
    assert "kinki/osaka: missing, late" in told
    assert "question [jump:production]: production changed by 100.0 %" in told

    where = ("--fiscal-year", "2023", "seto", "marugame")
    assert run("answer", *where, "nothing", "two shifts", "--person", "the officer") == 1
    assert "jump:production" in capsys.readouterr().err
    assert run("answer", *where, "jump:production", "two shifts", "--person", "the officer") == 0
    assert run("status", "--json", "--fiscal-year", "2023") == 0
    record = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert record["sites"][0]["questions"][0]["answer"] == "two shifts"
    assert len(record["reminders"]) == 2
    assert run("receive", files["corrected"]) == 0
    assert "takes the place of revision 1" in capsys.readouterr().out
    assert run("status", "--reminders", "--fiscal-year", "2023") == 0
    assert "jump" not in capsys.readouterr().out


def test_the_form_is_written_and_noted_as_published(
    run: Run, files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("receive", files["osaka"], files["corrected"])
    capsys.readouterr()
    out = tmp_path / "out"
    assert run("form", "--fiscal-year", "2023", "--out", out, "--publish", "the officer") == 0
    told = capsys.readouterr()
    assert "noted as published" in told.out
    assert "seto/sakaide has not submitted" in told.err
    names = {path.name for path in out.iterdir()}
    assert names == {f"form-2023{end}" for end in ("-ja.xlsx", "-en.xlsx", "-ja.html", "-en.html", ".json")}
    form = json.loads((out / "form-2023.json").read_text(encoding="utf-8"))
    counted = [(each["company"], each["site"], each["revision"]) for each in form["aggregation"]["documents"]]
    assert counted == [("kinki", "osaka", 1), ("seto", "marugame", 2)]
    assert run("form", "--fiscal-year", "1999", "--out", out) == 1
    assert "1999" in capsys.readouterr().err


def test_a_year_enters_the_history_only_when_it_is_complete(
    run: Run, house: House, files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    history = house.folder / "history.toml"
    before = history.read_bytes()
    run("receive", files["osaka"], files["corrected"])
    assert run("close", "--fiscal-year", "2023") == 1
    assert "seto/sakaide" in capsys.readouterr().err
    assert history.read_bytes() == before
    last = tmp_path / "sakaide.jws"
    last.write_bytes(house.file("seto", "sakaide"))
    assert run("receive", last) == 0
    assert run("close", "--fiscal-year", "2023") == 0
    assert run("close", "--fiscal-year", "2023") == 1
    added = history.read_bytes()
    assert added.startswith(before)
    assert b"fiscal_year = 2023" in added[len(before) :]


def test_a_persons_line(run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    assert run("password", "--role", "officer", "担当者  A") == 0
    line = capsys.readouterr().out
    assert line.startswith("officer $argon2id$")
    assert line.endswith(" 担当者 A\n")
    assert "horse" not in line
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert run("password", "reader-1") == 2
