"""The path to a target: a straight line, and nothing outside of it."""

import pytest

from agent.accounting.target import TargetFigure, TargetPath

PATH = TargetPath(TargetFigure.ENERGY_INTENSITY, 2020, 20.0, 2030, 15.0)


@pytest.mark.parametrize(
    ("fiscal_year", "on_path"), [(2019, None), (2020, 20.0), (2023, 18.5), (2030, 15.0), (2031, None)]
)
def test_half_a_gj_a_year(fiscal_year: int, on_path: float | None) -> None:
    assert PATH.at(fiscal_year) == on_path
