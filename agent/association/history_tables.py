"""What `history.toml` may say: totals of years before participants submitted, and figures already published.

Reads no file.
"""

from typing import Annotated, Literal

from pydantic import StringConstraints, model_validator

from agent.accounting.factors import Basis
from agent.association.settings_tables import FiscalYear, Positive
from agent.factor_files import NotNegative
from agent.settings.model import Table

Printed = Annotated[str, StringConstraints(pattern=r"^-?[0-9][0-9,]*(\.[0-9]+)?$")]
"""A number as printed: thousands may be apart, its decimals count."""


class OfficesYear(Table):
    """Offices of the participants in one year."""

    floor_area_m2: Positive
    energy_kl_coe: NotNegative
    co2_t: NotNegative


class LogisticsYear(Table):
    """Own transport of the participants in one year."""

    transport_tonne_km: Positive
    energy_gj: NotNegative
    co2_t: NotNegative


class HistoryYear(Table):
    """`[[year]]`: unrounded totals of a fiscal year. What is not stated is unknown.

    The electricity factor is in kg-CO2/kWh, of the basic kind.
    """

    fiscal_year: FiscalYear
    basis: Basis
    source: str
    production_t: Positive | None = None
    energy_gj: Positive | None = None
    co2_t: Positive | None = None
    co2_adjusted_t: Positive | None = None
    electricity_kwh: Positive | None = None
    electricity_factor: NotNegative | None = None
    offices: OfficesYear | None = None
    logistics: LogisticsYear | None = None


class PublishedFigure(Table):
    """`[[published]]`: what a form printed, to be held against what is computed.

    `fiscal_year` is that of the form's results. Columns are as that form has them, so that `year-1` is the year before.
    `figure`, `column` and `unit` are those of the form file; `table` is where it stands beside the computed one, if
    not in every table with that figure. A text that says only the direction of a change says so in `says`.
    """

    fiscal_year: FiscalYear
    figure: str
    column: str
    unit: str
    where: str
    table: str | None = None
    printed: Printed | None = None
    says: Literal["fell", "rose"] | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> "PublishedFigure":
        if (self.printed is None) == (self.says is None):
            raise ValueError("give either printed or says")
        return self

    @property
    def decimals(self) -> int:
        """The decimals that were printed."""
        return len((self.printed or "").partition(".")[2])


class HistoryFile(Table):
    """`history.toml`."""

    year: tuple[HistoryYear, ...] = ()
    published: tuple[PublishedFigure, ...] = ()
