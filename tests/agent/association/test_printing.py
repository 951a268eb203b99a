"""Printing: half up, units, thousands, no negative zero."""

from decimal import Decimal

import pytest

from agent.association.printing import base_unit, from_unit, in_unit, printed


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        ("0.5", 0, "1"),
        ("-0.5", 0, "-1"),
        ("2.5", 0, "3"),
        ("-0.04", 1, "0.0"),
        ("1394.22", 0, "1,394"),
        ("25519", 0, "25,519"),
        ("0.42", 3, "0.420"),
        ("-27.534", 1, "-27.5"),
    ],
)
def test_printed(value: str, decimals: int, expected: str) -> None:
    assert printed(Decimal(value), decimals) == expected


@pytest.mark.parametrize(
    ("value", "unit", "base", "expected"),
    [
        ("1058000000", "万t-CO2", "kg-CO2", "105.8"),
        ("1140000000", "億kWh", "kWh", "11.4"),
        ("1088929", "万t", "t", "108.8929"),
        ("21481000", "TJ", "GJ", "21481"),
        ("0.0152", "l/m2", "kL/m2", "15.2"),
        ("971.6", "t-CO2/t", "kg-CO2/t", "0.9716"),
        ("12", "GJ/t", "GJ/t", "12"),
    ],
)
def test_units(value: str, unit: str, base: str, expected: str) -> None:
    assert base_unit(unit) == base
    assert in_unit(Decimal(value), unit) == Decimal(expected)
    assert from_unit(Decimal(expected), unit) == Decimal(value)
