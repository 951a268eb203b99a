"""What is wrong with a site file is told in the reader's language, with its place and what to do."""

import string
from pathlib import Path

import pytest
from pydantic import BaseModel, Field, ValidationError, field_validator

from agent.settings.mistakes import Mistake, SettingsError
from agent.settings.site import load_site
from agent.settings.toml_source import read_toml
from agent.settings.translate import mistakes_of
from agent.submission.fault_texts import _SENTENCES as FAULTS
from agent.texts.fields import FIELD_SENTENCES
from agent.texts.mistakes import SENTENCES
from agent.texts.sentences import say
from collectors.wrong import Wrong, WrongSettings
from tests.agent.settings.test_site import MINIMAL

ROOT = Path(__file__).parents[3]
HOST_IS_OPEN = (
    "host 0.0.0.0 はネットワークから接続できます。certificate_file・key_file・people か、"
    "proxy_header・proxy_addresses を書くか、127.0.0.1 のままにしてください"
)
NAMES_ONLY = {"chmod"}
"""A command is the same in both languages."""


def values_of(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("kind", sorted({**SENTENCES, **FIELD_SENTENCES}))
def test_both_languages_say_the_same(kind: str) -> None:
    english, japanese = {**SENTENCES, **FIELD_SENTENCES}[kind]
    assert english.isascii()
    assert kind in NAMES_ONLY | {"quantity_co2"} or not japanese.isascii()
    if values_of(english) != {"said"}:
        assert values_of(japanese) >= values_of(english) - {"said"}
    if "said" not in values_of(english):
        assert values_of(japanese) == values_of(english)


def test_every_kind_is_said_by_somebody() -> None:
    folders = (ROOT / "agent", ROOT / "collectors")
    files = (path for folder in folders for path in folder.rglob("*.py") if path.parent.name != "texts")
    sources = "".join(path.read_text(encoding="utf-8") for path in files)
    unused = {kind for kind in SENTENCES if f'"{kind}"' not in sources}
    beginnings = ("no_", "two_", "quantity_")  # what is put behind: no_{what}, two_{what}s, quantity_{…}
    assert {kind for kind in unused if not kind.startswith(beginnings)} == set()


def test_a_submission_says_the_same_of_a_field() -> None:
    assert {kind: FAULTS[kind] for kind in FAULTS if kind.value in FIELD_SENTENCES} == FIELD_SENTENCES


def japanese_mistakes(tmp_path: Path, text: str) -> list[str]:
    """What is said in Japanese of a site file, with `FILE` for its path."""
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_site(tmp_path)
    return caught.value.text("ja").replace(str(path), "FILE").splitlines()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("scheme =", "shceme =", "FILE:3:1: 不明なキー 'shceme' があります ('scheme' ではありませんか)"),
        ("scheme =", "shceme =", "FILE:1:2: site.scheme がありません (キー 'scheme' を書いてください)"),
        ("poll_s = 1.0", "poll_s = -1", "FILE:9:1: poll_s: 0 より大きくなければなりません (現在の値: -1)"),
        ("poll_s = 1.0", 'poll_s = "x"', "FILE:9:1: poll_s: 数値ではありません (現在の値: 'x')"),
        ('protocol = "modbus"', 'protocol = "modbuss"',
         "FILE:7:1: 通信方式 'modbuss' はありません (次のいずれか: modbus, opcua)"),
        ('"meter.energy"', '"meter.enregy"',
         "FILE:35:3: 計測点 'meter.enregy' がありません ('meter.energy' ではありませんか)"),
        ('unit = "kWh"\n  [[stream', 'unit = "MWh"\n  [[stream',
         "FILE:35:3: meter.energy の単位は kWh、系統の単位は MWh です (単位を一致させてください)"),
        ('kind = "gauge"', 'kind = "guage"',
         "FILE:23:5: devices.points.kind: 選べる値ではありません: 'counter', 'gauge', 'state' (現在の値: 'guage')"),
        ("address = 10", "address = 1",
         "FILE:10:5: devices: 計測点 energy と pressure がレジスタ 1 で重なっています"),
        ("[site]\n", '[site]\ntime_zone = "Tokyo"\n',
         "FILE:2:1: site.time_zone: 'Tokyo' という時間帯はありません。日本は Asia/Tokyo です (現在の値: 'Tokyo')"),
        ("[[stream]]", '[dashboard]\nhost = "0.0.0.0"\n\n[[stream]]',
         f"FILE:28:2: dashboard: {HOST_IS_OPEN}"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_japanese_with_its_place(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in MINIMAL
    assert expected in japanese_mistakes(tmp_path, MINIMAL.replace(old, new, 1))


def test_what_is_no_toml_is_told_in_japanese(tmp_path: Path) -> None:
    (line,) = japanese_mistakes(tmp_path, "[site\n")
    assert line.startswith("FILE:1:6: TOML として読めません: ")
    with pytest.raises(SettingsError) as caught:
        read_toml(tmp_path / "none.toml")
    assert caught.value.text("ja").startswith(f"{tmp_path}/none.toml: ファイルがありません (-c で")


def test_a_mistake_has_a_kind_and_its_english_stays() -> None:
    mistake = Mistake(Path("site.toml"), 3, 1, say("unknown_key", key="shceme"), say("did_you_mean", name="scheme"))
    assert mistake.kind == "unknown_key"
    assert str(mistake) == "site.toml:3:1: unknown key 'shceme' (did you mean 'scheme'?)"
    of_another_program = Mistake(Path("site.toml"), 0, 0, "Permission denied")
    assert of_another_program.kind == ""
    assert of_another_program.text("ja") == str(of_another_program) == "site.toml: Permission denied"


class _Meter(BaseModel):
    clock: str = ""
    unit: int = Field(default=1, ge=0)

    @field_validator("clock")
    @classmethod
    def _refuse(cls, text: str) -> str:
        known = Wrong.of("overlap", "{first} and {second} overlap at {address}", first="a", second="b", address=7)
        unknown = Wrong.of("of_a_new_protocol", "{text} is no clock", text=text)
        raise WrongSettings(known, unknown, where="device meter")


def test_each_thing_that_a_collector_finds_is_a_mistake_of_its_own() -> None:
    """A protocol's own kinds need no edit elsewhere: without a sentence of ours the English is told."""
    with pytest.raises(ValidationError) as caught:
        _Meter.model_validate({"clock": "x{y}"})
    found = mistakes_of(caught.value, _Meter, lambda _, message, hint: Mistake(Path("site.toml"), 1, 1, message, hint))
    assert [mistake.text("ja") for mistake in found] == [
        "site.toml:1:1: clock: 計測点 a と b がレジスタ 7 で重なっています (現在の値: 'x{y}')",
        "site.toml:1:1: clock: 書き方が違います: device meter: x{y} is no clock (現在の値: 'x{y}')",
    ]
    assert [str(mistake) for mistake in found] == [
        "site.toml:1:1: clock: device meter: a and b overlap at 7 (it says 'x{y}')",
        "site.toml:1:1: clock: device meter: x{y} is no clock (it says 'x{y}')",
    ]
