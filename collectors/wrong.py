"""What is wrong with settings: a sentence in English, with kind and values for whoever says it in another language."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong. `said` is the sentence with its values filled in.

    One kind has the same values wherever it is named.
    """

    kind: str
    said: str
    values: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, kind: str, sentence: str, /, **values: object) -> Self:
        """Something wrong, in a sentence that names its values in braces."""
        texts = {name: str(value) for name, value in values.items()}
        return cls(kind, sentence.format(**texts), tuple(texts.items()))


class WrongSettings(ValueError):  # noqa: N818 - names the state of the settings
    """Settings that cannot be; `found` is all that is wrong with the part of them that `where` names."""

    def __init__(self, *found: Wrong, where: str = "") -> None:
        self.found = found
        self.where = where
        said = "; ".join(wrong.said for wrong in found)
        super().__init__(f"{where}: {said}" if where else said)
