"""Factors, and the set of them that one scheme holds for one fiscal year. Knows no file, amount or conversion."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from agent.accounting.convert_units import EXACT
from agent.accounting.gas_volume import ReferenceState


class Quantity(StrEnum):
    """What a factor gives."""

    HEAT = "heat"
    """Gross heat (HHV) in GJ per unit of the carrier."""
    CO2 = "co2"
    """CO2 per unit of the carrier, or carbon content in tC/GJ."""


class Basis(StrEnum):
    """How well a factor's value is known."""

    SEEN = "seen"
    """Read in the authority's or the supplier's own text, or a reprint of it."""
    SECONDARY = "secondary"
    """Read where somebody else reports what the authority says."""
    INFERRED = "inferred"
    """Computed or concluded; the factor says from what."""


class ElectricityKind(StrEnum):
    """Where a kilowatt-hour comes from or goes to."""

    GRID = "grid"
    GRID_DAY = "grid_day"
    GRID_NIGHT = "grid_night"
    RENEWABLE_MENU = "renewable_menu"
    OWN_SOLAR = "own_solar"
    OWN_WIND = "own_wind"
    OWN_HYDRO = "own_hydro"
    OWN_FUEL = "own_fuel"
    WHEELED = "wheeled"
    DIRECT_PPA = "direct_ppa"
    FUEL_PPA = "fuel_ppa"
    EXPORTED = "exported"


@dataclass(frozen=True, slots=True)
class FactorKey:
    """What a factor is looked up by. No supplier, menu or kind means: none is named."""

    carrier: str
    quantity: Quantity
    supplier: str | None = None
    menu: str | None = None
    kind: ElectricityKind | None = None

    def __str__(self) -> str:
        names = {"kind": self.kind, "supplier": self.supplier, "menu": self.menu}
        named = ", ".join(f"{what} {name}" for what, name in names.items() if name is not None)
        return f"{self.quantity} factor of {self.carrier}" + (f" ({named})" if named else "")


