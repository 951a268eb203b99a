"""A fiscal year put together from its months, which are drawn by the query of `atsuen energy` and kept while they hold.

The statement is the one of `atsuen statement`: the same spans, the same sums. Knows neither threads nor the web.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.accounting.areas import AreaFigures, draw_areas
from agent.accounting.balances import Residual, draw_residuals
from agent.accounting.draw import NOTHING_KNOWN
from agent.accounting.factors import FactorSet
from agent.accounting.statement import ProductLine, Statement, StatementLine
from agent.query import TimeFigures
from agent.settings.site import Site


@dataclass(frozen=True, slots=True)
class DrawnYear:
    """A fiscal year up to an instant (UTC seconds), and the same part of the year before, where anything is known."""

    statement: Statement
    areas: Sequence[AreaFigures]
    residuals: Sequence[Residual]
    until_utc_s: int
    before: Statement | None


def join(parts: Sequence[TimeFigures]) -> TimeFigures:
    """Figures over times that follow each other."""
    spans = [span for part in parts for span in part.spans]
    lines = [_line([part.lines[index] for part in parts]) for index in range(len(parts[0].lines))]
    products = [_line([part.products[index] for part in parts]) for index in range(len(parts[0].products))]
    return TimeFigures(spans, lines, products)


def cut(drawn: TimeFigures, from_utc_s: int, to_utc_s: int) -> TimeFigures | None:
    """The spans within [from, to); None unless they fill it: an end inside of a span needs another drawing."""
    places = [i for i, span in enumerate(drawn.spans) if from_utc_s <= span.start_utc_s and span.end_utc_s <= to_utc_s]
    spans = [drawn.spans[place] for place in places]
    if not spans or (spans[0].start_utc_s, spans[-1].end_utc_s) != (from_utc_s, to_utc_s):
        return None
    first, last = places[0], places[-1] + 1
    lines = [_cut_line(line, first, last) for line in drawn.lines]
    return TimeFigures(spans, lines, [_cut_line(line, first, last) for line in drawn.products])


def _cut_line(line: StatementLine, first: int, last: int) -> StatementLine:
    spans = line.spans[first:last]
    problem = line.problem or ("" if any(span.is_known for span in spans) else NOTHING_KNOWN)
    return StatementLine(line.stream, spans, problem)


def _line(parts: Sequence[StatementLine]) -> StatementLine:
    """One stream over times that follow each other.

    A time of which nothing is known is no problem of a line that has energy in another; a missing factor is.
    """
    spans = tuple(span for part in parts for span in part.spans)
    problems = [part.problem for part in parts if part.problem]
    without_factor = [part.problem for part in parts if part.problem and any(span.is_known for span in part.spans)]
    if without_factor:
        return StatementLine(parts[0].stream, spans, without_factor[0])
    return StatementLine(parts[0].stream, spans, problems[0] if len(problems) == len(parts) else "")


def statement_of(site: Site, factors: FactorSet, months: TimeFigures) -> Statement:
    """The statement of the factors' year from its months."""
    expected = site.expected_gj_per_t
    products = tuple(ProductLine(line.stream, line.spans, expected.get(line.stream.id)) for line in months.products)
    return Statement(site.file.site.id, factors.fiscal_year, factors, tuple(months.lines), products)


def whole_year(site: Site, statement: Statement, until_utc_s: int, before: Statement | None) -> DrawnYear:
    """The year with its areas and balances. Areas are left out while a stream has no energy."""
    whole = all(line.energy_gj is not None for line in statement.lines)
    areas = draw_areas(statement.lines, site.allocations) if whole else []
    residuals = draw_residuals(site.balances, statement.lines)
    return DrawnYear(statement, areas, residuals, until_utc_s, before if _is_known(before) else None)


def _is_known(statement: Statement | None) -> bool:
    """Whether anything at all is known of it."""
    if statement is None:
        return False
    spans = [line.spans for line in statement.lines] + [line.spans for line in statement.products]
    return any(span.is_known for each in spans for span in each)
