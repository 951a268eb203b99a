"""The report of a small statement that can be checked by hand, in both languages, and as Calc computes it."""

import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from agent.accounting.areas import draw_areas
from agent.accounting.assertions import AssertionResult, Finding
from agent.accounting.balances import Balance, Residual
from agent.accounting.booked import BookedDifference
from agent.accounting.booked_spans import BookProblem, BookProblemKind
from agent.accounting.entries import (
    Answer,
    Assertion,
    BookedQuantity,
    Closing,
    Content,
    Entry,
    Exclusion,
    Invoice,
    MeterReplacement,
    Reading,
    Substitution,
    SubstitutionMethod,
    Withdrawal,
)
from agent.accounting.interval import Event
from agent.accounting.statement import Statement
from agent.reports.findings import _FINDINGS, _PROBLEMS
from agent.reports.page import render_page
from agent.reports.report import Report, report_document
from agent.reports.statement import StatementFigures, StatementRecord, statement_report
from agent.reports.table import as_records
from agent.reports.workbook import workbook_bytes, write_workbook
from agent.texts import Texts
from tests.agent.conftest import Convert
from tests.agent.reports.conftest import SOURCE

JST = ZoneInfo("Asia/Tokyo")
APRIL = int(datetime(2023, 4, 1, tzinfo=JST).timestamp())
MAY = int(datetime(2023, 5, 1, tzinfo=JST).timestamp())
JUNE = int(datetime(2023, 6, 1, tzinfo=JST).timestamp())
CREATED = datetime(2023, 6, 1, tzinfo=UTC)


def book(*contents: Content) -> list[Entry]:
    return [
        Entry(n, APRIL * 1000, "計量責任者", "why", "work order 7", content) for n, content in enumerate(contents, 1)
    ]


ENTRIES = book(
    Reading("meters.grid", APRIL + 3600, Decimal("4821.30")),
    BookedQuantity("meters.sheet", MAY, JUNE, Decimal(200_000)),
    Invoice("burner", MAY, JUNE, Decimal("25000.5")),
    Assertion("grid", APRIL, MAY, Decimal(1_001_000), Decimal("0.2")),
    Exclusion("mill", MAY, MAY + 1800),
    Substitution("mill", MAY, JUNE, SubstitutionMethod.LAST_WEEK),
    MeterReplacement("meters.mill", APRIL * 1000, Decimal("99.5"), Decimal(0)),
    Answer("gap-1"),
    Withdrawal(5),
    Closing(2022, 1, is_provisional=False, document_digest="a", factor_digest="b", ledger_head="c"),
)
ASSERTIONS = (
    AssertionResult(ENTRIES[3], Decimal(1_000_000), Decimal("-0.0999"), Finding.HOLDS),
    AssertionResult(ENTRIES[3], Decimal(1_003_600), Decimal("0.2597"), Finding.DIFFERS),
    AssertionResult(ENTRIES[3], None, None, Finding.PARTLY_MISSING, 1800_000),
)
DIFFERENCES = (BookedDifference("meters.sheet", MAY, JUNE, Decimal(200_000), Decimal("200_100.5"), (2,)),)
PROBLEMS = (BookProblem("meters.grid", APRIL, MAY, BookProblemKind.TOO_FAST, (1, 12)),)
BALANCES = (
    Residual(Balance("power", ("grid",), ("mill",), "受電と負荷", "power"), Decimal(7), "kWh"),
    Residual(Balance("gas", ("burner",), ("burner",)), Decimal(0), "m3"),
)
EVENTS = (Event(APRIL * 1000, "meters", "grid", "wrapped", "10^6"),)


def draw(statement: Statement, language: str = "en") -> Report:
    figures = StatementFigures(statement, draw_areas(statement.lines, ()), BALANCES, JUNE)
    return statement_report(
        Texts(language), "Mill", JST, figures, StatementRecord(ENTRIES, ASSERTIONS, DIFFERENCES, PROBLEMS, EVENTS)
    )


@pytest.fixture
def tables(statement: Statement) -> dict[str, Any]:
    told: Any = report_document(draw(statement))["tables"]
    return {table["key"]: table for table in told}


def printed(table: Any, column: str) -> list[str]:
    return [row[column] for row in table["printed"]]


def test_the_summary_is_what_a_pocket_calculator_gives(tables: dict[str, Any]) -> None:
    """19,710 GJ × 0.0258; 19,710 / 600; 1,500,000 kWh / 600; 976.5 / 600."""
    assert printed(tables["summary"], "value") == [
        "19,710", "509", "977", "1,500", "600", "32.85", "15.20", "2,500", "1.628",
    ]  # fmt: skip
    assert [row["value"] for row in tables["summary"]["rows"]][5:] == [32.85, 15.2, 2500, 1.6275]


