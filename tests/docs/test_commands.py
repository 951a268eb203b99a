"""The commands in README and docs do what they say, and every link leads somewhere."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.agent.conftest import ATSUEN

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "deploy").rglob("*.md"))]
COMMANDS = [
    (page.relative_to(ROOT), line.removeprefix("$ "))
    for page in PAGES
    for block in re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    for line in block.splitlines()
    if line.startswith("$ ")
]
SERVICES = {"run", "bridge"}


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a reader would type the commands: the checkout's configs and Makefile are there."""
    folder = tmp_path_factory.mktemp("docs")
    shutil.copytree(ROOT / "configs", folder / "configs")
    shutil.copytree(ROOT / "configs" / "demo", folder / "mysite")
    shutil.copy(ROOT / "Makefile", folder)
    return folder


@pytest.mark.parametrize(("page", "command"), COMMANDS, ids=str)
def test_a_command(page: Path, command: str, workshop: Path) -> None:
    words = command.split()
    if words[0] == "make":  # the tests run below it: see that the target is there
        words = ["make", "-n", "-C", str(ROOT), *words[1:]]
    elif words[0] == "atsuen":
        words[0] = str(ATSUEN)
    if len(words) > 1 and words[1] in SERVICES:
        done = subprocess.run([*words, "--help"], cwd=workshop, capture_output=True, text=True, timeout=60, check=False)
    else:
        done = subprocess.run(words, cwd=workshop, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, f"{page}: {command}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if not (page.parent / link).exists()]
    assert missing == []
