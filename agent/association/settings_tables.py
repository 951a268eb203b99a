"""What `association.toml` may say. Each class is one of its tables; unknown keys are mistakes. Reads no file."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt, StringConstraints, model_validator

from agent.factor_files import NotNegative
from agent.settings.model import Identifier, Table

FiscalYear = Annotated[StrictInt, Field(ge=1990, le=2200)]
Positive = Annotated[NotNegative, Field(gt=0)]
Thumbprint = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
"""The thumbprint of a public key (RFC 7638): SHA-256 in base64url, as the signed document names it."""


ElectricityEnd = Literal["receiving", "generating"]
"""受電端 or 発電端: where on the grid the kilowatt-hour of a factor is counted."""


class Words(Table):
    """The same words in both languages."""

    ja: str
    en: str


class Role(StrEnum):
    """Where a company or site stands towards the plan (業界間バウンダリー)."""

    PARTICIPANT = "participant"
    MEMBER = "member"
    INDUSTRY = "industry"
    SASH = "sash"
    """Reports with the sash industry, and is taken off this one."""


class KeyTable(Table):
    """`[[company.site.key]]`: a public key that may sign for the site, and the fiscal years it may sign."""

    thumbprint: Thumbprint
    from_fiscal_year: FiscalYear
    to_fiscal_year: FiscalYear | None = None

    def holds(self, fiscal_year: int) -> bool:
        """Whether the key may sign a document of the fiscal year."""
        return self.from_fiscal_year <= fiscal_year <= (self.to_fiscal_year or fiscal_year)


class SiteTable(Table):
    """`[[company.site]]`: a site, by the identifier that its documents carry. Without a role it has the company's."""

    id: Identifier
    name_ja: str = ""
    name_en: str = ""
    role: Role | None = None
    key: tuple[KeyTable, ...] = ()


class CompanyTable(Table):
    """`[[company]]`: a company of the industry."""

    id: Identifier
    name_ja: str = ""
    name_en: str = ""
    role: Role
    site: tuple[SiteTable, ...] = ()


class AssociationTable(Table):
    """`[association]`: who prints which form."""

    id: Identifier
    name_ja: str
    name_en: str
    form: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")]


class DeclaredTable(Table):
    """Values that the plan declares, printed with as many decimals as they have. What is not stated stays blank.

    `_10kt` is 万t, `_100gwh` is 億kWh; the factor is in kg-CO2/kWh.
    """

    production_10kt: Positive | None = None
    energy_tj: Positive | None = None
    co2_10kt: Positive | None = None
    co2_adjusted_10kt: Positive | None = None
    electricity_100gwh: Positive | None = None
    electricity_factor: NotNegative | None = None


class BauTable(Table):
    """`[plan.bau]`: the level without measures (BAU) and the target against it, in 万t-CO2."""

    level_10kt: Positive
    target_10kt: NotNegative


class PlanTable(Table):
    """`[plan]`: the plan's base and target year with their declared values."""

    base_year: FiscalYear
    target_year: FiscalYear
    base: DeclaredTable
    target: DeclaredTable
    bau: BauTable | None = None

    @model_validator(mode="after")
    def _is_ahead(self) -> "PlanTable":
        if self.target_year <= self.base_year:
            raise ValueError("target_year must come after base_year")
        return self


class UniformFactorsTable(Table):
    """`[uniform_factors]`: the factor tables that are applied to every participant's quantities.

    The tables themselves are the files of `factors/`: those that ship with the program, then the folder's own.
    """

    scheme: Identifier
    adjusted_scheme: Identifier | None = None
    electricity_end: ElectricityEnd
    revision: str | None = None


class PartyTable(Table):
    """A number of companies and what they make."""

    companies: Annotated[StrictInt, Field(ge=0)]
    production_t: NotNegative


class RecyclingTable(Table):
    """Recycled metal of the year (万t), and the CO2 of a tonne of new and of recycled metal in kg."""

    metal_10kt: NotNegative
    primary_kg_per_t: NotNegative
    recycled_kg_per_t: NotNegative
    source: str


class IndustryTable(Table):
    """`[[industry]]`: what nobody submits, for one fiscal year. Sash companies are taken off both columns."""

    fiscal_year: FiscalYear
    whole: PartyTable
    association: PartyTable
    sash: PartyTable
    source: str
    practice_cases_before: Annotated[StrictInt, Field(ge=0)] | None = None
    recycling: RecyclingTable | None = None

    @model_validator(mode="after")
    def _leaves_something(self) -> "IndustryTable":
        for name, party in (("whole", self.whole), ("association", self.association)):
            if party.companies <= self.sash.companies or party.production_t <= self.sash.production_t:
                raise ValueError(f"{name}: nothing is left when sash is taken off")
        return self


class ConfidentialityTable(Table):
    """`[confidentiality]`: when a total would say too much of one company.

    `maximum_share` is what one company may have of a total. Under the p% rule the rest besides the two largest must be
    at least `p_percent` of the largest. `minimum_others` stand behind a participant's anonymous comparison.
    """

    minimum_contributors: Annotated[StrictInt, Field(ge=3)] = 3
    maximum_share: Annotated[NotNegative, Field(gt=0, lt=1)] = Decimal("0.8")
    p_percent: NotNegative = Decimal(10)
    minimum_others: Annotated[StrictInt, Field(ge=7)] = 7


class AnswerTable(Table):
    """`[[answer]]`: an option of the form that the association ticks itself, in every year's form or in one year's."""

    fiscal_year: FiscalYear | None = None
    table: Identifier
    option: Identifier
    is_ticked: StrictBool = True


class PracticeTable(Table):
    """`[[practice]]`: what hinders a best practice, in the association's own words, by the title that companies use."""

    title: str
    obstacles: Words


class TextTable(Table):
    """`[[text]]`: a text of every year's form or of one year's, with references to cells: `{table.row.column}`."""

    fiscal_year: FiscalYear | None = None
    id: Identifier
    section: str
    text: Words


class CheckTable(Table):
    """`[checks]`: from where on a figure raises a question.

    An intensity is an outlier beyond `outlier_factor` times the median, or below it divided by that; a jump is a change
    of more than `jump_percent` on last year.
    """

    outlier_factor: Annotated[NotNegative, Field(gt=1)] = Decimal(3)
    jump_percent: Annotated[NotNegative, Field(gt=0)] = Decimal(30)


class AssociationFile(Table):
    """`association.toml`."""

    association: AssociationTable
    plan: PlanTable
    uniform_factors: UniformFactorsTable
    industry: tuple[IndustryTable, ...] = ()
    company: Annotated[tuple[CompanyTable, ...], Field(min_length=1)]
    confidentiality: ConfidentialityTable = ConfidentialityTable()
    checks: CheckTable = CheckTable()
    answer: tuple[AnswerTable, ...] = ()
    practice: tuple[PracticeTable, ...] = ()
    text: tuple[TextTable, ...] = ()
