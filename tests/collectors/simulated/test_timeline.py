"""Totals are exact sums of rate times time, however days are generated and windows are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.simulated.timeline import (
    DAY_MS,
    Phase,
    Series,
    Trace,
    cut,
    day_of,
    day_start_ms,
    trace_of_phases,
    trace_of_steps,
)

FIRST_DAY = 19_448
"""Begins on 1 April 2023 at 06:00 JST, which is 31 March 21:00 UTC, 1,680,296,400,000 ms."""


def uneven_day(day: int) -> Trace:
    """Nine segments that differ from day to day."""
    parts_ms = [1 + (day * 7_919 + index * 104_729) % (DAY_MS // 10) for index in range(8)]
    parts_ms.append(DAY_MS - sum(parts_ms))
    return trace_of_phases(day, [Phase(part, (day * 31 + index * 17) % 23) for index, part in enumerate(parts_ms)])


def by_hand(from_ms: int, to_ms: int) -> int:
    """The total of `uneven_day`, segment by segment."""
    total = 0
    for day in range(day_of(from_ms), day_of(to_ms) + 1):
        trace = uneven_day(day)
        ends = [*trace.starts_ms[1:], day_start_ms(day + 1)]
        for start, end, rate in zip(trace.starts_ms, ends, trace.rates, strict=True):
            total += rate * max(0, min(end, to_ms) - max(start, from_ms))
    return total


moments = st.integers(day_start_ms(FIRST_DAY), day_start_ms(FIRST_DAY + 4) - 1)


def test_the_production_day_begins_at_six_in_japan() -> None:
    assert day_start_ms(FIRST_DAY) == 1_680_296_400_000
    assert day_of(1_680_296_400_000) == FIRST_DAY
    assert day_of(1_680_296_399_999) == FIRST_DAY - 1


@given(st.tuples(moments, moments, moments).map(sorted))
def test_totals_are_sums_of_segments_and_add_up(times: list[int]) -> None:
    series = Series(FIRST_DAY, uneven_day)
    late, middle, early = series.total(times[2]), series.total(times[1]), series.total(times[0])
    assert early <= middle <= late
    assert late - middle == by_hand(times[1], times[2])
    assert late - early == by_hand(times[0], times[2])


@given(moments)
def test_the_rate_is_what_the_next_millisecond_adds(time_ms: int) -> None:
    series = Series(FIRST_DAY, uneven_day)
    assert series.rate(time_ms) == series.total(time_ms + 1) - series.total(time_ms)


def test_steps_count_from_their_moment_on() -> None:
    start_ms = day_start_ms(FIRST_DAY)
    series = Series(
        FIRST_DAY, lambda day: trace_of_steps(day, [(day_start_ms(day) + 100, 8), (day_start_ms(day) + 900, 5)])
    )
    assert [series.total(start_ms + after) for after in (0, 99, 100, 899, 900, DAY_MS, DAY_MS + 100)] == [
        0, 0, 8, 8, 13, 13, 21,
    ]  # fmt: skip
    assert series.rate(start_ms + 500) == 0


def test_a_moment_before_the_first_day_is_refused() -> None:
    with pytest.raises(ValueError, match="before the day"):
        Series(FIRST_DAY, uneven_day).total(day_start_ms(FIRST_DAY) - 1)


def test_phases_are_cut_to_a_length() -> None:
    phases = [Phase(10, 1), Phase(10, 2), Phase(10, 3)]
    assert list(cut(phases, 15)) == [Phase(10, 1), Phase(5, 2)]
    assert list(cut(phases, 20)) == [Phase(10, 1), Phase(10, 2)]
    with pytest.raises(ValueError, match="5 ms too early"):
        list(cut(phases, 35))
