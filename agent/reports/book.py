"""Entries of the book in words, and as records for JSON. Knows no site: units are given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from agent.accounting.entries import (
    Answer,
    Assertion,
    BookedQuantity,
    Closing,
    Content,
    Draft,
    Entry,
    Exclusion,
    Invoice,
    MeterReplacement,
    Reading,
    Substitution,
    SubstitutionMethod,
    Withdrawal,
)
from agent.storage.entry_codec import Plain, kind_of, plain
from agent.texts import Texts

UnitOf = Callable[[str], str]
"""The unit of a point or stream; empty for one that is there no more."""

_SENTENCES: Mapping[type[Content], str] = {
    Reading: "entry_reading",
    BookedQuantity: "entry_quantity",
    Invoice: "entry_invoice",
    Assertion: "entry_assertion",
    Exclusion: "entry_exclusion",
    Substitution: "entry_substitution",
    MeterReplacement: "entry_replacement",
    Answer: "entry_answer",
    Withdrawal: "entry_withdrawal",
    Closing: "entry_closing",
}
_METHODS = {
    SubstitutionMethod.LAST_WEEK: "substitution_last_week",
    SubstitutionMethod.MEAN: "substitution_mean",
    SubstitutionMethod.VALUE: "substitution_value",
}


class EntryWriter:
    """Writes entries in one language, with the local times of a place."""

    def __init__(self, texts: Texts, zone: ZoneInfo, unit_of: UnitOf) -> None:
        self._texts = texts
        self._zone = zone
        self._unit_of = unit_of

    def sentence(self, content: Content) -> str:
        """What is declared, in one line."""
        values = {field.name: getattr(content, field.name) for field in fields(content)}
        times = {
            name.removesuffix("_utc_s"): self.time(value) for name, value in values.items() if name.endswith("_utc_s")
        }
        if isinstance(content, MeterReplacement):
            times["time"] = self.time(content.time_ms // 1000)
        named = values.get("point") or values.get("stream")
        told = {"unit": self._unit_of(named) if named else "", "state": ""} | values | times
        told |= {name: f"{value:f}" for name, value in values.items() if isinstance(value, Decimal)}
        if isinstance(content, Substitution):
            told["how"] = self._texts(_METHODS[content.method], **told)
        told["state"] = f" ({told['state']})" if told["state"] else ""
        return self._texts(_SENTENCES[type(content)], **told)

    def line(self, draft: Draft | Entry) -> str:
        """What is declared, who says so, why, and on what document."""
        number = f"{draft.number}. " if isinstance(draft, Entry) else ""
        return f"{number}{self.sentence(draft.content)} ({_words(draft)})"

    def paragraph(self, entry: Entry, withdrawn: Mapping[int, int]) -> str:
        """An entry in two lines; one that was withdrawn begins with the word for it."""
        told = self.sentence(entry.content)
        if entry.number in withdrawn:
            told = self._texts("entry_withdrawn", number=withdrawn[entry.number], entry=told)
        return f"{entry.number:5}. {self.time(entry.time_ms // 1000)}  {told}\n       {_words(entry)}"

    def record(self, entry: Entry, withdrawn: Mapping[int, int]) -> Mapping[str, object]:
        """An entry for JSON: the content as the book has it, and the sentence."""
        content: Mapping[str, Plain] = plain(entry.content)
        return {
            "number": entry.number,
            "time": datetime.fromtimestamp(entry.time_ms / 1000, self._zone).isoformat(timespec="milliseconds"),
            "person": entry.person,
            "reason": entry.reason,
            "document": entry.document,
            "kind": kind_of(entry.content),
            "content": content,
            "declared": self.sentence(entry.content),
            "withdrawn_by": withdrawn.get(entry.number),
        }

    def time(self, utc_s: int) -> str:
        """A local time with its zone; seconds only where there are some."""
        local = datetime.fromtimestamp(utc_s, self._zone)
        return local.strftime("%Y-%m-%d %H:%M:%S %Z" if local.second else "%Y-%m-%d %H:%M %Z")


def _words(draft: Draft | Entry) -> str:
    return "; ".join(word for word in (draft.person, draft.reason, draft.document) if word)


def withdrawn_by(entries: Sequence[Entry]) -> Mapping[int, int]:
    """The numbers of the entries that were withdrawn, each with the number of its withdrawal."""
    return {entry.content.number: entry.number for entry in entries if isinstance(entry.content, Withdrawal)}