def test_streams_and_their_calculation(tables: dict[str, Any]) -> None:
    streams, calculation = tables["streams"], tables["calculation"]
    assert printed(streams, "stream") == ["grid", "burner", "(mill)", "total"]
    assert printed(streams, "energy_gj") == ["12,960", "6,750", "2,160", "19,710"]
    assert printed(streams, "co2_t") == ["630.0", "346.5", "105.0", "976.5"]
    assert printed(streams, "missing_percent") == ["0.0", "0.0", "50.0", "0.0"]
    marks = [(mark["row"], mark["column"], mark["text"]) for mark in streams["marks"]]
    assert marks == [(n, "amount", f"rests on the book, entry {e}") for n, e in ((0, "1"), (1, "3"), (2, "6, 7"))]
    assert printed(calculation, "quantity") == ["1,500.000", "150.000", "250.000"]
    assert printed(calculation, "heat_factor") == ["8.64", "45.0", "8.64"]
    assert printed(calculation, "co2_factor") == ["0.420", "0.0140", "0.420"]
    assert printed(calculation, "co2_t") == ["630.00", "346.50", "105.00"]


def test_the_year_by_month(tables: dict[str, Any]) -> None:
    months = tables["months"]
    assert printed(months, "month") == ["2023-04", "2023-05", "year"]
    assert printed(months, "energy_gj") == ["13,140", "6,570", "19,710"]
    assert printed(months, "co2_t") == ["651.0", "325.5", "976.5"]
    assert printed(months, "production_t") == ["400.0", "200.0", "600.0"]
    assert printed(months, "energy_intensity_gj_per_t") == ["32.85", "32.85", "32.85"]
    assert printed(tables["amounts"], "2023-05") == ["500,000", "25,000", "–"]
    assert printed(tables["amounts"], "year") == ["1,500,000", "75,000", "250,000"]
    assert [mark["column"] for mark in tables["amounts"]["marks"]] == ["2023-04", "2023-05", "2023-04", "2023-05"]
    assert printed(tables["heat"], "2023-04") == ["8,640", "4,500", "2,160", "13,140"]
    assert printed(tables["co2"], "2023-05") == ["210.0", "115.5", "–", "325.5"]
    assert printed(tables["production_months"], "2023-05") == ["200.0"]


def test_completeness_says_what_is_missing(tables: dict[str, Any]) -> None:
    rows = [tuple(row.values()) for row in tables["completeness"]["printed"]]
    assert rows == [
        ("grid", "measured", "100.0", "100.0", "100.0"),
        ("burner", "measured", "100.0", "100.0", "100.0"),
        ("(mill)", "measured", "100.0", "0.0", "50.0"),
        ("(mill)", "missing", "0.0", "100.0", "50.0"),
        ("sheet", "measured", "100.0", "100.0", "100.0"),
    ]


def test_the_book_the_bills_and_the_events(tables: dict[str, Any]) -> None:
    entries = tables["book"]
    assert printed(entries, "kind") == [
        "reading", "quantity", "invoice", "bill to hold against", "excluded", "substitution", "meter replaced",
        "answer", "withdrawal", "year closed",
    ]  # fmt: skip
    assert printed(entries, "concerns")[6:] == ["meters.mill", "gap-1", "entry 5", "FY2022"]
    assert printed(entries, "given")[:7] == [
        "4,821.30", "200,000", "25,000.5", "1,001,000", "", "last week's values", "99.5 → 0",
    ]  # fmt: skip
    assert (entries["printed"][2]["from"], entries["printed"][2]["to"]) == ("2023-05-01 00:00", "2023-06-01 00:00")
    assert [(mark["row"], mark["text"]) for mark in entries["marks"]] == [(4, "withdrawn by 9")]
    assert printed(tables["assertions"], "result") == [
        "holds",
        "does not hold",
        "part of the time is missing",
    ]
    assert printed(tables["assertions"], "difference_percent") == ["-0.10", "0.26", "–"]
    assert printed(tables["assertions"], "billed") == ["1,001,000"] * 3
    assert printed(tables["assertions"], "unit") == ["kWh"] * 3
    assert list(tables["differences"]["printed"][0].values())[3:] == ["200,000.0", "200,100.5", "2"]
    assert list(tables["problems"]["printed"][0].values())[3:] == ["more than the plant can", "1, 12"]
    assert (set(_FINDINGS), set(_PROBLEMS)) == (set(Finding), set(BookProblemKind))
    assert printed(tables["events"], "time") == ["2023-04-01 00:00"]


