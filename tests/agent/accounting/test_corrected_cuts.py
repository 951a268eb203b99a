"""A corrected stream comes to the same however its time is cut: amounts, GJ, CO2, shares and entries."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.accounting.draw import draw_spans
from agent.accounting.entries import BookedQuantity, Content, Exclusion, Invoice, Substitution, SubstitutionMethod
from agent.accounting.gas_volume import ReferenceState
from agent.accounting.interval import INTERVAL_S
from agent.accounting.shares import Shares
from agent.accounting.spans import Span
from agent.accounting.streams import PointRef
from tests.agent.accounting.conftest import (
    APRIL,
    DAY_S,
    ENERGY,
    FACTORS,
    GRID,
    PRESSURE,
    STREAMS,
    TENANT,
    VALUE,
    VOLUME,
    declared,
    history_of,
    interval,
)

LAST = APRIL + 160 * INTERVAL_S

places = st.integers(0, 95)
streams = st.sampled_from(["grid", "both", "gas"])


@st.composite
def corrections(draw: st.DrawFn) -> Content:
    start = APRIL + draw(places) * INTERVAL_S
    end = start + draw(st.integers(1, 60)) * INTERVAL_S
    name = draw(streams)
    quantity = Decimal(draw(st.integers(0, 1000)))
    state = draw(st.sampled_from([None, *ReferenceState])) if name == "gas" else None
    what = draw(st.sampled_from([Invoice, Exclusion, Substitution, BookedQuantity]))
    if what is Invoice:
        return Invoice(name, start, end, quantity, state)
    if what is Exclusion:
        return Exclusion(name, start, end)
    if what is BookedQuantity:
        return BookedQuantity("meter.energy", start, end, quantity)
    method = draw(st.sampled_from(SubstitutionMethod))
    return Substitution(
        name, start, end, method, quantity if method is VALUE else None, state if method is VALUE else None
    )


half_hours = st.tuples(
    st.integers(-336, 95), st.sampled_from([ENERGY, TENANT, VOLUME, PRESSURE]), st.integers(0, 1000), st.integers(1, 30)
)


@given(
    drawn=st.lists(half_hours, max_size=80),
    contents=st.lists(corrections(), min_size=1, max_size=6),
    ends=st.sets(st.integers(1, 95), max_size=6),
)
@settings(max_examples=60, deadline=None)
def test_half_hours_days_and_any_cut_add_up(
    drawn: list[tuple[int, PointRef, int, int]], contents: list[Content], ends: set[int]
) -> None:
    """Amounts, GJ, CO2, shares and entries."""
    latest = {(ref, place): interval(ref, APRIL + place * INTERVAL_S, n, m * 60_000) for place, ref, n, m in drawn}
    last = APRIL + 2 * DAY_S
    cuts = [
        [APRIL, last],
        [APRIL, APRIL + DAY_S, last],
        [APRIL, *(APRIL + end * INTERVAL_S for end in sorted(ends)), last],
        list(range(APRIL, last + 1, INTERVAL_S)),
    ]
    said = declared(*contents)
    with history_of(list(latest.values())) as history:
        whole, *finer = [
            draw_spans(STREAMS, [Span("", *time) for time in pairwise(cut)], history, FACTORS, said) for cut in cuts
        ]
    for lines in finer:
        for line, expected in zip(lines, whole, strict=True):
            assert (line.shares, line.problem) == (expected.shares, expected.problem)
            assert line.corrections == expected.corrections
            assert float(line.amount) == pytest.approx(float(expected.amount), rel=1e-12, abs=1e-9)
            assert float(line.energy_gj or 0) == pytest.approx(float(expected.energy_gj or 0), rel=1e-12, abs=1e-12)
            assert float(line.co2_kg or 0) == pytest.approx(float(expected.co2_kg or 0), rel=1e-12, abs=1e-9)
    for line in whole:
        assert line.shares.missing_ms == line.shares.expected_ms - sum(known_parts(line.shares))


def known_parts(shares: Shares) -> tuple[int, int, int]:
    return shares.measured_ms, shares.recovered_ms, shares.substituted_ms


def by_hand(known: dict[int, int], contents: list[Content]) -> dict[int, tuple[str, float]]:
    """How each half hour of the power stream is known and what it comes to, worked out one by one, slowly."""

    def places_of(content: Invoice | Exclusion | Substitution) -> range:
        return range((content.from_utc_s - APRIL) // INTERVAL_S, (content.to_utc_s - APRIL) // INTERVAL_S)

    excluded = {place for c in contents if isinstance(c, Exclusion) for place in places_of(c)}
    found = {place: ("measured", 10.0 * counts) for place, counts in known.items() if place not in excluded}
    read = dict(found)
    for content in contents:
        if isinstance(content, Substitution):
            missing = [place for place in places_of(content) if place not in read]
            for place in missing:
                if content.method is VALUE:
                    found[place] = ("substituted", float(content.quantity or 0) / len(missing))
                elif place - 336 in read:
                    found[place] = ("substituted", read[place - 336][1])
    for content in contents:
        if isinstance(content, Invoice):
            for place in places_of(content):
                found[place] = ("recovered", float(content.quantity) / len(places_of(content)))
    return found


@given(
    known=st.dictionaries(st.integers(-336, 160), st.integers(0, 1000), max_size=120),
    contents=st.lists(
        corrections().filter(
            lambda content: (
                isinstance(content, Invoice | Exclusion | Substitution)
                and content.stream == "grid"
                and getattr(content, "method", None) is not SubstitutionMethod.MEAN
            )
        ),
        max_size=6,
    ),
)
@settings(max_examples=60, deadline=None)
def test_every_half_hour_is_what_it_is_by_hand(known: dict[int, int], contents: list[Content]) -> None:
    intervals = [interval(ENERGY, APRIL + place * INTERVAL_S, counts) for place, counts in known.items()]
    spans = [Span(str(place), start, start + INTERVAL_S) for place, start in enumerate(range(APRIL, LAST, INTERVAL_S))]
    with history_of(intervals) as history:
        (line,) = draw_spans([GRID], spans, history, FACTORS, declared(*contents))
    expected = by_hand(known, contents)
    for place, span in enumerate(line.spans):
        how, amount = expected.get(place, ("missing", 0.0))
        shares = {
            "measured": span.shares.measured_ms,
            "recovered": span.shares.recovered_ms,
            "substituted": span.shares.substituted_ms,
            "missing": span.shares.missing_ms,
        }
        assert [name for name, part_ms in shares.items() if part_ms] == [how]
        assert float(span.amount) == pytest.approx(amount, rel=1e-12)
