"""The live figures over some half hours: sums, what is known of them, and no intensity without production."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from agent.accounting.factors import ElectricityKind, MissingFactor
from agent.accounting.interval import INTERVAL_MS, INTERVAL_S, Interval, Method
from agent.accounting.streams import FindInterval, PointRef, Stream, Term
from agent.accounting.window import WindowFigures, figures_over
from agent.factor_files import load_factor_set
from agent.settings.resources import configs_folder

FOLDERS = [configs_folder() / "factors"]
FACTORS = load_factor_set(FOLDERS, "association", 2023)
"""Electricity 9.76 GJ/MWh and 0.420 kg-CO2/kWh."""

NINE = 1_696_204_800
"""2023-10-02 09:00 in Japan, UTC seconds."""
STARTS = [NINE, NINE + INTERVAL_S]

INCOMING, FEEDER, COILS = PointRef("incoming", "energy"), PointRef("feeder", "energy"), PointRef("line", "coils")
GRID = Stream("grid", "electricity", "site", "kWh", (Term(INCOMING, Decimal(100)),), kind=ElectricityKind.GRID)
MILL = replace(GRID, id="mill", area="mill", terms=(Term(FEEDER, Decimal(1)),), is_total=False)
SHEET = Stream("sheet", "product", "product", "kg", (Term(COILS, Decimal(1)),))


def finder(advances: Mapping[PointRef, tuple[float, ...]], spanned_ms: int = INTERVAL_MS) -> FindInterval:
    """Half hours from nine o'clock on."""
    known = {
        (ref.device, ref.point, start): Interval(
            ref.device, ref.point, start, 0.0, advance, advance, Method.MEASURED, spanned_ms, spanned_ms, 1, 2
        )
        for ref, each in advances.items()
        for start, advance in zip(STARTS, each, strict=False)
    }
    return lambda device, point, start_utc_s: known.get((device, point, start_utc_s))


def figures(find: FindInterval, streams: tuple[Stream, ...] = (GRID, MILL)) -> WindowFigures:
    return figures_over(streams, [SHEET], STARTS, find, FACTORS)


def test_energy_co2_production_and_intensity_over_an_hour() -> None:
    """10 MWh are 97.6 GJ and 4,200 kg; over 16 t that is 6.1 GJ/t and 0.2625 t-CO2/t."""
    window = figures(finder({INCOMING: (40, 60), FEEDER: (500, 700), COILS: (10_000, 6_000)}))
    assert [each.amount for each in window.streams] == [10_000, 1_200]
    assert (window.totals.energy_gj, window.totals.co2_kg) == (Decimal("97.6"), Decimal(4200))
    assert (window.production_t, window.known_share) == (Decimal(16), 1.0)
    assert window.energy_intensity_gj_per_t == Decimal("6.1")
    assert window.co2_intensity_t_per_t == Decimal("0.2625")


def test_a_detail_is_shown_and_not_added_to_the_site() -> None:
    window = figures(finder({INCOMING: (40, 60), FEEDER: (500, 700)}))
    assert window.streams[1].totals.energy_gj == Decimal("11.712")
    assert window.totals.energy_gj == Decimal("97.6")
    assert window.amount_of("electricity") == 10_000
    assert window.amount_of("city_gas") == 0


def test_without_production_intensities_are_undefined() -> None:
    window = figures(finder({INCOMING: (40, 60), COILS: (0, 0)}))
    assert window.production_t == 0
    assert window.energy_intensity_gj_per_t is None
    assert window.co2_intensity_t_per_t is None


@pytest.mark.parametrize(
    ("advances", "spanned_ms", "share"),
    [((40, 60), INTERVAL_MS, 1.0), ((40,), INTERVAL_MS, 0.5), ((40,), INTERVAL_MS // 2, 0.25), ((), 1, 0.0)],
)
def test_what_is_not_known_is_a_share(advances: tuple[float, ...], spanned_ms: int, share: float) -> None:
    assert figures(finder({INCOMING: advances}, spanned_ms)).known_share == share


def test_a_site_without_streams_knows_nothing() -> None:
    assert figures_over([], [], STARTS, finder({}), FACTORS).known_share == 0.0


def test_a_scheme_without_co2_leaves_co2_undefined() -> None:
    """1 MWh is 8.64 GJ under the Energy Act, which states no CO2."""
    energy_act = load_factor_set(FOLDERS, "energy_act", 2023)
    window = figures_over([GRID], [SHEET], STARTS, finder({INCOMING: (10,), COILS: (1000,)}), energy_act)
    assert (window.totals.energy_gj, window.totals.co2_kg) == (Decimal("8.64"), None)
    assert (window.energy_intensity_gj_per_t, window.co2_intensity_t_per_t) == (Decimal("8.64"), None)


def test_a_missing_factor_is_an_error_that_names_carrier_and_year() -> None:
    hydrogen = replace(GRID, carrier="hydrogen", kind=None)
    with pytest.raises(MissingFactor, match=r"hydrogen.*fiscal year 2023"):
        figures(finder({INCOMING: (40, 60)}), (hydrogen,))
