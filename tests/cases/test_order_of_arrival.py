"""Readings that come in late give the same half hours as in time, however they are cut into commits and held up."""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.accounting.interval import Interval
from agent.recorder import Recorder
from agent.storage.ledger import Ledger
from collectors.frame import Frame, Kind, Layout, Point, Quality

TOKYO = ZoneInfo("Asia/Tokyo")
NINE_MS = 1_696_204_800_000
"""2023-10-02 09:00 in Japan."""

LAYOUT = Layout(
    "meter",
    (
        Point("energy", Kind.COUNTER, "kWh", Decimal(1), 10**6, Decimal(100_000)),
        Point("water", Kind.COUNTER, "m3"),
        Point("power", Kind.GAUGE, "kW"),
    ),
)
MODULUS = 10**6


@dataclass(frozen=True)
class Poll:
    """One poll: when, what the registers really stood at, which points answered, and for how many polls it is late."""

    at_s: int
    energy: int
    water: int
    power: float
    answered: tuple[bool, bool, bool] = (True, True, True)
    held_up: int = 0

    def frame(self) -> Frame:
        codes = [Quality.GOOD if good else Quality.BAD_TIMEOUT for good in self.answered]
        return Frame.pack(LAYOUT, NINE_MS + self.at_s * 1000, [self.energy % MODULUS, self.water, self.power], codes)


async def half_hours_of(batches: Iterable[Sequence[Poll]]) -> list[Interval]:
    """The half hours that the journal holds after these commits; without what says only how they came about."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.sqlite3"
        recorder = Recorder(path, TOKYO, gap_ms=120_000)
        await recorder.open({"meter": LAYOUT})
        for batch in batches:
            for poll in batch:
                recorder.record(poll.frame())
            await recorder.commit()
        await recorder.commit()  # what was drawn up again is written with the next commit
        await recorder.close()
        ledger = Ledger(path)
        found = list(ledger.intervals([("meter", point.id) for point in LAYOUT.points], 0, 2**40))
        ledger.close()
    return [replace(one, first_seq=0, last_seq=0, revision=0) for one in found]


def assert_same(late: Sequence[Interval], in_time: Sequence[Interval]) -> None:
    """All fields but a gauge's mean are equal; the mean up to the last digits of binary arithmetic."""
    assert [replace(one, advance_raw=0.0) for one in late] == [replace(one, advance_raw=0.0) for one in in_time]
    assert [one.advance_raw for one in late] == pytest.approx([one.advance_raw for one in in_time], rel=1e-12)


def by_time(polls: Iterable[Poll]) -> list[Poll]:
    return sorted(polls, key=lambda poll: poll.at_s)


steps = st.tuples(
    st.sampled_from([1, 30, 60, 100, 120, 400, 2000, 9000]),
    st.floats(0, 1),
    st.floats(0, 500),
    st.tuples(*[st.sampled_from([True, True, True, False])] * 3),
    st.sampled_from([0, 0, 0, 1, 3, 20]),
)


def polls_from(drawn: Sequence[tuple[int, float, float, tuple[bool, bool, bool], int]]) -> list[Poll]:
    """Polls of registers that only count up, at most as fast as the plant can."""
    polls, energy, water, at_s = [], 990_000, 500, 0
    for seconds, load, power, answered, held_up in drawn:
        at_s += seconds
        energy, water = energy + int(load * seconds * 100_000 / 3600), water + int(load * seconds)
        polls.append(Poll(at_s, energy, water, power, answered, held_up))
    return polls


@given(drawn=st.lists(steps, min_size=2, max_size=50), together=st.integers(1, 8))
@settings(max_examples=60, deadline=None)
async def test_any_order_of_arrival_gives_the_half_hours_of_the_order_in_time(
    drawn: list[tuple[int, float, float, tuple[bool, bool, bool], int]], together: int
) -> None:
    polls = polls_from(drawn)
    arrived = [poll for _, poll in sorted(enumerate(polls), key=lambda pair: (pair[0] + pair[1].held_up, pair[0]))]
    batches = [arrived[at : at + together] for at in range(0, len(arrived), together)]
    assert_same(await half_hours_of(batches), await half_hours_of([polls]))


async def test_a_late_reading_costs_nothing_of_a_half_hour_that_is_polled_every_second() -> None:
    polls = [Poll(at_s, 10 * at_s, at_s, 5.0) for at_s in range(3700)]
    late = polls.pop(1700)
    assert_same(await half_hours_of([polls, [late]]), await half_hours_of([by_time([*polls, late])]))


async def test_history_fills_an_outage_of_any_number_of_polls_without_answer() -> None:
    """Two hours of a poll every ten seconds are 720 frames in which nothing was read."""
    silent = (False, False, False)
    before = [Poll(at_s, at_s, at_s, 5.0) for at_s in range(0, 2400, 10)]
    outage = [Poll(at_s, 0, 0, 0.0, silent) for at_s in range(2400, 9600, 10)]
    after = [Poll(at_s, 2400 + (at_s - 9000) * 3, at_s, 7.0) for at_s in range(9600, 13_000, 10)]
    history = [Poll(at_s, 2400, at_s, 1.0) for at_s in range(6000, 9001, 60)]
    everything = [*before, *outage, *after]
    late = await half_hours_of([everything, history])
    assert_same(late, await half_hours_of([by_time([*everything, *history])]))
    # The last reading is 2,390 at 2,390 s. The ten counts to 2,400 at 6,000 s are shared out by time: after 1,210 s of
    # 3,610 s three are counted, after 3,010 s eight. Then the mill stands until 9,000 s, then three counts a second.
    energy = [one.advance_raw for one in late if one.point == "energy"]
    assert energy == [1800, 590 + 3, 8 - 3, 10 - 8, 0, 5400, 5400]


async def test_a_point_that_never_answers_does_not_keep_the_others_from_being_drawn_up_again() -> None:
    dead = (True, True, False)
    polls = [Poll(at_s, 10 * at_s, at_s, 0.0, dead) for at_s in range(0, 7300, 20)]
    late = Poll(5410, 54_100, 5410, 0.0, dead)
    assert_same(await half_hours_of([polls, [late]]), await half_hours_of([by_time([*polls, late])]))


async def test_a_late_reading_behind_a_wrong_one_moves_the_boundary_before_both() -> None:
    """The mill stands until 09:30:07 and then uses 300 kWh: none of it belongs to the half hour before."""
    polls = [Poll(at_s, 1000, at_s, 5.0) for at_s in range(5, 1800, 10)]
    wrong = Poll(1805, 0, 1805, 5.0)
    after = [Poll(at_s, 1300, at_s, 5.0) for at_s in range(1810, 3700, 10)]
    late = Poll(1807, 1000, 1807, 5.0)
    found = await half_hours_of([[*polls, wrong, *after], [late]])
    assert [one.advance_raw for one in found if one.point == "energy"] == [0, 300]
    assert_same(found, await half_hours_of([by_time([*polls, wrong, *after, late])]))
