"""A site is read whole, and everything that is wrong with it is said at once, with its place."""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from agent.settings.mistakes import SettingsError
from agent.settings.site import load_site

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "configs" / "demo"

WHY_STATE = "an uncorrected volume without its pressure is wrong by a factor of 2 to 4)"

MINIMAL = """\
[site]
id = "mill"
scheme = "association"

[[endpoint]]
id = "room"
protocol = "modbus"
host = "127.0.0.1"
poll_s = 1.0
  [[endpoint.device]]
  id = "meter"
    [[endpoint.device.point]]
    id = "energy"
    kind = "counter"
    unit = "kWh"
    address = 0
    type = "u32"
    scale = "0.01"
    modulus = 1000000000
    maximum_per_hour = "1000"
    [[endpoint.device.point]]
    id = "pressure"
    kind = "gauge"
    unit = "kPa"
    address = 10
    type = "f32"

[[stream]]
id = "grid"
carrier = "electricity"
kind = "grid"
area = "site"
unit = "kWh"
  [[stream.term]]
  point = "meter.energy"
  multiplier = "120"
"""


def mistakes_in(tmp_path: Path, text: str) -> list[str]:
    """What `load_site` says of a site file, with `FILE` for its path."""
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_site(tmp_path)
    return [str(mistake).replace(str(path), "FILE") for mistake in caught.value.mistakes]


