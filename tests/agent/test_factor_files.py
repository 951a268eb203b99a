"""Reading factor files: a site's own beside the shipped ones, and every mistake with its line."""

from decimal import Decimal
from pathlib import Path

import pytest

from agent.accounting.convert import ActivityQuantity, convert
from agent.accounting.factors import Basis, ElectricityKind, MissingFactor, Quantity
from agent.factor_files import available_factor_sets, load_factor_set, read_examples
from agent.settings.mistakes import SettingsError

SHIPPED = Path(__file__).parents[2] / "configs" / "factors"

RETAILER = """\
name = "our-retailer"
scheme = "shk"
fiscal_years = [2024]
revision = 2026-12-01
basis = "seen"
source = "retailer's notice of 2026-11-30"

[[factor]]
carrier = "electricity"
quantity = "co2"
kinds = ["grid", "renewable_menu"]
supplier = "nishi_denki"
menu = "B"
value = "0.000311"
unit = "t-CO2/kWh"
name_ja = "西電気 メニューB"
name_en = "Nishi Denki, menu B"

[[example]]
carrier = "electricity"
kind = "grid"
supplier = "nishi_denki"
menu = "B"
amount = "1000"
unit = "MWh"
energy_gj = "8640"
co2_t = "311"
arithmetic = "1,000,000 × 0.000311"
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "factors"
    folder.mkdir()
    return folder


def write(site: Path, text: str, name: str = "own.toml") -> Path:
    path = site / name
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(site: Path) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_factor_set([SHIPPED, site], "shk", 2024)
    return [str(mistake).removeprefix(f"{site}/") for mistake in caught.value.mistakes]


def test_a_site_adds_its_retailer(site: Path) -> None:
    path = write(site, RETAILER)
    factors = load_factor_set([SHIPPED, site], "shk", 2024)
    activity = ActivityQuantity(
        "electricity", Decimal(1000), "MWh", None, "nishi_denki", "B", ElectricityKind.RENEWABLE_MENU
    )
    result = convert(activity, factors)
    assert (result.energy_gj, result.co2_kg) == (Decimal(8640), Decimal(311_000))
    assert result.co2_factor is not None
    assert str(result.co2_factor.where) == f"{path}:8:3"
    assert result.co2_factor.source == "retailer's notice of 2026-11-30"
    assert factors.revision == "2026-12-01"
    assert factors.digest != load_factor_set([SHIPPED], "shk", 2024).digest


def test_the_shipped_set_stays_available_beside_the_site_s(site: Path) -> None:
    write(site, RETAILER)
    names = [
        name for name in available_factor_sets([SHIPPED, site]) if (name.scheme, name.fiscal_year) == ("shk", 2024)
    ]
    assert [name.revision for name in names] == ["2026-11-24", "2026-12-01"]
    before = load_factor_set([SHIPPED, site], "shk", 2024, "2026-11-24")
    assert before.digest == load_factor_set([SHIPPED], "shk", 2024).digest


def test_a_worked_example_of_a_site_is_read_like_a_shipped_one(site: Path) -> None:
    write(site, RETAILER)
    (example,) = read_examples([site])
    assert (example.scheme, example.fiscal_year, example.co2_t) == ("shk", 2024, Decimal(311))


def test_the_file_in_the_documentation_works_as_printed(site: Path) -> None:
    text = (SHIPPED.parents[1] / "docs" / "reference" / "factors.md").read_text(encoding="utf-8")
    write(site, text.partition("```toml\n")[2].partition("```")[0])
    (example,) = read_examples([site])
    result = convert(example.activity, load_factor_set([SHIPPED, site], example.scheme, example.fiscal_year))
    assert example.co2_t is not None
    assert (result.energy_gj, result.co2_kg) == (example.energy_gj, example.co2_t * 1000)


def test_a_site_confirms_a_factor_that_is_switched_off(site: Path) -> None:
    text = RETAILER.replace('"electricity"', '"steam_industrial"').replace('kinds = ["grid", "renewable_menu"]\n', "")
    write(site, text.partition("[[example]]")[0].replace("t-CO2/kWh", "t-CO2/GJ"))
    factors = load_factor_set([SHIPPED, site], "shk", 2024)
    found = factors.lookup("steam_industrial", Quantity.CO2, "nishi_denki", "B")
    assert (found.value, found.basis) == (Decimal("0.000311"), Basis.SEEN)


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert load_factor_set([SHIPPED, tmp_path / "factors"], "shk", 2024).factors
    with pytest.raises(MissingFactor, match=f"looked in {tmp_path}/none: there is no such scheme; there is none"):
        load_factor_set([tmp_path / "none"], "shk", 2024)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('value = "0.000311"', "value = 0.000311", "factor.value: 数値は出典の桁のまま、文字列で書いてください"),
        ('unit = "t-CO2/kWh"', 'unit = "GJ/MWh"', "factor: CO2 の係数の単位は GJ/MWh になりません"),
        ('kinds = ["grid", "renewable_menu"]\n', "", "factor: kinds は electricity の係数にだけ書きます"),
        ('basis = "seen"', 'basis = "sean"', "basis: 選べる値ではありません: 'seen', 'secondary', 'inferred'"),
    ],
)
def test_a_mistake_is_told_in_japanese(site: Path, old: str, new: str, told: str) -> None:
    assert old in RETAILER
    write(site, RETAILER.replace(old, new, 1))
    with pytest.raises(SettingsError) as caught:
        load_factor_set([SHIPPED, site], "shk", 2024)
    assert told in caught.value.text("ja")


def test_a_default_of_the_scheme_is_not_replaced_unnoticed(site: Path) -> None:
    own = RETAILER.replace('supplier = "nishi_denki"\nmenu = "B"\n', "").replace("2024", "2025")
    write(site, own.partition("[[example]]")[0])
    with pytest.raises(SettingsError) as caught:
        load_factor_set([SHIPPED, site], "shk", 2025)
    first = str(caught.value.mistakes[0])
    assert first.startswith(f"{site}/own.toml:8:3: the co2 factor of electricity (kind grid) stands here and in ")
    assert f"{SHIPPED}/shk-retailers-fy2025.toml:" in first
    assert "name a supplier or menu to replace it" in first


@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [
        ('value = "0.000311"', "value = 0.000311", "own.toml:14:1: factor.value: write the number as text"),
        ('value = "0.000311"', 'value = "o.3"', "own.toml:14:1: factor.value: is no number"),
        ('value = "0.000311"', 'value = "NaN"', "own.toml:14:1: factor.value: is no number"),
        (
            'value = "0.000311"',
            'value = "-1"',
            "own.toml:14:1: factor.value: Input should be greater than or equal to 0",
        ),
        ('unit = "t-CO2/kWh"', 'unit = "t-CO2/千kWh"', "own.toml:8:3: factor: unknown factor unit 't-CO2/千kWh'"),
        ('unit = "t-CO2/kWh"', 'unit = "GJ/MWh"', "own.toml:8:3: factor: a co2 factor cannot be in GJ/MWh"),
        (
            'unit = "t-CO2/kWh"',
            'unit = "t-CO2/1000 m3"',
            "own.toml:8:3: factor: reference_state belongs to a factor per",
        ),
        (
            'name_ja = "西電気 メニューB"',
            'name_jp = "西"',
            "own.toml:16:1: unknown key 'name_jp' (did you mean 'name_ja'?)",
        ),
        ('kinds = ["grid", "renewable_menu"]\n', "", "own.toml:8:3: factor: kinds belong to electricity"),
        ('"grid", "renewable_menu"', '"grid", "gird"', "own.toml:11:18: factor.kinds: Input should be 'grid'"),
        ('quantity = "co2"', 'quantity = "co"', "own.toml:10:1: factor.quantity: Input should be 'heat' or 'co2'"),
        (
            'basis = "seen"',
            'basis = "recalled"',
            "own.toml:5:1: basis: Input should be 'seen', 'secondary' or 'inferred'",
        ),
        ('basis = "seen"', 'basis = "inferred"', "own.toml:8:3: factor: an inferred value needs a reason"),
        ('basis = "seen"\n', "", "own.toml:7:3: factor.basis is missing"),
        ('source = "retailer\'s notice of 2026-11-30"\n', "", "own.toml:7:3: factor.source is missing"),
        ("revision = 2026-12-01", "revision = 1", "own.toml:4:1: revision: "),
        ("fiscal_years = [2024]", "fiscal_years = []", "own.toml:3:1: fiscal_years: "),
        (
            'menu = "B"\nvalue',
            'menu = "B"\nfiscal_years = [2025]\nvalue',
            "own.toml:14:1: names a fiscal year that the",
        ),
        ("[[factor]]", "[[factor]", "own.toml:8:"),
    ],
)
def test_a_mistake_is_told_with_its_place(site: Path, right: str, wrong: str, expected: str) -> None:
    assert right in RETAILER
    write(site, RETAILER.replace(right, wrong, 1))
    found = mistakes(site)
    assert any(mistake.startswith(expected) for mistake in found), found


def test_all_mistakes_of_all_files_are_told_at_once(site: Path) -> None:
    write(site, RETAILER.replace('value = "0.000311"', 'value = "x"').replace('"t-CO2/kWh"', '"kg"'), "a.toml")
    write(site, "name = 'b'", "b.toml")
    write(site, "= 5", "c.toml")
    found = mistakes(site)
    assert {mistake.split(":")[0] for mistake in found} == {"a.toml", "b.toml", "c.toml"}
    assert len([mistake for mistake in found if mistake.startswith("b.toml")]) == 3


def test_the_same_table_twice_is_a_mistake(site: Path) -> None:
    write(site, RETAILER, "a.toml")
    write(site, RETAILER, "b.toml")
    (mistake,) = mistakes(site)
    assert mistake.startswith(f"b.toml:1:1: table our-retailer of 2026-12-01 is also in {site}/a.toml")


def test_the_same_factor_in_two_tables_is_a_mistake(site: Path) -> None:
    write(site, RETAILER, "a.toml")
    write(site, RETAILER.replace("our-retailer", "our-other-table"), "b.toml")
    found = mistakes(site)
    assert len(found) == 2
    assert found[0].startswith("b.toml:8:3: the co2 factor of electricity (kind grid, supplier nishi_denki, menu B) ")
    assert found[0].endswith(f"stands here and in {site}/a.toml:8:3")
