"""Invoices that the figures are held against change nothing, and hold only over time that is known."""

from dataclasses import replace
from decimal import Decimal

import pytest

from agent.accounting.assertions import Finding, hold_against
from agent.accounting.entries import Assertion
from agent.accounting.gas_volume import ReferenceState
from agent.accounting.interval import INTERVAL_MS, INTERVAL_S
from tests.agent.accounting.conftest import (
    APRIL,
    DAY_S,
    ENERGY,
    PRESSURE,
    STREAMS,
    VOLUME,
    declared,
    history_of,
    interval,
    steady,
)


@pytest.mark.parametrize(
    ("quantity", "tolerance", "percent", "finding"),
    [
        (480, 0, Decimal(0), Finding.HOLDS),
        (500, 4, Decimal(-4), Finding.HOLDS),
        (500, 3, Decimal(-4), Finding.DIFFERS),
        (400, 3, Decimal(20), Finding.DIFFERS),
        (0, 100, None, Finding.DIFFERS),
    ],
)
def test_an_assertion_is_held_against_the_figures(
    quantity: int, tolerance: int, percent: Decimal | None, finding: Finding
) -> None:
    """The meter says 48 × 10 kWh."""
    asserted = Assertion("grid", APRIL, APRIL + DAY_S, Decimal(quantity), Decimal(tolerance))
    said = declared(asserted)
    with history_of(steady(ENERGY, APRIL, APRIL + DAY_S, 1)) as history:
        (result,) = hold_against(said.assertions, STREAMS, history, said)
    assert (result.found, result.difference_percent, result.finding) == (Decimal(480), percent, finding)
    assert result.holds is (finding is Finding.HOLDS)


def test_an_assertion_over_time_that_is_partly_missing_does_not_hold() -> None:
    asserted = Assertion("grid", APRIL, APRIL + DAY_S, Decimal(470), Decimal(100))
    said = declared(asserted, replace(asserted, stream="both"))
    with history_of(steady(ENERGY, APRIL, APRIL + DAY_S - INTERVAL_S, 1)) as history:
        partly, _ = hold_against(said.assertions, STREAMS, history, said)
    assert (partly.found, partly.difference_percent, partly.holds) == (Decimal(470), None, False)
    assert (partly.finding, partly.missing_ms) == (Finding.PARTLY_MISSING, INTERVAL_MS)
    with history_of([]) as history:
        nothing, _ = hold_against(said.assertions, STREAMS, history, said)
    assert (nothing.found, nothing.finding) == (None, Finding.PARTLY_MISSING)


def test_a_gas_assertion_in_a_reference_state() -> None:
    """100 m3 at the line are 200 at 25 °C and 100 kPa."""
    asserted = Assertion("gas", APRIL, APRIL + INTERVAL_S, Decimal(200), Decimal("0.001"), ReferenceState.SATP)
    said = declared(asserted, replace(asserted, quantity=Decimal(100), state=None))
    with history_of([interval(VOLUME, APRIL, 100), interval(PRESSURE, APRIL, 98.675)]) as history:
        results = hold_against(said.assertions, STREAMS, history, said)
    assert [result.holds for result in results] == [True, True]
