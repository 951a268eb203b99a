"""The submission of a metered site agrees with its statement, and with figures that were worked out by hand."""

import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from agent.accounting.entries import (
    Answer,
    Assertion,
    Closing,
    Draft,
    Exclusion,
    Invoice,
    Substitution,
    SubstitutionMethod,
    Withdrawal,
)
from agent.accounting.gas_volume import ReferenceState
from agent.accounting.interval import INTERVAL_MS
from agent.query import query_year
from agent.settings.site import load_site
from agent.storage.book import Book, book_path
from agent.submission.canonical import SubmissionError, read_document, write_document
from agent.submission.examine import examine
from agent.submission.keys import ring_of
from agent.submission.parts import FindingRecord
from agent.submission.sign import PrivateKey, sign
from agent.submit import Wanted, next_revision
from tests.agent.submission.conftest import APPROVAL, HALF_HOURS, MAY, Mill, utc_s


def test_every_figure_by_hand(mill: Mill) -> None:
    submission = mill.build()
    grid, gas = submission.energy
    assert (grid.quantity, grid.unit, grid.metered) == (Decimal(14_400), "kWh", None)  # 1,440 × 10
    assert (grid.energy_gj, grid.co2_kg) == (Decimal("140.544"), Decimal(6_048))  # × 9.76 GJ/MWh, × 0.420
    # (101.325 + 98.675) / 100 = 2 at the same 25 °C
    assert (gas.quantity, gas.reference_state, gas.metered) == (Decimal(345_600), ReferenceState.SATP, Decimal(172_800))
    assert (gas.energy_gj, gas.co2_kg) == (Decimal(13_824), Decimal(709_632))  # × 40.0; × 0.0140 × 44/12
    assert submission.production[0].quantity_t == 1_440
    assert submission.totals.energy_gj == Decimal("13964.544")
    assert submission.totals.crude_oil_equivalent_kl == Decimal("360.2852352")
    assert (submission.through, submission.status, submission.revision) == ("2023-04", "provisional", 1)
    assert grid.shares is not None
    assert (grid.shares.expected_ms, grid.shares.measured_ms) == (HALF_HOURS * INTERVAL_MS, HALF_HOURS * INTERVAL_MS)
    assert submission.annual.offices is not None
    assert submission.annual.offices.energy_kl_coe == Decimal("28.9")
    assert (submission.participant.site, submission.participant.name_ja) == ("mill", "圧延工場")


def test_it_agrees_with_the_statement(mill: Mill) -> None:
    mill.declare(Invoice("gas", utc_s(4, 5), utc_s(4, 6), Decimal("7000.3"), ReferenceState.NM3))
    statement = query_year(
        mill.site, 2023, MAY, entries=Book(book_path(mill.site.path(Path("journal.sqlite3")))).entries()
    )
    submission = mill.build()
    for line, written in zip(statement.statement.lines, submission.energy, strict=True):
        assert line.energy_gj is not None
        assert line.co2_kg is not None
        assert written.co2_kg is not None
        assert abs(written.energy_gj - line.energy_gj) <= abs(line.energy_gj) * Decimal("1e-24")
        assert abs(written.co2_kg - line.co2_kg) <= abs(line.co2_kg) * Decimal("1e-24")
    assert submission.totals.electricity_kwh == statement.statement.electricity_kwh
    assert submission.totals.production_t == statement.statement.production_t
    assert submission.evidence.factor_digest == statement.statement.factors.digest


def test_whoever_verifies_it_gets_the_same_figures(mill: Mill, key: PrivateKey) -> None:
    mill.declare(Invoice("gas", utc_s(4, 5), utc_s(4, 6), Decimal("7000.3"), ReferenceState.NM3))
    submission = mill.build()
    document = write_document(submission)
    assert read_document(document) == submission
    verdict = examine(sign(document, key), ring_of(key.public))
    assert verdict.holds, verdict


