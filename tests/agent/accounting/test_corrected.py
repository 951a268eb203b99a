"""Invoices, excluded time and what stands in change a stream, and say what they touched."""

from dataclasses import replace
from decimal import Decimal

import pytest

from agent.accounting.booked_spans import BookProblemKind
from agent.accounting.declared import NOTHING
from agent.accounting.draw import Year, draw_statement
from agent.accounting.entries import BookedQuantity, Exclusion, Invoice, Substitution, Withdrawal
from agent.accounting.gas_volume import ReferenceState
from agent.accounting.interval import INTERVAL_S
from agent.accounting.streams import PointRef, Stream, Term
from tests.agent.accounting.conftest import (
    APRIL,
    BOTH,
    DAY_S,
    ENERGY,
    FACTORS,
    GAS,
    GRID,
    HOUR_S,
    LAST_WEEK,
    MAY,
    MEAN,
    PRESSURE,
    SECOND_WEEK,
    TENANT,
    THIRD_WEEK,
    TOKYO,
    VALUE,
    VOLUME,
    WEEK_S,
    declared,
    history_of,
    interval,
    line_of,
    minutes,
    steady,
)

# Invoices ---


def test_an_invoice_takes_the_place_of_what_was_metered() -> None:
    """240 kWh for a day: 10 an hour. Six hours of the day are asked for; the meter said something else."""
    read = steady(ENERGY, APRIL, APRIL + DAY_S, 77)
    line = line_of(GRID, read, Invoice("grid", APRIL, APRIL + DAY_S, Decimal(240)), end=APRIL + 6 * HOUR_S)
    assert (line.amount, line.energy_gj, line.co2_kg) == (Decimal(60), Decimal("0.5856"), Decimal("25.2"))
    assert (minutes(line), line.corrections) == ((0, 360, 0, 0), (1,))


def test_around_an_invoice_the_meter_counts() -> None:
    """One invoiced hour of 7 kWh between 2 × 10 × 10 kWh before and as much behind."""
    read = steady(ENERGY, APRIL, APRIL + 3 * HOUR_S, 10)
    invoice = Invoice("grid", APRIL + HOUR_S, APRIL + 2 * HOUR_S, Decimal(7))
    line = line_of(GRID, read, invoice, end=APRIL + 3 * HOUR_S)
    assert (float(line.amount), minutes(line)) == (407, (120, 60, 0, 0))
    before = line_of(GRID, read, invoice, end=APRIL + HOUR_S)
    assert (float(before.amount), before.corrections) == (200, ())


def test_of_two_invoices_the_later_entry_holds_in_its_time() -> None:
    """24 kWh for a day, then 6 kWh for its second half: 12 + 6."""
    noon = APRIL + DAY_S // 2
    contents = (Invoice("grid", APRIL, APRIL + DAY_S, Decimal(24)), Invoice("grid", noon, APRIL + DAY_S, Decimal(6)))
    line = line_of(GRID, [], *contents)
    assert (float(line.amount), line.corrections) == (18, (1, 2))
    assert line_of(GRID, [], *contents, start=noon).corrections == (2,)


def test_an_invoice_counts_for_every_register_and_where_none_counts() -> None:
    """Two registers are expected twice; before the meter was there, the invoice's own time is."""
    later = replace(GRID, terms=(Term(ENERGY, Decimal(10), from_utc_s=APRIL + HOUR_S),))
    invoice = Invoice("both", APRIL, APRIL + 2 * HOUR_S, Decimal(8))
    line = line_of(BOTH, [], invoice, end=APRIL + 2 * HOUR_S)
    assert (float(line.amount), minutes(line)) == (8, (0, 240, 0, 0))
    line = line_of(later, [], replace(invoice, stream="grid"), end=APRIL + 2 * HOUR_S)
    assert (float(line.amount), line.problem, minutes(line)) == (8, "", (0, 120, 0, 0))


