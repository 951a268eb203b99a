"""The figures of one column of the form: a year's totals, whoever they come from, and what follows from them. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from agent.accounting.convert import crude_oil_equivalent_kl
from agent.accounting.convert_units import EXACT
from agent.association.decomposition import ActivityEnergyCo2
from agent.association.history_tables import HistoryYear
from agent.association.industry import Industry
from agent.association.printing import from_unit
from agent.association.settings_tables import DeclaredTable

KG_PER_T = Decimal(1000)


class Origin(StrEnum):
    """Where a year's totals come from."""

    DECLARED = "declared"
    """Stated by the plan, in rounded figures."""
    HISTORY = "history"
    """Unrounded totals from before participants submitted."""
    SUBMISSIONS = "submissions"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class YearFigures:
    """Totals of a year in base units; None is unknown. The electricity factors are in kg-CO2/kWh."""

    origin: Origin
    production_t: Decimal | None = None
    energy_gj: Decimal | None = None
    co2_kg: Decimal | None = None
    co2_adjusted_kg: Decimal | None = None
    electricity_kwh: Decimal | None = None
    electricity_factor: Decimal | None = None
    office_area_m2: Decimal | None = None
    office_energy_kl: Decimal | None = None
    office_co2_kg: Decimal | None = None
    transport_tkm: Decimal | None = None
    logistics_energy_kl: Decimal | None = None
    logistics_co2_kg: Decimal | None = None

    def for_decomposition(self) -> ActivityEnergyCo2 | None:
        """What a decomposition needs, or None when a part is unknown or not above zero."""
        parts = (self.production_t, self.energy_gj, self.co2_kg)
        known = [part for part in parts if part is not None and part > 0]
        return ActivityEnergyCo2(*known) if len(known) == len(parts) else None


def declared_figures(table: DeclaredTable) -> YearFigures:
    """What the plan declares for its base or target year."""
    return YearFigures(
        Origin.DECLARED,
        production_t=_in_base(table.production_10kt, "万t"),
        energy_gj=_in_base(table.energy_tj, "TJ"),
        co2_kg=_in_base(table.co2_10kt, "万t-CO2"),
        co2_adjusted_kg=_in_base(table.co2_adjusted_10kt, "万t-CO2"),
        electricity_kwh=_in_base(table.electricity_100gwh, "億kWh"),
        electricity_factor=table.electricity_factor,
    )


def history_figures(year: HistoryYear) -> YearFigures:
    """What the history says of a year."""
    offices, logistics = year.offices, year.logistics
    return YearFigures(
        Origin.HISTORY,
        production_t=year.production_t,
        energy_gj=year.energy_gj,
        co2_kg=_in_kg(year.co2_t),
        co2_adjusted_kg=_in_kg(year.co2_adjusted_t),
        electricity_kwh=year.electricity_kwh,
        electricity_factor=year.electricity_factor,
        office_area_m2=offices.floor_area_m2 if offices else None,
        office_energy_kl=offices.energy_kl_coe if offices else None,
        office_co2_kg=_in_kg(offices.co2_t) if offices else None,
        transport_tkm=logistics.transport_tonne_km if logistics else None,
        logistics_energy_kl=crude_oil_equivalent_kl(logistics.energy_gj) if logistics else None,
        logistics_co2_kg=_in_kg(logistics.co2_t) if logistics else None,
    )


def submitted_figures(industry: Industry) -> YearFigures:
    """What the participants' documents come to."""
    transport_gj = industry.value("logistics.energy_gj")
    return YearFigures(
        Origin.SUBMISSIONS,
        production_t=industry.value("production"),
        energy_gj=industry.value("energy"),
        co2_kg=industry.value("co2"),
        co2_adjusted_kg=industry.value("co2_adjusted"),
        electricity_kwh=industry.value("electricity"),
        electricity_factor=industry.factors.electricity_factor(),
        office_area_m2=industry.value("offices.floor_area_m2"),
        office_energy_kl=industry.value("offices.energy_kl_coe"),
        office_co2_kg=industry.value("offices.co2_t"),
        transport_tkm=industry.value("logistics.transport_tonne_km"),
        logistics_energy_kl=None if transport_gj is None else crude_oil_equivalent_kl(transport_gj),
        logistics_co2_kg=industry.value("logistics.co2_t"),
    )


def ratio(numerator: Decimal | None, denominator: Decimal | None) -> Decimal | None:
    """A quotient; None when a part is unknown or the denominator is zero: neither zero nor infinite."""
    if numerator is None or not denominator:
        return None
    return EXACT.divide(numerator, denominator)


def _in_base(value: Decimal | None, unit: str) -> Decimal | None:
    return None if value is None else from_unit(value, unit)


def _in_kg(value_t: Decimal | None) -> Decimal | None:
    return None if value_t is None else EXACT.multiply(value_t, KG_PER_T)
