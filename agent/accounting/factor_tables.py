"""Factor tables, and how those of several folders make the one factor set of a scheme and fiscal year. Reads no file.

The folders come in order: the product's own first, a site's after it. A later folder may add rows and may replace one
only by naming a supplier or a menu; two rows with the same key are otherwise a conflict.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from agent.accounting.factors import (
    Basis,
    Factor,
    FactorKey,
    FactorSet,
    MissingFactor,
    Origin,
    Quantity,
    SwitchedOff,
)


@dataclass(frozen=True, slots=True)
class FactorConflict:
    """A row that cannot stand beside the others: where it is, and why."""

    where: Origin
    message: str


class ConflictingFactors(ValueError):  # noqa: N818 - names the state of the data
    """Rows of the tables contradict each other; all of them are in `conflicts`."""

    def __init__(self, conflicts: Sequence[FactorConflict]) -> None:
        super().__init__("\n".join(f"{conflict.where}: {conflict.message}" for conflict in conflicts))
        self.conflicts = tuple(conflicts)


@dataclass(frozen=True, slots=True)
class Adoption:
    """Rows that a scheme takes over from another table, because its own are not known.

    Taken are the rows that name no supplier or menu; they then hold for all of them, with the basis *inferred*.
    """

    table: str
    quantities: tuple[Quantity, ...]
    except_carriers: tuple[str, ...]
    reason: str
    where: Origin

    def rows(self, table: "FactorTable") -> list[Factor]:
        """The rows of the other table as they stand in the adopting scheme."""
        return [
            replace(factor, basis=Basis.INFERRED, reason=f"{self.reason} {factor.reason}".strip(), substitute=False)
            for factor in table.factors
            if factor.supplier is None and factor.menu is None
            if factor.quantity in self.quantities and factor.carrier not in self.except_carriers
        ]

    def gaps(self, table: "FactorTable") -> list[SwitchedOff]:
        """What the other table leaves out, as far as the adopting scheme looks there."""
        return [
            replace(
                gap,
                carriers=tuple(carrier for carrier in gap.carriers if carrier not in self.except_carriers),
                quantities=tuple(quantity for quantity in gap.quantities if quantity in self.quantities),
            )
            for gap in table.switched_off
        ]


@dataclass(frozen=True, slots=True)
class FactorTable:
    """What one file says for one fiscal year.

    `revision` is the ISO date of the content: of several tables with the same name and year the newest one counts.
    """

    name: str
    scheme: str
    fiscal_year: int
    revision: str
    factors: tuple[Factor, ...] = ()
    switched_off: tuple[SwitchedOff, ...] = ()
    adoptions: tuple[Adoption, ...] = ()


@dataclass(frozen=True, slots=True)
class FactorFolder:
    """The tables of one folder."""

    name: str
    tables: tuple[FactorTable, ...]

    def newest(self, fiscal_year: int, revision: str) -> dict[str, FactorTable]:
        """By name, the newest table for the year that is not newer than `revision`."""
        tables = [table for table in self.tables if table.fiscal_year == fiscal_year and table.revision <= revision]
        return {table.name: table for table in sorted(tables, key=lambda table: table.revision)}


@dataclass(frozen=True, slots=True, order=True)
class FactorSetName:
    """What identifies a factor set."""

    scheme: str
    fiscal_year: int
    revision: str


def list_factor_sets(folders: Sequence[FactorFolder]) -> list[FactorSetName]:
    """The sets that can be made from the folders, in order of scheme, fiscal year and revision."""
    tables = [table for folder in folders for table in folder.tables]
    owners = {(table.scheme, table.fiscal_year) for table in tables}
    names = (
        FactorSetName(scheme, fiscal_year, revision)
        for scheme, fiscal_year in owners
        for revision in _revisions([table for table in tables if table.fiscal_year == fiscal_year], scheme)
    )
    return sorted(names)


def _revisions(tables: Sequence[FactorTable], scheme: str) -> set[str]:
    """The dates at which a year's set changed: those of its own tables and, from the first on, of adopted ones."""
    own = [table for table in tables if table.scheme == scheme]
    adopted_names = {adoption.table for table in own for adoption in table.adoptions}
    first = min(table.revision for table in own)
    changing = [*own, *(table for table in tables if table.name in adopted_names)]
    return {table.revision for table in changing if table.revision >= first}


def assemble(folders: Sequence[FactorFolder], scheme: str, fiscal_year: int, revision: str | None = None) -> FactorSet:
    """The factor set of a scheme for a fiscal year, at a revision that `list_factor_sets` names or the newest.

    Raises MissingFactor when there is none, ConflictingFactors when rows contradict each other.
    """
    looked_in = tuple(folder.name for folder in folders)
    revision = _choose_revision(folders, scheme, fiscal_year, revision)
    newest = [folder.newest(fiscal_year, revision) for folder in folders]
    factors: dict[FactorKey, Factor] = {}
    switched_off: list[SwitchedOff] = []
    conflicts: list[FactorConflict] = []
    for tables in newest:
        added: list[Factor] = []
        for table in (table for table in tables.values() if table.scheme == scheme):
            added += table.factors
            switched_off += table.switched_off
            for adoption in table.adoptions:
                adopted = [others[adoption.table] for others in newest if adoption.table in others]
                if not adopted:
                    message = f"there is no table {adoption.table!r} to adopt for fiscal year {fiscal_year}"
                    conflicts.append(FactorConflict(adoption.where, message))
                added += [factor for other in adopted for factor in adoption.rows(other)]
                switched_off += [gap for other in adopted for gap in adoption.gaps(other)]
        conflicts += _merge(factors, added)
    if conflicts:
        raise ConflictingFactors(conflicts)
    ordered = tuple(factors[key] for key in sorted(factors, key=str))
    return FactorSet(scheme, fiscal_year, revision, ordered, tuple(switched_off), looked_in)


def _merge(factors: dict[FactorKey, Factor], added: Iterable[Factor]) -> list[FactorConflict]:
    """Add one folder's rows to those of the folders before it; the rows that may not stand are conflicts."""
    conflicts: list[FactorConflict] = []
    own: dict[FactorKey, Factor] = {}
    for factor in added:
        if factor.key in own:
            message = f"the {factor.key} stands here and in {own[factor.key].where}"
            conflicts.append(FactorConflict(factor.where, message))
        elif factor.key in factors and factor.supplier is None and factor.menu is None:
            earlier = factors[factor.key].where
            message = f"the {factor.key} stands here and in {earlier}: name a supplier or menu to replace it"
            conflicts.append(FactorConflict(factor.where, message))
        else:
            own[factor.key] = factor
    factors.update(own)
    return conflicts


def _choose_revision(folders: Sequence[FactorFolder], scheme: str, fiscal_year: int, revision: str | None) -> str:
    names = list_factor_sets(folders)
    revisions = [name.revision for name in names if (name.scheme, name.fiscal_year) == (scheme, fiscal_year)]
    if revisions and revision in {None, *revisions}:
        return revision or revisions[-1]
    years = sorted({name.fiscal_year for name in names if name.scheme == scheme})
    if revisions:
        why = f"there is no revision {revision}; there is {', '.join(revisions)}"
    elif years:
        why = f"the scheme's tables hold for {', '.join(map(str, years))} alone; add a table for the year"
    else:
        why = f"there is no such scheme; there is {', '.join(sorted({name.scheme for name in names})) or 'none'}"
    raise MissingFactor(scheme, fiscal_year, None, [folder.name for folder in folders], why)
