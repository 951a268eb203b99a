"""How well every stream is known in every month: measured, recovered, substituted, missing, in per cent of the time."""

from collections.abc import Callable, Iterator

from agent.accounting.shares import Shares
from agent.accounting.statement import Statement, StatementLine
from agent.reports.columns import listed_name
from agent.reports.months import month_names, products_of
from agent.reports.report_texts import ReportTexts
from agent.reports.table import Column, Row, Table

_METHODS: tuple[tuple[str, Callable[[Shares], int]], ...] = (
    ("method_measured", lambda shares: shares.measured_ms),
    ("method_recovered", lambda shares: shares.recovered_ms),
    ("method_substituted", lambda shares: shares.substituted_ms),
    ("method_missing", lambda shares: shares.missing_ms),
)


def completeness_table(say: ReportTexts, statement: Statement) -> Table:
    """Streams and products by month; a way of knowing that a stream has at no time takes no line.

    A month in which nothing is expected of a stream has no share.
    """
    columns = (
        Column("stream", say("stream")),
        Column("known_as", say("known_as")),
        *(Column(f"{name}_percent", name, 1, unit="%") for name in month_names(statement)),
        Column("year_percent", say("year"), 1, unit="%"),
    )
    lines = (*statement.lines, *products_of(statement))
    rows = [row for line in lines for row in _rows(say, line)]
    return Table(say("completeness"), columns, tuple(rows), "completeness")


def _rows(say: ReportTexts, line: StatementLine) -> Iterator[Row]:
    spans = [span.shares for span in line.spans]
    for key, part_of in _METHODS:
        if part_of(line.shares) or key == "method_measured":
            shares = [100 * part.share(part_of(part)) if part.expected_ms else None for part in (*spans, line.shares)]
            yield (listed_name(say, line.stream), say(key), *shares)
