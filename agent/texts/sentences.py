"""Sentences for people: a kind, its values, and the words of both languages. Knows nothing of what the sentences tell.

Whoever decides by a sentence looks at its kind. What was already said in one language only stays a plain text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Self

from agent.texts import LANGUAGES, corrections, mistakes, parameters, sheets
from agent.texts.fields import FIELD_SENTENCES

_TABLES: tuple[Mapping[str, tuple[str, str]], ...] = (
    FIELD_SENTENCES,
    mistakes.SENTENCES,
    corrections.SENTENCES,
    sheets.SENTENCES,
    parameters.SENTENCES,
)
SENTENCES = {str(kind): sentence for table in _TABLES for kind, sentence in table.items()}
"""Of each kind the sentence in every language, with its values in braces."""
_BEFORE_HINT = (": ", "。")


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is to be said, in whatever language it will be read. `place` stands before it, what to do behind it."""

    kind: str
    values: tuple[tuple[str, "Sentence | str"], ...] = ()
    place: str = ""
    hint: "Sentence | None" = None

    def at(self, place: str) -> Self:
        """The same of a place."""
        return replace(self, place=place)

    def hinting(self, hint: "Sentence | None") -> Self:
        """The same with what to do, where that is known."""
        return replace(self, hint=hint)

    def text(self, language: str) -> str:
        """The sentence in a language."""
        filled = {name: in_language(value, language) for name, value in self.values}
        said = SENTENCES[self.kind][LANGUAGES.index(language)].format(**filled)
        if self.hint is not None:
            said += _BEFORE_HINT[LANGUAGES.index(language)] + self.hint.text(language)
        return f"{self.place}: {said}" if self.place else said

    def __str__(self) -> str:
        return self.text("en")


def say(kind: str, /, **values: object) -> Sentence:
    """A sentence with the values that its kind names; a value may be a sentence. Raises KeyError for no such kind."""
    if kind not in SENTENCES:
        raise KeyError(kind)
    return Sentence(
        kind, tuple((name, value if isinstance(value, Sentence) else str(value)) for name, value in values.items())
    )


def listed(sentences: Sequence[Sentence]) -> Sentence:
    """Several sentences, one after the other; there is at least one."""
    return reduce(lambda first, then: say("and_then", first=first, then=then), sentences)


Words = Sentence | str
"""A sentence, or the words of another program, such as the operating system's, that are what they are."""


def in_language(words: Words, language: str) -> str:
    """The words as they are read in a language."""
    return words.text(language) if isinstance(words, Sentence) else words
