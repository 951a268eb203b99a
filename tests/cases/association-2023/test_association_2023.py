"""The association's form for fiscal 2023, cell by cell against what the published form says."""

import csv
import runpy
from decimal import Decimal
from pathlib import Path

import pytest

from agent.association.aggregate import Aggregation
from agent.association.confidentiality import rule_for
from agent.association.form import Form
from agent.association.industry import Industry
from agent.association.load import Association, load_association
from agent.association.print_form import print_form
from agent.submission.canonical import write_document
from agent.submission.consistency import deviations_of
from agent.submission.document import Submission
from agent.submission.examine import Opened

FOLDER = Path(__file__).parent


def lines(name: str) -> list[list[str]]:
    with (FOLDER / name).open(encoding="utf-8") as file:
        return [row for row in csv.reader(file, delimiter=";") if row and not row[0].startswith("#")]


@pytest.fixture(scope="module")
def association() -> Association:
    return load_association(FOLDER)


@pytest.fixture(scope="module")
def industry(association: Association, documents: tuple[Submission, ...]) -> Industry:
    aggregation = Aggregation(2023, association.uniform_factors(2023), association.participants())
    for document in documents:
        aggregation.add(document)
    return aggregation.finish()


@pytest.fixture(scope="module")
def form(association: Association, industry: Industry) -> Form:
    rule = rule_for(industry, association.file.confidentiality)
    return print_form(association.form, association.book(industry), association.own_words, rule)


def test_the_documents_hold_what_a_verifier_recomputes(documents: tuple[Submission, ...]) -> None:
    for document in documents:
        assert deviations_of(document) == ()


def test_every_document_is_counted(industry: Industry) -> None:
    assert (industry.findings, industry.companies, industry.sites) == ((), 10, 14)


def test_totals_are_those_worked_out_in_the_readme(industry: Industry) -> None:
    assert industry.value("production") == Decimal(1_088_929)
    assert industry.value("energy") == Decimal("21480970.4")
    assert industry.value("electricity") == Decimal(1_140_000_000)
    co2_kg, adjusted_kg = industry.value("co2"), industry.value("co2_adjusted")
    assert co2_kg is not None
    assert adjusted_kg is not None
    assert abs(co2_kg / 1000 - Decimal("1057997.71")) < Decimal("0.01")
    assert adjusted_kg - co2_kg == Decimal(1_140_000)


@pytest.mark.parametrize("expected", lines("expected-tables.csv"), ids=lambda row: f"{row[0]}.{row[1]}")
def test_row_as_printed(form: Form, expected: list[str]) -> None:
    table, name, *cells = expected
    printed = next(row for row in form.tables[table].rows if row.id == name)
    assert [cell.both for cell in printed.cells] == cells


def test_the_slips_of_the_form_are_found(form: Form) -> None:
    found = [[slip.figure, slip.column, slip.published, slip.computed] for slip in form.slips]
    assert found == lines("expected-slips.csv")


def test_texts_carry_the_printed_figures(form: Form) -> None:
    expected = (FOLDER / "expected-texts.txt").read_text(encoding="utf-8").splitlines()
    assert [text.text.ja for text in form.texts] == expected


def test_rounded_parts_of_the_decomposition_miss_the_total_by_a_tenth_in_two_columns(form: Form) -> None:
    table = form.tables["decomposition"]
    parts, total = table.rows[:3], table.rows[3]
    misses = [
        Decimal(cell.text) - sum(Decimal(row.cells[place].text) for row in parts)
        for place, cell in enumerate(total.cells)
        if table.columns[place].unit == "対数ポイント"
    ]
    assert misses == [Decimal("0.0"), Decimal("-0.1"), Decimal("-0.1"), Decimal("0.0")]


def test_nothing_has_to_be_withheld(form: Form) -> None:
    assert form.withheld == {}


def test_every_table_says_how_each_figure_came_about(form: Form) -> None:
    for table in form.tables.values():
        for row in table.rows:
            assert all(cell.rule is not None for cell in row.cells if cell.value is not None and table.id != "slips")


def test_the_documents_are_those_that_the_script_writes(opened: dict[str, Opened]) -> None:
    script = runpy.run_path(str(FOLDER / "make_documents.py"))
    assert {name: file.document for name, file in opened.items()} == {
        f"{company}-{site}-2023-r1.jws": write_document(Submission.model_validate(script["document"](company, site)))
        for company, sites in script["SITES"].items()
        for site, _ in sites
    }


def test_the_order_of_the_documents_does_not_matter(
    association: Association, documents: tuple[Submission, ...], industry: Industry
) -> None:
    again = Aggregation(2023, association.uniform_factors(2023), association.participants())
    for document in reversed(documents):
        again.add(document)
    turned = again.finish()
    assert {name: turned.value(name) for name in turned.totals} == {
        name: industry.value(name) for name in industry.totals
    }
