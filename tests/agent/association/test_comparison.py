"""A letter tells a participant its own intensity and the others' blended quartiles, and nothing of any one of them."""

from decimal import Decimal
from typing import Any

import pytest

from agent.association.aggregate import Aggregation
from agent.association.comparison import Letter, letter_record, letter_text, letters_of
from agent.association.publish import document_fact
from agent.association.uniform import UniformFactors

TONNES = "976"


def letters(make: Any, line: Any, factors: UniformFactors, megawatt_hours: dict[str, str]) -> dict[str, Letter]:
    """Companies that use so much grid power for 976 t: with 9.76 GJ/MWh a hundred MWh are 1 GJ/t."""
    documents = [
        make(company, lines=[line("electricity", power, "MWh", "grid")], production_t=TONNES)
        for company, power in megawatt_hours.items()
    ]
    aggregation = Aggregation(2023, factors, [(company, "main") for company in megawatt_hours])
    for document in documents:
        aggregation.add(document)
    found = letters_of(aggregation.finish(), [document_fact(document) for document in documents], 7)
    return {letter.company: letter for letter in found}


@pytest.fixture(name="nine")
def fixture_nine(make: Any, line: Any, factors_2023: UniformFactors) -> dict[str, Letter]:
    """Nine companies of 10 to 18 GJ/t."""
    return letters(make, line, factors_2023, {f"company_{number}": f"{number}00" for number in range(10, 19)})


def test_the_spread_of_eight_others_by_hand(nine: dict[str, Letter]) -> None:
    """Of 11 … 18 the lower quartile is the mean of 11, 12, 13, the median of 13, 14, 15, the upper of 15, 16, 17."""
    energy, co2 = nine["company_10"].standings
    assert energy.spread is not None
    assert (energy.own, energy.spread.others) == (Decimal(10), 8)
    assert [energy.spread.lower, energy.spread.median, energy.spread.upper] == [Decimal(12), Decimal(14), Decimal(16)]
    assert co2.own is not None
    assert round(co2.own, 6) == Decimal("0.430328")  # 1,000 MWh × 0.420 t/MWh ÷ 976 t


def test_the_letter_in_both_languages(nine: dict[str, Letter]) -> None:
    assert letter_text(nine["company_10"], "Mill (company_10)", "en").splitlines() == [
        "Mill (company_10): fiscal 2023, beside the other participants",
        "counted: main revision 1 (final)",
        (
            "Energy intensity, uniform factors: yours 10.00 GJ/t; 8 others: lower quartile 12.00, median 14.00, "
            "upper quartile 16.00"
        ),
        (
            "CO2 intensity, uniform factors: yours 0.430 t-CO2/t; 8 others: lower quartile 0.516, median 0.602, "
            "upper quartile 0.689"
        ),
        "Each point of the spread is the mean of 3 neighbours: nobody's own figure is in it.",
    ]
    japanese = letter_text(nine["company_10"], "圧延 (company_10)", "ja")
    assert "貴社 10.00 GJ/t、他 8 社: 下位四分位 12.00、中央値 14.00、上位四分位 16.00" in japanese


def test_no_letter_holds_another_companys_name_or_figure(nine: dict[str, Letter]) -> None:
    for company, letter in nine.items():
        others = [name for name in nine if name != company]
        told = letter_text(letter, company, "en") + repr(letter_record(letter))
        assert not [name for name in others if name in told]


def test_too_few_others_are_not_shown(make: Any, line: Any, factors_2023: UniformFactors) -> None:
    few = letters(make, line, factors_2023, {f"company_{number}": "1000" for number in range(7)})
    text = letter_text(few["company_0"], "company_0", "en")
    assert "yours 10.00 GJ/t; the others are too few to be shown" in text
    assert "quartile" not in text
    record: Any = letter_record(few["company_0"])
    assert [each["median"] for each in record["intensities"]] == [None, None]


def test_without_production_there_is_no_intensity(make: Any, line: Any, factors_2023: UniformFactors) -> None:
    aggregation = Aggregation(2023, factors_2023, [("idle", "main")])
    idle = make("idle", lines=[line("electricity", "1000", "MWh", "grid")], production_t="0")
    aggregation.add(idle)
    (letter,) = letters_of(aggregation.finish(), [document_fact(idle)], 7)
    assert "Energy intensity, uniform factors: none; production or a part" in letter_text(letter, "idle", "en")
