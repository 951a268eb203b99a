"""What operators read, in English and Japanese. Each text has one key; both languages have every key."""

import locale
import os
from dataclasses import dataclass

from agent.texts import alerts, book, site, year

LANGUAGES = ("en", "ja")

_TABLES = (site.TEXTS, book.TEXTS, year.TEXTS, alerts.TEXTS)
_TEXTS = {key: texts for table in _TABLES for key, texts in table.items()}


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one language."""

    language: str

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key with its values filled in. Raises KeyError for a key that does not exist."""
        return _TEXTS[key][LANGUAGES.index(self.language)].format(**values)


def texts_for(language: str | None) -> Texts:
    """The texts of a language, or of the locale when none is named; English where that is neither."""
    if language is None:
        named = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
        language = "ja" if named.startswith("ja") or (locale.getlocale()[0] or "").startswith("ja") else "en"
    return Texts(language)
