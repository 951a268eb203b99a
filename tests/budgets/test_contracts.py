"""The import contracts hold, and a planted violation of each kind breaks them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def copy_of_the_code(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in ("agent", "collectors"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_contracts_hold_in_an_untouched_copy(copy_of_the_code: Path) -> None:
    result = lint_imports(copy_of_the_code)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("file", "violation"),
    [
        ("collectors/frame.py", "import agent.clock"),
        ("collectors/frame.py", "import asyncio"),
        ("agent/accounting/__init__.py", "import sqlite3"),
        ("agent/storage/__init__.py", "import agent.publish"),
        ("agent/clock.py", "import agent.accounting"),
        ("agent/publish.py", "import collectors.modbus"),
    ],
)
def test_a_planted_violation_breaks_them(copy_of_the_code: Path, file: str, violation: str) -> None:
    path = copy_of_the_code / file
    path.write_text(path.read_text(encoding="utf-8") + f"\n{violation}\n", encoding="utf-8")
    result = lint_imports(copy_of_the_code)
    assert result.returncode != 0
    assert "BROKEN" in result.stdout
