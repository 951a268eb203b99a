"""From readings to half hours: sums are conserved to the count, and what is not known is not booked."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.accounting.coil_account import CoilRule
from agent.accounting.counters import Replacement
from agent.accounting.device_account import DeviceAccount
from agent.accounting.interval import Interval, Method
from collectors.frame import Kind, Layout, Point, Quality

HALF_HOUR_MS = 1_800_000
NINE = 1_696_204_800_000
"""2023-10-02 00:00 UTC, nine in the morning in Japan: a half-hour boundary."""

LAYOUT = Layout(
    "meter",
    (
        Point("energy", Kind.COUNTER, "kWh", Decimal("0.01"), 1_000_000, Decimal(1000)),
        Point("power", Kind.GAUGE, "kW"),
    ),
)
GOOD = (Quality.GOOD, Quality.GOOD)


class Run:
    """Feeds readings to an account and keeps what comes out."""

    def __init__(self, gap_s: int = 120, replacements: tuple[Replacement, ...] = ()) -> None:
        self.account = DeviceAccount(LAYOUT, gap_s * 1000, replacements)
        self.intervals: list[Interval] = []
        self.events: list[tuple[str, str]] = []
        self.seq = 0

    def read(self, at_s: float, energy: float, power: float = 0.0, quality: tuple[int, int] = GOOD) -> None:
        self.seq += 1
        outcome = self.account.take(NINE + int(at_s * 1000), (energy, power), quality, self.seq)
        self.intervals += outcome.intervals
        self.events += [(event.point, event.kind) for event in outcome.events]

    def of(self, point: str) -> list[Interval]:
        return [interval for interval in self.intervals if interval.point == point]

    def everything(self, point: str) -> list[Interval]:
        return self.of(point) + [interval for interval in self.account.running() if interval.point == point]


def test_a_boundary_between_two_readings_is_interpolated_to_a_whole_count() -> None:
    run = Run()
    run.read(1790, 100)
    run.read(1820, 131)  # 31 counts in 30 s; the boundary is 10 s in: 10.33, so 10 counts before it
    assert [(i.start_utc_s, i.advance_raw, i.closing_raw) for i in run.of("energy")] == [(NINE // 1000, 10, 110)]
    (running,) = [i for i in run.account.running() if i.point == "energy"]
    assert (running.opening_raw, running.advance_raw, running.spanned_ms) == (110, 21, 20_000)
    assert running.method is Method.MEASURED


def test_an_outage_over_boundaries_is_shared_out_by_time_and_flagged() -> None:
    run = Run()
    run.read(0, 0)
    run.read(60, 60)
    run.read(60 + 2 * 3600, 7260)  # two hours unread, 7,200 counts
    recovered = run.of("energy")
    assert [i.advance_raw for i in recovered] == [60 + 1740, 1800, 1800, 1800]
    assert all(i.method is Method.RECOVERED for i in recovered)
    assert [i.observed_ms for i in recovered] == [60_000, 0, 0, 0]
    assert sum(i.advance_raw for i in run.everything("energy")) == 7260


def test_an_outage_inside_a_half_hour_leaves_its_energy_measured() -> None:
    run = Run()
    for at_s in (0, 60, 900, 960, 1800):
        run.read(at_s, at_s)
    (interval,) = run.of("energy")
    assert (interval.advance_raw, interval.method) == (1800, Method.MEASURED)
    assert interval.observed_ms == 120_000


def test_an_outage_that_ends_on_a_boundary_leaves_the_next_half_hour_measured() -> None:
    run = Run()
    for at_s in (0, 60, 3600, 3660, 5400):
        run.read(at_s, at_s)
    assert [i.method for i in run.of("energy")] == [Method.RECOVERED, Method.RECOVERED, Method.MEASURED]


def test_a_wrap_inside_an_interval() -> None:
    run = Run()
    run.read(0, 999_990)
    run.read(30, 20)
    run.read(1800, 500)
    (interval,) = run.of("energy")
    assert interval.advance_raw == 510
    assert ("energy", "wrapped") in run.events


def test_a_wrap_exactly_across_a_boundary_gives_a_register_below_the_modulus() -> None:
    run = Run()
    run.read(1790, 999_995)
    run.read(1810, 15)  # 20 counts, half of them before the boundary: the register stands at 5
    (interval,) = run.of("energy")
    assert (interval.advance_raw, interval.closing_raw, interval.method) == (10, 5, Method.WRAPPED)


def test_one_wrong_reading_costs_nothing() -> None:
    run = Run()
    run.read(0, 5000)
    run.read(10, 0)
    run.read(20, 5020)
    assert [(i.advance_raw, i.spanned_ms) for i in run.everything("energy")] == [(20, 20_000)]
    assert run.events == [("energy", "glitch")]


def test_a_reading_that_contradicts_waits_for_the_next() -> None:
    run = Run()
    told = []
    for at_s, raw in ((0, 1000), (60, 1010), (120, 3), (180, 1030), (240, 1040)):
        run.read(at_s, raw)
        told.append(run.account.is_undecided)
    assert told == [False, False, True, False, False]


def test_a_spike_costs_nothing() -> None:
    run = Run()
    run.read(0, 5000)
    run.read(10, 900_000)
    run.read(20, 5020)
    assert [i.advance_raw for i in run.everything("energy")] == [20]


def test_a_reading_older_than_its_stamp_is_no_spike() -> None:
    """At full load a register shows 40 s worth of counts after 1 s, because the answer before came late."""
    run = Run()
    full = 100_000 / 3600
    run.read(0, 0)
    run.read(45, int(5 * full))
    run.read(46, int(46 * full))
    assert run.events == []
    assert [i.advance_raw for i in run.everything("energy")] == [int(46 * full)]


def test_a_half_hour_of_more_than_the_plant_can_cause_is_listed() -> None:
    run = Run()
    for at_s in range(0, 1801, 10):
        run.read(at_s, at_s * 40)  # 144,000 counts an hour, declared are 100,000
    (interval,) = run.of("energy")
    assert interval.advance_raw == 72_000
    assert run.events == [("energy", "half_hour_too_fast")]


def test_a_reset_gives_no_number_for_the_step_and_goes_on() -> None:
    run = Run()
    run.read(0, 5000)
    run.read(10, 5010)
    run.read(20, 3)
    run.read(30, 13)
    assert [(i.advance_raw, i.spanned_ms) for i in run.everything("energy")] == [(20, 20_000)]
    assert run.events == [("energy", "reset")]


def test_an_unexplained_fall_gives_no_number_and_goes_on() -> None:
    run = Run()
    for at_s, raw in ((0, 500_000), (10, 500_010), (20, 300_000), (30, 300_010)):
        run.read(at_s, raw)
    assert [(i.advance_raw, i.spanned_ms) for i in run.everything("energy")] == [(20, 20_000)]
    assert run.events == [("energy", "fall")]


def test_a_small_dip_is_listed_and_is_no_energy() -> None:
    run = Run()
    for at_s, raw in ((0, 5000), (10, 4999), (20, 5003)):
        run.read(at_s, raw)
    assert [i.advance_raw for i in run.everything("energy")] == [3]
    assert run.events == [("energy", "glitch")]


def swapped_at(at_s: float, old_end: float, new_start: float) -> Replacement:
    return Replacement("meter", "energy", NINE + int(at_s * 1000), old_end, new_start, "work order 17")


def test_a_declared_replacement_counts_both_registers() -> None:
    run = Run(replacements=(swapped_at(25, 5030, 7),))
    for at_s, raw in ((0, 5000), (10, 5010), (40, 22), (1800, 1022)):
        run.read(at_s, raw)
    (interval,) = run.of("energy")
    assert interval.advance_raw == 30 + 15 + 1000
    assert (interval.opening_raw, interval.closing_raw, interval.method) == (5000, 1022, Method.REPLACED)
    assert run.events == [("energy", "replaced")]


def test_a_replacement_during_an_outage_is_recovered_and_exact() -> None:
    run = Run(replacements=(swapped_at(3600, 9000, 100),))
    for at_s, raw in ((0, 5000), (60, 5060), (7200, 3700), (7260, 3760)):
        run.read(at_s, raw)
    everything = run.everything("energy")
    assert sum(i.advance_raw for i in everything) == (9000 - 5000) + (3760 - 100)
    assert [i.method for i in run.of("energy")] == [Method.RECOVERED] * 4


def test_a_replacement_whose_old_end_contradicts_the_last_reading_gives_no_number_before_it() -> None:
    run = Run(replacements=(swapped_at(25, 4000, 7),))
    for at_s, raw in ((0, 5000), (10, 5010), (40, 22)):
        run.read(at_s, raw)
    assert [(i.advance_raw, i.spanned_ms) for i in run.everything("energy")] == [(10 + 15, 10_000 + 15_000)]
    assert run.events == [("energy", "fall")]


def test_a_bad_reading_is_no_reading() -> None:
    run = Run()
    run.read(0, 100)
    run.read(10, 0, quality=(Quality.BAD_TIMEOUT, Quality.BAD_TIMEOUT))
    run.read(20, 120)
    assert [(i.advance_raw, i.observed_ms) for i in run.everything("energy")] == [(20, 20_000)]


def test_a_gauge_is_a_time_weighted_mean() -> None:
    run = Run(gap_s=900)
    for at_s, power in ((0, 100.0), (600, 100.0), (1200, 400.0), (1800, 400.0)):
        run.read(at_s, 0, power)
    (interval,) = run.of("power")
    # 600 s at 100, 600 s rising to 400 (mean 250), 600 s at 400
    assert interval.advance_raw == pytest.approx((100 + 250 + 400) / 3, rel=1e-12)
    assert (interval.method, interval.spanned_ms) == (Method.INTEGRATED, HALF_HOUR_MS)


def test_a_gauge_is_not_integrated_over_a_gap() -> None:
    run = Run(gap_s=60)
    for at_s, power in ((0, 100.0), (60, 100.0), (1000, 900.0), (1060, 900.0), (1801, 0.0)):
        run.read(at_s, 0, power)
    (interval,) = run.of("power")
    assert (interval.advance_raw, interval.spanned_ms) == (500.0, 120_000)


def test_a_restart_goes_on_as_if_nothing_had_happened() -> None:
    readings = [(at_s, at_s * 3 % 1_000_000, 50.0 + at_s % 7) for at_s in range(0, 7300, 50)]
    whole, before = Run(), Run()
    for at_s, energy, power in readings:
        whole.read(at_s, energy, power)
    for at_s, energy, power in readings[:70]:
        before.read(at_s, energy, power)
    after = Run()
    after.account.load_state(before.account.pack_state(), LAYOUT)
    after.seq = before.seq
    for at_s, energy, power in readings[70:]:
        after.read(at_s, energy, power)
    assert before.intervals + after.intervals == whole.intervals
    assert after.account.running() == whole.account.running()


def test_a_point_whose_definition_changed_begins_anew() -> None:
    run = Run()
    run.read(0, 100, 5.0)
    changed = Layout("meter", (Point("energy", Kind.COUNTER, "kWh", Decimal("0.1")), LAYOUT.points[1]))
    account = DeviceAccount(changed, 120_000)
    account.load_state(run.account.pack_state(), LAYOUT)
    outcome = account.take(NINE + 10_000, (900.0, 5.0), GOOD, 2)
    assert outcome.events == []
    assert [i.point for i in account.running()] == ["power"]


def test_a_float_register_that_has_grown_too_coarse_is_listed_once_a_doubling() -> None:
    """At 2^24 kWh a 32 bit float counts in steps of 2 kWh (1.7e7 kWh)."""
    point = Point("energy", Kind.COUNTER, "kWh", significand_bits=24)
    account = DeviceAccount(Layout("meter", (point,)), 120_000)
    kinds = []
    for at_s in range(0, 4 * 1800 + 1, 60):
        raw = 2.0**24 + at_s // 60 // 2 * 2.0  # 60 kWh an hour
        kinds += [e.kind for e in account.take(NINE + at_s * 1000, (raw,), (0,), at_s + 1).events]
    assert kinds == ["resolution_lost"]
    fine = DeviceAccount(Layout("meter", (Point("energy", Kind.COUNTER, "kWh"),)), 120_000)
    for at_s in range(0, 4 * 1800 + 1, 60):
        assert fine.take(NINE + at_s * 1000, (2.0**24 + at_s // 60,), (0,), at_s + 1).events == []


WEIGHT = Point("coil_weight", Kind.GAUGE, "kg", Decimal("0.1"))
LINE = Layout("line", (Point("coil_number", Kind.STATE, ""), WEIGHT))
COILS = CoilRule("line", "finished", "coil_number", WEIGHT)


class Line:
    """Feeds coil numbers and weights to an account."""

    def __init__(self) -> None:
        self.account = DeviceAccount(LINE, 120_000, coils=[COILS])
        self.intervals: list[Interval] = []
        self.events: list[str] = []
        self.seq = 0

    def read(self, at_s: int, number: float, weight: float, quality: tuple[int, int] = GOOD) -> None:
        self.seq += 1
        outcome = self.account.take(NINE + at_s * 1000, (number, weight), quality, self.seq)
        self.intervals += [interval for interval in outcome.intervals if interval.point == "finished"]
        self.events += [event.kind for event in outcome.events]

    def finished(self) -> list[tuple[float, int, Method]]:
        running = [interval for interval in self.account.running() if interval.point == "finished"]
        return [(i.advance_raw, i.spanned_ms // 1000, i.method) for i in self.intervals + running]


def test_coils_are_added_up_by_the_half_hour_in_which_they_are_weighed() -> None:
    line = Line()
    for at_s in range(0, 3601, 60):
        number = 7 + (at_s >= 600) + (at_s >= 1740) + (at_s >= 1800)
        line.read(at_s, number, {7: 0, 8: 81_000, 9: 95_000, 10: 60_500}[number])
    assert line.finished() == [(176_000, 1800, Method.MEASURED), (60_500, 1800, Method.MEASURED)]
    assert line.events == []


def test_coils_that_nobody_saw_are_listed_and_leave_their_time_unknown() -> None:
    line = Line()
    for at_s, number in ((0, 7), (60, 7), (120, 10), (180, 10)):
        line.read(at_s, number, 81_000)
    assert line.finished() == [(81_000, 120, Method.MEASURED)]
    assert line.events == ["coils_missed"]


def test_a_coil_number_that_starts_again_is_one_coil_and_listed() -> None:
    line = Line()
    for at_s, number in ((0, 9999), (60, 1), (120, 1)):
        line.read(at_s, number, 50_000)
    assert line.finished() == [(50_000, 60, Method.MEASURED)]
    assert line.events == ["coils_renumbered"]


def test_a_coil_after_an_outage_over_a_boundary_is_recovered() -> None:
    line = Line()
    for at_s, number in ((1700, 7), (1760, 7), (2400, 8), (2460, 8)):
        line.read(at_s, number, 50_000)
    assert line.finished() == [(0, 100, Method.MEASURED), (50_000, 660, Method.RECOVERED)]


def test_a_bad_weight_is_no_coil_until_it_is_read() -> None:
    line = Line()
    line.read(0, 7, 0)
    line.read(60, 8, 0, quality=(Quality.GOOD, Quality.BAD_TIMEOUT))
    line.read(120, 8, 50_000)
    assert line.finished() == [(50_000, 120, Method.MEASURED)]


def test_coils_go_on_after_a_restart() -> None:
    line, after = Line(), Line()
    line.read(0, 7, 10)
    line.read(60, 8, 20)
    assert after.account.load_state(line.account.pack_state(), LINE)
    after.read(120, 9, 30)
    assert after.finished() == [(50, 120, Method.MEASURED)]


steps = st.lists(st.tuples(st.integers(1, 4000), st.floats(0, 1)), min_size=1, max_size=60)


@given(start=st.integers(0, 999_999), steps=steps, keep=st.lists(st.booleans(), min_size=60, max_size=60))
def test_the_advance_does_not_depend_on_which_readings_were_made(
    start: int, steps: list[tuple[int, float]], keep: list[bool]
) -> None:
    """Leaving out any readings but the first and the last changes no sum, whatever turns over in between."""
    times, totals = [0], [start]
    for seconds, share in steps:
        times.append(times[-1] + seconds)
        totals.append(totals[-1] + int(share * seconds * 100_000 / 3600))
    chosen = [i for i in range(len(times)) if i in {0, len(times) - 1} or keep[i % 60]]
    if any((times[b] - times[a]) * 100_000 / 3600 >= 999_000 for a, b in pairwise(chosen)):
        return  # a gap in which the register may turn more than once has no single answer
    run = Run()
    for i in chosen:
        run.read(times[i], totals[i] % 1_000_000)
    everything = run.everything("energy")
    assert sum(i.advance_raw for i in everything) == totals[-1] - totals[0]
    assert sum(i.spanned_ms for i in everything) == times[-1] * 1000
    assert all(i.advance_raw == int(i.advance_raw) and 0 <= i.opening_raw < 1_000_000 for i in everything)
