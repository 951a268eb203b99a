"""What the book has that somebody must look at: bills against the figures, quantities that do not fit, bad entries."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from agent.accounting.assertions import AssertionResult, Finding
from agent.accounting.booked import BookedDifference
from agent.accounting.booked_spans import BookProblem, BookProblemKind
from agent.accounting.entries import Assertion
from agent.accounting.statement import Statement
from agent.accounting.streams import Stream
from agent.reports.records import as_written, local_time
from agent.reports.report_texts import ReportTexts
from agent.reports.table import Column, Row, Table
from agent.reports.words import name_of

_FINDINGS = {
    Finding.HOLDS: "finding_holds",
    Finding.DIFFERS: "finding_differs",
    Finding.PARTLY_MISSING: "finding_partly_missing",
}
_PROBLEMS = {
    BookProblemKind.NO_SUCH_POINT: "problem_no_such_point",
    BookProblemKind.NO_SUCH_STREAM: "problem_no_such_stream",
    BookProblemKind.NO_COUNTER: "problem_no_counter",
    BookProblemKind.OFF_THE_HALF_HOUR: "problem_off_the_half_hour",
    BookProblemKind.NO_GAS: "problem_no_gas",
    BookProblemKind.NO_QUANTITY: "problem_no_quantity",
    BookProblemKind.FALL: "problem_fall",
    BookProblemKind.TOO_FAST: "problem_too_fast",
}


def assertions_table(
    say: ReportTexts, statement: Statement, results: Iterable[AssertionResult], zone: ZoneInfo
) -> Table:
    """Each bill beside our figure, and whether it holds. The unit is that of the stream."""
    columns = (
        Column("entry", say("entry"), 0),
        Column("stream", say("stream")),
        Column("from", say("from")),
        Column("to", say("to")),
        Column("billed", say("billed")),
        Column("ours", say("our_figure"), 1),
        Column("unit", say("unit")),
        Column("difference_percent", say("difference"), 2, unit="%"),
        Column("tolerance_percent", say("allowed_difference"), 2),
        Column("result", say("result")),
    )
    known = {line.stream.id: line.stream for line in statement.lines}
    known |= {line.product.id: line.product for line in statement.products}
    rows = tuple(_assertion(say, known, result, zone) for result in results)
    return Table(say("assertions"), columns, rows, "assertions")


def _assertion(say: ReportTexts, known: dict[str, Stream], result: AssertionResult, zone: ZoneInfo) -> Row:
    """Raises TypeError for a result of an entry that asserts nothing."""
    asserted = result.entry.content
    if not isinstance(asserted, Assertion):
        raise TypeError(f"entry {result.entry.number} is no assertion")
    stream = known.get(asserted.stream)
    return (
        result.entry.number,
        name_of(say, stream) if stream else asserted.stream,
        local_time(asserted.from_utc_s, zone),
        local_time(asserted.to_utc_s, zone),
        as_written(asserted.quantity),
        result.found,
        f"{stream.unit if stream else ''} {asserted.state or ''}".strip(),
        result.difference_percent,
        asserted.tolerance_percent,
        say(_FINDINGS[result.finding]),
    )


def differences_table(say: ReportTexts, differences: Iterable[BookedDifference], zone: ZoneInfo) -> Table:
    """Booked quantities that do not fit what is known of their time, in the unit of their point."""
    columns = (
        Column("point", say("point")),
        Column("from", say("from")),
        Column("to", say("to")),
        Column("booked", say("booked"), 1),
        Column("measured", say("measured"), 1),
        Column("entries", say("entries")),
    )
    rows = (
        (d.point, local_time(d.from_utc_s, zone), local_time(d.to_utc_s, zone), d.booked, d.measured, _list(d.numbers))
        for d in differences
    )
    return Table(say("differences"), columns, tuple(rows), "differences")


def problems_table(say: ReportTexts, problems: Iterable[BookProblem], zone: ZoneInfo) -> Table:
    """Entries that give no number, and why."""
    columns = (
        Column("concerns", say("concerns")),
        Column("from", say("from")),
        Column("to", say("to")),
        Column("reason", say("reason")),
        Column("entries", say("entries")),
    )
    rows = (
        (
            p.name,
            local_time(p.from_utc_s, zone),
            local_time(p.to_utc_s, zone),
            say(_PROBLEMS[p.kind]),
            _list(p.numbers),
        )
        for p in problems
    )
    return Table(say("problems"), columns, tuple(rows), "problems")


def _list(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))