def test_a_gas_invoice_in_a_reference_state_gives_energy_without_pressure() -> None:
    """1,000 Nm3 × 298.15 / 273.15 × 1.01325 = 1,105.987… m3 at 25 °C and 100 kPa; × 40 GJ per thousand."""
    line = line_of(GAS, [], Invoice("gas", APRIL, APRIL + DAY_S, Decimal(1000), ReferenceState.NM3))
    assert float(line.energy_gj or 0) == pytest.approx(1.01325 * 298.15 / 273.15 * 40, rel=1e-12)
    assert (float(line.amount), minutes(line)) == (1000, (0, 1440, 0, 0))


def test_a_gas_invoice_shows_what_the_meter_would_have_counted() -> None:
    """400 m3 at 25 °C and 100 kPa are 200 at the line, where the pressure was read; 16 GJ either way."""
    pressure = steady(PRESSURE, APRIL, APRIL + HOUR_S, 98.675)
    invoice = Invoice("gas", APRIL, APRIL + DAY_S, Decimal(400), ReferenceState.SATP)
    line = line_of(GAS, pressure, invoice)
    assert (float(line.amount), float(line.energy_gj or 0)) == pytest.approx((200, 16), rel=1e-12)
    line = line_of(GAS, pressure, replace(invoice, quantity=Decimal(200), state=None))
    assert (float(line.amount), float(line.energy_gj or 0)) == pytest.approx((200, 16), rel=1e-12)


def test_a_gas_invoice_as_metered_needs_the_pressure_of_its_time() -> None:
    """Known is 100 m3 at 200 kPa in the first half hour, 8 GJ; the invoice of the second has an amount, no energy."""
    read = [interval(VOLUME, APRIL, 100), interval(PRESSURE, APRIL, 98.675)]
    line = line_of(GAS, read, Invoice("gas", APRIL + INTERVAL_S, APRIL + HOUR_S, Decimal(50)), end=APRIL + HOUR_S)
    assert line.amount == 150
    assert float(line.energy_gj or 0) == pytest.approx(8, rel=1e-12)
    assert minutes(line) == (30, 0, 0, 30)


# Exclusions and substitutions ---


def test_excluded_time_is_missing() -> None:
    read = steady(ENERGY, APRIL, APRIL + DAY_S, 1)
    line = line_of(GRID, read, Exclusion("grid", APRIL, APRIL + 6 * HOUR_S))
    assert (float(line.amount), minutes(line), line.corrections) == (360, (1080, 0, 0, 360), (1,))


def test_last_week_stands_in_for_missing_half_hours_alone() -> None:
    """Half hours of 10 and 30 kWh were read last week, 50 now; the third is missing in both weeks."""
    now = SECOND_WEEK
    read = [
        interval(ENERGY, APRIL, 1),
        interval(ENERGY, APRIL + INTERVAL_S, 3),
        interval(ENERGY, now, 5),
    ]
    fill = Substitution("grid", now, now + 2 * HOUR_S, LAST_WEEK)
    line = line_of(GRID, read, fill, start=now, end=now + 2 * HOUR_S)
    assert (float(line.amount), minutes(line)) == (50 + 30, (30, 0, 30, 60))


def test_what_is_excluded_or_known_in_part_stands_in_for_nothing() -> None:
    read = [interval(ENERGY, APRIL, 1), interval(ENERGY, APRIL + INTERVAL_S, 1, spanned_ms=60_000)]
    contents = (
        Exclusion("grid", APRIL, APRIL + INTERVAL_S),
        Substitution("grid", SECOND_WEEK, SECOND_WEEK + HOUR_S, LAST_WEEK),
    )
    line = line_of(GRID, read, *contents, start=SECOND_WEEK, end=SECOND_WEEK + HOUR_S)
    assert (float(line.amount), minutes(line), line.corrections) == (0, (0, 0, 0, 60), ())


def test_gas_of_last_week_brings_its_own_pressure() -> None:
    """Last week 100 m3 at 200 kPa: 200 m3 at 100 kPa, 8 GJ. This half hour's pressure is not used."""
    read = [interval(VOLUME, APRIL, 100), interval(PRESSURE, APRIL, 98.675), interval(PRESSURE, SECOND_WEEK, 0.0)]
    fill = Substitution("gas", SECOND_WEEK, SECOND_WEEK + INTERVAL_S, LAST_WEEK)
    line = line_of(GAS, read, fill, start=SECOND_WEEK, end=SECOND_WEEK + INTERVAL_S)
    assert (float(line.amount), minutes(line)) == (100, (0, 0, 30, 0))
    assert float(line.energy_gj or 0) == pytest.approx(8, rel=1e-12)


