"""What a user types and what comes back: exit codes, one clear line a mistake, Japanese and English."""

import json
import socket
from pathlib import Path

import pytest

from tests.agent.conftest import run_atsuen

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "configs" / "demo"


def site_with(tmp_path: Path, old: str, new: str) -> Path:
    """A copy of the demo site with one change."""
    text = (DEMO / "site.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "site.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    (tmp_path / "devices").symlink_to(DEMO / "devices")
    return tmp_path


@pytest.mark.parametrize("command", ["check", "plan", "run", "bridge"])
def test_an_unknown_key_ends_with_78_and_one_line(tmp_path: Path, command: str) -> None:
    site = site_with(tmp_path, "poll_s = 5.0", "poll_s = 5.0\ntimout_s = 3")
    done = run_atsuen([command, "-c", site])
    assert done.returncode == 78
    (line,) = done.stderr.splitlines()
    assert line == f"{site}/site.toml:33:1: unknown key 'timout_s' (did you mean 'timeout_s'?)"


@pytest.mark.parametrize("command", ["check", "run", "bridge"])
def test_a_missing_site_says_what_to_do(tmp_path: Path, command: str) -> None:
    done = run_atsuen([command, "-c", tmp_path / "nowhere"])
    assert done.returncode == 78
    assert done.stderr.count("\n") == 1
    assert "there is no such file" in done.stderr


def test_a_missing_factor_is_named_with_carrier_scheme_year_and_folder(tmp_path: Path) -> None:
    site = site_with(tmp_path, 'carrier = "lpg"', 'carrier = "hydrogen"')
    done = run_atsuen(["check", "-c", site, "--fiscal-year", "2023"])
    assert done.returncode == 78
    line = done.stderr.splitlines()[0]
    assert line.startswith(f"{site}/site.toml:")
    for word in ("hydrogen", "association", "2023", "factors"):
        assert word in line


def test_a_year_without_tables_is_a_mistake_for_check(tmp_path: Path) -> None:
    done = run_atsuen(["check", "-c", DEMO, "--fiscal-year", "2019"])
    assert done.returncode == 78
    assert "no factor under association for fiscal year 2019" in done.stderr


def test_check_in_japanese_and_as_json() -> None:
    done = run_atsuen(["check", "-c", DEMO, "--fiscal-year", "2023", "--lang", "ja"])
    assert (done.returncode, done.stdout) == (0, f"{DEMO}: 誤りなし(機器15台、計測点59)\n")
    done = run_atsuen(["check", "-c", DEMO, "--fiscal-year", "2023", "--json"])
    assert json.loads(done.stdout) == {
        "mistakes": [],
        "kinds": [],
        "devices": 15,
        "points": 59,
        "damaged_copies": [],
    }


@pytest.mark.parametrize("command", ["check", "plan", "run"])
def test_mistakes_are_told_in_japanese(tmp_path: Path, command: str) -> None:
    site = site_with(tmp_path, "poll_s = 5.0", "poll_s = 5.0\ntimout_s = 3")
    done = run_atsuen([command, "-c", site, "--lang", "ja"])
    assert done.returncode == 78
    assert done.stderr == f"{site}/site.toml:33:1: 不明なキー 'timout_s' があります ('timeout_s' ではありませんか)\n"


def test_check_as_json_has_every_mistake_with_its_kind(tmp_path: Path) -> None:
    site = site_with(tmp_path, "poll_s = 5.0", "poll_s = 5.0\ntimout_s = 3")
    done = run_atsuen(["check", "-c", site, "--json", "--lang", "ja"])
    assert done.returncode == 78
    assert json.loads(done.stdout) == {
        "mistakes": [f"{site}/site.toml:33:1: unknown key 'timout_s' (did you mean 'timeout_s'?)"],
        "kinds": ["unknown_key"],
    }


def test_check_looks_at_the_people_who_may_log_in(tmp_path: Path) -> None:
    site = site_with(tmp_path, "[mqtt]", '[dashboard]\npeople = "staff"\n\n[mqtt]')
    people = site / "staff"
    people.write_text("manager secret Hanako\n", encoding="utf-8")
    people.chmod(0o600)
    done = run_atsuen(["check", "-c", site, "--fiscal-year", "2023", "--lang", "ja"])
    assert done.returncode == 78
    assert done.stderr.startswith(f"{people}:1:1: 利用者の行ではありません (1行は「ROLE HASH NAME」です")
    done = run_atsuen(["check", "-c", site, "--fiscal-year", "2023"])
    assert done.stderr.startswith(f"{people}:1:1: is no person (a line is ROLE HASH NAME")
    assert "secret" not in done.stderr


def test_check_tells_that_nobody_can_log_in_which_is_no_mistake(tmp_path: Path) -> None:
    """The service may have the file as a credential, which no other program sees."""
    open_to_all = '[dashboard]\nhost = "0.0.0.0"\ncertificate_file = "c.pem"\nkey_file = "k.pem"\n\n[mqtt]'
    site = site_with(tmp_path, "[mqtt]", open_to_all)
    done = run_atsuen(["check", "-c", site, "--fiscal-year", "2023", "--lang", "ja"])
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{site}/people がありません" in done.stdout


def test_a_missing_factor_is_told_in_japanese(tmp_path: Path) -> None:
    site = site_with(tmp_path, 'carrier = "lpg"', 'carrier = "hydrogen"')
    done = run_atsuen(["check", "-c", site, "--fiscal-year", "2023", "--lang", "ja"])
    assert done.returncode == 78
    assert "hydrogen の発熱量係数がありません(制度 association、2023年度)" in done.stderr


def test_plan_names_every_device_and_request() -> None:
    plans = json.loads(run_atsuen(["plan", "-c", DEMO, "--json"]).stdout)
    assert sorted(plans) == ["feeders", "furnaces", "line", "substation"]
    assert plans["substation"] == [
        "substation/incoming: unit 1, holding registers 100 to 111 (12 registers for 5 points)",
        "substation/solar: unit 2, holding registers 801 to 812 (12 registers for 3 points)",
    ]


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["demo", "--speed", "0"], ["demo", "--port", "80"], ["demo", "--mqtt", "host"]]
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    assert run_atsuen(arguments).returncode == 2


def test_a_taken_port_is_one_clear_line(tmp_path: Path, free_port: int) -> None:
    with socket.create_server(("127.0.0.1", free_port)):
        done = run_atsuen(["demo", "--seconds", "1", "--port", str(free_port)])
    assert done.returncode == 1
    assert f"127.0.0.1:{free_port}" in done.stderr
    assert "Traceback" not in done.stderr
