"""The commands `key` and `submission`, as a person types them."""

import argparse
import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from agent.cli.submission import add_parsers
from agent.settings.resources import configs_folder
from agent.submission.wording import _WORDS, word
from agent.texts import Texts
from tests.agent.submission.conftest import Json, Mill, text_of
from tests.conftest import StartMosquitto

EXAMPLE = configs_folder() / "demo" / "totals-2023.toml"
AGENT = Path(__file__).parents[3] / "agent"


def run(*words: str | Path) -> int:
    parser = argparse.ArgumentParser()
    add_parsers(parser.add_subparsers(required=True), importlib.import_module("agent.cli.main")._command)
    options = parser.parse_args([str(word) for word in words])
    return int(options.command(options))


@pytest.fixture
def signed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A key and a signed example in the test's folder."""
    assert run("key", "make", "-c", tmp_path) == 0
    key, path = tmp_path / "submission-key.jwk", tmp_path / "2023.jws"
    assert run("submission", "from-totals", EXAMPLE, "--key", key, "--out", path) == 0
    capsys.readouterr()
    return path


def said(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_a_key_is_made_shown_and_never_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("key", "make", "-c", tmp_path) == 0
    made = capsys.readouterr()
    secret = json.loads((tmp_path / "submission-key.jwk").read_text(encoding="utf-8"))["d"]
    assert run("key", "show", "-c", tmp_path, "--json") == 0
    shown = said(capsys)
    assert shown["public_key"]["kid"] == shown["kid"]
    assert shown["fingerprint"] in made.out
    assert shown["kid"] in made.out
    assert secret not in made.out + made.err + json.dumps(shown)
    assert run("key", "make", "-c", tmp_path) == 1
    assert "never overwritten" in capsys.readouterr().err


def test_verify_tells_a_japanese_reader_in_japanese(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    signed.write_bytes(signed.read_bytes() + b"\n")
    assert run("submission", "verify", signed, "-c", signed.parent, "--lang", "ja") == 1
    told = capsys.readouterr()
    assert "バイト目が b'\\n' です。他のソフトで開いて保存していませんか" in told.err
    assert "成立しません" in told.out
    assert run("submission", "show", signed, "--lang", "ja") == 1
    assert "他のソフトで開いて保存していませんか" in capsys.readouterr().err


def test_a_file_that_is_too_large_is_not_sent(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither is it read as a whole: the file has 100 MB, and is found too large by its first."""
    with signed.open("r+b") as file:
        file.truncate(100_000_000)
    for way in (["--mqtt", "-c", signed.parent], ["--https", "https://127.0.0.1:1"], ["--to", signed.parent]):
        assert run("submission", "send", signed, *way, "--lang", "en") == 1
        assert "too large: 5,334,769 bytes, at most 5,334,768 are accepted" in capsys.readouterr().err


def test_sign_verify_show(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("submission", "verify", signed, "-c", signed.parent, "--lang", "en") == 0
    assert "holds. seto_aluminium/marugame, FY2023, revision 1, final" in capsys.readouterr().out
    assert run("submission", "verify", signed, "-c", signed.parent, "--json") == 0
    (verdict,) = said(capsys)
    assert (verdict["holds"], verdict["company"], verdict["reasons"]) == (True, "seto_aluminium", [])
    for language, title in (("en", "crude-oil equivalent"), ("ja", "原油換算")):
        assert run("submission", "show", signed, "--lang", language) == 0
        assert title in capsys.readouterr().out
    assert run("submission", "show", signed, "--json") == 0
    shown = said(capsys)
    assert (shown["kid"], shown["document"]["totals"]["production_t"]) == (verdict["kid"], "69849.7")


def test_show_prints_what_a_text_says_and_not_what_it_would_do(
    small: Json, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small["approval"]["person"] = "[red]a[/] [/b]"
    (tmp_path / "draft.json").write_bytes(text_of(small))
    assert run("submission", "show", tmp_path / "draft.json", "--lang", "en") == 0
    printed = capsys.readouterr().out
    assert "[red]a[/] [/b]" in printed
    assert "a draft, not signed" in printed


def test_keys_on_file(signed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "keys").mkdir()
    assert run("submission", "verify", signed, "--keys", tmp_path / "keys") == 1
    assert "holds no public key" in capsys.readouterr().err
    assert run("key", "show", "-c", tmp_path, "--json") == 0
    (tmp_path / "keys" / "seto.jwk").write_text(json.dumps(said(capsys)["public_key"]), encoding="utf-8")
    assert run("submission", "verify", signed, "--keys", tmp_path / "keys", "--lang", "en") == 0
    assert "key seto " in capsys.readouterr().out


def test_every_reason_is_printed_and_the_exit_code_is_1(
    signed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = tmp_path / "changed.jws"
    file = signed.read_bytes()
    changed.write_bytes(file[:-1] + b"\n")
    missing = tmp_path / "none.jws"
    assert run("submission", "verify", signed, changed, missing, "-c", tmp_path, "--lang", "en") == 1
    printed = capsys.readouterr()
    assert f"{signed}: holds" in printed.out
    assert f"{changed}: does not hold" in printed.out
    assert "was the file opened and saved by another program?" in printed.err
    assert f"{missing}: cannot be read: No such file" in printed.err
    assert run("submission", "verify", changed, missing, "-c", tmp_path, "--json") == 1
    assert [verdict["holds"] for verdict in said(capsys)] == [False, False]


def test_a_draft_is_written_when_asked_for_and_accepted_nowhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draft = tmp_path / "draft.json"
    with pytest.raises(SystemExit):
        run("submission", "from-totals", EXAMPLE, "--out", draft)
    assert run("submission", "from-totals", EXAMPLE, "--out", draft, "--unsigned") == 0
    assert run("key", "make", "-c", tmp_path) == 0
    assert run("submission", "verify", draft, "-c", tmp_path) == 1
    assert run("submission", "send", draft, "--to", tmp_path, "-c", tmp_path) == 1
    assert "is a draft; sign it first" in capsys.readouterr().err


def test_send_to_a_folder(signed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stick").mkdir()
    assert run("submission", "send", signed, "--to", tmp_path / "stick", "-c", tmp_path, "--json") == 0
    path = tmp_path / "stick" / "seto_aluminium-marugame-2023-r1.jws"
    assert said(capsys)["place"] == str(path)
    assert path.read_bytes() == signed.read_bytes()


def test_what_nobody_would_accept_is_not_sent(signed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = signed.read_bytes()
    signed.write_bytes(file[:-4] + b"AAAA"[:3] + file[-1:])
    (tmp_path / "stick").mkdir()
    assert run("submission", "send", signed, "--to", tmp_path / "stick", "-c", tmp_path) == 1
    assert "was changed after it was signed" in capsys.readouterr().err
    assert list((tmp_path / "stick").iterdir()) == []


def test_provisional_figures_of_a_metered_site(mill: Mill, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("key", "make", "-c", tmp_path) == 0
    build = ("submission", "build", "-c", tmp_path, "--fiscal-year", "2023")
    assert run(*build) == 1
    assert "fiscal year 2023 is not closed: close it with `atsuen close`" in capsys.readouterr().err
    assert run(*build, "--through", "2023-04") == 2
    provisional = (*build, "--provisional", "--through", "2023-04", "--company", "seto")
    assert run(*provisional) == 1
    assert "--approved-by is needed" in capsys.readouterr().err
    path = tmp_path / "april.jws"
    assert run(*provisional, "--approved-by", "工場長", "--out", path) == 0
    assert run("submission", "verify", path, "-c", tmp_path, "--lang", "en") == 0
    assert f"{path}: holds. seto/mill, FY2023, revision 1, provisional" in capsys.readouterr().out


@pytest.mark.mosquitto
def test_send_to_the_sites_broker(
    mill: Mill, signed: Path, start_mosquitto: StartMosquitto, capsys: pytest.CaptureFixture[str]
) -> None:
    site = mill.site.folder / "site.toml"
    site.write_text(site.read_text(encoding="utf-8") + f"[mqtt]\nport = {start_mosquitto().port}\n", encoding="utf-8")
    assert run("submission", "send", signed, "--mqtt", "-c", site.parent, "--lang", "en") == 0
    place = "atsuen/submission/seto_aluminium/marugame/2023"
    assert capsys.readouterr().out == f"kept by the broker on {place}; nobody listens there yet\n"


@pytest.mark.parametrize("key", sorted(_WORDS))
def test_every_word_is_in_both_languages_and_used(key: str) -> None:
    files = [*(AGENT / "submission").glob("*.py"), AGENT / "cli" / "submission_commands.py"]
    sources = "".join(path.read_text(encoding="utf-8") for path in files if path.name != "wording.py")
    values = dict.fromkeys(
        ("path", "place", "answer", "file", "company", "site", "year", "revision", "status", "key", "digest"), "x"
    )
    english, japanese = (word(Texts(language), key, **values) for language in ("en", "ja"))
    assert english
    assert japanese
    assert f'"{key}"' in sources or key in {"final", "provisional", "metered", "typed"}
