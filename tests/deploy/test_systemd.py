"""The systemd units: valid, watched, restarted, and closed off from the rest of the machine."""

import subprocess
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from agent.association.inbox.service_file import ServiceFile
from agent.settings.model import BridgeTable, FilesTable, JournalTable
from agent.settings.site import SiteFile
from agent.web.people import CREDENTIAL

pytestmark = pytest.mark.systemd

UNITS = sorted((Path(__file__).parents[2] / "systemd").glob("*.service"))
PROGRAM = "/opt/atsuen/bin/atsuen"


@pytest.fixture(params=UNITS, ids=[unit.name for unit in UNITS])
def unit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A unit whose program exists on this machine; systemd-analyze looks for it."""
    shipped: Path = request.param
    text = shipped.read_text(encoding="utf-8")
    assert text.count(PROGRAM) == 1
    copy = tmp_path / shipped.name
    copy.write_text(text.replace(PROGRAM, "/bin/true"), encoding="utf-8")
    return copy


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", "--no-pager", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def settings(unit: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in unit.read_text(encoding="utf-8").splitlines():
        name, is_setting, value = line.partition("=")
        if is_setting and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def test_every_service_has_a_unit() -> None:
    names = {"atsuen-agent.service", "atsuen-bridge.service", "atsuen-dashboard.service"}
    assert names <= {unit.name for unit in UNITS}


def test_systemd_accepts_it_without_a_warning(unit: Path) -> None:
    result = analyze("verify", "--man=no", unit)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_its_exposure_is_at_most_2(unit: Path) -> None:
    """`--threshold` takes tenths: 20 is an exposure of 2.0."""
    result = analyze("security", "--offline=yes", "--threshold=20", unit)
    assert result.returncode == 0, result.stdout


def test_a_unit_without_protection_would_not_pass(tmp_path: Path) -> None:
    bare = tmp_path / "bare.service"
    bare.write_text("[Service]\nExecStart=/bin/true\n", encoding="utf-8")
    assert analyze("security", "--offline=yes", "--threshold=20", bare).returncode != 0


def test_it_is_watched_and_comes_back_but_not_with_a_wrong_configuration(unit: Path) -> None:
    """The dashboard alone is not watched: it holds nothing that could be lost."""
    found = settings(unit)
    is_watched = unit.name != "atsuen-dashboard.service"
    assert found["Type"] == (["notify"] if is_watched else ["exec"])
    assert found["Restart"] == ["always"]
    assert found.get("WatchdogSec") == (["60"] if is_watched else None)
    assert found["RestartPreventExitStatus"] == ["78"]
    assert found["StartLimitIntervalSec"] == ["0"], "it is never given up"


def test_no_secret_stands_in_a_unit_and_each_credential_may_be_absent(unit: Path) -> None:
    """systemd.exec(5): a relative name is looked for in /etc/credstore, and only an absolute path must exist."""
    found = settings(unit)
    assert "Environment" not in found
    assert "SetCredential" not in found
    for credential in found["LoadCredential"]:
        name, _, source = credential.partition(":")
        assert source == f"{unit.stem.removesuffix('-agent')}.{name}"


def test_each_credential_is_a_setting_of_the_site_file(unit: Path) -> None:
    """The association's service has a file of its own. `people` is a file that takes the place of one in the folder."""
    for credential in settings(unit)["LoadCredential"]:
        file: type[BaseModel] = ServiceFile if unit.name == "atsuen-association.service" else SiteFile
        *tables, key = credential.partition(":")[0].split("__")
        for table in tables:
            annotation = file.model_fields[table].annotation
            models = [each for each in (annotation, *get_args(annotation)) if isinstance(each, type)]
            file = next(each for each in models if issubclass(each, BaseModel))
        assert key in file.model_fields if tables else key == CREDENTIAL


def test_each_service_has_the_user_and_the_folder_where_the_settings_look_for_it() -> None:
    """The dashboard has the agent's: it reads the agent's journal."""
    users = {"atsuen-agent": "atsuen", "atsuen-bridge": "atsuen-bridge", "atsuen-dashboard": "atsuen"}
    for unit, name in users.items():
        found = settings(next(shipped for shipped in UNITS if shipped.stem == unit))
        assert (found["User"], found["DynamicUser"], found["StateDirectory"]) == ([name], ["yes"], [name])
    assert JournalTable().path.parent == Path("/var/lib/atsuen")
    assert BridgeTable().refused.parent == FilesTable().folder.parent == Path("/var/lib/atsuen-bridge")
