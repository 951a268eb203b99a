"""Both languages say the same: every text has the same values to fill in, and every text is used."""

import re
from pathlib import Path

import pytest

from agent.texts import _TABLES, _TEXTS, LANGUAGES, Texts, texts_for

AGENT = Path(__file__).parents[2] / "agent"


@pytest.mark.parametrize("key", sorted(_TEXTS))
def test_both_languages_fill_in_the_same_values(key: str) -> None:
    english, japanese = ({name for name, _ in re.findall(r"{(\w+)(:[^}]*)?}", text)} for text in _TEXTS[key])
    assert english == japanese
    assert all(text.strip() for text in _TEXTS[key])


def test_no_key_has_two_texts() -> None:
    assert len(_TEXTS) == sum(map(len, _TABLES))


def test_every_text_is_used() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in AGENT.rglob("*.py") if path.parent.name != "texts")
    assert [key for key in _TEXTS if not is_used(key, sources)] == []


def is_used(key: str, sources: str) -> bool:
    """Whether a key stands in the sources, whole or as a beginning that something is put behind."""
    beginnings = (key[: match.end()] for match in re.finditer("_", key))
    return f'"{key}"' in sources or f"'{key}'" in sources or any(f'f"{part}{{' in sources for part in beginnings)


@pytest.mark.parametrize(
    ("asked", "locale", "expected"),
    [("ja", "C", "ja"), ("en", "ja_JP.UTF-8", "en"), (None, "ja_JP.UTF-8", "ja"), (None, "C.UTF-8", "en")],
)
def test_the_language_is_the_one_asked_for_or_the_locales(
    monkeypatch: pytest.MonkeyPatch, asked: str | None, locale: str, expected: str
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    assert texts_for(asked) == Texts(expected)
    assert expected in LANGUAGES
