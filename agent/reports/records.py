"""What stands beside the figures: the entries of the book and the events of the year. Knows no storage."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from agent.accounting.entries import (
    Answer,
    Assertion,
    BookedQuantity,
    Closing,
    Content,
    Entry,
    Exclusion,
    Invoice,
    MeterReplacement,
    Reading,
    Substitution,
    Withdrawal,
)
from agent.accounting.interval import Event
from agent.reports.book import withdrawn_by
from agent.reports.report_texts import ReportTexts
from agent.reports.table import Cell, Column, Row, Table, Value
from agent.reports.words import event_name

_KINDS: dict[type[Content], str] = {
    Reading: "kind_reading",
    BookedQuantity: "kind_quantity",
    Invoice: "kind_invoice",
    Assertion: "kind_assertion",
    Exclusion: "kind_exclusion",
    Substitution: "kind_substitution",
    MeterReplacement: "kind_replacement",
    Answer: "kind_answer",
    Withdrawal: "kind_withdrawal",
    Closing: "kind_closing",
}


def entries_table(say: ReportTexts, entries: Sequence[Entry], zone: ZoneInfo) -> Table:
    """All entries, also those that were withdrawn: these say by which entry."""
    columns = (
        Column("entry", say("entry"), 0),
        Column("written", say("written")),
        Column("kind", say("kind")),
        Column("concerns", say("concerns")),
        Column("from", say("from")),
        Column("to", say("to")),
        Column("given", say("number_given")),
        Column("person", say("person")),
        Column("reason", say("reason")),
        Column("document", say("document")),
    )
    withdrawn = withdrawn_by(entries)
    rows = (_entry_row(say, entry, withdrawn.get(entry.number), zone) for entry in entries)
    return Table(say("book"), columns, tuple(rows), "book")


def _entry_row(say: ReportTexts, entry: Entry, withdrawal: int | None, zone: ZoneInfo) -> Row:
    mark = "" if withdrawal is None else say("withdrawn", number=withdrawal)
    return (
        Cell(entry.number, mark=mark),
        local_time(entry.time_ms // 1000, zone),
        say(_KINDS[type(entry.content)]),
        _subject(say, entry.content),
        *_span(entry.content, zone),
        _given(say, entry.content),
        entry.person,
        entry.reason,
        entry.document,
    )


def _subject(say: ReportTexts, content: Content) -> str:
    if isinstance(content, Reading | BookedQuantity | MeterReplacement):
        return content.point
    if isinstance(content, Invoice | Assertion | Exclusion | Substitution):
        return content.stream
    if isinstance(content, Answer):
        return content.finding
    if isinstance(content, Withdrawal):
        return f"{say('entry')} {content.number}"
    return say("fiscal_year_name", year=content.fiscal_year)


def _span(content: Content, zone: ZoneInfo) -> tuple[str, str]:
    if isinstance(content, Reading):
        return local_time(content.time_utc_s, zone), ""
    if isinstance(content, MeterReplacement):
        return local_time(content.time_ms // 1000, zone), ""
    if isinstance(content, BookedQuantity | Invoice | Assertion | Exclusion | Substitution):
        return local_time(content.from_utc_s, zone), local_time(content.to_utc_s, zone)
    return "", ""


def _given(say: ReportTexts, content: Content) -> Value | Cell:
    """The number that an entry states, as it was written; words where it states two, or a rule."""
    if isinstance(content, MeterReplacement):
        return f"{content.old_end:f} → {content.new_start:f}"
    if isinstance(content, Substitution):
        method = Cell(content.method.value, shown=say(f"stand_in_{content.method}"))
        return method if content.quantity is None else as_written(content.quantity)
    if isinstance(content, Reading):
        return as_written(content.register)
    if isinstance(content, BookedQuantity | Invoice | Assertion):
        return as_written(content.quantity)
    return ""


def as_written(number: Decimal) -> Cell:
    """A number with the decimals with which it was written down."""
    exponent = number.as_tuple().exponent
    return Cell(number, max(0, -exponent) if isinstance(exponent, int) else None)


def events_table(say: ReportTexts, events: Iterable[Event], zone: ZoneInfo) -> Table:
    """What the agent noted: falls, wraps, replacements, lost frames, steps of the clock."""
    columns = (
        Column("time", say("time_of_event")),
        Column("device", say("device")),
        Column("point", say("point")),
        Column("kind", say("event")),
        Column("detail", say("detail")),
    )
    rows = (
        (local_time(e.time_ms // 1000, zone), e.device, e.point, Cell(e.kind, shown=event_name(say, e.kind)), e.detail)
        for e in events
    )
    return Table(say("events"), columns, tuple(rows), "events")


def local_time(utc_s: int, zone: ZoneInfo) -> str:
    """An instant as the site's clock shows it."""
    return datetime.fromtimestamp(utc_s, zone).strftime("%Y-%m-%d %H:%M")
