"""One table in every plain form: what is printed is rounded once, what is handed on is not rounded."""

import csv
import io
import json
from decimal import Decimal

import pytest
from rich.console import Console

from agent.reports.formula import Formula, Place, Ref, across, product, quotient, spreadsheet_text, sum_of
from agent.reports.table import Cell, Column, Table, as_csv, as_document, as_records, for_people, rounded

TABLE = Table(
    "Energy",
    (
        Column("stream", "stream"),
        Column("energy_gj", "energy", 1, unit="GJ", group="year"),
        Column("share_percent", "share", 0, unit="%", group="year"),
    ),
    (("gas", Decimal("2.25"), 62.5), ("power", Cell(Decimal(7), mark="corrected, entry 12"), None)),
    "energy",
    (("total", Cell(Decimal("9.25"), formula=sum_of("energy_gj", range(2))), ""),),
    ("GJ are gross.",),
    ("Source: the meters",),
)


@pytest.mark.parametrize(
    ("value", "decimals", "printed"),
    [
        (Decimal("0.5"), 0, "1"),
        (Decimal("1.5"), 0, "2"),
        (Decimal("2.5"), 0, "3"),
        (Decimal("-2.5"), 0, "-3"),
        (Decimal("2.4999999999999999999"), 0, "2"),
        (1.005, 2, "1.01"),
        (2.675, 2, "2.68"),
        (Decimal("-0.04"), 1, "0.0"),
        (1234567.891, 2, "1,234,567.89"),
        (Decimal(10) ** 40, 3, "10,000,000,000,000,000,000,000,000,000,000,000,000,000.000"),
        (17, None, "17"),
        (None, 2, "–"),
        ("words", 2, "words"),
    ],
)
def test_figures_are_rounded_half_up(value: Decimal | float | str | None, decimals: int | None, printed: str) -> None:
    assert rounded(value, decimals) == printed


def test_csv_has_unrounded_rows_without_totals() -> None:
    assert as_csv(TABLE) == (
        'stream,energy_gj,share_percent,marks\ngas,2.25,62.5,\npower,7,,"energy_gj: corrected, entry 12"\n'
    )


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\n=1", "＝1", "＠SUM(1)"])
def test_text_in_csv_is_no_formula_and_a_number_stays_one(text: str) -> None:
    table = Table("t", (Column("name", "name"), Column("x", "x", 1)), ((text, Decimal(-5)),))
    (_, row) = csv.reader(io.StringIO(as_csv(table), newline=""))
    assert row == ["'" + text, "-5"]
    assert as_records(table) == [{"name": text, "x": -5.0}]


def test_a_line_break_in_csv_breaks_no_row() -> None:
    table = Table("t", (Column("name", "name"),), (("a\r=1\r\nb",),))
    assert as_csv(table) == 'name\n"a\n=1\nb"\n'


def test_json_has_the_figures_and_what_is_printed() -> None:
    assert json.loads(json.dumps(as_document(TABLE))) == {
        "key": "energy",
        "title": "Energy",
        "notes": ["GJ are gross."],
        "columns": [
            {"key": "stream", "title": "stream", "unit": "", "group": ""},
            {"key": "energy_gj", "title": "energy", "unit": "GJ", "group": "year"},
            {"key": "share_percent", "title": "share", "unit": "%", "group": "year"},
        ],
        "rows": [
            {"stream": "gas", "energy_gj": 2.25, "share_percent": 62.5},
            {"stream": "power", "energy_gj": 7.0, "share_percent": None},
        ],
        "totals": [{"stream": "total", "energy_gj": 9.25, "share_percent": ""}],
        "printed": [
            {"stream": "gas", "energy_gj": "2.3", "share_percent": "63"},
            {"stream": "power", "energy_gj": "7.0", "share_percent": "–"},
            {"stream": "total", "energy_gj": "9.3", "share_percent": ""},
        ],
        "marks": [{"row": 1, "column": "energy_gj", "text": "corrected, entry 12"}],
        "sources": ["Source: the meters"],
    }


def test_a_terminal_shows_totals_marks_and_no_markup_of_users() -> None:
    table = Table("[red]t[/]", (Column("a", "a"),), (("[bold]x[/]",),), totals=((Cell("sum", mark="[b]"),),))
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(for_people(table, 100))
    shown = console.export_text()
    assert all(part in shown for part in ("[red]t[/]", "[bold]x[/]", "sum¹⁾", "¹⁾ [b]"))


def test_a_row_has_a_value_for_each_column() -> None:
    with pytest.raises(ValueError, match="a row has 1 values for 2 columns"):
        Table("t", (Column("a", "a"), Column("b", "b")), ((1,),))


def test_groups_span_their_columns() -> None:
    assert TABLE.groups() == [("", 1), ("year", 2)]


def locate(ref: Ref) -> Place:
    return Place("By month" if ref.table else "Main", (ref.row or 0) + 2, {"a": 0, "b": 1, "far": 27}[ref.column])


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (sum_of("a", range(3)), "=SUM(A3:A5)"),
        (sum_of("b", (0, 1, 2, 5)), "=SUM(B3:B5,B8)"),
        (across(("a", "b")), "=SUM(A3:B3)"),
        (quotient(Ref("a"), Ref("far", 4, "months")), "=A3/'By month'!AB7"),
        (quotient(product(Ref("a"), Decimal(44)), Decimal(12)), "=(A3*44)/12"),
        (product(Ref("a"), Decimal("1E+3")), "=A3*1000"),
    ],
)
def test_formulas_as_a_spreadsheet_writes_them(formula: Formula, text: str) -> None:
    assert spreadsheet_text(formula, "Main", locate) == text