def test_every_factor_has_its_source(tables: dict[str, Any]) -> None:
    assert printed(tables["factors"], "source") == [SOURCE] * 4
    assert printed(tables["factors"], "value") == ["8.64", "0.420", "45.0", "0.0140"]


def test_people_read_names_and_programs_read_ids(statement: Statement) -> None:
    told = {table.key: table for table in draw(statement, "ja").tables()}
    factors, areas, balances = told["factors"], told["areas"], told["balances"]
    assert [[cell.printed for cell in row[:3]] for row in factors.body()] == [
        ["電力", "系統電力", "単位発熱量"],
        ["電力", "系統電力", "排出係数"],
        ["都市ガス", "", "単位発熱量"],
        ["都市ガス", "", "排出係数"],
    ]
    assert {row[5].printed for row in factors.body()} == {"原典で確認"}
    assert [record["carrier"] for record in as_records(factors)] == ["electricity"] * 2 + ["city_gas"] * 2
    assert as_records(factors)[0]["applies_to"] == "grid"
    assert [row[0].printed for row in areas.body()] == ["事業所全体"]
    assert [row[0].printed for row in balances.body()] == ["受電と負荷", "gas"]
    assert told["summary"].title == "mill-1 · 2023年度 · 制度 経団連行動計画"
    assert [fact.value for fact in draw(statement, "ja").facts if fact.name == "制度"] == [
        "経団連行動計画 (association)"
    ]
    assert [record["balance"] for record in as_records(balances)] == ["power", "gas"]


def test_a_missing_factor_leaves_no_total(statement: Statement) -> None:
    grid, *others = statement.lines
    spans = tuple(replace(span, converted=None) for span in grid.spans)
    broken = replace(statement, lines=(replace(grid, spans=spans, problem="no factor"), *others))
    figures = StatementFigures(broken, [], (), JUNE)
    report = statement_report(Texts("en"), "Mill", JST, figures, StatementRecord())
    told = {
        table.key: [[cell.printed for cell in row] for row in (*table.body(), *table.foot())]
        for table in report.tables()
    }
    assert [row[1] for row in told["summary"]][:3] == ["–", "–", "–"]
    assert told["months"][2][1:3] == ["–", "–"]
    assert told["heat"][3][2:] == ["–", "–", "–"]
    assert workbook_bytes(report, CREATED)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_each_language_has_every_word(statement: Statement, language: str) -> None:
    report = draw(statement, language)
    told = [report.title, *(section.name for section in report.sections)]
    told += [
        text for table in report.tables() for text in (table.title, *table.notes, *(c.title for c in table.columns))
    ]
    written = {text for text in told if re.search(r"[ぁ-んァ-ヶ一-龠]", text)}
    assert bool(written) is (language == "ja")
    units = {"GJ", "t-CO2", "CO2", "t", "2023-04", "2023-05"}
    assert language == "en" or set(told) - written <= units
    assert f'<html lang="{language}">' in render_page(report)


def test_a_year_that_runs_is_provisional(statement: Statement) -> None:
    facts = {fact.name: fact.value for fact in draw(statement).facts}
    assert facts["status"] == "provisional: the year is not over"
    assert facts["drawn up to"] == "2023-06-01 00:00"
    assert facts["digest of the factors (SHA-256)"] == statement.factors.digest


@pytest.mark.parametrize("language", ["en", "ja"])
def test_calc_finds_the_figures_of_the_json(
    statement: Statement,
    language: str,
    tmp_path: Path,
    convert_with_calc: Convert,
    strip_values: Callable[[Path], Path],
) -> None:
    """Every formula of the workbook, computed by Calc from the other cells, gives the figure that we computed."""
    path = tmp_path / "statement.xlsx"
    write_workbook(path, draw(statement, language), CREATED)
    (recalculated,) = convert_with_calc(strip_values(path), "xlsx").glob("*.xlsx")
    written, given, found = (
        load_workbook(path),
        load_workbook(path, data_only=True),
        load_workbook(recalculated, data_only=True),
    )
    checked = 0
    for sheet in written:
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"):
            value = found[sheet.title][cell.coordinate].value
            assert value == pytest.approx(given[sheet.title][cell.coordinate].value, rel=1e-12), (
                sheet.title,
                cell.coordinate,
            )
            checked += 1
    assert checked >= 46
    charts = [name for name in zipfile.ZipFile(path).namelist() if name.startswith("xl/charts/chart")]
    assert len(charts) == 3


def test_two_runs_give_the_same_bytes(statement: Statement) -> None:
    assert workbook_bytes(draw(statement), CREATED) == workbook_bytes(draw(statement), CREATED)
    assert render_page(draw(statement)) == render_page(draw(statement))
