"""Mistakes in settings, collected so that a person sees all of them at once, in the reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.texts.sentences import Sentence, Words, in_language


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake: where it stands, what is wrong, what to do. Line 0 means the whole file."""

    path: Path
    line: int
    column: int
    message: Words
    hint: Words | None = None

    @property
    def kind(self) -> str:
        """What is wrong, as a word for programs; empty where only a sentence of another program is known."""
        return self.message.kind if isinstance(self.message, Sentence) else ""

    def text(self, language: str) -> str:
        """One line for a person: `file:line:column: message (hint)`."""
        place = f"{self.path}:{self.line}:{self.column}" if self.line else f"{self.path}"
        hint = f" ({in_language(self.hint, language)})" if self.hint else ""
        return f"{place}: {in_language(self.message, language)}{hint}"

    def __str__(self) -> str:
        return self.text("en")


class SettingsError(Exception):
    """Everything that is wrong with a site's settings. Its text has one line for each mistake."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = tuple(mistakes)

    def text(self, language: str) -> str:
        """A line for each mistake, in a language."""
        return "\n".join(mistake.text(language) for mistake in self.mistakes)
