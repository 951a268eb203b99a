"""What may be declared at the demo site, and what is refused: names, times, quantities, registers, what stands."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.accounting.counters import Replacement
from agent.accounting.device_account import DeviceAccount
from agent.accounting.entries import (
    Answer,
    Assertion,
    BookedQuantity,
    Closing,
    Content,
    Draft,
    Entry,
    Exclusion,
    Invoice,
    MeterReplacement,
    Reading,
    Substitution,
    SubstitutionMethod,
    Withdrawal,
)
from agent.accounting.entry_rules import ToCloseAgain, years_to_close_again
from agent.accounting.gas_volume import ReferenceState
from agent.accounting.interval import Interval, Method
from agent.corrections import CorrectionError, check_drafts, unit_of
from agent.settings.replacements import replacements_of
from agent.settings.site import Site, load_site
from agent.typed import TypedError, check_unit, read_instant
from collectors.frame import Layout

TOKYO = ZoneInfo("Asia/Tokyo")


def utc_s(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=TOKYO).timestamp())


SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER = (utc_s(f"2023-{month:02}-01") for month in (9, 10, 11, 12))
NOW = utc_s("2023-12-24T12:10")
MEAN, VALUE = SubstitutionMethod.MEAN, SubstitutionMethod.VALUE


@pytest.fixture(scope="module")
def site() -> Site:
    return load_site(Path(__file__).parents[2] / "configs" / "demo")


@pytest.fixture(scope="module")
def undeclared(site: Site) -> Site:
    """The same site, where nobody has declared when counters turn over and how fast they can be."""
    endpoints = tuple(
        replace(
            endpoint,
            layouts={
                name: Layout(name, tuple(replace(p, modulus=None, maximum_per_hour=None) for p in layout.points))
                for name, layout in endpoint.layouts.items()
            },
        )
        for endpoint in site.endpoints
    )
    return replace(site, endpoints=endpoints)


def draft(content: Content) -> Draft:
    return Draft("計量責任者", "月次検針", "M-10", content)


def book_of(*contents: Content) -> list[Entry]:
    return [draft(content).as_entry(number, 0) for number, content in enumerate(contents, start=1)]


def refusals(site: Site, content: Content, *before: Content) -> Sequence[str]:
    try:
        check_drafts(site, [draft(content)], book_of(*before), NOW)
    except CorrectionError as error:
        return said_by(error)
    return ()


def said_by(error: CorrectionError) -> tuple[str, ...]:
    return tuple(map(str, error.reasons))


def reading(register: str, at_utc_s: int = OCTOBER, point: str = "solar.energy") -> Reading:
    return Reading(point, at_utc_s, Decimal(register))


def invoice(stream: str = "grid_power", start: int = OCTOBER, end: int = NOVEMBER, quantity: str = "5") -> Invoice:
    return Invoice(stream, start, end, Decimal(quantity))


# One entry by itself -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        reading("1500.25"),
        reading("0"),
        BookedQuantity("line.can_body", OCTOBER, NOVEMBER, Decimal(812000)),
        invoice(),
        invoice("can_body"),
        invoice(quantity="0"),
        Invoice("boiler_gas", OCTOBER, NOVEMBER, Decimal(5), ReferenceState.NM3),
        Assertion("grid_power", OCTOBER, NOVEMBER, Decimal(5), Decimal(0)),
        Exclusion("grid_power", OCTOBER, OCTOBER + 1800),
        Substitution("grid_power", OCTOBER, NOVEMBER, MEAN),
        Substitution("melting_1_gas", OCTOBER, NOVEMBER, VALUE, Decimal(7), ReferenceState.SATP),
        MeterReplacement("solar.energy", OCTOBER * 1000 + 1, Decimal("4821.337"), Decimal(0)),
        Answer("gap"),
    ],
)
def test_what_may_stand(site: Site, content: Content) -> None:
    assert refusals(site, content) == ()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (reading("5", point="solar.enrgy"), "no counter 'solar.enrgy': did you mean 'solar.energy'?"),
        (reading("5", point="solar.power"), "no counter 'solar.power'"),
        (reading("5", point="solar"), "no counter 'solar'"),
        (invoice("grid_pwoer"), "no stream 'grid_pwoer': did you mean 'grid_power'?"),
        (reading("5", OCTOBER + 600), "2023-10-01 00:10 JST falls inside a half hour"),
        (reading("5", utc_s("2023-12-24T12:30")), "2023-12-24 12:30 JST is in the future"),
        (invoice(end=NOVEMBER + 1), "does not begin and end on :00 or :30"),
        (invoice(start=OCTOBER + 900), "does not begin and end on :00 or :30"),
        (invoice(start=NOVEMBER), "has no length"),
        (invoice(start=DECEMBER), "has no length"),
        (invoice(end=utc_s("2024-01-01")), "is not over yet"),
        (invoice(quantity="-1"), "is no quantity"),
        (invoice(quantity="NaN"), "is no quantity"),
        (invoice(quantity="Infinity"), "is no quantity"),
        (reading("-0.1"), "a register is a number from 0 up"),
        (reading("NaN"), "a register is a number from 0 up"),
        # modulus 100,000,000 counts of 1/50,000 kWh in configs/demo/devices/incoming-meter.toml
        (reading("2000", point="incoming.energy_import"), "turns over at 2000.00000: check the digits"),
        (replace(invoice(), state=ReferenceState.NM3), "grid_power is no gas volume"),
        (Substitution("grid_power", OCTOBER, NOVEMBER, MEAN, Decimal(7)), "its method is `value`"),
        (Substitution("grid_power", OCTOBER, NOVEMBER, VALUE), "its method is `value`"),
        (Substitution("boiler_gas", OCTOBER, NOVEMBER, MEAN, None, ReferenceState.NM3), "belongs to a quantity"),
        (Assertion("grid_power", OCTOBER, NOVEMBER, Decimal(5), Decimal(101)), "between 0 and 100"),
        (Assertion("grid_power", OCTOBER, NOVEMBER, Decimal(5), Decimal(-1)), "between 0 and 100"),
        (MeterReplacement("solar.power", 1000, Decimal(1), Decimal(0)), "no counter 'solar.power'"),
        (MeterReplacement("solar.energy", NOW * 1000 + 1000, Decimal(1), Decimal(0)), "is in the future"),
        (MeterReplacement("solar.energy", 1000, Decimal(-1), Decimal(0)), "a register is a number from 0 up"),
    ],
)
def test_what_may_not_stand(site: Site, content: Content, sentence: str) -> None:
    problems = refusals(site, content)
    assert len(problems) == 1
    assert sentence in problems[0]


def test_person_reason_and_document_are_needed(site: Site) -> None:
    with pytest.raises(CorrectionError) as refused:
        check_drafts(site, [Draft(" ", "\u3000", "", invoice())], [], NOW)
    assert [problem.partition(":")[0] for problem in said_by(refused.value)] == [
        "no person",
        "no reason",
        "no document",
    ]
    without_a_number = (
        Exclusion("grid_power", OCTOBER, NOVEMBER),
        Substitution("grid_power", OCTOBER, NOVEMBER, MEAN),
        Answer("gap"),
    )
    check_drafts(site, [Draft("計量責任者", "試験", "", content) for content in without_a_number], [], NOW)


# Beside what stands already ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (invoice(), invoice(quantity="6")),
        (invoice(), invoice(start=NOVEMBER - 1800, end=DECEMBER)),
        (invoice(), invoice(start=SEPTEMBER, end=DECEMBER)),
        (Exclusion("grid_power", OCTOBER, NOVEMBER), Exclusion("grid_power", OCTOBER + 1800, OCTOBER + 3600)),
        (
            Substitution("grid_power", OCTOBER, NOVEMBER, MEAN),
            Substitution("grid_power", OCTOBER, NOVEMBER, SubstitutionMethod.LAST_WEEK),
        ),
        (reading("5"), reading("6")),
        (BookedQuantity("line.can_body", OCTOBER, NOVEMBER, Decimal(1)),) * 2,
        (Assertion("grid_power", OCTOBER, NOVEMBER, Decimal(1), Decimal(1)),) * 2,
        (MeterReplacement("solar.energy", 1000, Decimal(5), Decimal(0)),) * 2,
        (Answer("gap"), Answer("gap")),
        (Closing(2022, 1, False, "", "", ""), Closing(2022, 1, False, "a", "", "")),
    ],
)
def test_what_says_otherwise_is_refused_until_the_first_is_withdrawn(
    site: Site, first: Content, second: Content
) -> None:
    problems = refusals(site, second, Answer("other"), first)
    assert problems == ("entry 2 says this already, or says otherwise: withdraw it first",)
    assert refusals(site, second, Answer("other"), first, Withdrawal(2)) == ()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (invoice(), invoice(start=NOVEMBER, end=DECEMBER)),
        (invoice(), invoice("solar_power")),
        (invoice(), Exclusion("grid_power", OCTOBER, NOVEMBER)),
        (
            Assertion("grid_power", OCTOBER, NOVEMBER, Decimal(1), Decimal(1)),
            Assertion("grid_power", SEPTEMBER, NOVEMBER, Decimal(1), Decimal(1)),
        ),
        (
            BookedQuantity("line.can_body", OCTOBER, NOVEMBER, Decimal(1)),
            BookedQuantity("line.can_body", OCTOBER, OCTOBER + 86_400, Decimal(1)),
        ),
        (reading("5"), reading("6", NOVEMBER)),
        (Closing(2022, 1, False, "", "", ""), Closing(2022, 2, False, "", "", "")),
    ],
)
def test_what_can_stand_side_by_side(site: Site, first: Content, second: Content) -> None:
    assert refusals(site, second, first) == ()


def test_drafts_are_held_against_each_other_and_all_problems_are_told(site: Site) -> None:
    drafts = [draft(invoice()), draft(invoice("no_such")), draft(invoice()), draft(reading("-1"))]
    with pytest.raises(CorrectionError) as refused:
        check_drafts(site, drafts, book_of(Answer("other")), NOW)
    assert [problem.split(":")[0] for problem in said_by(refused.value)] == [
        "the site has no stream 'no_such'",
        "entry 2 says this already, or says otherwise",
        "solar.energy shows -1",
    ]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (1, ""),
        (2, "entry 2 is withdrawn already"),
        (3, "entry 3 is a withdrawal: declare again what it withdrew, entry 2"),
        (4, "entry 4 closed a fiscal year"),
        (5, "the book has no entry 5; its last is 4"),
        (0, "the book has no entry 0"),
    ],
)
def test_what_can_be_withdrawn(site: Site, number: int, sentence: str) -> None:
    before = (invoice(), Answer("gap"), Withdrawal(2), Closing(2022, 1, False, "", "", ""))
    problems = refusals(site, Withdrawal(number), *before)
    assert "".join(problems).startswith(sentence)
    assert bool(problems) is bool(sentence)


# Registers -----------------------------------------------------------------------------------------------------------

OLD, NEW = "4821.337", "0.017"
SWAP = MeterReplacement("solar.energy", (OCTOBER + 600) * 1000, Decimal(OLD), Decimal(NEW))


def test_a_register_does_not_fall(undeclared: Site) -> None:
    (problem,) = refusals(undeclared, reading("1499", NOVEMBER), reading("1500"))
    assert "solar.energy from 2023-10-01 00:00 JST to 2023-11-01 00:00 JST (entry 1) would have fallen" in problem
    (problem,) = refusals(undeclared, reading("1501", SEPTEMBER), reading("1500"))
    assert "would have fallen" in problem
    assert refusals(undeclared, reading("1499", NOVEMBER), reading("1500"), Withdrawal(1)) == ()


def test_the_readings_of_one_sheet_are_held_against_each_other(undeclared: Site) -> None:
    rows = [draft(reading(register, OCTOBER + 1800 * i)) for i, register in enumerate(("5", "6", "4", "7"))]
    with pytest.raises(CorrectionError) as refused:
        check_drafts(undeclared, rows, [], NOW)
    (problem,) = said_by(refused.value)
    assert problem.startswith("solar.energy from 2023-10-01 00:30 JST to 2023-10-01 01:00 JST would have fallen")


def test_a_register_has_so_many_digits(undeclared: Site) -> None:
    """2^53 counts of 0.001 kWh are 9,007,199,254,740.992 kWh."""
    assert refusals(undeclared, reading("9007199254740.992")) == ()
    (problem,) = refusals(undeclared, reading("9007199254740.993"))
    assert "more digits than a register has" in problem


def test_a_register_may_turn_over_or_belong_to_a_new_meter(site: Site) -> None:
    meter = "incoming.energy_import"  # turns over at 2,000 kWh, and advances by at most 1 kWh an hour
    assert refusals(site, reading("10.5", NOVEMBER, meter), reading("1990", OCTOBER, meter)) == ()
    (problem,) = refusals(site, reading("1900", NOVEMBER, meter), reading("100", OCTOBER, meter))
    assert "risen faster than its declared maximum" in problem
    assert refusals(site, reading("31", NOVEMBER), reading("4820"), SWAP) == ()


def test_a_new_meter_does_not_explain_everything(site: Site, undeclared: Site) -> None:
    for place, sentence in ((undeclared, "would have fallen"), (site, "a lower register counts as turned over")):
        (problem,) = refusals(place, reading("0.010", NOVEMBER), reading("4820"), SWAP)
        assert sentence in problem
        (problem,) = refusals(place, SWAP, reading("4822"), reading("4823", NOVEMBER))
        assert sentence in problem


def test_a_replacement_of_the_site_file_is_not_declared_again(site: Site) -> None:
    swap = Replacement("solar", "energy", SWAP.time_ms, 4821337.0, 17.0, "work order 7")
    (problem,) = refusals(replace(site, replacements=(swap,)), SWAP)
    assert problem == "site.toml declares this replacement already (work order 7)"


def test_a_replacement_reaches_the_counter_in_raw_counts(site: Site) -> None:
    """By hand: 0.001 kWh a count; 4,821,000 → 4,821,337 on the old meter, 17 → 40 on the new one: 337 + 23 counts."""
    entries = book_of(SWAP, MeterReplacement("gone.energy", 0, Decimal(1), Decimal(0)), SWAP, Withdrawal(3))
    found = replacements_of(site.layouts, entries)
    assert found == (Replacement("solar", "energy", SWAP.time_ms, 4_821_337.0, 17.0, "M-10, entry 1"),)
    layout = site.layouts["solar"]
    account = DeviceAccount(layout, 2_000_000, found)
    others = [0.0] * (len(layout.points) - 1)
    intervals: list[Interval] = []
    for minute, register in ((0, 4_821_000.0), (5, 4_821_200.0), (15, 20.0), (30, 40.0), (31, 40.0)):
        values = [register, *others]
        taken = account.take((OCTOBER + minute * 60) * 1000, values, [0] * len(values), minute + 1)
        intervals.extend(interval for interval in taken.intervals if interval.point == "energy")
    assert [(i.start_utc_s, i.advance_raw, i.method) for i in intervals] == [(OCTOBER, 360.0, Method.REPLACED)]


def test_a_replacement_is_the_same_in_the_site_file_and_in_the_book(site: Site, tmp_path: Path) -> None:
    demo = Path(__file__).parents[2] / "configs" / "demo"
    table = (
        '[[replacement]]\npoint = "solar.energy"\nat = 2023-10-01T00:10:00+09:00\n'
        f'old_end = "{OLD}"\nnew_start = "{NEW}"\ndocument = "M-10, entry 1"\n'
    )
    text = (demo / "site.toml").read_text(encoding="utf-8") + table
    (tmp_path / "site.toml").write_text(text, encoding="utf-8")
    (tmp_path / "devices").symlink_to(demo / "devices")
    assert load_site(tmp_path).replacements == replacements_of(site.layouts, book_of(SWAP))


# Closed years --------------------------------------------------------------------------------------------------------

CLOSED = [Closing(2022, 1, False, "", "", ""), Closing(2023, 1, True, "", "", ""), Closing(2023, 2, False, "", "", "")]
APRIL = utc_s("2023-04-01")
FY2022, FY2023 = ToCloseAgain(2022, 1, 2), ToCloseAgain(2023, 3, 3)


@pytest.mark.parametrize(
    ("content", "years"),
    [
        (invoice(), [FY2023]),
        (invoice(start=APRIL - 1800, end=APRIL), [FY2022]),
        (invoice(start=APRIL - 1800, end=APRIL + 1800), [FY2022, FY2023]),
        (reading("5", APRIL), [FY2022, FY2023]),
        (reading("5"), [FY2023]),
        (SWAP, [FY2023]),
        (Withdrawal(4), [FY2022]),
        (Assertion("grid_power", OCTOBER, NOVEMBER, Decimal(5), Decimal(1)), []),
        (Answer("gap"), []),
        (invoice(start=utc_s("2024-04-01"), end=utc_s("2024-05-01")), []),
    ],
)
def test_which_closed_years_are_touched(content: Content, years: list[ToCloseAgain]) -> None:
    entries = book_of(*CLOSED, invoice(start=APRIL - 3600, end=APRIL))
    assert years_to_close_again([draft(content)], entries, TOKYO) == years


# What is typed -------------------------------------------------------------------------------------------------------


def test_units_are_those_of_the_site(site: Site) -> None:
    names = ("solar.energy", "boiler_gas", "can_body", "line.can_body")
    assert [unit_of(site, name) for name in names] == ["kWh", "m3", "kg", "kg"]
    for same in ("m3", "m³", "㎥", "ｍ３"):
        check_unit(same, "m3", "boiler_gas")
    for other in ("kWh", "M3", "Nm3", "L", "", "m2"):
        with pytest.raises(TypedError):
            check_unit(other, "m3", "boiler_gas")


def test_local_times_where_clocks_change() -> None:
    """Germany, 29 October 2023: 03:00 CEST became 02:00 CET; 26 March: 02:00 CET became 03:00 CEST."""
    berlin = ZoneInfo("Europe/Berlin")
    for text in ("2023-10-29T02:30", "2023-03-26T02:30"):
        with pytest.raises(TypedError, match="twice or not at all"):
            read_instant(text, berlin)
    first, second = (read_instant(f"2023-10-29T02:30+0{hours}:00", berlin) for hours in (2, 1))
    assert (first, second) == (1_698_539_400, 1_698_543_000)
