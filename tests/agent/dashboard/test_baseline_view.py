"""The baseline in words, from points that were laid on a line by hand; the year's end against its path."""

from agent.accounting.baseline import Baseline, EnergyPoint, fit_baseline, savings
from agent.accounting.outlook import ForecastMethod, NoForecast, YearEnd
from agent.accounting.spread import Estimate
from agent.accounting.target import TargetFigure, TargetPath
from agent.dashboard.baselines import DrawnBaseline, Enpi
from agent.dashboard.texts import DashboardTexts
from agent.dashboard.view_baseline import show_baseline
from agent.dashboard.view_year import tell_forecast

SAY = DashboardTexts("en")
DAY_S = 86_400
PATH = TargetPath(TargetFigure.ENERGY_INTENSITY, 2020, 20.0, 2030, 10.0)


def points(energies: list[float]) -> list[EnergyPoint]:
    return [EnergyPoint(f"day {i}", i * DAY_S, 10.0 * (i + 1), energy) for i, energy in enumerate(energies)]


def drawn(energies: list[float], enpi: Enpi | None = None) -> DrawnBaseline:
    known = points(energies)
    fitted = fit_baseline(known[:12])
    found = savings(known, fitted) if isinstance(fitted, Baseline) else ()
    return DrawnBaseline(fitted, tuple(known), found, 12 * DAY_S, enpi)


def test_a_line_is_told_with_its_figures() -> None:
    """100 GJ a day and 2 GJ/t, then a day with 130 t that took 350 instead of 360 GJ."""
    energies = [100 + 2 * 10.0 * (i + 1) for i in range(12)] + [350.0]
    shown = show_baseline(SAY, drawn(energies, Enpi(350.0, 360.0, 1)))
    facts = dict(shown.facts)
    assert facts["baseline (EnB)"] == "100 GJ + 2.00 GJ/t × t"
    assert facts["R²"] == "1.000"
    assert facts["EnPI of the period shown (actual / expected)"] == "0.972"
    assert facts["saved in the period shown"] == "10 GJ"
    assert facts["sum of savings (CUSUM)"] == "10 GJ"
    assert shown.warnings == ()
    assert shown.table is not None
    assert shown.table.rows[12][4] == 10.0
    assert shown.table.rows[12][8] == "production beyond what was seen"


def test_a_weak_line_is_called_weak() -> None:
    shown = show_baseline(SAY, drawn([300.0, 100.0] * 6))
    assert any("R² below 0.5" in warning for warning in shown.warnings)


def test_a_falling_line_is_called_weak() -> None:
    shown = show_baseline(SAY, drawn([500 - 20.0 * i for i in range(12)]))
    assert any("more production does not go with more energy" in warning for warning in shown.warnings)


def test_too_few_points() -> None:
    shown = show_baseline(SAY, drawn([100.0, 120.0]))
    assert shown.warnings == ("There is no baseline: 2 periods are known, 12 are needed.",)
    assert shown.table is None


def test_the_years_end_against_its_path() -> None:
    """In 2025 the path stands at 15."""
    for value, words in ((14.0, "Keeps to the path"), (15.2, "Can still go either way"), (17.0, "Misses the path")):
        end = YearEnd(Estimate(value, value - 0.5, value + 0.5), ForecastMethod.LAST_YEAR, 20, 0, 100)
        told = tell_forecast(SAY, PATH, 2025, {TargetFigure.ENERGY_INTENSITY: end})
        assert told.startswith(words)
        assert f"{value:.2f}" in told
        assert "path 15.00" in told
    refused = {TargetFigure.ENERGY_INTENSITY: NoForecast.TOO_FEW_WEEKS}
    assert "four whole known weeks" in tell_forecast(SAY, PATH, 2025, refused)
    assert tell_forecast(SAY, PATH, 2025, {}) == ""
