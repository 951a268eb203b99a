"""A form laid out as a report: withheld cells, product mix, headings, formulas, charts; on the case's documents."""

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agent.association.aggregate import Aggregation
from agent.association.charts import straight_path
from agent.association.confidentiality import withhold
from agent.association.form_formulas import find_formulas
from agent.association.form_json import form_json
from agent.association.load import Association, load_association
from agent.association.publish import FormResult, Reason, document_fact, publish_form, reason_of
from agent.association.recover import PublishedSum
from agent.association.render import form_report, under_headings
from agent.association.render_cells import number_of
from agent.reports.page import render_page
from agent.reports.report import Report
from agent.reports.table import Table
from agent.submission.document import Submission
from agent.submission.parts import ProductRecord


@pytest.fixture(scope="session", name="association")
def fixture_association(case_folder: Path) -> Association:
    return load_association(case_folder)


def printed(
    association: Association, documents: Sequence[Submission], already: Sequence[PublishedSum] = ()
) -> FormResult:
    aggregation = Aggregation(2023, association.uniform_factors(2023), association.participants())
    for document in documents:
        aggregation.add(document)
    return publish_form(association, aggregation.finish(), [document_fact(d) for d in documents], already)


def lighting_of_two(documents: Sequence[Submission]) -> list[Submission]:
    """Measures of lighting are left with two companies."""
    changed = []
    for document in documents:
        keeps = document.participant.company in {"company_a", "company_f"}
        measures = tuple(m for m in document.annual.measures if keeps or m.category != "lighting")
        annual = document.annual.model_copy(update={"measures": measures})
        changed.append(document.model_copy(update={"annual": annual}))
    return changed


def table_of(report: Report, key: str) -> Table:
    return next(table for table in report.tables() if table.key == key)


def test_a_withheld_cell_says_why_without_a_number(association: Association, documents: tuple[Submission, ...]) -> None:
    result = printed(association, lighting_of_two(documents))
    report = form_report(result, "en", "sheets")
    table = table_of(report, "measures")
    lighting = next(row for row in table.body() if row[0].printed == "lighting")
    assert [cell.printed for cell in lighting[1:]] == ["×"] * 4
    marks = {cell.mark for row in [*table.body(), *table.foot()] for cell in row if cell.mark}
    assert marks == {
        "withheld: too few companies stand behind it",
        "withheld: with other figures it would give one company away",
    }
    assert not any(character.isdigit() for mark in marks for character in mark)


def test_nothing_of_a_withheld_total_is_in_any_file(
    association: Association, documents: tuple[Submission, ...]
) -> None:
    """Lighting's two companies invest 40 and 30 of 100 parts of 59: 23.6 and 17.7, 41.3 together."""
    result = printed(association, lighting_of_two(documents))
    assert result.industry.value("measures.lighting.done.investment") == Decimal("41.3")
    document = json.loads(form_json(result))
    cells = next(table for table in document["tables"] if table["id"] == "measures")["rows"][2]["cells"]
    assert {(cell["printed"], cell["value"], cell["withheld"]) for cell in cells} == {("×", None, "few")}
    assert {"total": "measures.lighting.done.investment", "reason": "few"} in document["withheld"]
    assert "41.3" not in form_json(result).decode()
    assert "41.3" not in render_page(form_report(result, "ja", "pages"))


def test_a_sum_with_a_withheld_part_has_no_formula(association: Association, documents: tuple[Submission, ...]) -> None:
    """It would come to another figure than the one that is printed."""
    whole, parted = printed(association, documents), printed(association, lighting_of_two(documents))
    place = ("measures", "total", "done_investment")
    assert place in find_formulas(whole)
    assert place not in find_formulas(parted)
    assert parted.form.tables["measures"].cell("total", "done_investment").text != "×"


def test_a_second_form_of_the_year_withholds_what_the_first_would_give_away(
    association: Association, documents: tuple[Submission, ...]
) -> None:
    """Published without one company, then with it: the difference of the two is that company."""
    without = [document for document in documents if document.participant.company != "company_d"]
    first = printed(association, without)
    assert "production" in {published.name for published in first.sums}
    alone, after = printed(association, documents), printed(association, documents, first.sums)
    assert alone.withheld_totals == {}
    assert after.withheld_totals["production"] is Reason.COMBINED
    assert after.form.tables["results"].cell("production", "year").text == "×"
    assert "production" not in {published.name for published in after.sums}


def test_every_reason_of_the_rules_has_its_kind(
    make: Callable[..., Submission], factors_2023: Any, association: Association
) -> None:
    rules = association.file.confidentiality
    told = set()
    for amounts in ([50, 50], [81, 10, 9], [60, 36, 4]):
        names = [(f"company_{number}", "main") for number in range(len(amounts))]
        aggregation = Aggregation(2023, factors_2023, names)
        for (company, _), tonnes in zip(names, amounts, strict=True):
            aggregation.add(make(company, production_t=str(tonnes)))
        told |= set(withhold(aggregation.finish(), frozenset({"production"}), rules).values())
    assert {reason_of(sentence) for sentence in told} == {Reason.FEW, Reason.DOMINANT, Reason.SECOND_LARGEST}
    assert reason_of("with co2 it would give one company away") is Reason.COMBINED
    with pytest.raises(ValueError, match="no known reason"):
        reason_of("because")


