"""The template is a folder that works, and the service's credentials are settings."""

import os
import shutil
from pathlib import Path

import pytest

from agent.association.inbox.service import load_service
from agent.association.inbox.service_file import ServiceFile
from agent.web.people import CREDENTIAL, people_path

ROOT = Path(__file__).parents[4]
TEMPLATE = ROOT / "configs" / "templates" / "association"
UNIT = ROOT / "systemd" / "atsuen-association.service"


def test_the_template_has_no_mistakes(tmp_path: Path) -> None:
    shutil.copytree(TEMPLATE, tmp_path / "association")
    service = load_service(tmp_path / "association")
    assert service.open_years == {2023}
    assert service.roster.sites == {("seto", "marugame")}


def test_every_line_of_the_template_that_is_commented_out_would_do(tmp_path: Path) -> None:
    shutil.copytree(TEMPLATE, tmp_path / "association")
    path = tmp_path / "association" / "service.toml"
    text = path.read_text(encoding="utf-8").replace("# [", "[")
    lines = [line.removeprefix("# ") if " = " in line else line for line in text.splitlines()]
    path.write_text("\n".join(lines), encoding="utf-8")
    service = load_service(tmp_path / "association")
    assert service.file.mqtt is not None
    assert service.file.folder is not None
    assert service.file.web.names == ("association.example",)


def test_the_units_credentials_are_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = UNIT.read_text(encoding="utf-8")
    names = [
        line.partition("=")[2].partition(":")[0] for line in text.splitlines() if line.startswith("LoadCredential=")
    ]
    for name in names:
        (tmp_path / name).write_text("postgresql+psycopg://db/x", encoding="utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    file = ServiceFile()
    assert file.store.url is not None
    assert file.mqtt is not None
    assert file.mqtt.username == "postgresql+psycopg://db/x"
    assert people_path(Path("/nowhere")) == tmp_path / CREDENTIAL
    os.unlink(tmp_path / CREDENTIAL)
    assert people_path(Path("/nowhere")) == Path("/nowhere")
