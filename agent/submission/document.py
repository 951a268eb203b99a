"""The submission: one document for a site and a fiscal year. Its JSON Schema is published in docs/reference."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from agent.submission.annual_parts import AnnualData
from agent.submission.parts import (
    Approval,
    AssertionRecord,
    CorrectionRecord,
    EnergyLine,
    Evidence,
    FactorRecord,
    FindingRecord,
    Origin,
    Participant,
    ProductRecord,
    Record,
    Status,
    Text,
    TotalsRecord,
)

SCHEMA: Literal["atsuen-submission/1"] = "atsuen-submission/1"


class Submission(Record):
    """One fiscal year of a site, ready to be signed.

    `scheme` and `factor_revision` name the factor set of the site's own figures; the association applies its own
    factors to the quantities. A provisional document may end with a month (`through`, written 2023-09); a final one
    covers the year.
    """

    format: Literal["atsuen-submission/1"] = SCHEMA
    participant: Participant
    fiscal_year: Annotated[int, Field(ge=1990, le=2200)]
    revision: Annotated[int, Field(ge=1)]
    status: Status
    through: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")] | None = None
    origin: Origin
    scheme: Text
    factor_revision: Text
    factors: tuple[FactorRecord, ...]
    energy: tuple[EnergyLine, ...]
    production: tuple[ProductRecord, ...]
    totals: TotalsRecord
    corrections: tuple[CorrectionRecord, ...] = ()
    assertions: tuple[AssertionRecord, ...] = ()
    findings: tuple[FindingRecord, ...] = ()
    annual: AnnualData = AnnualData()
    evidence: Evidence
    approval: Approval
