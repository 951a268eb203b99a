"""What a missing program means for the tests that need it: left out here, a failure where CI=true."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"


def run(folder: Path, marker: str, ci: str) -> str:
    """Run one marked test where no program can be found, and return what pytest reports."""
    shutil.copy(CONFTEST, folder)
    test = f"import pytest\n\n@pytest.mark.{marker}\ndef test_it() -> None:\n    pass\n"
    (folder / "test_it.py").write_text(test, encoding="utf-8")
    options = ["-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function", "-rsf"]
    command = [sys.executable, "-m", "pytest", *options, str(folder / "test_it.py")]
    environment = {**os.environ, "PATH": str(folder), "CI": ci}
    result = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    return result.stdout


@pytest.mark.parametrize(
    ("marker", "how"),
    [
        ("mosquitto", "apt-get install mosquitto"),
        ("victoriametrics", "apt-get install victoria-metrics"),
        ("node", "install Node 20 and npm, then run tests/setup/foreign.sh"),
        ("systemd", "apt-get install systemd"),
    ],
)
def test_it_is_left_out_with_the_way_to_install_it(tmp_path: Path, marker: str, how: str) -> None:
    report = run(tmp_path, marker, ci="")
    assert "1 skipped" in report
    assert f"needs {marker}: {how}" in report


def test_it_fails_where_everything_must_be_installed(tmp_path: Path) -> None:
    report = run(tmp_path, "mosquitto", ci="true")
    assert "needs mosquitto: apt-get install mosquitto" in report
    assert "passed" not in report
    assert "1 error" in report or "1 failed" in report


def test_a_test_that_needs_nothing_runs(tmp_path: Path) -> None:
    assert "1 passed" in run(tmp_path, "filterwarnings('error')", ci="true")
