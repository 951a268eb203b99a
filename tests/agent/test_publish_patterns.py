"""Every pattern of a partly confirmed window, and of confirmations that nobody expects, comes out right."""

import asyncio
import random
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations, pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.clock import SystemClock
from agent.encoder import Encoder
from agent.mqtt import Message, Received
from agent.publish import DESTINATION, Publisher
from agent.publish_ranges import Confirmed, Stretch
from agent.recorder import Recorder
from agent.settings.model import MqttTable
from agent.settings.site import load_site
from agent.site_factors import SiteFactors
from agent.storage.ledger import Ledger
from collectors.frame import Frame, Kind, Layout, Point

TOKYO = ZoneInfo("Asia/Tokyo")
NINE_MS = 1_696_204_800_000
LAYOUT = Layout("meter", (Point("power", Kind.GAUGE, "kW", Decimal(1)),))
FACTORS = SiteFactors(load_site(Path(__file__).parents[2] / "configs" / "demo"))
LARGEST = 8


class StandIn:
    """In the place of `MqttClient`: takes every message at once, and answers when the test says so."""

    def __init__(self) -> None:
        self.connected = asyncio.Event()
        self.connected.set()
        self.connections = 1
        self.sent: dict[int, bytes] = {}
        self._answers: asyncio.Queue[Received] = asyncio.Queue()

    async def publish(self, message: Message) -> int:
        if message.correlation is not None:
            name = message.correlation.decode()
            first, last = name.partition("/")[0].split("-")
            for seq in range(int(first), int(last) + 1):
                self.sent[seq] = message.correlation
        return 0

    def subscribe(self, topic_filter: str, /) -> AsyncIterator[Received]:
        return self._each_answer()

    async def _each_answer(self) -> AsyncIterator[Received]:
        while True:
            yield await self._answers.get()

    def answer(self, correlation: bytes, text: str = "accepted") -> None:
        message = Message("atsuen/mill/confirmed", text.encode(), correlation=correlation)
        self._answers.put_nowait(Received(message, 1, lambda: None))


