"""What people may declare about a site's figures: every entry is held against the site and the book before it is added.

Knows neither how it was typed nor how it is stored. A refusal says what to do.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from agent.accounting.booked_spans import BookProblem, BookProblemKind, read_points
from agent.accounting.entries import (
    Closing,
    Content,
    Draft,
    Entry,
    MeterReplacement,
    Reading,
    Withdrawal,
    standing,
)
from agent.accounting.entry_rules import (
    OfGas,
    OfMoment,
    OfPoint,
    OfStream,
    Quantified,
    Spanned,
    conflict_key,
    contradict,
)
from agent.accounting.interval import INTERVAL_S
from agent.correction_rules import missing_words, quantity_problems, register_bounds
from agent.settings.site import Site
from agent.texts.refusal import RefusalError
from agent.texts.sentences import Sentence, listed, say
from agent.typed import TypedError, close_to
from collectors.frame import Kind

_REGISTER_PROBLEMS = {BookProblemKind.FALL: "register_fell", BookProblemKind.TOO_FAST: "register_too_fast"}


class CorrectionError(RefusalError):
    """What was declared is refused."""


def unit_of(site: Site, name: str) -> str:
    """The unit in which a point (device.point), stream or product is declared.

    Raises TypedError for an unknown name, with the one that may be meant.
    """
    units = {name: point.unit for name, point in site.points.items()}
    units |= {stream.id: stream.unit for stream in (*site.streams, *site.products)}
    if name not in units:
        kind = "site_has_no_point" if "." in name else "site_has_no_stream"
        raise TypedError(say(kind, name=name).hinting(close_to(name, units)))
    return units[name]


def check_drafts(
    site: Site, drafts: Sequence[Draft], entries: Sequence[Entry], now_utc_s: int, places: Sequence[str] = ()
) -> None:
    """Hold drafts against the site, the book and each other. Raises CorrectionError with all that is wrong.

    `places` says where each draft comes from; it then stands before what is wrong with it.
    """
    checker = _Checker(site, entries, now_utc_s)
    problems: list[Sentence] = []
    for index, draft in enumerate(drafts):
        found = checker.problems_of(draft)
        problems.extend(problem.at(places[index]) if places else problem for problem in found)
        checker.add(draft.as_entry(len(entries) + 1 + index, now_utc_s * 1000))
    if not problems and any(isinstance(draft.content, OfMoment) for draft in drafts):
        problems.extend(checker.register_problems(entries))
    if problems:
        raise CorrectionError(*dict.fromkeys(problems))


class _Checker:
    """Holds one draft after another against the site and the entries before it."""

    def __init__(self, site: Site, entries: Iterable[Entry], now_utc_s: int) -> None:
        self._site = site
        self._points = site.points
        self._streams = {stream.id: stream for stream in (*site.streams, *site.products)}
        self._zone = site.file.site.zone
        self._now_utc_s = now_utc_s
        self._entries: dict[int, Entry] = {}
        self._withdrawn: set[int] = set()
        self._standing: defaultdict[tuple[object, ...], dict[int, Entry]] = defaultdict(dict)
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """Take an entry that holds from now on."""
        self._entries[entry.number] = entry
        self._standing[conflict_key(entry.content)][entry.number] = entry
        if isinstance(entry.content, Withdrawal) and entry.content.number in self._entries:
            self._withdrawn.add(entry.content.number)
            withdrawn = self._entries[entry.content.number]
            self._standing[conflict_key(withdrawn.content)].pop(withdrawn.number, None)

    def problems_of(self, draft: Draft) -> list[Sentence]:
        """All that is wrong with it."""
        content = draft.content
        problems = list(missing_words(draft))
        if isinstance(content, OfPoint):
            problems.extend(self._point_problems(content))
        if isinstance(content, OfStream):
            problems.extend(self._stream_problems(content))
        if isinstance(content, Spanned):
            problems.extend(self._span_problems(content.from_utc_s, content.to_utc_s))
        if isinstance(content, OfMoment):
            problems.extend(self._moment_problems(content))
        if isinstance(content, Quantified):
            problems.extend(quantity_problems(content))
        if isinstance(content, Withdrawal):
            problems.extend(self._withdrawal_problems(content))
        if not problems:
            problems.extend(self._conflicts(content))
        return problems

    # Names ----------------------------------------------------------------------------------------------------------

    def _point_problems(self, content: OfPoint) -> Iterator[Sentence]:
        point = self._points.get(content.point)
        if point is None or point.kind is not Kind.COUNTER:
            counters = [name for name, known in self._points.items() if known.kind is Kind.COUNTER]
            yield say("site_has_no_counter", name=content.point).hinting(close_to(content.point, counters))
            return
        if isinstance(content, Reading):
            yield from register_bounds(content.point, point, content.register)
        elif isinstance(content, MeterReplacement):
            yield from register_bounds(content.point, point, content.old_end)
            yield from register_bounds(content.point, point, content.new_start)

    def _stream_problems(self, content: OfStream) -> Iterator[Sentence]:
        stream = self._streams.get(content.stream)
        if stream is None:
            yield say("site_has_no_stream", name=content.stream).hinting(close_to(content.stream, self._streams))
        elif isinstance(content, OfGas) and content.state is not None and stream.gas_meter is None:
            yield say("no_gas", name=stream.id, state=content.state)

    # Times ----------------------------------------------------------------------------------------------------------

    def _span_problems(self, from_utc_s: int, to_utc_s: int) -> Iterator[Sentence]:
        span = self._span(from_utc_s, to_utc_s)
        if from_utc_s % INTERVAL_S or to_utc_s % INTERVAL_S:
            yield say("span_off_half_hours", span=span)
        if from_utc_s >= to_utc_s:
            yield say("span_without_length", span=span)
        if to_utc_s > self._now_utc_s:
            yield say("span_not_over", span=span)

    def _moment_problems(self, content: OfMoment) -> Iterator[Sentence]:
        at_utc_s = content.time_utc_s if isinstance(content, Reading) else content.time_ms // 1000
        if isinstance(content, Reading) and at_utc_s % INTERVAL_S:
            yield say("reading_inside_half_hour", time=self._time(at_utc_s))
        if at_utc_s > self._now_utc_s:
            yield say("in_the_future", time=self._time(at_utc_s))

    # What the book says already -------------------------------------------------------------------------------------

    def _conflicts(self, content: Content) -> Iterator[Sentence]:
        for entry in self._standing[conflict_key(content)].values():
            if contradict(entry.content, content):
                yield say("said_already", number=entry.number)
        if isinstance(content, MeterReplacement):
            for swap in self._site.replacements:
                if f"{swap.device}.{swap.point}" == content.point and swap.at_ms == content.time_ms:
                    yield say("declared_in_site_file", document=swap.document)

    def _withdrawal_problems(self, content: Withdrawal) -> Iterator[Sentence]:
        entry = self._entries.get(content.number)
        if entry is None:
            yield say("no_entry", number=content.number, last=len(self._entries))
        elif isinstance(entry.content, Withdrawal):
            yield say("is_withdrawal", number=content.number, withdrawn=entry.content.number)
        elif isinstance(entry.content, Closing):
            yield say("is_closing", number=content.number)
        elif content.number in self._withdrawn:
            yield say("is_withdrawn", number=content.number)

    def register_problems(self, before: Sequence[Entry]) -> Iterator[Sentence]:
        """What the figures could not use since `before`: registers that fall, or rise faster than the plant can."""
        _, old = read_points(standing(before), self._points, self._site.replacements)
        _, new = read_points(standing(self._entries.values()), self._points, self._site.replacements)
        known = set(old)
        for problem in new:
            if problem not in known:
                yield self._told(problem, len(before))

    def _told(self, problem: BookProblem, last: int) -> Sentence:
        there = [say("entry", number=number) for number in problem.numbers if number <= last]
        name, span = problem.name, self._span(problem.from_utc_s, problem.to_utc_s)
        where = say("register_span", name=name, span=span)
        if there:
            where = say("register_span_of", name=name, span=span, entries=listed(there))
        kind = _REGISTER_PROBLEMS.get(problem.kind)
        return say(kind, where=where) if kind else say("register_without_number", where=where, problem=problem.kind)

    def _time(self, utc_s: int) -> str:
        return datetime.fromtimestamp(utc_s, self._zone).strftime("%Y-%m-%d %H:%M %Z")

    def _span(self, from_utc_s: int, to_utc_s: int) -> Sentence:
        return say("span", start=self._time(from_utc_s), end=self._time(to_utc_s))
