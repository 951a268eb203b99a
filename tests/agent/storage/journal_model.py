"""What a journal has to hold, as plain lists and dictionaries: the documented rules, written once more and slowly."""

from dataclasses import dataclass, field, replace

from agent.accounting.interval import Event, Interval, Method
from agent.storage.journal import AccountState, Batch
from collectors.frame import Frame, is_good

HALF_HOUR_MS = 1_800_000
MINUTE_MS = 60_000

Key = tuple[str, str, int]
"""Device, point and start of a half hour."""


def key_of(interval: Interval) -> Key:
    return (interval.device, interval.point, interval.start_utc_s)


def says_the_same(one: Interval, other: Interval) -> bool:
    """Whether two half hours tell the same; which frames they rest on and how often they were revised is no matter."""
    return replace(one, first_seq=0, last_seq=0, revision=0) == replace(other, first_seq=0, last_seq=0, revision=0)


@dataclass
class Model:
    """The rows of a journal. Numbered rows are by their number in the sequence."""

    frames: dict[int, Frame] = field(default_factory=dict)
    half_hours: dict[Key, tuple[int, Interval]] = field(default_factory=dict)
    earlier: dict[int, Interval] = field(default_factory=dict)
    unconfirmed: dict[int, Key] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    accounts: dict[str, AccountState] = field(default_factory=dict)
    cursors: dict[str, int] = field(default_factory=dict)
    given: set[int] = field(default_factory=set)
    """Every number that a row ever had."""
    thinned_seq: int = 0

    def commit(self, batch: Batch) -> None:
        for seq, frame in batch.frames:
            self.frames[seq] = frame
            self.given.add(seq)
        for seq, interval in batch.intervals:
            self._draw(seq, interval)
        self.events += batch.events
        self.accounts |= batch.accounts
        self.cursors |= batch.cursors

    def _draw(self, seq: int, interval: Interval) -> None:
        key, revision = key_of(interval), 0
        if key in self.half_hours:
            old_seq, old = self.half_hours[key]
            if says_the_same(old, interval):
                return
            self.earlier[old_seq] = old
            revision = old.revision + 1
        self.half_hours[key] = (seq, replace(interval, revision=revision))
        self.unconfirmed[seq] = key
        self.given.add(seq)

    def outgoing(self, after_seq: int, limit: int) -> list[tuple[int, Frame | Interval]]:
        """Frames, and half hours that are not confirmed, in order; a half hour as it is now, under all its numbers."""
        rows: dict[int, Frame | Interval] = {**self.frames}
        rows |= {seq: self.half_hours[key][1] for seq, key in self.unconfirmed.items()}
        return [(seq, rows[seq]) for seq in sorted(rows) if seq > after_seq][:limit]

    def frames_from(self, device: str, from_ms: int, before: int) -> list[tuple[int, Frame]]:
        """From a time on, and so far ahead of it as the journal's `frames_from` says."""
        reached_ms = self._seen_since(device, self._seen_since(device, from_ms))
        whole_ms = self._seen_since(device, reached_ms - reached_ms % HALF_HOUR_MS)
        own = sorted(((seq, frame) for seq, frame in self.frames.items() if frame.device == device), key=_in_time)
        ahead = [row for row in own if row[1].time_ms < whole_ms]
        return ahead[len(ahead) - min(before, len(ahead)) :] + [row for row in own if row[1].time_ms >= whole_ms]

    def _seen_since(self, device: str, before_ms: int) -> int:
        """The last time before a moment since which each point that was ever read well had been so again."""
        newest: dict[int, int] = {}
        for frame in self.frames.values():
            if frame.device == device and frame.time_ms < before_ms:
                for point, code in enumerate(frame.read_quality()):
                    if is_good(code):
                        newest[point] = max(newest.get(point, frame.time_ms), frame.time_ms)
        return min(newest.values(), default=before_ms)

    def stored_of(self, device: str, from_s: int) -> set[tuple[str, int]]:
        return {
            (point, start)
            for (name, point, start), (_, interval) in self.half_hours.items()
            if name == device and start >= from_s and interval.method is not Method.MISSING
        }

    def forget(self, confirmed_seq: int, before_ms: int | None) -> int:
        """Confirmed frames go, with a time given those that are older; gives how many."""
        gone = [
            seq
            for seq, frame in self.frames.items()
            if seq <= confirmed_seq and (before_ms is None or frame.time_ms < before_ms)
        ]
        return self._drop(gone)

    def thin_out(self, confirmed_seq: int, now_ms: int) -> int:
        """Unconfirmed frames go, but the first of each device in each minute; each device's loss is listed."""
        kept, surplus = set(), []
        looked_at = [seq for seq in sorted(self.frames) if seq > max(confirmed_seq, self.thinned_seq)]
        for seq in looked_at:
            minute = (self.frames[seq].device, self.frames[seq].time_ms // MINUTE_MS)
            if minute in kept:
                surplus.append(seq)
            kept.add(minute)
        self.thinned_seq = max([self.thinned_seq, *looked_at])
        self._list(surplus, now_ms, "frames_thinned")
        return self._drop(surplus)

    def discard(self, now_ms: int) -> int:
        """At last all go: there are fewer than the few thousand that go at a time."""
        gone = sorted(self.frames)
        self._list(gone, now_ms, "frames_discarded")
        return self._drop(gone)

    def confirm(self, confirmed_seq: int) -> None:
        """Half hours that are confirmed need not be published again; they stay."""
        self.unconfirmed = {seq: key for seq, key in self.unconfirmed.items() if seq > confirmed_seq}

    def _drop(self, gone: list[int]) -> int:
        for seq in gone:
            del self.frames[seq]
        return len(gone)

    def _list(self, gone: list[int], now_ms: int, kind: str) -> None:
        for device in dict.fromkeys(self.frames[seq].device for seq in gone):
            times = [self.frames[seq].time_ms for seq in gone if self.frames[seq].device == device]
            detail = f"{len(times)} frames from {min(times)} to {max(times)} (UTC ms): "
            self.events.append(Event(now_ms, device, "", kind, detail))


def _in_time(row: tuple[int, Frame]) -> tuple[int, int]:
    return (row[1].time_ms, row[0])
