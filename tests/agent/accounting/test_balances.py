"""What streams supply and use, added up by hand."""

from decimal import Decimal

import pytest

from agent.accounting.balances import Balance, draw_residuals
from agent.accounting.shares import Shares
from agent.accounting.statement import SpanFigures, StatementLine
from agent.accounting.streams import PointRef, Stream, Term

HOUR_MS = 3_600_000


def line(name: str, *amounts: str) -> StatementLine:
    """A stream in kWh with an amount for each month."""
    stream = Stream(name, "electricity", "site", "kWh", (Term(PointRef("meter", name), Decimal(1)),))
    known = Shares(HOUR_MS, HOUR_MS)
    return StatementLine(stream, tuple(SpanFigures(f"{n}", Decimal(a), None, known) for n, a in enumerate(amounts)))


LINES = (
    line("grid", "1000", "900.5"),
    line("solar", "100", "0"),
    line("mill", "800", "700"),
    line("office", "50", "51"),
)


def test_the_residual_is_the_supply_without_the_uses() -> None:
    """1000 + 900.5 + 100 − 800 − 700 − 50 − 51 = 399.5 kWh."""
    power = Balance("power", ("grid", "solar"), ("mill", "office"), "電力", "power")
    (found,) = draw_residuals([power], LINES)
    assert (found.balance, found.amount, found.unit) == (power, Decimal("399.5"), "kWh")


def test_uses_may_be_more_than_the_supply() -> None:
    (found,) = draw_residuals([Balance("less", ("solar",), ("mill",))], LINES)
    assert found.amount == -1400


def test_a_stream_without_a_line_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError, match="none"):
        draw_residuals([Balance("power", ("none",), ("mill",))], LINES)