@dataclass(frozen=True, slots=True)
class Origin:
    """The file and position where something stands."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Factor:
    """One value of a factor set. `unit` is as the source prints it, `where` says where it stands.

    A factor that names no supplier or menu is the scheme's default and holds for all of them, unless it is a
    substitute (代替値): that one holds only where none is named.
    """

    carrier: str
    quantity: Quantity
    value: Decimal
    unit: str
    source: str
    basis: Basis
    name_ja: str
    name_en: str
    where: Origin
    reference_state: ReferenceState | None = None
    supplier: str | None = None
    menu: str | None = None
    kind: ElectricityKind | None = None
    substitute: bool = False
    reason: str = ""
    published_t_co2: Decimal | None = None

    @property
    def key(self) -> FactorKey:
        """What this factor is found by."""
        return FactorKey(self.carrier, self.quantity, self.supplier, self.menu, self.kind)

    def content(self) -> list[str | None]:
        """Everything that makes the figure, as plain text in a fixed order; not the names and not the file."""
        return [
            self.carrier,
            self.quantity,
            self.kind,
            self.supplier,
            self.menu,
            f"{EXACT.normalize(self.value):f}",
            self.unit,
            self.reference_state,
            "substitute" if self.substitute else None,
            self.basis,
            self.source,
        ]


@dataclass(frozen=True, slots=True)
class SwitchedOff:
    """Factors that are left out on purpose, with the reason. No kinds means every kind."""

    carriers: tuple[str, ...]
    quantities: tuple[Quantity, ...]
    kinds: tuple[ElectricityKind, ...]
    reason: str

    def covers(self, key: FactorKey) -> bool:
        """Whether this explains that the factor is missing."""
        wanted_kind = not self.kinds or key.kind in self.kinds
        return key.carrier in self.carriers and key.quantity in self.quantities and wanted_kind


class MissingFactor(ValueError):  # noqa: N818 - names the state of the data
    """A scheme has no factor for what was asked in that fiscal year. The nearest year's value is never taken.

    `key` is None when the scheme has no table at all for the year.
    """

    def __init__(
        self, scheme: str, fiscal_year: int, key: FactorKey | None, looked_in: Iterable[str], why: str
    ) -> None:
        folders = ", ".join(looked_in) or "no folder"
        what = "factor" if key is None else str(key)
        super().__init__(f"no {what} under {scheme} for fiscal year {fiscal_year}, looked in {folders}: {why}")
        self.scheme = scheme
        self.fiscal_year = fiscal_year
        self.key = key


@dataclass(frozen=True)
class FactorSet:
    """All factors of one scheme for one fiscal year at one revision. `digest` is the SHA-256 of their content."""

    scheme: str
    fiscal_year: int
    revision: str
    factors: tuple[Factor, ...]
    switched_off: tuple[SwitchedOff, ...] = ()
    looked_in: tuple[str, ...] = field(default=(), compare=False)
    digest: str = field(init=False)
    _by_key: dict[FactorKey, Factor] = field(init=False, repr=False, compare=False)
    _found: dict[tuple[str | None, ...], Factor] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was looked up before: each half hour of a stream asks for the same."""

    def __post_init__(self) -> None:
        """Derive the digest and the index. Raises ValueError when two factors have the same key."""
        by_key = {factor.key: factor for factor in self.factors}
        if len(by_key) != len(self.factors):
            raise ValueError(f"{self.scheme}, fiscal year {self.fiscal_year}: two factors have the same key")
        rows = sorted(json.dumps(factor.content(), ensure_ascii=False) for factor in self.factors)
        head = json.dumps([self.scheme, self.fiscal_year, self.revision], ensure_ascii=False)
        object.__setattr__(self, "digest", hashlib.sha256("\n".join([head, *rows]).encode()).hexdigest())
        object.__setattr__(self, "_by_key", by_key)

    @property
    def gives_co2(self) -> bool:
        """Whether the scheme states CO2 at all; the Energy Act states energy alone."""
        return any(factor.quantity is Quantity.CO2 for factor in self.factors) or any(
            Quantity.CO2 in gap.quantities for gap in self.switched_off
        )

    def lookup(
        self,
        carrier: str,
        quantity: Quantity,
        supplier: str | None = None,
        menu: str | None = None,
        kind: ElectricityKind | None = None,
    ) -> Factor:
        """The factor for exactly this use: the row of the menu, else of the supplier, else the scheme's default.

        Raises MissingFactor, with the reason where one is known.
        """
        asked = (carrier, quantity, supplier, menu, kind)
        if asked not in self._found:
            self._found[asked] = self._look_up(FactorKey(*asked))
        return self._found[asked]

    def _look_up(self, key: FactorKey) -> Factor:
        candidates = (
            key,
            replace(key, menu=None),
            replace(key, supplier=None),
            replace(key, supplier=None, menu=None),
        )
        found = [self._by_key[candidate] for candidate in candidates if candidate in self._by_key]
        for factor in found:
            if factor.key == key or not factor.substitute:
                return factor
        why = self._explain(key, substitute=found[0] if found else None)
        raise MissingFactor(self.scheme, self.fiscal_year, key, self.looked_in, why)

    def _explain(self, key: FactorKey, substitute: Factor | None) -> str:
        reasons = [gap.reason for gap in self.switched_off if gap.covers(key)]
        if substitute is not None:
            reasons.append(
                f"The scheme's substitute value ({substitute.where}) is only for a supplier that publishes no factor: "
                "add the supplier's published one, or name no supplier."
            )
        if reasons:
            return " ".join(reasons)
        same = (key.carrier, key.quantity)
        others = [str(other) for other in self._by_key if (other.carrier, other.quantity) == same]
        there = f"there is: {'; '.join(others[:6])}" if others else "the carrier has no row"
        return f"{there}. Add a row with its source to a file in the site's factors folder."
