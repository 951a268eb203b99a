"""Sentences for people: both languages say the same, and whoever says one gives exactly the values that it names."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.texts import corrections, sheets
from agent.texts.refusal import RefusalError
from agent.texts.sentences import _TABLES, SENTENCES, listed, say

AGENT = Path(__file__).parents[2] / "agent"
SOURCES = {
    path: path.read_text(encoding="utf-8")
    for path in sorted(AGENT.rglob("*.py"))
    if path.parent.name not in {"texts", "submission"}
}
SPEAKERS = [
    path for path, source in SOURCES.items() if re.search(r"from agent\.texts\.sentences import .*\bsay\b", source)
]
REFUSALS = {**corrections.SENTENCES, **sheets.SENTENCES}
VALUES_ALONE = {"year", "and_then", "span", "register_span", "register_span_of"}
"""Nothing but values and what stands between them."""


def values_of(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def said_in(source: str) -> Iterator[tuple[str, set[str]]]:
    """Each kind that a source says by its name, with the names of the values that it gives."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
            kind = node.args[0]
            names = {keyword.arg for keyword in node.keywords}
            if isinstance(kind, ast.Constant) and None not in names:
                yield str(kind.value), {name for name in names if name is not None}


def test_no_kind_has_two_sentences() -> None:
    assert len(SENTENCES) == sum(map(len, _TABLES))


@pytest.mark.parametrize("kind", sorted(REFUSALS))
def test_both_languages_say_the_same(kind: str) -> None:
    english, japanese = REFUSALS[kind]
    assert values_of(japanese) == values_of(english) - {"said"}
    assert english.replace("…", "").replace("はい", "").replace("いいえ", "").isascii()
    assert kind in VALUES_ALONE or not japanese.isascii()


@pytest.mark.parametrize("path", SPEAKERS, ids=lambda path: str(path.relative_to(AGENT)))
def test_who_says_a_sentence_gives_its_values(path: Path) -> None:
    for kind, given in said_in(SOURCES[path]):
        assert given == set.union(*map(values_of, SENTENCES[kind])), kind


def test_every_refusal_is_used() -> None:
    sources = "".join(SOURCES.values()) + (AGENT / "texts" / "sentences.py").read_text(encoding="utf-8")
    named_by_others = ("field_", "column_")
    unused = [kind for kind in REFUSALS if f'"{kind}"' not in sources and not kind.startswith(named_by_others)]
    assert unused == []
    for beginning in named_by_others:
        assert f'say(f"{beginning}{{' in sources


def test_a_kind_that_does_not_exist_is_not_said() -> None:
    with pytest.raises(KeyError):
        say("no_such_kind")


def test_sentences_within_sentences_are_read_in_one_language() -> None:
    where = say("register_span", name="solar.energy", span=say("span", start="1:00", end="2:00"))
    fell = say("register_fell", where=where).at("a.csv:2:3")
    assert str(fell).startswith("a.csv:2:3: solar.energy from 1:00 to 2:00 would have fallen")
    assert fell.text("ja").startswith("a.csv:2:3: solar.energy(1:00~2:00) の指示値が減った")
    entries = listed([say("entry", number=number) for number in (1, 2)])
    assert (str(entries), entries.text("ja")) == ("entry 1, entry 2", "記入 1、記入 2")


def test_what_to_do_stands_behind_what_is_wrong() -> None:
    there = say("site_has_no_point", name="a.b")
    assert there.hinting(None) == there
    told = there.hinting(say("did_you_mean", name="a.c"))
    assert str(told) == "the site has no point 'a.b': did you mean 'a.c'?"
    assert told.text("ja") == "サイトに計測点 'a.b' はありません。'a.c' ではありませんか"
    refused = RefusalError(told, say("no_reason"))
    assert str(refused).splitlines() == [str(told), "no reason: why is this declared?"]
    assert refused.text("ja").splitlines()[0] == told.text("ja")
