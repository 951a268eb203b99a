"""From a figure down to its registers: what `atsuen trace` shows is what the journal and the book hold."""

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.accounting.interval import Event, Interval, Method
from agent.cli import main
from agent.settings.site import load_site
from agent.storage.journal import Batch, Journal
from agent.trace import NoSuchLine, trace_line

TOKYO = ZoneInfo("Asia/Tokyo")
APRIL = 1_680_274_800
"""2023-04-01T00:00+09:00."""
SITE = """\
[site]
id = "mill"
scheme = "association"

[journal]
path = "journal.sqlite3"

[[endpoint]]
id = "gateway"
protocol = "modbus"
host = "127.0.0.1"
port = 1502
poll_s = 5
device = [{ id = "soaking", unit = 1, profile = "lpg-meter" }]

[[stream]]
id = "lpg_use"
name_ja = "均熱炉 LPG"
carrier = "lpg"
area = "soaking"
unit = "kg"
term = [{ point = "soaking.lpg_mass", multiplier = "10" }]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    demo = Path(__file__).parents[2] / "configs/demo/devices/lpg-meter.toml"
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices/lpg-meter.toml").write_text(demo.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "site.toml").write_text(SITE, encoding="utf-8")
    journal = Journal(tmp_path / "journal.sqlite3", TOKYO)
    first = Interval("soaking", "lpg_mass", APRIL, 1000, 1200, 200, Method.MEASURED, 1_800_000, 1_800_000, 11, 12)
    second = Interval("soaking", "lpg_mass", APRIL + 1800, 1200, 1300, 100, Method.WRAPPED, 1_800_000, 0, 12, 15)
    event = Event((APRIL + 2000) * 1000, "soaking", "lpg_mass", "wrapped", "turned over")
    other = Event((APRIL + 2000) * 1000, "elsewhere", "lpg_mass", "fall", "not ours")
    journal.commit(Batch(intervals=[(20, first), (21, second)], events=[event, other]))
    journal.close()
    return tmp_path


def test_a_line_is_followed_to_its_registers_events_and_factor(folder: Path) -> None:
    site = load_site(folder)
    scale = site.points["soaking.lpg_mass"].scale
    found = trace_line(site, "lpg_use", APRIL, APRIL + 2 * 86_400, "day", entries=[])
    one, two = found.registers
    assert (one.opening, one.closing) == (1000 * scale, 1300 * scale)
    assert (one.advance_raw, one.first_seq, one.last_seq) == (300, 11, 15)
    assert dict(one.half_hours) == {"measured": 1, "wrapped": 1, "missing": 46}
    assert (two.opening, two.first_seq, dict(two.half_hours)) == (None, None, {"missing": 48})
    assert [event.detail for event in found.events] == ["turned over"]
    assert {factor.carrier for factor in found.factors} == {"lpg"}
    assert found.line.spans[0].amount == 300 * scale * 10


def test_an_unknown_line_names_the_lines_that_there_are(folder: Path) -> None:
    with pytest.raises(NoSuchLine, match="no line 'lpg'; there are lpg_use"):
        trace_line(load_site(folder), "lpg", APRIL, APRIL + 86_400)


def test_the_command_shows_months_or_the_half_hours_of_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["trace", "lpg_use", "-c", str(folder), "--fiscal-year", "2023", "--lang", "ja"]
    assert main([*words, "--json"]) == 0
    tables = json.loads(capsys.readouterr().out)
    assert len(tables["計器"]) == 12
    assert tables["計器"][0]["half_hours"] == "1 measured, 1 wrapped, 1438 missing"
    assert main([*words, "--month", "2023-04", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["計器"]) == 1440
    assert main([*words, "--month", "2024-04"]) == 2
    assert "is not in fiscal year 2023" in capsys.readouterr().err
    assert main(["trace", "x", "-c", str(folder), "--fiscal-year", "2023"]) == 2
