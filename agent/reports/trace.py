"""What a line of the statement rests on, as tables: spans, registers, factors, entries of the book, events."""

from decimal import Decimal
from zoneinfo import ZoneInfo

from agent.reports.columns import is_known, mark_of, share_columns, share_values, tonnes
from agent.reports.factors import list_factors
from agent.reports.records import entries_table, events_table
from agent.reports.report_texts import report_texts
from agent.reports.table import Cell, Column, Row, Table
from agent.reports.words import methods_cell, name_of
from agent.texts import Texts
from agent.trace import RegisterSpan, Trace


def trace_tables(texts: Texts, trace: Trace, zone: ZoneInfo) -> list[Table]:
    """All of it, from the figure down to the frames in the journal."""
    say = report_texts(texts)
    tables = [_spans(texts, trace), _registers(texts, trace)]
    if trace.factors:
        tables.append(list_factors(texts, trace.factors))
    if trace.corrections:
        tables.append(entries_table(say, trace.corrections, zone))
    if trace.events:
        tables.append(events_table(say, trace.events, zone))
    return tables


def _spans(texts: Texts, trace: Trace) -> Table:
    stream = trace.line.stream
    columns = (
        Column("from", texts("time")),
        Column("amount", texts("amount"), 3),
        Column("energy_gj", "GJ", 2),
        Column("co2_t", "t-CO2", 3),
        *share_columns(texts),
    )
    rows = []
    for span in trace.line.spans:
        known, converted = is_known(span.shares), span.converted
        amount = Cell(span.amount if known else None, mark=mark_of(texts, span.corrections))
        energy_gj = converted.energy_gj if known and converted else None
        co2_t = tonnes(converted.co2_kg) if known and converted else None
        rows.append((span.name, amount, energy_gj, co2_t, *share_values(span.shares)))
    title = texts("trace_spans", line=name_of(texts, stream), unit=stream.unit)
    return Table(title, columns, tuple(rows), "spans")


def _registers(texts: Texts, trace: Trace) -> Table:
    columns = (
        Column("from", texts("time")),
        Column("point", texts("trace_point")),
        Column("opening", texts("trace_opening")),
        Column("closing", texts("trace_closing")),
        Column("advance_raw", texts("trace_advance"), is_detail=True),
        Column("unit_per_count", texts("trace_per_count"), is_detail=True),
        Column("half_hours", texts("trace_half_hours")),
        Column("frames", texts("trace_frames"), is_detail=True),
    )
    return Table(
        texts("trace_registers"), columns, tuple(_register(texts, part) for part in trace.registers), "registers"
    )


def _register(texts: Texts, part: RegisterSpan) -> Row:
    frames = None if part.first_seq is None else f"{part.first_seq}–{part.last_seq}"
    return (
        part.span,
        f"{part.ref.device}.{part.ref.point}",
        _display(part.opening),
        _display(part.closing),
        f"{Decimal(part.advance_raw):f}" if part.half_hours else None,
        f"{part.unit_per_count:f}",
        methods_cell(texts, ((count, method) for method, count in part.half_hours)),
        frames,
    )


def _display(register: Decimal | None) -> str | None:
    """A register as its display shows it: the digits that the scale gives, and no more."""
    return None if register is None else f"{register:f}"
