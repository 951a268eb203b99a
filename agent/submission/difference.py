"""What changed between two revisions of a submission, line by line, so that a restatement explains itself."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from agent.submission.document import Submission
from agent.submission.parts import EnergyLine, FactorRecord, ProductRecord, Record


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs. None: the line, or the value, is not there in that revision."""

    line: str
    field: str
    before: Decimal | str | None
    after: Decimal | str | None

    @property
    def change(self) -> Decimal | None:
        """How much more it is now; None where that makes no sense."""
        if isinstance(self.before, Decimal) and isinstance(self.after, Decimal):
            return self.after - self.before
        return None


Fields = Record | Mapping[str, Decimal | str] | Mapping[str, str]

_NOT_CONTENT = {"heat_factor", "co2_factor", "corrections"}
"""Numbers of factors and entries are names within one document; what they stand for is compared itself."""


def differences(before: Submission, after: Submission) -> list[Difference]:
    """Every figure, factor and correction in which two revisions differ, totals first."""
    found = [*_compare("totals", before.totals, after.totals)]
    found += _compare("scheme", _scheme(before), _scheme(after))
    found += _compare_lines("energy", _energy(before.energy), _energy(after.energy))
    found += _compare_lines("production", _products(before.production), _products(after.production))
    found += _compare_lines("factor", _factors(before.factors), _factors(after.factors))
    found += _compare_lines("correction", _entries(before), _entries(after))
    found += _compare("annual", _flat(before.annual), _flat(after.annual))
    return found


def _scheme(document: Submission) -> Mapping[str, str]:
    return {
        "scheme": document.scheme,
        "factor_revision": document.factor_revision,
        "status": document.status.value,
        "through": document.through or "",
    }


def _energy(lines: Iterable[EnergyLine]) -> Mapping[str, EnergyLine]:
    return {line.id: line for line in lines}


def _products(lines: Iterable[ProductRecord]) -> Mapping[str, ProductRecord]:
    return {line.id: line for line in lines}


def _factors(factors: Iterable[FactorRecord]) -> Mapping[str, Mapping[str, str]]:
    named = {}
    for factor in factors:
        parts = (factor.carrier, factor.quantity.value, factor.supplier, factor.menu, factor.kind)
        name = " ".join(str(part) for part in parts if part)
        named[name] = {"value": f"{factor.value:f}", "unit": factor.unit, "source": factor.source}
    return named


def _entries(document: Submission) -> Mapping[str, Mapping[str, str]]:
    return {
        str(entry.number): {
            "kind": entry.kind,
            "reason": entry.reason,
            "withdrawn": "yes" if entry.is_withdrawn else "",
            **entry.content,
        }
        for entry in document.corrections
    }


def _compare_lines(
    table: str,
    before: Mapping[str, Fields],
    after: Mapping[str, Fields],
) -> Iterator[Difference]:
    for name in dict.fromkeys([*before, *after]):
        line = f"{table} {name}"
        if name in before and name in after:
            yield from _compare(line, before[name], after[name])
        else:
            yield Difference(line, "line", "there" if name in before else None, "there" if name in after else None)


def _compare(line: str, before: Fields, after: Fields) -> Iterator[Difference]:
    old, new = _flat(before), _flat(after)
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            yield Difference(line, name, old.get(name), new.get(name))


def _flat(record: Fields) -> dict[str, Decimal | str]:
    """The fields of a record, those of inner records and lists with a point between: `measures.0.title`."""
    return dict(_walk("", {name: value for name, value in dict(record).items() if name not in _NOT_CONTENT}))


def _walk(prefix: str, value: object) -> Iterator[tuple[str, Decimal | str]]:
    if isinstance(value, Mapping | Record):
        for key, part in dict(value).items():
            name = key.value if isinstance(key, StrEnum) else str(key)
            yield from _walk(f"{prefix}.{name}" if prefix else name, part)
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from _walk(f"{prefix}.{index}", part)
    elif value is not None:
        yield prefix, value if isinstance(value, Decimal) else str(getattr(value, "value", value))
