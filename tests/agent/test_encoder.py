"""Rows become messages: each row once, no message much larger than asked, and none above the given number."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.accounting.streams import PointRef, Term
from agent.encoder import MESSAGE_BYTES, Encoder, LineBatch
from agent.recorder import Recorder
from agent.settings.site import load_site
from agent.site_factors import SiteFactors
from agent.storage.ledger import Ledger
from collectors.frame import Frame, Kind, Layout, Point

NINE_MS = 1_696_204_800_000
LAYOUT = Layout("meter", (Point("energy", Kind.COUNTER, "kWh", Decimal("0.1"), 10**6, Decimal(100_000)),))
SITE = load_site(Path(__file__).parents[2] / "configs" / "demo")
FACTORS = SiteFactors(SITE)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of 37 frames, one every 100 s for an hour, and the two half hours that they close."""

    async def record() -> None:
        recorder = Recorder(tmp_path / "journal", ZoneInfo("Asia/Tokyo"), 120_000)
        await recorder.open({"meter": LAYOUT})
        for at_s in range(0, 3700, 100):
            recorder.record(Frame.pack(LAYOUT, NINE_MS + at_s * 1000, [at_s], [0]))
        await recorder.commit()
        await recorder.close()

    asyncio.run(record())
    return tmp_path / "journal"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    opened = Ledger(path)
    yield opened
    opened.close()


def encode_all(encoder: Encoder, first_seq: int, last_seq: int) -> list[LineBatch]:
    batches = []
    after_seq = first_seq - 1
    while after_seq < last_seq:
        batches.append(encoder.next_batch(after_seq, last_seq))
        assert batches[-1].first_seq == after_seq + 1
        after_seq = batches[-1].last_seq
    assert after_seq == last_seq
    return batches


def test_frames_and_half_hours_become_lines_in_order(ledger: Ledger) -> None:
    """The lines by hand: 1,800 s of a register that rises by one a second, at 0.1 kWh a count."""
    (batch,) = encode_all(Encoder("mill", (), ledger, FACTORS), 1, 39)
    lines = batch.payload.decode().split("\n")
    assert (batch.first_seq, batch.last_seq, batch.lines) == (1, 39, 39)
    assert lines[:2] == [
        "reading,site=mill,device=meter energy=0.0 1696204800000",
        "reading,site=mill,device=meter energy=10.0 1696204900000",
    ]
    half_hours = [line for line in lines if line.startswith("interval,")]
    name = "interval,site=mill,device=meter,point=energy"
    same = 'advance_raw=1800.0,spanned_s=1800.0,observed_s=1800.0,method="measured"'
    assert half_hours == [
        f"{name} opening_raw=0.0,closing_raw=1800.0,{same} 1696204800000",
        f"{name} opening_raw=1800.0,closing_raw=3600.0,{same} 1696206600000",
    ]


def test_a_half_hour_of_a_stream_follows_its_last_register_whichever_lane_it_is_in(ledger: Ledger) -> None:
    stream = next(stream for stream in SITE.streams if stream.carrier == "electricity")
    own = replace(stream, terms=(Term(PointRef("meter", "energy"), Decimal("0.1")),))
    encoder = Encoder("mill", (own,), ledger, FACTORS, message_bytes=1)
    whole = [batch for batch in encode_all(encoder, 1, 39) if b"energy,site=" in batch.payload]
    above = [batch for batch in encode_all(encoder, 30, 39) if b"energy,site=" in batch.payload]
    assert [batch.lines for batch in whole] == [2, 2]
    assert [batch.payload for batch in above] == [whole[1].payload]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(message_bytes=st.integers(1, 4000), last_seq=st.integers(1, 39))
def test_however_messages_are_cut_the_lines_are_the_same(ledger: Ledger, message_bytes: int, last_seq: int) -> None:
    batches = encode_all(Encoder("mill", (), ledger, FACTORS, message_bytes), 1, last_seq)
    whole = encode_all(Encoder("mill", (), ledger, FACTORS, MESSAGE_BYTES), 1, last_seq)
    assert b"\n".join(batch.payload for batch in batches) == b"\n".join(batch.payload for batch in whole)
    assert sum(batch.lines for batch in batches) == last_seq
    for batch in batches:
        assert batch.lines == batch.payload.count(b"\n") + 1
        assert len(batch.payload) <= message_bytes or batch.lines == 1


def test_more_rows_than_are_read_at_a_time_fill_one_message(ledger: Ledger) -> None:
    assert len(encode_all(Encoder("mill", (), ledger, FACTORS, 10**6), 1, 39)) == 1


def test_numbers_that_were_discarded_are_carried_without_lines(path: Path, ledger: Ledger) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as journal:
        journal.execute("DELETE FROM frame WHERE seq BETWEEN 5 AND 10")
    encoder = Encoder("mill", (), ledger, FACTORS)
    assert encoder.next_batch(4, 10) == LineBatch(5, 10, b"", 0)
    tail = encoder.next_batch(2, 10)
    assert (tail.first_seq, tail.last_seq, tail.lines) == (3, 10, 2)
