"""A closed year in the history: next year's form has its past year, and nothing that was withheld."""

import shutil
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from agent.association.aggregate import Aggregation
from agent.association.close_year import ClosedYear, YearNotClosed, append_closed, close_year, closed_toml
from agent.association.load import Association, load_association
from agent.association.publish import FormResult, document_fact, publish_form
from agent.submission.document import Submission


@pytest.fixture(name="folder")
def fixture_folder(tmp_path: Path, case_folder: Path) -> Path:
    for name in ("association.toml", "history.toml"):
        shutil.copy(case_folder / name, tmp_path)
    return tmp_path


def printed(association: Association, documents: Sequence[Submission], fiscal_year: int = 2023) -> FormResult:
    """The form of a year; the factors are those of FY2023 in every year here."""
    aggregation = Aggregation(fiscal_year, association.uniform_factors(2023), association.participants())
    for document in documents:
        aggregation.add(document)
    return publish_form(association, aggregation.finish(), [document_fact(document) for document in documents])


def closed(folder: Path, documents: Sequence[Submission]) -> ClosedYear:
    association = load_association(folder)
    return close_year(printed(association, documents), association.history_file.published)


def write_history(folder: Path, year: ClosedYear) -> Association:
    path = folder / "history.toml"
    path.write_text(append_closed(path.read_text(encoding="utf-8"), year), encoding="utf-8")
    return load_association(folder)


def test_next_years_form_has_its_past_year(folder: Path, documents: tuple[Submission, ...]) -> None:
    """The figures of the FY2023 column of the published form, now in the column of last year."""
    association = write_history(folder, closed(folder, documents))
    later = [document.model_copy(update={"fiscal_year": 2024}) for document in documents]
    form = printed(association, later, 2024).form
    table = form.tables["results"]
    figures = ("co2", "production", "energy", "energy_intensity", "co2_intensity", "electricity", "electricity_factor")
    assert [table.cell(figure, "previous").both for figure in (*figures, "co2_adjusted")] == [
        "105.8", "108.9", "21,481", "19.7", "0.97", "11.4", "0.420", "105.9",
    ]  # fmt: skip
    assert form.tables["offices"].cell("energy_per_area", "fy2023").both == "15.2"
    assert form.tables["reference"].cell("progress", "previous").both == "87.4 (88.7)"
    assert {cell.text for cell in form.tables["trend"].rows[0].cells[2:]} == {"0.0"}  # the same documents again


def test_the_totals_are_those_of_the_documents(folder: Path, documents: tuple[Submission, ...]) -> None:
    year = closed(folder, documents).year
    assert (year.fiscal_year, year.basis) == (2023, "inferred")
    assert year.production_t == Decimal(1_088_929)
    assert year.energy_gj == Decimal("21480970.4")
    assert year.co2_t is not None
    assert abs(year.co2_t - Decimal("1057997.71")) < Decimal("0.01")
    assert year.electricity_kwh == Decimal(1_140_000_000)
    assert year.offices is not None
    assert (year.offices.floor_area_m2, year.offices.co2_t) == (Decimal(19_000), Decimal("522.5"))
    assert year.logistics is None
    assert year.source.startswith("14 submissions of 10 companies, SHA-256 of their digests ")


def test_what_was_published_otherwise_stays(folder: Path, documents: tuple[Submission, ...]) -> None:
    """The form said 88.7 and -8.4; closing the year does not overwrite it with 87.4 and -8.5."""
    year = closed(folder, documents)
    names = {(each.figure, each.column) for each in year.published}
    assert not names & {("progress", "2023"), ("energy_change", "year-1"), ("target_cut", "year")}
    assert ("co2", "2023") in names
    before = printed(load_association(folder), documents).form
    after = printed(write_history(folder, year), documents).form
    assert after.slips == before.slips
    assert after.tables == before.tables


def test_a_figure_that_changes_later_stands_beside_the_published_one(
    folder: Path, documents: tuple[Submission, ...]
) -> None:
    association = write_history(folder, closed(folder, documents))
    path = folder / "history.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('production_t = "1088929"', 'production_t = "1095000"'), encoding="utf-8")
    association = load_association(folder)
    later = [document.model_copy(update={"fiscal_year": 2024}) for document in documents]
    form = printed(association, later, 2024).form
    assert form.tables["results"].cell("production", "previous").both == "109.5 (108.9)"
    assert ["production", "2023", "108.9", "109.5"] in [
        [slip.figure, slip.column, slip.published, slip.computed] for slip in form.slips
    ]


def test_what_was_withheld_stays_unknown(folder: Path, documents: tuple[Submission, ...]) -> None:
    """Offices of two companies: next year's form must not print from the history what this year's withheld."""
    few = [
        document
        if document.participant.company in {"company_a", "company_f"}
        else document.model_copy(update={"annual": document.annual.model_copy(update={"offices": None})})
        for document in documents
    ]
    year = closed(folder, few)
    assert year.year.offices is None
    assert year.year.production_t == Decimal(1_088_929)
    assert not [each for each in year.published if each.figure.startswith("office_")]


def test_a_year_with_missing_documents_is_not_closed(folder: Path, documents: tuple[Submission, ...]) -> None:
    association = load_association(folder)
    with pytest.raises(YearNotClosed, match=r"company_a/coast has not submitted"):
        close_year(printed(association, documents[1:]))


def test_a_document_that_was_left_out_does_not_keep_a_year_open(
    folder: Path, documents: tuple[Submission, ...]
) -> None:
    stranger = documents[0].participant.model_copy(update={"company": "company_x"})
    result = printed(load_association(folder), [*documents, documents[0].model_copy(update={"participant": stranger})])
    assert len(result.findings) == 1
    assert close_year(result).year.production_t == Decimal(1_088_929)


def test_a_year_enters_the_history_once(folder: Path, documents: tuple[Submission, ...]) -> None:
    year = closed(folder, documents)
    write_history(folder, year)
    with pytest.raises(YearNotClosed, match="already has"):
        append_closed((folder / "history.toml").read_text(encoding="utf-8"), year)


def test_an_empty_history_can_begin_with_it(folder: Path, documents: tuple[Submission, ...]) -> None:
    (folder / "history.toml").write_text("", encoding="utf-8")
    year = closed(folder, documents)
    assert append_closed("", year).strip() == closed_toml(year).strip()
    assert write_history(folder, year).history[2023] == year.year
