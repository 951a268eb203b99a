"""Prices: yen by hand over a change of price, and none where a price or an amount is not known."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from agent.accounting.prices import Price, cost_yen, cut_at_prices
from agent.accounting.shares import Shares
from agent.accounting.spans import Span
from agent.accounting.statement import SpanFigures, StatementLine
from agent.accounting.streams import Stream

DAY_S = 86_400
GRID = Stream("grid", "electricity", "site", "kWh", ())
OLD = Price("grid", Decimal("18.5"), None, 3 * DAY_S)
NEW = Price("grid", Decimal(20), 3 * DAY_S)
WEEK = [Span("week", 0, 7 * DAY_S)]


def line(*amounts: int | None) -> StatementLine:
    spans = (
        SpanFigures("x", Decimal(amount or 0), None, Shares(10, 10 if amount is not None else 0)) for amount in amounts
    )
    return StatementLine(GRID, tuple(spans))


def test_a_week_with_a_new_price() -> None:
    """300 kWh at 18.5 yen and 400 kWh at 20 yen are 13,550 yen."""
    spans = cut_at_prices(WEEK, [OLD, NEW])
    assert spans == [Span("week", 0, 3 * DAY_S), Span("week", 3 * DAY_S, 7 * DAY_S)]
    assert cost_yen(line(300, 400), spans, [OLD, NEW]) == 13_550


def test_an_unknown_price_gives_no_yen() -> None:
    spans = cut_at_prices(WEEK, [OLD])
    assert cost_yen(line(300, 400), spans, [OLD]) is None
    assert cost_yen(line(300), WEEK, []) is None
    assert cost_yen(line(700), WEEK, [OLD, NEW]) is None, "no one price holds for an uncut week"
    assert cost_yen(line(700), WEEK, [Price("gas", Decimal(1))]) is None


def test_an_amount_of_which_nothing_is_known_has_no_cost() -> None:
    assert cost_yen(line(300, None), cut_at_prices(WEEK, [OLD, NEW]), [OLD, NEW]) is None


@given(st.lists(st.integers(-5, 40), max_size=8), st.integers(1, 30))
def test_cut_spans_fill_the_same_time(edges: list[int], length: int) -> None:
    pieces = cut_at_prices([Span("x", 0, length)], [Price("grid", Decimal(1), edge) for edge in edges])
    assert [pieces[0].start_utc_s, *(piece.end_utc_s for piece in pieces)] == sorted(
        {0, length, *(edge for edge in edges if 0 < edge < length)}
    )
