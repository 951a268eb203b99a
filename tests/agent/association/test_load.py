"""An association's folder: what it says, and every mistake at once with its line."""

import shutil
from pathlib import Path

import pytest

from agent.accounting.factors import MissingFactor
from agent.association.load import SignerOf, load_association, read_form
from agent.settings.mistakes import SettingsError

FORMS = sorted((Path(__file__).parents[3] / "configs" / "forms").glob("*.toml"))
KEY = "a" * 43


@pytest.fixture(name="folder")
def fixture_folder(tmp_path: Path, case_folder: Path) -> Path:
    for name in ("association.toml", "history.toml"):
        shutil.copy(case_folder / name, tmp_path)
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def mistakes(folder: Path) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_association(folder)
    return [str(mistake) for mistake in caught.value.mistakes]


def line_of(path: Path, text: str) -> int:
    return path.read_text(encoding="utf-8").splitlines().index(text) + 1


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_every_form_that_ships_is_without_mistakes(path: Path) -> None:
    assert read_form(path).form == path.stem


def test_roles_say_who_is_counted(folder: Path) -> None:
    change(folder / "association.toml", 'id = "coast"\n', 'id = "coast"\nrole = "sash"\n')
    participants = load_association(folder).participants()
    assert ("company_a", "north") in participants
    assert ("company_a", "coast") not in participants
    assert len(participants) == 13


def test_keys_belong_to_a_site_for_some_years(folder: Path) -> None:
    key = (
        f'id = "north"\n\n[[company.site.key]]\nthumbprint = "{KEY}"\nfrom_fiscal_year = 2022\nto_fiscal_year = 2023\n'
    )
    change(folder / "association.toml", 'id = "north"\n', key)
    association = load_association(folder)
    assert association.signer(KEY, 2023) == SignerOf("company_a", "north")
    assert association.signer(KEY, 2024) is None
    assert association.signer("b" * 43, 2023) is None


def test_a_year_without_uniform_factors_is_an_error_and_without_adjusted_ones_is_not(folder: Path) -> None:
    association = load_association(folder)
    with pytest.raises(MissingFactor, match="fiscal year 2019"):
        association.uniform_factors(2019)
    assert association.uniform_factors(2021).adjusted is None


def test_the_folders_own_factors_are_used(folder: Path, case_folder: Path) -> None:
    shipped = Path(__file__).parents[3] / "configs" / "factors" / "association.toml"
    (folder / "factors").mkdir()
    text = f"""
name = "association-2019"
scheme = "association"
fiscal_years = [2019]
revision = 2026-11-24
basis = "seen"
source = "made up from {shipped.name} for {case_folder.name}"

[[factor]]
carrier = "electricity"
quantity = "heat"
kinds = ["grid"]
value = "9.76"
unit = "GJ/MWh"
name_ja = "電力"
name_en = "electricity"

[[factor]]
carrier = "electricity"
quantity = "co2"
kinds = ["grid"]
value = "0.444"
unit = "kg-CO2/kWh"
name_ja = "電力"
name_en = "electricity"
"""
    (folder / "factors" / "own.toml").write_text(text, encoding="utf-8")
    assert str(load_association(folder).uniform_factors(2019).electricity_factor()) == "0.444"


def test_every_mistake_of_both_files_is_said_at_once_with_its_line(folder: Path) -> None:
    settings, history = folder / "association.toml", folder / "history.toml"
    change(settings, 'co2_10kt = "146"', 'co2_10kt = "nothing"')
    change(settings, 'id = "company_b"', 'id = "company_a"')
    change(settings, "target_year = 2030", "target_year = 2030\ncolour = 1")
    change(history, 'unit = "万t-CO2"', 'unit = "GJ"')
    change(history, 'figure = "progress"', 'figure = "progres"')
    said = mistakes(folder)
    bad_number = line_of(settings, 'co2_10kt = "nothing"')
    unknown_key = line_of(settings, "colour = 1")
    assert any(f"association.toml:{bad_number}:1:" in text and "is no number" in text for text in said)
    assert any(f"association.toml:{unknown_key}:1: unknown key 'colour'" in text for text in said)
    assert any("history.toml:" in text and "co2 is in kg-CO2; it cannot be shown in 'GJ'" in text for text in said)
    bad_figure = line_of(history, 'figure = "progres"')
    assert any(f"history.toml:{bad_figure}:1: there is no figure 'progres'" in text for text in said)


def test_names_that_stand_twice(folder: Path) -> None:
    settings = folder / "association.toml"
    change(settings, 'id = "company_b"', 'id = "company_a"')
    change(settings, 'id = "south"', 'id = "north"')
    said = mistakes(folder)
    assert any("company_a stands here a second time" in text for text in said)
    assert any("company_a/north stands here a second time" in text for text in said)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('figure = "co2", unit = "万t-CO2"', 'figure = "co2", unit = "TJ"', "co2 is in kg-CO2"),
        ('figure = "production", unit', 'figure = "prodction", unit', "there is no figure 'prodction'"),
        ('key = "done.investment"', 'key = "done.money"', "has no 'done.money'"),
        ('key = "year-1" }', 'key = "yesterday" }', "'yesterday' names none"),
        ("{trend.production.value}", "{trend.production.worth}", "there is no cell trend.production.worth"),
        ('id = "boundary"', 'id = "coverage"', "coverage stands here a second time"),
    ],
)
def test_mistakes_in_a_form(folder: Path, old: str, new: str, message: str) -> None:
    (folder / "forms").mkdir()
    copy = folder / "forms" / "aluminium-rolling.toml"
    shutil.copy(FORMS[0], copy)
    change(copy, old, new)
    assert any(str(copy) in text and message in text for text in mistakes(folder))


def test_a_folder_without_files(tmp_path: Path) -> None:
    said = mistakes(tmp_path)
    assert [text.partition(": ")[2].partition(" (")[0] for text in said] == ["there is no such file"] * 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('option = "survey"', 'option = "guess"', "the form has no option source_energy.guess"),
        ("{trend.co2.on_previous}", "{trend.co2.on_last}", "there is no cell trend.co2.on_last"),
    ],
)
def test_own_answers_and_texts_must_fit_the_form(folder: Path, old: str, new: str, message: str) -> None:
    change(folder / "association.toml", old, new)
    assert any(message in text for text in mistakes(folder))


def test_a_revision_that_does_not_exist_is_said(folder: Path) -> None:
    end = 'electricity_end = "receiving"'
    change(folder / "association.toml", end, f'{end}\nrevision = "2020-01-01"')
    with pytest.raises(MissingFactor, match="no revision 2020-01-01"):
        load_association(folder).uniform_factors(2023)
