"""The files of the fiscal 2023 form, as other programs read them, against what the published form says."""

import csv
import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from agent.association.aggregate import Aggregation
from agent.association.form import FormTable
from agent.association.load import load_association
from agent.association.publish import FormResult, document_fact, publish_form
from agent.association.write_form import write_form
from agent.submission.document import Submission
from tests.agent.conftest import leave_out

FOLDER = Path(__file__).parent
NAMES = ["form-2023-ja.xlsx", "form-2023-en.xlsx", "form-2023-ja.html", "form-2023-en.html", "form-2023.json"]
CHART_COLUMNS = {"production": 1, "energy": 3, "energy_intensity": 4, "co2": 5, "co2_intensity": 8}
Grid = list[list[str]]


@pytest.fixture(scope="module")
def result(documents: tuple[Submission, ...]) -> FormResult:
    association = load_association(FOLDER)
    aggregation = Aggregation(2023, association.uniform_factors(2023), association.participants())
    facts = []
    for document in documents:
        aggregation.add(document)
        facts.append(document_fact(document))
    return publish_form(association, aggregation.finish(), facts)


@pytest.fixture(scope="module")
def out(result: FormResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("form") / "new" / "folder"
    assert [path.name for path in write_form(result, folder)] == NAMES
    assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES)
    return folder


def shown(value: object, number_format: str) -> str:
    """What a spreadsheet shows of a cell, for the formats of whole and decimal numbers."""
    if value is None or isinstance(value, str):
        return value or ""
    if number_format == "General":  # what a chart draws, copied beside the printed sheet
        return str(value)
    decimals = len(number_format.partition(".")[2])
    assert number_format == "#,##0" + ("." + "0" * decimals if decimals else "")
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{rounded or abs(rounded):,f}"