async def soon(condition: Callable[[], bool]) -> None:
    """As `until`, in the smaller steps that thousands of windows need."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - nothing tells when the publisher's counts change
            await asyncio.sleep(0.0002)


@dataclass
class Run:
    """A publisher at work on a journal, one row a message, and what it sent."""

    recorder: Recorder
    publisher: Publisher
    client: StandIn = field(repr=False)

    async def has_sent(self, messages: int) -> None:
        await soon(lambda: len(self.client.sent) == messages)

    async def has_settled(self, messages: int) -> None:
        await soon(lambda: self.publisher.stats.messages_acknowledged == messages)

    async def drain(self) -> None:
        """Answer whatever comes until all is confirmed."""
        answered: set[bytes] = set()
        while self.publisher.stats.confirmed_seq < self.recorder.durable_seq:
            for correlation in set(self.client.sent.values()) - answered:
                self.client.answer(correlation)
                answered.add(correlation)
            await asyncio.sleep(0.0002)


@asynccontextmanager
async def at_work(path: Path, window: int = LARGEST, **options: float) -> AsyncIterator[Run]:
    table = MqttTable.model_validate({"window": window, **options})
    recorder = Recorder(path, TOKYO, 120_000, commit_s=0.5)
    resumed = await recorder.open({"meter": LAYOUT})
    ledger, client = Ledger(path), StandIn()
    encoder = Encoder("mill", (), ledger, FACTORS, message_bytes=1)
    cursor = resumed.cursors.get(DESTINATION, 0)
    publisher = Publisher("mill", table, cursor, client=client, recorder=recorder, encoder=encoder, clock=SystemClock())
    tasks = [asyncio.create_task(recorder.run()), asyncio.create_task(publisher.run())]
    await asyncio.sleep(0)
    try:
        yield Run(recorder, publisher, client)
    finally:
        for task in reversed(tasks):
            task.cancel()
        await asyncio.wait(tasks)
        ledger.close()
        await recorder.close()
    assert [task.exception() for task in tasks if not task.cancelled()] == []


def frame(number: int) -> Frame:
    return Frame.pack(LAYOUT, NINE_MS + number * 1000, [1.0], [0])


async def write_journal(path: Path, rows: int) -> None:
    recorder = Recorder(path, TOKYO, 120_000)
    await recorder.open({"meter": LAYOUT})
    for number in range(rows):
        recorder.record(frame(number))
    await recorder.commit()
    await recorder.close()


def orders_of(chosen: Sequence[int]) -> list[Sequence[int]]:
    """Forwards, backwards, and shuffled by a seed of its own; without repeats."""
    shuffled = random.Random(repr(chosen)).sample(chosen, len(chosen))
    return [list(order) for order in dict.fromkeys(map(tuple, (chosen, chosen[::-1], shuffled)))]


def windows(rows: int) -> Iterator[Sequence[int]]:
    """Every order of every subset of 1 … rows."""
    for size in range(rows + 1):
        for chosen in combinations(range(1, rows + 1), size):
            yield from orders_of(chosen)


@pytest.mark.parametrize("rows", range(LARGEST + 1))
async def test_after_a_crash_exactly_what_is_not_known_to_be_stored_goes_out(tmp_path: Path, rows: int) -> None:
    """Every subset of a window of up to eight messages, confirmed in several orders, before publisher and recorder end.

    A stand-in takes the client's place: with a broker the 1,000 and more windows would take minutes, and the journal,
    the recorder and the publisher, of which the test tells, are real. `test_publish.py` has the broker.
    """
    await write_journal(tmp_path / "full", rows)
    for order in windows(rows):
        path = fresh_copy(tmp_path)
        confirmed = set(order)
        without_gap = next(seq for seq in range(rows + 1) if seq + 1 not in confirmed)
        async with at_work(path) as run:
            await run.has_sent(rows)
            for seq in order:
                run.client.answer(run.client.sent[seq])
            await run.has_settled(len(order))
            assert run.publisher.stats.confirmed_seq == without_gap, order
        assert stored_cursor(path) == without_gap, order
        async with at_work(path) as run:
            await run.drain()
            assert sorted(run.client.sent) == list(range(without_gap + 1, rows + 1)), order
        assert stored_cursor(path) == rows, order


async def test_the_same_holds_for_every_subset_of_two_lanes(tmp_path: Path) -> None:
    """Three rows of a backlog and three that were recorded beside it, each confirmed or not before the end."""
    await write_journal(tmp_path / "full", 3)
    for order in windows(6):
        path = fresh_copy(tmp_path)
        without_gap = next(seq for seq in range(7) if seq + 1 not in order)
        async with at_work(path, backlog_after_rows=1) as run:
            await run.has_sent(3)
            for number in (3, 4, 5):
                run.recorder.record(frame(number))
                await run.recorder.commit()
                await run.has_sent(number + 1)
            for seq in order:
                run.client.answer(run.client.sent[seq])
            await run.has_settled(len(order))
        assert stored_cursor(path) == without_gap, order
        async with at_work(path, backlog_after_rows=1) as run:
            await run.drain()
            assert sorted(run.client.sent) == list(range(without_gap + 1, 7)), order
        assert stored_cursor(path) == 6, order


def fresh_copy(folder: Path) -> Path:
    for file in folder.glob("journal*"):
        file.unlink()
    return Path(shutil.copy(folder / "full", folder / "journal"))


def stored_cursor(path: Path) -> int:
    with closing(sqlite3.connect(path)) as journal:
        row = journal.execute("SELECT seq FROM cursor").fetchone()
    return 0 if row is None else int(row[0])


STRETCHES = st.tuples(st.integers(1, 40), st.integers(0, 12)).map(lambda pair: Stretch(pair[0], pair[0] + pair[1]))


@given(st.integers(0, 10), st.lists(STRETCHES, max_size=30))
def test_confirmed_stretches_are_what_a_set_of_numbers_would_be(cursor: int, stretches: list[Stretch]) -> None:
    confirmed, model = Confirmed(cursor), set(range(1, cursor + 1))
    for stretch in stretches:
        before = confirmed.cursor_seq
        moved = confirmed.add(stretch)
        model |= set(range(stretch.first_seq, stretch.last_seq + 1))
        assert moved == (confirmed.cursor_seq > before)
        assert confirmed.cursor_seq == next(seq for seq in range(100) if seq + 1 not in model)
        ahead = [seq for part in confirmed.ahead for seq in range(part.first_seq, part.last_seq + 1)]
        assert ahead == sorted(seq for seq in model if seq > confirmed.cursor_seq)
        assert all(left.last_seq + 1 < right.first_seq for left, right in pairwise(confirmed.ahead))
        assert confirmed.covers(stretch)
    for first in range(1, 54):
        for last in range(first, 54):
            assert confirmed.covers(Stretch(first, last)) == (set(range(first, last + 1)) <= model)


ANSWERS = st.lists(
    st.tuples(
        st.sampled_from(["sent", "sent", "sent", "again", "another run", "never sent", "no name", "no answer"]),
        st.integers(0, 10**6),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=ANSWERS, rows=st.integers(1, 25), window=st.integers(1, 6), backlog_after_rows=st.integers(1, 30))
def test_no_confirmation_that_nobody_expects_has_an_effect(
    tmp_path: Path, answers: list[tuple[str, int]], rows: int, window: int, backlog_after_rows: int
) -> None:
    """Known, double, foreign and malformed answers in any order, in one lane or two; then everything is confirmed."""

    async def scenario() -> None:
        path = Path(tempfile.mkdtemp(dir=tmp_path)) / "journal"
        await write_journal(path, rows)
        async with at_work(path, window, backlog_after_rows=backlog_after_rows) as run:
            await soon(lambda: bool(run.client.sent))
            known = await give(run, answers)
            stored = {seq for seq, correlation in run.client.sent.items() if correlation in known}
            stats = run.publisher.stats
            assert stats.confirmed_seq == next(seq for seq in range(rows + 1) if seq + 1 not in stored)
            assert stats.messages_published - stats.messages_acknowledged <= window
            await run.drain()
            assert sorted(run.client.sent) == list(range(1, rows + 1))
            assert (stats.confirmed_seq, stats.stretches_ahead, stats.backlog_rows) == (rows, 0, 0)
            assert stats.messages_published == stats.messages_acknowledged == rows

    asyncio.run(scenario())


async def give(run: Run, answers: Iterable[tuple[str, int]]) -> set[bytes]:
    """Give the answers; returns the names of the messages that are confirmed by them."""
    known: set[bytes] = set()
    heard = repeated = unknown = 0
    for kind, number in answers:
        open_names = sorted(set(run.client.sent.values()) - known)
        some_name = sorted(set(run.client.sent.values()))[number % len(set(run.client.sent.values()))]
        seq, _, token = some_name.partition(b"/")
        text = "accepted"
        if kind == "sent" and open_names:
            name = open_names[number % len(open_names)]
            known.add(name)
            heard += 1
        elif kind == "again" and known:
            name = sorted(known)[number % len(known)]
            repeated += 1
        else:
            name, text = {
                "another run": (seq + b"/00000000", text),
                "never sent": (b"1000-%d/%s" % (1000 + number, token), text),
                "no answer": (some_name, "perhaps"),
            }.get(kind, (b"\xff-1", text))
            known_already = kind == "no answer" and some_name in known
            repeated, unknown = repeated + known_already, unknown + (not known_already)
        run.client.answer(name, text)
        await soon(lambda: counts(run) == (heard, repeated, unknown))  # noqa: B023 - called before they change
    return known


def counts(run: Run) -> tuple[int, int, int]:
    stats = run.publisher.stats
    return stats.messages_acknowledged, stats.confirmations_repeated, stats.confirmations_unknown
