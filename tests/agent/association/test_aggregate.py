"""Adding up documents: uniform factors, what must not be counted, what is unknown."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from agent.association.aggregate import Aggregation, SiteName
from agent.association.industry import Industry
from agent.association.uniform import UniformFactors
from agent.submission.annual_parts import AnnualData
from agent.submission.document import Submission

Make = Callable[..., Submission]
Line = Callable[..., Any]
HERE: SiteName = ("alpha", "main")


@pytest.fixture(name="add")
def fixture_add(factors_2023: UniformFactors) -> Callable[..., Industry]:
    def add(*documents: Submission, expected: tuple[SiteName, ...] = ()) -> Industry:
        names = expected or tuple((d.participant.company, d.participant.site) for d in documents)
        aggregation = Aggregation(2023, factors_2023, names)
        for document in documents:
            aggregation.add(document)
        return aggregation.finish()

    return add


def test_the_associations_factors_are_applied_and_no_others(add: Any, make: Make, line: Line) -> None:
    industry = add(make(lines=[line("electricity", "1000", "MWh", "grid"), line("lpg", "10", "t")]))
    # 10 t × 50.1 GJ/t = 501 GJ; × 0.0163 tC/GJ × 44/12 = 29.9431 t-CO2
    assert industry.value("energy") == Decimal(9760) + Decimal(501)
    assert industry.value("co2") == Decimal(420_000) + Decimal("29943.1")
    assert industry.value("co2_adjusted") == Decimal(421_000) + Decimal("29943.1")
    assert industry.value("electricity") == Decimal(1_000_000)


@pytest.mark.parametrize("kind", ["grid", "renewable_menu", "own_solar", "own_hydro", "wheeled"])
def test_electricity_of_every_kind_counts_alike(add: Any, make: Make, line: Line, kind: str) -> None:
    industry = add(make(lines=[line("electricity", "2000", "kWh", kind)]))
    assert industry.value("energy") == Decimal("19.52")
    assert industry.value("co2") == Decimal(840)
    assert industry.value(f"electricity.{kind}") == Decimal(2000)


def test_a_gas_volume_is_brought_to_the_state_of_the_factor(add: Any, make: Make, line: Line) -> None:
    # 1 Nm3 = 1.10599 m3 at 25 °C and 100 kPa: 101.325/100 × 298.15/273.15
    industry = add(make(lines=[line("city_gas", "1000", "1000 m3", None, "nm3")]))
    energy_gj = industry.value("energy")
    assert abs(energy_gj - Decimal(40000) * Decimal("1.1059872")) < Decimal("0.1")


def test_lines_that_look_into_the_site_are_not_added_again(add: Any, make: Make, line: Line) -> None:
    lines = [line("electricity", "100", "MWh", "grid"), line("electricity", "40", "MWh", "grid", is_total=False)]
    assert add(make(lines=lines)).value("electricity") == Decimal(100_000)


@pytest.mark.parametrize(
    ("carrier", "unit", "kind", "state", "part_of_the_reason"),
    [
        ("biogas", "1000 m3", None, "satp", "no heat factor of biogas"),
        ("electricity", "MWh", "own_fuel", None, "the fuel is"),
        ("city_gas", "1000 m3", None, "as_metered", "cannot become satp"),
        ("city_gas", "1000 m3", None, None, "must say whether"),
        ("lpg", "kL", None, None, "cannot turn an amount"),
    ],
)
def test_what_has_no_uniform_factor_is_named_and_has_no_number(
    add: Any,
    make: Make,
    line: Line,
    carrier: str,
    unit: str,
    kind: str | None,
    state: str | None,
    part_of_the_reason: str,
) -> None:
    good = line("electricity", "100", "MWh", "grid")
    industry = add(make(lines=[good, line(carrier, "5", unit, kind, state)]), make("beta", lines=[good]))
    (finding,) = industry.findings
    assert finding.key == "no_factor:alpha:main:line_1"
    assert part_of_the_reason in finding.text_en
    assert industry.value("energy") is None
    assert industry.value("co2") is None
    assert industry.company_value("alpha", "energy") is None
    assert industry.company_value("beta", "energy") == Decimal(976)
    assert industry.value("production") == Decimal(2000)


def test_documents_that_must_not_be_counted_are_findings(add: Any, make: Make) -> None:
    documents = [
        make(production_t="1"),
        make(production_t="10", revision=2),
        make("stranger", production_t="100"),
        make("beta", production_t="1000", fiscal_year=2022),
    ]
    industry = add(*documents, expected=(HERE, ("beta", "main"), ("gamma", "main")))
    assert industry.value("production") == Decimal(1)
    assert [finding.key for finding in industry.findings] == [
        "second_document:alpha:main:2",
        "not_on_roster:stranger:main",
        "other_year:beta:main",
        "not_submitted:beta:main",
        "not_submitted:gamma:main",
    ]
    assert all(finding.text_ja and finding.text_en for finding in industry.findings)


def test_a_provisional_document_is_counted_and_said(add: Any, make: Make) -> None:
    industry = add(make(status="provisional"))
    assert industry.value("production") == Decimal(1000)
    assert [finding.key for finding in industry.findings] == ["provisional:alpha:main"]


def test_what_nobody_states_is_unknown_and_not_zero(add: Any, make: Make) -> None:
    industry = add(make())
    assert industry.value("offices.co2_t") is None
    assert industry.value("measures.total.done.investment") is None
    assert industry.solar.companies == 0


def test_annual_data_is_added_over_sites_and_companies(add: Any, make: Make) -> None:
    annual = AnnualData.model_validate(
        {
            "measures": [
                {"category": "lighting", "title": "LED", "investment_million_yen": "3", "co2_reduction_t": "40"},
                {
                    "category": "furnaces",
                    "title": "burner",
                    "investment_million_yen": "50",
                    "co2_reduction_t": "600",
                    "is_planned": True,
                },
            ],
            "best_practices": [{"title": "insulated lids", "adopted_percent": "40", "adopted_2030_percent": "90"}],
            "offices": {"floor_area_m2": "100", "energy_kl_coe": "1.5", "co2_t": "2.5"},
            "invested_in_solar": True,
            "credits": [{"kind": "j_credit", "use": "retired", "quantity": "10", "unit": "t-CO2"}],
        }
    )
    later = AnnualData.model_validate({"best_practices": [{"title": "insulated lids", "adopted_percent": "60"}]})
    industry = add(make(annual=annual), make(site="second", annual=annual), make("beta", annual=later))
    assert industry.value("measures.lighting.done.investment") == Decimal(6)
    assert industry.value("measures.total.planned.reduction") == Decimal(1200)
    assert industry.value("offices.co2_t") == Decimal(5000)
    assert industry.contributions("offices.floor_area_m2") == {"alpha": Decimal(200)}
    assert (industry.solar.yes_sites, industry.solar.companies) == (2, 1)
    assert list(industry.credits.values()) == [1]
    (practice,) = industry.practices
    assert (practice.companies, practice.now.companies, practice.later.companies) == (2, 2, 1)
    assert practice.later.mean_percent == Decimal(90)
    assert practice.now.mean_percent is not None
    assert round(practice.now.mean_percent, 2) == Decimal("46.67")
