"""The commands of `association` as an officer types them, from files to form."""

import argparse
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.cli.association import add_parsers
from agent.cli.main import _command, main
from agent.submission.sign import MAX_FILE_BYTES, new_key
from tests.agent.association.inbox.conftest import House

Run = Callable[..., int]


@pytest.fixture(name="run")
def fixture_run(house: House) -> Run:
    """Runs one command, in English unless another language is named."""

    def run(*words: str | Path, language: str = "en") -> int:
        parser = argparse.ArgumentParser()
        add_parsers(parser.add_subparsers(required=True), _command)
        action, *rest = map(str, words)
        where = [] if "--help" in rest else ["-c", str(house.folder), "--lang", language]
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
    first, again, total = told.splitlines()
    assert re.fullmatch(r"osaka\.jws: accepted: kinki/osaka FY2023 revision 1 \(final\) [0-9a-f]{12}", first)
    assert again == first.replace("accepted", "known")
    assert total == "1 accepted, 1 known, 0 held"
    assert run("receive", "--json", files["early"]) == 1
    (record,) = json.loads(capsys.readouterr().out)
    assert (record["outcome"], record["reasons"][0]["kind"]) == ("held", "year_not_open")
    assert run("receive", "--held") == 1
    assert run("receive") == 2
    assert run("receive", "/nowhere.jws") == 1
    assert "/nowhere.jws: cannot be read" in capsys.readouterr().err


def test_receipts_in_japanese(run: Run, files: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("receive", files["osaka"], files["early"], language="ja") == 1
    first, second, *reason, total = capsys.readouterr().out.splitlines()
    assert first.startswith("osaka.jws: 受領: kinki社 osaka工場 (kinki/osaka) 2023年度 第1版(確定) ")
    assert second.startswith("early.jws: 保留: ファイルの記載 seto社 sakaide工場 (seto/sakaide) 2024年度 第1版(確定) ")
    assert reason[-1] == "    2024年度。受付中の年度: 2022, 2023"
    assert total == "受領 1件、保留 1件"


def test_status_in_japanese(
    run: Run, house: House, files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A site's own file that is held stands below the site, a forged one among the strangers', each with its reason."""
    own, forged = house.document(), house.signed(house.document("kinki", "osaka", revision=2), new_key())
    own["totals"]["co2_kg"] = "1"
    (tmp_path / "own.jws").write_bytes(house.signed(own))
    (tmp_path / "forged.jws").write_bytes(forged)
    run("receive", files["osaka"], tmp_path / "own.jws", tmp_path / "forged.jws")
    capsys.readouterr()
    assert run("status", "--fiscal-year", "2023", language="ja") == 0
    marugame, own_file, its_reason, sakaide, osaka, strangers, forged_file, key_reason = (
        capsys.readouterr().out.splitlines()[1:]
    )
    assert marugame == "seto社 marugame工場 (seto/marugame): 未提出、期限超過"
    assert (own_file, its_reason) == (
        "  保留: own.jws",
        "    内訳の数量と係数から計算した値と一致しません。提出書を作成し直して送信してください。",
    )
    assert sakaide.startswith("seto社 sakaide工場 (seto/sakaide): 未提出")
    assert osaka == "kinki社 osaka工場 (kinki/osaka): 確定、第1版、把握 90.0 %(うち計測 70.0 %)、期限後に受領"
    assert strangers.endswith(": 1件")
    assert forged_file == "  forged.jws(記載: kinki/osaka)"
    assert key_reason.startswith("    署名鍵が協会に登録されていません。")
    assert run("status", "--fiscal-year", "2023", "--reminders", language="ja") == 0
    letter = capsys.readouterr().out
    assert letter.startswith("seto社 (seto) ご担当者様\n")
    assert "- seto社 marugame工場 (seto/marugame): 提出書が届いていません。" in letter
    assert "kinki" not in letter


def test_a_folder_that_is_not_there_is_told_with_the_one_to_copy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = ["association", "status", "--fiscal-year", "2023", "-c"]
    assert main([*nowhere, str(tmp_path / "nowhere"), "--lang", "en"]) == 78
    hint = "(name the association's folder with -c; configs/templates/association is one to copy)"
    assert capsys.readouterr().err == f"{tmp_path}/nowhere: there is no such folder {hint}\n"
    assert main([*nowhere, str(tmp_path), "--lang", "ja"]) == 78
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 3
    assert all("configs/templates/association を複製" in line for line in told)


def test_help_names_the_associations_folder(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["association", "status", "--help"])
    told = capsys.readouterr().out
    assert "the association's folder" in told
    assert "the site's directory" not in told


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
    assert "seto/marugame: final, revision 1, known 90.0 %, of it measured 70.0 %" in told
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
    assert "\n  It takes the place of revision 1.\n1 accepted, 0 held\n" in capsys.readouterr().out
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
    first, *written, _ = told.out.splitlines()
    assert first == "not complete: 2 of 3 sites; provisional 0, missing 1"
    assert len(written) == 5
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
    capsys.readouterr()
    assert run("form", "--fiscal-year", "2023", "--out", tmp_path / "out") == 0
    assert capsys.readouterr().out.startswith("complete: 3 of 3 sites\nwritten to ")
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