def test_a_volume_that_only_lacks_its_pressure_is_kept() -> None:
    """50 m3 now at last week's 200 kPa: 100 m3 at 100 kPa, 4 GJ."""
    read = [interval(VOLUME, APRIL, 100), interval(PRESSURE, APRIL, 98.675), interval(VOLUME, SECOND_WEEK, 50)]
    fill = Substitution("gas", SECOND_WEEK, SECOND_WEEK + INTERVAL_S, LAST_WEEK)
    line = line_of(GAS, read, fill, start=SECOND_WEEK, end=SECOND_WEEK + INTERVAL_S)
    assert (float(line.amount), minutes(line)) == (50, (0, 0, 30, 0))
    assert float(line.energy_gj or 0) == pytest.approx(4, rel=1e-12)


def test_the_mean_of_the_weeks_around() -> None:
    """Known are 10 and 40 kWh two weeks before and behind, and 1,000 kWh half an hour too early: 25 kWh each."""
    start, end = THIRD_WEEK, THIRD_WEEK + HOUR_S
    read = [
        interval(ENERGY, APRIL - INTERVAL_S, 100),
        interval(ENERGY, APRIL, 1),
        interval(ENERGY, end + 2 * WEEK_S - INTERVAL_S, 4),
    ]
    line = line_of(GRID, read, Substitution("grid", start, end, MEAN), start=start, end=end)
    assert (float(line.amount), minutes(line), line.corrections) == (50, (0, 0, 60, 0), (1,))
    nothing = line_of(GRID, [], Substitution("grid", start, end, MEAN), start=start, end=end)
    assert (nothing.problem, minutes(nothing)) == ("nothing is known of it in this time", (0, 0, 0, 60))


def test_each_stretch_of_missing_time_has_its_own_weeks_around() -> None:
    """One entry for ten weeks; known are 10 kWh in its first half hour and 40 in its last."""
    end = APRIL + 10 * WEEK_S
    read = [interval(ENERGY, APRIL, 1), interval(ENERGY, end - INTERVAL_S, 4), interval(ENERGY, APRIL + 5 * WEEK_S, 7)]
    fill = Substitution("grid", APRIL, end, MEAN)
    first = line_of(GRID, read, fill, start=APRIL + HOUR_S, end=APRIL + 2 * HOUR_S)
    last = line_of(GRID, read, fill, start=end - 2 * HOUR_S, end=end - HOUR_S)
    assert (float(first.amount), float(last.amount)) == (2 * (10 + 70) / 2, 2 * (40 + 70) / 2)


def test_a_stated_quantity_is_shared_out_over_the_missing_time() -> None:
    """9 kWh for four half hours of which one was read, as 50 kWh: 3 kWh each for the others."""
    fill = Substitution("grid", APRIL, APRIL + 2 * HOUR_S, VALUE, Decimal(9))
    line = line_of(GRID, [interval(ENERGY, APRIL, 5)], fill, end=APRIL + HOUR_S)
    assert (float(line.amount), minutes(line)) == (50 + 3, (30, 0, 30, 0))


def test_a_stated_gas_quantity_is_taken_at_the_mean_pressure_around() -> None:
    """100 m3 at 200 kPa are 8 GJ, 200 m3 at 100 kPa too."""
    read = [interval(VOLUME, APRIL, 1), interval(PRESSURE, APRIL, 98.675)]
    fill = Substitution("gas", SECOND_WEEK, SECOND_WEEK + HOUR_S, VALUE, Decimal(100))
    for one in (fill, replace(fill, quantity=Decimal(200), state=ReferenceState.SATP)):
        line = line_of(GAS, read, one, start=SECOND_WEEK, end=SECOND_WEEK + HOUR_S)
        assert (float(line.amount), float(line.energy_gj or 0)) == pytest.approx((100, 8), rel=1e-12)
        assert minutes(line) == (0, 0, 60, 0)


