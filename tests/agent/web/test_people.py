"""The file of people, and the command that prints a line of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from agent.association.web.people import Role as OfficeRole
from agent.cli import association, dashboard
from agent.settings.dashboard_table import Role as DashboardRole
from agent.settings.mistakes import SettingsError
from agent.web.passwords import is_password
from agent.web.people import PeopleFile, Person, read_people

ROLES = ("manager", "reader")
LINE = "manager $argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA 佐藤 花子"


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "people"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_a_line_is_role_hash_and_name(tmp_path: Path) -> None:
    path = written(tmp_path, f"# who may log in\n\n{LINE}\n")
    assert read_people(path, ROLES) == (Person("佐藤 花子", "manager", "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA"),)


@pytest.mark.parametrize(
    ("text", "mode", "told"),
    [
        ("", 0o600, "names nobody"),
        ("# nobody\n", 0o600, "names nobody"),
        (f"{LINE}\n{LINE.replace('manager', 'reader')}\n", 0o600, "people:2:1: 佐藤 花子 stands here a second time"),
        (LINE.replace("manager", "officer"), 0o600, "people:1:1: is no person .*manager or reader"),
        ("manager secret 佐藤", 0o600, "is no person"),
        ("manager $argon2id$x", 0o600, "is no person"),
        (LINE.replace("佐藤", "\x07"), 0o600, "is no person"),
        (LINE, 0o604, "chmod 600"),
        (LINE, 0o620, "chmod 600"),
    ],
)
def test_mistakes_are_told_by_line(tmp_path: Path, text: str, mode: int, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        read_people(written(tmp_path, text, mode), ROLES)


def test_a_file_that_is_not_needed_may_be_absent(tmp_path: Path) -> None:
    PeopleFile(tmp_path / "people", ROLES, is_needed=False).check()
    free, needed = (PeopleFile(tmp_path / "people", ROLES, is_needed=wanted) for wanted in (False, True))
    assert (free.by_name(), free.problem, needed.by_name()) == ({}, "", {})
    assert "cannot be read" in needed.problem
    with pytest.raises(SettingsError, match="cannot be read"):
        needed.check()
    written(tmp_path, LINE)
    assert list(free.by_name()) == list(needed.by_name()) == ["佐藤 花子"]


def test_nobodys_password_is_never_right() -> None:
    assert not is_password(None, "")
    assert not is_password("no hash", "no hash")


@pytest.mark.parametrize(("program", "role"), [("dashboard", "manager"), ("association", "officer")])
def test_a_password_becomes_a_line(program: str, role: str) -> None:
    command = [
        sys.executable,
        "-c",
        "import sys; from agent.cli.main import main; sys.exit(main())",
        program,
        "password",
    ]

    def run(password: str, *more: str) -> subprocess.CompletedProcess[str]:
        words = [*command, *more]
        return subprocess.run(words, input=password, capture_output=True, text=True, timeout=30, check=False)

    done = run("correct horse battery\n", " 佐藤  花子 ", "--role", role)
    printed_role, hashed, name = done.stdout.strip().split(" ", 2)
    assert (printed_role, name) == (role, "佐藤 花子")
    assert PasswordHasher().verify(hashed, "correct horse battery")
    assert json.loads(run("correct horse battery\n", "佐藤", "--json").stdout)["line"].startswith("reader $argon2id$")
    for bad in (run("short\n", "佐藤"), run("correct horse battery\n", " "), run("correct horse battery\n", "x" * 101)):
        assert (bad.returncode, bad.stdout) == (2, "")


def test_the_command_line_has_the_roles_of_the_programs() -> None:
    assert set(dashboard.ROLES) == set(DashboardRole)
    assert set(association.ROLES) == set(OfficeRole)
