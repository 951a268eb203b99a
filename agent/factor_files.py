"""Factor files on disk: the one place that reads `factors/*.toml` and makes factor sets of them. Converts nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationError,
    model_validator,
)

from agent.accounting.convert import ActivityQuantity
from agent.accounting.convert_units import CARBON_UNIT, HEAT_NUMERATOR, is_gas_volume, split_factor_unit
from agent.accounting.factor_tables import (
    Adoption,
    ConflictingFactors,
    FactorConflict,
    FactorFolder,
    FactorSetName,
    FactorTable,
    assemble,
    list_factor_sets,
)
from agent.accounting.factors import Basis, ElectricityKind, Factor, FactorSet, Origin, Quantity, SwitchedOff
from agent.accounting.gas_volume import ReferenceState
from agent.settings.mistakes import Mistake, SettingsError
from agent.settings.toml_source import KeyPath, TomlSource, read_toml
from agent.settings.translate import mistakes_of
from agent.texts.sentences import say

ELECTRICITY = "electricity"


def _number(written: object) -> Decimal:
    """A number that is written as text, so that no binary fraction comes between the document and the figure."""
    if not isinstance(written, str):
        raise ValueError(say("number_as_text"))  # noqa: TRY004 - pydantic
    try:
        number = Decimal(written)
    except InvalidOperation:
        raise ValueError(say("no_number")) from None
    if not number.is_finite():
        raise ValueError(say("no_number"))
    return number


Number = Annotated[Decimal, BeforeValidator(_number)]
NotNegative = Annotated[Decimal, BeforeValidator(_number), Field(ge=0)]
Name = Annotated[str, Field(min_length=1)]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
FiscalYears = Annotated[tuple[StrictInt, ...], Field(min_length=1)]
Quantities = Annotated[tuple[Quantity, ...], Field(min_length=1)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Part(_Record):
    """A part of a file, which may hold for some of the file's fiscal years only."""

    fiscal_years: FiscalYears | None = None


class _Row(_Part):
    """`[[factor]]`: one value, or the same value for several kinds of electricity."""

    carrier: Identifier
    quantity: Quantity
    value: NotNegative
    unit: str
    name_ja: Name
    name_en: Name
    reference_state: ReferenceState | None = None
    supplier: Name | None = None
    menu: Name | None = None
    kinds: tuple[ElectricityKind, ...] = ()
    substitute: StrictBool = False
    source: Name
    basis: Basis
    reason: str = ""
    published_t_co2: NotNegative | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> "_Row":
        try:
            numerator, per = split_factor_unit(self.unit)
        except ValueError as error:
            raise ValueError(say("factor_unit", said=error, unit=self.unit)) from None
        if (self.quantity is Quantity.HEAT) != (numerator == HEAT_NUMERATOR):
            raise ValueError(say("factor_in_unit", quantity=say(f"quantity_{self.quantity}"), unit=self.unit))
        if is_gas_volume(per) != (self.reference_state is not None):
            raise ValueError(say("factor_state", unit=self.unit))
        if (self.carrier == ELECTRICITY) != bool(self.kinds):
            raise ValueError(say("factor_kinds", carrier=ELECTRICITY))
        if self.published_t_co2 is not None and self.unit != CARBON_UNIT:
            raise ValueError(say("published_in", unit=CARBON_UNIT))
        if self.basis is Basis.INFERRED and not self.reason:
            raise ValueError(say("inferred_reason"))
        return self


class _Gap(_Part):
    """`[[switched_off]]`: factors that are left out on purpose."""

    carriers: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    quantities: Quantities
    kinds: tuple[ElectricityKind, ...] = ()
    reason: Name


class _Adopt(_Part):
    """`[[adopt]]`: rows of another table that stand in for a scheme's own."""

    table: str
    quantities: Quantities
    except_carriers: tuple[Identifier, ...] = ()
    reason: Name


class _ExampleRow(_Part):
    """`[[example]]`: a conversion worked by hand from the document's own arithmetic."""

    carrier: Identifier
    amount: Number
    unit: str
    reference_state: ReferenceState | None = None
    supplier: Name | None = None
    menu: Name | None = None
    kind: ElectricityKind | None = None
    energy_gj: Number
    co2_t: Number | None = None
    crude_oil_equivalent_kl: Number | None = None
    arithmetic: Name


class _FactorFile(_Record):
    """A whole file: what it is, what its rows say unless they say otherwise themselves, and its parts."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    scheme: Identifier
    fiscal_years: FiscalYears
    revision: date
    source: str | None = None
    basis: Basis | None = None
    reason: str | None = None
    note: str = ""
    factor: tuple[_Row, ...] = ()
    switched_off: tuple[_Gap, ...] = ()
    adopt: tuple[_Adopt, ...] = ()
    example: tuple[_ExampleRow, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _give_rows_the_defaults(cls, data: dict[str, Any]) -> dict[str, Any]:
        rows = data.get("factor")
        if not isinstance(rows, list):
            return data
        return {**data, "factor": [_with_defaults(data, row) if isinstance(row, dict) else row for row in rows]}


def _with_defaults(head: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    merged = {key: head[key] for key in ("source", "basis") if key in head} | row
    if merged.get("basis") == Basis.INFERRED and "reason" in head:
        return {"reason": head["reason"]} | merged
    return merged


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example of a factor file: what an amount must come to under a scheme in a fiscal year.

    The expected figures are rounded as written: a result agrees when it rounds to the same digits.
    """

    where: Origin
    scheme: str
    fiscal_year: int
    activity: ActivityQuantity
    energy_gj: Decimal
    co2_t: Decimal | None
    crude_oil_equivalent_kl: Decimal | None


