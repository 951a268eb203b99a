"""`[notify]`: what is refused, with its line, and that no secret is shown."""

import shutil
from pathlib import Path

import pytest

from agent.settings.mistakes import SettingsError
from agent.settings.site import Site, load_site

ROOT = Path(__file__).parents[3]
MAIL = """
[notify.email]
host = "mail.mill.example"
sender = "atsuen@mill.example"
recipients = ["manager@mill.example"]
"""
SECRET = "hunter2-the-secret"


def load(folder: Path, tables: str) -> Site:
    shutil.copytree(ROOT / "configs" / "demo", folder, dirs_exist_ok=True)
    with (folder / "site.toml").open("a", encoding="utf-8") as file:
        file.write(tables)
    return load_site(folder)


def test_without_the_table_only_mqtt_is_told(tmp_path: Path) -> None:
    notify = load(tmp_path, "").file.notify
    assert (notify.language, notify.mqtt, notify.email, notify.webhook) == ("ja", True, None, None)


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465)])
def test_the_usual_ports(tmp_path: Path, security: str, port: int) -> None:
    email = load(tmp_path, MAIL + f'security = "{security}"\n').file.notify.email
    assert email is not None
    assert email.usual_port == port


def test_secrets_come_as_credential_files_and_are_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "notify__email__password").write_text(SECRET)
    (credentials / "notify__webhook__url").write_text(f"https://chat.example/{SECRET}\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    notify = load(tmp_path / "site", MAIL + 'username = "mill"\n').file.notify
    assert notify.email is not None
    assert notify.email.password is not None
    assert notify.email.password.get_secret_value() == SECRET
    assert notify.webhook is not None
    assert SECRET not in repr(notify)


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (MAIL + 'username = "mill"\n', "username and password belong together"),
        (MAIL + 'security = "none"\n', "in the clear"),
        (MAIL.replace("manager@", "manager@x\\r\\nBcc: eve@"), "pattern"),
        (MAIL.replace('["manager@mill.example"]', "[]"), "at least 1"),
        (f'[notify.webhook]\nurl = "http://chat.example/{SECRET}"\n', "url is no https address"),
        (f'[notify.webhook]\nurl = "https:{SECRET}"\n', "url is no https address"),
        ('[notify]\nlanguage = "de"\n', "'ja' or 'en'"),
        ("[notify]\nsms = true\n", "unknown key 'sms'"),
    ],
)
def test_mistakes_have_their_line_and_show_no_secret(tmp_path: Path, tables: str, message: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        load(tmp_path, "\n" + tables)
    (mistake,) = wrong.value.mistakes
    assert message in str(mistake.message)
    assert mistake.line > 200
    assert SECRET not in str(mistake)
