"""Sheets that people have, and what `atsuen import` makes of them: all of it, or nothing with every cell named."""

import json
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from agent.accounting.entries import Assertion, BookedQuantity, Invoice, Reading
from agent.accounting.gas_volume import ReferenceState
from agent.cli import main
from agent.storage.book import Book, book_path

SITE = """\
[site]
id = "mill"
scheme = "association"

[journal]
path = "journal.sqlite3"

[[sheet]]
id = "coils"
unit = "t"
kind = "quantity"

[[sheet]]
id = "lpg"
unit = "kg"
kind = "register"

[[stream]]
id = "lpg_use"
carrier = "lpg"
area = "soaking"
unit = "kg"
term = [{ point = "sheet.lpg" }]

[[sheet]]
id = "gas_m3"
unit = "m3"
kind = "register"

[[stream]]
id = "gas"
carrier = "city_gas"
area = "melting"
unit = "m3"
gas = { meter = "corrected_nm3" }
term = [{ point = "sheet.gas_m3" }]

[[product]]
id = "coil"
unit = "t"
term = [{ point = "sheet.coils" }]
"""
APRIL, MAY, JUNE = 1_680_274_800, 1_682_866_800, 1_685_545_200
"""2023-04-01, 05-01 and 06-01 at 00:00+09:00, by `date -d … +%s`."""

Run = Callable[..., int]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "site.toml").write_text(SITE, encoding="utf-8")
    return folder


@pytest.fixture
def run(site: Path) -> Run:
    def call(file: Path, *more: str) -> int:
        words = ("--person", "energy-manager", "--reason", "first year", "--lang", "en")
        return main(["import", "-c", str(site), str(file), *words, *more])

    return call


def book(site: Path) -> Book:
    return Book(book_path(site / "journal.sqlite3"))


