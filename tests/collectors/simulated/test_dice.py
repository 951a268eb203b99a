"""Draws depend on the key alone and keep to their bounds."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from collectors.simulated.dice import Dice


def draw(*key: int | str) -> list[int]:
    dice = Dice(*key)
    return [dice.between(0, 10**9) for _ in range(20)]


def test_equal_keys_give_equal_streams_and_others_do_not() -> None:
    streams = [draw(1, "hot_mill", 5), draw(2, "hot_mill", 5), draw(1, "solar", 5), draw(1, "hot_mill", 6)]
    assert draw(1, "hot_mill", 5) == streams[0]
    assert len({tuple(stream) for stream in streams}) == 4


@given(st.integers(), st.integers(-(10**6), 10**6), st.integers(0, 10**6))
def test_draws_keep_to_their_bounds(key: int, low: int, width: int) -> None:
    dice = Dice(key)
    assert all(low <= dice.between(low, low + width) <= low + width for _ in range(10))


def test_both_bounds_are_drawn() -> None:
    dice = Dice("bounds")
    assert {dice.between(1, 6) for _ in range(500)} == {1, 2, 3, 4, 5, 6}


def test_shares_are_met() -> None:
    dice = Dice("shares")
    drawn = Counter(dice.one_of((700, 0, 300)) for _ in range(5_000))
    assert drawn[1] == 0
    assert abs(drawn[0] - 3_500) < 200
