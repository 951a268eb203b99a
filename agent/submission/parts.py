"""The parts of a submission: what each record of the document holds. Numbers are decimals, written as text in JSON.

The association's form needs these (経団連カーボンニュートラル行動計画 フォローアップ 個別業種編): production by class,
carriers in their own units, electricity by kind, factors with their source, how well figures are known, corrections,
measures, offices, logistics, credits.
"""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from agent.accounting.factors import Basis, ElectricityKind, Quantity
from agent.accounting.gas_volume import ReferenceState
from agent.submission.fault_kinds import FaultKind

DECIMAL_PATTERN = r"^(?!-0(\.0+)?$)-?(0|[1-9][0-9]{0,29})(\.[0-9]{1,60})?$"
_DECIMAL = re.compile(DECIMAL_PATTERN)

_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters without the line break, and those that turn the direction of what is shown."""


def _exact(value: object) -> object:
    """A number from text, or from a type that is exact: what went through binary floating point is not taken."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        said = "write the number as text, with an ASCII point and without an exponent"
        raise PydanticCustomError(FaultKind.NUMBER_AS_TEXT, said)
    text = value if isinstance(value, str) else f"{Decimal(value) or Decimal(0):f}"
    if not _DECIMAL.fullmatch(text):
        plain = unicodedata.normalize("NFKC", text).replace(",", "").replace("\N{MINUS SIGN}", "-").strip()
        if _DECIMAL.fullmatch(plain):
            said = "write the number in plain digits: {digits}"
            raise PydanticCustomError(FaultKind.PLAIN_DIGITS, said, {"digits": plain})
        said = "is no number: write at most 30 plain digits, and at most 60 after a point"
        raise PydanticCustomError(FaultKind.NO_NUMBER, said)
    return Decimal(text)


def shown_as_written(text: str) -> str:
    """Text in the normal form NFC with plain line breaks; what a screen would not show as it is written is refused."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    if found := _CONTROL.search(text):
        character = {"character": f"U+{ord(found[0]):04X}"}
        raise PydanticCustomError(FaultKind.CONTROL_CHARACTER, "has the control character {character}", character)
    return text


def _real_day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError(FaultKind.NO_DAY, "is no day of the calendar") from None
    return text


def _real_instant(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError(FaultKind.NO_TIME, "is no time of the calendar") from None
    return text


Number = Annotated[
    Decimal,
    BeforeValidator(_exact),
    Field(allow_inf_nan=False),
    PlainSerializer(lambda number: f"{number:f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": DECIMAL_PATTERN}),
]
"""An exact number, as text in JSON."""
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Text = Annotated[str, StringConstraints(max_length=4000), AfterValidator(shown_as_written)]
"""Words: NFC, line breaks as \\n, no other control character."""
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_real_day)]
Instant = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"),
    AfterValidator(_real_instant),
]


class Record(BaseModel):
    """A record of the document: unknown fields are refused, nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_enum_values=False)


class Participant(Record):
    """Who submits: the company and its site, by the identifiers of the association's roster."""

    company: Identifier
    site: Identifier
    name_ja: Text = ""
    name_en: Text = ""


class FactorRecord(Record):
    """A factor as it was used: `quantity` says heat (GJ per unit) or CO2. `number` is what energy lines refer to."""

    number: int
    carrier: Identifier
    quantity: Quantity
    value: Number
    unit: Text
    reference_state: ReferenceState | None = None
    supplier: Text | None = None
    menu: Text | None = None
    kind: ElectricityKind | None = None
    basis: Basis
    source: Text


class ShareRecord(Record):
    """How the time of a line is known, in milliseconds of register time; what is left of `expected_ms` is missing."""

    expected_ms: Annotated[int, Field(ge=0)]
    measured_ms: Annotated[int, Field(ge=0)]
    recovered_ms: Annotated[int, Field(ge=0)]
    substituted_ms: Annotated[int, Field(ge=0)]


class EnergyLine(Record):
    """One source stream over the period: its quantity as the factors multiply it, and what they give.

    A gas volume is in `reference_state`; `metered` is the amount as the meter counted it, where it differs.
    Lines with `is_total` add up to the site, the others look into a part of it. `energy_gj` and `co2_kg` follow from
    quantity and factors, and are recomputed by whoever verifies.
    """

    id: Identifier
    name_ja: Text = ""
    name_en: Text = ""
    area: Identifier = "site"
    carrier: Identifier
    kind: ElectricityKind | None = None
    supplier: Text | None = None
    menu: Text | None = None
    is_total: bool = True
    quantity: Number
    unit: Text
    reference_state: ReferenceState | None = None
    metered: Number | None = None
    heat_factor: int
    co2_factor: int | None = None
    energy_gj: Number
    co2_kg: Number | None = None
    shares: ShareRecord | None = None
    corrections: tuple[int, ...] = ()


class ProductRecord(Record):
    """Production of one class in tonnes."""

    id: Identifier
    name_ja: Text = ""
    name_en: Text = ""
    quantity_t: Annotated[Number, Field(ge=0)]
    shares: ShareRecord | None = None
    corrections: tuple[int, ...] = ()


class TotalsRecord(Record):
    """What follows from the lines: sums over total lines. CO2 is absent under a scheme that states none."""

    energy_gj: Number
    co2_kg: Number | None = None
    crude_oil_equivalent_kl: Number
    electricity_kwh: Number
    production_t: Number


class CorrectionRecord(Record):
    """An entry of the site's book that touches the figures, or that was withdrawn: nothing is hidden."""

    number: int
    written: Instant
    kind: Identifier
    person: Text
    reason: Text
    document: Text
    content: dict[Identifier, Text]
    is_withdrawn: bool = False


class AssertionRecord(Record):
    """A bill that the figures were held against."""

    entry: int
    line: Identifier
    first_day: Day
    last_day: Day
    stated: Number
    found: Number | None = None
    unit: Text
    tolerance_percent: Number
    holds: bool
    explanation: Text = ""


class FindingRecord(Record):
    """What the completeness gate found, and the answer that was given to it."""

    key: Text
    message: Text
    answer: Text = ""


class Evidence(Record):
    """What the figures rest on at the site: digests that its ledger and book can be held against, and the program."""

    ledger_head: Digest | None = None
    book_head: Digest | None = None
    factor_digest: Digest | None = None
    program: Text


class Approval(Record):
    """Who approved the figures, and on which day."""

    person: Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(shown_as_written)]
    day: Day


class Status(StrEnum):
    """Whether the year is closed."""

    PROVISIONAL = "provisional"
    FINAL = "final"


class Origin(StrEnum):
    """Where the figures come from."""

    METERED = "metered"
    TYPED = "typed"
    """Totals that somebody typed in, for a participant without the agent."""
