"""Reads the book of a case, and writes what it leads to beside the figures, for comparison."""

import csv
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from agent.accounting.assertions import hold_against
from agent.accounting.booked import BookedHistory
from agent.accounting.declared import Declared, declare
from agent.accounting.entries import (
    Assertion,
    BookedQuantity,
    Content,
    Entry,
    Exclusion,
    Invoice,
    MeterReplacement,
    Reading,
    Substitution,
    SubstitutionMethod,
    Withdrawal,
)
from agent.accounting.gas_volume import ReferenceState
from agent.accounting.history import History
from agent.settings.site import Site

Cells = tuple[str, ...]


def declared_in(site: Site) -> Declared:
    """What `entries.csv` of a case declares; nothing where there is none."""
    path = site.folder / "entries.csv"
    if not path.is_file():
        return Declared()
    streams = (*site.streams, *site.products)
    return declare(entries_in(path), site.points, streams, site.replacements)


def entries_in(path: Path) -> list[Entry]:
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            Entry(int(row["number"]), 0, row["person"], row["reason"], row["document"], content_of(row))
            for row in csv.DictReader(lines)
        ]


def content_of(row: dict[str, str]) -> Content:
    kind, what, detail = row["entry"], row["of"], row["detail"]
    if kind == "withdrawal":
        return Withdrawal(int(what))
    start_ms = round(datetime.fromisoformat(row["from"]).timestamp() * 1000)
    start = start_ms // 1000
    quantity = Decimal(row["quantity"]) if row["quantity"] else None
    if kind == "reading" and quantity is not None:
        return Reading(what, start, quantity)
    if kind == "replacement" and quantity is not None:
        return MeterReplacement(what, start_ms, quantity, Decimal(detail))
    end = round(datetime.fromisoformat(row["to"]).timestamp())
    if kind == "exclusion":
        return Exclusion(what, start, end)
    if kind == "substitution":
        return Substitution(what, start, end, SubstitutionMethod(detail), quantity)
    assert quantity is not None, f"entry {row['number']} needs a quantity"
    if kind == "quantity":
        return BookedQuantity(what, start, end, quantity)
    if kind == "assertion":
        return Assertion(what, start, end, quantity, Decimal(detail))
    assert kind == "invoice", f"there is no entry of the kind {kind}"
    return Invoice(what, start, end, quantity, ReferenceState(detail) if detail else None)


def findings(site: Site, declared: Declared, history: History) -> list[Cells]:
    """Entries, what was found about them, what they say and what the figures say."""
    rows: list[Cells] = []
    for result in hold_against(declared.assertions, (*site.streams, *site.products), history, declared):
        assert isinstance(result.entry.content, Assertion)
        found = "" if result.found is None else f"{result.found:f}"
        said = f"{result.entry.content.quantity:f}"
        rows.append((written([result.entry.number]), result.finding.value, said, found))
    differences = BookedHistory(history, declared.points).differences()
    rows.extend((written(d.numbers), "difference", f"{d.booked:f}", f"{d.measured:f}") for d in differences)
    rows.extend((written(problem.numbers), problem.kind.value, "", "") for problem in declared.problems)
    return rows


def written(numbers: Sequence[int]) -> str:
    """The numbers of entries as the files of a case write them."""
    return f"[{' '.join(map(str, numbers))}]"
