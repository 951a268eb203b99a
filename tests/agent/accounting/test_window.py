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


PRODUCTS = [SHEET, replace(SHEET, id="foil", terms=(Term(PointRef("line", "foil"), Decimal(1)),))]
FOIL = PointRef("line", "foil")


@pytest.mark.parametrize("silent", [{}, {FOIL: (3_000,)}])
def test_a_silent_product_counter_is_not_zero_production(silent: Mapping[PointRef, tuple[float, ...]]) -> None:
    """Sheet is known for both half hours; of foil nobody knows the second: no production, and no intensity."""
    find = finder({INCOMING: (40, 60), COILS: (10_000, 6_000), **silent})
    window = figures_over([GRID], PRODUCTS, STARTS, find, FACTORS)
    assert window.totals.energy_gj == Decimal("97.6")
    assert (window.production_t, window.known_share) == (None, 1.0)
    assert (window.energy_intensity_gj_per_t, window.co2_intensity_t_per_t) == (None, None)


def test_production_counts_for_the_time_that_is_known_of_the_site_at_all() -> None:
    """Only the first half hour was read, of meter and scales alike: 39.04 GJ over 13 t, 50 % known."""
    find = finder({INCOMING: (40,), COILS: (10_000,), FOIL: (3_000,)})
    window = figures_over([GRID], PRODUCTS, STARTS, find, FACTORS)
    assert (window.production_t, window.known_share) == (Decimal(13), 0.5)
    assert window.energy_intensity_gj_per_t == Decimal("39.04") / 13


def test_a_silent_meter_leaves_no_intensity() -> None:
    """The second half hour of one of two meters is missing: 9.76 GJ/t of one of them would look too good."""
    other = replace(GRID, id="other", terms=(Term(FEEDER, Decimal(100)),))
    window = figures(finder({INCOMING: (40, 60), FEEDER: (40,), COILS: (10_000, 6_000)}), (GRID, other))
    assert (window.production_t, window.known_share) == (Decimal(16), 0.75)
    assert window.totals.energy_gj == Decimal("136.64")
    assert (window.energy_gj, window.co2_kg) == (None, None)
    assert (window.energy_intensity_gj_per_t, window.co2_intensity_t_per_t) == (None, None)


@pytest.mark.parametrize(("scales_min", "expected"), [(15, Decimal(10)), (14, None)])
def test_scales_may_be_some_minutes_behind_meters_while_the_half_hour_runs(
    scales_min: int, expected: Decimal | None
) -> None:
    """Twenty minutes of the meter. Scales may be 2 % and five minutes behind: 14.6 min are needed."""
    minute_ms = 60_000
    find, slow = finder({INCOMING: (40,)}, 20 * minute_ms), finder({COILS: (10_000,)}, scales_min * minute_ms)

    def both(device: str, point: str, start: int) -> Interval | None:
        return find(device, point, start) or slow(device, point, start)

    assert figures_over([GRID], [SHEET], STARTS[:1], both, FACTORS).production_t == expected


def test_two_windows_add_up() -> None:
    find = finder({INCOMING: (40, 60), COILS: (10_000, 6_000)})
    first, second = (figures_over([GRID], [SHEET], [start], find, FACTORS) for start in STARTS)
    assert first.plus(second) == figures_over([GRID], [SHEET], STARTS, find, FACTORS)


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