def test_the_book_is_in_it(mill: Mill) -> None:
    mill.declare(
        Invoice("gas", utc_s(4, 5), utc_s(4, 6), Decimal(7000)),
        Exclusion("grid", utc_s(4, 9), utc_s(4, 10)),
        Withdrawal(2),
        Invoice("gas", utc_s(2, 1), utc_s(3, 1), Decimal(5)),
        Withdrawal(4),
        Assertion("grid", utc_s(4, 1), utc_s(5, 1), Decimal(14_500), Decimal("0.1")),
        Answer("assertion_fails:6"),
        Assertion("gas", utc_s(4, 1), utc_s(5, 2), Decimal(1), Decimal(1), ReferenceState.NM3),
    )
    submission = mill.build(findings=[FindingRecord(key="k", message="m", answer="a")])
    assert [(c.number, c.kind, c.is_withdrawn) for c in submission.corrections] == [
        (1, "invoice", False),
        (2, "exclusion", True),
        (3, "withdrawal", False),
    ]
    assert submission.corrections[0].content == {
        "stream": "gas",
        "from": "2023-04-04T15:00:00Z",
        "to": "2023-04-05T15:00:00Z",
        "quantity": "7000",
    }
    assert submission.corrections[0].written == "2023-05-01T15:00:00Z"
    assert [line.corrections for line in submission.energy] == [(), (1,)]
    power, gas = submission.assertions
    assert (power.found, power.holds, power.explanation) == (Decimal(14_400), False, "because")
    assert (power.first_day, power.last_day, power.unit) == ("2023-04-01", "2023-04-30", "kWh")
    assert (gas.found, gas.holds, gas.unit) == (None, False, "m3 (nm3)")
    assert submission.findings[0].answer == "a"
    assert submission.evidence.book_head == Book(book_path(mill.site.path(Path("journal.sqlite3")))).head()


def test_what_is_substituted_is_said(mill: Mill) -> None:
    mill.declare(
        Exclusion("grid", utc_s(4, 11), utc_s(4, 12)),
        Substitution("grid", utc_s(4, 11), utc_s(4, 12), SubstitutionMethod.VALUE, Decimal(500)),
    )
    grid = mill.build().energy[0]
    assert grid.quantity == 14_400 - 480 + 500
    assert grid.shares is not None
    assert (grid.shares.substituted_ms, grid.shares.measured_ms) == (48 * INTERVAL_MS, 29 * 48 * INTERVAL_MS)


def test_a_final_year_that_is_not_over_is_refused(mill: Mill) -> None:
    with pytest.raises(SubmissionError, match="fiscal year 2023 is not over; a provisional submission"):
        mill.build(Wanted(2023, "seto", APPROVAL))


@pytest.mark.parametrize("through", ["2023-05", "2024-04", "2023-4", ""])
def test_a_month_that_is_not_over_is_refused(mill: Mill, through: str) -> None:
    wanted = Wanted(2023, "seto", APPROVAL, is_provisional=True, through=through)
    if not through:
        assert mill.build(wanted).through == "2023-04"
    else:
        with pytest.raises(SubmissionError, match="over: 2023-04"):
            mill.build(wanted)


def test_a_line_without_energy_is_refused_and_named(mill: Mill) -> None:
    text = (mill.site.folder / "site.toml").read_text(encoding="utf-8").replace('kind = "grid"', 'kind = "own_fuel"')
    (mill.site.folder / "site.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SubmissionError, match=r"^grid: no heat factor of electricity"):
        Mill(load_site(mill.site.folder)).build()


def test_a_broken_ledger_is_not_submitted(mill: Mill) -> None:
    db = sqlite3.connect(mill.site.path(mill.site.file.journal.path))
    db.execute("UPDATE interval SET advance_raw = 11 WHERE start_utc_s = (SELECT max(start_utc_s) FROM interval)")
    db.commit()
    db.close()
    with pytest.raises(SubmissionError):
        mill.build()


def test_the_next_revision_follows_the_newest_closing(mill: Mill) -> None:
    closing = Closing(2023, 3, False, "0" * 64, "0" * 64, "0" * 64)
    entries = [
        Draft("a", "b", "c", content).as_entry(number, 0)
        for number, content in enumerate([closing, Closing(2022, 7, False, "", "", "")], 1)
    ]
    assert (next_revision(entries, 2023), next_revision(entries, 2024)) == (4, 1)