class Cells(HTMLParser):
    """The rows of a page's tables, each table after a row with its caption."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: Grid = []
        self._is_open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"tr", "caption"}:
            self.rows.append([""] if tag == "caption" else [])
        if tag in {"th", "td"}:
            self.rows[-1].append("")
        if tag in {"th", "td", "caption"}:
            self._is_open = True
        if ("class", "note") in attrs:
            self._is_open = False

    def handle_endtag(self, tag: str) -> None:
        if tag in {"th", "td", "caption"}:
            self.rows[-1][-1] = self.rows[-1][-1].strip()
            self._is_open = False

    def handle_data(self, data: str) -> None:
        if self._is_open:
            self.rows[-1][-1] += data


def grid_of(path: Path) -> Grid:
    """All rows of a workbook's sheets or of a page's tables, as they are shown."""
    if path.suffix == ".xlsx":
        sheets = load_workbook(path, data_only=True)
        return [
            [shown(cell.value, cell.number_format) for cell in row] for sheet in sheets for row in sheet.iter_rows()
        ]
    parser = Cells()
    parser.feed(path.read_text(encoding="utf-8"))
    return parser.rows


def printed_in(grid: Grid, table: FormTable, row_id: str, language: str) -> list[str]:
    """The cells of a row of the form in a grid, found by the titles of table and row."""
    row = next(row for row in table.rows if row.id == row_id)
    title, name = (getattr(words, language) for words in (table.title, row.title))
    if table.id.startswith("chart_"):
        years = [column.id.removeprefix("fy") for column in table.columns]
        return in_years(grid, years, CHART_COLUMNS[row_id])
    start = next((number for number, line in enumerate(grid) if line and line[0] == title), 0)
    below = [line for line in grid[start + 1 :] if line]
    if table.id.startswith("source_"):
        return [ticked_in(grid, title, name)]
    if table.columns[0].id == "tick":
        return [next(line[0] for line in below if line[0].endswith(f" {name}"))[0]]
    first = 2 if any(each.unit for each in table.rows) else 1
    return next(line for line in below if line[0] == name)[first : first + len(row.cells)]


def ticked_in(grid: Grid, title: str, option: str) -> str:
    """The box of an option in the line of one of several tables that are printed as one."""
    what, _, own = title.partition(": ")
    start = next(number for number, line in enumerate(grid) if line and line[0] == what)
    headings, *lines = [line for line in grid[start + 1 : start + 9] if line]
    return next(line for line in lines if line[0] == own)[headings.index(option)]


def in_years(grid: Grid, years: list[str], place: int) -> list[str]:
    """The figures of a column of the table of all charts, which has a row for each year."""
    titles = {"実績のトレンド", "Trends"}
    start = max(number for number, line in enumerate(grid) if line and line[0] in titles)
    found = {line[0]: line[place] for line in grid[start : start + 23] if line and line[0].isdecimal()}
    return [found[year] for year in years]


def is_said_alike(cells: list[str]) -> bool:
    """Whether a row has no words that are Japanese in one language alone."""
    return all(re.fullmatch(r"[ -~–■□]*", cell) for cell in cells)


@pytest.mark.parametrize("name", NAMES[:4])
def test_every_row_as_printed(out: Path, result: FormResult, expected_rows: Grid, name: str) -> None:
    language, grid = name[10:12], grid_of(out / name)
    compared = 0
    for table, row, *cells in expected_rows:
        if language == "ja" or is_said_alike(cells):
            assert printed_in(grid, result.form.tables[table], row, language) == cells, (table, row)
            compared += 1
    assert compared >= 108


@pytest.mark.parametrize("language", ["ja", "en"])
def test_figures_are_numbers_but_where_two_stand(out: Path, language: str) -> None:
    """So that a reader can go on computing with them."""
    texts = [
        cell.value
        for sheet in load_workbook(out / f"form-2023-{language}.xlsx", data_only=True)
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str) and re.match(r"^-?[0-9][0-9,.]*( \(|$)", cell.value)
    ]
    pairs = [text for text in texts if "(" in text]
    others = {text for text in texts if "(" not in text}
    assert sorted(pairs) == sorted(["33 (29)", "-8.5 (-8.4)", "31.5 (31)", "87.4 (88.7)", "-0.064 (-0.07)"])
    assert others <= {str(year) for year in range(1990, 2051)}


@pytest.mark.parametrize("language", ["ja", "en"])
def test_texts_of_every_section_are_in_both_kinds(out: Path, result: FormResult, language: str) -> None:
    page = (out / f"form-2023-{language}.html").read_text(encoding="utf-8")
    cells = {line[0] for line in grid_of(out / f"form-2023-{language}.xlsx")}
    for text in result.form.texts:
        said = getattr(text.text, language)
        assert said in cells
        assert said in page
    if language == "ja":
        lines = (FOLDER / "expected-texts.txt").read_text(encoding="utf-8").splitlines()
        assert set(lines) <= cells


def test_sheets_follow_the_sections_of_the_form(out: Path) -> None:
    names = load_workbook(out / "form-2023-ja.xlsx").sheetnames
    assert names[:4] == ["業界全体に占めるカバー率", "1.1 2030年削減目標", "1.2 排出実績", "実績のトレンド"]
    assert [name.split(" ")[0] for name in names[4:-2]] == [
        "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "1.9", "1.10", "2.1", "3.1", "3.2", "4.1", "4.2",
    ]  # fmt: skip
    assert names[-2:] == ["付表 統一係数", "付表 公表値と計算値の相違"]


def test_formulas_stand_where_a_person_would_check(out: Path) -> None:
    book = load_workbook(out / "form-2023-ja.xlsx")
    formulas = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"}
    sums = [text for text in formulas if text.startswith("=SUM(")]
    assert len(sums) == 4  # investment and reduction, done and planned
    results = "'1.2 排出実績'!"
    assert f"=(({results}F6/{results}C6)*100)-100" in formulas  # reduction on the base year: ④/①×100-100
    assert f"=(({results}C6-{results}F6)/({results}C6-{results}D6))*100" in formulas  # progress
    assert any(re.fullmatch(r"=\(E\d+/C\d+\)\*100", text) for text in formulas)  # coverage
    assert len(formulas) >= 50


@pytest.mark.parametrize("language", ["ja", "en"])
def test_calc_computes_and_shows_the_same(out: Path, tmp_path: Path, language: str) -> None:
    """The values of our formulas are taken out first, so that Calc has none to show but its own."""
    path = out / f"form-2023-{language}.xlsx"
    bare = without_values(path, tmp_path / path.name)
    again = load_workbook(convert_with_calc(bare, tmp_path / "calc"), data_only=True)
    formulas = 0
    for sheet in load_workbook(path):
        known = load_workbook(path, data_only=True)[sheet.title]
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"):
            value, found = known[cell.coordinate].value, again[sheet.title][cell.coordinate]
            assert isinstance(value, int | float)
            assert found.value == pytest.approx(value, rel=1e-12), (sheet.title, cell.coordinate)
            if cell.number_format != "General":
                assert shown(found.value, found.number_format) == shown(value, cell.number_format)
            formulas += 1
    assert formulas >= 50


def without_values(path: Path, target: Path) -> Path:
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            content = source.read(name)
            copy.writestr(name, re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", content) if "worksheets" in name else content)
    return target


def convert_with_calc(path: Path, folder: Path) -> Path:
    soffice = shutil.which("soffice")
    if soffice is None:
        if os.environ.get("CI") == "true":
            pytest.fail("needs soffice: apt-get install libreoffice-calc-nogui", pytrace=False)
        leave_out("needs soffice: apt-get install libreoffice-calc-nogui")
    profile = f"-env:UserInstallation=file://{folder}-profile"
    command = [soffice, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(folder), str(path)]
    subprocess.run(command, capture_output=True, timeout=100, check=True)
    return folder / path.name


def test_charts_of_the_page_and_of_the_workbook(out: Path) -> None:
    page = (out / "form-2023-ja.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 3
    assert not re.search(r"(src|href)=|url\(|<script", page)
    archive = zipfile.ZipFile(out / "form-2023-ja.xlsx")
    charts = [name for name in archive.namelist() if re.fullmatch(r"xl/charts/chart\d+\.xml", name)]
    assert len(charts) == 3
    drawn = [archive.read(name).decode() for name in sorted(charts)]
    assert [len(re.findall("<c:ser>", chart)) for chart in drawn] == [2, 2, 3]
    for chart in drawn:
        rows, *axes = re.split("<c:(?:cat|val)Ax>", chart)
        assert set(re.findall(r'<c:axId val="(\d+)"', rows)) == {axis.split('"')[1] for axis in axes}
    assert not any("<c:numLit" in chart or "<c:strLit" in chart for chart in drawn)


def test_charts_say_what_they_measure(out: Path) -> None:
    """The target path stands with CO2 on the left axis, the intensity on the right."""
    archive = zipfile.ZipFile(out / "form-2023-en.xlsx")
    chart = next(
        text
        for text in (archive.read(n).decode() for n in archive.namelist() if n.startswith("xl/charts/chart"))
        if "CO2 intensity" in text
    )
    titles = re.findall(r"<a:t>(.*?)</a:t>", chart)
    assert titles == [
        "CO2 and CO2 intensity",
        "fiscal year",
        "CO2, target path (10,000 t-CO2)",
        "CO2 intensity (t-CO2/t)",
    ]
    page = (out / "form-2023-en.html").read_text(encoding="utf-8")
    picture = page.split("<svg")[3]
    assert all(f">{title}</text>" in picture for title in titles[1:])
    assert picture.count("<polyline") >= 2


def test_the_target_path_is_the_line_between_the_declared_values(out: Path) -> None:
    grid = grid_of(out / "form-2023-ja.xlsx")
    start = max(number for number, line in enumerate(grid) if line[0] == "実績のトレンド")
    rows = {line[0]: line for line in grid[start : start + 23]}
    assert rows["2013"][5:9] == ["146.2", "146.0", "0.2", "1.13"]
    assert rows["2023"][5:9] == ["105.8", "118.9", "-13.1", "0.97"]  # 146 - 46 × 10/17 = 118.94; 105.80 - 118.94
    assert rows["2030"][1:9] == ["", "129.0", "", "", "", "100.0", "", ""]
    assert {rows[str(year)][2] for year in range(2013, 2031)} == {"129.0"}


def test_the_product_mix_of_the_case(result: FormResult, out: Path) -> None:
    """260,000 × 13.0 + 60,000 × 12.7 + 233,358 × 15.2 + 100,000 × 20.6 = 9,749,041.6 GJ; 653,358 t of 1,088,929."""
    table = result.form.tables["product_mix"]
    for name in NAMES[:4]:
        grid = grid_of(out / name)
        printed = [printed_in(grid, table, row, name[10:12]) for row in ("expected", "compared", "plan")]
        assert printed == [["14.9"], ["60"], ["19.7"]]


@pytest.mark.parametrize("name", NAMES[:4])
def test_no_identifier_is_shown(out: Path, name: str) -> None:
    """Figures, carriers and bases have words; a title with an underscore would be none of them."""
    cells = [cell for line in grid_of(out / name) for cell in line]
    assert not [cell for cell in cells if re.search(r"[a-z0-9]_[a-z0-9]", re.sub(r"https?://[^ ,;]+", "", cell))]
    shown = {cell for cell in cells if cell in {"inferred", "seen", "fell", "grid", "satp"}}
    assert shown <= (set() if "-ja" in name else {"inferred", "fell", "grid"})


def test_slips_are_named_in_the_words_of_the_form(out: Path) -> None:
    names = {language: slip_names(grid_of(out / f"form-2023-{language}.xlsx"), language) for language in ("ja", "en")}
    assert names["ja"] == [
        "エネルギー使用量(2022年度比)", "CO2原単位(2022年度比)", "CO2排出量(2013年度比)", "進捗率(2023年度)",
        "目標の削減率(2023年度)", "企業数(業界団体に占める割合)", "床面積あたりエネルギー消費量(2022年度比)",
    ]  # fmt: skip
    assert names["en"][3] == "progress (FY2023)"
    assert names["en"][5] == "companies (share of the association)"


def slip_names(grid: Grid, language: str) -> list[str]:
    title = {"ja": "公表値と計算値の相違", "en": "Published figures that differ from the computed ones"}[language]
    start = max(number for number, line in enumerate(grid) if line[0] == title)
    return [line[0] for line in grid[start + 2 : start + 9]]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_words_of_an_english_sheet_are_english(out: Path, language: str) -> None:
    """Only what is cited keeps its own language: sources, and the name of a thing that has no other."""
    cells = {cell for line in grid_of(out / f"form-2023-{language}.xlsx") for cell in line if cell}
    japanese = {cell for cell in cells if re.search(r"[ぁ-んァ-ヶ一-龠]", cell)}
    if language == "en":
        cited = {
            cell for cell in japanese if re.search(r"https?://|Source: |日本アルミニウム協会|様式|計画の内容", cell)
        }
        assert japanese <= cited
    else:
        assert {"項目", "単位", "該当なし"} <= japanese


def test_json_holds_what_is_printed_and_what_it_comes_from(
    out: Path, assert_printed: Callable[[dict[str, Any]], None]
) -> None:
    document = json.loads((out / "form-2023.json").read_bytes(), parse_float=pytest.fail)
    assert_printed(document)
    results = next(table["rows"] for table in document["tables"] if table["id"] == "results")
    energy = next(row["cells"] for row in results if row["id"] == "energy")
    year = next(cell for cell in energy if cell["column"] == "year")
    assert (year["value"], year["unit"], year["rule"], year["totals"]) == (
        "21480.9704",
        "TJ",
        "submissions",
        ["energy"],
    )
    documents = document["aggregation"]["documents"]
    assert (document["aggregation"]["companies"], len(documents)) == (10, 14)
    assert {(fact["revision"], fact["status"]) for fact in documents} == {(1, "final")}
    assert all(re.fullmatch(r"[0-9a-f]{64}", fact["sha256"]) for fact in documents)
    slips = [[slip["figure"], slip["column"], slip["published"], slip["computed"]] for slip in document["slips"]]
    with (FOLDER / "expected-slips.csv").open(encoding="utf-8") as file:
        assert slips == [row for row in csv.reader(file, delimiter=";") if not row[0].startswith("#")]
    assert (document["findings"], document["withheld"]) == ([], [])


def test_the_same_form_is_the_same_bytes(out: Path, result: FormResult, tmp_path: Path) -> None:
    write_form(result, tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in NAMES} == {n: (out / n).read_bytes() for n in NAMES}


def test_json_alone(result: FormResult, tmp_path: Path) -> None:
    assert [path.name for path in write_form(result, tmp_path, json_only=True)] == ["form-2023.json"]
