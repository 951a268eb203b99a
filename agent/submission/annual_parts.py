"""The annual data that no meter has, as a submission holds it and as the year's file states it."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from agent.submission.parts import Number, Record, Text, shown_as_written

Title = Annotated[str, StringConstraints(min_length=1, max_length=400), AfterValidator(shown_as_written)]
NotNegative = Annotated[Number, Field(ge=0)]
Percent = Annotated[Number, Field(ge=0, le=100)]


class MeasureCategory(StrEnum):
    """The eight categories of measures (対策) of the annual form, in its order."""

    FURNACES = "furnaces"
    EFFICIENT_EQUIPMENT = "efficient_equipment"
    LIGHTING = "lighting"
    INVERTERS = "inverters"
    OPERATION = "operation"
    EXISTING_EQUIPMENT = "existing_equipment"
    COMPRESSED_AIR = "compressed_air"
    OTHER = "other"


class Measure(Record):
    """A measure: its investment in million yen and its yearly CO2 reduction in t. A planned one is for later years."""

    category: MeasureCategory
    title: Title
    investment_million_yen: NotNegative
    co2_reduction_t: NotNegative
    is_planned: bool = False
    years_in_use: Annotated[int, Field(ge=1, le=100)] | None = None


class BestPractice(Record):
    """A best available technology (BAT) or best practice: its adoption in per cent now and expected for 2030."""

    title: Title
    adopted_percent: Percent | None = None
    adopted_2030_percent: Percent | None = None
    obstacles: Text = ""


class Offices(Record):
    """Offices of the company: floor area, energy as crude-oil equivalent in kL, and CO2 in t."""

    floor_area_m2: NotNegative
    energy_kl_coe: NotNegative
    co2_t: NotNegative


class Logistics(Record):
    """The company's own transport, where it has any."""

    transport_tonne_km: NotNegative
    energy_gj: NotNegative
    co2_t: NotNegative


class CreditKind(StrEnum):
    """Credits and certificates."""

    J_CREDIT = "j_credit"
    JCM = "jcm"
    GREEN_POWER = "green_power"
    GREEN_HEAT = "green_heat"
    NON_FOSSIL = "non_fossil"
    OTHER = "other"


class CreditUse(StrEnum):
    """What was done with them."""

    ACQUIRED = "acquired"
    RETIRED = "retired"
    CREATED = "created"


class Credit(Record):
    """Credits or certificates of one kind, in t-CO2 or kWh."""

    kind: CreditKind
    use: CreditUse
    quantity: NotNegative
    unit: Annotated[str, StringConstraints(pattern=r"^(t-CO2|kWh)$")]
    note: Text = ""


class Topic(StrEnum):
    """What a free text is about."""

    PRODUCTION = "production"
    ENERGY = "energy"
    CO2 = "co2"
    MEASURES = "measures"
    RENEWABLES = "renewables"
    OUTLOOK = "outlook"
    OTHER = "other"


class AnnualData(Record):
    """All of a year that no meter has. What is not stated is unknown, not zero."""

    measures: tuple[Measure, ...] = ()
    best_practices: tuple[BestPractice, ...] = ()
    practice_cases: Annotated[int, Field(ge=0)] | None = None
    offices: Offices | None = None
    logistics: Logistics | None = None
    credits: tuple[Credit, ...] = ()
    invested_in_solar: bool | None = None
    uses_hydro: bool | None = None
    texts: dict[Topic, Text] = Field(default_factory=dict)