def test_open_findings_stand_at_the_head(association: Association, documents: tuple[Submission, ...]) -> None:
    complete = form_report(printed(association, documents), "en", "pages")
    lacking = form_report(printed(association, documents[1:]), "en", "pages")
    facts = [{fact.name: fact.value for fact in report.facts} for report in (complete, lacking)]
    assert [fact["status"] for fact in facts] == ["complete", "not complete, open findings: 1"]
    assert [fact["reports added up"] for fact in facts] == ["14, from 10 companies", "13, from 10 companies"]


def in_classes(documents: Sequence[Submission], classes: dict[str, str]) -> list[Submission]:
    """Every document with the same production by class."""
    made = tuple(ProductRecord.model_validate({"id": name, "quantity_t": t}) for name, t in classes.items())
    return [document.model_copy(update={"production": made}) for document in documents]


def test_the_product_mix_beside_the_compared_figures(
    association: Association, documents: tuple[Submission, ...]
) -> None:
    """(600 × 13.0 + 400 × 20.6) / 1000 = 16.04 GJ/t; bars, of which no figure is known, are half of the production."""
    stated = in_classes(documents, {"can_body": "600", "car_panel": "400", "bars": "1000"})
    result = printed(association, stated)
    names = list(result.form.tables)
    assert names[names.index("international") + 1] == "product_mix"
    table = result.form.tables["product_mix"]
    assert [row.cells[0].text for row in table.rows[:2]] == ["16.0", "50"]
    assert table.rows[0].cells[0].value == Decimal("16.04")
    assert table.note is not None
    assert "境界が異なる" in table.note.ja
    assert "another boundary" in table.rows[2].title.en


def test_the_product_mix_is_unknown_without_a_compared_class(
    association: Association, documents: tuple[Submission, ...]
) -> None:
    stated = in_classes(documents, {"extrusion": "900"})
    table = printed(association, stated).form.tables["product_mix"]
    assert [row.cells[0].text for row in table.rows[:2]] == ["–", "–"]


def test_the_product_mix_of_two_companies_is_withheld(
    association: Association, documents: tuple[Submission, ...]
) -> None:
    few = [d for d in documents if d.participant.company in {"company_a", "company_f"}]
    others = [d for d in documents if d.participant.company not in {"company_a", "company_f"}]
    stated = in_classes(few, {"can_body": "600"}) + in_classes(others, {"bars": "900"})
    result = printed(association, stated)
    assert [row.cells[0].text for row in result.form.tables["product_mix"].rows[:2]] == ["×", "×"]
    assert result.withheld_cells["product_mix", "expected", "value"] is Reason.FEW


def test_the_path_is_straight(association: Association) -> None:
    plan = association.file.plan
    path = straight_path(plan, "co2", "万t-CO2")
    assert (path[2013], path[2030], len(path)) == (Decimal(146), Decimal(100), 18)
    assert abs(path[2023] - Decimal("118.941176")) < Decimal("0.000001")  # 146 - 46 × 10 / 17
    assert set(straight_path(plan, "production", "万t").values()) == {Decimal(129)}


def test_there_is_no_path_without_two_declared_ends(association: Association) -> None:
    """The plan declares no energy for its target year; nor does any plan declare an intensity."""
    plan = association.file.plan
    assert straight_path(plan, "energy", "TJ") == {}
    assert straight_path(plan, "co2_intensity", "t-CO2/t") == {}
    no_target = plan.model_copy(update={"target": plan.target.model_copy(update={"co2_10kt": None})})
    assert straight_path(no_target, "co2", "万t-CO2") == {}


def test_a_withheld_year_is_withheld_in_the_table_of_the_charts(
    association: Association, documents: tuple[Submission, ...]
) -> None:
    """Published without one company, then with it: production would give that company away."""
    first = printed(association, [d for d in documents if d.participant.company != "company_d"])
    report = form_report(printed(association, documents, first.sums), "ja", "sheets")
    (row,) = [row for row in table_of(report, "trends").body() if row[0].printed == "2023"]
    assert (row[1].printed, row[1].mark) == ("×", "秘匿: 他の公表値との差から個社の値が分かるため")
    texts = [text for table in report.tables() for text in table.sources if "×" in text]
    assert any(text.startswith("生産活動量(生産量): ×万トン") for text in texts)
    assert "×は秘匿した値。" in texts


