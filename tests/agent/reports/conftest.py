"""A small statement with figures that can be checked by hand, and the foreign programs that read our files."""

import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from agent.accounting.convert import Converted
from agent.accounting.factors import Basis, ElectricityKind, Factor, FactorSet, Origin, Quantity
from agent.accounting.gas_volume import ReferenceState
from agent.accounting.shares import Shares
from agent.accounting.statement import ProductLine, SpanFigures, Statement, StatementLine
from agent.accounting.streams import PointRef, Stream, Term
from tests.agent.conftest import needed

SOURCE = "the tables of 2024, p. 7"
NAMES = {"electricity": ("買電(昼夜の別なし)", "bought electricity"), "city_gas": ("都市ガス", "city gas")}
HOUR_MS = 3_600_000
KNOWN = Shares(100 * HOUR_MS, 100 * HOUR_MS)
UNKNOWN = Shares(100 * HOUR_MS)


def factor(quantity: Quantity, value: str, unit: str, carrier: str, state: ReferenceState | None = None) -> Factor:
    kind = ElectricityKind.GRID if carrier == "electricity" else None
    names = NAMES[carrier]
    where = Origin("factors.toml", 1, 1)
    return Factor(carrier, quantity, Decimal(value), unit, SOURCE, Basis.SEEN, *names, where, state, kind=kind)


POWER_HEAT = factor(Quantity.HEAT, "8.64", "GJ/MWh", "electricity")
POWER_CO2 = factor(Quantity.CO2, "0.420", "kg-CO2/kWh", "electricity")
GAS_HEAT = factor(Quantity.HEAT, "45.0", "GJ/1000 m3", "city_gas", ReferenceState.SATP)
GAS_CO2 = factor(Quantity.CO2, "0.0140", "tC/GJ", "city_gas")


def stream(name: str, carrier: str, unit: str, japanese: str, *, is_total: bool = True) -> Stream:
    term = Term(PointRef("meters", name), Decimal(1))
    return Stream(name, carrier, "site", unit, (term,), japanese, name, is_total=is_total)


def power(month: str, kwh: int | None, *corrections: int) -> SpanFigures:
    if kwh is None:
        return SpanFigures(month, Decimal(0), None, UNKNOWN, corrections)
    gj, kg = Decimal(kwh) / 1000 * POWER_HEAT.value, Decimal(kwh) * POWER_CO2.value
    return SpanFigures(month, Decimal(kwh), Converted(gj, kg, POWER_HEAT, POWER_CO2), KNOWN, corrections, Decimal(kwh))


def gas(month: str, as_metered: int, gj: str, *corrections: int) -> SpanFigures:
    kg = Decimal(gj) * GAS_CO2.value * 1000 * 44 / 12
    counted = Decimal(gj) / GAS_HEAT.value * 1000
    converted = Converted(Decimal(gj), kg, GAS_HEAT, GAS_CO2)
    return SpanFigures(month, Decimal(as_metered), converted, KNOWN, corrections, counted)


@pytest.fixture
def statement() -> Statement:
    """Two months: 1000 + 500 MWh, of which the mill has 250 MWh known of one month alone; 4500 + 2250 GJ of gas.

    Energy 8640 + 4320 + 6750 = 19,710 GJ; CO2 1,500,000 kWh × 0.420 + 6750 × 0.0140 × 44/12 t = 976.5 t; 600 t made.
    """
    months = ("2023-04", "2023-05")
    grid = StatementLine(
        stream("grid", "electricity", "kWh", "買電"), (power(months[0], 1_000_000, 1), power(months[1], 500_000))
    )
    burner = StatementLine(
        stream("burner", "city_gas", "m3", "溶解炉ガス"),
        (gas(months[0], 50_000, "4500"), gas(months[1], 25_000, "2250", 3)),
    )
    mill = StatementLine(
        stream("mill", "electricity", "kWh", "圧延機", is_total=False),
        (power(months[0], 250_000, 7), power(months[1], None, 6)),
    )
    made = (
        SpanFigures(months[0], Decimal(400_000), None, KNOWN),
        SpanFigures(months[1], Decimal(200_000), None, KNOWN),
    )
    product = ProductLine(stream("sheet", "sheet", "kg", "板"), made, Decimal("15.2"))
    factors = FactorSet("association", 2023, "2024-10", (POWER_HEAT, POWER_CO2, GAS_HEAT, GAS_CO2))
    return Statement("mill-1", 2023, factors, (grid, burner, mill), (product,))


@pytest.fixture
def print_page(tmp_path: Path) -> Callable[[str], bytes]:
    """Prints a page with Chromium and gives the PDF; nothing may be fetched."""
    chromium = needed("chromium", "chromium")

    def print_to_pdf(page: str) -> bytes:
        source, target = tmp_path / "page.html", tmp_path / "page.pdf"
        source.write_text(page, encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/chromium"]
        offline = ["--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND"]
        output = [f"--print-to-pdf={target}", "--no-pdf-header-footer", source.as_uri()]
        done = subprocess.run([chromium, *options, *offline, *output], capture_output=True, timeout=60, check=False)
        assert target.exists(), done.stderr.decode(errors="replace")
        return target.read_bytes()

    return print_to_pdf
