"""How well a figure is known, as shares of time: what is expected and not there is missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.accounting.interval import Method
from agent.accounting.shares import Shares

HALF_HOUR_MS = 1_800_000


@pytest.mark.parametrize(
    ("method", "shares"),
    [
        (Method.MEASURED, Shares(100, 60, 0, 0)),
        (Method.WRAPPED, Shares(100, 60, 0, 0)),
        (Method.REPLACED, Shares(100, 60, 0, 0)),
        (Method.INTEGRATED, Shares(100, 60, 0, 0)),
        (Method.RECOVERED, Shares(100, 0, 60, 0)),
        (Method.SUBSTITUTED, Shares(100, 0, 0, 60)),
        (Method.MISSING, Shares(100, 0, 0, 0)),
    ],
)
def test_every_method_has_its_class(method: Method, shares: Shares) -> None:
    assert Shares.of(100, [(method, 60)]) == shares


def test_what_no_half_hour_accounts_for_is_missing() -> None:
    """Of two hours one half hour is measured, one recovered, and ten minutes of a third are measured."""
    parts = [(Method.MEASURED, HALF_HOUR_MS), (Method.RECOVERED, HALF_HOUR_MS), (Method.WRAPPED, 600_000)]
    shares = Shares.of(4 * HALF_HOUR_MS, parts)
    assert (shares.measured_ms, shares.recovered_ms, shares.missing_ms) == (2_400_000, 1_800_000, 3_000_000)
    assert shares.share(shares.recovered_ms) == 0.25


def test_nothing_expected_is_no_division_by_zero() -> None:
    assert Shares().share(0) == 0.0
    assert Shares.total([]) == Shares()


def test_more_than_was_expected_is_not_less_than_nothing_missing() -> None:
    assert Shares.of(1, [(Method.MEASURED, 2)]).missing_ms == 0


parts = st.lists(st.tuples(st.sampled_from(Method), st.integers(0, HALF_HOUR_MS)), max_size=20)


@given(one=parts, other=parts)
def test_shares_of_two_times_are_shares_of_both_together(
    one: list[tuple[Method, int]], other: list[tuple[Method, int]]
) -> None:
    spans = (20 * HALF_HOUR_MS, 30 * HALF_HOUR_MS)
    together = Shares.total([Shares.of(spans[0], one), Shares.of(spans[1], other)])
    assert together == Shares.of(sum(spans), one + other)
    known_ms = together.measured_ms + together.recovered_ms + together.substituted_ms
    assert known_ms + together.missing_ms == together.expected_ms