@pytest.mark.parametrize(
    ("titles", "headings"),
    [
        (["FY23: a", "FY23: b", "FY24: a", "c"], [("FY23", "a"), ("FY23", "b"), ("", "FY24: a"), ("", "c")]),
        (["2023年度 投資額", "2023年度 削減量"], [("2023年度", "投資額"), ("2023年度", "削減量")]),
        (["industry before", "industry after"], [("", "industry before"), ("", "industry after")]),
        (["業界全体 調整前", "業界団体 調整前"], [("", "業界全体 調整前"), ("", "業界団体 調整前")]),
        (["基準年度比"], [("", "基準年度比")]),
        (["FY05 → FY23: log-points", "FY05 → FY23: %"], [("FY05 → FY23", "log-points"), ("FY05 → FY23", "%")]),
    ],
)  # fmt: skip
def test_neighbours_that_begin_alike_share_a_heading(titles: list[str], headings: list[tuple[str, str]]) -> None:
    assert under_headings(titles) == headings


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,088,929", "1088929"),
        ("-0.160", "-0.160"),
        ("225.0", "225.0"),
        ("2013", None),
        ("NaN", None),
        ("1e5", None),
        ("○", None),
        ("", None),
        ("+1", None),
    ],
)
def test_only_what_is_written_as_a_figure_is_a_number(text: str, number: str | None) -> None:
    assert number_of(text) == (None if number is None else Decimal(number))


def test_tables_with_the_same_options_are_the_lines_of_one(
    association: Association, documents: tuple[Submission, ...]
) -> None:
    table = table_of(form_report(printed(association, documents), "en", "sheets"), "source_production")
    assert [column.title for column in table.columns] == [
        "item", "statistics", "Energy Act", "member survey", "other (estimate)",
    ]  # fmt: skip
    assert [[cell.printed for cell in row] for row in table.body()] == [
        ["production", "■", "□", "□", "□"],
        ["energy", "□", "□", "■", "□"],
        ["CO2", "□", "□", "■", "□"],
    ]


def test_per_cent_stands_beside_each_log_point(association: Association, documents: tuple[Submission, ...]) -> None:
    table = table_of(form_report(printed(association, documents), "ja", "sheets"), "decomposition")
    assert table.groups()[1] == ("1990年度⇒2023年度", 2)
    assert [column.heading for column in table.columns[1:3]] == ["対数ポイント", "%"]
    assert [cell.printed for cell in table.body()[0][1:3]] == ["-24.5", "-21.7"]


def test_a_table_without_rows_says_so(association: Association, documents: tuple[Submission, ...]) -> None:
    table = table_of(form_report(printed(association, documents), "ja", "sheets"), "practices")
    assert [cell.printed for cell in table.body()[0]] == ["該当なし", "", "", "", ""]
    assert table.notes == ("3社以上が報告した事例を掲載する。普及率は報告した企業の平均。",)


def test_a_sign_that_multiplies_is_not_taken_for_a_withheld_figure(
    association: Association, documents: tuple[Submission, ...]
) -> None:
    report = form_report(printed(association, documents), "en", "sheets")
    below = [text for table in report.tables() for text in table.sources]
    assert any("105.8 × 10,000 t-CO2" in text for text in below)
    assert "× stands for what is withheld." not in below


def test_what_an_annex_lists_is_not_given_by_the_form(
    association: Association, documents: tuple[Submission, ...]
) -> None:
    report = form_report(printed(association, documents), "ja", "sheets")
    assert table_of(report, "uniform_factors").sources == ()
    assert table_of(report, "slips").sources == ()
    assert table_of(report, "international").sources == ("出所: 様式の記載値",)


def test_measures_stand_under_their_years(association: Association, documents: tuple[Submission, ...]) -> None:
    table = table_of(form_report(printed(association, documents), "ja", "sheets"), "measures")
    assert table.groups() == [("", 1), ("2023年度", 2), ("2024年度以降", 2)]
    assert [cell.printed for cell in table.foot()[0]] == ["合計", "726", "3,101", "3,222", "9,102"]


def test_a_text_of_a_section_without_tables_is_not_lost(
    tmp_path: Path, case_folder: Path, documents: tuple[Submission, ...]
) -> None:
    for name in ("association.toml", "history.toml"):
        (tmp_path / name).write_text((case_folder / name).read_text(encoding="utf-8"), encoding="utf-8")
    lone = '\n[[text]]\nid = "vision"\nsection = "2.2"\ntext = { ja = "目標の理由", en = "why this target" }\n'
    with (tmp_path / "association.toml").open("a", encoding="utf-8") as file:
        file.write(lone)
    report = form_report(printed(load_association(tmp_path), documents), "en", "pages")
    assert [row[1].printed for row in table_of(report, "texts").body()] == ["why this target"]


def test_what_somebody_wrote_is_shown_and_does_nothing(
    tmp_path: Path, case_folder: Path, documents: tuple[Submission, ...]
) -> None:
    for name in ("association.toml", "history.toml"):
        text = (case_folder / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("事例団体", "<script>&"), encoding="utf-8")
    page = render_page(form_report(printed(load_association(tmp_path), documents), "ja", "pages"))
    assert "<script" not in page
    assert "&lt;script&gt;&amp;" in page
