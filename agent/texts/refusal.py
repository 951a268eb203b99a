"""The error of a part that refuses what a person gave it, with sentences for that person. Knows none of the parts."""

from agent.texts.sentences import Sentence


class RefusalError(ValueError):
    """What is refused. Its own text is English, a line for each reason."""

    def __init__(self, *reasons: Sentence) -> None:
        super().__init__("\n".join(map(str, reasons)))
        self.reasons = reasons

    def text(self, language: str) -> str:
        """The same in the reader's language."""
        return "\n".join(reason.text(language) for reason in self.reasons)
