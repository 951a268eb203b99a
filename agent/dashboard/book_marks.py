"""What of the book some time depends on, so that a correction leaves figures of other times as they were drawn.

An entry tells of its stream or point from the first to the last of the entries that name the same: what lies between
two readings depends on both. Time that is substituted depends on the weeks around it. Knows no storage of figures.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.accounting.declared import OfStream
from agent.accounting.entries import BookedQuantity, Content, Entry, MeterReplacement, Reading, Substitution, standing
from agent.query import entries_of
from agent.settings.site import Site
from agent.storage.book import book_path
from agent.storage.stamp import NO_FILE, FileStamp, file_stamp

_AROUND_S = 28 * 86_400
"""How far from its own time a substitution looks (`entries.SubstitutionMethod`)."""


@dataclass(frozen=True, slots=True)
class BookMark:
    """A digest of the entries on which a time depends, and the time in UTC seconds on whose half hours these rest."""

    digest: str
    from_utc_s: int
    to_utc_s: int


@dataclass(frozen=True, slots=True)
class _Story:
    """All entries that tell of one stream and its points, and the time between the first and the last."""

    from_utc_s: int
    to_utc_s: int
    looks_around: bool
    text: str


class BookMarks:
    """Reads the book again when its file has changed. Used from one thread at a time."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._path = book_path(site.path(site.file.journal.path))
        self._state: FileStamp | None = None
        self._stories: Sequence[_Story] = ()

    def over(self, from_utc_s: int, to_utc_s: int) -> BookMark:
        """What a time depends on. Raises StorageError for a book that is damaged."""
        self._refresh()
        start, end, texts = from_utc_s, to_utc_s, []
        for story in self._stories:
            if story.from_utc_s < to_utc_s and story.to_utc_s > from_utc_s:
                around_s = _AROUND_S if story.looks_around else 0
                start, end = min(start, story.from_utc_s - around_s), max(end, story.to_utc_s + around_s)
                texts.append(story.text)
        return BookMark(hashlib.sha256("\n".join(texts).encode()).hexdigest() if texts else "", start, end)

    def _refresh(self) -> None:
        state = file_stamp(self._path)
        if state != self._state:
            entries = entries_of(self._site) if state != NO_FILE else []
            self._stories, self._state = _stories(self._site, entries), state


def _stories(site: Site, entries: Iterable[Entry]) -> list[_Story]:
    by_name: dict[str, list[Entry]] = {}
    for entry in standing(entries):
        by_name.setdefault(_name(entry.content), []).append(entry)
    found = []
    for stream in (*site.streams, *site.products):
        names = [stream.id, *(f"{ref.device}.{ref.point}" for ref in stream.points())]
        told = [entry for name in names for entry in by_name.get(name, ())]
        if told:
            times = [_times(entry.content) for entry in told]
            around = any(isinstance(entry.content, Substitution) for entry in told)
            text = repr([(entry.number, entry.content) for entry in told])
            found.append(_Story(min(start for start, _ in times), max(end for _, end in times), around, text))
    return found


def _name(content: Content) -> str:
    """The stream or point that an entry tells of; empty for one that tells of no figure."""
    if isinstance(content, OfStream):
        return content.stream
    return content.point if isinstance(content, Reading | BookedQuantity | MeterReplacement) else ""


def _times(content: Content) -> tuple[int, int]:
    if isinstance(content, OfStream | BookedQuantity):
        return content.from_utc_s, content.to_utc_s
    moment = content.time_utc_s if isinstance(content, Reading) else 0
    moment = content.time_ms // 1000 if isinstance(content, MeterReplacement) else moment
    return moment, moment + 1