def csv(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "sheet.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def xlsx(tmp_path: Path, rows: Sequence[list[object]]) -> Path:
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.worksheets[0].append(row)
    workbook.save(tmp_path / "sheet.xlsx")
    return tmp_path / "sheet.xlsx"


def test_production_by_month_with_a_column_for_each_class(
    site: Path, tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    file = xlsx(tmp_path, [["年月", "coil [t]"], ["2023-04", 12000.5], ["2023年5月", 11000]])
    assert run(file) == 0
    assert "dry run: 2 new values" in capsys.readouterr().out
    assert book(site).entries() == []
    assert run(file, "--apply") == 0
    assert [entry.content for entry in book(site).entries()] == [
        BookedQuantity("sheet.coils", APRIL, MAY, Decimal("12000.5")),
        BookedQuantity("sheet.coils", MAY, JUNE, Decimal(11000)),
    ]
    (first, _) = book(site).entries()
    assert (first.person, first.reason) == ("energy-manager", "first year")
    assert re.fullmatch(r"sheet\.xlsx, SHA-256 [0-9a-f]{16}", first.document)


def test_what_is_known_already_is_not_booked_again(
    site: Path, tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(csv(tmp_path, "month,coil [t]", "2023-04,12000"), "--apply") == 0
    capsys.readouterr()
    assert run(csv(tmp_path, "month,coil [t]", "2023-04,12000", "2023-05,1", "2023-05,1"), "--apply", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["new"], said["known"]) == (1, 2)
    assert len(book(site).entries()) == 2


def test_readings_of_a_display(site: Path, tmp_path: Path, run: Run) -> None:
    file = csv(tmp_path, "計測点,検針日時,指示値,単位", "sheet.lpg,2023/4/1 0:00,100.5,kg", "lpg,2023-05-01,350,kg")
    assert run(file, "--apply") == 0
    assert [entry.content for entry in book(site).entries()] == [
        Reading("sheet.lpg", APRIL, Decimal("100.5")),
        Reading("sheet.lpg", MAY, Decimal(350)),
    ]


def test_invoices_are_held_against_the_figures_or_take_their_place(site: Path, tmp_path: Path, run: Run) -> None:
    rows = ("stream,from,to,quantity,unit,state,tolerance,document", "gas,2023-04-01,2023-04-30,900,m3,nm3,0.5,No. 7")
    assert run(csv(tmp_path, *rows), "--apply") == 0
    assert run(csv(tmp_path, *rows), "--apply", "--invoices", "override") == 0
    asserted, override = book(site).entries()
    assert asserted.content == Assertion("gas", APRIL, MAY, Decimal(900), Decimal("0.5"), ReferenceState.NM3)
    assert override.content == Invoice("gas", APRIL, MAY, Decimal(900), ReferenceState.NM3)
    assert asserted.document == "No. 7"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["month,coil [kg]", "2023-04,1"], "sheet.csv:1:2: sheet.coils is counted in t, not in kg"),
        (["stream,month,quantity,unit", "gas,2023-04,1,kL"], "sheet.csv:2:4: gas is counted in m3, not in kL"),
        (["month,coil [t]", "令和5年4月,1"], "sheet.csv:2:1: '令和5年4月' counts years by an era (write 2023-04)"),
        (["month,coil [t]", '2023-04,"1,000"'], "sheet.csv:2:2: '1,000' has commas (write 1000)"),
        (["month,coil [t]", "2023-04,\uff11"], "sheet.csv:2:2: '\uff11' has full-width characters (write 1)"),
        (["month,coil [t]", "2022-04,1"], "sheet.csv:2:1: is not in fiscal year 2023"),
        (["month,coils [t],x", "2023-04,1,2"], "sheet.csv:1:3: unknown heading 'x'"),
        (["month,coill [t]", "2023-04,1"], "sheet.csv:1:2: the site has no point, stream or product 'coill'"),
        (["name,time,register,unit", "lpg,2023-04-01 00:10,5,kg"], "sheet.csv:2:3: "),
        (["name,time,register,unit", "lpg,2023-04-01,,kg"], "sheet.csv:2:3: is empty (unknown is not zero"),
        (["name,register,unit", "lpg,5,kg"], "there is no column time"),
        (["name,from,to,quantity,unit", "coil,2023-05-01,2023-04-01,5,t"], "sheet.csv:2:3: lies before the beginning"),
        (["name,date,quantity,unit", "coil,2023-04-01 07:00,5,t"], "sheet.csv:2:2: a day is needed, not a time"),
        (["name,month,quantity,unit,state", "gas,2023-04,5,m3,liquid"], "no reference state 'liquid'"),
        (["month,coil [t]", "2023-04,-5"], "sheet.csv:2:2: "),
    ],
)
def test_one_bad_cell_and_nothing_is_imported(
    site: Path, tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str], rows: list[str], message: str
) -> None:
    assert run(csv(tmp_path, *rows), "--apply", "--fiscal-year", "2023") in {1, 78}
    assert message in capsys.readouterr().err
    assert book(site).entries() == []


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["month,coil [kg]", "2023-04,1"], "sheet.csv:1:2: sheet.coils の単位は kg ではなく t です。"),
        (
            ["month,coil [t]", "令和5年4月,1"],
            "sheet.csv:2:1: '令和5年4月' は元号による年です (2023-04 と書いてください)",
        ),
        (["month,coil [t]", '2023-04,"1,000"'], "sheet.csv:2:2: '1,000' に桁区切りがあります (1000 と書いてください)"),
        (["month,coil [t]", "2023-04,\uff11"], "sheet.csv:2:2: '\uff11' に全角文字があります (1 と書いてください)"),
        (["month,coil [t]", "2022-04,1"], "sheet.csv:2:1: 2023年度ではありません (それでも取り込むには --fiscal-year"),
        (["month,coils [t],x", "2023-04,1,2"], "sheet.csv:1:3: 不明な見出し 'x' です (使える見出し: name (品種)"),
        (["month,coill [t]", "2023-04,1"], "計測点・系統・製品 'coill' はありません ('coil' ではありませんか)"),
        (["name,time,register,unit", "lpg,2023-04-01 00:10,5,kg"], "sheet.csv:2:3: 2023-04-01 00:10 JST の検針は"),
        (["name,time,register,unit", "lpg,2023-04-01,,kg"], "sheet.csv:2:3: 空欄です (不明は 0 ではありません。"),
        (
            ["name,register,unit", "lpg,5,kg"],
            "検針日時(time) の列がありません (ある列: 名称(name)、指示値(register)、単位(unit))",
        ),
        (["month,coil [t]", "2023-04,-5"], "sheet.csv:2:2: -5 は数量ではありません。数量は 0 以上の数です"),
        (["month,coil [t]", "2023-04,5,6"], "sheet.csv:2:3: 表の外にあります (列に見出しを付けてください)"),
    ],
)
def test_a_japanese_reader_is_told_file_row_and_column_in_japanese(
    site: Path, tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str], rows: list[str], message: str
) -> None:
    assert run(csv(tmp_path, *rows), "--apply", "--fiscal-year", "2023", "--lang", "ja") in {1, 78}
    told = capsys.readouterr().err
    assert message in told
    assert not any(line.isascii() for line in told.splitlines())
    assert book(site).entries() == []


def test_a_program_reads_which_cell_is_refused_and_why(
    tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    file = csv(tmp_path, "month,coil [t]", "2023-04,x")
    assert run(file, "--json", "--lang", "ja") == 78
    (refused,) = json.loads(capsys.readouterr().out)["refused"]
    assert (refused["where"], refused["kind"], refused["values"]) == (f"{file}:2:2", "cell_no_number", {"text": "x"})
    assert refused["text"].startswith(f"{file}:2:2: 'x' is no number (digits with a point")
    assert run(csv(tmp_path, "month,coil [t]", "2023-04,-5"), "--json") == 1
    (refused,) = json.loads(capsys.readouterr().out)["refused"]
    assert (refused["where"], refused["kind"]) == (f"{file}:2:2", "no_quantity")


def test_a_tolerance_that_is_no_number_is_wrong_usage(
    tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(csv(tmp_path, "month,coil [t]", "2023-04,5"), "--tolerance", "1%") == 2
    assert "'1%' is no number" in capsys.readouterr().err


def test_a_good_row_beside_a_bad_one_is_not_imported(site: Path, tmp_path: Path, run: Run) -> None:
    assert run(csv(tmp_path, "month,coil [t]", "2023-04,5", "2023-05,x"), "--apply") == 78
    assert book(site).entries() == []


def test_the_same_month_with_another_value_is_a_conflict(
    site: Path, tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(csv(tmp_path, "month,coil [t]", "2023-04,5"), "--apply") == 0
    assert run(csv(tmp_path, "month,coil [t]", "2023-04,6"), "--apply") == 1
    assert "withdraw" in capsys.readouterr().err
    assert len(book(site).entries()) == 1
