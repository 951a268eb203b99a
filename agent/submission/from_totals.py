"""A submission from totals that somebody typed in, for a participant without the agent. Tells all mistakes at once."""

import difflib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from agent.accounting.convert import ActivityQuantity, convert
from agent.accounting.convert_units import UnitMismatch, convert_amount, is_gas_volume, split_factor_unit
from agent.accounting.factors import ElectricityKind, FactorSet, MissingFactor, Quantity
from agent.accounting.gas_volume import GasStateUnknownError, ReferenceState
from agent.factor_files import load_factor_set
from agent.settings.mistakes import Mistake, SettingsError
from agent.settings.resources import configs_folder
from agent.settings.toml_source import TomlSource, read_toml
from agent.settings.translate import mistakes_of
from agent.submission.build import Head, StatedLine, assemble
from agent.submission.canonical import SubmissionError
from agent.submission.document import Submission
from agent.submission.parts import Approval, Evidence, Origin, ProductRecord
from agent.submission.recompute import ELECTRICITY
from agent.submission.totals_file import TotalsFile, TypedEnergy, TypedProduct

_STATES = "nm3 (0 °C, 101.325 kPa), satp (25 °C, 100 kPa) or as_metered"


@dataclass(frozen=True, slots=True)
class ProductClass:
    """A class of products that the association knows."""

    id: str
    name_ja: str
    name_en: str


def read_totals(path: Path, program: str) -> Submission:
    """The submission of a file of typed totals, under the factors that ship with the program and those beside the file.

    Raises SettingsError with every mistake, each with its line and what to write instead.
    """
    source = read_toml(path, exact=True)
    try:
        file = TotalsFile(**source.data)
    except ValidationError as error:
        raise SettingsError(mistakes_of(error, TotalsFile, source.mistake)) from None
    factors = _factors(source, file)
    classes = product_classes()
    mistakes = [
        *_energy_mistakes(source, file, factors),
        *_product_mistakes(source, file, classes),
    ]
    if mistakes:
        raise SettingsError(mistakes)
    try:
        return _assemble(file, factors, classes, program)
    except SubmissionError as error:
        raise SettingsError([Mistake(path, 0, 0, reason) for reason in error.reasons]) from None


def product_classes() -> Mapping[str, ProductClass]:
    """The classes of products, by id."""
    data = tomllib.loads((configs_folder() / "products.toml").read_text(encoding="utf-8"))
    return {row["id"]: ProductClass(**row) for row in data["product"]}


def _factors(source: TomlSource, file: TotalsFile) -> FactorSet:
    folders = (configs_folder() / "factors", source.path.parent / "factors")
    try:
        return load_factor_set(folders, file.scheme, file.fiscal_year, file.factor_revision)
    except MissingFactor as error:
        why = str(error).rpartition(": ")[2]
        keys = {"there is no revision": "factor_revision", "there is no such scheme": "scheme"}
        key = next((key for beginning, key in keys.items() if why.startswith(beginning)), "fiscal_year")
        hint = "a table of your own lies in the folder factors beside this file"
        raise SettingsError([source.mistake((key,), str(error), hint)]) from None


def _assemble(file: TotalsFile, factors: FactorSet, classes: Mapping[str, ProductClass], program: str) -> Submission:
    lines = [StatedLine(row.name, _activity(row), row.name_ja, row.name_en, row.area) for row in file.energy]
    production = [
        ProductRecord(
            id=row.id, name_ja=classes[row.id].name_ja, name_en=classes[row.id].name_en, quantity_t=row.quantity_t
        )
        for row in file.product
    ]
    head = Head(
        file.participant,
        file.revision,
        file.status,
        Approval(person=file.approval.person, day=file.approval.day),
        Evidence(factor_digest=factors.digest, program=program),
        file.through,
        file.annual,
    )
    return assemble(factors, lines, production, head, origin=Origin.TYPED)