def test_a_half_hour_without_one_of_its_registers_is_missing_as_a_whole() -> None:
    """The main register read 100 kWh; what stands in is 10 × 2 − 5 kWh of last week, not on top of the 100."""
    read = [interval(ENERGY, APRIL, 2), interval(TENANT, APRIL, 5), interval(ENERGY, SECOND_WEEK, 10)]
    time = (SECOND_WEEK, SECOND_WEEK + INTERVAL_S)
    line = line_of(BOTH, read, Substitution("both", *time, LAST_WEEK), start=time[0], end=time[1])
    assert (float(line.amount), minutes(line)) == (15, (0, 0, 60, 0))


def test_later_entries_go_before_earlier_ones_and_invoices_before_all() -> None:
    """Four half hours: excluded; 8 kWh stand in for all, then 2 for the last two; the last one is invoiced at 7."""
    read = steady(ENERGY, APRIL, APRIL + 2 * HOUR_S, 100)
    contents = (
        Invoice("grid", APRIL + 3 * INTERVAL_S, APRIL + 2 * HOUR_S, Decimal(7)),
        Exclusion("grid", APRIL, APRIL + 2 * HOUR_S),
        Substitution("grid", APRIL, APRIL + 2 * HOUR_S, VALUE, Decimal(8)),
        Substitution("grid", APRIL + HOUR_S, APRIL + 2 * HOUR_S, VALUE, Decimal(2)),
    )
    line = line_of(GRID, read, *contents, end=APRIL + 2 * HOUR_S)
    assert (float(line.amount), minutes(line)) == (2 + 2 + 1 + 7, (0, 30, 90, 0))
    assert line.corrections == (1, 2, 3, 4)


# Products, withdrawals, what gives no number ---


def test_a_product_from_a_sheet_and_its_correction() -> None:
    """30 t in April from the sheet; the first 10 days turn out to be 12 t by the weighbridge."""
    coils = Stream("sheet", "product", "product", "kg", (Term(PointRef("line", "coils"), Decimal(1)),))
    sheet = BookedQuantity("line.coils", APRIL, MAY, Decimal(30_000))
    better = Invoice("sheet", APRIL, APRIL + 10 * DAY_S, Decimal(12_000))
    for contents, tonnes, numbers in (((sheet,), 30, (1,)), ((sheet, better), 12 + 20, (1, 2))):
        with history_of([]) as history:
            statement = draw_statement(
                "mill",
                Year(2023, TOKYO, MAY),
                [],
                [coils],
                expected_gj_per_t={},
                history=history,
                factors=FACTORS,
                declared=declared(*contents, streams=[coils]),
            )
        assert (float(statement.production_t), statement.products[0].corrections) == (tonnes, numbers)


def test_a_withdrawn_entry_changes_nothing() -> None:
    invoice = Invoice("grid", APRIL, APRIL + DAY_S, Decimal(240))
    assert declared(invoice, Withdrawal(1)) == NOTHING
    line = line_of(GRID, steady(ENERGY, APRIL, APRIL + DAY_S, 1), invoice, Withdrawal(1))
    assert (float(line.amount), line.corrections) == (480, ())


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (Exclusion("gird", APRIL, APRIL + DAY_S), BookProblemKind.NO_SUCH_STREAM),
        (Exclusion("grid", APRIL, APRIL + 1), BookProblemKind.OFF_THE_HALF_HOUR),
        (Exclusion("grid", APRIL, APRIL), BookProblemKind.OFF_THE_HALF_HOUR),
        (Invoice("grid", APRIL, MAY, Decimal(1), ReferenceState.NM3), BookProblemKind.NO_GAS),
        (Substitution("grid", APRIL, MAY, VALUE), BookProblemKind.NO_QUANTITY),
    ],
)
def test_what_is_said_of_streams_and_gives_no_number(content: Invoice | Exclusion, kind: BookProblemKind) -> None:
    (problem,) = declared(content).problems
    assert (problem.name, problem.kind, problem.numbers) == (content.stream, kind, (1,))
