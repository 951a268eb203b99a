"""What counts as a gap in a site's sequence, from when on, and what never does."""

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.gaps import Changes, Gap, Gaps
from agent.publish_ranges import Stretch

PATIENCE_S = 600.0


def status(
    confirmed: int,
    *,
    durable: int = 1000,
    highest: int | None = None,
    unconfirmed: tuple[tuple[int, int], ...] = (),
    waiting: tuple[tuple[int, int], ...] = (),
    run: str = "r1",
    confirm: str = "bridge",
) -> bytes:
    told = {
        "state": "online",
        "run": run,
        "confirm": confirm,
        "durable_seq": durable,
        "confirmed_seq": confirmed,
        "highest_seq": confirmed if highest is None else highest,
        "unconfirmed": unconfirmed,
        "waiting": waiting,
    }
    return json.dumps(told).encode()


def watch(first_status: bytes) -> Gaps:
    gaps = Gaps(PATIENCE_S)
    gaps.hear_status("east", first_status)
    return gaps


def answer(gaps: Gaps, *stretches: tuple[int, int], run: str = "r1") -> None:
    for first, last in stretches:
        gaps.hear_answer("east", b"%d-%d/%s" % (first, last, run.encode()))


def look(gaps: Gaps, now_s: float) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    changes = gaps.look(now_s, int(now_s * 1000))
    return numbers(changes.opened), numbers(changes.filled)


def numbers(found: tuple[Gap, ...] | list[Gap]) -> list[tuple[int, int]]:
    return [(gap.stretch.first_seq, gap.stretch.last_seq) for gap in found]


def test_what_nobody_stored_for_ten_minutes_is_a_gap_until_somebody_does() -> None:
    gaps = watch(status(100))
    answer(gaps, (101, 110), (121, 130))
    assert look(gaps, 1000) == ([], [])
    assert look(gaps, 1599) == ([], [])
    assert look(gaps, 1600) == ([(111, 120)], [])
    (gap,) = gaps.open
    assert (gap.site, gap.since_s, gap.since_ms) == ("east", 1000, 1_000_000)
    assert look(gaps, 1700) == ([], []), "told once"
    answer(gaps, (111, 120))
    assert look(gaps, 1800) == ([], [(111, 120)])
    assert gaps.open == []


def test_a_gap_that_is_filled_in_part_stays_one_gap_with_its_age() -> None:
    gaps = watch(status(0))
    answer(gaps, (100, 110))
    look(gaps, 0)
    assert look(gaps, 600) == ([(1, 99)], [])
    answer(gaps, (40, 50))
    assert look(gaps, 700) == ([], [])
    assert [(*each, gap.since_s) for each, gap in zip(numbers(gaps.open), gaps.open, strict=True)] == [
        (1, 39, 0),
        (51, 99, 0),
    ]
    answer(gaps, (1, 39))
    assert look(gaps, 800) == ([], [(1, 39)])
    answer(gaps, (51, 99))
    assert look(gaps, 900) == ([], [(51, 99)])


def test_what_comes_out_of_order_and_soon_is_none() -> None:
    gaps = watch(status(0))
    for second in range(10_000):
        answer(gaps, (3 * second + 3, 3 * second + 3), (3 * second + 1, 3 * second + 1))
        assert look(gaps, second) == ([], [])
        answer(gaps, (3 * second + 2, 3 * second + 2))


def test_numbers_without_rows_are_none() -> None:
    """The site passes them without a message: its next status says that it does not wait for them."""
    gaps = watch(status(10))
    answer(gaps, (21, 30))
    look(gaps, 0)
    gaps.hear_status("east", status(30))
    assert look(gaps, 601) == ([], [])
    answer(gaps, (41, 50), (61, 70))
    look(gaps, 700)
    gaps.hear_status("east", status(30, highest=70, unconfirmed=((31, 40),)))
    assert look(gaps, 1301) == ([(31, 40)], []), "behind a true gap too: 51-60 has no rows"


def test_what_the_site_has_yet_to_send_is_none_until_the_site_is_gone() -> None:
    gaps = watch(status(10, highest=500, unconfirmed=((11, 499),), waiting=((21, 499),)))
    look(gaps, 0)
    assert look(gaps, 600) == ([(11, 20)], []), "this was sent"
    gaps.went_offline("east")
    look(gaps, 700)
    answer(gaps, (11, 20))
    look(gaps, 1300)
    assert numbers(gaps.open) == [(21, 499)]


def test_what_waits_may_lie_anywhere_and_overlap() -> None:
    gaps = watch(status(10, highest=100, unconfirmed=((11, 99),), waiting=((50, 60), (5, 12), (15, 20), (18, 30))))
    look(gaps, 0)
    assert look(gaps, 600) == ([(13, 14), (31, 49), (61, 99)], [])


def test_a_bridge_that_was_restarted_reports_nothing_false() -> None:
    """It heard no answer before, but the site says what they were."""
    gaps = watch(status(10, highest=300, unconfirmed=((11, 20), (201, 210))))
    answer(gaps, (301, 310))
    look(gaps, 0)
    assert look(gaps, 600) == ([(11, 20), (201, 210)], [])


