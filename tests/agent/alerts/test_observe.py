"""What is observed for each kind of rule, by hand."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from agent.accounting.baseline import Baseline
from agent.accounting.demand import Band, Contract, DemandNow
from agent.accounting.half_hours import SiteHalfHour
from agent.accounting.spans import Span
from agent.alerts.observe import (
    HALF_HOUR_OF_DAY,
    Burner,
    excess_over_kwh,
    last_weekend,
    observe_base_load,
    observe_burner,
    observe_demand,
    observe_intensity,
    observe_residual,
    observe_still,
)
from agent.alerts.rules import COST_UNKNOWN, NO_COST, Cost, Observation

TOKYO = ZoneInfo("Asia/Tokyo")
NINE = 1_696_204_800
"""2023-10-02 (a Monday) 09:00 in Japan, UTC seconds."""
LINE = Baseline(480, 10, 0.9, 30, 5, 100, 300, 200, 1000)
"""480 GJ a day, 10 GJ in half an hour, and 10 GJ/t."""
HOUR = Span("x", NINE, NINE + 3600)


def half_hour(number: int, energy: float | None, tonnes: float | None) -> SiteHalfHour:
    return SiteHalfHour(NINE + number * 1800, energy, None if energy is None else energy * 50, tonnes)


def parts(cost: Cost) -> list[float]:
    """Energy, CO2 and yen, for one that knows them."""
    known = [part for part in (cost.energy_gj, cost.co2_kg, cost.yen) if part is not None]
    assert len(known) == 3
    return known


def test_intensity_over_the_baseline() -> None:
    """10 t and 20 t in two half hours: 20 + 300 = 320 GJ expected, 400 used: 25 % over.

    The newer one used 252 GJ of 210 expected: 42 GJ, with its 50 kg of CO2 and 2,000 yen a GJ.
    """
    window = [half_hour(0, 148, 10), half_hour(1, 252, 20)]
    found = observe_intensity("rule", window, LINE, HALF_HOUR_OF_DAY, 2_000)
    assert (found.from_utc_s, found.to_utc_s) == (NINE + 1800, NINE + 3600)
    assert found.value == pytest.approx(25)
    assert parts(found.cost) == pytest.approx([42, 2_100, 84_000])
    assert observe_intensity("rule", window, LINE, HALF_HOUR_OF_DAY).cost.yen is None


def test_a_mill_that_stands_is_held_against_its_base_load() -> None:
    found = observe_intensity("rule", [half_hour(0, 12, 0)], LINE, HALF_HOUR_OF_DAY)
    assert found.value == pytest.approx(20)
    saved = observe_intensity("rule", [half_hour(0, 8, 0)], LINE, HALF_HOUR_OF_DAY)
    assert saved.value == pytest.approx(-20)
    assert saved.cost.energy_gj == 0


@pytest.mark.parametrize("silent", [half_hour(1, None, 10), half_hour(1, 10, None)])
def test_a_window_that_is_not_known_says_nothing(silent: SiteHalfHour) -> None:
    found = observe_intensity("rule", [half_hour(0, 148, 10), silent], LINE, HALF_HOUR_OF_DAY)
    assert (found.value, found.cost) == (None, COST_UNKNOWN)


def test_fuel_without_charge() -> None:
    """15 m³ in half an hour are 30 m³/h; a m³ is 0.045 GJ, 2.24 kg and 90 yen."""
    span, per_unit = Span("x", NINE, NINE + 1800), Cost(0.045, 2.24, 90)
    idle = observe_burner("rule", Burner(span, 15, has_charge=False), per_unit)
    assert idle.value == 30
    assert parts(idle.cost) == pytest.approx([0.675, 33.6, 1_350])
    assert observe_burner("rule", Burner(span, 15, has_charge=True), per_unit).value == 0
    assert observe_burner("rule", Burner(span, 15, has_charge=True), per_unit).cost == NO_COST
    assert observe_burner("rule", Burner(span, None, has_charge=False), per_unit).value is None
    assert observe_burner("rule", Burner(span, 15, has_charge=None), per_unit).value is None


@pytest.mark.parametrize("now", ["2023-10-02T00:00:00+09:00", "2023-10-06T12:00:00+09:00", "2023-10-08T23:59:00+09:00"])
def test_the_last_weekend_is_the_one_that_is_over(now: str) -> None:
    found = last_weekend(int(datetime.fromisoformat(now).timestamp()), TOKYO)
    assert (found.name, found.start_utc_s, found.end_utc_s) == ("2023-09-30", NINE - 57 * 3600, NINE - 9 * 3600)


def test_the_least_power_of_a_weekend() -> None:
    """Never below 350 kW where 300 are allowed: 50 kW over 48 h are 2,400 kWh, 23.424 GJ at 9.76 GJ/MWh."""
    weekend = last_weekend(NINE, TOKYO)
    found = observe_base_load("rule", weekend, [400, None, 350, 600], 300, Cost(0.00976, 0.42, 20))
    assert found.value == 350
    assert parts(found.cost) == pytest.approx([23.424, 1_008, 48_000])
    low = observe_base_load("rule", weekend, [400, 250], 300, Cost(0.00976, 0.42, None))
    assert (low.value, low.cost.energy_gj) == (250, 0)
    assert observe_base_load("rule", weekend, [400, None, None], 300, NO_COST).value is None
    assert observe_base_load("rule", weekend, [], 300, NO_COST).value is None


def test_how_long_something_is_still() -> None:
    assert observe_still("rule", NINE, NINE + 60, NINE - 240) == Observation("rule", NINE, NINE + 60, 300)
    assert observe_still("rule", NINE, NINE + 60, NINE + 70).value == 0
    assert observe_still("rule", NINE, NINE + 60, None).value is None


def demand(reached: float | None, band: Band | None) -> DemandNow:
    return DemandNow(NINE, 10, reached, None, band, Contract(1_000, 95))


@pytest.mark.parametrize(
    ("now", "value"),
    [
        (demand(500, Band(800, 700, 960)), 960),
        (demand(500, None), None),
        (demand(1_001, None), 1_001),
        (demand(None, None), None),
    ],
)
def test_where_demand_may_end(now: DemandNow, value: float | None) -> None:
    assert observe_demand("rule", NINE, NINE + 60, now).value == value


def test_demand_by_the_forecast_alone() -> None:
    now = demand(500, Band(800, 700, 960))
    assert observe_demand("rule", NINE, NINE + 60, now, on_forecast=True).value == 800


def test_demand_costs_what_is_handed_in_even_where_its_end_is_not_known() -> None:
    cost = Cost(1.22, 52.5, 2_500)
    assert observe_demand("rule", NINE, NINE + 60, demand(1_001, None), cost).cost == cost


@pytest.mark.parametrize(
    ("from_kwh", "to_kwh", "excess_kwh"), [(0, 475, 0), (400, 500, 25), (480, 500, 20), (500, 500, 0), (470, 460, 0)]
)
def test_energy_above_the_alarms_power(from_kwh: float, to_kwh: float, excess_kwh: float) -> None:
    """950 kW are 475 kWh in half an hour."""
    assert excess_over_kwh(from_kwh, to_kwh, 950) == excess_kwh


def residual(supply: float | None, uses: float, per_unit: Cost = COST_UNKNOWN) -> Observation:
    given = None if supply is None else Decimal(supply)
    return observe_residual("rule", HOUR, given, Decimal(uses), allowed_percent=4, cost_per_unit=per_unit)


def test_what_a_balance_does_not_account_for() -> None:
    """900 of 1,000, and 1,050 of 1,000, in per cent."""
    assert residual(1_000, 900).value == 10
    assert residual(1_000, 1_050).value == 5
    assert residual(0, 0).value is None
    assert residual(None, 900).value is None


def test_what_lies_beyond_the_allowed_share_costs() -> None:
    """Of 1,000 kWh 40 may be open. 100 are: 60 kWh at 0.00976 GJ, 0.42 kg and 20 yen. Too much used counts as well."""
    per_kwh = Cost(0.00976, 0.42, 20)
    assert parts(residual(1_000, 900, per_kwh).cost) == pytest.approx([0.5856, 25.2, 1_200])
    assert parts(residual(1_000, 1_050, per_kwh).cost) == pytest.approx([0.0976, 4.2, 200])
    assert parts(residual(1_000, 970, per_kwh).cost) == [0, 0, 0]
    without_price = residual(1_000, 900, Cost(0.00976, None, None)).cost
    assert without_price.energy_gj == pytest.approx(0.5856)
    assert (without_price.co2_kg, without_price.yen) == (None, None)
    assert residual(None, 900, per_kwh).cost == COST_UNKNOWN
