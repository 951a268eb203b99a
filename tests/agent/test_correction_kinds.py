"""One description of corrections: what the command line asks for, what a page asks for, and what they say."""

import argparse
import re

import pytest

from agent.accounting.entries import Closing, Content, SubstitutionMethod
from agent.accounting.gas_volume import ReferenceState
from agent.cli.correct_kinds import add_fields, typed_values
from agent.correction_fields import METHOD, STATE, Shape
from agent.correction_kinds import KINDS, Kind, kind_named
from agent.reports.report_texts import REPORT_TEXTS
from agent.storage.entry_codec import kind_of
from agent.typed import TypedError

# As docs/how-to/correct-a-figure.md has them; * is for one that may be left out.
FLAGS = {
    "reading": "POINT --at --register --unit",
    "quantity": "POINT --from --to --quantity --unit",
    "invoice": "STREAM --from --to --quantity --unit --state*",
    "assert": "STREAM --from --to --quantity --unit --state* --tolerance",
    "exclude": "STREAM --from --to",
    "substitute": "STREAM --from --to --method --quantity* --unit* --state*",
    "replace": "POINT --at --old-end --new-start --unit",
    "answer": "FINDING",
    "withdraw": "NUMBER",
}


JAPANESE = "[ぁ-んァ-ヶ一-龠]"


def flags_of(kind: Kind) -> str:
    parser = argparse.ArgumentParser(add_help=False)
    add_fields(parser, kind)
    words = []
    for action in parser._actions:
        name = action.option_strings[0] if action.option_strings else str(action.metavar)
        words.append(name + ("" if action.required else "*"))
    return " ".join(words)


def test_the_command_line_has_its_flags() -> None:
    assert {kind.command: flags_of(kind) for kind in KINDS} == FLAGS


def test_each_content_that_a_person_declares_has_a_kind() -> None:
    every = {kind_of(content) for content in _empty_contents()}
    assert {kind.name for kind in KINDS} == every - {"closing"}
    assert all(f"kind_{kind.name}" in REPORT_TEXTS for kind in KINDS)
    with pytest.raises(TypedError, match="is none of reading"):
        kind_named("closing")


def _empty_contents() -> list[Content]:
    """One of each type; what is in it does not matter."""
    return [each.__new__(each) for each in (*Content.__args__,)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_word_is_there_in_both_languages(kind: Kind) -> None:
    for english, japanese in [kind.purpose, *(words for f in kind.fields for words in (f.label, f.meaning))]:
        assert not re.search(JAPANESE, english)
        assert re.search(JAPANESE, japanese)
        assert "%" not in english.replace(", %", ""), "argparse would fill it in"
    assert len({field.name for field in kind.fields}) == len(kind.fields)
    assert all(bool(field.choices) == (field.shape is Shape.CHOICE) for field in kind.fields)


def test_every_choice_can_be_made() -> None:
    """A word that the book knows and a page does not offer could only be typed."""
    assert METHOD.words == tuple(SubstitutionMethod)
    assert STATE.words == tuple(ReferenceState)


def test_what_was_left_out_is_not_typed() -> None:
    parser = argparse.ArgumentParser()
    kind = kind_named("substitution")
    add_fields(parser, kind)
    options = parser.parse_args(["boiler_gas", "--from", "2023-10-01", "--to", "2023-10-02", "--method", "mean"])
    assert typed_values(options, kind) == {
        "name": "boiler_gas",
        "from": "2023-10-01",
        "to": "2023-10-02",
        "method": "mean",
    }


def test_a_closing_is_nothing_to_type() -> None:
    assert kind_of(Closing(2023, 1, False, "", "", "")) == "closing"
