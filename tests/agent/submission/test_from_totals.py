"""A year that was typed in: the example that ships, and every mistake that people make, with its line and a hint."""

from decimal import Decimal
from pathlib import Path

import pytest

from agent.settings.mistakes import SettingsError
from agent.settings.resources import configs_folder
from agent.submission.canonical import read_document, write_document
from agent.submission.document import Submission
from agent.submission.from_totals import read_totals

EXAMPLE = configs_folder() / "demo" / "totals-2023.toml"


def read_changed(folder: Path, *changes: tuple[str, str]) -> Submission:
    text = EXAMPLE.read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after, 1)
    (folder / "totals.toml").write_text(text, encoding="utf-8")
    return read_totals(folder / "totals.toml", "by hand")


def test_the_example_that_ships() -> None:
    submission = read_totals(EXAMPLE, "by hand")
    lines = {line.id: line for line in submission.energy}
    assert lines["electricity_grid"].energy_gj == Decimal("600071.152")  # 61,482.7 MWh × 9.76
    assert lines["electricity_own_solar"].co2_kg == Decimal("497408.52")  # 1,184,306 kWh × 0.420
    assert lines["lpg"].energy_gj == Decimal("20658.735")  # 412.35 t × 50.1
    assert lines["emergency_power"].energy_gj == Decimal("124.48")  # 3.2 kL × 38.9
    # 11,903,482 Nm3 × 1.10599 (0 °C and 101.325 kPa to 25 °C and 100 kPa) × 0.040 GJ
    assert abs(lines["city_gas"].energy_gj - Decimal(526603)) < 5
    assert submission.totals.production_t == Decimal("69849.7")
    assert submission.totals.electricity_kwh == 61_482_700 + 7_250_000 + 1_184_306
    assert submission.annual.measures[0].investment_million_yen == 41
    assert submission.production[0].name_ja == "缶ボディ材"
    assert (submission.approval.person, submission.approval.day) == ("環境管理部長 工場長 一郎", "2024-06-14")
    assert read_document(write_document(submission)) == submission


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("quantity = 61_482.7", 'quantity = "６１４８２"'),
            ":35:1: energy.quantity: write the number in plain digits: 61482",
        ),
        (
            ("quantity = 61_482.7", 'quantity = "61,482.7"'),
            "write the number in plain digits: 61482.7 (it says '61,482.7')",
        ),
        (("quantity = 61_482.7", "quantity = 61,482.7"), ":35:14: is not TOML"),
        (("quantity = 61_482.7", "quantity = true"), "energy.quantity: write the number as text"),
        (("quantity = 61_482.7", "quantity = -5"), ":35:1: -5 is below zero"),
        (("quantity = 61_482.7", "quantity = nan"), "energy.quantity: is no number"),
        (("quantity = 61_482.7", "quantity = inf"), "energy.quantity: is no number"),
        (
            ('unit = "m3"', 'unit = "kL"'),
            ":53:1: city_gas is not counted in kL (its factor is 40.0 GJ/1000 m3: write the quantity in 1000 m3 or",
        ),
        (('unit = "t"', 'unit = "kL"'), "lpg is not counted in kL (its factor is 50.1 GJ/t: write the quantity in t"),
        (('unit = "t"', 'unit = "トン"'), "lpg is not counted in トン"),
        (('reference_state = "nm3"', ""), ":50:3: a volume of gas means nothing without its state (write nm3"),
        (
            ('reference_state = "nm3"', 'reference_state = "stp"'),
            "energy.reference_state: Input should be 'as_metered'",
        ),
        (('reference_state = "nm3"', 'reference_state = "as_metered"'), "cannot become satp"),
        (('unit = "kL"', 'unit = "m3"'), ":69:1: heavy_oil_a is not counted in m3 (its factor is 38.9 GJ/kL"),
        (("fiscal_year = 2023", "fiscal_year = 2024"), ":11:1: no factor under association for fiscal year 2024"),
        (("fiscal_year = 2023", "fiscal_year = 23"), "fiscal_year: Input should be greater than or equal to 1990"),
        (('scheme = "association"', 'scheme = "asociation"'), ":15:1: no factor under asociation"),
        (("revision = 1 ", "revision = 0 "), "revision: Input should be greater than or equal to 1"),
        (('status = "final"', 'status = "finished"'), "status: Input should be 'provisional' or 'final'"),
        (('id = "can_body"', 'id = "can_bodies"'), "no product class 'can_bodies' (did you mean 'can_body'?)"),
        (('id = "car_panel"', 'id = "can_body"'), "two lines are called 'can_body'"),
        (('carrier = "city_gas"', 'carrier = "town_gas"'), "association has no factor of 'town_gas'"),
        (('carrier = "lpg"', 'carrier = "lgp"'), "association has no factor of 'lgp' (did you mean 'lpg'?)"),
        (('kind = "grid"\n', "\n"), "electricity needs its kind (one of: direct_ppa"),
        (('kind = "grid"\n', 'kind = "renewable_menu"\n'), "two lines are called 'electricity_renewable_menu'"),
        (('kind = "grid"\n', 'kind = "own_fuel"\n'), "no heat factor of electricity (kind own_fuel)"),
        (('carrier = "lpg"', 'carrier = "lpg"\nkind = "grid"'), "a kind belongs to electricity, not to lpg"),
        (('carrier = "lpg"', 'carier = "lpg"'), "unknown key 'carier' (did you mean 'carrier'?)"),
        (('company = "seto_aluminium"', 'company = "Seto"'), "participant.company: String should match"),
        (('category = "furnaces"', 'category = "furnace"'), "measures.category: Input should be 'furnaces'"),
        (
            ("investment_million_yen = 41\n", 'investment_million_yen = "41億"\n'),
            "measures.investment_million_yen: is no number",
        ),
        (("day = 2024-06-14", 'day = "2024-06-31"'), "approval.day: is no day of the calendar"),
        (("day = 2024-06-14", "day = 2023-06-14"), "a final submission is approved after its year"),
        (("day = 2024-06-14", ""), "approval.day is missing"),
        (('# through = "2023-09"', 'through = "2023-09"'), "a final submission covers the whole year"),
    ],
)
def test_a_mistake(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_changed(tmp_path, change)
    assert said in str(caught.value)


def test_all_mistakes_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        read_changed(
            tmp_path,
            ('kind = "grid"\n', 'kind = "own_fuel"\n'),
            ('reference_state = "nm3"', ""),
            ('unit = "t"', 'unit = "kL"'),
            ('id = "car_panel"', 'id = "carpanel"'),
        )
    assert [mistake.line for mistake in caught.value.mistakes] == sorted(m.line for m in caught.value.mistakes)
    assert len(caught.value.mistakes) == 4


def test_what_is_not_typed_is_unknown_and_not_zero(tmp_path: Path) -> None:
    submission = read_changed(tmp_path, ("practice_cases = 4 ", "# "), ("invested_in_solar = true", "#"))
    assert submission.annual.practice_cases is None
    assert submission.annual.invested_in_solar is None
    assert submission.annual.uses_hydro is False
    assert submission.annual.logistics is None


def test_a_supplier_of_ones_own_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "factors").mkdir()
    (tmp_path / "factors" / "gas.toml").write_text(
        'name = "own"\nscheme = "association"\nfiscal_years = [2023]\nrevision = 2026-11-24\nsource = "bill"\n'
        'basis = "seen"\n[[factor]]\ncarrier = "city_gas"\nquantity = "heat"\nvalue = "45"\nunit = "GJ/1000 m3"\n'
        'reference_state = "nm3"\nsupplier = "Shikoku Gas"\nname_ja = "都市ガス"\nname_en = "city gas"\n',
        encoding="utf-8",
    )
    submission = read_changed(tmp_path, ('carrier = "city_gas"', 'carrier = "city_gas"\nsupplier = "Shikoku Gas"'))
    line = next(line for line in submission.energy if line.carrier == "city_gas")
    assert line.energy_gj == Decimal("535656.69")  # 11,903.482 thousand Nm3 × 45
    assert submission.factors[line.heat_factor - 1].source == "bill"
