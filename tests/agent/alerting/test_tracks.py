"""A track goes on where the accounting goes on: a reading may be a little older than its stamp."""

from decimal import Decimal

import pytest

from agent.alerting.tracks import Track
from collectors.frame import Kind, Point

METER = Point("energy", Kind.COUNTER, "kWh", scale=Decimal("0.02"), modulus=100_000_000, maximum_per_hour=Decimal(1000))
"""At most 50,000 counts an hour: 13.9 in a second."""


@pytest.mark.parametrize(
    ("raws", "advance"),
    [
        ([1_000, 1_050, 1_185], 185),  # 135 counts in 6.6 s: they belong to 9.7 s, the reading before was late
        ([99_999_950, 10, 100], 150),  # the register turned over
        ([1_000, 1_050, 9_000_000], None),  # no meter of 50,000 counts an hour does that
    ],
)
def test_a_step_that_a_late_reading_explains_is_one(raws: list[int], advance: int | None) -> None:
    track = Track(METER)
    for time_ms, raw in zip((60_000, 120_000, 126_600), raws, strict=True):
        track.take(time_ms, raw)
    assert track.advance(60_000, 126_600) == (None if advance is None else pytest.approx(advance))