def test_a_minimal_site(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(MINIMAL, encoding="utf-8")
    site = load_site(tmp_path)
    assert [endpoint.id for endpoint in site.endpoints] == ["room"]
    assert [point.id for point in site.layouts["meter"].points] == ["energy", "pressure"]
    (term,) = site.streams[0].terms
    assert term.unit_per_count == Decimal("1.20")
    assert site.path(site.file.journal.path) == Path("/var/lib/atsuen/journal.sqlite3")


def test_the_demo_site_is_without_mistakes() -> None:
    site = load_site(DEMO)
    assert len(site.layouts) == 15
    grid = next(stream for stream in site.streams if stream.id == "grid_power")
    assert grid.terms[0].unit_per_count == Decimal("0.96")  # 1/50,000 kWh × 66,000/110 × 400/5


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("scheme =", "shceme =", ["FILE:1:2: site.scheme is missing (add the key 'scheme')",
                                  "FILE:3:1: unknown key 'shceme' (did you mean 'scheme'?)"]),
        ("poll_s = 1.0", "poll_s = -1", ["FILE:9:1: poll_s: Input should be greater than 0 (it says -1)"]),
        ('protocol = "modbus"', 'protocol = "modbuss"', ["FILE:7:1: no protocol 'modbuss' (one of: modbus, opcua)"]),
        ('"meter.energy"', '"meter.enregy"', ["FILE:35:3: no point 'meter.enregy' (did you mean 'meter.energy'?)"]),
        ('unit = "kWh"\n  [[stream', 'unit = "MWh"\n  [[stream', [
            "FILE:35:3: meter.energy counts kWh, the stream MWh (the units must agree)"]),
        ('"120"', '"-120"', ["FILE:36:3: stream.term.multiplier: Input should be greater than 0 (it says '-120')"]),
        ('  multiplier = "120"', '  [[stream.term]]\n  point = "meter.energy"', [
            "FILE:36:5: meter.energy is counted twice (end the first with valid_to)"]),
        ('maximum_per_hour = "1000"', 'maximum_per_hour = "1000000000"', [
            "FILE:5:3: meter.energy can turn over in 36 s (poll a wider register, or set journal.gap_s below 18)"]),
        ('carrier = "electricity"', 'carrier = "city_gas"\ngas = { meter = "uncorrected" }', [
            "FILE:31:1: gauge_pressure_kpa is missing for this kind of gas meter (" + WHY_STATE,
            "FILE:31:1: temperature_c is missing for this kind of gas meter (" + WHY_STATE]),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(tmp_path: Path, old: str, new: str, expected: list[str]) -> None:
    assert old in MINIMAL
    found = mistakes_in(tmp_path, MINIMAL.replace(old, new))
    assert sorted(found) == sorted(expected)


COIL_POINTS = """\
    [[endpoint.device.point]]
    id = "coil_number"
    kind = "state"
    unit = ""
    address = 20
    type = "u16"
    [[endpoint.device.point]]
    id = "coil_weight"
    kind = "gauge"
    unit = "kg"
    address = 21
    type = "u16"

[[coil]]
id = "finished"
number = "meter.coil_number"
weight = "meter.coil_weight"

[[product]]
id = "sheet"
unit = "kg"
term = [{ point = "meter.finished" }]

[[stream]]"""


def test_coils_are_a_counter_that_a_product_can_name(tmp_path: Path) -> None:
    text = MINIMAL.replace("[[stream]]", COIL_POINTS, 1)
    (tmp_path / "site.toml").write_text(text, encoding="utf-8")
    site = load_site(tmp_path)
    assert [coil.as_point().unit for coil in site.coils] == ["kg"]
    assert site.products[0].terms[0].source.point == "finished"
    assert "finished" not in site.layouts["meter"].position
    (found,) = mistakes_in(
        tmp_path,
        text.replace('weight = "meter.coil_weight"', 'weight = "other.coil_weight"')
        .replace("meter.finished", "meter.energy")
        .replace('unit = "kg"\nterm', 'unit = "t"\nterm'),
    )[:1]
    assert "no coils in meter.coil_number and other.coil_weight" in found
    (found,) = mistakes_in(tmp_path, text.replace('id = "sheet"\nunit = "kg"', 'id = "sheet"\nunit = "t"'))
    assert "meter.finished counts kg, the stream t (the units must agree)" in found


def test_several_mistakes_are_said_at_once(tmp_path: Path) -> None:
    text = MINIMAL.replace("poll_s", "pol_s").replace('kind = "grid"', 'kind = "gird"').replace("[site]", "[site]\nx=1")
    found = mistakes_in(tmp_path, text)
    assert any("unknown key 'x'" in line for line in found)
    assert any("unknown key 'pol_s' (did you mean 'poll_s'?)" in line for line in found)
    assert any("gird" in line for line in found)


def test_a_mistake_in_a_profile_is_named_there(tmp_path: Path) -> None:
    shutil.copytree(DEMO, tmp_path, dirs_exist_ok=True)
    profile = tmp_path / "devices" / "gas-meter.toml"
    text = profile.read_text(encoding="utf-8")
    profile.write_text(text.replace('kind = "counter"', 'kind = "conuter"'), encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_site(tmp_path)
    assert {mistake.path for mistake in caught.value.mistakes} == {profile}
    line = text[: text.index('kind = "counter"')].count("\n") + 1
    assert {mistake.line for mistake in caught.value.mistakes} == {line}


def test_the_environment_overrides_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site.toml").write_text(MINIMAL + '\n[mqtt]\nhost = "a"\nwindow = 7\n', encoding="utf-8")
    monkeypatch.setenv("ATSUEN_MQTT__HOST", "broker.mill")
    site = load_site(tmp_path)
    assert (site.file.mqtt.host, site.file.mqtt.window) == ("broker.mill", 7)


def test_a_mistake_in_the_environment_is_named_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATSUEN_MQTT__PORT", "none")
    (found,) = mistakes_in(tmp_path, MINIMAL)
    assert found.startswith("environment variable ATSUEN_MQTT__PORT: mqtt.port: ")


def test_credential_files_give_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "mqtt__password").write_text("open sesame", encoding="utf-8")
    (credentials / "influx__token").write_text("token", encoding="utf-8")
    (tmp_path / "site.toml").write_text(MINIMAL, encoding="utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    site = load_site(tmp_path)
    assert site.file.mqtt.password is not None
    assert site.file.mqtt.password.get_secret_value() == "open sesame"
    assert site.file.influx.token.get_secret_value() == "token"
    assert "sesame" not in repr(site.file)
