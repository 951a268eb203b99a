"""Areas of a site: what the site has is what its areas have together, whoever a shared utility is given to."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.accounting.areas import SITE, Allocation, AreaFigures, draw_areas
from agent.accounting.convert import Converted
from agent.accounting.factors import Basis, Factor, Origin, Quantity
from agent.accounting.shares import Shares
from agent.accounting.statement import SpanFigures, StatementLine
from agent.accounting.streams import Stream

FACTOR = Factor(
    "heat", Quantity.HEAT, Decimal(1), "GJ/GJ", "worked example", Basis.SEEN, "", "", Origin("factors.toml", 1, 1)
)


def line(name: str, area: str, energy_gj: int, co2_kg: int | None = 0, *, is_total: bool = True) -> StatementLine:
    converted = Converted(Decimal(energy_gj), None if co2_kg is None else Decimal(co2_kg), FACTOR, None)
    span = SpanFigures("2023-04", Decimal(energy_gj), converted, Shares())
    return StatementLine(Stream(name, "heat", area, "GJ", (), is_total=is_total), (span,))


def rows(areas: Sequence[AreaFigures]) -> dict[str, tuple[float, float, float | None]]:
    """For each area its own GJ, the GJ given to it, and kg of CO2."""
    return {
        each.area: (
            float(each.own_gj),
            float(each.allocated_gj),
            None if each.co2_kg is None else float(each.co2_kg),
        )
        for each in areas
    }


def test_a_total_supplies_and_a_detail_says_where_it_went() -> None:
    lines = [
        line("grid", SITE, 1000, 100),
        line("melting_gas", "melting", 400, 20),
        line("mill_power", "mill", 700, 70, is_total=False),
    ]
    assert rows(draw_areas(lines, [])) == {SITE: (300, 0, 30), "melting": (400, 0, 20), "mill": (700, 0, 70)}


def test_a_detail_of_the_whole_site_moves_nothing() -> None:
    lines = [line("grid", SITE, 1000, 100), line("offices", SITE, 50, 5, is_total=False)]
    assert rows(draw_areas(lines, [])) == {SITE: (1000, 0, 100)}


def test_fixed_shares_leave_the_rest_where_it_is() -> None:
    """Of 200 GJ of steam half goes to the mill and a fifth to the finishing line; 60 stay with the utilities."""
    shares = {"mill": Decimal("0.5"), "finishing": Decimal("0.2")}
    found = rows(draw_areas([line("steam", "utilities", 200, 10)], [Allocation("steam", shares, ())]))
    assert found == {"utilities": (200, -140, 3), "mill": (0, 100, 5), "finishing": (0, 40, 2)}


def test_a_utility_goes_in_proportion_to_the_energy_of_other_streams() -> None:
    """30 GJ of compressed air to areas that use 200 and 400: 10 and 20."""
    lines = [line("air", "utilities", 30, 3), line("melting_gas", "melting", 200, 20), line("hot", "mill", 400, 40)]
    found = rows(draw_areas(lines, [Allocation("air", {}, ("melting_gas", "hot"))]))
    assert {area: round(given_gj, 9) for area, (_, given_gj, _) in found.items()} == {
        "utilities": -30,
        "melting": 10,
        "mill": 20,
    }


def test_without_any_use_to_go_by_a_utility_stays() -> None:
    lines = [line("air", "utilities", 30), line("melting_gas", "melting", 0)]
    assert rows(draw_areas(lines, [Allocation("air", {}, ("melting_gas",))]))["utilities"] == (30, 0, 0)


def test_a_scheme_without_co2_gives_areas_without_co2() -> None:
    (area,) = draw_areas([line("grid", SITE, 1000, None)], [])
    assert area.energy_gj == 1000
    assert area.co2_kg is None


def test_a_stream_without_energy_is_named() -> None:
    missing = StatementLine(Stream("gas", "city_gas", "melting", "m3", ()), (), "no heat factor of city_gas")
    with pytest.raises(ValueError, match=r"^stream gas has no energy: no heat factor of city_gas$"):
        draw_areas([missing], [])


AREAS = [SITE, "melting", "mill", "finishing", "utilities"]
drawn_lines = st.lists(
    st.tuples(st.sampled_from(AREAS), st.integers(0, 10**9), st.integers(0, 10**9), st.booleans()),
    min_size=1,
    max_size=8,
).map(
    lambda drawn: [
        line(f"s{number}", area, energy_gj, co2_kg, is_total=is_total)
        for number, (area, energy_gj, co2_kg, is_total) in enumerate(drawn)
    ]
)


@given(lines=drawn_lines, data=st.data())
def test_areas_together_are_the_site_under_any_allocation(lines: list[StatementLine], data: st.DataObject) -> None:
    names = st.sampled_from([each.stream.id for each in lines])
    shares = st.dictionaries(st.sampled_from(AREAS), st.integers(1, 200).map(lambda n: Decimal(n) / 1000), max_size=5)
    by_shares = st.builds(Allocation, names, shares.filter(bool), st.just(()))
    by_streams = st.builds(Allocation, names, st.just({}), st.lists(names, min_size=1, max_size=4).map(tuple))
    allocations = data.draw(st.lists(by_shares | by_streams, max_size=4))
    areas = draw_areas(lines, allocations)
    totals = [each for each in lines if each.stream.is_total]
    site_gj = sum(int(each.energy_gj or 0) for each in totals)
    site_kg = sum(int(each.co2_kg or 0) for each in totals)
    assert round(sum((each.energy_gj for each in areas), Decimal(0)), 9) == site_gj
    assert round(sum((each.co2_kg or Decimal(0) for each in areas), Decimal(0)), 9) == site_kg
