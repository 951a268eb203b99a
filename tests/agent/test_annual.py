"""The year's file: TOML and XLSX say the same, and every mistake names its line or cell."""

import re
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from agent.annual import annual_path, read_annual
from agent.settings.mistakes import SettingsError
from agent.settings.resources import configs_folder
from agent.submission.annual_parts import (
    AnnualData,
    Credit,
    CreditKind,
    CreditUse,
    Measure,
    MeasureCategory,
    Offices,
    Topic,
)

WIDE = "".join(chr(ord(char) + 0xFEE0) for char in "41")

TOML = """\
fiscal_year = 2023
practice_cases = 12
invested_in_solar = true

[[measures]]
category = "furnaces"
title = "burners"
investment_million_yen = 41.5
co2_reduction_t = 310
years_in_use = 15

[[measures]]
category = "other"
title = "roof"
investment_million_yen = "0"
co2_reduction_t = 7
is_planned = true

[offices]
floor_area_m2 = 1900
energy_kl_coe = 28.90
co2_t = 52.2

[[credits]]
kind = "non_fossil"
use = "retired"
quantity = 12000000
unit = "kWh"

[texts]
measures = "Burners replaced."
"""

SAID = AnnualData(
    measures=(
        Measure(
            category=MeasureCategory.FURNACES,
            title="burners",
            investment_million_yen=Decimal("41.5"),
            co2_reduction_t=Decimal(310),
            years_in_use=15,
        ),
        Measure(
            category=MeasureCategory.OTHER,
            title="roof",
            investment_million_yen=Decimal(0),
            co2_reduction_t=Decimal(7),
            is_planned=True,
        ),
    ),
    practice_cases=12,
    offices=Offices(floor_area_m2=Decimal(1900), energy_kl_coe=Decimal("28.9"), co2_t=Decimal("52.2")),
    credits=(Credit(kind=CreditKind.NON_FOSSIL, use=CreditUse.RETIRED, quantity=Decimal(12_000_000), unit="kWh"),),
    invested_in_solar=True,
    texts={Topic.MEASURES: "Burners replaced."},
)

SHEETS: dict[str, list[list[object]]] = {
    "対策": [
        ["区分", "名称", "投資額(百万円)", "年間CO2削減量(t)", "使用期間(年)", "次年度以降の予定"],
        ["溶解炉・均熱炉などの改修及び熱回収高効率化等", "burners", 41.5, 310, 15, None],
        ["other", "roof", 0, 7, None, "はい"],
    ],
    "offices": [["item", "value"], ["floor_area_m2", 1900], ["原油換算(kL)", 28.9], ["co2_t", "52.2"]],
    "クレジット・証書": [["kind", "use", "quantity", "unit"], ["非化石証書", "無効化", 12000000, "kWh"]],
    "texts": [["topic", "text"], ["対策", "Burners replaced."]],
    "全般": [["item", "value"], ["fiscal_year", 2023], ["practice_cases", 12], ["太陽光発電への投資", "はい"]],
}


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    made.save(path)
    return path


