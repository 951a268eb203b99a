"""What a journal holds, read for the judge."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.accounting.device_account import DeviceAccount
from agent.accounting.interval import Interval
from agent.storage.journal import Journal
from agent.storage.ledger import Ledger
from collectors.frame import Frame, Layout

_GAP_MS = 120_000
"""The site file says nothing else."""

_LAST_UTC_S = 2**32


@dataclass(frozen=True)
class Records:
    """What the journal holds: frames by sequence number, the latest half hours, layouts by digest."""

    frames: dict[int, Frame]
    intervals: list[Interval]
    layouts: dict[str, Layout]


def read_records(journal: Path) -> Records:
    """Everything in a journal."""
    with closing(Ledger(journal)) as ledger:
        frames = dict(_frames(ledger))
        layouts = {frame.layout: ledger.layout(frame.layout) for frame in frames.values()}
        refs = [(layout.device, point.id) for layout in layouts.values() for point in layout.points]
        return Records(frames, list(ledger.intervals(refs, 0, _LAST_UTC_S)), layouts)


def _frames(ledger: Ledger) -> Iterator[tuple[int, Frame]]:
    seq = 0
    while rows := ledger.outgoing(seq, 5000):
        yield from ((row.seq, row.item) for row in rows if isinstance(row.item, Frame))
        seq = rows[-1].seq


def running_intervals(records: Records, journal: Path) -> list[Interval]:
    """The half hours that were running when the agent ended in order."""
    running = []
    with closing(Journal(journal, ZoneInfo("Asia/Tokyo"))) as opened:
        for layout in records.layouts.values():
            account, stored = DeviceAccount(layout, _GAP_MS), opened.account(layout.device)
            assert stored is not None
            assert account.load_state(stored[1].state, stored[0])
            running += account.running()
    return running


def gaps_in_sequence(journal: Path) -> int:
    """How many numbers below the highest one no frame and no half hour has."""
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as db:
        tables = ("frame", "interval", "superseded")
        seqs = {seq for table in tables for (seq,) in db.execute(f"SELECT seq FROM {table}")}
    return max(seqs, default=0) - len(seqs)


def confirmed_and_last_seq(journal: Path) -> tuple[int, int]:
    """Up to where the journal knows that all is stored, and its last number."""
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as db:
        cursor = db.execute("SELECT seq FROM cursor WHERE destination = 'mqtt'").fetchone()
        last = db.execute("SELECT max((SELECT max(seq) FROM frame), (SELECT coalesce(max(seq), 0) FROM interval))")
        return (cursor[0] if cursor else 0), (last.fetchone()[0] or 0)
