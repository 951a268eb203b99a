"""The commands in README and docs do what they say, and every link leads somewhere."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.agent.conftest import ATSUEN

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "deploy").rglob("*.md"))]
COMMANDS = {
    page: [
        line.removeprefix("$ ")
        for block in re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        for line in block.splitlines()
        if line.startswith("$ ")
    ]
    for page in PAGES
}
SERVICES = {"run", "bridge", "dashboard"}


def run_as_a_reader(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = command.split()
    if words[0] == "make":  # the tests run below it: see that the target is there
        words = ["make", "-n", "-C", str(ROOT), *words[1:]]
    elif words[0] == "atsuen":
        words[0] = str(ATSUEN)
    if len(words) > 1 and words[1] in SERVICES:
        words = [*words[:2], "--help"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=90, check=False)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if COMMANDS[page]], ids=lambda page: str(page.relative_to(ROOT))
)
def test_the_commands_of_a_page_one_after_the_other(page: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    for command in COMMANDS[page]:
        done = run_as_a_reader(command, tmp_path)
        assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if not (page.parent / link).exists()]
    assert missing == []
