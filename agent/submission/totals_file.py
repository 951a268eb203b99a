"""What a file of typed totals says, table by table. Annual data are the same tables as in a site's file of the year."""

from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, Field

from agent.accounting.factors import ElectricityKind
from agent.accounting.gas_volume import ReferenceState
from agent.submission.annual_parts import AnnualData, NotNegative
from agent.submission.parts import Approval, Day, Identifier, Number, Participant, Record, Status, Text

FiscalYear = Annotated[int, Field(ge=1990, le=2200)]


def _as_text(value: object) -> object:
    """TOML has days of its own."""
    return value.isoformat() if type(value) is date else value


class TypedEnergy(Record):
    """`[[energy]]`: what was used of a carrier in the year. Without an id it is called by its carrier and kind."""

    id: Identifier | None = None
    name_ja: Text = ""
    name_en: Text = ""
    area: Identifier = "site"
    carrier: Identifier
    kind: ElectricityKind | None = None
    supplier: Text | None = None
    menu: Text | None = None
    quantity: Number
    unit: Text
    reference_state: ReferenceState | None = None

    @property
    def name(self) -> str:
        """What the line is called in the document."""
        return self.id or (f"{self.carrier}_{self.kind}" if self.kind else self.carrier)


class TypedProduct(Record):
    """`[[product]]`: production of a class in tonnes."""

    id: Identifier
    quantity_t: NotNegative


class TypedApproval(Approval):
    """`[approval]`: a day may be written as TOML's own."""

    day: Annotated[Day, BeforeValidator(_as_text)]


class TotalsFile(AnnualData):
    """A whole file of typed totals."""

    fiscal_year: FiscalYear
    revision: Annotated[int, Field(ge=1)] = 1
    status: Status = Status.FINAL
    through: Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")] | None = None
    scheme: Identifier
    factor_revision: str | None = None
    participant: Participant
    energy: Annotated[tuple[TypedEnergy, ...], Field(min_length=1)]
    product: Annotated[tuple[TypedProduct, ...], Field(min_length=1)]
    approval: TypedApproval

    @property
    def annual(self) -> AnnualData:
        """The annual data alone."""
        return AnnualData(**{name: getattr(self, name) for name in AnnualData.model_fields})