def test_a_status_that_names_the_first_gaps_only_makes_no_gap_of_the_others() -> None:
    gaps = watch(status(0, highest=10_000, unconfirmed=((1, 1), (3, 3))))
    look(gaps, 0)
    assert look(gaps, 600) == ([(1, 1), (3, 3)], [])


def test_time_without_a_broker_does_not_count() -> None:
    gaps = watch(status(0))
    answer(gaps, (11, 20))
    look(gaps, 0)
    gaps.begin_again()
    assert look(gaps, 5000) == ([], [])
    gaps.hear_status("east", status(20))
    assert look(gaps, 5600) == ([], [])


def test_a_restart_of_the_site_keeps_what_is_reported() -> None:
    gaps = watch(status(10))
    answer(gaps, (21, 30))
    look(gaps, 0)
    look(gaps, 600)
    gaps.hear_status("east", status(10, run="r2"))
    answer(gaps, (11, 20), run="r1")
    assert look(gaps, 610) == ([], []), "an answer to the earlier run: the site sends these rows again"
    answer(gaps, (11, 20), run="r2")
    assert look(gaps, 620) == ([], [(11, 20)])


def test_another_journal_begins_again() -> None:
    gaps = watch(status(900))
    answer(gaps, (911, 920))
    look(gaps, 0)
    assert look(gaps, 600) == ([(901, 910)], [])
    gaps.hear_status("east", status(0, durable=5, run="r2"))
    answer(gaps, (2, 5), run="r2")
    look(gaps, 700)
    assert look(gaps, 1300) == ([(1, 1)], [])


def test_a_site_that_waits_for_no_bridge_is_not_judged() -> None:
    gaps = watch(status(10, confirm="broker"))
    answer(gaps, (21, 30))
    look(gaps, 0)
    assert (look(gaps, 600), gaps.sites) == (([], []), 0)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b"{}",
        b"[" * 5000,
        b"1" * 5000,
        status(-1),
        status(2**63),
        status(1, waiting=((5, 4),)),
        status(1, unconfirmed=((True, 4),)),
        status(1, unconfirmed=((1, 2, 3),)),  # type: ignore[arg-type]
        status(1, unconfirmed=tuple((2 * number + 2, 2 * number + 2) for number in range(201))),
        status(1).replace(b'"confirmed_seq": 1', b'"confirmed_seq": NaN'),
        status(1, waiting=tuple((number, number) for number in range(100_000, 110_000))),
    ],
)
def test_what_is_no_status_changes_nothing(payload: bytes) -> None:
    gaps = watch(status(10))
    answer(gaps, (21, 30))
    gaps.hear_status("east", payload)
    gaps.hear_status("stranger", payload)
    look(gaps, 0)
    assert (look(gaps, 600), gaps.sites) == (([(11, 20)], []), 1)


@pytest.mark.parametrize(
    "correlation", [b"", b"\xff-1/r1", b"30-21/r1", b"0-5/r1", b"21-9999999999999999999/r1", b"21-30"]
)
def test_what_is_no_answer_changes_nothing(correlation: bytes) -> None:
    gaps = watch(status(10))
    gaps.hear_answer("east", correlation)
    gaps.hear_answer("stranger", b"21-30/r1")
    assert gaps.look(0, 0) == gaps.look(600, 0) == Changes((), ())


def test_memory_is_bounded_whatever_sites_there_are() -> None:
    gaps = Gaps(PATIENCE_S)
    tracemalloc.start()
    try:
        for number in range(20_000):
            gaps.hear_status(f"s{number}", status(0, durable=10**9))
            if number == 2000:
                at_2000, _ = tracemalloc.get_traced_memory()
        at_end, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (gaps.sites, gaps.sites_forgotten) == (1000, 19_000)
    assert at_end < 1.2 * at_2000


def test_memory_is_bounded_whatever_a_site_does() -> None:
    gaps = watch(status(0, durable=10**9))
    for number in range(1, 3000):
        answer(gaps, (2 * number, 2 * number))
    look(gaps, 0)
    look(gaps, 600)
    assert len(gaps.open) == 200
    assert numbers(gaps.open)[-1] == (5997, 5997)


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 8)), max_size=20), st.integers(0, 20))
def test_gaps_are_what_a_set_of_numbers_would_say(stored: list[tuple[int, int]], confirmed: int) -> None:
    gaps = watch(status(confirmed))
    answer(gaps, *((first, first + more) for first, more in stored))
    gaps.look(0, 0)
    gaps.look(PATIENCE_S, 0)
    known = {seq for first, more in stored for seq in range(first, first + more + 1)} | set(range(confirmed + 1))
    missing = [seq for seq in range(max(known)) if seq not in known]
    assert [seq for gap in gaps.open for seq in range(gap.stretch.first_seq, gap.stretch.last_seq + 1)] == missing


def test_a_stretch_is_what_it_was() -> None:
    gaps = watch(status(0))
    answer(gaps, (2, 2))
    gaps.look(0, 0)
    gaps.look(600, 0)
    assert gaps.open[0].stretch == Stretch(1, 1)
