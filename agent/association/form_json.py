"""The form for programs: every cell as printed and unrounded, with its rule and totals; what was added up; findings.

It names participants, though none of their figures: it is the association's own record.
"""

import json
from collections.abc import Mapping

from agent.association.form import Cell, FormTable, Slip
from agent.association.publish import DocumentFact, FormResult
from agent.association.settings_tables import Words

FORMAT = "atsuen-form/1"


def form_json(result: FormResult) -> bytes:
    """The whole form as JSON; the same form is the same bytes. Figures are decimals, written as text."""
    return (json.dumps(form_document(result), ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode("utf-8")


def form_document(result: FormResult) -> Mapping[str, object]:
    """The whole form as values of JSON."""
    form, association = result.form, result.settings.file.association
    return {
        "format": FORMAT,
        "form": result.file.form,
        "source": result.file.source.ja,
        "source_en": result.file.source.en,
        "fiscal_year": form.fiscal_year,
        "title": _words(form.title),
        "association": {"id": association.id, "ja": association.name_ja, "en": association.name_en},
        "aggregation": {
            "is_complete": not result.findings,
            "companies": result.industry.companies,
            "documents": [_document(fact) for fact in result.documents],
        },
        "findings": [
            {
                "key": finding.key,
                "company": finding.company,
                "site": finding.site,
                "ja": finding.text_ja,
                "en": finding.text_en,
            }
            for finding in result.findings
        ],
        "tables": [_table(table, result) for table in form.tables.values()],
        "texts": [{"id": text.id, "section": text.section, **_words(text.text)} for text in form.texts],
        "slips": [_slip(slip) for slip in form.slips],
        "withheld": [{"total": name, "reason": str(reason)} for name, reason in sorted(result.withheld_totals.items())],
    }


def _words(words: Words) -> dict[str, str]:
    return {"ja": words.ja, "en": words.en}


def _slip(slip: Slip) -> Mapping[str, object]:
    return {
        "where": slip.where,
        "figure": slip.figure,
        "column": slip.column,
        "unit": slip.unit,
        "published": slip.published,
        "computed": slip.computed,
        "value": None if slip.value is None else f"{slip.value:f}",
    }


def _document(fact: DocumentFact) -> Mapping[str, object]:
    return {
        "company": fact.company,
        "site": fact.site,
        "revision": fact.revision,
        "status": str(fact.status),
        "sha256": fact.digest,
        "approved": fact.approved_day,
    }


def _table(table: FormTable, result: FormResult) -> Mapping[str, object]:
    return {
        "id": table.id,
        "section": table.section,
        "title": _words(table.title),
        "note": None if table.note is None else _words(table.note),
        "columns": [{"id": column.id, "title": _words(column.title)} for column in table.columns],
        "rows": [
            {
                "id": row.id,
                "title": _words(row.title),
                "cells": [
                    {"column": column.id, "unit": unit.ja}
                    | _cell(cell, result.withheld_cells.get((table.id, row.id, column.id)))
                    for column, unit, cell in zip(table.columns, table.units(row), row.cells, strict=True)
                ],
            }
            for row in table.rows
        ],
    }


def _cell(cell: Cell, withheld: str | None) -> dict[str, object]:
    return {
        "printed": cell.both,
        "printed_en": cell.text_en or cell.both,
        "value": None if cell.value is None else f"{cell.value:f}",
        "published": cell.published or None,
        "rule": None if cell.rule is None else str(cell.rule),
        "totals": list(cell.totals),
        "withheld": withheld,
    }