def load_factor_set(folders: Sequence[Path], scheme: str, fiscal_year: int, revision: str | None = None) -> FactorSet:
    """The factor set of a scheme and fiscal year, at a revision (ISO date) or the newest.

    The folders come in order: the product's own, then the site's. Raises SettingsError with every mistake in the
    files, and MissingFactor when no table holds for the scheme and year.
    """
    try:
        return assemble(read_factor_folders(folders), scheme, fiscal_year, revision)
    except ConflictingFactors as error:
        raise SettingsError([_conflict(conflict) for conflict in error.conflicts]) from None


def available_factor_sets(folders: Sequence[Path]) -> list[FactorSetName]:
    """The sets that the files give, in order. Raises SettingsError with every mistake in the files."""
    return list_factor_sets(read_factor_folders(folders))


def read_factor_folders(folders: Sequence[Path]) -> tuple[FactorFolder, ...]:
    """All tables of the folders; one that is not there is empty. Raises SettingsError with every mistake."""
    return tuple(
        FactorFolder(str(folder), tuple(table for file in files for table in file.tables()))
        for folder, files in _read_files(folders)
    )


def read_examples(folders: Sequence[Path]) -> list[Example]:
    """The worked examples of all files. Raises SettingsError with every mistake."""
    return [example for _, files in _read_files(folders) for file in files for example in file.examples()]


def _read_files(folders: Sequence[Path]) -> list[tuple[Path, list["_CheckedFile"]]]:
    mistakes: list[Mistake] = []
    read = [(folder, list(_read_folder(folder, mistakes))) for folder in folders]
    if mistakes:
        raise SettingsError(mistakes)
    return read


def _read_folder(folder: Path, mistakes: list[Mistake]) -> Iterator["_CheckedFile"]:
    seen: dict[tuple[str, date], Path] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            file = _CheckedFile.read(path)
        except SettingsError as error:
            mistakes += error.mistakes
            continue
        mistakes += file.mistakes()
        key = (file.content.name, file.content.revision)
        if key in seen:
            message = say("table_twice", name=key[0], revision=key[1], path=seen[key])
            mistakes.append(file.source.mistake(("name",), message, say("new_revision")))
        seen[key] = path
        yield file


def _conflict(conflict: FactorConflict) -> Mistake:
    where = conflict.where
    return Mistake(Path(where.file), where.line, where.column, say("factors_conflict", said=conflict.message))


@dataclass(frozen=True, slots=True)
class _CheckedFile:
    """One factor file whose keys and values are known to be of the right form."""

    source: TomlSource
    content: _FactorFile

    @classmethod
    def read(cls, path: Path) -> "_CheckedFile":
        """Read a file. Raises SettingsError with all that is wrong in it."""
        source = read_toml(path)
        try:
            return cls(source, _FactorFile.model_validate(source.data))
        except ValidationError as error:
            raise SettingsError(mistakes_of(error, _FactorFile, source.mistake)) from None

    def mistakes(self) -> Iterator[Mistake]:
        """The parts of the file that claim more fiscal years than the file."""
        years = say("file_years", years=", ".join(map(str, self.content.fiscal_years)))
        for key in ("factor", "switched_off", "adopt", "example"):
            for index, part in enumerate(getattr(self.content, key)):
                if not set(part.fiscal_years or ()) <= set(self.content.fiscal_years):
                    path = (key, index, "fiscal_years")
                    yield self.source.mistake(path, say("foreign_year"), years)

    def tables(self) -> Iterator[FactorTable]:
        """What the file says, for each of its fiscal years."""
        content = self.content
        factors = [(row, factor) for index, row in enumerate(content.factor) for factor in self._factors(index, row)]
        gaps = [(gap, SwitchedOff(gap.carriers, gap.quantities, gap.kinds, gap.reason)) for gap in content.switched_off]
        adoptions = [(row, self._adoption(index, row)) for index, row in enumerate(content.adopt)]
        for year in content.fiscal_years:
            yield FactorTable(
                content.name,
                content.scheme,
                year,
                content.revision.isoformat(),
                tuple(factor for row, factor in factors if _holds(row, year)),
                tuple(gap for row, gap in gaps if _holds(row, year)),
                tuple(adoption for row, adoption in adoptions if _holds(row, year)),
            )

    def examples(self) -> Iterator[Example]:
        """The file's worked examples, one for each fiscal year for which each holds."""
        for index, row in enumerate(self.content.example):
            activity = ActivityQuantity(
                row.carrier, row.amount, row.unit, row.reference_state, row.supplier, row.menu, row.kind
            )
            expected = (activity, row.energy_gj, row.co2_t, row.crude_oil_equivalent_kl)
            for year in self.content.fiscal_years:
                if _holds(row, year):
                    yield Example(self._origin(("example", index)), self.content.scheme, year, *expected)

    def _factors(self, index: int, row: _Row) -> Iterator[Factor]:
        for kind in row.kinds or (None,):
            yield Factor(
                row.carrier,
                row.quantity,
                row.value,
                row.unit,
                row.source,
                row.basis,
                row.name_ja,
                row.name_en,
                self._origin(("factor", index)),
                row.reference_state,
                row.supplier,
                row.menu,
                kind,
                row.substitute,
                row.reason,
                row.published_t_co2,
            )

    def _adoption(self, index: int, row: _Adopt) -> Adoption:
        return Adoption(row.table, row.quantities, row.except_carriers, row.reason, self._origin(("adopt", index)))

    def _origin(self, path: KeyPath) -> Origin:
        return Origin(str(self.source.path), *self.source.position(path))


def _holds(part: _Part, fiscal_year: int) -> bool:
    return part.fiscal_years is None or fiscal_year in part.fiscal_years