def toml(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "2023.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_toml(tmp_path: Path) -> None:
    assert read_annual(toml(tmp_path, TOML), 2023) == SAID


def test_a_workbook_with_japanese_headings_says_the_same(tmp_path: Path) -> None:
    assert read_annual(workbook(tmp_path / "2023.xlsx", SHEETS), 2023) == SAID


def test_what_is_left_out_is_unknown(tmp_path: Path) -> None:
    data = read_annual(toml(tmp_path, "fiscal_year = 2023\n"), 2023)
    assert (data.offices, data.logistics, data.invested_in_solar, data.practice_cases) == (None,) * 4


@pytest.mark.parametrize(
    ("line", "wrong", "message"),
    [
        (1, "fiscal_year = 2022", "2023.toml:1:1: this is the file of fiscal year 2022, not of 2023"),
        (2, "practice_case = 12", "2023.toml:2:1: unknown key 'practice_case' (did you mean 'practice_cases'?)"),
        (6, 'category = "furnace"', "2023.toml:6:1: measures.category: Input should be 'furnaces'"),
        (8, f'investment_million_yen = "{WIDE}"', "2023.toml:8:1: measures.investment_million_yen: write the number"),
        (8, "investment_million_yen = -1", "2023.toml:8:1: measures.investment_million_yen: Input should be greater"),
        (8, "investment_million_yen = nan", "2023.toml:8:1: measures.investment_million_yen"),
        (9, "", "co2_reduction_t is missing"),
    ],
)
def test_mistakes_name_their_line(tmp_path: Path, line: int, wrong: str, message: str) -> None:
    lines = TOML.splitlines()
    lines[line - 1] = wrong
    with pytest.raises(SettingsError, match=re.escape(message)):
        read_annual(toml(tmp_path, "\n".join(lines)), 2023)


@pytest.mark.parametrize(
    ("sheet", "row", "column", "wrong", "message"),
    [
        ("対策", 1, 2, WIDE, f"対策!C2: {WIDE!r} has full-width characters (write 41)"),
        ("対策", 1, 0, "furnace", "対策!A2: measures.category: Input should be 'furnaces'"),
        ("対策", 2, 5, "perhaps", "対策!F3: 'perhaps' is neither yes nor no"),
        ("対策", 0, 2, "投資", "unknown key '投資'"),
        ("offices", 1, 1, -5, "offices!B2: offices.floor_area_m2: Input should be greater than or equal to 0"),
        ("全般", 1, 1, 2022, "全般!B2: this is the file of fiscal year 2022"),
        ("全般", 2, 1, 1.5, "全般!B3: 1.5 is no whole number"),
    ],
)
def test_mistakes_name_their_cell(
    tmp_path: Path, sheet: str, row: int, column: int, wrong: object, message: str
) -> None:
    sheets = {name: [list(cells) for cells in rows] for name, rows in SHEETS.items()}
    sheets[sheet][row][column] = wrong
    with pytest.raises(SettingsError, match=re.escape(message)):
        read_annual(workbook(tmp_path / "2023.xlsx", sheets), 2023)


def test_an_unknown_sheet_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no table 'measure'"):
        read_annual(workbook(tmp_path / "2023.xlsx", {"measure": [["a"], [1]]}), 2023)


def test_two_files_for_one_year_are_refused(tmp_path: Path) -> None:
    (tmp_path / "years").mkdir()
    assert annual_path(tmp_path, 2023) is None
    (tmp_path / "years/2023.toml").write_text("fiscal_year = 2023\n")
    assert annual_path(tmp_path, 2023) == tmp_path / "years/2023.toml"
    (tmp_path / "years/2023.xlsx").write_bytes(b"")
    with pytest.raises(SettingsError, match="keep one"):
        annual_path(tmp_path, 2023)


def test_the_template_is_valid_as_it_is_and_with_everything_filled_in(tmp_path: Path) -> None:
    text = (configs_folder() / "templates/year.toml").read_text(encoding="utf-8")
    assert read_annual(toml(tmp_path, text), 2023) == AnnualData()
    code: tuple[str, ...] = (
        "[",
        "category =",
        "title =",
        "investment",
        "co2",
        "years_in",
        "adopted",
        "obstacles",
        "floor",
        "energy",
    )
    code += ("transport", "kind =", "use =", "quantity", "unit", "measures =", "practice", "invested", "uses")
    filled = [line[2:] if line.startswith("# ") and line[2:].startswith(code) else line for line in text.splitlines()]
    data = read_annual(toml(tmp_path, "\n".join(filled)), 2023)
    assert data.measures[0].co2_reduction_t == 310
    assert data.offices is not None
    assert data.offices.energy_kl_coe == Decimal("28.9")
    assert data.credits[0].quantity == 12_000_000
    assert data.texts[Topic.MEASURES] == "Burners of melting furnace 2 replaced in August."
