"""Printing a form: withheld totals, a BAU target, outlooks, ticks; on the documents of the case."""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from agent.association.aggregate import Aggregation
from agent.association.book import Rule
from agent.association.confidentiality import rule_for
from agent.association.form import Form
from agent.association.load import load_association
from agent.association.print_form import print_form
from agent.submission.document import Submission


@pytest.fixture(name="folder")
def fixture_folder(tmp_path: Path, case_folder: Path) -> Path:
    for name in ("association.toml", "history.toml"):
        shutil.copy(case_folder / name, tmp_path)
    return tmp_path


def add_to(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def form_of(folder: Path, documents: tuple[Submission, ...]) -> Form:
    association = load_association(folder)
    aggregation = Aggregation(2023, association.uniform_factors(2023), association.participants())
    for document in documents:
        aggregation.add(document)
    industry = aggregation.finish()
    rule = rule_for(industry, association.file.confidentiality)
    return print_form(association.form, association.book(industry), association.own_words, rule)


def without_measures(document: Submission, category: str, but: set[str]) -> Submission:
    """The document without a category of measures, unless its company is one of some."""
    if document.participant.company in but:
        return document
    kept = tuple(measure for measure in document.annual.measures if measure.category != category)
    return document.model_copy(update={"annual": document.annual.model_copy(update={"measures": kept})})


def test_a_total_of_two_companies_is_withheld_with_all_that_gives_it_away(
    folder: Path, documents: tuple[Submission, ...]
) -> None:
    fewer = tuple(without_measures(document, "lighting", {"company_a", "company_f"}) for document in documents)
    form = form_of(folder, fewer)
    table = form.tables["measures"]
    assert table.cell("lighting", "done_investment").text == "×"
    assert table.cell("lighting", "done_investment").value is None
    assert form.withheld["measures.lighting.done.investment"] == "fewer than 3 contributors"
    # total minus the seven other categories would be lighting's two, of whom each knows its own
    others = ("efficient_equipment", "existing_equipment", "furnaces", "inverters", "operation", "other", "total")
    assert any(table.cell(name, "done_investment").text == "×" for name in (*others, "compressed_air"))
    assert table.cell("total", "done_investment").text != "×"


def test_a_bau_target(folder: Path, documents: tuple[Submission, ...]) -> None:
    path = folder / "association.toml"
    text = path.read_text(encoding="utf-8")
    bau = '[plan.bau]\nlevel_10kt = "120"\ntarget_10kt = "100"\n\n[uniform_factors]'
    path.write_text(text.replace("[uniform_factors]", bau), encoding="utf-8")
    table = form_of(folder, documents).tables["reduction"]
    assert table.cell("on_bau", "value").text == "-11.8"  # 105.8 / 120 × 100 - 100 = -11.83
    assert table.cell("bau_progress", "value").text == "71.0"  # (120 - 105.8) / (120 - 100) × 100 = 71.0


def test_outlooks_are_printed_where_they_are_known(folder: Path, documents: tuple[Submission, ...]) -> None:
    outlook = '\n[[year]]\nfiscal_year = 2024\nbasis = "inferred"\nsource = "outlook"\nproduction_t = "1100000"\n'
    add_to(folder / "history.toml", outlook)
    table = form_of(folder, documents).tables["results"]
    assert table.cell("production", "next").text == "110.0"
    assert table.cell("co2", "next").text == ""
    assert table.cell("production", "after_next").text == ""


def test_a_figure_carries_its_unrounded_value_rule_and_totals(folder: Path, documents: tuple[Submission, ...]) -> None:
    table = form_of(folder, documents).tables["results"]
    cell = table.cell("energy_intensity", "year")
    assert (cell.text, cell.rule, cell.totals) == ("19.7", Rule.RATIO, ("energy", "production"))
    assert cell.value is not None
    assert abs(cell.value - Decimal("19.72669")) < Decimal("0.00001")
    assert table.cell("co2", "base").rule is Rule.DECLARED
    assert table.cell("co2", "previous").rule is Rule.HISTORY
    assert table.cell("co2", "year").rule is Rule.SUBMISSIONS


def test_an_unknown_energy_leaves_its_cells_without_a_number(folder: Path, documents: tuple[Submission, ...]) -> None:
    first = documents[0]
    gas = next(line for line in first.energy if line.carrier == "city_gas")
    odd = gas.model_copy(update={"carrier": "biogas"})
    lines = tuple(odd if line is gas else line for line in first.energy)
    form = form_of(folder, (first.model_copy(update={"energy": lines}), *documents[1:]))
    assert form.tables["results"].cell("energy", "year").text == "–"
    assert form.tables["results"].cell("production", "year").text == "108.9"
    assert form.tables["decomposition"].cell("co2", "from_base").text == "–"
    assert form.tables["decomposition"].cell("co2", "from_base").value is None


def test_both_languages_have_every_title_and_text(folder: Path, documents: tuple[Submission, ...]) -> None:
    form = form_of(folder, documents)
    titles = [words for table in form.tables.values() for words in (table.title, *(row.title for row in table.rows))]
    for words in [*titles, *(text.text for text in form.texts)]:
        assert words.ja
        assert words.en
        assert "{" not in words.ja + words.en


def test_best_practices_of_three_companies_are_shown_and_of_two_are_not(
    folder: Path, documents: tuple[Submission, ...]
) -> None:
    """Two companies state a figure for 2030: it stays hidden even where the practice is shown."""
    obstacles = '\n[[practice]]\ntitle = "lids"\nobstacles = { ja = "費用", en = "cost" }\n'
    add_to(folder / "association.toml", obstacles)

    def with_practice(document: Submission) -> Submission:
        titles = {"company_d": ["lids", "fans"], "company_e": ["lids", "fans"], "company_f": ["lids"]}
        stated = titles.get(document.participant.company, [])
        rows = [{"title": title, "adopted_percent": "40"} for title in stated]
        if document.participant.company != "company_f":
            rows = [row | {"adopted_2030_percent": "90"} for row in rows]
        annual = document.annual.model_dump() | {"best_practices": rows}
        return document.model_copy(update={"annual": type(document.annual).model_validate(annual)})

    table = form_of(folder, tuple(map(with_practice, documents))).tables["practices"]
    assert [row.title.ja for row in table.rows] == ["lids"]
    assert [cell.text for cell in table.rows[0].cells] == ["3", "40", "–", "費用"]


def test_another_years_form_keeps_published_figures_of_single_years_only(folder: Path) -> None:
    """The comparisons of FY2023's form mean nothing in that of FY2022; the progress of a named year does."""
    association = load_association(folder)
    industry = Aggregation(2022, association.uniform_factors(2022), association.participants()).finish()
    book = association.book(industry)
    assert {published.column for published in book.published} == {"2021", "2022", "2023"}
    assert {published.figure for published in book.published} == {"progress"}


def test_texts_and_ticks_of_another_year_are_not_printed(folder: Path, documents: tuple[Submission, ...]) -> None:
    path = folder / "association.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("fiscal_year = 2023\nid =", "fiscal_year = 2022\nid ="), encoding="utf-8")
    add_to(path, '\n[[answer]]\nfiscal_year = 2022\ntable = "likelihood"\noption = "possible"\n')
    form = form_of(folder, documents)
    assert "non_fossil" not in {text.id for text in form.texts}
    assert form.tables["likelihood"].cell("possible", "tick").text == "□"
    assert form.tables["likelihood"].cell("utmost_effort", "tick").text == "■"


def test_every_cell_has_its_unit_in_both_languages(folder: Path, documents: tuple[Submission, ...]) -> None:
    tables = form_of(folder, documents).tables
    coverage = tables["coverage"]
    assert [unit.en for unit in coverage.units(coverage.rows[0])] == ["companies", "companies", "companies", "%", "%"]
    decomposition = tables["decomposition"]
    assert {(unit.ja, unit.en) for unit in decomposition.units(decomposition.rows[0])} == {
        ("対数ポイント", "log-points"),
        ("%", "%"),
    }
    for table in tables.values():
        for row in table.rows:
            assert all(unit.en.isascii() or "·" in unit.en for unit in table.units(row))
