"""Which numbers of the sites' sequences nobody has stored although later ones are. Pure: knows no broker and no clock.

Two things are heard. The answers of all bridges tell what is stored. Each site's status tells which numbers it does
not wait for (stored before we listened, or without a row: thinned out, discarded) and which it has not sent yet. So a
site is judged only once its status is known, and a bridge that was restarted knows at once what it missed.
"""

import json
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from agent.publish_ranges import Confirmed, Stretch

_MOST_SITES = 1000
_MOST_STRETCHES = 200
_LARGEST_STATUS = 65_536
_LARGEST_SEQ = 2**63 - 1

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers of a site that are missing; `reported` after the patience is over."""

    site: str
    stretch: Stretch
    since_s: float
    since_ms: int
    reported: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """What came to be a gap, and what was one."""

    opened: tuple[Gap, ...]
    filled: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """What a site says of its sequence. `waiting` is still to be sent; `unconfirmed` may name the first gaps only."""

    run: str
    counts_answers: bool
    durable_seq: int
    confirmed_seq: int
    highest_seq: int
    unconfirmed: tuple[Stretch, ...]
    waiting: tuple[Stretch, ...]

    @classmethod
    def parse(cls, payload: bytes) -> "SiteStatus | None":
        """The status in a message of a site; None for a site that is offline, and for anything else."""
        if len(payload) > _LARGEST_STATUS:
            return None
        try:
            told = json.loads(payload)
            return cls(
                str(told["run"]),
                told["confirm"] == "bridge",
                _seq(told["durable_seq"]),
                _seq(told["confirmed_seq"]),
                _seq(told["highest_seq"]),
                _stretches(told["unconfirmed"]),
                _stretches(told["waiting"]),
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            return None


def _seq(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST_SEQ:
        raise ValueError(f"{value!r} is no sequence number")
    return value


def _stretches(pairs: list[tuple[object, object]]) -> tuple[Stretch, ...]:
    found = tuple(Stretch(_seq(first), _seq(last)) for first, last in pairs)
    if len(found) > _MOST_STRETCHES or any(each.first_seq > each.last_seq for each in found):
        raise ValueError("these are no stretches")
    return tuple(_joined(sorted(found)))


def _joined(ordered: Sequence[Stretch]) -> list[Stretch]:
    """The same numbers in stretches that do not overlap."""
    joined: list[Stretch] = []
    for stretch in ordered:
        if joined and stretch.first_seq <= joined[-1].last_seq:
            joined[-1] = Stretch(joined[-1].first_seq, max(joined[-1].last_seq, stretch.last_seq))
        else:
            joined.append(stretch)
    return joined


@dataclass(slots=True)
class _Site:
    """What is known of one site."""

    status: SiteStatus
    stored: Confirmed
    gaps: list[Gap] = field(default_factory=list)

    def adopt(self, status: SiteStatus) -> None:
        """Take over what the site says. A sequence that is behind what was stored belongs to another journal."""
        if status.durable_seq < self.stored.highest_seq:
            self.stored = Confirmed(status.confirmed_seq)
            self.gaps = []
        self.status = status
        end = status.confirmed_seq
        for gap in (*status.unconfirmed, Stretch(status.highest_seq + 1, _LARGEST_SEQ)):
            if gap.first_seq > end + 1:
                self.stored.add(Stretch(end + 1, gap.first_seq - 1))
            end = max(end, gap.last_seq)
        self.stored.add(Stretch(0, status.confirmed_seq))

    def add(self, stretch: Stretch) -> None:
        """Note what a bridge stored; with too many stretches the lowest gap is passed over."""
        self.stored.add(stretch)
        if len(self.stored.ahead) > _MOST_STRETCHES:
            self.stored.add(Stretch(0, self.stored.ahead[0].first_seq - 1))

    def missing(self) -> list[Stretch]:
        """What is missing below the highest number that is stored, without what the site has yet to send."""
        return [part for gap in self.stored.gaps for part in _without(gap, self.status.waiting)]


def _without(stretch: Stretch, taken: Sequence[Stretch]) -> list[Stretch]:
    """The parts of a stretch that are in none of the others, which are in order and do not overlap."""
    parts: list[Stretch] = []
    first_seq = stretch.first_seq
    for each in _touching(stretch, taken, lambda other: other):
        if first_seq < each.first_seq:
            parts.append(Stretch(first_seq, each.first_seq - 1))
        first_seq = each.last_seq + 1
    if first_seq <= stretch.last_seq:
        parts.append(Stretch(first_seq, stretch.last_seq))
    return parts


def _touching(stretch: Stretch, ordered: Sequence[T], stretch_of: Callable[[T], Stretch]) -> list[T]:
    """Those that have a number in common with a stretch; they are in order and do not overlap."""
    start = bisect_left(ordered, stretch.first_seq, key=lambda each: stretch_of(each).last_seq)
    behind = bisect_right(ordered, stretch.last_seq, lo=start, key=lambda each: stretch_of(each).first_seq)
    return list(ordered[start:behind])


class Gaps:
    """The gaps of all sites: of a thousand at most, those that were heard last, and of each the highest 200.

    A gap is reported after `patience_s`, so that what is on its way, or sent again, is none.
    """

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._sites: OrderedDict[str, _Site] = OrderedDict()
        self.sites_forgotten = 0

    @property
    def open(self) -> list[Gap]:
        """The reported gaps, by site."""
        return [gap for _, site in sorted(self._sites.items()) for gap in site.gaps if gap.reported]

    @property
    def sites(self) -> int:
        """How many sites are watched."""
        return len(self._sites)

    def hear_status(self, name: str, payload: bytes) -> None:
        """Take what a site says. A site that went offline, or does not wait for bridges, changes nothing more."""
        status = SiteStatus.parse(payload)
        if status is None:
            return
        if not status.counts_answers:
            self._sites.pop(name, None)
            return
        if name not in self._sites:
            self._make_room()
            self._sites[name] = _Site(status, Confirmed(status.confirmed_seq))
        self._sites.move_to_end(name)
        self._sites[name].adopt(status)

    def _make_room(self) -> None:
        if len(self._sites) >= _MOST_SITES:
            self._sites.popitem(last=False)
            self.sites_forgotten += 1

    def hear_answer(self, name: str, correlation: bytes) -> None:
        """Take the answer of a bridge. Answers to another run of the site count for nothing: it sends again."""
        site = self._sites.get(name)
        stretch = None if site is None else Stretch.named(correlation, site.status.run)
        if site is None or stretch is None or not 0 < stretch.first_seq <= stretch.last_seq <= _LARGEST_SEQ:
            return
        site.add(stretch)

    def went_offline(self, name: str) -> None:
        """A site is gone: what it had yet to send nobody will send now."""
        site = self._sites.get(name)
        if site is not None:
            site.status = replace(site.status, waiting=())

    def begin_again(self) -> None:
        """We were deaf for a while: what is missing now, and was not reported, is as old as the next look."""
        for site in self._sites.values():
            site.gaps = [gap for gap in site.gaps if gap.reported]

    def look(self, now_s: float, now_ms: int) -> Changes:
        """Find the gaps as they are now; gives what is newly reported, and what was reported and is stored."""
        opened: list[Gap] = []
        filled: list[Gap] = []
        for name, site in self._sites.items():
            before, site.gaps = site.gaps, []
            for stretch in site.missing():
                gap = self._dated(Gap(name, stretch, now_s, now_ms), before)
                if not gap.reported and now_s - gap.since_s >= self._patience_s:
                    gap = replace(gap, reported=True)
                    opened.append(gap)
                site.gaps.append(gap)
            filled += [gap for gap in before if gap.reported and not _touching(gap.stretch, site.gaps, _stretch_of)]
        return Changes(tuple(opened), tuple(filled))

    def _dated(self, gap: Gap, before: list[Gap]) -> Gap:
        """A gap is as old as the oldest of which it is a part."""
        older = _touching(gap.stretch, before, _stretch_of)
        if not older:
            return gap
        oldest = min(older, key=lambda each: each.since_s)
        reported = any(each.reported for each in older)
        return replace(gap, since_s=oldest.since_s, since_ms=oldest.since_ms, reported=reported)


def _stretch_of(gap: Gap) -> Stretch:
    return gap.stretch
