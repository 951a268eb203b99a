"""The case from the command line, in a copy of its folder, by the commands that its README and the how-to name."""

import base64
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from agent.submission.examine import Opened
from tests.agent.conftest import ATSUEN

FOLDER = Path(__file__).parent
ROOT = Path(__file__).parents[3]
HOW_TO = ROOT / "docs" / "how-to" / "print-the-form.md"
NAMES = ["form-2023-en.html", "form-2023-en.xlsx", "form-2023-ja.html", "form-2023-ja.xlsx", "form-2023.json"]
Done = subprocess.CompletedProcess[str]


def commands_of(page: Path) -> list[str]:
    """The commands of the page's block that copies the case."""
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    (block,) = [block for block in blocks if block.startswith("cp -r tests/cases/association-2023 ")]
    return str(block).splitlines()


def run(command: str, folder: Path) -> Done:
    """A command as a reader types it in the repository, its files in a folder of the test's own."""
    path = os.pathsep.join([str(ATSUEN.parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "LC_ALL": "C.UTF-8"}
    words = ["bash", "-c", command]
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=90, check=False)


@dataclass(frozen=True)
class Tried:
    """The folder in which the commands ran, one after the other, and what each of them said."""

    folder: Path
    receive: Done
    status: Done
    form: Done

    def run(self, command: str) -> Done:
        return run(command, self.folder)


@pytest.fixture(scope="module", name="tried")
def fixture_tried(tmp_path_factory: pytest.TempPathFactory) -> Tried:
    folder = tmp_path_factory.mktemp("reader")
    (folder / "tests").symlink_to(ROOT / "tests")
    copied, *done = [run(command, folder) for command in commands_of(FOLDER / "README.md")]
    assert copied.returncode == 0, copied.stderr
    return Tried(folder, *done)


def test_readme_and_how_to_name_the_same_commands() -> None:
    assert commands_of(HOW_TO) == commands_of(FOLDER / "README.md")


def test_all_fourteen_are_accepted(tried: Tried, opened: dict[str, Opened]) -> None:
    assert (tried.receive.returncode, tried.receive.stderr) == (0, "")
    *lines, total = tried.receive.stdout.splitlines()
    told = dict(line.split(": ", 1) for line in lines)
    assert list(told) == list(opened)
    assert len(told) == 14
    pattern = r"accepted: Company [A-J] [a-z]+ \(company_[a-j]/[a-z]+\) FY2023 revision 1 \(final\) [0-9a-f]{12}"
    assert all(re.fullmatch(pattern, line) for line in told.values())
    assert total == "14 accepted, 0 held"


def test_status_names_every_site(tried: Tried) -> None:
    assert (tried.status.returncode, tried.status.stderr) == (0, "")
    head, *sites = tried.status.stdout.splitlines()
    assert head.startswith("FY2023: 14 final, 0 provisional, 0 missing;")
    assert len(sites) == 14
    metered = {line[: len("Company A")] for line in sites if ", known 100.0 %, of it measured " in line}
    typed = {line[: len("Company A")] for line in sites if ", typed in" in line}
    assert metered == {"Company A", "Company C", "Company G"}
    assert typed == {f"Company {letter}" for letter in "BDEFHIJ"}


def test_status_in_japanese(tried: Tried) -> None:
    done = tried.run("atsuen association status -c case --fiscal-year 2023 --lang ja")
    head, first, *_ = done.stdout.splitlines()
    assert head.startswith("2023年度: 確定 14、速報 0、未提出 0")
    assert first == "A社 north (company_a/north): 確定、第1版、把握 100.0 %(うち計測 100.0 %)、期限後に受領"


def test_the_form_is_the_published_one(tried: Tried, assert_printed: Callable[[dict[str, Any]], None]) -> None:
    assert (tried.form.returncode, tried.form.stderr) == (0, "")
    assert tried.form.stdout.startswith("complete: 14 of 14 sites\n")
    assert tried.form.stdout.count("written to form/") == 5
    form = json.loads((tried.folder / "form" / "form-2023.json").read_bytes())
    assert_printed(form)
    assert (form["findings"], form["withheld"]) == ([], [])
    assert len(form["aggregation"]["documents"]) == 14


@pytest.mark.parametrize(
    ("language", "counted"), [("ja", "集計した報告: 10社 14件"), ("en", "reports added up: 14, from 10 companies")]
)
def test_the_workbook_is_there_in_both_languages(tried: Tried, language: str, counted: str) -> None:
    assert sorted(path.name for path in (tried.folder / "form").iterdir()) == NAMES
    book = load_workbook(tried.folder / "form" / f"form-2023-{language}.xlsx", data_only=True)
    cells = {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}
    assert {counted, 21480.9704} <= cells  # the year's energy in TJ, as the README works it out


def test_each_company_has_its_letter(tried: Tried) -> None:
    """Company A of the README: 3 sites; its energy over its production, beside nine others."""
    done = tried.run("atsuen association compare -c case --fiscal-year 2023 --out letters")
    assert (done.returncode, done.stderr) == (0, "")
    written = sorted(path.name for path in (tried.folder / "letters").iterdir())
    assert written == [
        f"comparison-2023-company_{name}-{tongue}.txt" for name in "abcdefghij" for tongue in ("en", "ja")
    ]
    (record,) = json.loads(
        tried.run("atsuen association compare -c case --fiscal-year 2023 --company company_a --json").stdout
    )
    assert [fact["site"] for fact in record["documents"]] == ["coast", "north", "south"]
    assert [(each["of"], each["others"]) for each in record["intensities"]] == [("energy", 9), ("co2", 9)]
    nobody = tried.run("atsuen association compare -c case --fiscal-year 2023 --company nobody")
    assert (nobody.returncode, nobody.stdout) == (1, "")


def test_json_alone_is_the_same_file(tried: Tried) -> None:
    done = tried.run("atsuen association form -c case --fiscal-year 2023 --out alone --json")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"files": ["alone/form-2023.json"], "findings": []})
    assert [path.name for path in (tried.folder / "alone").iterdir()] == ["form-2023.json"]
    assert form_of(tried, "alone") == form_of(tried, "form")


