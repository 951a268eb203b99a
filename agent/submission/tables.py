"""A submission as tables for people. Shows what it says; verifies nothing."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from pydantic import BaseModel

from agent.reports.formula import sum_of
from agent.reports.report import Fact, Report, Section
from agent.reports.table import Cell, Column, Row, Table, Value
from agent.submission.document import Submission
from agent.submission.parts import CorrectionRecord, EnergyLine, ProductRecord, ShareRecord
from agent.submission.wording import word
from agent.texts import Texts

_KG_PER_T = Decimal(1000)


def submission_tables(texts: Texts, submission: Submission, signed: str) -> list[Table]:
    """All tables that have rows. `signed` says by which key, or that it is a draft."""
    tables = [
        _head(texts, submission, signed),
        _totals(texts, submission),
        _energy(texts, submission.energy),
        _production(texts, submission.production),
        _factors(texts, submission),
        _corrections(texts, submission.corrections),
        _assertions(texts, submission),
        _findings(texts, submission),
        _annual(texts, submission),
    ]
    return [table for table in tables if table.rows]


def submission_report(texts: Texts, submission: Submission, signed: str) -> Report:
    """The submission for a workbook or for print. `signed` says by which key, or that it is a draft."""
    who = submission.participant
    name = (who.name_ja if texts.language == "ja" else who.name_en) or who.site
    facts = (
        Fact(word(texts, "participant"), f"{who.company}/{who.site}"),
        Fact(word(texts, "revision"), f"{submission.revision}, {word(texts, submission.status)}"),
        Fact(word(texts, "approved"), f"{submission.approval.person} {submission.approval.day}"),
        Fact(word(texts, "signed_with"), signed),
    )
    sections = tuple(Section(table.title, (table,)) for table in submission_tables(texts, submission, signed))
    year = f"FY{submission.fiscal_year}"
    return Report(texts.language, word(texts, "submission"), name, year, facts, sections)


def _columns(texts: Texts, *keys: str) -> tuple[Column, ...]:
    return tuple(Column(key, word(texts, key)) for key in keys)


def _head(texts: Texts, submission: Submission, signed: str) -> Table:
    who = submission.participant
    name = (who.name_ja if texts.language == "ja" else who.name_en) or who.name_ja or who.name_en
    period = f"FY{submission.fiscal_year}" + (f" – {submission.through}" if submission.through else "")
    rows: list[Row] = [
        (word(texts, "participant"), f"{who.company}/{who.site} {name}".strip()),
        (word(texts, "period"), period),
        (word(texts, "revision"), f"{submission.revision}, {word(texts, submission.status)}"),
        (word(texts, "origin"), word(texts, submission.origin)),
        (word(texts, "factor_set"), f"{submission.scheme} {submission.factor_revision}"),
        (word(texts, "approved"), f"{submission.approval.person} {submission.approval.day}"),
        (word(texts, "signed_with"), signed),
        (word(texts, "program"), submission.evidence.program),
        (word(texts, "ledger_head"), submission.evidence.ledger_head),
        (word(texts, "book_head"), submission.evidence.book_head),
    ]
    columns = _columns(texts, "figure", "value")
    return Table(word(texts, "submission"), columns, tuple(rows), notes=(word(texts, "unverified"),))


def _totals(texts: Texts, submission: Submission) -> Table:
    totals = submission.totals
    rows: list[Row] = [
        (word(texts, "energy"), totals.energy_gj, "GJ"),
        (word(texts, "crude_oil_equivalent"), totals.crude_oil_equivalent_kl, "kL"),
        (word(texts, "co2"), _tonnes(totals.co2_kg), "t-CO2"),
        (word(texts, "electricity"), totals.electricity_kwh / 1000, "MWh"),
        (word(texts, "production_total"), totals.production_t, "t"),
    ]
    columns = (Column("figure", word(texts, "figure")), Column("value", word(texts, "value"), 1))
    return Table(word(texts, "totals"), (*columns, Column("unit", word(texts, "unit"))), tuple(rows))


def _energy(texts: Texts, lines: Sequence[EnergyLine]) -> Table:
    has_shares = any(line.shares for line in lines)
    columns = (
        Column("line", word(texts, "line")),
        Column("carrier", word(texts, "carrier"), is_detail=True),
        Column("quantity", word(texts, "quantity"), 1),
        *_columns(texts, "unit", "reference_state"),
        Column("energy_gj", "GJ", 1),
        Column("co2_t", "t-CO2", 2),
        *(_share_columns(texts) if has_shares else ()),
    )
    rows = tuple(
        (
            _named(texts, line) if line.is_total else f"({_named(texts, line)})",
            f"{line.carrier} {line.kind or ''}".strip(),
            line.quantity,
            line.unit,
            line.reference_state or "",
            line.energy_gj,
            _tonnes(line.co2_kg),
            *(_share_values(line.shares) if has_shares else ()),
        )
        for line in lines
    )
    added = [index for index, line in enumerate(lines) if line.is_total]
    sums = (sum((lines[i].energy_gj for i in added), Decimal(0)), _sum_t(lines[i].co2_kg for i in added))
    cells = [Cell(value, formula=sum_of(key, added)) for key, value in zip(("energy_gj", "co2_t"), sums, strict=True)]
    total = (word(texts, "totals"), "", "", "", "", *cells, *((None, None, None) if has_shares else ()))
    return Table(word(texts, "energy_lines"), columns, rows, "energy", (total,) if rows else ())


def _production(texts: Texts, production: Sequence[ProductRecord]) -> Table:
    has_shares = any(product.shares for product in production)
    shares = _share_columns(texts) if has_shares else ()
    columns = (*_columns(texts, "product"), Column("quantity_t", "t", 1), *shares)
    rows = tuple(
        (_named(texts, each), each.quantity_t, *(_share_values(each.shares) if has_shares else ()))
        for each in production
    )
    amount = sum((each.quantity_t for each in production), Decimal(0))
    cell = Cell(amount, formula=sum_of("quantity_t", range(len(rows))))
    total = (word(texts, "totals"), cell, *((None, None, None) if has_shares else ()))
    return Table(word(texts, "production"), columns, rows, "production", (total,) if rows else ())


def _factors(texts: Texts, submission: Submission) -> Table:
    columns = _columns(texts, "number", "carrier", "value", "unit", "reference_state", "source")
    rows = tuple(
        (f.number, f"{f.carrier} {f.kind or ''}".strip(), f"{f.value:f}", f.unit, f.reference_state or "", f.source)
        for f in submission.factors
    )
    return Table(word(texts, "factors"), columns, rows)


def _corrections(texts: Texts, corrections: Iterable[CorrectionRecord]) -> Table:
    columns = _columns(texts, "number", "kind", "value", "reason", "document", "person")
    rows = tuple(
        (
            entry.number,
            entry.kind + (f" ({word(texts, 'withdrawn')})" if entry.is_withdrawn else ""),
            ", ".join(f"{key} {value}" for key, value in entry.content.items()),
            entry.reason,
            entry.document,
            f"{entry.person} {entry.written[:10]}",
        )
        for entry in corrections
    )
    return Table(word(texts, "corrections"), columns, rows)


def _assertions(texts: Texts, submission: Submission) -> Table:
    columns = (
        *_columns(texts, "line", "time"),
        Column("stated", word(texts, "stated"), 1),
        Column("found", word(texts, "found"), 1),
        *_columns(texts, "unit", "tolerance", "holds", "answer"),
    )
    rows = tuple(
        (
            bill.line,
            f"{bill.first_day} – {bill.last_day}",
            bill.stated,
            bill.found,
            bill.unit,
            f"{bill.tolerance_percent:f}",
            word(texts, "yes" if bill.holds else "no"),
            bill.explanation,
        )
        for bill in submission.assertions
    )
    return Table(word(texts, "assertions"), columns, rows)


def _findings(texts: Texts, submission: Submission) -> Table:
    rows = tuple((found.message, found.answer) for found in submission.findings)
    return Table(word(texts, "findings"), _columns(texts, "finding", "answer"), rows)


def _annual(texts: Texts, submission: Submission) -> Table:
    """The annual data as the year's file names them, one row a value; what is not stated is not shown."""
    rows = tuple(_flat("", submission.annual))
    return Table(word(texts, "annual"), _columns(texts, "figure", "value"), rows)


