"""`atsuen init` writes a site that `atsuen check` takes, and never over another one."""

import json
from pathlib import Path

import pytest

from agent.annual import read_annual
from agent.cli import main
from agent.settings.site import load_site
from agent.submission.annual_parts import AnnualData


def test_a_new_site_is_right_and_says_what_is_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "seto"
    words = ["--name-ja", '瀬戸"工場', "--name-en", "Seto \\ works", "--scheme", "shk", "--lang", "ja"]
    assert main(["init", str(folder), *words]) == 0
    out = capsys.readouterr().out
    assert f"作成: {folder / 'site.toml'}" in out
    assert f"atsuen check -c {folder}" in out
    table = load_site(folder).file.site
    assert (table.id, table.name_ja, table.name_en, table.scheme) == ("seto", '瀬戸"工場', "Seto \\ works", "shk")
    assert main(["check", "-c", str(folder), "--fiscal-year", "2023", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["mistakes"] == []
    (year,) = (folder / "years").iterdir()
    assert read_annual(year, int(year.stem)) == AnnualData()


def test_a_site_that_is_there_is_not_touched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "site.toml").write_text("mine")
    assert main(["init", str(tmp_path), "--id", "x", "--lang", "en"]) == 78
    assert "there is a site already" in capsys.readouterr().err
    assert (tmp_path / "site.toml").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["site.toml"]


@pytest.mark.parametrize("wrong", ["Seto", "9mill", "seto works", "瀬戸"])
def test_an_identifier_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: str) -> None:
    assert main(["init", str(tmp_path / "new"), "--id", wrong, "--lang", "en"]) == 2
    assert "is no identifier" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_every_example_of_the_template_is_a_valid_table(tmp_path: Path) -> None:
    """The comments of the template, with the # taken away, are a site but for the devices that they name."""
    assert main(["init", str(tmp_path), "--id", "mill", "--lang", "en"]) == 0
    file = tmp_path / "site.toml"
    lines = file.read_text(encoding="utf-8").splitlines()
    starts: tuple[str, ...] = (
        "[",
        "id",
        "name",
        "protocol",
        "host",
        "url",
        "poll",
        "device",
        "unit",
        "kind",
        "carrier",
        "area",
        "gas",
    )
    starts += ("term", "path", "keep", "max", "free", "port", "username", "ca_file", "month", "year_", "expected")
    told = [line[2:] if line.startswith("# ") and line[2:].startswith(starts) else line for line in lines]
    text = "\n".join(told).replace("melting.pressure", "incoming.gas_pressure").replace("melting.t", "incoming.gas_t")
    text = text.replace("melting.gas_volume", "incoming.gas_volume").replace(
        "incoming.energy_import", "sheet.sheet_kwh"
    )
    text += '\n[[sheet]]\nid = "sheet_kwh"\nunit = "kWh"\nkind = "register"\n'
    file.write_text(text.replace("incoming-meter", "gas-meter"), encoding="utf-8")
    demo = Path(__file__).parents[2] / "configs/demo/devices"
    for name in ("gas-meter", "line"):
        (tmp_path / "devices" / f"{name}.toml").write_text((demo / f"{name}.toml").read_text(encoding="utf-8"))
    site = load_site(tmp_path)
    assert {stream.id for stream in site.streams} == {"grid_power", "melting_gas"}
    assert [product.id for product in site.products] == ["sheet"]
    assert site.file.completeness.month_percent == 90