def form_of(tried: Tried, folder: str) -> bytes:
    return (tried.folder / folder / "form-2023.json").read_bytes()


def test_a_file_that_comes_again_changes_nothing(tried: Tried) -> None:
    before = tried.run("atsuen association status -c case --fiscal-year 2023 --json")
    done = tried.run("atsuen association receive -c case case/documents/company_c-river-2023-r1.jws --json")
    (record,) = json.loads(done.stdout)
    assert (done.returncode, record["outcome"], record["site"], record["reasons"]) == (0, "known", "river", [])
    assert tried.run("atsuen association status -c case --fiscal-year 2023 --json").stdout == before.stdout


def test_a_changed_copy_is_held_and_not_counted(tried: Tried) -> None:
    """It says that it is a second revision, which would be in force if its signature held."""
    header, written, signature = (FOLDER / "documents" / "company_f-main-2023-r1.jws").read_text("ascii").split(".")
    document = base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))
    assert document.count(b'"revision":1,') == 1
    forged = base64.urlsafe_b64encode(document.replace(b'"revision":1,', b'"revision":2,')).decode().rstrip("=")
    folder = tried.folder / "forged"
    shutil.copytree(tried.folder / "case", folder)
    (tried.folder / "forged.jws").write_text(f"{header}.{forged}.{signature}", encoding="ascii")
    done = tried.run("atsuen association receive -c forged forged.jws")
    assert done.returncode == 1
    told = "forged.jws: held: it says that it is Company F main (company_f/main) FY2023 revision 2 (final) "
    assert done.stdout.startswith(told)
    assert done.stdout.count("changed after it was signed") == 1
    assert tried.run("atsuen association form -c forged --fiscal-year 2023 --out after --json").returncode == 0
    assert form_of(tried, "after") == form_of(tried, "form")


def test_no_private_key_is_in_the_folder() -> None:
    """RFC 8037: the private part of a key is its field `d`."""
    keys = [json.loads(path.read_bytes()) for path in sorted((FOLDER / "keys").iterdir())]
    assert len({key["x"] for key in keys}) == 14
    assert all(key.keys() == {"alg", "crv", "kid", "kty", "use", "x"} for key in keys)
