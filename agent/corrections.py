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
    missing_words,
    quantity_problems,
    register_bounds,
)
from agent.accounting.interval import INTERVAL_S
from agent.settings.site import Site
from agent.typed import TypedError, close_to
from collectors.frame import Kind


class CorrectionError(ValueError):
    """What was declared is refused; one line for each reason."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def unit_of(site: Site, name: str) -> str:
    """The unit in which a point (device.point), stream or product is declared.

    Raises TypedError for an unknown name, with the one that may be meant.
    """
    units = {name: point.unit for name, point in site.points.items()}
    units |= {stream.id: stream.unit for stream in (*site.streams, *site.products)}
    if name not in units:
        what = "point" if "." in name else "stream"
        raise TypedError(f"the site has no {what} {name!r}" + _after(close_to(name, units)))
    return units[name]


def check_drafts(
    site: Site, drafts: Sequence[Draft], entries: Sequence[Entry], now_utc_s: int, places: Sequence[str] = ()
) -> None:
    """Hold drafts against the site, the book and each other. Raises CorrectionError with all that is wrong.

    `places` says where each draft comes from; it then stands before what is wrong with it.
    """
    checker = _Checker(site, entries, now_utc_s)
    problems: list[str] = []
    for index, draft in enumerate(drafts):
        number, place = len(entries) + 1 + index, f"{places[index]}: " if places else ""
        problems.extend(place + problem for problem in checker.problems_of(draft))
        checker.add(draft.as_entry(number, now_utc_s * 1000))
    if not problems and any(isinstance(draft.content, OfMoment) for draft in drafts):
        problems.extend(checker.register_problems(entries))
    if problems:
        raise CorrectionError(list(dict.fromkeys(problems)))


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

    def problems_of(self, draft: Draft) -> list[str]:
        """All that is wrong with it, one sentence each."""
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

    def _point_problems(self, content: OfPoint) -> Iterator[str]:
        point = self._points.get(content.point)
        if point is None or point.kind is not Kind.COUNTER:
            counters = [name for name, known in self._points.items() if known.kind is Kind.COUNTER]
            yield f"the site has no counter {content.point!r}" + _after(close_to(content.point, counters))
            return
        if isinstance(content, Reading):
            yield from register_bounds(content.point, point, content.register)
        elif isinstance(content, MeterReplacement):
            yield from register_bounds(content.point, point, content.old_end)
            yield from register_bounds(content.point, point, content.new_start)

    def _stream_problems(self, content: OfStream) -> Iterator[str]:
        stream = self._streams.get(content.stream)
        if stream is None:
            yield f"the site has no stream {content.stream!r}" + _after(close_to(content.stream, self._streams))
        elif isinstance(content, OfGas) and content.state is not None and stream.gas_meter is None:
            yield f"{stream.id} is no gas volume: it has no reference state ({content.state}); leave it out"

    # Times ----------------------------------------------------------------------------------------------------------

    def _span_problems(self, from_utc_s: int, to_utc_s: int) -> Iterator[str]:
        if from_utc_s % INTERVAL_S or to_utc_s % INTERVAL_S:
            yield f"{self._span(from_utc_s, to_utc_s)} does not begin and end on :00 or :30, as half hours do"
        if from_utc_s >= to_utc_s:
            yield f"{self._span(from_utc_s, to_utc_s)} has no length: the end is the first moment that no longer counts"
        if to_utc_s > self._now_utc_s:
            yield f"{self._span(from_utc_s, to_utc_s)} is not over yet: declare what has been"

    def _moment_problems(self, content: OfMoment) -> Iterator[str]:
        at_utc_s = content.time_utc_s if isinstance(content, Reading) else content.time_ms // 1000
        if isinstance(content, Reading) and at_utc_s % INTERVAL_S:
            yield (
                f"a reading at {self._time(at_utc_s)} falls inside a half hour, and what came before and after it is "
                "not known: read at :00 or :30, or declare the quantity between two readings from a document"
            )
        if at_utc_s > self._now_utc_s:
            yield f"{self._time(at_utc_s)} is in the future"

    # What the book says already -------------------------------------------------------------------------------------

    def _conflicts(self, content: Content) -> Iterator[str]:
        for entry in self._standing[conflict_key(content)].values():
            if contradict(entry.content, content):
                yield f"entry {entry.number} says this already, or says otherwise: withdraw it first"
        if isinstance(content, MeterReplacement):
            for swap in self._site.replacements:
                if f"{swap.device}.{swap.point}" == content.point and swap.at_ms == content.time_ms:
                    yield f"site.toml declares this replacement already ({swap.document})"

    def _withdrawal_problems(self, content: Withdrawal) -> Iterator[str]:
        entry = self._entries.get(content.number)
        if entry is None:
            yield f"the book has no entry {content.number}; its last is {len(self._entries)}"
        elif isinstance(entry.content, Withdrawal):
            withdrawn = entry.content.number
            yield f"entry {content.number} is a withdrawal: declare again what it withdrew, entry {withdrawn}"
        elif isinstance(entry.content, Closing):
            yield f"entry {content.number} closed a fiscal year, which stays so: close it again as the next revision"
        elif content.number in self._withdrawn:
            yield f"entry {content.number} is withdrawn already"

    def register_problems(self, before: Sequence[Entry]) -> Iterator[str]:
        """What the figures could not use since `before`: registers that fall, or rise faster than the plant can."""
        _, old = read_points(standing(before), self._points, self._site.replacements)
        _, new = read_points(standing(self._entries.values()), self._points, self._site.replacements)
        known = set(old)
        for problem in new:
            if problem not in known:
                yield self._told(problem, len(before))

    def _told(self, problem: BookProblem, last: int) -> str:
        there = ", ".join(f"entry {number}" for number in problem.numbers if number <= last)
        span = f"{problem.name} from {self._span(problem.from_utc_s, problem.to_utc_s)}"
        span += f" ({there})" if there else ""
        if problem.kind is BookProblemKind.FALL:
            return f"{span} would have fallen, and a counter does not: check the displays, or declare the new meter"
        if problem.kind is BookProblemKind.TOO_FAST:
            why = "would have risen faster than its declared maximum (a lower register counts as turned over)"
            return f"{span} {why}: check the displays, or declare the new meter"
        return f"{span} has no number: {problem.kind}"

    def _time(self, utc_s: int) -> str:
        return datetime.fromtimestamp(utc_s, self._zone).strftime("%Y-%m-%d %H:%M %Z")

    def _span(self, from_utc_s: int, to_utc_s: int) -> str:
        return f"{self._time(from_utc_s)} to {self._time(to_utc_s)}"


def _after(hint: str) -> str:
    return f": {hint}" if hint else ""
