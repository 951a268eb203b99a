"""What is wrong with a submission: a kind, its values, the place in the document. Knows neither files nor screens.

Whoever decides by a fault looks at its kind; the sentence, in the reader's language, comes from `fault_texts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from agent.submission.fault_kinds import FaultKind, PlaceKind
from agent.submission.fault_texts import figures_text, place_text, sentence

_LONGEST_VALUE = 300


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a document: the path of a field, a line by its id, a record by its number."""

    kind: PlaceKind
    name: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, with values that any screen can show.

    Of a figure that does not follow, `stated` is what the document says and `recomputed` what comes out.
    """

    kind: FaultKind
    place: Place | None = None
    values: tuple[tuple[str, str], ...] = ()
    stated: str = ""
    recomputed: str = ""

    @classmethod
    def of(cls, kind: FaultKind, place: Place | None = None, /, **values: object) -> Self:
        """A fault with the values that the kind's sentence names. Long values are cut off."""
        return cls(kind, place, tuple((name, _shown(value)) for name, value in values.items()))

    @classmethod
    def of_figure(cls, place: Place, figure: str, stated: str, recomputed: str) -> Self:
        """A figure that is not what it should be."""
        return cls(FaultKind.FIGURE, place, (("figure", figure),), stated, recomputed)

    def at(self, place: Place) -> "Fault":
        """The same fault in a place."""
        return Fault(self.kind, place, self.values, self.stated, self.recomputed)

    def text(self, language: str) -> str:
        """One sentence for a person."""
        said = sentence(self.kind, dict(self.values), language)
        if self.recomputed:
            said += figures_text(self.stated, self.recomputed, language)
        return said if self.place is None else place_text(self.place.kind, self.place.name, language, said)

    def __str__(self) -> str:
        return self.text("en")

    @property
    def where(self) -> str:
        """The place alone, in English, as `--json` gives it."""
        return "" if self.place is None else place_text(self.place.kind, self.place.name, "en")

    @property
    def what(self) -> str:
        """What is wrong there, in English, as `--json` gives it."""
        return sentence(self.kind, dict(self.values), "en")

    def plain(self) -> dict[str, str]:
        """The fault as a table of JSON; `of_plain` reads it again."""
        place = {} if self.place is None else {"place": self.place.kind.value, "name": self.place.name}
        values = {f"value_{name}": value for name, value in self.values}
        figures = {"stated": self.stated, "recomputed": self.recomputed}
        return {"kind": self.kind.value} | place | values | {name: text for name, text in figures.items() if text}

    @classmethod
    def of_plain(cls, table: Mapping[str, str]) -> Self:
        """A fault from what `plain` gave."""
        place = Place(PlaceKind(table["place"]), table["name"]) if "place" in table else None
        values = tuple((key.removeprefix("value_"), text) for key, text in table.items() if key.startswith("value_"))
        return cls(FaultKind(table["kind"]), place, values, table.get("stated", ""), table.get("recomputed", ""))


def _shown(value: object) -> str:
    text = str(value)[:_LONGEST_VALUE]
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
