"""What waits is bounded: the oldest frames go, each device's are listed by one event, and nothing else ever goes."""

from decimal import Decimal

from agent.accounting.interval import Event, Interval, Method
from agent.storage.journal import AccountState
from agent.waiting import Waiting
from collectors.frame import Frame, Kind, Layout, Point

NINE_MS = 1_696_204_800_000
LAYOUTS = {name: Layout(name, (Point("energy", Kind.COUNTER, "kWh", Decimal(1)),)) for name in ("one", "two")}
FRAME_BYTES = 12 + 300
"""A value and a quality code, and what Python needs beside them."""


def add_frames(waiting: Waiting, device: str, first_seq: int, count: int) -> None:
    for seq in range(first_seq, first_seq + count):
        waiting.add_frame(seq, Frame.pack(LAYOUTS[device], NINE_MS + seq, [seq], [0]))


def seqs(waiting: Waiting) -> list[int]:
    return [seq for seq, _ in waiting.batch.frames]


def test_beyond_the_limit_the_oldest_frames_go() -> None:
    waiting = Waiting(max_bytes=5 * FRAME_BYTES)
    add_frames(waiting, "one", 1, 5)
    assert (seqs(waiting), waiting.frames_dropped) == ([1, 2, 3, 4, 5], 0)
    add_frames(waiting, "one", 6, 3)
    assert (seqs(waiting), waiting.frames_dropped) == ([4, 5, 6, 7, 8], 3)


def test_each_device_has_one_event_however_often_the_disk_refused() -> None:
    waiting = Waiting(max_bytes=4 * FRAME_BYTES)
    add_frames(waiting, "one", 1, 3)
    add_frames(waiting, "two", 4, 3)
    assert len(waiting.take().events) == 1
    add_frames(waiting, "two", 7, 3)
    waiting.put_back("the disk is full")
    add_frames(waiting, "one", 10, 1)
    batch = waiting.take()
    assert [seq for seq, _ in batch.frames] == [7, 8, 9, 10]
    why = "the disk is full, and 0.001248 MB may wait in memory"
    assert batch.events == [
        Event(
            NINE_MS + 3, "one", "", "frames_dropped", f"3 frames from {NINE_MS + 1} to {NINE_MS + 3} (UTC ms): {why}"
        ),
        Event(
            NINE_MS + 6, "two", "", "frames_dropped", f"3 frames from {NINE_MS + 4} to {NINE_MS + 6} (UTC ms): {why}"
        ),
    ]
    waiting.let_go()
    assert not waiting
    assert waiting.take().events == []


def test_what_was_put_back_goes_ahead_of_what_came_since_and_only_frames_are_dropped() -> None:
    interval = Interval("one", "energy", NINE_MS // 1000, 0, 1, 1, Method.MEASURED, 1, 1, 1, 2)
    old, new = Event(1, "", "", "old", ""), Event(2, "", "", "new", "")
    waiting = Waiting(max_bytes=0)
    waiting.batch.intervals.append((1, interval))
    waiting.batch.events.append(old)
    waiting.batch.cursors["mqtt"] = 1
    waiting.batch.accounts["one"] = AccountState("a", 1, b"")
    waiting.take()
    waiting.batch.intervals.append((2, interval))
    waiting.batch.events.append(new)
    waiting.batch.cursors["mqtt"] = 2
    waiting.batch.accounts["one"] = AccountState("a", 2, b"")
    add_frames(waiting, "one", 3, 1)
    waiting.put_back("the disk is full")
    batch = waiting.take()
    assert batch.frames == []
    assert batch.intervals == [(1, interval), (2, interval)]
    assert [event.kind for event in batch.events] == ["old", "new", "frames_dropped"]
    assert (batch.cursors, batch.accounts) == ({"mqtt": 2}, {"one": AccountState("a", 2, b"")})


def test_what_no_journal_has_is_known_by_device() -> None:
    waiting = Waiting(max_bytes=4 * FRAME_BYTES)
    add_frames(waiting, "one", 1000, 3)
    add_frames(waiting, "two", 3000, 3)
    assert {device: str(span) for device, span in waiting.unwritten().items()} == {
        "one": "3 frames from 2023-10-02T00:00:01+00:00 to 2023-10-02T00:00:01.002000+00:00",
        "two": "3 frames from 2023-10-02T00:00:03+00:00 to 2023-10-02T00:00:03.002000+00:00",
    }