def _activity(row: TypedEnergy) -> ActivityQuantity:
    return ActivityQuantity(row.carrier, row.quantity, row.unit, row.reference_state, row.supplier, row.menu, row.kind)


def _product_mistakes(source: TomlSource, file: TotalsFile, classes: Mapping[str, ProductClass]) -> Iterator[Mistake]:
    for index, row in enumerate(file.product):
        if row.id not in classes:
            message = f"no product class {row.id!r}"
            yield source.mistake(("product", index, "id"), message, _did_you_mean(row.id, classes))
    yield from _twice(source, "product", file.product)


def _energy_mistakes(source: TomlSource, file: TotalsFile, factors: FactorSet) -> Iterator[Mistake]:
    for index, row in enumerate(file.energy):
        for key, message, hint in _wrong_with(row, factors):
            yield source.mistake(("energy", index, key), message, hint)
    yield from _twice(source, "energy", file.energy)


def _twice(source: TomlSource, table: str, rows: Iterable[TypedEnergy | TypedProduct]) -> Iterator[Mistake]:
    seen: set[str] = set()
    for index, row in enumerate(rows):
        name = row.name if isinstance(row, TypedEnergy) else row.id
        if name in seen:
            hint = "give each line an id of its own, or add them up"
            yield source.mistake((table, index), f"two lines are called {name!r}", hint)
        seen.add(name)


def _wrong_with(row: TypedEnergy, factors: FactorSet) -> Iterator[tuple[str, str, str]]:
    """What is wrong with a line: the key, a message, a hint. One at a time: the first explains the others."""
    carriers = {factor.carrier for factor in factors.factors if factor.quantity is Quantity.HEAT}
    if row.carrier not in carriers:
        yield "carrier", f"{factors.scheme} has no factor of {row.carrier!r}", _did_you_mean(row.carrier, carriers)
    elif row.carrier == ELECTRICITY and row.kind is None:
        yield "kind", "electricity needs its kind", f"one of: {', '.join(_kinds(factors))}"
    elif row.carrier != ELECTRICITY and row.kind is not None:
        yield "kind", f"a kind belongs to {ELECTRICITY}, not to {row.carrier}", "take it out"
    elif row.quantity < 0 and row.kind is not ElectricityKind.EXPORTED:
        yield "quantity", f"{row.quantity} is below zero", "only exported electricity is taken off"
    else:
        yield from _not_convertible(row, factors)


def _not_convertible(row: TypedEnergy, factors: FactorSet) -> Iterator[tuple[str, str, str]]:
    try:
        factor = factors.lookup(row.carrier, Quantity.HEAT, row.supplier, row.menu, row.kind)
        _, wanted = split_factor_unit(factor.unit)
        convert_amount(row.quantity, row.unit, wanted)
        if is_gas_volume(wanted) and row.reference_state is None:
            yield "reference_state", "a volume of gas means nothing without its state", f"write {_STATES}"
        elif not is_gas_volume(wanted) and row.reference_state is not None:
            yield "reference_state", f"belongs to a volume of gas; this is in {row.unit}", "take it out"
        else:
            convert(_activity(row), factors)
    except UnitMismatch:
        hint = f"its factor is {factor.value:f} {factor.unit}: write the quantity in {wanted} or a decimal multiple"
        yield "unit", f"{row.carrier} is not counted in {row.unit}", hint
    except GasStateUnknownError as error:
        state = ReferenceState.SATP if "satp" in str(error) else ReferenceState.NM3
        yield "reference_state", str(error), f"convert the volume with its pressure and temperature, and write {state}"
    except MissingFactor as error:
        yield "kind" if row.kind else "supplier" if row.supplier else "carrier", str(error), ""


def _kinds(factors: FactorSet) -> list[str]:
    return sorted({factor.kind for factor in factors.factors if factor.kind is not None})


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"one of: {', '.join(names)}"
