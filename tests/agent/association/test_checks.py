"""Questions to the senders: one for each thing that looks wrong, none for a plain year."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from agent.association.checks import check_all
from agent.association.settings_tables import CheckTable
from agent.association.site_years import SiteYear, site_year
from agent.association.uniform import UniformFactors

LIMITS = CheckTable()
UNITS = {"electricity": "MWh", "city_gas": "1000 m3", "lpg": "t"}
Amounts = dict[str, int]
PLAIN: Amounts = {"electricity": 1000, "city_gas": 150, "lpg": 40}


def year(amounts: Amounts, production: int = 1000, energy: int = 20_000, company: str = "alpha") -> SiteYear:
    stated = {name: Decimal(amount) for name, amount in amounts.items()}
    return SiteYear(company, "main", 2023, Decimal(production), Decimal(energy), stated, UNITS)


def keys(this_year: list[SiteYear], last_year: SiteYear | None = None) -> list[str]:
    earlier = {("alpha", "main"): last_year} if last_year else {}
    questions = check_all(this_year, earlier, LIMITS)
    assert all(question.text_ja and question.text_en for question in questions)
    return [question.key for question in questions]


def test_a_plain_year_raises_nothing() -> None:
    assert keys([year({**PLAIN, "electricity": 1100})], year(PLAIN)) == []


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ({**PLAIN, "city_gas": 150_000}, ["unit_slip:city_gas"]),
        ({**PLAIN, "electricity": 1}, ["unit_slip:electricity"]),
        ({**PLAIN, "city_gas": 40, "lpg": 150}, ["swapped:city_gas:lpg"]),
        ({**PLAIN, "electricity": 1400}, ["jump:electricity"]),
        ({**PLAIN, "lpg": 0}, ["appeared:lpg"]),
        ({"electricity": 1000, "city_gas": 150}, ["appeared:lpg"]),
    ],
)
def test_against_last_year(now: Amounts, expected: list[str]) -> None:
    assert keys([year(now)], year(PLAIN)) == expected


def test_production_that_jumps() -> None:
    assert keys([year(PLAIN, production=600)], year(PLAIN)) == ["jump:production"]


def test_an_intensity_far_from_the_others() -> None:
    years = [year(PLAIN, energy=20_000, company=f"company_{n}") for n in range(5)]
    odd = year(PLAIN, energy=200_000)
    questions = check_all([*years, odd], {}, LIMITS)
    assert [(question.company, question.key) for question in questions] == [("alpha", "intensity_outlier")]
    assert "200.0 GJ/t" in questions[0].text_en
    assert "20.0 GJ/t" in questions[0].text_ja


def test_production_without_energy_and_energy_without_production() -> None:
    assert keys([year({}, energy=0)]) == ["production_without_energy"]
    assert keys([year(PLAIN, production=0)]) == ["energy_without_production"]


def test_a_sites_year_is_taken_under_the_uniform_factors(
    make: Callable[..., Any], line: Callable[..., Any], factors_2023: UniformFactors
) -> None:
    lines = [
        line("electricity", "1000", "MWh", "grid"),
        line("electricity", "500000", "kWh", "own_hydro"),
        line("lpg", "10000", "kg"),
    ]
    found = site_year(make(lines=lines, production_t="1000"), factors_2023)
    assert found.amounts == {"electricity": Decimal(1500), "lpg": Decimal(10)}
    assert found.energy_gj == Decimal(14_640) + Decimal(501)
    assert found.intensity_gj_per_t == Decimal("15.141")
    unknown = site_year(make(lines=[line("biogas", "1", "1000 m3", None, "satp")]), factors_2023)
    assert unknown.energy_gj is None
    assert keys([unknown]) == []
