"""Whoever reads a command's output may stop: `atsuen … | head`. Real pipes, with and without Python's own buffer."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.agent.conftest import ATSUEN

ROOT = Path(__file__).parents[2]
BY_SIGPIPE = 141
"""What a shell gives for a program that SIGPIPE ended: 128 + 13 (signal(7))."""


def run_unread(command: list[str], buffered: str = "", *, is_error: bool = False) -> tuple[int, str]:
    """A command whose output, or error output, nobody reads any more; its exit code and what it says in the other."""
    reading, writing = os.pipe()
    os.close(reading)
    environment = os.environ | {"PYTHONUNBUFFERED": buffered, "LC_ALL": "C.UTF-8"}
    out, err = (subprocess.PIPE, writing) if is_error else (writing, subprocess.PIPE)
    with subprocess.Popen([str(ATSUEN), *command], env=environment, text=True, stdout=out, stderr=err) as process:
        os.close(writing)
        said = process.communicate(timeout=60)
    return process.returncode, said[0] if is_error else said[1]


PLAN = ["plan", "-c", str(ROOT / "configs" / "demo")]
SHOW = ["submission", "show", str(ROOT / "tests/cases/association-2023/documents/company_a-coast-2023-r1.jws")]


@pytest.mark.parametrize(
    ("command", "buffered", "code"),
    [
        pytest.param(PLAN, "", BY_SIGPIPE, id="buffered"),
        pytest.param([*PLAN, "--json"], "1", BY_SIGPIPE, id="unbuffered"),
        pytest.param(["--help"], "", BY_SIGPIPE, id="help"),
        pytest.param(SHOW, "1", 1, id="tables"),  # drawn by rich, which ends the program itself
    ],
)
def test_output_that_nobody_reads_ends_a_command_quietly(command: list[str], buffered: str, code: int) -> None:
    assert run_unread(command, buffered) == (code, "")


def test_mistakes_that_nobody_reads_end_a_command_quietly(tmp_path: Path) -> None:
    assert run_unread(["check", "-c", str(tmp_path)], is_error=True) == (BY_SIGPIPE, "")


@pytest.mark.parametrize(("reader", "code"), [("head -c 80", BY_SIGPIPE), ("cat", 78)])
def test_a_shell_sees_whether_all_was_read(tmp_path: Path, reader: str, code: int) -> None:
    """More mistakes than a pipe holds (64 KiB, pipe(7)): the command still writes when `head` goes."""
    shutil.copytree(ROOT / "configs" / "demo", tmp_path / "site")
    with (tmp_path / "site" / "site.toml").open("a", encoding="utf-8") as file:
        file.writelines(f"stray_{number} = 1\n" for number in range(2000))
    words = f"{ATSUEN} check -c site 2>&1 | {reader} > read; echo ${{PIPESTATUS[0]}}; grep -c Traceback read"
    done = subprocess.run(["bash", "-c", words], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == (f"{code}\n0\n", "")
    assert (tmp_path / "read").stat().st_size == 80 or reader == "cat"