def _flat(name: str, value: object) -> Iterator[Row]:
    if isinstance(value, BaseModel):
        for key in type(value).model_fields:
            yield from _flat(f"{name}.{key}" if name else key, getattr(value, key))
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _flat(f"{name}.{key}", part)
    elif isinstance(value, tuple):
        for number, part in enumerate(value, start=1):
            yield from _flat(f"{name}.{number}", part)
    elif value not in {None, ""}:
        yield name, f"{value:f}" if isinstance(value, Decimal) else str(value)


def _named(texts: Texts, line: EnergyLine | ProductRecord) -> str:
    return (line.name_ja if texts.language == "ja" else line.name_en) or line.id


def _share_columns(texts: Texts) -> tuple[Column, ...]:
    return (
        Column("metered_percent", word(texts, "metered_share"), 1),
        Column("substituted_percent", word(texts, "substituted_share"), 1, is_detail=True),
        Column("missing_percent", word(texts, "missing_share"), 1),
    )


def _share_values(shares: ShareRecord | None) -> tuple[Value, ...]:
    """Measured or recovered, substituted, missing, in per cent; unknown where nothing says so."""
    if shares is None or not shares.expected_ms:
        return None, None, None
    metered_ms = shares.measured_ms + shares.recovered_ms
    missing_ms = shares.expected_ms - metered_ms - shares.substituted_ms
    parts = (metered_ms, shares.substituted_ms, missing_ms)
    return tuple(Decimal(100) * part_ms / shares.expected_ms for part_ms in parts)


def _sum_t(parts_kg: Iterable[Decimal | None]) -> Decimal | None:
    """The sum in tonnes; unknown as soon as a part is."""
    parts = list(parts_kg)
    return None if None in parts else _tonnes(sum((kg for kg in parts if kg is not None), Decimal(0)))


def _tonnes(kg: Decimal | None) -> Decimal | None:
    return None if kg is None else kg / _KG_PER_T
